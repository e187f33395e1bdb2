-- Of a fetched file is kept, beside why it is doubtful, what is odd about it and blocks nothing:
-- sentences, as a JSON list. And whether it came in part only: then there is nothing in it for a
-- person to look at once all of it has come.
ALTER TABLE files ADD COLUMN warnings TEXT    NOT NULL DEFAULT '[]' CHECK (json_type(warnings) = 'array');
ALTER TABLE files ADD COLUMN partial  INTEGER NOT NULL DEFAULT 0    CHECK (partial IN (0, 1) AND (partial = 0 OR doubt <> ''));

-- And what the portal said of the job when it offered the file: of one that failed it is not the
-- document that all have signed, should that come after all. Empty in books of before: not known.
ALTER TABLE files ADD COLUMN job_status TEXT NOT NULL DEFAULT '';

DROP TRIGGER changes_kept;
CREATE TRIGGER changes_kept BEFORE UPDATE OF tried_at, confirmed_at ON changes
WHEN NEW.status = 'COMPLETED_SUCCESSFULLY' AND (NEW.tried_at IS NOT NULL OR NEW.confirmed_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM files WHERE job_id = NEW.job_id AND signer = 0 AND state = 'kept' AND doubt = '' AND job_status <> 'FAILED')
BEGIN SELECT raise(ABORT, 'a change is confirmed when its document is kept'); END;
