-- What a person wishes to be cancelled, and what the portal answered. A wish is of the
-- row's own job, which the row may not have yet (job_id 0), or of a duplicate of it. A row
-- that would be planned again while there is a wish is withdrawn in the same transaction.
CREATE TABLE wishes (
  batch    TEXT NOT NULL,
  line     INTEGER NOT NULL,
  job_id   INTEGER NOT NULL,
  at       TEXT NOT NULL,
  said     TEXT NOT NULL,
  asked_at TEXT,
  answer   TEXT NOT NULL DEFAULT '' CHECK (answer IN ('','granted','declined','gone')),
  PRIMARY KEY (batch, line, job_id),
  CHECK (answer = '' OR asked_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX wishes_open ON wishes (batch, line, job_id) WHERE answer = '';

-- The portal's address for cancelling a job, from the create's answer and from changes.
ALTER TABLE attempts ADD COLUMN cancel_url TEXT NOT NULL DEFAULT '';
ALTER TABLE changes  ADD COLUMN cancel_url TEXT NOT NULL DEFAULT '';
