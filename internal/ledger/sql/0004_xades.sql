-- Beside the signed PDF of a job, each signer's XAdES is kept where it is asked for. A
-- number above the row's signers is of somebody whom the portal named and the row did not.
CREATE TABLE files_of_jobs (
  job_id   INTEGER NOT NULL,
  signer   INTEGER NOT NULL DEFAULT 0 CHECK (signer BETWEEN 0 AND 20), -- 0: the signed PDF
  sha256   TEXT NOT NULL CHECK (length(sha256) = 64),
  batch    TEXT,
  line     INTEGER,
  bytes    INTEGER NOT NULL,
  temp     TEXT NOT NULL,
  path     TEXT NOT NULL DEFAULT '',
  state    TEXT NOT NULL CHECK (state IN ('fetched','kept')),
  doubt    TEXT NOT NULL DEFAULT '',
  at       TEXT NOT NULL,
  PRIMARY KEY (job_id, signer, sha256),
  CHECK ((state = 'kept') = (path <> ''))
) STRICT, WITHOUT ROWID;
INSERT INTO files_of_jobs (job_id, sha256, batch, line, bytes, temp, path, state, doubt, at)
  SELECT job_id, sha256, batch, line, bytes, temp, path, state, doubt, at FROM files;
DROP TABLE files;
ALTER TABLE files_of_jobs RENAME TO files;
CREATE INDEX files_by_row ON files (batch, line);
