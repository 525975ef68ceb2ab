//! Rendered code in an experiment: parsed, held against rules, and tested by suites.

use serde_json::Value;

use crate::support::{Bench, bumped, greeting};

fn decision(report: &Value) -> &str {
    report["verdict"]["decision"].as_str().unwrap()
}

fn finding<'r>(report: &'r Value, code: &str) -> &'r Value {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["code"] == code).unwrap_or_else(|| panic!("no {code}: {report:#}"))
}

fn code_of<'r>(report: &'r Value, check: &str) -> &'r Value {
    let code = report["code"].as_array().unwrap();
    code.iter().find(|summary| summary["check"] == check).unwrap_or_else(|| panic!("no {check}: {report:#}"))
}

#[test]
fn code_that_does_not_parse_is_rolled_back_with_its_place() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    let (_, first) = bench.experiment(&template, &[]);
    assert_eq!(decision(&first), "merge", "{first:#}");
    let parsed = code_of(&first, "syntax (python)");
    assert_eq!((parsed["exact"].as_bool(), parsed["cases"].as_u64()), (Some(true), Some(2)), "{parsed:#}");
    let mut broken = bumped(&greeting("1.0.0"), "1.1.0");
    broken["content"]["code"] = Value::String("def greet(:\n    print(\"hello\")\n".to_owned());
    bench.template("greeting.json", &broken);
    let (code, report) = bench.experiment(&template, &[]);
    assert_eq!((code, decision(&report)), (1, "rollback"), "{report:#}");
    let place = &finding(&report, "C0101")["place"];
    assert_eq!((place["file"].as_str(), place["line"].as_u64()), (Some("greet.py"), Some(1)), "{report:#}");
}

const SUITE: &str =
    "[[suite]]\nname = \"greets\"\nlanguage = \"python\"\nfiles = [\"suites/test_greets.py\"]\n";

#[test]
fn a_suite_beside_the_template_runs_over_every_case() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    bench.write("suite.toml", SUITE);
    bench.write(
        "suites/test_greets.py",
        "from genesis import answers, files\n\n\ndef test_loud():\n    text = \"HELLO\" if answers[\"loud\"] else \"hello\"\n    assert text in files[\"greet.py\"]\n",
    );
    let (code, report) = bench.experiment(&template, &[]);
    assert_eq!((code, decision(&report)), (0, "merge"), "{report:#}");
    let tests = &code_of(&report, "greets (python)")["tests"];
    assert_eq!((tests["passed"].as_u64(), tests["failed"].as_u64()), (Some(2), Some(0)), "{report:#}");
    let id = report["id"].as_str().unwrap();
    let replayed = bench.genesis(&["replay", id]);
    assert_eq!(replayed.code, Some(0), "{replayed:?}");

    bench.template("greeting.json", &bumped(&greeting("1.0.0"), "1.1.0"));
    bench.write(
        "suites/test_greets.py",
        "from genesis import files\n\n\ndef test_polite():\n    assert \"please\" in files[\"greet.py\"]\n",
    );
    let (code, report) = bench.experiment(&template, &[]);
    assert_ne!((code, decision(&report)), (0, "merge"), "{report:#}");
    assert_eq!(finding(&report, "C0302")["place"]["file"], "suites/test_greets.py", "{report:#}");
    bench.assert_sound();
}

#[test]
fn a_suite_in_a_language_that_nobody_runs_is_parsed_and_not_run() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    bench.write("suite.toml", SUITE.replace("python", "elixir").replace(".py", ".exs"));
    bench.write("suites/test_greets.exs", "defmodule T do\nend\n");
    let (_, report) = bench.experiment(&template, &[]);
    let note = finding(&report, "G0202");
    assert!(note["message"].as_str().unwrap().contains("parsed, not run"), "{note:#}");
    assert_eq!(note["severity"], "note");
}

#[test]
fn rules_of_ones_own_judge_what_is_rendered() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    bench.write("ours.yml", "id: no-print\nlanguage: python\nseverity: error\nmessage: say it to a log\nrule: {pattern: print($$$)}\n");
    bench.write(
        "ours.toml",
        "name = \"ours\"\nextends = \"default\"\n[[lint]]\nname = \"ours\"\nfile = \"ours.yml\"\n",
    );
    let (code, report) = bench.experiment(&template, &["--policy", "ours.toml"]);
    assert_eq!((code, decision(&report)), (1, "rollback"), "{report:#}");
    assert_eq!(finding(&report, "no-print")["message"], "say it to a log");

    bench.write("ours.yml", "id: [\n");
    let ran = bench.genesis(&["run-experiment", "greeting.json", "--policy", "ours.toml"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("ours.yml, line"), "{ran:?}");
}

/// The text of a generator is what it generates: code of the language that it names, and said to be unparsed when it
/// names none.
#[test]
fn the_text_of_a_generator_is_parsed_when_the_template_names_the_language() {
    let bench = Bench::new();
    let template = |language: Option<&str>, text: &str| {
        let mut template = serde_json::json!({
            "id": "point",
            "name": "Point",
            "description": "Writes a structure",
            "metadata": { "version": "1.0.0" },
            "template_content": text,
        });
        if let Some(language) = language {
            template["language"] = language.into();
        }
        bench.template("point.json", &template)
    };
    let (good, broken) =
        ("pub struct Point {\n    pub x: i64,\n}\n", "pub struct Point {\n    pub x i64,\n}\n");
    let (_, parsed) = bench.experiment(&template(Some("rust"), good), &["--dry-run"]);
    assert_eq!(decision(&parsed), "merge", "{parsed:#}");
    assert_eq!(code_of(&parsed, "syntax (rust)")["files"], 1, "{parsed:#}");
    let (_, refused) = bench.experiment(&template(Some("rust"), broken), &["--dry-run"]);
    assert_eq!(decision(&refused), "rollback", "{refused:#}");
    let (_, unparsed) = bench.experiment(&template(None, broken), &["--dry-run"]);
    assert_eq!(decision(&unparsed), "merge", "{unparsed:#}");
    let message = finding(&unparsed, "G0201")["message"].as_str().unwrap();
    assert!(message.ends_with("neither parsed nor linted"), "{message}");
}
