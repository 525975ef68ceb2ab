//! `genesis guest test`.

use serde_json::{Value, json};

use super::{LOOP, NOTHING, ONE_ERROR, manifest, saying};
use crate::support::{Bench, Ran};

fn test(bench: &Bench, guest: &str, more: &[&str]) -> Ran {
    let mut args = vec!["guest", "test", guest, "cases"];
    args.extend(more);
    bench.genesis(&args)
}

#[test]
fn a_report_is_compared_with_what_is_expected_and_the_difference_is_shown() {
    let bench = Bench::new();
    bench.write("x.wasm", saying(ONE_ERROR, &manifest("case")));
    bench.write("cases/a/files/greet.py", "print(1)\n");
    bench.write("cases/a/expected.json", ONE_ERROR);
    bench.write("cases/b/files/greet.py", "print(1)\n");
    bench.write(
        "cases/b/expected.json",
        r#"{"match": "subset", "report": {"findings": [{"code": "X1", "place": {"file": "greet.py"}}]}}"#,
    );
    let ran = test(&bench, "x.wasm", &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("2 passed, 0 failed"), "{ran:?}");

    bench.write("cases/a/expected.json", ONE_ERROR.replace("greet.py", "other.py"));
    let ran = test(&bench, "x.wasm", &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for line in
        [r#"    -         "file": "other.py""#, r#"    +         "file": "greet.py""#, "1 passed, 1 failed"]
    {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
}

#[test]
fn another_outcome_than_a_report_can_be_expected() {
    let bench = Bench::new();
    // Little fuel, so that on a busy machine it is still the fuel that ends the run, and not the time.
    bench.write("small.toml", "name = \"small\"\nextends = \"default\"\n[limits]\nfuel = 1_000_000\n");
    let small = ["--policy", "small.toml"];
    bench.write("loop.wasm", wat::parse_str(LOOP).unwrap());
    bench.write("cases/loops/input.json", "not even JSON");
    bench.write("cases/loops/expected.json", r#"{"outcome": "out_of_fuel", "limit": "fuel"}"#);
    let ran = test(&bench, "loop.wasm", &small);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bench.write("cases/loops/expected.json", r#"{"outcome": "completed"}"#);
    let ran = test(&bench, "loop.wasm", &small);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("fuel is limited to 1 M"), "{ran:?}");
    // A module that may not run has the outcome that every run of it has.
    let denied =
        r#"(module (import "env" "f" (func)) (memory (export "memory") 1) (func (export "_start")))"#;
    bench.write("denied.wasm", wat::parse_str(denied).unwrap());
    bench.write("cases/loops/expected.json", r#"{"outcome": "denied_import"}"#);
    assert_eq!(test(&bench, "denied.wasm", &[]).code, Some(0));
}

#[test]
fn no_case_is_no_success() {
    let bench = Bench::new();
    bench.write("x.wasm", saying(NOTHING, &manifest("case")));
    bench.write("cases/readme.txt", "a file is no case");
    let ran = test(&bench, "x.wasm", &[]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    let missing = bench.genesis(&["guest", "test", "x.wasm", "no-such-folder"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
}

#[test]
fn a_case_that_cannot_be_read_is_named() {
    let bench = Bench::new();
    bench.write("x.wasm", saying(NOTHING, &manifest("case")));
    let refused = |says: &str| {
        let ran = test(&bench, "x.wasm", &[]);
        assert_eq!(ran.code, Some(2), "{says}: {ran:?}");
        assert!(ran.stderr.contains(says) && ran.stderr.contains("help:"), "{says}: {ran:?}");
    };
    bench.write("cases/a/notes.txt", "");
    refused("says nothing to give the guest");
    bench.write("cases/a/template.json", "{}");
    refused("the guest takes files/");
    bench.write("cases/a/files/f.py", "");
    refused("holds template.json and files");
    std::fs::remove_file(bench.path().join("cases/a/template.json")).unwrap();
    for (file, content, says) in [
        ("expected.json", "{", "expected.json cannot be read"),
        ("expected.json", r#"{"outcome": "sleepy"}"#, "`outcome` is one of"),
        ("options.json", r#"{"languages": 1}"#, "unknown field `languages`"),
    ] {
        bench.write(&format!("cases/a/{file}"), content);
        let ran = test(&bench, "x.wasm", &[]);
        assert_eq!(ran.code, Some(2), "{says}: {ran:?}");
        assert!(ran.stderr.contains(says), "{says}: {ran:?}");
        std::fs::remove_file(bench.path().join("cases/a").join(file)).unwrap();
    }
}

#[test]
fn blessing_writes_what_came_and_leaves_what_a_person_chose() {
    let bench = Bench::new();
    bench.write("x.wasm", saying(ONE_ERROR, &manifest("case")));
    bench.write("cases/new/files/f.py", "");
    bench.write("cases/old/files/f.py", "");
    bench.write("cases/old/expected.json", NOTHING);
    bench.write("cases/part/files/f.py", "");
    let part = r#"{"match":"subset","report":{"findings":[{"code":"X2"}]}}"#;
    bench.write("cases/part/expected.json", part);
    let ran = test(&bench, "x.wasm", &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("it has no expected.json") && ran.stdout.contains("--bless"), "{ran:?}");
    assert!(!bench.path().join("cases/new/expected.json").exists());

    let ran = test(&bench, "x.wasm", &["--bless"]);
    assert_eq!(ran.code, Some(1), "the part is still not there: {ran:?}");
    let kept = std::fs::read_to_string(bench.path().join("cases/part/expected.json")).unwrap();
    assert_eq!(kept, part);
    std::fs::remove_dir_all(bench.path().join("cases/part")).unwrap();
    let ran = test(&bench, "x.wasm", &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_built_in_guest_is_tested_like_any_other() {
    let bench = Bench::new();
    bench.write("cases/comma/template.json", "{\"id\": \"x\",}");
    bench.write(
        "cases/comma/expected.json",
        r#"{"match": "subset", "report": {"findings": [{"code": "T0101"}]}}"#,
    );
    let template = crate::support::greeting("1.0.0");
    bench.template("cases/worse/baseline.json", &template);
    bench.template("cases/worse/template.json", &template);
    bench.write("cases/worse/expected.json", NOTHING);
    let ran = test(&bench, "validate-template", &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    std::fs::remove_dir_all(bench.path().join("cases")).unwrap();
    bench.template("cases/loud/template.json", &template);
    bench.write("cases/loud/options.json", r#"{"answers": {"loud": true}}"#);
    bench.write(
        "cases/loud/expected.json",
        r#"{"match": "subset", "report": {"data": {"files": [{"path": "greet.py", "text": "print(\"HELLO\")\n"}]}}}"#,
    );
    let ran = test(&bench, "render-template", &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn the_json_of_a_test_follows_its_schema() {
    let bench = Bench::new();
    bench.write("x.wasm", saying(ONE_ERROR, &manifest("code")));
    for (case, expected) in [("a", ONE_ERROR), ("b", NOTHING)] {
        bench.write(&format!("cases/{case}/files/f.py"), "");
        bench.write(&format!("cases/{case}/options.json"), r#"{"language": "python", "analysis": "lint"}"#);
        bench.write(&format!("cases/{case}/expected.json"), expected);
    }
    bench.write("cases/c/input.json", "{}");
    let ran = test(&bench, "x.wasm", &["--format", "json"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    super::inspecting::assert_follows(&bench, "guest-test", &document);
    let results: Vec<&Value> =
        document["cases"].as_array().unwrap().iter().map(|case| &case["result"]).collect();
    assert_eq!(results, [&json!("passed"), &json!("differs"), &json!("nothing_expected")]);
    assert_eq!(document["passed"], false);
}
