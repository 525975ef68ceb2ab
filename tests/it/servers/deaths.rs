//! Workers that die at any moment, brokers that die, and workers that are asked to end.

use std::time::Duration;

use genesis_servers::Nats;
use serde_json::{Value, json};

use super::stage::{Service, by_nats, experiments, message, request, results, slow_policy};
use crate::support::Bench;

const RUN: &str = "genesis.experiment.run";

/// Sends requests, kills a worker so long after it was ready, again and again, and asks of every request one experiment and
/// a result that is always the same.
fn kill_loop(requests: usize, kills: impl Iterator<Item = Duration>) -> usize {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let ids: Vec<String> = (0..requests).map(|number| format!("r-{number}")).collect();
    let messages: Vec<Value> = ids.iter().map(|id| message(RUN, Some(id), request(id).to_string())).collect();
    Service::start(&bench, &url, &[]).kill();
    by_nats(&url, &messages, 0);
    // At each point of the commit once, then wherever it happens to be.
    for point in ["judged", "objects-written", "ledger-committed", "refs-set", "recorded"] {
        let mut command = bench.command(&["serve", "--bus", &url]);
        command.env("GENESIS_CRASH_AT", point);
        assert_eq!(Service::spawn(command).wait().code(), None, "{point}: it died of a signal");
    }
    for delay in kills {
        let service = Service::start(&bench, &url, &[]);
        std::thread::sleep(delay);
        service.kill();
    }
    let service = Service::start(&bench, &url, &[]);
    let told = by_nats(&url, &[], requests);
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    for id in &ids {
        let all = results(&told, id);
        assert!(!all.is_empty() && all.iter().all(|result| *result == all[0]), "{id}: {all:#?}");
        assert_eq!(all[0]["status"], "success", "{:#}", all[0]);
    }
    let recorded = experiments(&bench, &[]);
    assert_eq!(recorded.len(), requests, "one experiment a request");
    bench.assert_sound();
    told.iter().filter(|message| message["subject"] == "genesis.experiment.result").count()
}

#[test]
fn workers_that_are_killed_lose_nothing_and_do_nothing_twice() {
    let results = kill_loop(12, [Duration::ZERO; 3].into_iter());
    println!("12 requests, 8 deaths, {results} results");
}

#[test]
#[ignore = "soak: 200 kills take minutes"]
fn many_workers_that_are_killed_lose_nothing() {
    let delays = (0..200).map(|kill| Duration::from_millis(kill * 37 % 200));
    let results = kill_loop(400, delays);
    println!("SOAK kill-worker 205 400 requests, each one experiment, {results} results");
}

#[test]
fn a_broker_that_is_killed_meanwhile_loses_nothing() {
    let (mut nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let service = Service::start(&bench, &url, &["--concurrency", "1"]);
    let messages: Vec<Value> = (0..6)
        .map(|number| {
            let id = format!("r-{number}");
            message(RUN, Some(&id), request(&id).to_string())
        })
        .collect();
    by_nats(&url, &messages, 1);
    nats.kill_and_restart().unwrap();
    let told = by_nats(&url, &[], messages.len());
    assert!(
        (0..6).all(|number| results(&told, &format!("r-{number}"))[0]["status"] == "success"),
        "{told:#?}"
    );
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(experiments(&bench, &[]).len(), 6);
}

#[test]
fn what_cannot_finish_in_time_is_refused_and_a_service_that_ends_hands_back() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let service = Service::start(&bench, &url, &["--concurrency", "1"]);
    let mut hasty = request("hasty");
    hasty["timeout_ms"] = json!(0);
    let told = by_nats(&url, &[message(RUN, Some("hasty"), hasty.to_string())], 1);
    assert_eq!(results(&told, "hasty")[0]["error"]["code"], "TIMEOUT", "{told:#?}");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");

    // Without any grace what runs is handed back at once, and the next one does it.
    let service = Service::start(&bench, &url, &["--grace", "0"]);
    by_nats(&url, &[message(RUN, Some("later"), request("later").to_string())], 0);
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    let _service = Service::start(&bench, &url, &[]);
    let told = by_nats(&url, &[], 2);
    assert_eq!(results(&told, "later")[0]["status"], "success");
    assert_eq!(experiments(&bench, &[]).len(), 1);
}

#[test]
fn a_second_signal_hands_back_at_once_what_runs() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    slow_policy(&bench);
    let service = Service::start(&bench, &url, &["--policy", "slow.toml", "--grace", "3600"]);
    by_nats(&url, &[message(RUN, Some("long"), request("long").to_string())], 0);
    while !service.get("/metrics").1.contains("genesis_in_flight 1") {
        std::thread::yield_now();
    }
    service.signal("-INT");
    while service.get("/readyz").0 != 503 {
        std::thread::yield_now();
    }
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("what is still running is handed back"), "{log}");
    assert_eq!(experiments(&bench, &[]).len(), 0);

    let _service = Service::start(&bench, &url, &[]);
    let told = by_nats(&url, &[], 1);
    assert_eq!(results(&told, "long")[0]["status"], "success", "{told:#?}");
}
