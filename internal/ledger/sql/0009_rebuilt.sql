-- Books that were lost, or put back from an older copy, are rebuilt from sent.log. When it
-- was, is kept: a change whose Ref is of such a batch and has no attempt may be of a row
-- that is there.
ALTER TABLE batches ADD COLUMN rebuilt_at TEXT NOT NULL DEFAULT '' CHECK (rebuilt_at = '' OR length(rebuilt_at) = 27);
CREATE INDEX batches_rebuilt ON batches (id) WHERE rebuilt_at <> ''; -- before each letter that is sent it is asked whether there are any

-- A row of which nothing but its Ref is known: no line of the manifest fits it any more. It
-- is never sent. (Without signers and documents there is nothing to send.)
ALTER TABLE rows ADD COLUMN bare INTEGER NOT NULL DEFAULT 0 CHECK (bare IN (0, 1) AND NOT (bare = 1 AND state = 'sending'));

-- A Ref of sent.log that was given its row by the line number alone: its change must be of
-- the same people. And the job that a person read in the sender portal.
ALTER TABLE attempts ADD COLUMN by_line INTEGER NOT NULL DEFAULT 0 CHECK (by_line IN (0, 1));
ALTER TABLE attempts ADD COLUMN seen_job INTEGER CHECK (seen_job > 0);
CREATE INDEX attempts_seen ON attempts (seen_job) WHERE seen_job IS NOT NULL;

-- The moves of mailout.Next, and one more: what sent.log names was not planned any more.
DROP TRIGGER rows_move;
CREATE TRIGGER rows_move BEFORE UPDATE OF state ON rows
WHEN OLD.state <> NEW.state AND OLD.state || ' ' || NEW.state NOT IN (
  'planned sending', 'planned created', 'planned cancelled', 'planned unknown',
  'sending created', 'sending refused', 'sending planned', 'sending unknown',
  'unknown created', 'unknown planned',
  'created signed', 'created rejected', 'created expired', 'created cancelled', 'created failed',
  'refused created', 'cancelled created')
BEGIN SELECT raise(ABORT, 'a row in this state cannot become that'); END;
