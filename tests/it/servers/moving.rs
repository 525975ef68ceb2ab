//! Both brokers at once, so that people can move from one to the other: who asks by one is answered by it, and one that is away
//! keeps nobody from the other.

use genesis_servers::{Nats, Postgres};
use serde_json::{Value, json};

use super::stage::{Service, ask_by_nats, await_metric, by_nats, by_pgmq, experiments, message, request};
use crate::support::Bench;

const RUN: &str = "genesis.experiment.run";
const RUN_QUEUE: &str = "genesis_experiment_run";
const RESULT: &str = "genesis.experiment.result";

const NATS_IS_THERE: &str = "genesis_bus_connected{bus=\"JetStream\"} 1";
const NATS_IS_AWAY: &str = "genesis_bus_connected{bus=\"JetStream\"} 0";
const PGMQ_IS_THERE: &str = "genesis_bus_connected{bus=\"pgmq\"} 1";
const PGMQ_IS_AWAY: &str = "genesis_bus_connected{bus=\"pgmq\"} 0";

/// Both brokers, and a place for a service.
struct Both {
    nats: Nats,
    postgres: Postgres,
    bench: Bench,
}

impl Both {
    fn start() -> Self {
        let both = Self {
            nats: Nats::start(1 << 20).unwrap(),
            postgres: Postgres::start().unwrap(),
            bench: Bench::new(),
        };
        both.postgres.create_database("shared_queue").unwrap();
        both
    }

    fn queues(&self) -> String {
        self.postgres.url("postgres", "shared_queue")
    }

    fn serve(&self, more: &[&str]) -> Service {
        Service::start(&self.bench, &self.nats.url(), &[&["--bus", &self.queues()], more].concat())
    }

    fn by_nats(&self, messages: &[Value], wait: usize) -> Vec<Value> {
        by_nats(&self.nats.url(), messages, wait)
    }

    /// The results among what is in the queues, when there are so many.
    fn by_pgmq(&self, messages: &[Value], wait: usize) -> Vec<Value> {
        let queues = ["genesis_experiment_result", "job_results"];
        by_pgmq(self.postgres.port(), "shared_queue", messages, wait, &queues)
    }

    fn end(&self, service: Service, count: usize) {
        let (status, log) = service.end();
        assert_eq!(status.code(), Some(0), "{log}");
        assert_eq!(experiments(&self.bench, &[]).len(), count, "{log}");
        self.bench.assert_sound();
    }
}

fn queued(queue: &str, payload: &Value) -> Value {
    json!({ "queue": queue, "payload": payload })
}

fn job(id: &str) -> Value {
    json!({ "id": id, "code": "x = 1\n", "language": "python", "analysis_type": "syntax" })
}

/// The results of an experiment, by whichever broker they came.
fn results<'m>(told: &'m [Value], id: &str) -> Vec<&'m Value> {
    let is_result = |told: &&Value| told["subject"] == RESULT || told["queue"] == "genesis_experiment_result";
    let payloads = told.iter().filter(is_result).map(|told| &told["payload"]);
    payloads.filter(|payload| payload["experiment_id"] == id).collect()
}

fn replies(told: &[Value]) -> Vec<&str> {
    told.iter().filter_map(|told| told["payload"]["request_id"].as_str()).collect()
}

#[test]
fn who_asks_by_either_is_answered_by_it_and_the_same_request_is_one_experiment() {
    let both = Both::start();
    let service = both.serve(&["--concurrency", "1"]);
    assert_eq!(service.get("/readyz"), (200, "ready\n".to_owned()));
    let metrics = service.get("/metrics").1;
    assert!(metrics.contains(NATS_IS_THERE) && metrics.contains(PGMQ_IS_THERE), "{metrics}");
    let status = ask_by_nats(&both.nats.url(), message("genesis.status", None, "{}"));
    assert_eq!(status["buses"], json!({ "JetStream": true, "pgmq": true }));

    // At the same moment, and the same one by both.
    let (nats, pgmq) = std::thread::scope(|scope| {
        let nats = scope.spawn(|| {
            let run = |id: &str| message(RUN, Some(id), request(id).to_string());
            let bad = message(RUN, Some("bad"), json!({ "experiment_id": "bad" }).to_string());
            let job = message("job_requests", Some("by-nats"), job("by-nats").to_string());
            both.by_nats(&[run("n-1"), run("same"), run("n-2"), bad, job], 7)
        });
        let pgmq = scope.spawn(|| {
            let run = |id: &str| queued(RUN_QUEUE, &request(id));
            both.by_pgmq(&[run("p-1"), run("same"), run("p-2"), queued("job_requests", &job("by-pgmq"))], 7)
        });
        (nats.join().unwrap(), pgmq.join().unwrap())
    });
    for id in ["n-1", "n-2", "p-1", "p-2", "same"] {
        let (by_nats, by_pgmq) = (results(&nats, id), results(&pgmq, id));
        assert!(!by_nats.is_empty() && !by_pgmq.is_empty(), "{id}: {nats:#?} {pgmq:#?}");
        assert_eq!(by_nats[0]["recommendation"], "merge", "{:#}", by_nats[0]);
        let all = by_nats.iter().chain(&by_pgmq);
        assert!(all.clone().all(|result| *result == by_nats[0]), "{id}: {nats:#?} {pgmq:#?}");
    }
    // A refusal as well goes to both while both are there, a reply to where its job came from alone.
    for told in [&nats, &pgmq] {
        assert_eq!(results(told, "bad")[0]["error"]["code"], "INVALID_REQUEST", "{told:#?}");
    }
    assert_eq!((replies(&nats), replies(&pgmq)), (vec!["by-nats"], vec!["by-pgmq"]));
    both.end(service, 5);
}

#[test]
fn a_broker_that_is_away_keeps_nobody_from_the_other_and_is_sent_everything_when_it_is_back() {
    let mut both = Both::start();
    let service = both.serve(&[]);
    let url = both.nats.url();
    both.nats.kill();
    await_metric(&service, NATS_IS_AWAY);
    let ready = service.get("/readyz");
    assert_eq!(ready, (200, "ready, but the bus JetStream cannot be reached\n".to_owned()));
    let told = both.by_pgmq(&[queued(RUN_QUEUE, &request("p-1"))], 1);
    assert_eq!(results(&told, "p-1")[0]["recommendation"], "merge", "{told:#?}");
    both.nats.run().unwrap();
    await_metric(&service, NATS_IS_THERE);
    let told = both.by_nats(&[message(RUN, Some("n-1"), request("n-1").to_string())], 2);
    assert!(!results(&told, "p-1").is_empty() && !results(&told, "n-1").is_empty(), "{told:#?}");

    both.postgres.kill();
    await_metric(&service, PGMQ_IS_AWAY);
    assert_eq!(service.get("/readyz").1, "ready, but the bus pgmq cannot be reached\n");
    let told = both.by_nats(&[message(RUN, Some("n-2"), request("n-2").to_string())], 3);
    assert_eq!(results(&told, "n-2")[0]["recommendation"], "merge", "{told:#?}");
    both.nats.kill();
    await_metric(&service, NATS_IS_AWAY);
    let (code, why) = service.get("/readyz");
    assert!(code == 503 && why.contains("JetStream") && why.contains("pgmq"), "{why}");
    both.nats.run().unwrap();
    both.postgres.run().unwrap();
    await_metric(&service, PGMQ_IS_THERE);
    let told = both.by_pgmq(&[queued(RUN_QUEUE, &request("p-2"))], 3);
    for id in ["n-1", "n-2", "p-2"] {
        assert_eq!(results(&told, id)[0]["recommendation"], "merge", "{id}: {told:#?}");
    }
    let told = by_nats(&url, &[], 4);
    assert!(["p-1", "n-1", "n-2", "p-2"].iter().all(|id| !results(&told, id).is_empty()), "{told:#?}");
    both.end(service, 4);
}

#[test]
fn a_service_that_is_killed_while_a_broker_is_away_still_owes_it_the_results() {
    let mut both = Both::start();
    let service = both.serve(&[]);
    let asked = message(RUN, Some("n-1"), request("n-1").to_string());
    assert_eq!(results(&both.by_nats(&[asked], 1), "n-1").len(), 1);
    both.nats.kill();
    await_metric(&service, NATS_IS_AWAY);
    assert!(!results(&both.by_pgmq(&[queued(RUN_QUEUE, &request("p-1"))], 2), "p-1").is_empty());
    service.kill();
    // It starts with the one that is there, and works.
    let service = both.serve(&[]);
    assert!(service.get("/metrics").1.contains(NATS_IS_AWAY));
    assert!(!results(&both.by_pgmq(&[queued(RUN_QUEUE, &request("p-2"))], 1), "p-2").is_empty());
    service.kill();
    // One that knows the other broker alone sends it what it lacks, and takes nothing from the first.
    both.nats.run().unwrap();
    let service = Service::start(&both.bench, &both.nats.url(), &[]);
    let told = both.by_nats(&[], 3);
    assert!(["p-1", "p-2"].iter().all(|id| !results(&told, id).is_empty()), "{told:#?}");
    both.end(service, 3);
    both.postgres.kill();
    both.nats.kill();
    let refused = both.bench.genesis(&["serve", "--bus", &both.nats.url(), "--bus", &both.queues()]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
}

#[test]
fn workers_that_are_killed_between_two_brokers_lose_nothing_and_do_nothing_twice() {
    let both = Both::start();
    both.serve(&[]).kill();
    let mut ids: Vec<String> = (0..12).map(|number| format!("r-{number}")).collect();
    // A third by the one, a third by the other, and a third by both.
    let by = |remainder: usize| ids.iter().enumerate().filter(move |(number, _)| number % 3 != remainder);
    let messages: Vec<Value> = by(1).map(|(_, id)| message(RUN, Some(id), request(id).to_string())).collect();
    both.by_nats(&messages, 0);
    let messages: Vec<Value> = by(0).map(|(_, id)| queued(RUN_QUEUE, &request(id))).collect();
    both.by_pgmq(&messages, 0);
    for point in ["judged", "objects-written", "ledger-committed", "refs-set", "recorded"] {
        // One that was not asked for before: all others may be recorded by now.
        both.by_nats(&[message(RUN, Some(point), request(point).to_string())], 0);
        ids.push(point.to_owned());
        let mut command = both.bench.command(&["serve", "--bus", &both.nats.url(), "--bus", &both.queues()]);
        command.env("GENESIS_CRASH_AT", point);
        assert_eq!(Service::spawn(command).wait().code(), None, "{point}: it died of a signal");
    }
    for _ in 0..3 {
        both.serve(&[]).kill();
    }
    let service = both.serve(&[]);
    let (nats, pgmq) = (both.by_nats(&[], ids.len()), both.by_pgmq(&[], ids.len()));
    for id in &ids {
        let (by_nats, by_pgmq) = (results(&nats, id), results(&pgmq, id));
        assert!(!by_nats.is_empty() && !by_pgmq.is_empty(), "{id}: {nats:#?} {pgmq:#?}");
        let all = by_nats.iter().chain(&by_pgmq);
        assert!(all.clone().all(|result| *result == by_nats[0]), "{id}: {nats:#?} {pgmq:#?}");
        assert_eq!(by_nats[0]["status"], "success", "{:#}", by_nats[0]);
    }
    both.end(service, ids.len());
}

#[test]
fn both_can_be_configured_and_one_is_chosen_where_one_is_meant() {
    let bench = Bench::new();
    bench.write(
        "genesis.toml",
        "bus = [\"nats://127.0.0.1:1\", \"postgres://me:s3cret@127.0.0.1:1/queue\"]\n",
    );
    let shown = bench.genesis(&["config", "show"]).stdout;
    assert!(shown.contains("bus = nats://127.0.0.1:1 postgres://me:***@127.0.0.1:1/queue"), "{shown}");
    let mut command = bench.command(&["config", "show", "--format", "json"]);
    let output = command.env("GENESIS_BUS", "nats://127.0.0.1:2,nats://127.0.0.1:3\nin-process").output();
    let shown: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(shown["bus"]["value"], "nats://127.0.0.1:2,nats://127.0.0.1:3 in-process");
    assert_eq!(shown["bus"]["origin"], "variable GENESIS_BUS");
    let several = bench.genesis(&["dlq", "list"]);
    assert!(several.code == Some(2) && several.stderr.contains("several brokers are named"), "{several:?}");
    assert!(!several.stderr.contains("s3cret"), "{several:?}");
    let away = bench.genesis(&["dlq", "list", "--bus", "nats://127.0.0.1:1"]);
    assert_eq!(away.code, Some(5), "{away:?}");
    let twice = bench.genesis(&["serve", "--bus", "nats://127.0.0.1:1", "--bus", "nats://127.0.0.1:2"]);
    assert!(twice.code == Some(2) && twice.stderr.contains("one of each kind"), "{twice:?}");
}
