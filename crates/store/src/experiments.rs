//! Experiments and their metrics.

use std::path::Path;

use genesis_domain::{
    CommitId, Digest, ExperimentId, ExperimentRecord, Measured, Metric, Metrics, TemplateId,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::{Postgres, Sqlite};

use crate::error::During;
use crate::sql::{Bulk, Connection, Row, query};
use crate::{Ledger, StoreError};

const INSERT_RECORD: &str = "
    INSERT INTO experiment_records (experiment_id, instance_id, template_id, version, digest, status, risk_level,
                                    policy, baseline_commit, final_commit, created_at, kind, language)
    VALUES";

const INSERT_METRICS: &str = "
    INSERT INTO experiment_metrics (experiment_id, success_rate, regression, runtime_ms, memory_peak_bytes,
                                    test_count, test_failures, recommendation, recommendation_rationale, metrics,
                                    detailed_results)
    VALUES";

const FIND: &str = "
    SELECT * FROM experiment_records JOIN experiment_metrics USING (experiment_id) WHERE experiment_id = $1";

const FIND_ALL: &str = "
    SELECT * FROM experiment_records JOIN experiment_metrics USING (experiment_id) WHERE experiment_id IN (VALUES";

const LIST: &str = "
    SELECT * FROM experiment_records JOIN experiment_metrics USING (experiment_id)
    WHERE ($1 IS NULL OR template_id = $1)
      AND ($2 IS NULL OR (created_at, experiment_id) < (
            SELECT created_at, experiment_id FROM experiment_records WHERE experiment_id = $2))
    ORDER BY created_at DESC, experiment_id DESC
    LIMIT $3";

/// Which experiments to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFilter {
    /// Only those of this template.
    pub template: Option<TemplateId>,
    /// At most so many.
    pub limit: u32,
    /// Only those older than this one: the last one of the page before. After one that is not recorded there is
    /// none.
    pub before: Option<ExperimentId>,
}

impl Ledger {
    /// An experiment; `None` when it is not recorded.
    ///
    /// # Errors
    /// What the database says; [`StoreError::Damaged`] when a row is not what was written.
    pub async fn experiment(&self, id: ExperimentId) -> Result<Option<ExperimentRecord>, StoreError> {
        let mut reader = self.reader("read an experiment").await?;
        find(&mut reader.connection(), id, &self.path).await
    }

    /// Experiments, newest first.
    ///
    /// # Errors
    /// As [`Ledger::experiment`].
    pub async fn list(&self, filter: &ListFilter) -> Result<Vec<ExperimentRecord>, StoreError> {
        const ACTION: &str = "list experiments";
        let rows = query(LIST)
            .bind(filter.template.as_ref().map(TemplateId::as_str))
            .bind(filter.before.map(|id| id.to_string()))
            .bind(i64::from(filter.limit))
            .fetch_all(&mut self.reader(ACTION).await?.connection())
            .await
            .during(&self.path, ACTION)?;
        rows.iter().map(|row| record(row, &self.path)).collect()
    }
}

pub(crate) async fn find(
    connection: &mut Connection<'_>,
    id: ExperimentId,
    path: &Path,
) -> Result<Option<ExperimentRecord>, StoreError> {
    let row = query(FIND)
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .during(path, "read an experiment")?;
    row.map(|row| record(&row, path)).transpose()
}

/// Those of many that are recorded, in any order.
pub(crate) async fn find_all(
    connection: &mut Connection<'_>,
    ids: &[ExperimentId],
    path: &Path,
) -> Result<Vec<ExperimentRecord>, StoreError> {
    let mut bulk = Bulk::new(FIND_ALL, ")");
    for id in ids {
        bulk.push([id.to_string().into()]);
    }
    let rows = bulk.fetch_all(connection).await.during(path, "read experiments")?;
    rows.iter().map(|row| record(row, path)).collect()
}

pub(crate) async fn insert(
    connection: &mut Connection<'_>,
    records: &[&ExperimentRecord],
    path: &Path,
) -> Result<(), StoreError> {
    const ACTION: &str = "record experiments";
    let (mut about, mut measured) = (Bulk::new(INSERT_RECORD, ""), Bulk::new(INSERT_METRICS, ""));
    for record in records {
        let id = record.id.to_string();
        let metrics = serde_json::to_string(&record.metrics).map_err(|error| {
            StoreError::Invalid(format!("experiment {id}: its metrics are no JSON: {error}"))
        })?;
        about.push([
            id.as_str().into(),
            record.instance.as_str().into(),
            record.template.as_str().into(),
            (&record.version).into(),
            record.digest.as_str().into(),
            record.status.as_str().into(),
            record.risk.as_str().into(),
            record.policy.as_str().into(),
            record.baseline.as_ref().map(CommitId::as_str).into(),
            record.tip.as_str().into(),
            record.created_at_ms.into(),
            (&record.kind).into(),
            (&record.language).into(),
        ]);
        measured.push([
            id.into(),
            value(&record.metrics, Metric::SuccessRate).into(),
            value(&record.metrics, Metric::Regression).into(),
            signed(record.runtime_ms, "runtime_ms")?.into(),
            signed(record.memory_peak_bytes, "memory_peak_bytes")?.into(),
            signed(record.cases, "cases")?.into(),
            signed(record.cases_failed, "cases_failed")?.into(),
            record.decision.as_str().into(),
            record.rationale.as_str().into(),
            metrics.into(),
            record.detail.to_string().into(),
        ]);
    }
    about.execute(connection).await.during(path, ACTION)?;
    measured.execute(connection).await.during(path, ACTION)
}

fn record(row: &Row, path: &Path) -> Result<ExperimentRecord, StoreError> {
    let columns = Columns { row, path };
    Ok(ExperimentRecord {
        id: columns.parsed("experiment_id")?,
        instance: columns.get("instance_id")?,
        template: columns.named("template_id")?,
        version: columns.get("version")?,
        kind: columns.get("kind")?,
        language: columns.get("language")?,
        digest: Digest::from_text(&columns.get::<String>("digest")?),
        status: columns.named("status")?,
        decision: columns.named("recommendation")?,
        rationale: columns.get("recommendation_rationale")?,
        risk: columns.named("risk_level")?,
        policy: columns.get("policy")?,
        tip: columns.parsed("final_commit")?,
        baseline: match columns.get::<Option<String>>("baseline_commit")? {
            Some(_) => Some(columns.parsed("baseline_commit")?),
            None => None,
        },
        created_at_ms: columns.get("created_at")?,
        runtime_ms: columns.unsigned("runtime_ms")?,
        metrics: columns.json("metrics")?,
        memory_peak_bytes: columns.unsigned("memory_peak_bytes")?,
        cases: columns.unsigned("test_count")?,
        cases_failed: columns.unsigned("test_failures")?,
        detail: columns.json("detailed_results")?,
    })
}

/// A row, every column of which is held against its type: a file can be changed by anybody.
pub(crate) struct Columns<'r> {
    pub(crate) row: &'r Row,
    pub(crate) path: &'r Path,
}

impl Columns<'_> {
    pub(crate) fn get<T>(&self, column: &str) -> Result<T, StoreError>
    where
        T: for<'d> sqlx::Decode<'d, Sqlite>
            + sqlx::Type<Sqlite>
            + for<'d> sqlx::Decode<'d, Postgres>
            + sqlx::Type<Postgres>,
    {
        self.row.get(column).during(self.path, "read a row")
    }

    pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        column: &str,
    ) -> Result<T, StoreError> {
        self.get::<String>(column)?.parse().map_err(|error| self.damaged(column, &error))
    }

    /// A value that is written by its name.
    pub(crate) fn named<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        let text = self.get::<String>(column)?;
        serde_json::from_value(Value::String(text)).map_err(|error| self.damaged(column, &error))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.get::<String>(column)?).map_err(|error| self.damaged(column, &error))
    }

    pub(crate) fn unsigned(&self, column: &str) -> Result<u64, StoreError> {
        u64::try_from(self.get::<i64>(column)?).map_err(|error| self.damaged(column, &error))
    }

    fn damaged(&self, column: &str, why: &dyn std::fmt::Display) -> StoreError {
        StoreError::Damaged { path: self.path.to_owned(), message: format!("column `{column}`: {why}") }
    }
}

fn value(metrics: &Metrics, metric: Metric) -> Option<f64> {
    match metrics.get(metric) {
        Some(Measured::Value { value, .. }) => Some(value),
        Some(Measured::NotApplicable(_)) | None => None,
    }
}

pub(crate) fn signed(number: u64, what: &str) -> Result<i64, StoreError> {
    i64::try_from(number)
        .map_err(|_| StoreError::Invalid(format!("{what} is {number}, which no database holds")))
}
