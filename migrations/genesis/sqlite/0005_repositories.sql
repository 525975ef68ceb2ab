-- Repositories that share this ledger, each with the name of its instance, and which of them a ref is in. A ref from before
-- is in the one repository that there was.

CREATE TABLE repositories (
    repository_id TEXT PRIMARY KEY,
    instance      TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

ALTER TABLE refs ADD COLUMN repository_id TEXT;
