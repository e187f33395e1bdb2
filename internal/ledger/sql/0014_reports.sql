-- Completion reports that were written to files, wherever: what is purged or audited later must
-- be found. A row is here before its file has its name, and stays when another is written over
-- it: the newest of a path is what should be there, an older one what a crash may have left.
CREATE TABLE reports (
  batch  TEXT    NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  path   TEXT    NOT NULL CHECK (path <> ''), -- absolute
  sha256 TEXT    NOT NULL CHECK (length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),
  bytes  INTEGER NOT NULL CHECK (bytes >= 0),
  format TEXT    NOT NULL CHECK (format <> ''),
  at     TEXT    NOT NULL CHECK (at LIKE '____-__-__T__:__:__.______Z'),
  PRIMARY KEY (batch, path, sha256)
) STRICT, WITHOUT ROWID;
