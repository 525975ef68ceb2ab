-- The ledger of record. Times are milliseconds since the Unix epoch, JSON is text.

-- 'GENE': tells a ledger from any other database.
PRAGMA application_id = 1195724357;

CREATE TABLE experiment_records (
    experiment_id   TEXT PRIMARY KEY,
    instance_id     TEXT NOT NULL,
    template_id     TEXT NOT NULL,
    version         TEXT,
    digest          TEXT NOT NULL,
    status          TEXT NOT NULL,
    risk_level      TEXT NOT NULL,
    policy          TEXT NOT NULL,
    baseline_commit TEXT,
    final_commit    TEXT NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX experiment_records_by_instance ON experiment_records (instance_id);
CREATE INDEX experiment_records_by_status ON experiment_records (status);
CREATE INDEX experiment_records_by_time ON experiment_records (created_at, experiment_id);
CREATE INDEX experiment_records_by_template ON experiment_records (template_id, created_at, experiment_id);

-- What was not measured, or does not apply, is NULL here and told apart in metrics.
CREATE TABLE experiment_metrics (
    experiment_id            TEXT PRIMARY KEY REFERENCES experiment_records (experiment_id) ON DELETE CASCADE,
    success_rate             REAL,
    regression               REAL,
    runtime_ms               INTEGER NOT NULL,
    memory_peak_bytes        INTEGER NOT NULL,
    test_count               INTEGER NOT NULL,
    test_failures            INTEGER NOT NULL,
    recommendation           TEXT NOT NULL,
    recommendation_rationale TEXT NOT NULL,
    metrics                  TEXT NOT NULL,
    detailed_results         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX experiment_metrics_by_recommendation ON experiment_metrics (recommendation);

-- The versions in force. A promotion replaces a row only when its head is the expected one.
CREATE TABLE template_head (
    template_id TEXT PRIMARY KEY,
    head        TEXT NOT NULL,
    version     TEXT,
    digest      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every version that was ever in force, in the order in which it came into force. It outlives its experiment's record.
CREATE TABLE promoted_versions (
    position      INTEGER PRIMARY KEY AUTOINCREMENT,
    template_id   TEXT NOT NULL,
    version       TEXT,
    digest        TEXT NOT NULL,
    commit_id     TEXT NOT NULL,
    experiment_id TEXT,
    promoted_at   INTEGER NOT NULL,
    UNIQUE (template_id, commit_id)
) STRICT;

-- What every ref must be. One row a ref: a later update replaces an earlier one that was never set.
CREATE TABLE refs (
    name    TEXT PRIMARY KEY,
    target  TEXT NOT NULL,
    pending INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX refs_pending ON refs (name) WHERE pending = 1;

-- The refs that an experiment has moved: its announcements wait for all of them.
CREATE TABLE experiment_refs (
    experiment_id TEXT NOT NULL REFERENCES experiment_records (experiment_id) ON DELETE CASCADE,
    name          TEXT NOT NULL REFERENCES refs (name),
    PRIMARY KEY (experiment_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    position      INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id    TEXT NOT NULL UNIQUE,
    subject       TEXT NOT NULL,
    payload       TEXT NOT NULL,
    experiment_id TEXT NOT NULL REFERENCES experiment_records (experiment_id),
    created_at    INTEGER NOT NULL,
    sent_at       INTEGER
) STRICT;

CREATE INDEX outbox_unsent ON outbox (position) WHERE sent_at IS NULL;
