-- Experiments that somebody has called off. One may be called off before its request has come.

CREATE TABLE cancellations (
    experiment_id TEXT COLLATE "C" PRIMARY KEY,
    reason        TEXT NOT NULL,
    asked_at      BIGINT NOT NULL
);
