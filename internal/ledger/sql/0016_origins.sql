-- Of which row of an earlier batch a row is another attempt: what the column earlier of its
-- manifest says, as `batch next` wrote it. The earlier batch may be in no ledger any more.
CREATE TABLE origins (
  batch      TEXT NOT NULL,
  line       INTEGER NOT NULL,
  from_batch TEXT NOT NULL,
  from_line  INTEGER NOT NULL CHECK (from_line > 0),
  PRIMARY KEY (batch, line),
  FOREIGN KEY (batch, line) REFERENCES rows (batch, line) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX origins_by_earlier ON origins (from_batch, from_line);
