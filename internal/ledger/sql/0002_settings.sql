-- The settings that a batch was planned with, so that a later plan can say which of them
-- changed. Empty in batches of before. They hold no personal data.
ALTER TABLE batches ADD COLUMN settings TEXT NOT NULL DEFAULT '';
