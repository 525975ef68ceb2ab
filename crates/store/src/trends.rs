//! Counting what was recorded. The percentiles are values that are there: the smallest that so many of a group do not exceed.

use genesis_domain::{ExperimentTrend, JobAnalysis, JobTrend, Period, Risk, Spread, Trends};

use crate::error::During;
use crate::experiments::Columns;
use crate::sql::query;
use crate::{Ledger, StoreError};

/// A ledger that was made anew from git has no wall times: they were not measured by anybody that it knows of.
const EXPERIMENTS: &str = r#"
    WITH chosen AS (
        SELECT CASE WHEN $3 = 1 THEN kind END AS kind, CASE WHEN $3 = 1 THEN language END AS language,
               CASE WHEN $3 = 1 THEN risk_level END AS risk, status, success_rate, regression, memory_peak_bytes,
               CASE WHEN detailed_results <> '{"rebuilt":true}' THEN runtime_ms END AS runtime_ms
        FROM experiment_records JOIN experiment_metrics USING (experiment_id)
        WHERE created_at >= $1 AND created_at < $2),
    ranked AS (
        SELECT chosen.*,
               count(runtime_ms) OVER (PARTITION BY kind, language, risk) AS runtimes,
               row_number() OVER (PARTITION BY kind, language, risk
                                  ORDER BY CASE WHEN runtime_ms IS NULL THEN 1 ELSE 0 END, runtime_ms) AS place
        FROM chosen)
    SELECT kind, language, risk, count(*) AS experiments,
           sum(CASE WHEN status = 'success' THEN 1 ELSE 0 END) AS merged,
           avg(success_rate) AS mean_success_rate, avg(regression) AS mean_regression,
           count(regression) AS regression_samples, max(memory_peak_bytes) AS memory_peak_bytes,
           max(runtimes) AS runtimes,
           min(CASE WHEN place * 100 >= runtimes * 50 THEN runtime_ms END) AS runtime_p50,
           min(CASE WHEN place * 100 >= runtimes * 95 THEN runtime_ms END) AS runtime_p95
    FROM ranked GROUP BY kind, language, risk"#;

const JOBS: &str = "
    WITH chosen AS (
        SELECT CASE WHEN $3 = 1 THEN language END AS language, CASE WHEN $3 = 1 THEN analysis END AS analysis,
               status, fuel, runtime_ms
        FROM job_records WHERE created_at >= $1 AND created_at < $2),
    ranked AS (
        SELECT chosen.*,
               count(*) OVER (PARTITION BY language, analysis) AS total,
               row_number() OVER (PARTITION BY language, analysis ORDER BY fuel) AS fuel_place,
               row_number() OVER (PARTITION BY language, analysis ORDER BY runtime_ms) AS runtime_place
        FROM chosen)
    SELECT language, analysis, count(*) AS jobs,
           sum(CASE WHEN status = 'completed' THEN 1 ELSE 0 END) AS completed,
           sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END) AS failed,
           sum(CASE WHEN status = 'unsupported' THEN 1 ELSE 0 END) AS unsupported,
           min(CASE WHEN fuel_place * 100 >= total * 50 THEN fuel END) AS fuel_p50,
           min(CASE WHEN fuel_place * 100 >= total * 95 THEN fuel END) AS fuel_p95,
           min(CASE WHEN runtime_place * 100 >= total * 50 THEN runtime_ms END) AS runtime_p50,
           min(CASE WHEN runtime_place * 100 >= total * 95 THEN runtime_ms END) AS runtime_p95
    FROM ranked GROUP BY language, analysis";

/// How what is counted is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// By kind, language, risk and analysis.
    ByType,
    /// All experiments are one group, and all jobs.
    Together,
}

impl Ledger {
    /// What was recorded of a period, by when it was begun.
    ///
    /// # Errors
    /// What the database says; [`StoreError::Damaged`] when a row is not what was written.
    pub async fn trends(&self, period: Period, grouping: Grouping) -> Result<Trends, StoreError> {
        const ACTION: &str = "count what was recorded";
        let mut reader = self.reader(ACTION).await?;
        let by_type = i64::from(grouping == Grouping::ByType);
        let counted = |sql| query(sql).bind(period.from_ms).bind(period.until_ms).bind(by_type);
        let rows = counted(EXPERIMENTS).fetch_all(&mut reader.connection()).await;
        let mut experiments = Vec::new();
        for row in rows.during(&self.path, ACTION)? {
            let columns = Columns { row: &row, path: &self.path };
            experiments.push(ExperimentTrend {
                kind: columns.get("kind")?,
                language: columns.get("language")?,
                risk: optional::<Risk>(&columns, "risk")?,
                experiments: columns.unsigned("experiments")?,
                merged: columns.unsigned("merged")?,
                mean_success_rate: columns.get("mean_success_rate")?,
                mean_regression: columns.get("mean_regression")?,
                regression_samples: columns.unsigned("regression_samples")?,
                runtime_ms: spread(&columns, columns.unsigned("runtimes")?, "runtime_p50", "runtime_p95")?,
                memory_peak_bytes: columns.unsigned("memory_peak_bytes")?,
            });
        }
        // The two databases put what is NULL at different ends.
        experiments.sort_by(|a, b| {
            (&a.kind, &a.language, a.risk.map(Risk::as_str)).cmp(&(
                &b.kind,
                &b.language,
                b.risk.map(Risk::as_str),
            ))
        });
        let rows = counted(JOBS).fetch_all(&mut reader.connection()).await;
        let mut jobs = Vec::new();
        for row in rows.during(&self.path, ACTION)? {
            let columns = Columns { row: &row, path: &self.path };
            let count = columns.unsigned("jobs")?;
            jobs.push(JobTrend {
                language: columns.get("language")?,
                analysis: optional::<JobAnalysis>(&columns, "analysis")?,
                jobs: count,
                completed: columns.unsigned("completed")?,
                failed: columns.unsigned("failed")?,
                unsupported: columns.unsigned("unsupported")?,
                fuel: spread(&columns, count, "fuel_p50", "fuel_p95")?,
                runtime_ms: spread(&columns, count, "runtime_p50", "runtime_p95")?,
            });
        }
        jobs.sort_by(|a, b| (&a.language, a.analysis).cmp(&(&b.language, b.analysis)));
        Ok(Trends { period, experiments, jobs })
    }
}

fn optional<T: serde::de::DeserializeOwned>(
    columns: &Columns<'_>,
    column: &str,
) -> Result<Option<T>, StoreError> {
    match columns.get::<Option<String>>(column)? {
        Some(_) => columns.named(column).map(Some),
        None => Ok(None),
    }
}

fn spread(columns: &Columns<'_>, samples: u64, p50: &str, p95: &str) -> Result<Option<Spread>, StoreError> {
    if samples == 0 {
        return Ok(None);
    }
    Ok(Some(Spread { samples, p50: columns.unsigned(p50)?, p95: columns.unsigned(p95)? }))
}
