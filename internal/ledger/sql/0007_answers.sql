-- The portal may also refuse a cancellation for good: that is an answer, and its code is
-- kept. Wishes without an answer take turns: those come first that were never asked about,
-- or longest ago. And an answer of "too late" is told apart from the echo of an earlier
-- call, by how many calls may have cancelled the job.
CREATE TABLE wishes_answered (
  batch    TEXT NOT NULL,
  line     INTEGER NOT NULL,
  job_id   INTEGER NOT NULL,
  at       TEXT NOT NULL,
  said     TEXT NOT NULL,
  turn     INTEGER NOT NULL DEFAULT 0, -- of the last call; 0: never asked
  possible INTEGER NOT NULL DEFAULT 0 CHECK (possible >= 0), -- calls that were granted, or have no answer
  answer   TEXT NOT NULL DEFAULT '' CHECK (answer IN ('','granted','declined','gone','refused')),
  code     TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (batch, line, job_id),
  CHECK (turn > 0 OR answer = '' AND possible = 0)
) STRICT, WITHOUT ROWID;
INSERT INTO wishes_answered (batch, line, job_id, at, said, turn, possible, answer)
  SELECT batch, line, job_id, at, said, asked_at IS NOT NULL, asked_at IS NOT NULL, answer FROM wishes;
DROP TABLE wishes;
ALTER TABLE wishes_answered RENAME TO wishes;
CREATE INDEX wishes_open ON wishes (turn, batch, line, job_id) WHERE answer = '';
CREATE INDEX wishes_refused ON wishes (batch, line) WHERE answer = 'refused';
