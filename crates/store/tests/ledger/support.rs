//! Places for a ledger, and records to commit.

use std::path::Path;

use genesis_domain::{
    CommitId, Decision, Digest, ExperimentId, ExperimentRecord, ExperimentStatus, Head, Measured, Metric,
    Metrics, NotApplicable, OutboxMessage, Promotion, RefUpdate, Risk, TemplateId,
};
use genesis_servers::Postgres;
use genesis_store::{Commit, Durability, Ledger};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

/// The broker of tests that need one alone.
pub(crate) const NATS: &str = "JetStream";
pub(crate) const AT_MS: i64 = 1_760_000_000_000;

pub(crate) async fn open(folder: &Path) -> Ledger {
    Ledger::open(&folder.join("ledger.db"), Durability::Fast).await.unwrap()
}

/// Where the ledger of one law is: opening it again gives the same.
pub(crate) enum Place<'s> {
    /// A folder for files.
    File(tempfile::TempDir),
    /// A database of a server, and a name for another one.
    Database(&'s Postgres, String),
}

impl<'s> Place<'s> {
    pub(crate) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    pub(crate) fn database(server: &'s Postgres, law: &str) -> Self {
        // A database's name has at most 63 bytes.
        let name = law[..law.len().min(50)].to_owned();
        server.create_database(&name).unwrap();
        Self::Database(server, name)
    }

    pub(crate) async fn open(&self) -> Ledger {
        match self {
            Self::File(folder) => open(folder.path()).await,
            Self::Database(server, name) => {
                Ledger::connect(&server.url("postgres", name), Durability::Fast).await.unwrap()
            }
        }
    }

    /// Another ledger.
    pub(crate) async fn elsewhere(&self) -> Ledger {
        match self {
            Self::File(folder) => open(&folder.path().join("elsewhere")).await,
            Self::Database(server, name) => {
                let name = format!("{name}_elsewhere");
                server.create_database(&name).unwrap();
                Ledger::connect(&server.url("postgres", &name), Durability::Fast).await.unwrap()
            }
        }
    }

    /// Changes the ledger behind its back.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::File(folder) => {
                let options =
                    sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("ledger.db"));
                sqlx::query(sql).execute(&mut options.connect().await?).await.map(|_| ())
            }
            Self::Database(server, name) => {
                let options: sqlx::postgres::PgConnectOptions = server.url("postgres", name).parse()?;
                sqlx::query(sql).execute(&mut options.connect().await?).await.map(|_| ())
            }
        }
    }
}

pub(crate) fn id(number: u32) -> ExperimentId {
    format!("{number:08x}-0000-7000-8000-000000000000").parse().unwrap()
}

pub(crate) fn template(text: &str) -> TemplateId {
    TemplateId::new(text).unwrap()
}

pub(crate) fn commit_id(number: u32) -> CommitId {
    format!("{number:040x}").parse().unwrap()
}

pub(crate) fn record(number: u32, of: &str) -> ExperimentRecord {
    let mut metrics = Metrics::default();
    metrics.record(Metric::SuccessRate, Measured::Value { value: 0.1 + 0.2, samples: 30 });
    metrics.record(Metric::Regression, Measured::NotApplicable(NotApplicable::FirstVersion));
    ExperimentRecord {
        id: id(number),
        instance: "cli".to_owned(),
        template: template(of),
        version: Some(format!("1.{number}.0")),
        kind: Some("base".to_owned()),
        language: None,
        digest: Digest::of(&number.to_be_bytes()),
        status: ExperimentStatus::Success,
        decision: Decision::MergeWithAdaptations,
        rationale: "otherwise: merge with adaptations".to_owned(),
        risk: Risk::Medium,
        policy: "default".to_owned(),
        tip: commit_id(10_000 + number),
        baseline: None,
        created_at_ms: AT_MS + i64::from(number),
        runtime_ms: 1234,
        metrics,
        memory_peak_bytes: 17 << 20,
        cases: 30,
        cases_failed: 21,
        detail: serde_json::json!({ "wall": [1, 2.5, "x"] }),
    }
}

/// Experiment `number` on a template, that brings commit `number` into force over `expected`.
pub(crate) fn promoting(number: u32, of: &str, expected: Option<u32>) -> Commit {
    let record = record(number, of);
    let head = Head {
        template: record.template.clone(),
        commit: commit_id(number),
        version: record.version.clone(),
        digest: record.digest.clone(),
    };
    let refs = vec![
        RefUpdate { name: format!("refs/experiments/{}", record.id), target: record.tip.clone() },
        RefUpdate { name: format!("refs/heads/templates/{of}"), target: head.commit.clone() },
    ];
    Commit {
        promotion: Some(Promotion {
            head,
            expected: expected.map(commit_id),
            experiment: Some(record.id),
            at_ms: record.created_at_ms + 5,
        }),
        refs,
        outbox: vec![message(number)],
        record,
    }
}

/// Experiment `number` on a template, that promotes nothing.
pub(crate) fn refused(number: u32, of: &str) -> Commit {
    let mut commit = promoting(number, of, None);
    commit.promotion = None;
    commit.refs.truncate(1);
    commit
}

pub(crate) fn message(number: u32) -> OutboxMessage {
    OutboxMessage {
        message_id: format!("{}/verdict", id(number)),
        subject: "genesis.experiment.result".to_owned(),
        payload: r#"{"status":"success"}"#.to_owned(),
        experiment: Some(id(number)),
    }
}
