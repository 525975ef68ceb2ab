use genesis_domain::{Firing, FiringState, OutboxMessage};
use genesis_store::{Claim, Claimed, Ledger};
use serde_json::json;

use crate::support::*;

const LEASE_MS: i64 = 1000;

fn claim(due_at_ms: i64, holder: &str, now_ms: i64) -> Claim<'_> {
    Claim {
        task: "metrics",
        due_at_ms: Some(due_at_ms),
        expression: Some("0 1 * * *"),
        holder,
        now_ms,
        lease_ms: LEASE_MS,
        most_attempts: 3,
    }
}

async fn ours(ledger: &Ledger, claim: Claim<'_>) -> Firing {
    match ledger.claim(&claim).await.unwrap() {
        Claimed::Ours(firing) => firing,
        other => panic!("{other:?}"),
    }
}

fn daily(due_at_ms: i64) -> OutboxMessage {
    OutboxMessage {
        message_id: format!("metrics:{due_at_ms}"),
        subject: "system.metrics.genesis".to_owned(),
        payload: "{}".to_owned(),
        experiment: None,
    }
}

pub(crate) async fn of_many_that_claim_a_time_at_once_one_gets_it(place: &Place<'_>) {
    let mut tasks = Vec::new();
    for number in 0..8 {
        let ledger = place.open().await;
        tasks.push(tokio::spawn(async move {
            let mut won = Vec::new();
            for due in 0..10 {
                let holder = format!("process {number}");
                if let Claimed::Ours(firing) = ledger.claim(&claim(due, &holder, AT_MS)).await.unwrap() {
                    assert_eq!(
                        (firing.due_at_ms, firing.attempt, firing.holder.as_str()),
                        (due, 1, &*holder)
                    );
                    won.push(firing.due_at_ms);
                    assert!(ledger.finish(&firing, AT_MS, &json!({}), &[daily(due)]).await.unwrap());
                }
            }
            won
        }));
    }
    let mut won = Vec::new();
    for task in tasks {
        won.extend(task.await.unwrap());
    }
    won.sort_unstable();
    // Who finds one of them under way goes on to the next one, so that not each is begun; none is begun twice.
    let distinct: std::collections::BTreeSet<i64> = won.iter().copied().collect();
    assert_eq!(won.len(), distinct.len(), "{won:?}");
    let ledger = place.open().await;
    assert_eq!(ledger.unsent(NATS, 100).await.unwrap().len(), won.len());
    assert_eq!(ledger.firings("metrics", 100).await.unwrap().len(), won.len());
}

pub(crate) async fn of_a_task_one_is_under_way_at_a_time_and_each_is_known_when_it_is_over(
    place: &Place<'_>,
) {
    let (one, other) = (place.open().await, place.open().await);
    let firing = ours(&one, claim(1, "one", AT_MS)).await;
    assert_eq!(other.claim(&claim(1, "other", AT_MS)).await.unwrap(), Claimed::Busy(firing.clone()));
    assert_eq!(other.claim(&claim(2, "other", AT_MS)).await.unwrap(), Claimed::Busy(firing.clone()));
    let trends = Claim { task: "trends", ..claim(1, "other", AT_MS) };
    assert!(matches!(other.claim(&trends).await.unwrap(), Claimed::Ours(_)), "another task is another one");
    assert!(one.finish(&firing, AT_MS + 5, &json!({ "sent": [1] }), &[]).await.unwrap());
    assert_eq!(other.claim(&claim(1, "other", AT_MS)).await.unwrap(), Claimed::Known);
    let nothing = Claim { due_at_ms: None, ..claim(1, "other", AT_MS) };
    assert_eq!(other.claim(&nothing).await.unwrap(), Claimed::Nothing);
    let done = Firing {
        state: FiringState::Done,
        ended_at_ms: Some(AT_MS + 5),
        result: Some(json!({ "sent": [1] })),
        ..firing
    };
    assert_eq!(other.firings("metrics", 10).await.unwrap(), std::slice::from_ref(&done));
    assert_eq!(other.last_done("metrics", 2).await.unwrap(), Some(done));
    assert_eq!(other.last_done("metrics", 1).await.unwrap(), None);
}

pub(crate) async fn what_is_left_is_taken_over_and_its_first_holder_changes_nothing_more(place: &Place<'_>) {
    let (dead, other) = (place.open().await, place.open().await);
    let first = ours(&dead, claim(1, "dead", AT_MS)).await;
    assert!(dead.hold(&first, AT_MS + 2 * LEASE_MS).await.unwrap());
    assert_eq!(other.abandoned(AT_MS + 2 * LEASE_MS - 1).await.unwrap(), Vec::<String>::new());
    let early = other.claim(&claim(1, "other", AT_MS + LEASE_MS)).await.unwrap();
    assert!(matches!(early, Claimed::Busy(_)), "{early:?}");
    let later_ms = AT_MS + 2 * LEASE_MS;
    assert_eq!(other.abandoned(later_ms).await.unwrap(), ["metrics"]);
    // Whoever comes for a later time gets what is left first.
    let second = ours(&other, claim(2, "other", later_ms)).await;
    assert_eq!((second.due_at_ms, second.attempt, second.holder.as_str()), (1, 2, "other"));
    assert!(!dead.hold(&first, i64::MAX).await.unwrap());
    assert!(!dead.finish(&first, later_ms, &json!({}), &[daily(1)]).await.unwrap());
    assert!(!dead.give_back(&first, later_ms, "late", None).await.unwrap());
    assert_eq!(other.unsent(NATS, 10).await.unwrap(), []);
    assert!(other.finish(&second, later_ms, &json!({}), &[daily(1)]).await.unwrap());
    assert!(!other.finish(&second, later_ms, &json!({}), &[daily(1)]).await.unwrap());
    assert_eq!(
        other.unsent(NATS, 10).await.unwrap(),
        [daily(1)],
        "announced once, and without an experiment"
    );
    assert_eq!(ours(&dead, claim(2, "dead", later_ms)).await.due_at_ms, 2);
}

pub(crate) async fn what_came_to_nothing_is_tried_again_in_its_time_and_fails_at_last(place: &Place<'_>) {
    let ledger = place.open().await;
    let mut now_ms = AT_MS;
    for attempt in 1..=2 {
        let firing = ours(&ledger, claim(1, "one", now_ms)).await;
        assert_eq!(firing.attempt, attempt);
        assert!(ledger.give_back(&firing, now_ms, "no broker", Some(now_ms + 50)).await.unwrap());
        let busy = ledger.claim(&claim(1, "other", now_ms + 49)).await.unwrap();
        let Claimed::Busy(waits) = busy else { panic!("{busy:?}") };
        assert_eq!(waits.failure.as_deref(), Some("no broker"));
        now_ms += 50;
    }
    // The third one dies, and there is no fourth.
    ours(&ledger, claim(1, "one", now_ms)).await;
    now_ms += LEASE_MS;
    assert_eq!(ours(&ledger, claim(2, "one", now_ms)).await.due_at_ms, 2);
    let failed = &ledger.firings("metrics", 10).await.unwrap()[1];
    assert_eq!((failed.state, failed.attempt), (FiringState::Failed, 3));
    assert_eq!(failed.failure.as_deref(), Some("no broker"));
    assert_eq!(failed.ended_at_ms, Some(now_ms));
    assert_eq!(ledger.last_done("metrics", 9).await.unwrap(), None);
}

pub(crate) async fn a_schedule_begins_with_what_has_passed_and_goes_on_from_there(place: &Place<'_>) {
    let ledger = place.open().await;
    ledger.begin_schedule(&claim(10, "one", AT_MS)).await.unwrap();
    assert_eq!(ledger.claim(&claim(10, "one", AT_MS)).await.unwrap(), Claimed::Known);
    // It goes on: what came meanwhile was missed.
    ledger.begin_schedule(&claim(20, "two", AT_MS)).await.unwrap();
    let firing = ours(&ledger, claim(20, "two", AT_MS)).await;
    ledger.finish(&firing, AT_MS, &json!({}), &[]).await.unwrap();
    // What somebody asks for is no part of it.
    let by_hand = ours(&ledger, Claim { expression: None, ..claim(25, "somebody", AT_MS) }).await;
    ledger.finish(&by_hand, AT_MS, &json!({}), &[]).await.unwrap();
    ledger.begin_schedule(&claim(27, "two", AT_MS)).await.unwrap();
    let missed = ours(&ledger, claim(27, "two", AT_MS)).await;
    ledger.finish(&missed, AT_MS, &json!({}), &[]).await.unwrap();
    // Another one begins anew.
    let changed = Claim { expression: Some("0 2 * * *"), ..claim(30, "three", AT_MS) };
    ledger.begin_schedule(&changed).await.unwrap();
    assert_eq!(ledger.claim(&changed).await.unwrap(), Claimed::Known);
    let states: Vec<(i64, FiringState)> = ledger
        .firings("metrics", 10)
        .await
        .unwrap()
        .iter()
        .map(|firing| (firing.due_at_ms, firing.state))
        .collect();
    assert_eq!(
        states,
        [
            (30, FiringState::Passed),
            (27, FiringState::Done),
            (25, FiringState::Done),
            (20, FiringState::Done),
            (10, FiringState::Passed),
        ]
    );
}
