-- Tasks that are done at set times: one row for each task and time, whoever carries it out. Of a task one is open at a
-- time. The expression is the schedule's; NULL where somebody asked for it.

CREATE TABLE firings (
    task       TEXT COLLATE "C" NOT NULL,
    due_at     BIGINT NOT NULL,
    expression TEXT,
    state      TEXT NOT NULL,
    attempt    BIGINT NOT NULL,
    holder     TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    begun_at   BIGINT NOT NULL,
    ended_at   BIGINT,
    failure    TEXT,
    result     TEXT,
    PRIMARY KEY (task, due_at)
);

CREATE UNIQUE INDEX firings_open ON firings (task) WHERE ended_at IS NULL;

-- What is announced may be of no experiment.
ALTER TABLE outbox ALTER COLUMN experiment_id DROP NOT NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX inbox_by_time ON inbox (received_at);

-- What kind of template an experiment was of. It is NULL for those that were recorded before.
ALTER TABLE experiment_records ADD COLUMN kind TEXT COLLATE "C";
ALTER TABLE experiment_records ADD COLUMN language TEXT COLLATE "C";
