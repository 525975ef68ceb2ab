//! The same by queues in PostgreSQL.

use genesis_servers::Postgres;
use serde_json::{Value, json};

use super::stage::{Service, by_pgmq, experiments, request};
use crate::support::Bench;

#[test]
fn a_request_by_pgmq_is_answered() {
    let (postgres, bench) = (Postgres::start().unwrap(), Bench::new());
    postgres.create_database("shared_queue").unwrap();
    let url = postgres.url("postgres", "shared_queue");
    let service = Service::start(&bench, &url, &["--concurrency", "1"]);
    let queued = |queue: &str, payload: Value| json!({ "queue": queue, "payload": payload });
    let run = "genesis_experiment_run";
    let told = by_pgmq(
        postgres.port(),
        "shared_queue",
        &[
            queued(run, request("one")),
            queued(run, request("one")),
            queued(run, json!({ "experiment_id": "bad", "tmplate": 1 })),
            queued(
                "job_requests",
                json!({ "id": "j", "code": "x = 1\n", "language": "python", "analysis_type": "syntax" }),
            ),
        ],
        3,
        &["genesis_experiment_result", "job_results"],
    );
    let result = |key: &str, id: &str| {
        let found = told.iter().find(|message| message["payload"][key] == id);
        &found.unwrap_or_else(|| panic!("{id}: {told:#?}"))["payload"]
    };
    assert_eq!(result("experiment_id", "one")["recommendation"], "merge");
    assert_eq!(result("experiment_id", "bad")["error"]["code"], "INVALID_REQUEST");
    assert_eq!(result("request_id", "j")["status"], "completed");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    let listed = bench.genesis(&["dlq", "list", "--bus", &url]);
    assert!(
        listed.stdout.contains("genesis.experiment.run") && listed.stdout.contains("`tmplate`"),
        "{listed:?}"
    );
    assert_eq!(experiments(&bench, &[]).len(), 1);
    bench.assert_sound();
}
