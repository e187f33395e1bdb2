-- How many rows of a batch are in each state, for each sender and polling queue. The
-- triggers keep it in the transaction that moves a row, so that nobody need count a million
-- rows to know. Batches of before are counted here, once.
CREATE TABLE tally (
  batch  TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  state  TEXT NOT NULL,
  sender TEXT NOT NULL,
  queue  TEXT NOT NULL,
  n      INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (batch, state, sender, queue)
) STRICT, WITHOUT ROWID;
INSERT INTO tally (batch, state, sender, queue, n)
  SELECT batch, state, sender, queue, count(*) FROM rows GROUP BY batch, state, sender, queue;

CREATE TRIGGER tally_new AFTER INSERT ON rows BEGIN
  INSERT INTO tally (batch, state, sender, queue, n) VALUES (NEW.batch, NEW.state, NEW.sender, NEW.queue, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER tally_gone AFTER DELETE ON rows BEGIN
  UPDATE tally SET n = n - 1 WHERE batch = OLD.batch AND state = OLD.state AND sender = OLD.sender AND queue = OLD.queue;
END;
CREATE TRIGGER tally_moved AFTER UPDATE OF batch, state, sender, queue ON rows BEGIN
  UPDATE tally SET n = n - 1 WHERE batch = OLD.batch AND state = OLD.state AND sender = OLD.sender AND queue = OLD.queue;
  INSERT INTO tally (batch, state, sender, queue, n) VALUES (NEW.batch, NEW.state, NEW.sender, NEW.queue, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- How far sent.log is known to go: so many bytes, and the SHA-256 of the last 128 of them.
-- Every intent up to this turn has its line there. A log that is shorter, or has other bytes
-- there, is not the one that this ledger wrote. No row: not known, and every line of the log
-- is compared with the attempts.
CREATE TABLE sent_log (
  one    INTEGER PRIMARY KEY CHECK (one = 1),
  bytes  INTEGER NOT NULL CHECK (bytes > 0),
  digest TEXT    NOT NULL CHECK (length(digest) = 64),
  turn   INTEGER NOT NULL CHECK (turn >= 0)
) STRICT;

-- The turn in which an attempt was last begun: intents that share a commit have the same.
ALTER TABLE attempts ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;

-- Which temporary files the books count on is asked at every start of a follower.
CREATE INDEX files_fetched ON files (temp) WHERE state = 'fetched';
