//! What is counted of the record, and what of it may go.

use genesis_domain::ExperimentStatus;
use genesis_domain::{
    Digest, InboxMessage, JobAnalysis, JobRecord, JobReply, JobStatus, JobUsage, Measured, Metric, Metrics,
    Period, Risk, Spread,
};
use genesis_store::{Claim, Claimed, Commit, Forgotten, Grouping, Received};
use serde_json::json;

use crate::support::*;

fn counted(number: u32, kind: &str, risk: Risk, runtime_ms: u64, success_rate: Option<f64>) -> Commit {
    let mut commit = refused(number, "a");
    commit.record.kind = Some(kind.to_owned());
    commit.record.language = Some("rust".to_owned());
    commit.record.risk = risk;
    commit.record.runtime_ms = runtime_ms;
    commit.record.memory_peak_bytes = u64::from(number);
    commit.record.status =
        if number.is_multiple_of(2) { ExperimentStatus::Success } else { ExperimentStatus::Failed };
    let mut metrics = Metrics::default();
    if let Some(value) = success_rate {
        metrics.record(Metric::SuccessRate, Measured::Value { value, samples: 4 });
    }
    commit.record.metrics = metrics;
    commit
}

fn job(number: u32, status: JobStatus, fuel: u64) -> JobRecord {
    JobRecord {
        instance: "unknown".to_owned(),
        request: Digest::of(b"a"),
        analysis: JobAnalysis::Syntax,
        reply: JobReply {
            request_id: format!("job {number}"),
            status,
            language: "go".to_owned(),
            output: String::new(),
            error: None,
            analyses: Vec::new(),
            findings: Vec::new(),
            usage: JobUsage {
                runs: 1,
                fuel,
                peak_memory_bytes: 5,
                lines: 3,
                engines: std::collections::BTreeSet::new(),
            },
        },
        runtime_ms: 7,
        created_at_ms: AT_MS + i64::from(number),
    }
}

pub(crate) async fn what_was_measured_is_counted_by_group_and_what_was_not_has_no_number(place: &Place<'_>) {
    let ledger = place.open().await;
    let mut commits: Vec<Commit> = (1..=20)
        .map(|number| counted(number, "base", Risk::Low, u64::from(number) * 10, Some(f64::from(number % 2))))
        .collect();
    commits.push(counted(21, "detector", Risk::High, 5, None));
    // Nobody has measured how long this one took: it was made anew from git.
    let mut rebuilt = counted(22, "detector", Risk::High, 0, None);
    rebuilt.record.detail = json!({ "rebuilt": true });
    commits.push(rebuilt);
    // Outside of the period.
    commits.push(counted(1000, "base", Risk::Low, 1_000_000, Some(0.0)));
    ledger.commit(&commits).await.unwrap();
    for (number, status) in [(1, JobStatus::Completed), (2, JobStatus::Failed), (3, JobStatus::Completed)] {
        ledger.record_job(&job(number, status, u64::from(number) * 100)).await.unwrap();
    }
    let period = Period { from_ms: AT_MS + 1, until_ms: AT_MS + 1000 };
    let trends = ledger.trends(period, Grouping::ByType).await.unwrap();
    assert_eq!(trends.period, period);
    let [base, detector] = &trends.experiments[..] else { panic!("{trends:#?}") };
    assert_eq!((base.kind.as_deref(), base.language.as_deref()), (Some("base"), Some("rust")));
    assert_eq!((base.risk, base.experiments, base.merged), (Some(Risk::Low), 20, 10));
    assert_eq!((base.mean_success_rate, base.mean_regression), (Some(0.5), None));
    // The 10th and the 19th of twenty: values that are there.
    assert_eq!(base.runtime_ms, Some(Spread { samples: 20, p50: 100, p95: 190 }));
    assert_eq!(base.memory_peak_bytes, 20);
    assert_eq!((detector.experiments, detector.mean_success_rate), (2, None));
    assert_eq!(detector.runtime_ms, Some(Spread { samples: 1, p50: 5, p95: 5 }));
    let [go] = &trends.jobs[..] else { panic!("{trends:#?}") };
    assert_eq!((go.language.as_deref(), go.analysis), (Some("go"), Some(JobAnalysis::Syntax)));
    assert_eq!((go.jobs, go.completed, go.failed, go.unsupported), (3, 2, 1, 0));
    assert_eq!(go.fuel, Some(Spread { samples: 3, p50: 200, p95: 300 }));

    let all = ledger.trends(period, Grouping::Together).await.unwrap();
    let [all] = &all.experiments[..] else { panic!("{all:#?}") };
    assert_eq!((all.kind.as_deref(), all.risk, all.experiments), (None, None, 22));
    assert_eq!(all.runtime_ms.map(|spread| spread.samples), Some(21));
    let none = ledger.trends(Period { from_ms: 0, until_ms: 1 }, Grouping::Together).await.unwrap();
    assert_eq!((none.experiments.len(), none.jobs.len()), (0, 0));
}

pub(crate) async fn what_is_over_and_not_needed_goes_and_nothing_else(place: &Place<'_>) {
    let ledger = place.open().await;
    let commits = [promoting(1, "a", None), refused(2, "b"), refused(3, "c")];
    ledger.commit(&commits).await.unwrap();
    ledger.mark_refs_set(&ledger.pending_refs().await.unwrap()).await.unwrap();
    ledger.mark_sent(NATS, &[], &[message(1).message_id], AT_MS - 1).await.unwrap();
    ledger.mark_sent(NATS, &[], &[message(2).message_id], AT_MS).await.unwrap();
    // Of these, the first two are old, and of the first one something is recorded.
    let request = |number: u32, received_at_ms: i64| InboxMessage {
        experiment: id(number),
        sender: "singularity_1".to_owned(),
        request: format!("exp-{number}"),
        broker: NATS.to_owned(),
        digest: Digest::of(b"a"),
        received_at_ms,
    };
    for (number, at_ms) in [(1, AT_MS - 1), (8, AT_MS - 1), (9, AT_MS)] {
        ledger.receive(&request(number, at_ms)).await.unwrap();
    }
    ledger.call_off(id(8), "not wanted", AT_MS - 1).await.unwrap();
    // The last one that was done is needed, and whatever came after it.
    for (task, due, is_done) in [
        ("metrics", 1, true),
        ("metrics", 2, true),
        ("metrics", 3, false),
        ("metrics", 4, false),
        ("trends", 1, false),
    ] {
        let claim = Claim {
            task,
            due_at_ms: Some(due),
            expression: Some("* * * * *"),
            holder: "one",
            now_ms: AT_MS - 1,
            lease_ms: 10,
            most_attempts: 3,
        };
        let Claimed::Ours(firing) = ledger.claim(&claim).await.unwrap() else { panic!("{task} {due}") };
        if is_done {
            ledger.finish(&firing, AT_MS - 1, &json!({}), &[]).await.unwrap();
        } else {
            ledger.give_back(&firing, AT_MS - 1, "no", None).await.unwrap();
        }
    }
    let before =
        ledger.list(&genesis_store::ListFilter { template: None, limit: 10, before: None }).await.unwrap();

    let forgotten = ledger.forget(AT_MS).await.unwrap();
    assert_eq!(forgotten, Forgotten { announcements: 1, requests: 1, firings: 1 });
    assert_eq!(ledger.forget(AT_MS).await.unwrap(), Forgotten { announcements: 0, requests: 0, firings: 0 });
    let left = ledger.firings("metrics", 10).await.unwrap();
    assert_eq!(left.iter().map(|firing| firing.due_at_ms).collect::<Vec<_>>(), [4, 3, 2]);
    assert_eq!(ledger.firings("trends", 10).await.unwrap().len(), 1);

    // The record is what it was, what waits to be sent is sent, and a request is known for what it is.
    let after =
        ledger.list(&genesis_store::ListFilter { template: None, limit: 10, before: None }).await.unwrap();
    assert_eq!(after, before);
    assert_eq!(ledger.heads().await.unwrap().len(), 1);
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(3)]);
    let other = InboxMessage { digest: Digest::of(b"b"), ..request(1, AT_MS) };
    assert_eq!(ledger.receive(&other).await.unwrap(), Received::Conflict);
    assert_eq!(ledger.receive(&request(9, AT_MS)).await.unwrap(), Received::Again);
    assert_eq!(ledger.receive(&request(8, AT_MS)).await.unwrap(), Received::New);
    assert_eq!(ledger.called_off(id(8)).await.unwrap().as_deref(), Some("not wanted"), "it stays so");

    // What was announced is made anew when somebody asks again.
    assert_eq!(ledger.announce_again(NATS, id(1)).await.unwrap(), 0);
    ledger.announce(&[message(1)], AT_MS).await.unwrap();
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(3), message(1)]);
    assert!(ledger.announce(&[message(1)], AT_MS).await.is_err(), "it is there");
}
