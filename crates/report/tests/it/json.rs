//! Documents for programs.

use std::collections::BTreeMap;

use genesis_abi::{LimitHit, LimitName, Place, Report, RunOutcome, Severity};
use genesis_domain::{Measured, Metric, Need, RunShadow, ShadowFound, Side};
use genesis_report::{
    CheckedFile, FORMAT_VERSION, GuestRun, Profile, ProfiledStack, SCHEMAS, json, json_check, json_run,
};
use serde_json::Value;

use crate::fixture;

/// The document, once it follows its schema.
fn valid(name: &str, text: &str) -> Value {
    let (_, schema) = SCHEMAS.into_iter().find(|(known, _)| *known == name).expect("a schema of that name");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(text.ends_with("}\n"));
    document
}

#[test]
fn every_experiment_follows_the_schema() {
    for experiment in fixture::all() {
        let document = valid("experiment", &json(&experiment, &fixture::thresholds()));
        assert_eq!(document["format"], "genesis.experiment");
        assert_eq!(document["format_version"], FORMAT_VERSION);
        assert_eq!(document["metrics"].as_array().unwrap().len(), Metric::ALL.len());
    }
}

#[test]
fn what_was_not_measured_is_told_from_what_does_not_apply() {
    let status = |document: &Value, name: &str| {
        let metrics = document["metrics"].as_array().unwrap();
        metrics.iter().find(|metric| metric["name"] == name).unwrap().clone()
    };
    let document = valid("experiment", &json(&fixture::inconclusive_out_of_fuel(), &fixture::thresholds()));
    let rate = status(&document, "success_rate");
    assert_eq!((&rate["status"], &rate["value"]), (&"not_measured".into(), &Value::Null));
    let document = valid("experiment", &json(&fixture::merge_first_version(), &fixture::thresholds()));
    let regression = status(&document, "regression");
    assert_eq!(
        (&regression["status"], &regression["not_applicable"]),
        (&"not_applicable".into(), &"first_version".into())
    );
    assert_eq!(status(&document, "success_rate")["thresholds"].as_array().unwrap().len(), 2);
}

#[test]
fn a_value_that_json_cannot_hold_is_not_a_measurement() {
    let mut experiment = fixture::merge_with_change();
    experiment
        .evidence
        .metrics
        .record(Metric::FuelGrowth, Measured::Value { value: f64::INFINITY, samples: 1 });
    valid("experiment", &json(&experiment, &[]));
}

#[test]
fn numbers_of_64_bits_keep_every_digit() {
    let document = valid("experiment", &json(&fixture::merge_with_change(), &[]));
    assert_eq!(document["subject"]["seed"], "18446744073709551615");
}

#[test]
fn keys_stand_in_one_order() {
    let text = json(&fixture::rollback_with_findings(), &fixture::thresholds());
    let keys = [
        "\"format\"",
        "\"format_version\"",
        "\"id\"",
        "\"verdict\"",
        "\"effect\"",
        "\"subject\"",
        "\"plan\"",
        "\"metrics\"",
    ];
    let places: Vec<usize> = keys.iter().map(|key| text.find(&format!("\n  {key}: ")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn checked_files_follow_the_schema() {
    let sources = BTreeMap::new();
    let findings = [
        fixture::finding(Severity::Error, "T0201", "m", Place::default(), None),
        fixture::finding(Severity::Note, "T0201", "m", fixture::place(Some("p.hbs"), "", None), Some("h")),
    ];
    let files = [
        CheckedFile { path: "a.json", findings: &findings, sources: &sources },
        CheckedFile { path: "b.json", findings: &[], sources: &sources },
    ];
    let document = valid("check", &json_check(&files, "strict"));
    assert_eq!(document["summary"]["codes"]["T0201"], 2);
    assert_eq!((&document["summary"]["errors"], &document["summary"]["clean"]), (&1.into(), &1.into()));
    assert_eq!(document["files"][0]["findings"][0]["place"]["file"], "a.json");
    assert_eq!(document["files"][0]["findings"][1]["place"]["file"], "p.hbs");
}

#[test]
fn runs_follow_the_schema_and_say_the_limit() {
    let (usage, limits) = (fixture::usage(), fixture::limits());
    let run = |outcome: &RunOutcome, report: Option<&Report>| {
        let run = GuestRun {
            guest: "g.wasm",
            outcome,
            usage: &usage,
            limits: &limits,
            engine: Some("wasmtime 1.2.3"),
            report,
            stderr: b"\xff\x1b",
            isolation: Some("worker"),
            shadow: None,
            profile: None,
        };
        valid("run", &json_run(&run))
    };
    let report = Report::with_data(Vec::new(), &serde_json::json!([1, { "a": null }])).unwrap();
    let document = run(&RunOutcome::Completed, Some(&report));
    assert_eq!((&document["outcome"], &document["limit"]), (&"completed".into(), &Value::Null));
    assert_eq!((&document["report"]["data"][0], &document["engine"]), (&1.into(), &"wasmtime 1.2.3".into()));
    assert_eq!(document["isolation"], "worker");
    let hit = |limit| LimitHit { limit, value: 5, peak: 6 };
    let document = run(&RunOutcome::TimedOut(hit(LimitName::WallTimeMs)), None);
    assert_eq!((&document["limit"]["name"], &document["report"]), (&"wall_time_ms".into(), &Value::Null));
    let limits_passed = vec![hit(LimitName::Nesting), hit(LimitName::Locals)];
    let document = run(&RunOutcome::ModuleTooComplex { limits: limits_passed, also: Vec::new() }, None);
    assert_eq!(document["limit"]["name"], "nesting");
    assert_eq!(document["more_limits"][0]["name"], "locals");
}

#[test]
fn shadow_and_profile_of_a_run_follow_the_schema() {
    let (usage, limits) = (fixture::usage(), fixture::limits());
    let hit = LimitHit { limit: LimitName::Fuel, value: limits.fuel, peak: limits.fuel };
    let stacks = [ProfiledStack { caller: None, function: "f", fuel: 7 }];
    let profile =
        Profile { file: "f.svg", stacks: &stacks, calls: 1, functions: 1, merged_calls: 0, named: true };
    let need = Need { limit: LimitName::Fuel, allowed: limits.fuel, needed: limits.fuel + 1 };
    let of = |found: ShadowFound| {
        let shadow = fixture::shadow(found);
        let run = GuestRun {
            guest: "g",
            outcome: &RunOutcome::OutOfFuel(hit.clone()),
            usage: &usage,
            limits: &limits,
            engine: None,
            isolation: None,
            report: None,
            stderr: b"",
            shadow: Some(&shadow),
            profile: Some(&profile),
        };
        valid("run", &json_run(&run))
    };
    let document = of(ShadowFound::Ended { outcome: RunOutcome::Completed, needs: vec![need] });
    assert_eq!((&document["profile"]["fuel"], &document["profile"]["stacks"]), (&7.into(), &1.into()));
    let shadow = &document["shadow"];
    assert_eq!((&shadow["found"], &shadow["outcome"]), (&"ended".into(), &"completed".into()));
    assert_eq!(shadow["needs"][0]["needed"], limits.fuel + 1);
    assert_eq!(shadow["limits"]["fuel"], 4 * limits.fuel);
    let document = of(ShadowFound::NoEnd { limit: LimitName::MemoryBytes });
    assert_eq!(document["shadow"]["outcome"], "memory_exceeded");
    of(ShadowFound::Otherwise { outcome: RunOutcome::Cancelled });
    let document = of(ShadowFound::NotTried { why: "w".to_owned() });
    assert_eq!((&document["shadow"]["why"], &document["shadow"]["outcome"]), (&"w".into(), &Value::Null));
}

#[test]
fn the_run_that_was_tried_has_its_shadow_and_no_other() {
    let mut experiment = fixture::inconclusive_out_of_fuel();
    experiment.shadows = vec![RunShadow {
        check: "render".to_owned(),
        side: Side::Baseline,
        case: Some(4),
        shadow: fixture::shadow(ShadowFound::NoEnd { limit: LimitName::Fuel }),
    }];
    let document = valid("experiment", &json(&experiment, &[]));
    let with: Vec<&Value> =
        document["runs"].as_array().unwrap().iter().filter(|run| run.get("shadow").is_some()).collect();
    assert_eq!(with.len(), 1);
    assert_eq!((&with[0]["side"], &with[0]["case"]), (&"baseline".into(), &4.into()));
    assert_eq!(with[0]["shadow"]["found"], "no_end");
}

#[test]
fn every_schema_is_closed_over_its_required_keys() {
    for (name, schema) in SCHEMAS {
        let schema: Value = serde_json::from_str(schema).unwrap();
        let required = schema["required"].as_array().unwrap();
        for key in ["format", "format_version"] {
            assert!(required.iter().any(|known| known == key), "{name} lacks {key}");
        }
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(!validator.is_valid(&serde_json::json!({})), "{name}");
    }
}
