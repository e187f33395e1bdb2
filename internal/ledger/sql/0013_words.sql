-- What a person says of a sent.log that does not fit counts once: it is used up when the log
-- was mended at that word, or was whole again by itself. An alarm that was laid to rest before
-- this was noted counts as used: who laid it, and what was done since, cannot be told.
ALTER TABLE alarms ADD COLUMN used_at TEXT CHECK (used_at IS NULL OR (length(used_at) = 27 AND laid_at IS NOT NULL));
UPDATE alarms SET used_at = laid_at WHERE kind = 'sent-log' AND laid_at IS NOT NULL;
