-- When a queue was last found empty, to the hour: what a job's signers did before has come by
-- then, or comes again. Of jobs whose queue nobody asks, the portal may delete what was signed.
CREATE TABLE queues_empty (
  sender TEXT NOT NULL,
  queue  TEXT NOT NULL,
  at     TEXT NOT NULL CHECK (at LIKE '____-__-__T__:__:__.______Z'),
  PRIMARY KEY (sender, queue)
) STRICT, WITHOUT ROWID;

-- One more kind of alarm: a signed document that could not be fetched for so long that the
-- portal is about to delete it.
DROP TRIGGER alarms_new;
CREATE TRIGGER alarms_new BEFORE INSERT ON alarms
WHEN NEW.kind NOT IN ('duplicate','revived','foreign','ledger-not-whole','doubtful','sent-log','deadline')
    OR (NEW.kind NOT IN ('sent-log','ledger-not-whole') AND NEW.job_id <= 0) OR NEW.detail = '' OR NEW.laid_at IS NOT NULL OR NEW.note <> ''
    OR NEW.at NOT LIKE '____-__-__T__:__:__.______Z'
  BEGIN SELECT raise(ABORT, 'an alarm that cannot be true'); END;
