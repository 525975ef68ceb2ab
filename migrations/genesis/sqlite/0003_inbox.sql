-- Requests that came by message. An experiment's id is made of sender and request, so one of them is one experiment.

CREATE TABLE inbox (
    experiment_id TEXT PRIMARY KEY,
    sender        TEXT NOT NULL,
    request_id    TEXT NOT NULL,
    digest        TEXT NOT NULL,
    received_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_by_experiment ON outbox (experiment_id);
