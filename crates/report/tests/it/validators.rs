//! Each format by a validator that is not ours.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use genesis_domain::Experiment;
use genesis_report::{SCHEMAS, json_gate, junit, ndjson_gate, sarif};
use jsonschema::Validator;
use serde_json::Value;

use crate::fixture;
use crate::gates::{checked, hostile, mixed, one};

static SARIF: LazyLock<Validator> = LazyLock::new(|| {
    // The standard's pattern of a language has a bracket too many, which JavaScript takes as it stands and Rust's
    // regular expressions do not.
    let schema = std::fs::read_to_string(data("sarif-2.1.0.json")).unwrap();
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}\\\\]?$");
    jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
});

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn errors(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| error.to_string()).collect()
}

/// A SARIF log, once it follows the standard's schema.
pub(crate) fn valid_sarif(text: &str) -> Value {
    let document = serde_json::from_str(text).unwrap();
    assert_eq!(errors(&SARIF, &document), [""; 0], "{text}");
    document
}

/// What Jenkins' schema has to say of JUnit XML; empty when nothing.
pub(crate) fn xml_errors(xml: &str) -> String {
    let mut lint = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(data("junit-10.xsd"))
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xmllint is installed: apt-get install libxml2-utils, or cargo xtask setup");
    lint.stdin.take().unwrap().write_all(xml.as_bytes()).unwrap();
    let output = lint.wait_with_output().unwrap();
    if output.status.success() {
        return String::new();
    }
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn every_gate(look: fn(&genesis_report::Gate<'_>) -> String) -> Vec<String> {
    let mut texts: Vec<String> =
        fixture::all().iter().map(|experiment: &Experiment| one(experiment, look)).collect();
    texts.extend([mixed(look), checked(look), hostile("<a href=\"x\">&\u{0}]]>", look)]);
    texts
}

#[test]
fn logs_follow_the_schema_of_sarif() {
    for text in every_gate(sarif) {
        let log = valid_sarif(&text);
        for result in log["runs"][0]["results"].as_array().unwrap() {
            assert!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].is_string());
            let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
        }
    }
}

#[test]
fn the_schema_of_sarif_refuses_what_is_none() {
    let mut log = valid_sarif(&mixed(sarif));
    log["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!SARIF.is_valid(&log));
}

#[test]
fn test_reports_follow_the_schema_of_jenkins() {
    for xml in every_gate(junit) {
        assert_eq!(xml_errors(&xml), "", "{xml}");
    }
}

#[test]
fn the_schema_of_jenkins_refuses_what_is_none() {
    let xml = mixed(junit).replace("<testsuites name", "<testsuites skipped=\"1\" name");
    assert!(xml_errors(&xml).contains("'skipped'"));
}

#[test]
fn gates_and_events_follow_their_schemas() {
    let validator = |name: &str| {
        let (_, schema) = SCHEMAS.into_iter().find(|(known, _)| *known == name).unwrap();
        jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
    };
    let (gate, event) = (validator("gate"), validator("event"));
    for text in every_gate(json_gate) {
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(errors(&gate, &document), [""; 0]);
        assert_eq!(document["format"], "genesis.gate");
    }
    for text in every_gate(ndjson_gate) {
        assert!(text.ends_with("}\n"));
        let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for line in &events {
            assert_eq!(errors(&event, line), [""; 0], "{line}");
        }
        assert_eq!(events.first().unwrap()["event"], "started");
        assert_eq!(events.last().unwrap()["event"], "ended");
        let found = events.iter().filter(|line| line["event"] == "finding").count() as u64;
        let summary = &events.last().unwrap()["summary"];
        let told: u64 =
            ["errors", "warnings", "notes"].iter().map(|key| summary[key].as_u64().unwrap()).sum();
        assert_eq!(found, told);
    }
    let wrong = serde_json::json!({ "format": "genesis.event", "format_version": 1, "event": "unknown" });
    assert!(!event.is_valid(&wrong));
}
