-- What a person says of a sent.log that does not fit counts once: it is used up when the log
-- was mended at that word, or was whole again by itself. An alarm that was laid to rest before
-- this was noted counts as used: who laid it, and what was done since, cannot be told.
ALTER TABLE alarms ADD COLUMN used_at TEXT CHECK (used_at IS NULL OR (length(used_at) = 27 AND laid_at IS NOT NULL));
UPDATE alarms SET used_at = laid_at WHERE kind = 'sent-log' AND laid_at IS NOT NULL;

-- When the answer of a poll of a queue was last lost: a change that it may have carried is
-- handed out again ten minutes later, and until then an empty queue proves nothing.
CREATE TABLE polls_lost (
  sender TEXT NOT NULL,
  queue  TEXT NOT NULL,
  at     TEXT NOT NULL CHECK (at LIKE '____-__-__T__:__:__.______Z'),
  PRIMARY KEY (sender, queue)
) STRICT, WITHOUT ROWID;
