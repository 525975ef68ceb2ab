//! Tasks at their times: of many services on one ledger one does each, and another one follows one that dies.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use genesis_servers::{Nats, Postgres};
use serde_json::{Value, json};

use super::stage::{Service, by_nats, by_pgmq, message, metrics_by_nats, request, results};
use crate::support::Bench;

const RUN: &str = "genesis.experiment.run";
const ALL: [&str; 4] = ["CLEANUP", "TRENDS", "METRICS", "QUEUE_RETENTION"];

/// A service that does one task at these times, and no other.
fn scheduled(bench: &Bench, bus: &str, more: &[&str], task: &str, times: &str) -> Command {
    let mut command = bench.command(&[&["serve", "--bus", bus, "--listen", "127.0.0.1:0"], more].concat());
    for one in ALL {
        command.env(format!("GENESIS_SCHEDULE_{one}"), if one == task { times } else { "off" });
    }
    command
}

/// Asks the database until it answers so.
fn await_rows(postgres: &Postgres, sql: &str, is_good: impl Fn(&str) -> bool) -> String {
    for _ in 0..600 {
        let told = postgres.psql("genesis", &["-c", sql]).unwrap();
        if is_good(&told) {
            return told;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{sql}: {}", postgres.psql("genesis", &["-c", "SELECT * FROM firings ORDER BY due_at"]).unwrap());
}

fn counted(service: &Service, outcome: &str) -> usize {
    let (_, metrics) = service.get("/metrics");
    let line = format!("genesis_firings_total{{task=\"trends\",outcome=\"{outcome}\"}} ");
    metrics.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
}

#[test]
fn of_two_services_one_does_a_task_and_the_other_follows_when_it_is_killed_in_the_middle() {
    let (nats, postgres, bench) = (Nats::start(1 << 20).unwrap(), Postgres::start().unwrap(), Bench::new());
    postgres.create_database("genesis").unwrap();
    let database = postgres.url("postgres", "genesis");
    let start = || {
        let more = ["--database", database.as_str(), "--concurrency", "1"];
        Service::spawn(scheduled(&bench, &nats.url(), &more, "TRENDS", "*/2 * * * * *"))
    };
    let mut services = vec![start(), start()];
    await_rows(&postgres, "SELECT count(*) FROM firings WHERE state = 'done'", |count| {
        count.parse::<usize>().unwrap() >= 5
    });

    // From here on the task cannot come to an end. Whoever has it lives, and keeps it past its first lease.
    let lock = "BEGIN; LOCK TABLE experiment_metrics IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)";
    let mut locking =
        Command::new("psql").args([database.as_str(), "-c", lock]).stderr(Stdio::null()).spawn().unwrap();
    let open = "SELECT due_at || ',' || attempt || ',' || holder FROM firings
                WHERE ended_at IS NULL AND held_until > begun_at + 25000";
    let told = await_rows(&postgres, open, |row| !row.is_empty());
    let mut parts = told.splitn(3, ',');
    let (due_at, attempt, holder) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    assert_eq!(attempt, "1", "{told}");
    let id = holder.split("process ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let place = services.iter().position(|service| service.id().to_string() == id).unwrap();
    let victim = services.remove(place);
    let survivor = services.remove(0);
    let done_by_victim = counted(&victim, "done");
    assert_eq!((counted(&victim, "lost"), counted(&survivor, "lost")), (0, 0));
    victim.kill();

    let followed = format!("SELECT attempt FROM firings WHERE due_at = {due_at} AND ended_at IS NULL");
    await_rows(&postgres, &followed, |attempt| attempt == "2");
    let unlock = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()";
    postgres.psql("genesis", &["-c", unlock]).unwrap();
    locking.wait().unwrap();
    let done = format!("SELECT attempt || holder FROM firings WHERE due_at = {due_at} AND state = 'done'");
    let told = await_rows(&postgres, &done, |row| !row.is_empty());
    assert!(told.starts_with('2') && told.contains(&format!("process {} ", survivor.id())), "{told}");

    // Each row was done by one of them, and no work was done for nothing.
    let rows =
        || postgres.psql("genesis", &["-c", "SELECT count(*) FROM firings WHERE state = 'done'"]).unwrap();
    let is_settled = (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(300));
        let (before, done, after) = (rows(), counted(&survivor, "done"), rows());
        before == after && before.parse::<usize>().unwrap() == done_by_victim + done
    });
    assert!(is_settled, "{} rows, {done_by_victim} and {} were done", rows(), counted(&survivor, "done"));
    assert_eq!((counted(&survivor, "lost"), counted(&survivor, "failed")), (0, 0));
    let others = format!(
        "SELECT count(*) FROM firings WHERE state = 'failed' OR (attempt > 1 AND due_at <> {due_at})"
    );
    assert_eq!(postgres.psql("genesis", &["-c", &others]).unwrap(), "0");
    let (_, metrics) = survivor.get("/metrics");
    assert!(metrics.contains("genesis_task_last_success_timestamp_seconds{task=\"trends\"} 1"), "{metrics}");
    let (status, log) = survivor.end();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn metrics_are_sent_once_for_each_time_although_a_service_dies_between_doing_and_recording() {
    let (nats, postgres, bench) = (Nats::start(1 << 20).unwrap(), Postgres::start().unwrap(), Bench::new());
    postgres.create_database("genesis").unwrap();
    let database = postgres.url("postgres", "genesis");
    let more = ["--database", database.as_str(), "--concurrency", "1", "--timeout", "10"];
    let prepared = || scheduled(&bench, &nats.url(), &more, "METRICS", "*/3 * * * * *");
    let mut dying = prepared();
    dying.env("GENESIS_CRASH_AT", "firing-carried-out");
    assert_eq!(Service::spawn(dying).wait().code(), None, "it died of a signal");
    let (first, open) = ("SELECT due_at FROM firings WHERE state = 'open'", "SELECT count(*) FROM outbox");
    let due_at = postgres.psql("genesis", &["-c", first]).unwrap();
    assert_eq!(
        postgres.psql("genesis", &["-c", open]).unwrap(),
        "0",
        "nothing is announced that is not recorded"
    );

    let service = Service::spawn(prepared());
    let one = by_nats(&nats.url(), &[message(RUN, Some("one"), request("one").to_string())], 1);
    assert_eq!(results(&one, "one")[0]["status"], "success", "{one:#?}");
    let done = format!("SELECT attempt FROM firings WHERE due_at = {due_at} AND state = 'done'");
    assert_eq!(await_rows(&postgres, &done, |row| !row.is_empty()), "2");
    // Until the experiment is counted as well.
    let counted =
        "SELECT count(*) FROM outbox WHERE payload LIKE '%\"experiments\":1,%' AND sent_at IS NOT NULL";
    await_rows(&postgres, counted, |count| count != "0");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");

    let rows = "SELECT count(*) FROM firings WHERE state = 'done' AND task = 'metrics'";
    let rows: usize = postgres.psql("genesis", &["-c", rows]).unwrap().parse().unwrap();
    let told = metrics_by_nats(&nats.url(), 1 + rows);
    let sent: Vec<&Value> =
        told.iter().filter(|message| message["subject"] == "system.metrics.genesis").collect();
    let ids: BTreeSet<&str> = sent.iter().map(|message| message["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), sent.len(), "one message a time: {sent:#?}");
    assert_eq!(sent.len(), rows);
    let mut end = sent[0]["payload"]["period"]["from"].clone();
    let mut experiments = 0;
    for message in &sent {
        let payload = &message["payload"];
        assert_eq!(payload["source"], "genesis", "{payload:#}");
        assert_eq!(payload["period"]["from"], end, "periods follow each other");
        end = payload["period"]["until"].clone();
        let metrics = &payload["metrics"];
        experiments += metrics["experiments"].as_u64().unwrap();
        let is_measured = metrics["experiments"] == 1;
        assert_eq!(
            metrics["success_rate"],
            if is_measured { json!(1.0) } else { Value::Null },
            "{payload:#}"
        );
    }
    assert_eq!(experiments, 1, "counted once: {sent:#?}");
}

#[test]
fn what_the_ledger_does_not_keep_any_more_is_still_answered() {
    let (nats, postgres, bench) = (Nats::start(1 << 20).unwrap(), Postgres::start().unwrap(), Bench::new());
    postgres.create_database("genesis").unwrap();
    let database = postgres.url("postgres", "genesis");
    let service = Service::start(&bench, &nats.url(), &["--database", &database, "--concurrency", "1"]);
    let asked = request("old").to_string();
    let first = by_nats(&nats.url(), &[message(RUN, Some("first"), asked.clone())], 1);
    await_rows(&postgres, "SELECT count(*) FROM outbox WHERE sent_at IS NULL", |count| count == "0");
    let age = "UPDATE outbox SET sent_at = sent_at - 91 * 86400000::bigint";
    postgres.psql("genesis", &["-c", age]).unwrap();
    let ran = bench.genesis(&["schedule", "run", "cleanup", "--database", &database, "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["result"]["announcements"], 2, "{told:#}");

    // Without what the broker remembers of it, so that only a new answer can be the answer.
    let other = Nats::start(1 << 20).unwrap();
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    let service = Service::start(&bench, &other.url(), &["--database", &database, "--concurrency", "1"]);
    let second = by_nats(&other.url(), &[message(RUN, Some("second"), asked)], 1);
    assert_eq!(results(&second, "old"), results(&first, "old"));
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(postgres.psql("genesis", &["-c", "SELECT count(*) FROM experiment_records"]).unwrap(), "1");
    let verified = bench.genesis(&["history", "verify", "--database", &database]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
fn queues_are_tidied_by_the_task_as_by_hand() {
    let (postgres, bench) = (Postgres::start().unwrap(), Bench::new());
    postgres.create_database("shared_queue").unwrap();
    let url = postgres.url("postgres", "shared_queue");
    let service = Service::start(&bench, &url, &["--concurrency", "1"]);
    let job = json!({ "id": "j", "code": "x = 1\n", "language": "python", "analysis_type": "syntax" });
    let queued = json!({ "queue": "job_requests", "payload": job });
    by_pgmq(postgres.port(), "shared_queue", &[queued], 1, &["job_results"]);
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    let age = "UPDATE pgmq.a_job_requests SET archived_at = now() - interval '91 days'";
    postgres.psql("shared_queue", &["-c", age]).unwrap();
    let ran = bench.genesis(&["schedule", "run", "queue-retention", "--bus", &url, "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["result"], json!({ "kept_days": 90, "messages": 1 }), "{told:#}");
    let listed = bench.genesis(&["schedule", "list"]);
    assert!(listed.stdout.contains("kept_days 90, messages 1"), "{listed:?}");
}

#[test]
fn refs_that_cannot_be_set_are_told_once_and_so_is_that_they_are() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let service = Service::start(&bench, &nats.url(), &["--concurrency", "1"]);
    // As another program's lock on a ref would.
    let lock = bench.history().join("refs/heads/templates/greeting-stuck.lock");
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    std::fs::write(&lock, "").unwrap();
    by_nats(&nats.url(), &[message(RUN, Some("stuck"), request("stuck").to_string())], 0);
    while !service.get("/metrics").1.contains("genesis_unsettled_experiments 1") {
        std::thread::yield_now();
    }
    // Long enough for it to be tried several times.
    std::thread::sleep(Duration::from_secs(3));
    std::fs::remove_file(&lock).unwrap();
    let told = by_nats(&nats.url(), &[], 1);
    assert_eq!(results(&told, "stuck")[0]["status"], "success", "{told:#?}");
    while !service.get("/metrics").1.contains("genesis_unsettled_experiments 0") {
        std::thread::yield_now();
    }
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(
        log.matches("refs cannot be set, and results wait for it (experiments: 1)").count(),
        1,
        "{log}"
    );
    assert_eq!(log.matches("all refs are set again").count(), 1, "{log}");
    bench.assert_sound();
}
