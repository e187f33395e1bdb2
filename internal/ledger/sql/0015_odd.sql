-- Of a fetched file is kept, beside why it is doubtful, what is odd about it and blocks nothing:
-- sentences, as a JSON list. And whether it came in part only: then there is nothing in it for a
-- person to look at once all of it has come.
ALTER TABLE files ADD COLUMN warnings TEXT    NOT NULL DEFAULT '[]' CHECK (json_type(warnings) = 'array');
ALTER TABLE files ADD COLUMN partial  INTEGER NOT NULL DEFAULT 0    CHECK (partial IN (0, 1) AND (partial = 0 OR doubt <> ''));

-- And what the portal said of the job when it offered the file: of one that failed it is not the
-- document that all have signed, should that come after all. Empty in books of before: not known.
ALTER TABLE files ADD COLUMN job_status TEXT NOT NULL DEFAULT '';
