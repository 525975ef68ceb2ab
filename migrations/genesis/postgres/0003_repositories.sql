-- Repositories that share this ledger, each with the name of its instance, and which of them a ref is in. A ref from before
-- is in the one repository that there was.

CREATE TABLE repositories (
    repository_id TEXT COLLATE "C" PRIMARY KEY,
    instance      TEXT COLLATE "C" NOT NULL UNIQUE
);

ALTER TABLE refs ADD COLUMN repository_id TEXT COLLATE "C";
