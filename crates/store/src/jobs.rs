//! Jobs and their replies.

use std::path::Path;

use genesis_domain::{Digest, JobAnalysis, JobRecord};

use crate::error::During;
use crate::experiments::{Columns, signed};
use crate::sql::{Connection, Row, query};
use crate::{Ledger, StoreError};

const INSERT: &str = "
    INSERT INTO job_records (job_id, instance_id, request_digest, language, analysis, status, runtime_ms, fuel,
                             memory_peak_bytes, lines_analyzed, reply, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

const FIND: &str = "SELECT * FROM job_records WHERE job_id = $1";

impl Ledger {
    /// A job by the requester's id; `None` when it is not recorded.
    ///
    /// # Errors
    /// What the database says; [`StoreError::Damaged`] when a row is not what was written.
    pub async fn job(&self, id: &str) -> Result<Option<JobRecord>, StoreError> {
        let mut reader = self.reader("read a job").await?;
        find(&mut reader.connection(), id, &self.path).await
    }

    /// Records a job, unless its id is taken: then what was recorded first is given and stands.
    ///
    /// # Errors
    /// What the database says. Nothing is recorded then.
    pub async fn record_job(&self, job: &JobRecord) -> Result<Option<JobRecord>, StoreError> {
        const ACTION: &str = "record a job";
        let mut transaction = self.begin(ACTION).await?;
        if let Some(known) = find(&mut transaction.connection(), &job.reply.request_id, &self.path).await? {
            return Ok(Some(known));
        }
        let reply = serde_json::to_string(&job.reply)
            .map_err(|error| StoreError::Invalid(format!("the reply is no JSON: {error}")))?;
        query(INSERT)
            .bind(&job.reply.request_id)
            .bind(&job.instance)
            .bind(job.request.as_str())
            .bind(&job.reply.language)
            .bind(job.analysis.as_str())
            .bind(job.reply.status.as_str())
            .bind(signed(job.runtime_ms, "runtime_ms")?)
            .bind(signed(job.reply.usage.fuel, "fuel")?)
            .bind(signed(job.reply.usage.peak_memory_bytes, "memory_peak_bytes")?)
            .bind(signed(job.reply.usage.lines, "lines_analyzed")?)
            .bind(reply)
            .bind(job.created_at_ms)
            .execute(&mut transaction.connection())
            .await
            .during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)?;
        Ok(None)
    }
}

async fn find(
    connection: &mut Connection<'_>,
    id: &str,
    path: &Path,
) -> Result<Option<JobRecord>, StoreError> {
    let row = query(FIND).bind(id).fetch_optional(connection).await.during(path, "read a job")?;
    row.map(|row| record(&row, path)).transpose()
}

fn record(row: &Row, path: &Path) -> Result<JobRecord, StoreError> {
    let columns = Columns { row, path };
    Ok(JobRecord {
        instance: columns.get("instance_id")?,
        request: Digest::from_text(&columns.get::<String>("request_digest")?),
        analysis: columns.named::<JobAnalysis>("analysis")?,
        reply: columns.json("reply")?,
        runtime_ms: columns.unsigned("runtime_ms")?,
        created_at_ms: columns.get("created_at")?,
    })
}
