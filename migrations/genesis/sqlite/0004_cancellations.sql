-- Experiments that somebody has called off. One may be called off before its request has come.

CREATE TABLE cancellations (
    experiment_id TEXT PRIMARY KEY,
    reason        TEXT NOT NULL,
    asked_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
