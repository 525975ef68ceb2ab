//! Messages that cannot be met, and what becomes of them.

use genesis_servers::Nats;
use serde_json::{Value, json};

use super::stage::{Service, assert_of_schema, by_nats, document, experiments, message, request, results};
use crate::support::{Bench, greeting};

const RUN: &str = "genesis.experiment.run";

#[test]
fn bad_messages_are_refused_with_their_reason_and_the_worker_lives_on() {
    let (nats, bench) = (Nats::start(16 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let service = Service::start(&bench, &url, &["--concurrency", "1"]);
    let with = |id: &str, key: &str, value: Value| {
        let mut request = request(id);
        request[key] = value;
        request.to_string()
    };
    let newer = json!({ "id": "newer", "schema_version": 2, "payload": request("newer") }).to_string();
    let bad = [
        ("not json", "not json".to_owned(), "the message is no request"),
        ("newer", newer, "schema version \"2\""),
        ("large", with("large", "description", json!("x".repeat(10 << 20))), "the policy allows"),
        ("unknown", with("unknown", "risk_levle", json!("high")), "unknown field `risk_levle`"),
        ("dots", with("dots", "template_id", json!("../../etc/passwd")), "must not look like a path"),
        ("parts", with("parts", "parts", json!({ "../secret": "x" })), "the path \"../secret\""),
        (
            "version",
            with("version", "version", json!("9.9.9")),
            "says version \"9.9.9\", its template \"1.0.0\"",
        ),
        ("base", with("base", "base_version", json!("0.9.0")), "in force is None"),
    ];
    let mut messages: Vec<Value> =
        bad.iter().map(|(id, payload, _)| message(RUN, Some(id), payload.as_str())).collect();
    messages.push(message(RUN, Some("good"), request("good").to_string()));
    let told = by_nats(&url, &messages, messages.len());
    for (id, _, words) in &bad {
        let reason = |result: &Value| document(result)["reason"].as_str().unwrap_or_default().contains(words);
        let result =
            told.iter().find(|message| reason(message)).unwrap_or_else(|| panic!("{words}: {told:#?}"));
        let refusal = document(result);
        assert_eq!((&refusal["status"], &refusal["recommendation"]), (&json!("failure"), &Value::Null));
        assert_of_schema(&bench, "experiment_refusal", result);
        let expected = if *id == "not json" { Value::Null } else { json!(id) };
        assert_eq!(refusal["experiment_id"], expected, "{words}");
        // What came in an envelope is answered in one, though it is of a version that is not known.
        let is_enveloped = *id == "newer";
        assert_eq!(result["payload"]["causation_id"] == "newer", is_enveloped, "{result:#}");
        assert_eq!(result["payload"]["schema_version"] == "1.0", is_enveloped, "{result:#}");
    }
    assert_eq!(results(&told, "good")[0]["status"], "success");
    let failed =
        |id: &str| told.iter().any(|told| told["subject"] == format!("genesis.experiment.failed.{id}"));
    assert!(failed("unknown") && !failed("good"));

    let listed = bench.genesis(&["dlq", "list", "--bus", &url, "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap_or_else(|_| panic!("{listed:?}"));
    let letters = listed["dead_letters"].as_array().unwrap();
    assert_eq!(letters.len(), bad.len(), "{letters:#?}");
    for (id, payload, words) in &bad {
        let letter =
            letters.iter().find(|letter| letter["id"] == *id).unwrap_or_else(|| panic!("{letters:#?}"));
        assert!(letter["reason"].as_str().unwrap().contains(words), "{letter:#}");
        assert_eq!(letter["subject"], RUN);
        assert_eq!(letter["bytes"], payload.len());
    }
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(experiments(&bench, &[]).len(), 1);
}

#[test]
fn a_dead_letter_is_shown_sent_again_and_dropped() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let dlq = |args: &[&str]| {
        let ran = bench.genesis(&[&["dlq"], args, &["--bus", &url]].concat());
        (ran.code, ran.stdout + &ran.stderr)
    };
    assert_eq!(dlq(&["list"]), (Some(0), "no dead letters\n".to_owned()));
    let service = Service::start(&bench, &url, &[]);
    // It believes in a version that comes into force only later.
    let mut early = request("early");
    early["template"]["id"] = json!("greeting");
    early["template"] = crate::support::bumped(&early["template"], "1.1.0");
    early["version"] = json!("1.1.0");
    early["base_version"] = json!("1.0.0");
    let told = by_nats(&url, &[message(RUN, Some("early"), early.to_string())], 1);
    assert_eq!(results(&told, "early")[0]["error"]["code"], "CONFLICT");

    // Whoever asked is told before the letter is there.
    let until_there = || while dlq(&["list"]).1 == "no dead letters\n" {};
    until_there();
    let (code, shown) = dlq(&["show", "1"]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains(r#"CONFLICT: base_version is "1.0.0","#) && shown.contains("\"base_version\""),
        "{shown}"
    );
    let first = json!({ "template": greeting("1.0.0") }).to_string();
    by_nats(&url, &[message(RUN, Some("first"), first)], 2);
    assert_eq!(dlq(&["requeue", "1"]), (Some(0), "1 was sent again\n".to_owned()));
    let told = by_nats(&url, &[], 3);
    assert!(results(&told, "early").iter().any(|result| result["status"] == "success"), "{told:#?}");
    assert_eq!(dlq(&["list"]), (Some(0), "no dead letters\n".to_owned()));

    by_nats(&url, &[message(RUN, Some("junk"), "junk\u{1b}[31m")], 4);
    until_there();
    let (code, listed) = dlq(&["list"]);
    assert!(
        code == Some(0) && listed.starts_with("     2  genesis.experiment.run  junk  deliveries 1: INVALID"),
        "{listed}"
    );
    let (_, shown) = dlq(&["show", "2"]);
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    assert_eq!(dlq(&["drop", "2"]), (Some(0), "2 is dropped\n".to_owned()));
    let (code, told) = dlq(&["drop", "2"]);
    assert!(code == Some(2) && told.contains("there is no dead letter 2"), "{told}");
    drop(service);
    let unnamed = bench.genesis(&["dlq", "list"]);
    assert!(unnamed.code == Some(2) && unnamed.stderr.contains("no broker is named"), "{unnamed:?}");
}

#[test]
fn a_message_may_tighten_and_never_loosen() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    bench.write(
        "careful.toml",
        "name = \"careful\"\nextends = \"default\"\n[plan]\nminimum_risk = \"medium\"\n[max]\nrisk = \"medium\"\n",
    );
    let _service = Service::start(&bench, &nats.url(), &["--policy", "careful.toml"]);
    let at = |id: &str, risk: &str| {
        let mut request = request(id);
        request["risk_level"] = json!(risk);
        message(RUN, Some(id), request.to_string())
    };
    let told = by_nats(&nats.url(), &[at("lower", "low"), at("same", "medium"), at("higher", "high")], 3);
    assert_eq!(results(&told, "lower")[0]["risk_level"], "medium");
    assert_eq!(results(&told, "same")[0]["risk_level"], "medium");
    let higher = results(&told, "higher")[0];
    assert_eq!((&higher["status"], &higher["error"]["code"]), (&json!("failure"), &json!("INVALID_REQUEST")));
}
