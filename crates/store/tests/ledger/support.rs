//! Records to commit.

use std::path::Path;

use genesis_domain::{
    CommitId, Decision, Digest, ExperimentId, ExperimentRecord, ExperimentStatus, Head, Measured, Metric,
    Metrics, NotApplicable, OutboxMessage, Promotion, RefUpdate, Risk, TemplateId,
};
use genesis_store::{Commit, Durability, Ledger};

pub(crate) const AT_MS: i64 = 1_760_000_000_000;

pub(crate) async fn open(folder: &Path) -> Ledger {
    Ledger::open(&folder.join("ledger.db"), Durability::Fast).await.unwrap()
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
        experiment: id(number),
    }
}
