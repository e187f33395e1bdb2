-- The settings that a batch was planned with, so that a later plan can say which of them
-- changed. Empty in batches of before. They hold no personal data.
ALTER TABLE batches ADD COLUMN settings TEXT NOT NULL DEFAULT '';

-- Every row that is planned asks whether its letter went out before: one_letter holds
-- only those that are under way, and not those that were approved.
CREATE INDEX letters ON rows (letter) WHERE letter IS NOT NULL;
