-- What the times of a batch's jobs come to, so that nobody need look at all of its rows to
-- know. By when every job is over: the latest end that is the same whenever they are sent,
-- and how many seconds after it is sent the last may be over. And until when no row is late.
-- Empty and 0 in batches of before: not known.
ALTER TABLE batches ADD COLUMN ends_at    TEXT    NOT NULL DEFAULT '' CHECK (ends_at = '' OR length(ends_at) = 27);
ALTER TABLE batches ADD COLUMN ends_after INTEGER NOT NULL DEFAULT 0  CHECK (ends_after >= 0);
ALTER TABLE batches ADD COLUMN late_after TEXT    NOT NULL DEFAULT '' CHECK (late_after = '' OR length(late_after) = 27);
