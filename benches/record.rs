//! What it costs to record 256 experiments durably: one by one, as when each comes alone, and in batches, as the service does
//! with those that end at about the same time.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use genesis_domain::{
    Decision, Digest, Durability, ExperimentId, ExperimentRecord, ExperimentStatus, Metrics, RefUpdate, Risk,
    Step, TemplateId,
};
use genesis_history::{ExperimentCommits, Files, History, StepTree, Written, experiment_ref};
use genesis_store::{Commit, Ledger};
use tokio::runtime::Runtime;

const COUNT: u64 = 256;
const TIME_S: i64 = 1_760_000_000;

/// A refused candidate of about the size that an experiment has in the history.
fn experiment(number: u64) -> ExperimentCommits {
    let mut files = Files::new();
    let mut steps = Vec::new();
    for step in [Step::Checkpoint, Step::Candidate, Step::Rendered, Step::Evidence, Step::Verdict] {
        let content = format!("{step} {number} ").repeat(200);
        files.insert(format!("{step}.json"), Arc::from(content.as_bytes()));
        let subject = format!("the {step}");
        steps.push(StepTree { step, files: files.clone(), subject, trailers: Vec::new() });
    }
    ExperimentCommits {
        id: ExperimentId::new(uuid::Uuid::from_u128(number.into())),
        template: TemplateId::new(&format!("template-{number}")).expect("it is an id"),
        parent: None,
        time_s: TIME_S,
        steps,
        promotion: None,
    }
}

fn commit(experiment: &ExperimentCommits, written: &Written) -> Commit {
    let tip = written.commits.last().expect("it has steps").commit.clone();
    Commit {
        record: ExperimentRecord {
            id: experiment.id,
            instance: "bench".to_owned(),
            template: experiment.template.clone(),
            version: Some("1.0.0".to_owned()),
            kind: None,
            language: None,
            digest: Digest::of(b"candidate"),
            status: ExperimentStatus::Failed,
            decision: Decision::Rollback,
            rationale: String::new(),
            risk: Risk::Low,
            policy: "default".to_owned(),
            tip: tip.clone(),
            baseline: None,
            created_at_ms: TIME_S * 1000,
            runtime_ms: 0,
            metrics: Metrics::default(),
            memory_peak_bytes: 0,
            cases: 0,
            cases_failed: 0,
            detail: serde_json::Value::Null,
        },
        promotion: None,
        refs: vec![RefUpdate { name: experiment_ref(experiment.id), target: tip }],
        outbox: Vec::new(),
    }
}

fn record(runtime: &Runtime, history: &History, ledger: &Ledger, experiments: &[ExperimentCommits]) {
    let lock = history.lock(|| {}).expect("the lock is free");
    let written = lock.write(experiments).expect("the history can be written");
    let commits: Vec<Commit> =
        experiments.iter().zip(&written).map(|(one, written)| commit(one, written)).collect();
    runtime.block_on(ledger.commit(&commits)).expect("the ledger can be written");
    let refs: Vec<RefUpdate> = commits.into_iter().flat_map(|commit| commit.refs).collect();
    lock.set_refs(&refs).expect("the refs can be set");
    runtime.block_on(ledger.mark_refs_set(&refs)).expect("the ledger can be written");
}

fn recording(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("record_256_durable");
    group.sample_size(10).throughput(Throughput::Elements(COUNT));
    for (name, size) in [("one_by_one", 1), ("by_64", 64), ("together", usize::MAX)] {
        let folder = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("there is room");
        let runtime = Runtime::new().expect("tokio starts");
        let history =
            History::open(&folder.path().join("history.git"), Durability::Durable).expect("it can be made");
        let file = folder.path().join("ledger.sqlite");
        let ledger = runtime.block_on(Ledger::open(&file, Durability::Durable)).expect("it can be made");
        let next = AtomicU64::new(0);
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    let first = next.fetch_add(COUNT, Ordering::Relaxed);
                    (first..first + COUNT).map(experiment).collect::<Vec<_>>()
                },
                |experiments| {
                    for batch in experiments.chunks(size) {
                        record(&runtime, &history, &ledger, batch);
                    }
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, recording);
criterion_main!(benches);
