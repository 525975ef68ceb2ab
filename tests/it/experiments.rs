//! The main job: a template is judged, promoted, refused, rolled back.

use serde_json::Value;

use crate::support::{Bench, bumped, greeting, project};

fn decision(report: &Value) -> &str {
    report["verdict"]["decision"].as_str().unwrap()
}

fn remarks(report: &Value) -> Vec<&str> {
    report["verdict"]["remarks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|remark| remark["code"].as_str().unwrap())
        .collect()
}

fn rule(report: &Value) -> &str {
    report["verdict"]["reasons"][0]["rule"].as_str().unwrap()
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[test]
fn the_first_version_is_promoted_and_the_second_run_changes_nothing() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    let (code, first) = bench.experiment(&template, &[]);
    assert_eq!((code, decision(&first)), (0, "merge"), "{first:#}");
    assert!(remarks(&first).contains(&"first_version"));
    let tip = bench.tip("greeting").unwrap();
    let (code, second) = bench.experiment(&template, &[]);
    assert_eq!((code, decision(&second), rule(&second)), (0, "merge", "no-change"));
    assert!(remarks(&second).contains(&"no_change"));
    assert_eq!(bench.tip("greeting").unwrap(), tip);
    bench.assert_sound();
}

#[test]
fn a_change_without_a_bump_is_rolled_back_and_the_branch_stays() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    bench.experiment(&template, &[]);
    let tip = bench.tip("greeting").unwrap();
    let mut changed = greeting("1.0.0");
    changed["description"] = Value::String("Greets differently".to_owned());
    bench.template("greeting.json", &changed);
    let (code, report) = bench.experiment(&template, &[]);
    assert_eq!((code, decision(&report), rule(&report)), (1, "rollback", "new-errors"), "{report:#}");
    assert_eq!(bench.tip("greeting").unwrap(), tip);
    let log = bench.git(&["log", "--all", "--format=%s%n%b"]).stdout;
    assert!(log.contains("rollback: greeting stays at 1.0.0"), "{log}");
    assert!(log.contains("Genesis-Verdict: rollback") && log.contains("Genesis-Rule: new-errors"), "{log}");
    bench.assert_sound();
}

#[test]
fn a_rollback_commit_has_the_tree_of_its_checkpoint() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    bench.experiment(&template, &[]);
    let mut broken = bumped(&greeting("1.0.0"), "1.1.0");
    broken["content"]["code"] = Value::String("{{#if loud}}".to_owned());
    bench.template("greeting.json", &broken);
    let (code, report) = bench.experiment(&template, &[]);
    assert_eq!((code, decision(&report)), (1, "rollback"));
    let id = report["experiment"]["id"].as_str().or(report["id"].as_str()).unwrap().to_owned();
    let trees = bench.git(&["log", "--format=%T %s", &format!("refs/experiments/{id}")]).stdout;
    let of = |what: &str| {
        let line = trees
            .lines()
            .find(|line| line.contains(&format!(" {what}: ")))
            .unwrap_or_else(|| panic!("{trees}"));
        line.split(' ').next().unwrap().to_owned()
    };
    assert_eq!(of("rollback"), of("checkpoint"));
    assert_ne!(of("candidate"), of("checkpoint"));
}

#[test]
fn a_good_bump_merges_and_a_version_once_used_is_never_used_again() {
    let bench = Bench::new();
    let one = greeting("1.0.0");
    let template = bench.template("greeting.json", &one);
    bench.experiment(&template, &[]);
    let two = bumped(&one, "1.1.0");
    bench.template("greeting.json", &two);
    let (code, report) = bench.experiment(&template, &[]);
    assert_eq!((code, decision(&report), rule(&report)), (0, "merge", "merge"), "{report:#}");

    let back = bench.genesis(&["rollback", "greeting", "--no-durable"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert!(back.stdout.contains("1.0.0 is in force again"), "{back:?}");

    let mut other = two.clone();
    other["description"] = Value::String("Something else under a number that is taken".to_owned());
    bench.template("greeting.json", &other);
    let (code, report) = bench.experiment(&template, &[]);
    assert_eq!((code, decision(&report)), (1, "rollback"), "{report:#}");
    assert!(codes(&report).iter().any(|code| code.starts_with("T02")), "{report:#}");
    bench.assert_sound();
}

#[test]
fn a_given_baseline_or_a_dry_run_promotes_nothing() {
    let bench = Bench::new();
    let one = bench.template("one.json", &greeting("1.0.0"));
    let two = bench.template("two.json", &bumped(&greeting("1.0.0"), "1.1.0"));
    let (code, report) = bench.experiment(&two, &["--baseline", one.to_str().unwrap()]);
    assert_eq!((code, decision(&report)), (0, "merge"), "{report:#}");
    assert_eq!(bench.tip("greeting"), None);
    let dry = Bench::new();
    let one = dry.template("one.json", &greeting("1.0.0"));
    let (code, _) = dry.experiment(&one, &["--dry-run"]);
    assert_eq!(code, 0);
    assert!(!dry.path().join(".genesis").exists());
}

#[test]
fn a_case_that_no_longer_renders_is_a_regression_with_its_place() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    bench.experiment(&template, &[]);
    let mut next = bumped(&greeting("1.0.0"), "1.1.0");
    next["content"]["code"] = Value::String("print({{#if loud}}{{shout}}{{else}}1{{/if}})\n".to_owned());
    bench.template("greeting.json", &next);
    let (code, report) = bench.experiment(&template, &[]);
    assert_eq!((code, decision(&report)), (1, "rollback"), "{report:#}");
    let errors: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .collect();
    assert!(
        errors.iter().any(|finding| finding["message"].as_str().unwrap().contains("shout")),
        "{errors:#?}"
    );
}

#[test]
fn our_examples_do_what_they_are_for() {
    for (first, second, expected) in [
        ("python-service/1.0.0.json", "python-service/1.1.0.json", 0),
        ("broken/1.0.0.json", "broken/1.1.0.json", 1),
    ] {
        let bench = Bench::new();
        let first = project("examples").join(first);
        let second = project("examples").join(second);
        let (code, report) = bench.experiment(&first, &[]);
        assert_eq!((code, decision(&report)), (0, "merge"), "{report:#}");
        let (code, report) = bench.experiment(&second, &[]);
        assert_eq!(code, expected, "{report:#}");
    }
    for single in ["elixir-worker/template.json", "composed/service.json"] {
        let bench = Bench::new();
        let (code, report) = bench.experiment(&project("examples").join(single), &["--risk", "high"]);
        assert_eq!((code, decision(&report)), (0, "merge"), "{single}: {report:#}");
    }
}

#[test]
fn two_candidates_at_once_leave_one_in_force_and_a_sound_history() {
    let bench = Bench::new();
    let one = greeting("1.0.0");
    let template = bench.template("greeting.json", &one);
    bench.experiment(&template, &[]);
    let mut paths = Vec::new();
    for number in 1..=4 {
        let mut next = bumped(&one, &format!("1.{number}.0"));
        next["description"] = Value::String(format!("candidate {number}"));
        paths.push(bench.template(&format!("candidate-{number}.json"), &next));
    }
    let mut children: Vec<_> = paths
        .iter()
        .map(|path| bench.spawn(&["run-experiment", path.to_str().unwrap(), "--no-durable"]))
        .collect();
    let codes: Vec<i32> = children.iter_mut().map(|child| child.wait().unwrap().code().unwrap()).collect();
    assert!(codes.contains(&0), "{codes:?}");
    assert!(codes.iter().all(|code| [0, 1].contains(code)), "{codes:?}");
    bench.assert_sound();
}

#[test]
fn fuel_that_grows_beyond_the_policys_word_is_remarked_and_changes_no_verdict() {
    let bench = Bench::new();
    let one = bench.template("one.json", &greeting("1.0.0"));
    let mut costly = bumped(&greeting("1.0.0"), "1.1.0");
    costly["content"]["code"] =
        Value::String("print({{#if loud}}\"HELLO\"{{else}}\"hello\"{{/if}})\n".repeat(200));
    let two = bench.template("two.json", &costly);
    let (code, report) = bench.experiment(&two, &["--baseline", one.to_str().unwrap()]);
    assert_eq!((code, decision(&report)), (0, "merge"), "{report:#}");
    assert!(remarks(&report).contains(&"fuel_grew"), "{report:#}");
    let policy =
        bench.write("p.toml", "name = \"p\"\nextends = \"default\"\n[cost]\nfuel_growth_warn = 1000.0\n");
    let args = ["--baseline", one.to_str().unwrap(), "--policy", policy.to_str().unwrap()];
    let (_, report) = bench.experiment(&two, &args);
    assert!(!remarks(&report).contains(&"fuel_grew"), "{report:#}");
}

/// A guest that looks at what each case rendered and always gives the same report.
fn case_guest(report: &str) -> Vec<u8> {
    let escaped = report.replace('\\', "\\\\").replace('"', "\\\"");
    let manifest = r#"{\"name\":\"verdict\",\"version\":\"1\",\"abi\":1,\"applies\":\"case\"}"#;
    let text = format!(
        r#"(module
            (@custom "genesis:guest" "{manifest}")
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 64) "{escaped}")
            (func (export "_start")
                (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const {}))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
        report.len()
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn a_users_guest_judges_what_each_case_rendered_and_samples_of_generated_code() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    bench.write("samples/one.py", "print(1)\n");
    let clean = bench.write("clean.wasm", case_guest(r#"{"abi":1,"findings":[]}"#));
    let args = ["--guest", clean.to_str().unwrap(), "--samples", "samples", "--dry-run"];
    let (code, report) = bench.experiment(&template, &args);
    assert_eq!((code, decision(&report)), (0, "merge"), "{report:#}");
    let names: Vec<&str> =
        report["cases"].as_array().unwrap().iter().map(|case| case["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(names[2], "sample one.py");
    let runs = report["runs"].as_array().unwrap();
    assert_eq!(runs.iter().filter(|run| run["check"] == "clean").count(), 3, "{runs:#?}");

    let finds = r#"{"abi":1,"findings":[{"severity":"error","code":"X1","message":"no good"}]}"#;
    let strict = bench.write("strict.wasm", case_guest(finds));
    let (code, report) = bench.experiment(&template, &["--guest", strict.to_str().unwrap()]);
    assert_eq!((code, decision(&report), rule(&report)), (1, "rollback", "new-errors"), "{report:#}");
    assert_eq!(codes(&report).iter().filter(|code| **code == "X1").count(), 1, "one finding for both cases");
    assert!(report["cases"].as_array().unwrap().iter().all(|case| case["candidate"]["passed"] == false));
    assert_eq!(bench.tip("greeting"), None);
}
