-- Which brokers a request came by. Its announcements count as sent when each of these has them.
CREATE TABLE inbox_brokers (
    experiment_id TEXT NOT NULL REFERENCES inbox (experiment_id) ON DELETE CASCADE,
    broker        TEXT NOT NULL,
    PRIMARY KEY (experiment_id, broker)
) STRICT, WITHOUT ROWID;

-- Which brokers have an announcement, where one of them alone is not all of them.
CREATE TABLE outbox_brokers (
    message_id TEXT NOT NULL REFERENCES outbox (message_id) ON DELETE CASCADE,
    broker     TEXT NOT NULL,
    PRIMARY KEY (message_id, broker)
) STRICT, WITHOUT ROWID;
