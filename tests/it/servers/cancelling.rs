//! Experiments that are called off: while they run, before they come, and when they are recorded already.

use genesis_servers::Nats;
use serde_json::{Value, json};

use super::stage::{Service, await_metric, by_nats, experiments, message, request, results, slow_policy};
use crate::support::Bench;

const RUN: &str = "genesis.experiment.run";
const CANCEL: &str = "genesis.experiment.cancel";

fn cancel(id: &str) -> Value {
    let payload = json!({ "experiment_id": id, "instance_id": "singularity_1", "reason": "the wrong file" });
    message(CANCEL, None, payload.to_string())
}

#[test]
fn what_runs_is_stopped_and_whoever_asked_is_told_why() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    slow_policy(&bench);
    let service = Service::start(&bench, &url, &["--policy", "slow.toml"]);
    // Another one stands by: it may be the one that hears of it.
    let other = Service::start(&bench, &url, &["--policy", "slow.toml"]);
    let asked = request("long").to_string();
    by_nats(&url, &[message(RUN, Some("long"), asked.clone())], 0);
    let runs = |service: &Service| service.get("/metrics").1.contains("genesis_in_flight 1");
    while !runs(&service) && !runs(&other) {
        std::thread::yield_now();
    }
    let said = bench.genesis(&[
        "cancel",
        "long",
        "--of",
        "singularity_1",
        "--reason",
        "the wrong file",
        "--bus",
        &url,
    ]);
    assert!(said.stdout.starts_with("long is called off"), "{said:?}");
    let told = by_nats(&url, &[], 1);
    let result = results(&told, "long")[0].clone();
    assert_eq!(result["status"], "failure", "{result:#}");
    assert_eq!(result["error"]["code"], "CANCELLED");
    assert_eq!(result["reason"], "it was called off: the wrong file");
    other.kill();

    // It stays called off, however often it comes.
    by_nats(&url, &[message(RUN, Some("long again"), asked)], 0);
    await_metric(&service, "genesis_requests_total{kind=\"experiment\",outcome=\"cancelled\"}");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(experiments(&bench, &[]).len(), 0);
    let dead = bench.genesis(&["dlq", "list", "--bus", &url]);
    assert_eq!(dead.stdout, "no dead letters\n", "{dead:?}");
}

#[test]
fn one_that_has_not_come_yet_is_not_begun_and_one_that_is_recorded_stays() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let service = Service::start(&bench, &url, &[]);
    by_nats(&url, &[cancel("early")], 0);
    await_metric(&service, "genesis_requests_total{kind=\"cancel\",outcome=\"recorded\"} 1");
    let requests = ["early", "done"].map(|id| message(RUN, Some(id), request(id).to_string()));
    let told = by_nats(&url, &requests, 2);
    assert_eq!(results(&told, "early")[0]["error"]["code"], "CANCELLED", "{told:#?}");
    assert_eq!(results(&told, "done")[0]["status"], "success", "{told:#?}");
    by_nats(&url, &[cancel("done")], 0);
    await_metric(&service, "genesis_requests_total{kind=\"cancel\",outcome=\"known\"} 1");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(experiments(&bench, &[]).len(), 1);
}

#[test]
fn a_message_that_names_no_experiment_is_a_dead_letter_with_its_reason() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let service = Service::start(&bench, &url, &[]);
    by_nats(&url, &[message(CANCEL, None, r#"{"experiment": "e-1"}"#)], 0);
    await_metric(&service, "genesis_requests_total{kind=\"cancel\",outcome=\"refused\"} 1");
    let dead = bench.genesis(&["dlq", "list", "--bus", &url]);
    assert!(dead.stdout.contains("unknown field `experiment`"), "{dead:?}");
}
