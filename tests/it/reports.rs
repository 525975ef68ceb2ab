//! Reports for other programs: every format of a result, several at once, and the same exit code in each.

use serde_json::Value;

use crate::support::{Bench, Ran, bumped, greeting};

const FORMATS: [&str; 7] = ["human", "json", "ndjson", "junit", "sarif", "github", "markdown"];

/// A template that merges, one that is rolled back, one about which nothing can be said.
fn stage() -> Bench {
    let bench = Bench::new();
    bench.template("good.json", &greeting("1.0.0"));
    let mut broken = bumped(&greeting("1.0.0"), "1.1.0");
    broken["content"]["code"] = Value::String("{{#if loud}}".to_owned());
    bench.template("broken.json", &broken);
    bench.write("starved.toml", "extends = \"default\"\nname = \"starved\"\n[limits]\nfuel = 1000\n");
    bench
}

fn dry_run(bench: &Bench, template: &str, more: &[&str]) -> Ran {
    let mut args = vec!["run-experiment", template, "--dry-run"];
    args.extend(more);
    Ran::of(&bench.command(&args).env_remove("GITHUB_STEP_SUMMARY").output().unwrap())
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let bench = stage();
    for format in FORMATS {
        for (template, policy, code) in
            [("good.json", "default", 0), ("broken.json", "default", 1), ("good.json", "starved.toml", 3)]
        {
            let ran = dry_run(&bench, template, &["--format", format, "--policy", policy]);
            assert_eq!(ran.code, Some(code), "{format} of {template} under {policy}: {ran:?}");
            assert!(!ran.stdout.is_empty(), "{format}");
        }
        for (file, code) in [("good.json", 0), ("broken.json", 1), ("missing.json", 2)] {
            let ran = bench.genesis(&["check", file, "--format", format]);
            assert_eq!(ran.code, Some(code), "check {file} as {format}: {ran:?}");
        }
    }
}

#[test]
fn several_reports_are_written_at_once() {
    let bench = stage();
    let ran = dry_run(
        &bench,
        "broken.json",
        &[
            "--report=junit=out.xml",
            "--report=sarif=out.sarif",
            "--report=markdown=out.md",
            "--report=ndjson=out.ndjson",
            "--report=json=out.json",
            "--report=human=out.txt",
            "--report=github=out.log",
        ],
    );
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("ROLLBACK"), "{ran:?}");
    let read = |name: &str| std::fs::read_to_string(bench.path().join(name)).unwrap();
    assert!(read("out.xml").contains("<failure type=\"rollback\""));
    let log: Value = serde_json::from_str(&read("out.sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results[0]["ruleId"], "verdict");
    assert!(results.len() > 1);
    for result in results {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!((&place["uri"], &place["uriBaseId"]), (&"broken.json".into(), &"%SRCROOT%".into()));
    }
    assert!(read("out.md").starts_with("## ❌ Genesis: rollback\n"));
    assert!(read("out.log").starts_with("::error file=broken.json,title=rollback of greeting::"));
    assert!(read("out.txt").starts_with("ROLLBACK"));
    let report: Value = serde_json::from_str(&read("out.json")).unwrap();
    assert_eq!(report["verdict"]["decision"], "rollback");
    assert!(read("out.ndjson").lines().last().unwrap().contains("\"decision\":\"rollback\""));
}

#[test]
fn events_come_line_by_line_and_follow_their_schema() {
    let bench = stage();
    let schema: Value = serde_json::from_str(&bench.genesis(&["schema", "event"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let experiment = dry_run(&bench, "broken.json", &["--format", "ndjson"]);
    let check = bench.genesis(&["check", "good.json", "broken.json", "--format", "ndjson"]);
    for (ran, templates) in [(experiment, 1), (check, 2)] {
        let events: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for event in &events {
            let errors: Vec<String> = validator.iter_errors(event).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{event}: {errors:?}");
        }
        let of = |name: &str| events.iter().filter(|event| event["event"] == name).count();
        assert_eq!((of("started"), of("template"), of("ended")), (1, templates, 1), "{ran:?}");
        assert!(of("finding") > 0 && of("progress") <= 20, "{ran:?}");
        assert_eq!(events[0]["event"], "started");
        assert_eq!(events.last().unwrap()["event"], "ended");
    }
}

#[test]
fn two_reports_to_one_file_are_refused_before_anything_is_run() {
    let bench = stage();
    for reports in [["--report=junit=out", "--report=sarif=./out"], ["--output=out", "--report=sarif=out"]] {
        let ran = dry_run(&bench, "good.json", &reports);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("two reports would go to"), "{ran:?}");
        assert!(ran.stdout.is_empty() && !bench.path().join("out").exists());
    }
    for wrong in ["pdf=out", "junit", "junit="] {
        assert_eq!(dry_run(&bench, "good.json", &["--report", wrong]).code, Some(2), "{wrong}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_told_after_the_verdict() {
    let bench = stage();
    let ran = dry_run(&bench, "good.json", &["--report=junit=no/such/out.xml", "--report=sarif=out.sarif"]);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(ran.stdout.starts_with("MERGE"), "{ran:?}");
    assert!(ran.stderr.contains("the report no/such/out.xml cannot be written"), "{ran:?}");
    assert!(bench.path().join("out.sarif").is_file(), "the others are written all the same");
}

#[test]
fn a_summary_is_added_to_what_earlier_steps_wrote() {
    let bench = stage();
    let summary = bench.write("summary.md", "earlier\n");
    let run = |format: &str| {
        let args = ["run-experiment", "broken.json", "--dry-run", "--format", format];
        Ran::of(&bench.command(&args).env("GITHUB_STEP_SUMMARY", &summary).output().unwrap())
    };
    run("human");
    assert_eq!(std::fs::read_to_string(&summary).unwrap(), "earlier\n");
    let ran = run("github");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("earlier\n## ❌ Genesis: rollback\n"), "{text}");
}

#[test]
fn a_part_is_named_by_its_own_path() {
    let bench = Bench::new();
    let mut template = greeting("1.0.0");
    template["content"]["code"] = Value::String("{{> line}}".to_owned());
    bench.template("templates/greeting.json", &template);
    bench.write("templates/partials/line.hbs", "{{#if loud}}\n");
    let ran = bench.genesis(&["check", "templates", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let uris: Vec<&str> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap())
        .collect();
    assert!(!uris.is_empty(), "{ran:?}");
    for uri in uris {
        assert!(bench.path().join(uri).is_file(), "{uri} is no file: {ran:?}");
    }
}
