use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use genesis_domain::{Durability, rfc3339};

use super::*;

/// 2026-02-27 10:30:00 UTC.
const START_MS: i64 = 1_772_188_200_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

fn schedule() -> Schedule {
    Schedule(vec![(Task::Cleanup, CronExpression::parse("0 * * * *").unwrap())])
}

async fn ledger(folder: &Path) -> Ledger {
    Ledger::open(&folder.join("ledger.sqlite"), Durability::Fast).await.unwrap()
}

/// A process: what it knows is gone when it ends.
async fn process(folder: &Path, name: &str) -> Due {
    Due::new(&schedule(), ledger(folder).await, name.to_owned())
}

/// Claims what is due at a time, carries it out at once and gives when it was due.
async fn fire(due: &mut Due, now_ms: i64) -> Vec<String> {
    let mut times = Vec::new();
    for (task, firing) in due.claim(now_ms).await.unwrap() {
        assert!(due.ledger.finish(&firing, now_ms, &serde_json::json!({}), &[]).await.unwrap());
        due.is_over(task);
        times.push(rfc3339(firing.due_at_ms)[11..16].to_owned());
    }
    times
}

#[tokio::test]
async fn a_new_schedule_has_missed_nothing_and_each_time_is_one_firing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (process(folder.path(), "one").await, process(folder.path(), "other").await);
    assert_eq!(fire(&mut one, START_MS).await, Vec::<String>::new());
    assert_eq!(fire(&mut other, START_MS + MINUTE_MS).await, Vec::<String>::new());
    let mut fired = Vec::new();
    for minute in 0..180 {
        for process in [&mut one, &mut other] {
            fired.extend(fire(process, START_MS + minute * MINUTE_MS).await);
        }
    }
    assert_eq!(fired, ["11:00", "12:00", "13:00"]);
}

#[tokio::test]
async fn of_what_was_missed_the_latest_is_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut process_before = process(folder.path(), "before").await;
    assert_eq!(fire(&mut process_before, START_MS).await, Vec::<String>::new());
    // Nobody is there for five hours, not even for the first time of all.
    let mut process_after = process(folder.path(), "after").await;
    assert_eq!(fire(&mut process_after, START_MS + 5 * HOUR_MS).await, ["15:00"]);
    assert_eq!(fire(&mut process_after, START_MS + 5 * HOUR_MS + MINUTE_MS).await, Vec::<String>::new());
    let mut restarted = process(folder.path(), "restarted").await;
    assert_eq!(fire(&mut restarted, START_MS + 5 * HOUR_MS + 2 * MINUTE_MS).await, Vec::<String>::new());
    assert_eq!(fire(&mut restarted, START_MS + 6 * HOUR_MS).await, ["16:00"]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_fires_no_time_twice_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = process(folder.path(), "one").await;
    fire(&mut process, START_MS).await;
    for hour in 1..=4 {
        assert_eq!(fire(&mut process, START_MS + hour * HOUR_MS).await.len(), 1);
    }
    let mut fired = Vec::new();
    for minute in 0..=(3 * 60) {
        fired.extend(fire(&mut process, START_MS + 2 * HOUR_MS + minute * MINUTE_MS).await);
    }
    assert_eq!(fired, ["15:00"], "13:00 and 14:00 were done before");
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_fires_the_latest_once_and_may_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = process(folder.path(), "one").await;
    fire(&mut process, START_MS).await;
    assert_eq!(fire(&mut process, START_MS + 1000 * HOUR_MS).await, ["02:00"]);
    assert_eq!(fire(&mut process, START_MS + 1000 * HOUR_MS + MINUTE_MS).await, Vec::<String>::new());
    // What lies between is neither made up for nor kept back.
    assert_eq!(fire(&mut process, START_MS + HOUR_MS).await, ["11:00"]);
    assert_eq!(fire(&mut process, START_MS + 2 * HOUR_MS).await, ["12:00"]);
}

#[tokio::test]
async fn another_schedule_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut hourly = process(folder.path(), "hourly").await;
    fire(&mut hourly, START_MS).await;
    assert_eq!(fire(&mut hourly, START_MS + HOUR_MS).await, ["11:00"]);
    let daily = Schedule(vec![(Task::Cleanup, CronExpression::parse("15 11 * * *").unwrap())]);
    let mut daily = Due::new(&daily, ledger(folder.path()).await, "daily".to_owned());
    // Its time was a quarter of an hour ago, when nobody had asked for it.
    assert_eq!(fire(&mut daily, START_MS + HOUR_MS).await, Vec::<String>::new());
    assert_eq!(fire(&mut daily, START_MS + 25 * HOUR_MS).await, ["11:15"]);
}

#[tokio::test]
async fn what_a_dead_process_had_begun_is_followed_when_its_lease_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut dead = process(folder.path(), "dead").await;
    fire(&mut dead, START_MS).await;
    let due_ms = START_MS + 30 * MINUTE_MS;
    let begun = dead.claim(due_ms).await.unwrap();
    assert_eq!(begun.len(), 1);
    let mut other = process(folder.path(), "other").await;
    let lease_ms = milliseconds(LEASE);
    assert_eq!(other.claim(due_ms + lease_ms - 1).await.unwrap(), []);
    let followed = other.claim(due_ms + lease_ms).await.unwrap();
    assert_eq!(followed[0].1.due_at_ms, due_ms);
    assert_eq!((followed[0].1.attempt, followed[0].1.holder.as_str()), (2, "other"));
    // Should it live after all, what it brings is not taken.
    assert!(!dead.ledger.finish(&begun[0].1, due_ms, &serde_json::json!({}), &[]).await.unwrap());
    assert!(!dead.ledger.hold(&begun[0].1, i64::MAX).await.unwrap());
    assert!(other.ledger.finish(&followed[0].1, due_ms, &serde_json::json!({}), &[]).await.unwrap());
}

#[tokio::test]
async fn one_that_kills_whoever_begins_it_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut now_ms = START_MS;
    let mut first = process(folder.path(), "first").await;
    fire(&mut first, now_ms).await;
    now_ms += 30 * MINUTE_MS;
    for attempt in 1..=MOST_ATTEMPTS {
        let mut dies = process(folder.path(), "dies").await;
        let begun = dies.claim(now_ms).await.unwrap();
        assert_eq!(begun[0].1.attempt, attempt);
        now_ms += milliseconds(LEASE);
    }
    let mut next = process(folder.path(), "next").await;
    assert_eq!(next.claim(now_ms).await.unwrap(), []);
    let given_up = &next.ledger.firings("cleanup", 1).await.unwrap()[0];
    assert_eq!(given_up.state, FiringState::Failed);
    assert_eq!(given_up.failure.as_deref(), Some("no attempt came to an end"));
    assert_eq!(fire(&mut next, START_MS + 2 * HOUR_MS).await, ["12:00"]);
}

static CLOCK: AtomicI64 = AtomicI64::new(START_MS);

fn clock() -> i64 {
    CLOCK.load(Ordering::Relaxed)
}

fn tasks(ledger: Ledger) -> Tasks {
    Tasks {
        ledger,
        buses: None,
        instance: "local".to_owned(),
        hostname: None,
        keep: Duration::from_hours(24),
        keep_messages: Duration::from_hours(24),
        lag: Duration::from_hours(1),
    }
}

#[tokio::test]
async fn what_fails_is_tried_again_later_and_then_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = tasks(ledger(folder.path()).await);
    let times = CronExpression::parse("0 * * * *").unwrap();
    let schedule = Schedule(vec![(Task::QueueRetention, times)]);
    let mut due = Due::new(&schedule, tasks.ledger.clone(), "one".to_owned());
    assert_eq!(due.claim(clock()).await.unwrap(), []);
    CLOCK.fetch_add(30 * MINUTE_MS, Ordering::Relaxed);
    for attempt in 1..=MOST_ATTEMPTS {
        let (task, firing) = due.claim(clock()).await.unwrap().remove(0);
        assert_eq!(firing.attempt, attempt);
        // There is no broker.
        let fired = attempt_now(&tasks, task, &firing).await;
        assert_eq!(fired, Fired::Failed("no broker is named".to_owned()));
        due.is_over(task);
        assert_eq!(due.claim(clock()).await.unwrap(), [], "not at once");
        CLOCK.fetch_add(milliseconds(BACKOFF) << (attempt - 1), Ordering::Relaxed);
    }
    assert_eq!(due.claim(clock()).await.unwrap(), []);
    let last = &tasks.ledger.firings("queue-retention", 1).await.unwrap()[0];
    assert_eq!((last.state, last.attempt), (FiringState::Failed, MOST_ATTEMPTS));
    assert_eq!(last.failure.as_deref(), Some("no broker is named"));
}

async fn attempt_now(tasks: &Tasks, task: Task, firing: &Firing) -> Fired {
    attempt(tasks, task, firing, clock, |_| {}, MOST_ATTEMPTS).await.unwrap()
}

#[tokio::test]
async fn metrics_are_one_message_a_time_and_their_periods_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = tasks(ledger(folder.path()).await);
    let daily = CronExpression::parse("0 1 * * *").unwrap();
    let mut due = Due::new(&Schedule(vec![(Task::Metrics, daily)]), tasks.ledger.clone(), "one".to_owned());
    assert_eq!(due.claim(START_MS).await.unwrap(), []);
    // The second day is missed.
    for day in [1, 3] {
        let (task, firing) = due.claim(START_MS + day * 24 * HOUR_MS).await.unwrap().remove(0);
        assert!(matches!(attempt_now(&tasks, task, &firing).await, Fired::Done(_)));
        // Somebody who had it before and lives still announces nothing.
        assert_eq!(attempt_now(&tasks, task, &firing).await, Fired::Lost);
        due.is_over(task);
    }
    let sent = tasks.ledger.unsent("JetStream", 10).await.unwrap();
    let ids: Vec<&str> = sent.iter().map(|message| message.message_id.as_str()).collect();
    assert_eq!(ids, ["metrics:2026-02-28T01:00:00Z", "metrics:2026-03-02T01:00:00Z"]);
    let payloads: Vec<serde_json::Value> =
        sent.iter().map(|message| serde_json::from_str(&message.payload).unwrap()).collect();
    let periods: Vec<&serde_json::Value> = payloads.iter().map(|payload| &payload["period"]).collect();
    assert_eq!(
        periods,
        [
            &serde_json::json!({ "from": "2026-02-27T00:00:00Z", "until": "2026-02-28T00:00:00Z" }),
            &serde_json::json!({ "from": "2026-02-28T00:00:00Z", "until": "2026-03-02T00:00:00Z" }),
        ]
    );
    // Nothing was measured, so nothing is said of it.
    assert_eq!(payloads[0]["metrics"]["experiments"], 0);
    assert_eq!(payloads[0]["metrics"]["success_rate"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_task_can_be_done_at_any_time_but_not_beside_itself() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = tasks(ledger(folder.path()).await);
    let now = || START_MS;
    let fired = fire_now(&tasks, Task::Cleanup, "by hand", now).await.unwrap();
    let Fired::Done(result) = fired else { panic!("{fired:?}") };
    assert_eq!(result["before"], "2026-02-26T10:30:00Z");
    let mut due = process(folder.path(), "one").await;
    assert_eq!(due.claim(START_MS + MINUTE_MS).await.unwrap(), []);
    let begun = due.claim(START_MS + 30 * MINUTE_MS).await.unwrap().remove(0).1;
    let now = || START_MS + 30 * MINUTE_MS + 1;
    let fired = fire_now(&tasks, Task::Cleanup, "by hand", now).await.unwrap();
    assert_eq!(fired, Fired::Busy(begun));
}

fn when_due() -> i64 {
    START_MS + 30 * MINUTE_MS
}

#[tokio::test]
async fn a_defect_that_ends_an_attempt_is_a_failure_that_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut due = process(folder.path(), "one").await;
    assert_eq!(due.claim(START_MS).await.unwrap(), []);
    let (metrics, _registry) = Metrics::new();
    let (_stop, stopped) = watch::channel(false);
    let (_abort, aborted) = watch::channel(false);
    let given = Scheduling {
        schedule: schedule(),
        tasks: tasks(due.ledger.clone()),
        holder: "one".to_owned(),
        now_ms: when_due,
        tell: |_| {},
        reached: |point| assert_ne!(point, FiringPoint::Claimed, "a defect"),
        metrics,
        stopped,
        aborted,
    };
    let (task, firing) = due.claim(when_due()).await.unwrap().remove(0);
    due.is_over(attend(given.clone(), task, firing).await);
    let failed = &due.ledger.firings("cleanup", 1).await.unwrap()[0];
    assert!(failed.failure.as_deref().unwrap().starts_with("a defect of the service ended it"), "{failed:?}");
    let later_ms = when_due() + milliseconds(BACKOFF);
    assert_eq!(due.claim(later_ms - 1).await.unwrap(), []);
    let (task, firing) = due.claim(later_ms).await.unwrap().remove(0);
    assert_eq!(firing.attempt, 2);
    due.is_over(attend(Scheduling { reached: |_| {}, ..given }, task, firing).await);
    assert_eq!(due.ledger.firings("cleanup", 1).await.unwrap()[0].state, FiringState::Done);
}
