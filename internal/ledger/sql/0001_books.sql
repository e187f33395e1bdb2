-- The books of one workspace. Times are UTC text of one width, so that they sort as
-- they passed. Digests are 64 hex digits. The CHECKs repeat what mailout.Next rules, so
-- that no program, ours included, can write a row that is not true.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE batches (
  id              TEXT PRIMARY KEY,
  state           TEXT NOT NULL CHECK (state IN ('draft','planned','approved','stopped','done','superseded','purged')),
  digest          TEXT CHECK (length(digest) = 64),
  rows_digest     TEXT CHECK (length(rows_digest) = 64),
  manifest_path   TEXT NOT NULL,
  manifest_sha256 TEXT NOT NULL CHECK (length(manifest_sha256) = 64),
  created_at      TEXT NOT NULL,
  approved_at     TEXT,
  stop_reason     TEXT NOT NULL DEFAULT '',
  CHECK (state IN ('draft','superseded') OR (digest IS NOT NULL AND rows_digest IS NOT NULL)),
  CHECK (state IN ('draft','planned','superseded') OR approved_at IS NOT NULL),
  CHECK ((state = 'stopped') = (stop_reason <> ''))
) STRICT;

-- Planning the same again finds the same batch.
CREATE UNIQUE INDEX one_batch_a_digest ON batches (digest) WHERE state NOT IN ('draft','superseded','purged');

CREATE TABLE rows (
  batch              TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  line               INTEGER NOT NULL CHECK (line > 0),
  key                TEXT NOT NULL CHECK (key <> ''),
  state              TEXT NOT NULL CHECK (state IN ('skipped','planned','sending','unknown','created','refused','signed','rejected','expired','failed','cancelled')),
  since              TEXT NOT NULL,
  sender             TEXT NOT NULL,
  title              TEXT NOT NULL,
  nonsensitive_title TEXT NOT NULL,
  description        TEXT NOT NULL,
  authentication     INTEGER NOT NULL,
  identifier         TEXT NOT NULL,
  activation_at      TEXT,
  available_seconds  INTEGER NOT NULL,
  deadline_at        TEXT,
  columns            TEXT NOT NULL,
  letter             TEXT CHECK (length(letter) = 64),
  ref                TEXT,
  job_id             INTEGER,
  queue              TEXT NOT NULL DEFAULT '',
  cause              TEXT NOT NULL DEFAULT '',
  code               TEXT NOT NULL DEFAULT '',
  message            TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (batch, line),
  CHECK ((state = 'skipped') = (letter IS NULL)),
  CHECK (state NOT IN ('created','signed','rejected','expired','failed') OR job_id IS NOT NULL),
  CHECK (state NOT IN ('skipped','planned','sending','unknown','refused') OR job_id IS NULL),
  CHECK (state IN ('skipped','planned','cancelled') OR ref IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX rows_by_state ON rows (batch, state, line);

-- A skipped row may have been skipped for its key.
CREATE UNIQUE INDEX one_row_a_key ON rows (batch, key) WHERE state <> 'skipped';
CREATE INDEX rows_by_key ON rows (batch, key);
CREATE UNIQUE INDEX one_row_a_job ON rows (job_id) WHERE job_id IS NOT NULL;

-- Twice the same letter is impossible: two rows with the same signers, documents and
-- title cannot both be on their way or signed, in one batch or in two.
CREATE UNIQUE INDEX one_letter ON rows (letter) WHERE state IN ('sending','created','unknown','signed');

-- The moves of mailout.Next.
CREATE TRIGGER rows_move BEFORE UPDATE OF state ON rows
WHEN OLD.state <> NEW.state AND OLD.state || ' ' || NEW.state NOT IN (
  'planned sending', 'planned created', 'planned cancelled',
  'sending created', 'sending refused', 'sending planned', 'sending unknown',
  'unknown created', 'unknown planned',
  'created signed', 'created rejected', 'created expired', 'created cancelled', 'created failed',
  'refused created', 'cancelled created')
BEGIN SELECT raise(ABORT, 'a row in this state cannot become that'); END;

CREATE TABLE signers (
  batch          TEXT NOT NULL,
  line           INTEGER NOT NULL,
  n              INTEGER NOT NULL CHECK (n BETWEEN 1 AND 10),
  national_id    TEXT NOT NULL,
  email          TEXT NOT NULL,
  mobile         TEXT NOT NULL,
  ord            INTEGER NOT NULL CHECK (ord BETWEEN 0 AND 9),
  signature_type TEXT NOT NULL,
  on_behalf_of   TEXT NOT NULL,
  notify         TEXT NOT NULL,
  status         TEXT NOT NULL DEFAULT '',
  since          TEXT,
  PRIMARY KEY (batch, line, n),
  FOREIGN KEY (batch, line) REFERENCES rows (batch, line) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- PDFs in prepared/, found again by the recipe that made them.
CREATE TABLE prepared (
  recipe  TEXT PRIMARY KEY CHECK (length(recipe) = 64),
  sha256  TEXT NOT NULL CHECK (length(sha256) = 64),
  crc32   INTEGER NOT NULL,
  bytes   INTEGER NOT NULL CHECK (bytes > 0),
  pages   INTEGER NOT NULL CHECK (pages > 0),
  made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
  batch   TEXT NOT NULL,
  line    INTEGER NOT NULL,
  n       INTEGER NOT NULL CHECK (n BETWEEN 1 AND 20),
  title   TEXT NOT NULL,
  name    TEXT NOT NULL,
  sha256  TEXT NOT NULL CHECK (length(sha256) = 64),
  crc32   INTEGER NOT NULL,
  bytes   INTEGER NOT NULL CHECK (bytes > 0),
  pages   INTEGER NOT NULL CHECK (pages > 0),
  sources TEXT NOT NULL,
  PRIMARY KEY (batch, line, n),
  FOREIGN KEY (batch, line) REFERENCES rows (batch, line) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- One Ref, one attempt. It is written before the first byte leaves and never deleted.
CREATE TABLE attempts (
  ref        TEXT PRIMARY KEY,
  batch      TEXT NOT NULL,
  line       INTEGER NOT NULL,
  n          INTEGER NOT NULL CHECK (n > 0),
  job_xml    TEXT NOT NULL CHECK (length(job_xml) = 64),
  documents  TEXT NOT NULL CHECK (length(documents) = 64),
  begun_at   TEXT NOT NULL,
  ended_at   TEXT,
  outcome    TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('','accepted','refused','not-sent','unknown')),
  status     INTEGER NOT NULL DEFAULT 0,
  code       TEXT NOT NULL DEFAULT '',
  last_byte  TEXT,
  job_id     INTEGER,
  dropped_at TEXT,
  UNIQUE (batch, line, n),
  FOREIGN KEY (batch, line) REFERENCES rows (batch, line)
) STRICT, WITHOUT ROWID;

-- What happened, in order; never changed, never deleted.
CREATE TABLE events (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  at         TEXT NOT NULL,
  batch      TEXT NOT NULL,
  line       INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  from_state TEXT NOT NULL,
  to_state   TEXT NOT NULL,
  ref        TEXT,
  job_id     INTEGER,
  detail     TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_row ON events (batch, line, seq);
CREATE TRIGGER events_stay  BEFORE UPDATE ON events BEGIN SELECT raise(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_stay3 BEFORE INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE seq = NEW.seq)
  BEGIN SELECT raise(ABORT, 'events are never replaced'); END;
CREATE TRIGGER events_stay2 BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'events are never deleted'); END;

-- Status changes of our jobs. The same change may come many times.
CREATE TABLE changes (
  job_id      INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  batch       TEXT,
  line        INTEGER,
  sender      TEXT NOT NULL,
  queue       TEXT NOT NULL,
  status      TEXT NOT NULL,
  final       INTEGER NOT NULL CHECK (final IN (0, 1)),
  first_at    TEXT NOT NULL,
  last_at     TEXT NOT NULL,
  times       INTEGER NOT NULL DEFAULT 1,
  tried_at    TEXT,
  confirmed_at TEXT,
  PRIMARY KEY (job_id, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_open ON changes (batch) WHERE confirmed_at IS NULL;

-- Fetched documents. First 'fetched' (a temporary file whose bytes are synced), then
-- 'kept' (renamed to its path, the folder synced). Confirming waits for 'kept'.
CREATE TABLE files (
  job_id   INTEGER NOT NULL,
  sha256   TEXT NOT NULL CHECK (length(sha256) = 64),
  batch    TEXT,
  line     INTEGER,
  bytes    INTEGER NOT NULL,
  temp     TEXT NOT NULL,
  path     TEXT NOT NULL DEFAULT '',
  state    TEXT NOT NULL CHECK (state IN ('fetched','kept')),
  doubt    TEXT NOT NULL DEFAULT '',
  at       TEXT NOT NULL,
  PRIMARY KEY (job_id, sha256),
  CHECK ((state = 'kept') = (path <> ''))
) STRICT, WITHOUT ROWID;
CREATE INDEX files_by_row ON files (batch, line);

-- Changes that belong to nobody here: counted, never confirmed.
CREATE TABLE strangers (
  job_id   INTEGER NOT NULL,
  queue    TEXT NOT NULL,
  first_at TEXT NOT NULL,
  PRIMARY KEY (job_id, queue)
) STRICT, WITHOUT ROWID;

CREATE TABLE alarms (
  id      INTEGER PRIMARY KEY,
  at      TEXT NOT NULL,
  kind    TEXT NOT NULL,
  batch   TEXT NOT NULL DEFAULT '',
  line    INTEGER NOT NULL DEFAULT 0,
  job_id  INTEGER NOT NULL DEFAULT 0,
  detail  TEXT NOT NULL,
  laid_at TEXT,
  note    TEXT NOT NULL DEFAULT '',
  UNIQUE (kind, batch, line, job_id)
) STRICT;

-- Blocks and permitted poll times, so that they outlive a restart.
CREATE TABLE pace (
  key   TEXT PRIMARY KEY,
  until TEXT NOT NULL
) STRICT, WITHOUT ROWID;
