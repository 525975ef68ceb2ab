//! One request from end to end.

use genesis_servers::{Nats, Postgres};
use serde_json::{Value, json};

use super::stage::{
    Service, ask_by_nats, assert_of_schema, by_nats, document, enveloped_results, experiments, message,
    request, results,
};
use crate::support::{Bench, bumped, greeting};

const RUN: &str = "genesis.experiment.run";

#[test]
fn a_request_by_nats_is_answered_and_recorded_in_postgres() {
    let (nats, postgres, bench) = (Nats::start(1 << 20).unwrap(), Postgres::start().unwrap(), Bench::new());
    postgres.create_database("genesis").unwrap();
    let database = postgres.url("postgres", "genesis");
    let more = ["--database", database.as_str(), "--concurrency", "2"];
    let service = Service::start(&bench, &nats.url(), &more);
    assert_eq!(service.get("/livez"), (200, "ok\n".to_owned()));
    assert_eq!(service.get("/readyz"), (200, "ready\n".to_owned()));

    // The oldest shape, an envelope, and a version that breaks its users.
    let bare = json!({ "template": greeting("1.0.0"), "version": "1.0.0" });
    let enveloped = json!({
        "id": "e-1", "type": RUN, "schema_version": 1, "producer": "singularity_1",
        "correlation_id": "c-1", "traceparent": "t-1", "payload": request("e-1"),
    });
    let first = by_nats(
        &nats.url(),
        &[
            message(RUN, Some("bare"), bare.to_string()),
            message(RUN, Some("m-2"), enveloped.to_string()),
            message("genesis.experiment.request.gen-2", Some("m-3"), request("old").to_string()),
        ],
        3,
    );
    let result = enveloped_results(&first, "e-1")[0];
    let one = &result["payload"];
    assert_eq!((&one["status"], &one["recommendation"]), (&json!("success"), &json!("merge")), "{one:#}");
    assert_eq!((&one["correlation_id"], &one["traceparent"]), (&json!("c-1"), &json!("t-1")), "{one:#}");
    for (key, value) in [
        ("type", "genesis.experiment.result"),
        ("schema_version", "1.0"),
        ("producer", "genesis"),
        ("correlation_id", "c-1"),
        ("causation_id", "e-1"),
        ("traceparent", "t-1"),
    ] {
        assert_eq!(result[key], value, "{key}: {result:#}");
    }
    assert!(result["occurred_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{result:#}");
    assert_eq!((&one["metrics"]["success_rate"], &one["metrics"]["regression"]), (&json!(1.0), &Value::Null));
    assert_eq!(results(&first, "bare")[0]["template_id"], "greeting");
    assert_eq!(results(&first, "old").len(), 1);

    let mut broken = bumped(&greeting("1.0.0"), "1.1.0");
    broken["content"]["code"] = json!("print({{#if loud}}");
    let broken = json!({ "experiment_id": "broken", "template": broken, "base_version": "1.0.0" });
    let second = by_nats(&nats.url(), &[message(RUN, Some("m-4"), broken.to_string())], 4);
    let by_id: Vec<&Value> = second
        .iter()
        .filter(|message| message["subject"] == "genesis.experiment.completed.e-1")
        .map(|message| &message["payload"])
        .collect();
    assert_eq!(by_id.len(), 1, "{second:#?}");
    assert_eq!((&by_id[0]["type"], &by_id[0]["payload"]), (&json!("genesis.experiment.completed"), one));
    assert_ne!(by_id[0]["id"], result["id"], "another message");
    let broken = results(&second, "broken")[0];
    assert_eq!(
        (&broken["status"], &broken["recommendation"]),
        (&json!("failure"), &json!("rollback")),
        "{broken:#}"
    );

    let status = ask_by_nats(&nats.url(), message("genesis.status", None, "{}"));
    assert_eq!((&status["status"], &status["concurrency"]), (&json!("serving"), &json!(2)), "{status}");
    let (code, metrics) = service.get("/metrics");
    assert_eq!(code, 200);
    for line in [
        "genesis_requests_total{kind=\"experiment\",outcome=\"recorded\"} 4",
        "genesis_in_flight 0",
        "genesis_sent_total 8",
        "genesis_experiment_seconds_count 4",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in {metrics}");
    }
    for message in &second {
        assert_of_schema(&bench, "experiment_result", message);
    }
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(experiments(&bench, &["--database", &database]).len(), 4);
    let verified = bench.genesis(&["history", "verify", "--database", &database]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(!bench.path().join(".genesis/ledger.sqlite").exists());
}

#[test]
fn a_request_that_comes_again_is_one_experiment_with_the_same_result() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let service = Service::start(&bench, &nats.url(), &[]);
    // Under other ids of the broker's, so that only the ledger can know.
    let again: Vec<Value> =
        (0..5).map(|number| message(RUN, Some(&format!("m-{number}")), request("x").to_string())).collect();
    let mut other = request("x");
    other["template"]["description"] = json!("something else under the same id");
    let mut messages = again;
    messages.push(message(RUN, Some("m-other"), other.to_string()));
    let told = by_nats(&nats.url(), &messages, 2);
    let all = results(&told, "x");
    let conflict = all.iter().find(|result| result["error"]["code"] == "CONFLICT").unwrap();
    assert!(
        conflict["reason"]
            .as_str()
            .unwrap()
            .contains("another request of \"singularity_1\" has the id \"x\"")
    );
    let good: Vec<&&Value> = all.iter().filter(|result| result["status"] == "success").collect();
    assert!(!good.is_empty() && good.iter().all(|result| *result == good[0]), "{all:#?}");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(experiments(&bench, &[]).len(), 1);
    bench.assert_sound();
}

#[test]
fn a_job_by_nats_is_answered() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let _service = Service::start(&bench, &nats.url(), &["--concurrency", "1"]);
    let job = |id: &str, code: &str| json!({ "id": id, "code": code, "language": "python", "analysis_type": "syntax" });
    let enveloped = |id: &str, job: Value| {
        let envelope = json!({
            "id": id, "type": "job_requests", "schema_version": "1.0", "correlation_id": "c", "payload": job,
        });
        message("job_requests", Some(id), envelope.to_string())
    };
    let told = by_nats(
        &nats.url(),
        &[
            message("job_requests", Some("j-1"), job("good", "x = 1\n").to_string()),
            message("code_execution_requests", Some("j-2"), job("bad", "x = (\n").to_string()),
            message("job_requests", Some("j-3"), json!({ "id": "odd", "code": "x" }).to_string()),
            enveloped("q-4", job("good in an envelope", "x = 1\n")),
            enveloped("q-5", json!({ "id": "odd in an envelope", "code": "x" })),
        ],
        5,
    );
    let reply = |id: &str| {
        let found = told.iter().find(|message| document(message)["request_id"] == id);
        &found.unwrap_or_else(|| panic!("{id}: {told:#?}"))["payload"]
    };
    assert_eq!((&reply("good")["status"], &reply("good")["findings"]), (&json!("completed"), &json!([])));
    assert_eq!(reply("bad")["status"], "completed");
    assert!(!reply("bad")["findings"].as_array().unwrap().is_empty());
    assert_eq!(reply("odd")["status"], "failed");
    assert!(reply("odd")["error"].as_str().unwrap().contains("missing required fields: language"));
    for message in told.iter().filter(|message| message["subject"] == "job_results") {
        let is_refused = document(message).get("error_code").is_some();
        assert_of_schema(&bench, if is_refused { "job_refusal" } else { "job_reply" }, message);
    }
    for (id, asked, status) in
        [("good in an envelope", "q-4", "completed"), ("odd in an envelope", "q-5", "failed")]
    {
        let reply = reply(id);
        assert_eq!(
            (&reply["type"], &reply["causation_id"]),
            (&json!("job_results"), &json!(asked)),
            "{reply:#}"
        );
        assert_eq!((&reply["correlation_id"], &reply["payload"]["status"]), (&json!("c"), &json!(status)));
    }
}
