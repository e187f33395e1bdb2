-- What the CHECKs of the tables still let in, and what no CHECK can say, for it is about
-- another table or about what a row was before. Each comes as a trigger for new rows and one
-- for changed ones. Moments are UTC, of one width, so that they sort as they passed.

-- Only what was approved is sent, and only with an intent in the books that is still open.
CREATE TRIGGER rows_sent BEFORE UPDATE OF state ON rows WHEN NEW.state = 'sending' AND NOT EXISTS (
    SELECT 1 FROM batches b JOIN attempts a ON a.ref = NEW.ref AND a.batch = b.id AND a.line = NEW.line
    WHERE b.id = NEW.batch AND b.state = 'approved' AND a.ended_at IS NULL)
  BEGIN SELECT raise(ABORT, 'only a row of an approved batch is sent, with an open attempt'); END;
CREATE TRIGGER rows_born BEFORE INSERT ON rows WHEN NEW.state NOT IN ('planned','skipped','unknown')
  BEGIN SELECT raise(ABORT, 'a row begins as planned'); END;
CREATE TRIGGER rows_new BEFORE INSERT ON rows WHEN NEW.since NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.activation_at NOT LIKE '____-__-__T__:__:__.______Z' OR NEW.deadline_at NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.letter GLOB '*[^0-9a-f]*' OR NEW.available_seconds < 0
  BEGIN SELECT raise(ABORT, 'a row that cannot be true'); END;
CREATE TRIGGER rows_changed BEFORE UPDATE ON rows WHEN NEW.since NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.activation_at NOT LIKE '____-__-__T__:__:__.______Z' OR NEW.deadline_at NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.letter GLOB '*[^0-9a-f]*' OR NEW.available_seconds < 0 OR NEW.job_id <= 0
    OR NEW.line <> OLD.line OR NEW.job_id <> OLD.job_id
  BEGIN SELECT raise(ABORT, 'a row that cannot be true'); END;

-- A batch is done when all of its rows are; what was never approved has no moment of it.
CREATE TRIGGER batches_move BEFORE UPDATE OF state ON batches
WHEN OLD.state <> NEW.state AND OLD.state || ' ' || NEW.state NOT IN (
  'draft planned', 'planned approved', 'planned superseded', 'planned stopped', 'superseded stopped',
  'approved stopped', 'approved done', 'stopped approved', 'stopped done', 'done approved', 'done stopped', 'done purged')
BEGIN SELECT raise(ABORT, 'a batch in this state cannot become that'); END;
CREATE TRIGGER batches_done BEFORE UPDATE OF state ON batches WHEN NEW.state IN ('done','purged') AND EXISTS (
    SELECT 1 FROM rows WHERE batch = OLD.id AND state IN ('planned','sending','unknown','created'))
  BEGIN SELECT raise(ABORT, 'a batch is done when all of its rows are'); END;
CREATE TRIGGER batches_new BEFORE INSERT ON batches WHEN NEW.created_at NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.approved_at IS NOT NULL OR NEW.state NOT IN ('draft','planned')
    OR NEW.digest GLOB '*[^0-9a-f]*' OR NEW.rows_digest GLOB '*[^0-9a-f]*' OR NEW.manifest_sha256 GLOB '*[^0-9a-f]*'
  BEGIN SELECT raise(ABORT, 'a batch that cannot be true'); END;
CREATE TRIGGER batches_changed BEFORE UPDATE ON batches WHEN NEW.created_at <> OLD.created_at
    OR NEW.approved_at NOT LIKE '____-__-__T__:__:__.______Z' OR NEW.approved_at <> OLD.approved_at OR (NEW.approved_at IS NULL AND OLD.approved_at IS NOT NULL)
    OR (NEW.approved_at IS NOT NULL AND NEW.state IN ('draft','planned','superseded'))
    OR NEW.digest <> OLD.digest OR NEW.rows_digest <> OLD.rows_digest
    OR NEW.digest GLOB '*[^0-9a-f]*' OR NEW.rows_digest GLOB '*[^0-9a-f]*' OR NEW.manifest_sha256 GLOB '*[^0-9a-f]*'
  BEGIN SELECT raise(ABORT, 'a batch that cannot be true'); END;

-- An attempt is over when it has an outcome; only one without a certain end is dropped. It
-- belongs to its row for good.
CREATE TRIGGER attempts_new BEFORE INSERT ON attempts WHEN (NEW.outcome = '') <> (NEW.ended_at IS NULL)
    OR (NEW.outcome = 'accepted' AND (NEW.job_id IS NULL OR NEW.status NOT BETWEEN 200 AND 299))
    OR (NEW.outcome = 'refused' AND NEW.status NOT BETWEEN 400 AND 499)
    OR (NEW.dropped_at IS NOT NULL AND NEW.outcome <> 'unknown') OR NEW.job_id <= 0
    OR length(NEW.ref) NOT BETWEEN 1 AND 50 OR NEW.begun_at NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.ended_at NOT LIKE '____-__-__T__:__:__.______Z' OR NEW.last_byte NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.dropped_at NOT LIKE '____-__-__T__:__:__.______Z'
  BEGIN SELECT raise(ABORT, 'an attempt that cannot be true'); END;
CREATE TRIGGER attempts_changed BEFORE UPDATE ON attempts WHEN (NEW.outcome = '') <> (NEW.ended_at IS NULL)
    OR (NEW.outcome = 'accepted' AND (NEW.job_id IS NULL OR NEW.status NOT BETWEEN 200 AND 299))
    OR (NEW.outcome = 'refused' AND NEW.status NOT BETWEEN 400 AND 499)
    OR (NEW.dropped_at IS NOT NULL AND NEW.outcome <> 'unknown') OR NEW.job_id <= 0
    OR NEW.begun_at NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.ended_at NOT LIKE '____-__-__T__:__:__.______Z' OR NEW.last_byte NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.dropped_at NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.ref <> OLD.ref OR NEW.batch <> OLD.batch OR NEW.line <> OLD.line OR NEW.n <> OLD.n
  BEGIN SELECT raise(ABORT, 'an attempt that cannot be true'); END;
CREATE TRIGGER attempts_stay BEFORE DELETE ON attempts BEGIN SELECT raise(ABORT, 'attempts are never deleted'); END;

CREATE TRIGGER events_true BEFORE INSERT ON events WHEN NEW.at NOT LIKE '____-__-__T__:__:__.______Z' OR NEW.kind = ''
    OR NEW.from_state NOT IN ('','skipped','planned','sending','unknown','created','refused','signed','rejected','expired','failed','cancelled')
    OR NEW.to_state NOT IN ('','skipped','planned','sending','unknown','created','refused','signed','rejected','expired','failed','cancelled')
  BEGIN SELECT raise(ABORT, 'an event that cannot be true'); END;

-- A confirmation has the portal give up its copy: of a job that all have signed it is not even
-- tried before the signed document is kept here, whole.
CREATE TRIGGER changes_kept BEFORE UPDATE OF tried_at, confirmed_at ON changes
WHEN NEW.status = 'COMPLETED_SUCCESSFULLY' AND (NEW.tried_at IS NOT NULL OR NEW.confirmed_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM files WHERE job_id = NEW.job_id AND signer = 0 AND state = 'kept' AND doubt = '')
BEGIN SELECT raise(ABORT, 'a change is confirmed when its document is kept'); END;
CREATE TRIGGER changes_new BEFORE INSERT ON changes WHEN NEW.final <> (NEW.status IN ('COMPLETED_SUCCESSFULLY','FAILED'))
    OR NEW.tried_at IS NOT NULL OR NEW.confirmed_at IS NOT NULL OR NEW.times <> 1 OR NEW.job_id <= 0 OR NEW.fingerprint = ''
    OR NEW.first_at NOT LIKE '____-__-__T__:__:__.______Z' OR NEW.last_at NOT LIKE '____-__-__T__:__:__.______Z'
  BEGIN SELECT raise(ABORT, 'a change that cannot be true'); END;
CREATE TRIGGER changes_changed BEFORE UPDATE ON changes WHEN NEW.final <> OLD.final OR NEW.status <> OLD.status OR NEW.job_id <> OLD.job_id
    OR NEW.times < OLD.times OR NEW.first_at <> OLD.first_at OR (NEW.confirmed_at IS NOT NULL AND NEW.tried_at IS NULL)
    OR NEW.last_at NOT LIKE '____-__-__T__:__:__.______Z' OR NEW.tried_at NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.confirmed_at NOT LIKE '____-__-__T__:__:__.______Z'
  BEGIN SELECT raise(ABORT, 'a change that cannot be true'); END;

-- A kept file stays kept, its name is nobody else's, and its bytes are those that were fetched.
CREATE UNIQUE INDEX one_file_a_path ON files (path) WHERE state = 'kept';
CREATE TRIGGER files_new BEFORE INSERT ON files WHEN NEW.state <> 'fetched' OR NEW.temp = '' OR NEW.bytes < 0 OR NEW.job_id <= 0
    OR NEW.sha256 GLOB '*[^0-9a-f]*' OR NEW.at NOT LIKE '____-__-__T__:__:__.______Z'
  BEGIN SELECT raise(ABORT, 'a file that cannot be true'); END;
CREATE TRIGGER files_changed BEFORE UPDATE ON files WHEN (OLD.state = 'kept' AND NEW.state <> 'kept') OR NEW.temp = ''
    OR NEW.bytes <> OLD.bytes OR NEW.sha256 <> OLD.sha256 OR NEW.job_id <> OLD.job_id OR NEW.signer <> OLD.signer
  BEGIN SELECT raise(ABORT, 'a file that cannot be true'); END;

-- An alarm that nobody has laid to rest has no note; one about a job names it. (Of an attempt
-- that only sent.log knows no job is known.)
CREATE TRIGGER alarms_new BEFORE INSERT ON alarms WHEN NEW.kind NOT IN ('duplicate','revived','foreign','ledger-not-whole','doubtful','sent-log')
    OR (NEW.kind NOT IN ('sent-log','ledger-not-whole') AND NEW.job_id <= 0) OR NEW.detail = '' OR NEW.laid_at IS NOT NULL OR NEW.note <> ''
    OR NEW.at NOT LIKE '____-__-__T__:__:__.______Z'
  BEGIN SELECT raise(ABORT, 'an alarm that cannot be true'); END;
CREATE TRIGGER alarms_changed BEFORE UPDATE ON alarms WHEN NEW.kind <> OLD.kind OR NEW.job_id <> OLD.job_id OR NEW.detail = ''
    OR (NEW.laid_at IS NULL AND NEW.note <> '') OR NEW.laid_at NOT LIKE '____-__-__T__:__:__.______Z'
    OR NEW.at NOT LIKE '____-__-__T__:__:__.______Z'
  BEGIN SELECT raise(ABORT, 'an alarm that cannot be true'); END;
CREATE TRIGGER alarms_stay BEFORE DELETE ON alarms BEGIN SELECT raise(ABORT, 'alarms are laid to rest, not deleted'); END;

CREATE TRIGGER wishes_new BEFORE INSERT ON wishes WHEN NEW.job_id < 0 OR NEW.at NOT LIKE '____-__-__T__:__:__.______Z'
    OR (NEW.job_id = 0 AND NOT EXISTS (SELECT 1 FROM batches WHERE id = NEW.batch AND approved_at IS NOT NULL))
  BEGIN SELECT raise(ABORT, 'a wish that cannot be true'); END;
CREATE TRIGGER strangers_new BEFORE INSERT ON strangers WHEN NEW.job_id <= 0 OR NEW.first_at NOT LIKE '____-__-__T__:__:__.______Z'
    OR EXISTS (SELECT 1 FROM rows WHERE job_id = NEW.job_id)
  BEGIN SELECT raise(ABORT, 'a stranger that cannot be true'); END;
CREATE TRIGGER pace_new BEFORE INSERT ON pace WHEN NEW.until NOT LIKE '____-__-__T__:__:__.______Z'
  BEGIN SELECT raise(ABORT, 'a moment that cannot be true'); END;
CREATE TRIGGER pace_changed BEFORE UPDATE ON pace WHEN NEW.until NOT LIKE '____-__-__T__:__:__.______Z'
  BEGIN SELECT raise(ABORT, 'a moment that cannot be true'); END;
CREATE TRIGGER documents_new BEFORE INSERT ON documents WHEN NEW.sha256 GLOB '*[^0-9a-f]*' OR NEW.crc32 NOT BETWEEN 0 AND 4294967295
  BEGIN SELECT raise(ABORT, 'a document that cannot be true'); END;

-- Every Ref that was ever sent begins with the workspace's id.
CREATE TRIGGER meta_stay BEFORE UPDATE ON meta WHEN OLD.key = 'workspace' AND NEW.value <> OLD.value AND EXISTS (SELECT 1 FROM attempts)
  BEGIN SELECT raise(ABORT, 'a workspace keeps its id'); END;
CREATE TRIGGER meta_stay2 BEFORE DELETE ON meta WHEN OLD.key = 'workspace' AND EXISTS (SELECT 1 FROM attempts)
  BEGIN SELECT raise(ABORT, 'a workspace keeps its id'); END;
