-- Jobs: code that was sent to be analysed, and the reply. Times are milliseconds since the Unix epoch, JSON is text.

CREATE TABLE job_records (
    job_id            TEXT PRIMARY KEY,
    instance_id       TEXT NOT NULL,
    request_digest    TEXT NOT NULL,
    language          TEXT NOT NULL,
    analysis          TEXT NOT NULL,
    status            TEXT NOT NULL,
    runtime_ms        INTEGER NOT NULL,
    fuel              INTEGER NOT NULL,
    memory_peak_bytes INTEGER NOT NULL,
    lines_analyzed    INTEGER NOT NULL,
    reply             TEXT NOT NULL,
    created_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX job_records_by_time ON job_records (created_at, job_id);
CREATE INDEX job_records_by_language ON job_records (language, status);
