use genesis_domain::{
    AnalysisReply, AnalysisStatus, Digest, InboxMessage, JobAnalysis, JobRecord, JobReply, JobStatus,
    JobUsage,
};
use genesis_store::{CalledOff, Received};

use crate::support::*;

fn request(number: u32, content: &[u8]) -> InboxMessage {
    InboxMessage {
        experiment: id(number),
        sender: "singularity_1".to_owned(),
        request: format!("exp-{number}"),
        broker: NATS.to_owned(),
        digest: Digest::of(content),
        received_at_ms: AT_MS,
    }
}

pub(crate) async fn a_request_is_new_once_and_known_afterwards(place: &Place<'_>) {
    let (one, other) = (place.open().await, place.open().await);
    assert_eq!(one.receive(&request(1, b"a")).await.unwrap(), Received::New);
    let later = InboxMessage { received_at_ms: AT_MS + 5, ..request(1, b"a") };
    assert_eq!(other.receive(&later).await.unwrap(), Received::Again);
    assert_eq!(one.receive(&request(2, b"a")).await.unwrap(), Received::New);
    let tasks = [one, other]
        .map(|ledger| tokio::spawn(async move { ledger.receive(&request(3, b"at once")).await.unwrap() }));
    let mut received = Vec::new();
    for task in tasks {
        received.push(task.await.unwrap());
    }
    assert!(received.contains(&Received::New) && received.contains(&Received::Again), "{received:?}");
}

pub(crate) async fn another_request_under_the_same_id_is_told_apart(place: &Place<'_>) {
    let ledger = place.open().await;
    ledger.receive(&request(1, b"a")).await.unwrap();
    assert_eq!(ledger.receive(&request(1, b"b")).await.unwrap(), Received::Conflict);
    assert_eq!(ledger.receive(&request(1, b"a")).await.unwrap(), Received::Again);
}

pub(crate) async fn what_was_announced_can_be_announced_again(place: &Place<'_>) {
    let ledger = place.open().await;
    let (first, second) = (promoting(1, "a", None), refused(2, "b"));
    ledger.commit(&[first.clone(), second.clone()]).await.unwrap();
    ledger.mark_refs_set(&[first.refs, second.refs].concat()).await.unwrap();
    ledger.mark_sent(NATS, &[], &[message(1).message_id, message(2).message_id], AT_MS).await.unwrap();
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), []);
    assert_eq!(ledger.announce_again(NATS, id(1)).await.unwrap(), 1);
    assert_eq!(ledger.announce_again(NATS, id(9)).await.unwrap(), 0);
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(1)]);
    // Whoever waits is not kept waiting, whether it is told or looks.
    ledger.ping().await.unwrap();
    ledger.wake().await.unwrap().wait(std::time::Duration::from_millis(1)).await;
}

pub(crate) async fn a_job_is_recorded_once(place: &Place<'_>) {
    let ledger = place.open().await;
    let job = JobRecord {
        instance: "unknown".to_owned(),
        request: Digest::of(b"a"),
        analysis: JobAnalysis::Syntax,
        reply: JobReply {
            request_id: "job \u{e4}".to_owned(),
            status: JobStatus::Completed,
            language: "go".to_owned(),
            output: "syntax: parsed".to_owned(),
            error: None,
            analyses: vec![AnalysisReply {
                analysis: JobAnalysis::Syntax,
                status: AnalysisStatus::Done,
                by: None,
                exact: Some(true),
                rules: None,
                tests: None,
                outcome: None,
                reason: None,
            }],
            findings: Vec::new(),
            usage: JobUsage {
                runs: 1,
                fuel: 1 << 40,
                peak_memory_bytes: 5,
                lines: 3,
                engines: std::collections::BTreeSet::new(),
            },
        },
        runtime_ms: 12,
        created_at_ms: AT_MS,
    };
    assert_eq!(ledger.record_job(&job).await.unwrap(), None);
    let second = JobRecord { request: Digest::of(b"b"), ..job.clone() };
    assert_eq!(ledger.record_job(&second).await.unwrap(), Some(job.clone()));
    assert_eq!(ledger.job(&job.reply.request_id).await.unwrap(), Some(job));
    assert_eq!(ledger.job("none").await.unwrap(), None);
}

pub(crate) async fn an_experiment_can_be_called_off_until_it_is_recorded(place: &Place<'_>) {
    let (ledger, other) = (place.open().await, place.open().await);
    assert_eq!(ledger.called_off(id(1)).await.unwrap(), None);
    assert_eq!(ledger.call_off(id(1), "first", AT_MS).await.unwrap(), CalledOff::Noted);
    assert_eq!(other.call_off(id(1), "second", AT_MS).await.unwrap(), CalledOff::Noted);
    assert_eq!(other.called_off(id(1)).await.unwrap().as_deref(), Some("first"));
    ledger.commit(&[refused(2, "b")]).await.unwrap();
    assert_eq!(other.call_off(id(2), "late", AT_MS).await.unwrap(), CalledOff::TooLate);
    assert_eq!(ledger.called_off(id(2)).await.unwrap(), None);
}
