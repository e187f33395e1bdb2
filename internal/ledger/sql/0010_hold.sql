-- Until when the rows of a batch are held that are sent from a moment on ([send] hold). The
-- first is fixed before the first of them is sent, another one only where a person agreed.
-- What was sent before the first (a canary) is not held.
CREATE TABLE holds (
  batch    TEXT NOT NULL REFERENCES batches (id),
  fixed_at TEXT NOT NULL CHECK (length(fixed_at) = 27),
  until    TEXT NOT NULL CHECK (length(until) = 27 AND until > fixed_at),
  PRIMARY KEY (batch, until)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER holds_stay  BEFORE UPDATE ON holds BEGIN SELECT raise(ABORT, 'what was fixed is never changed'); END;
CREATE TRIGGER holds_stay2 BEFORE DELETE ON holds BEGIN SELECT raise(ABORT, 'what was fixed is never deleted'); END;
CREATE TRIGGER holds_grow  BEFORE INSERT ON holds WHEN EXISTS (SELECT 1 FROM holds WHERE batch = NEW.batch AND until >= NEW.until)
  BEGIN SELECT raise(ABORT, 'a batch is never held for less than before'); END;

-- The same letter again, where a person allowed exactly so many repeats: each has a number
-- of its own, so that no two rows with one number can be on their way or signed.
ALTER TABLE rows ADD COLUMN repeat INTEGER NOT NULL DEFAULT 0 CHECK (repeat >= 0);
DROP INDEX one_letter;
CREATE UNIQUE INDEX one_letter ON rows (letter, repeat) WHERE state IN ('sending','created','unknown','signed');

-- A letter is the same whether its files are sent as one document or one by one: letters of
-- several documents get a new key. Where an older version sent one both ways, the second
-- keeps its old key.
UPDATE OR IGNORE rows SET letter = letter_key(title,
    (SELECT json_group_array(json_object('NationalID', national_id, 'Email', email, 'Mobile', mobile)) FROM signers s WHERE s.batch = rows.batch AND s.line = rows.line),
    (SELECT json_group_array(json(sources) ORDER BY n) FROM documents d WHERE d.batch = rows.batch AND d.line = rows.line))
  WHERE letter IS NOT NULL AND (SELECT count(*) FROM documents d WHERE d.batch = rows.batch AND d.line = rows.line) > 1;
