//! Bad input of every kind: a clear error with the right exit code, and the history as it was.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Bench, Ran, greeting};

/// A bench with one version in force.
fn bench() -> (Bench, String) {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    let (code, report) = bench.experiment(&template, &[]);
    assert_eq!(code, 0, "{report:#}");
    let tip = bench.tip("greeting").unwrap();
    (bench, tip)
}

/// Runs an experiment that must fail, and nothing of it may reach a branch.
fn refused(content: impl AsRef<[u8]>, expected: i32, says: &str) -> Ran {
    let (bench, tip) = bench();
    let path = bench.write("bad.json", content);
    let ran = bench.genesis(&["run-experiment", path.to_str().unwrap(), "--id", "greeting", "--no-durable"]);
    assert_eq!(ran.code, Some(expected), "{ran:?}");
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains(says), "`{says}` is not in {told}");
    assert_eq!(bench.tip("greeting").unwrap(), tip);
    bench.assert_sound();
    ran
}

#[test]
fn text_that_is_not_json_is_rolled_back_with_its_place() {
    let ran = refused("{\n  \"id\": \"greeting\",\n  \"a\": [1, 2}\n}\n", 1, "bad.json:3:13");
    assert!(ran.stdout.contains("T0101"), "{ran:?}");
}

#[test]
fn fifty_megabytes_are_refused_unread() {
    refused(vec![b' '; 50 << 20], 2, "the policy allows");
}

#[test]
fn a_depth_of_a_hundred_thousand_is_a_finding() {
    refused("[".repeat(100_000), 1, "T010");
    refused(format!("{{\"id\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)), 1, "T010");
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_place() {
    refused(b"{\n\"id\": \"\xff\"}", 2, "not UTF-8 at byte 9 (line 2)");
}

#[test]
fn a_directory_or_a_missing_file_is_a_usage_error() {
    let (bench, _) = bench();
    std::fs::create_dir(bench.path().join("folder.json")).unwrap();
    for (path, says) in
        [("folder.json", "directory"), ("none.json", "no such file"), ("none/none.json", "no such file")]
    {
        let ran = bench.genesis(&["run-experiment", path]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(says), "{ran:?}");
    }
}

#[test]
fn many_questions_with_many_choices_are_judged_within_the_caps() {
    let mut questions = String::new();
    for number in 0..10_000 {
        let comma = if number == 0 { "" } else { "," };
        write!(
            questions,
            "{comma}{{\"name\":\"q{number}\",\"type\":\"choice\",\"prompt\":\"?\",\"choices\":[\"a\",\"b\"],\"default\":\"a\"}}"
        )
        .unwrap();
    }
    let mut template = greeting("1.0.0");
    template["id"] = json!("many");
    template["questions"] = serde_json::from_str(&format!("[{questions}]")).unwrap();
    template["questions"][0]["choices"] =
        (0..1000).map(|choice| json!(format!("a{choice}"))).collect::<Vec<_>>().into();
    template["questions"][0]["default"] = json!("a0");
    let bench = Bench::new();
    let path = bench.template("many.json", &template);
    let (code, report) = bench.experiment(&path, &[]);
    assert!([0, 1, 3].contains(&code), "{code}");
    let cases = report["cases"].as_array().map_or(0, Vec::len);
    assert!(cases <= 256, "{cases} cases");
    bench.assert_sound();
}

#[test]
fn names_with_newlines_and_escape_sequences_reach_no_terminal_and_no_trailer() {
    let mut template = greeting("1.0.0");
    template["id"] = json!("bad\n\u{1b}[2J\u{202e}id");
    template["name"] = json!("\u{1b}]0;owned\u{7}");
    template["questions"][0]["name"] = json!("q\n\u{1b}[31mred");
    let bench = Bench::new();
    let path = bench.template("escape.json", &template);
    let ran = bench.genesis(&["run-experiment", path.to_str().unwrap(), "--no-durable", "--color", "never"]);
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}') && !told.contains('\u{7}'), "{told:?}");
    let log = bench.git(&["log", "--all", "--format=%B"]).stdout;
    assert!(!log.contains('\u{1b}') && !log.contains('\u{202e}'), "{log:?}");
    bench.assert_sound();
}

#[test]
fn an_unknown_policy_key_is_named_with_its_place_and_what_was_meant() {
    let (bench, _) = bench();
    let policy = bench.write("p.toml", "name = \"p\"\nextends = \"default\"\n\n[limits]\nfule = 1\n");
    let ran = bench.genesis(&["run-experiment", "greeting.json", "--policy", policy.to_str().unwrap()]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.stderr.contains("fule") && ran.stderr.contains(":5:") && ran.stderr.contains("fuel"),
        "{ran:?}"
    );
    let ran = bench.genesis(&["run-experiment", "greeting.json", "--policy", "dfault"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("default"), "{ran:?}");
}

#[test]
fn a_corrupt_ledger_is_named_with_what_mends_it() {
    let (bench, tip) = bench();
    let ledger = bench.path().join(".genesis/ledger.sqlite");
    for file in ["ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _absent = std::fs::remove_file(bench.path().join(".genesis").join(file));
    }
    std::fs::write(&ledger, "this is no database, however long it is: ".repeat(400)).unwrap();
    let ran = bench.genesis(&["run-experiment", "greeting.json"]);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(ran.stderr.contains("rebuild-ledger"), "{ran:?}");
    assert_eq!(bench.tip("greeting").unwrap(), tip);
    // What the message says works, once the damaged file is out of the way.
    std::fs::rename(&ledger, bench.path().join("damaged")).unwrap();
    let ran = bench.genesis(&["history", "rebuild-ledger"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bench.assert_sound();
}

#[test]
fn a_state_folder_that_is_something_else_is_refused() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    bench.write("state/history.git/notes.txt", "mine");
    let ran = bench.genesis(&["run-experiment", template.to_str().unwrap(), "--state", "state"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(std::fs::read_to_string(bench.path().join("state/history.git/notes.txt")).unwrap(), "mine");
    bench.write("taken", "a file");
    let ran = bench.genesis(&["run-experiment", template.to_str().unwrap(), "--state", "taken"]);
    assert!([2, 5].contains(&ran.code.unwrap()), "{ran:?}");
    assert!(ran.stderr.contains("taken"), "{ran:?}");
}

/// Text that no compression makes small.
#[cfg(target_os = "linux")]
fn incompressible() -> String {
    let mut text = String::new();
    for number in 0..60_000_u32 {
        write!(text, "{:x}", number.wrapping_mul(2_654_435_761)).unwrap();
    }
    text
}

/// A file-size limit stands for a full disk: writes fail with an error in the middle of a file.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_leaves_the_history_as_it_was() {
    let (bench, tip) = bench();
    let mut next = crate::support::bumped(&greeting("1.0.0"), "1.1.0");
    next["description"] = json!(incompressible());
    bench.template("greeting.json", &next);
    let program = env!("CARGO_BIN_EXE_genesis");
    let mut failed = 0;
    for blocks in [1, 8, 24, 64] {
        let script = format!("ulimit -f {blocks}; trap '' XFSZ; exec {program} run-experiment greeting.json");
        let output = std::process::Command::new("bash")
            .args(["-c", &script])
            .current_dir(bench.path())
            .env("GENESIS_CACHE_DIR", std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests"))
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() == Some(0) {
            break;
        }
        failed += 1;
        assert_eq!(output.status.code(), Some(5), "{blocks}: {stderr}");
        assert!(stderr.contains("error:"), "{blocks}: {stderr}");
        assert_eq!(bench.tip("greeting").unwrap(), tip, "{blocks}: {stderr}");
        bench.assert_sound();
    }
    assert!(failed > 0, "no limit was small enough to bite");
    let (code, report) = bench.experiment(&bench.path().join("greeting.json"), &[]);
    assert_eq!(code, 0, "{report:#}");
    bench.assert_sound();
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_named() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    // Root may write anywhere but in /proc, whatever the mode of a folder says.
    let ran = bench.genesis(&["run-experiment", template.to_str().unwrap(), "--state", "/proc/genesis"]);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(ran.stderr.contains("/proc/genesis") && ran.stderr.contains("--state"), "{ran:?}");
}

#[test]
fn every_way_out_of_the_root_is_closed() {
    let bench = Bench::new();
    bench.write("secret.json", r#"{"id": "secret", "content": {"type": "code", "code": "SECRET"}}"#);
    bench.write("secret.md", "SECRET");
    bench.write("secret.hbs", "SECRET");
    let outside = bench.path().join("secret.json");
    for (name, field) in [
        ("extends", json!({ "extends": "../secret.json" })),
        ("extends-list", json!({ "extends": ["../secret.json"] })),
        ("compose", json!({ "compose": ["../secret.md"] })),
        ("template-file", json!({ "metadata": { "template_file": "../secret.hbs" } })),
        ("absolute", json!({ "extends": outside.to_str().unwrap() })),
        ("partial", json!({ "content": { "type": "code", "file_path": "a.py", "code": "{{> ../secret}}" } })),
    ] {
        let mut template = greeting("1.0.0");
        for (key, value) in field.as_object().unwrap() {
            template[key] = value.clone();
        }
        let path = bench.template(&format!("root/{name}.json"), &template);
        let ran = bench.genesis(&["run-experiment", path.to_str().unwrap(), "--dry-run", "--format", "json"]);
        assert!(!ran.stdout.contains("SECRET"), "{name}: {ran:?}");
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{name}: {ran:?}"));
        let findings = report["findings"].as_array().unwrap();
        assert!(
            findings.iter().any(|finding| finding["code"].as_str().unwrap().starts_with("T06")),
            "{name}: {report:#}"
        );
    }
}
