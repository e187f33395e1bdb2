-- Purging takes what is personal out of a batch that is done. It is purged from its first step
-- on, so that nothing counts on what may be half gone; purged_at says when the last was gone.
-- Empty while there is something left to do.
ALTER TABLE batches ADD COLUMN purged_at TEXT NOT NULL DEFAULT '' CHECK (purged_at = '' OR length(purged_at) = 27);

-- When a kept file was deleted on request. Its digest stays; its path is a word of ours then,
-- for the name that it had is the owner's.
ALTER TABLE files ADD COLUMN gone_at TEXT NOT NULL DEFAULT '' CHECK (gone_at = '' OR length(gone_at) = 27);

-- The portal's address for deleting a job's documents, and what it answered. asked counts the
-- calls: a "no" to a second one may be the echo of the first.
ALTER TABLE changes ADD COLUMN delete_url TEXT NOT NULL DEFAULT '';
CREATE TABLE deletions (
  job_id INTEGER PRIMARY KEY CHECK (job_id > 0),
  batch  TEXT NOT NULL REFERENCES batches (id),
  asked  INTEGER NOT NULL CHECK (asked > 0),
  answer TEXT NOT NULL DEFAULT '' CHECK (answer IN ('','granted','declined','gone','refused')),
  at     TEXT NOT NULL CHECK (at LIKE '____-__-__T__:__:__.______Z')
) STRICT;

-- Events of a purged batch may lose words, for they hold what people wrote and names of files.
-- They gain none, and nothing else of them ever changes.
DROP TRIGGER events_stay;
CREATE TRIGGER events_stay BEFORE UPDATE ON events
WHEN NEW.seq <> OLD.seq OR NEW.at <> OLD.at OR NEW.batch <> OLD.batch OR NEW.line <> OLD.line OR NEW.kind <> OLD.kind
  OR NEW.from_state <> OLD.from_state OR NEW.to_state <> OLD.to_state OR NEW.ref IS NOT OLD.ref OR NEW.job_id IS NOT OLD.job_id
  OR NOT instr(OLD.detail, NEW.detail) OR NOT EXISTS (SELECT 1 FROM batches WHERE id = OLD.batch AND state = 'purged')
BEGIN SELECT raise(ABORT, 'events are never changed'); END;

-- Of a purged batch nothing is kept any more: a change that comes later is confirmed without.
DROP TRIGGER changes_kept;
CREATE TRIGGER changes_kept BEFORE UPDATE OF tried_at, confirmed_at ON changes
WHEN NEW.status = 'COMPLETED_SUCCESSFULLY' AND (NEW.tried_at IS NOT NULL OR NEW.confirmed_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM files WHERE job_id = NEW.job_id AND signer = 0 AND state = 'kept' AND doubt = '' AND job_status <> 'FAILED')
  AND NOT EXISTS (SELECT 1 FROM batches WHERE id = NEW.batch AND state = 'purged')
BEGIN SELECT raise(ABORT, 'a change is confirmed when its document is kept'); END;
