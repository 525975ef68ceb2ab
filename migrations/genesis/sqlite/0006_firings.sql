-- Tasks that are done at set times: one row for each task and time, whoever carries it out. Of a task one is open at a
-- time. The expression is the schedule's; NULL where somebody asked for it.

CREATE TABLE firings (
    task       TEXT NOT NULL,
    due_at     INTEGER NOT NULL,
    expression TEXT,
    state      TEXT NOT NULL,
    attempt    INTEGER NOT NULL,
    holder     TEXT NOT NULL,
    held_until INTEGER NOT NULL,
    begun_at   INTEGER NOT NULL,
    ended_at   INTEGER,
    failure    TEXT,
    result     TEXT,
    PRIMARY KEY (task, due_at)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX firings_open ON firings (task) WHERE ended_at IS NULL;

-- What is announced may be of no experiment. SQLite cannot take a constraint from a column.
CREATE TABLE announced (
    position      INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id    TEXT NOT NULL UNIQUE,
    subject       TEXT NOT NULL,
    payload       TEXT NOT NULL,
    experiment_id TEXT REFERENCES experiment_records (experiment_id),
    created_at    INTEGER NOT NULL,
    sent_at       INTEGER
) STRICT;
INSERT INTO announced SELECT position, message_id, subject, payload, experiment_id, created_at, sent_at FROM outbox;
DROP TABLE outbox;
ALTER TABLE announced RENAME TO outbox;
CREATE INDEX outbox_unsent ON outbox (position) WHERE sent_at IS NULL;
CREATE INDEX outbox_by_experiment ON outbox (experiment_id);
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX inbox_by_time ON inbox (received_at);

-- What kind of template an experiment was of. It is NULL for those that were recorded before.
ALTER TABLE experiment_records ADD COLUMN kind TEXT;
ALTER TABLE experiment_records ADD COLUMN language TEXT;
