-- What checking a file found, so that the next plan need not check it again. A cache: what
-- is forgotten costs a check. The verdict is JSON of package pdfprep, codes and numbers.
CREATE TABLE verdicts (
  file       TEXT PRIMARY KEY CHECK (length(file) = 64),
  tool       TEXT NOT NULL CHECK (tool <> ''),
  verdict    TEXT NOT NULL,
  checked_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX verdicts_by_age ON verdicts (checked_at);

-- When the file in prepared/ was written, in Unix nanoseconds: one that has its size and
-- that time is not hashed again. 0 in books of before: not known.
ALTER TABLE prepared ADD COLUMN modified INTEGER NOT NULL DEFAULT 0;

-- Which batches need a file in prepared/, and which recipes made it, is asked of every
-- file that lies there.
CREATE INDEX documents_by_file ON documents (sha256, batch);
CREATE INDEX prepared_by_file ON prepared (sha256);
