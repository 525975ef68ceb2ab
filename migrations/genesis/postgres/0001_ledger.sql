-- The ledger of record, as in SQLite: times are milliseconds since the Unix epoch, JSON is text. Text that is compared
-- or sorted has the collation "C", so that order is the same on every server and as in a file.

CREATE TABLE experiment_records (
    experiment_id   TEXT COLLATE "C" PRIMARY KEY,
    instance_id     TEXT NOT NULL,
    template_id     TEXT COLLATE "C" NOT NULL,
    version         TEXT,
    digest          TEXT NOT NULL,
    status          TEXT NOT NULL,
    risk_level      TEXT NOT NULL,
    policy          TEXT NOT NULL,
    baseline_commit TEXT,
    final_commit    TEXT NOT NULL,
    created_at      BIGINT NOT NULL
);

CREATE INDEX experiment_records_by_instance ON experiment_records (instance_id);
CREATE INDEX experiment_records_by_status ON experiment_records (status);
CREATE INDEX experiment_records_by_time ON experiment_records (created_at, experiment_id);
CREATE INDEX experiment_records_by_template ON experiment_records (template_id, created_at, experiment_id);

-- What was not measured, or does not apply, is NULL here and told apart in metrics.
CREATE TABLE experiment_metrics (
    experiment_id            TEXT COLLATE "C" PRIMARY KEY
                             REFERENCES experiment_records (experiment_id) ON DELETE CASCADE,
    success_rate             DOUBLE PRECISION,
    regression               DOUBLE PRECISION,
    runtime_ms               BIGINT NOT NULL,
    memory_peak_bytes        BIGINT NOT NULL,
    test_count               BIGINT NOT NULL,
    test_failures            BIGINT NOT NULL,
    recommendation           TEXT NOT NULL,
    recommendation_rationale TEXT NOT NULL,
    metrics                  TEXT NOT NULL,
    detailed_results         TEXT NOT NULL
);

CREATE INDEX experiment_metrics_by_recommendation ON experiment_metrics (recommendation);

-- The versions in force. A promotion replaces a row only when its head is the expected one.
CREATE TABLE template_head (
    template_id TEXT COLLATE "C" PRIMARY KEY,
    head        TEXT NOT NULL,
    version     TEXT,
    digest      TEXT NOT NULL
);

-- Every version that was ever in force, in the order in which it came into force. It outlives its experiment's record.
CREATE TABLE promoted_versions (
    position      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    template_id   TEXT COLLATE "C" NOT NULL,
    version       TEXT,
    digest        TEXT NOT NULL,
    commit_id     TEXT NOT NULL,
    experiment_id TEXT,
    promoted_at   BIGINT NOT NULL,
    UNIQUE (template_id, commit_id)
);

-- What every ref must be. One row a ref: a later update replaces an earlier one that was never set.
CREATE TABLE refs (
    name    TEXT COLLATE "C" PRIMARY KEY,
    target  TEXT NOT NULL,
    pending BIGINT NOT NULL
);

CREATE INDEX refs_pending ON refs (name) WHERE pending = 1;

-- The refs that an experiment has moved: its announcements wait for all of them.
CREATE TABLE experiment_refs (
    experiment_id TEXT COLLATE "C" NOT NULL REFERENCES experiment_records (experiment_id) ON DELETE CASCADE,
    name          TEXT COLLATE "C" NOT NULL REFERENCES refs (name),
    PRIMARY KEY (experiment_id, name)
);

-- A rebuild replaces experiments while their announcements stay: the key is checked when the transaction ends.
CREATE TABLE outbox (
    position      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id    TEXT COLLATE "C" NOT NULL UNIQUE,
    subject       TEXT NOT NULL,
    payload       TEXT NOT NULL,
    experiment_id TEXT COLLATE "C" NOT NULL
                  REFERENCES experiment_records (experiment_id) DEFERRABLE INITIALLY IMMEDIATE,
    created_at    BIGINT NOT NULL,
    sent_at       BIGINT
);

CREATE INDEX outbox_unsent ON outbox (position) WHERE sent_at IS NULL;
CREATE INDEX outbox_by_experiment ON outbox (experiment_id);

-- Requests that came by message. An experiment's id is made of sender and request, so one of them is one experiment.
CREATE TABLE inbox (
    experiment_id TEXT COLLATE "C" PRIMARY KEY,
    sender        TEXT NOT NULL,
    request_id    TEXT NOT NULL,
    digest        TEXT NOT NULL,
    received_at   BIGINT NOT NULL
);

-- Jobs: code that was sent to be analysed, and the reply.
CREATE TABLE job_records (
    job_id            TEXT COLLATE "C" PRIMARY KEY,
    instance_id       TEXT NOT NULL,
    request_digest    TEXT NOT NULL,
    language          TEXT NOT NULL,
    analysis          TEXT NOT NULL,
    status            TEXT NOT NULL,
    runtime_ms        BIGINT NOT NULL,
    fuel              BIGINT NOT NULL,
    memory_peak_bytes BIGINT NOT NULL,
    lines_analyzed    BIGINT NOT NULL,
    reply             TEXT NOT NULL,
    created_at        BIGINT NOT NULL
);

CREATE INDEX job_records_by_time ON job_records (created_at, job_id);
CREATE INDEX job_records_by_language ON job_records (language, status);
