//! The other commands, as their user types them.

use serde_json::Value;

use crate::support::{Bench, greeting, project};

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let bench = Bench::new();
    let ran = bench.genesis(&["--help"]);
    assert_eq!(ran.code, Some(0));
    for word in
        ["run-experiment", "check", "replay", "history", "rollback", "policy", "explain", "inconclusive"]
    {
        assert!(ran.stdout.contains(word), "{word}: {}", ran.stdout);
    }
    assert_eq!(bench.genesis(&["no-such-command"]).code, Some(2));
}

#[test]
fn check_needs_no_state_and_says_when_there_is_nothing() {
    let bench = Bench::new();
    bench.template("templates/greeting.json", &greeting("1.0.0"));
    let ran = bench.genesis(&["check", "templates"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!bench.path().join(".genesis").exists());
    std::fs::create_dir(bench.path().join("empty")).unwrap();
    assert_eq!(bench.genesis(&["check", "empty"]).code, Some(4));
    bench.write("templates/broken.hbs", "{{#if x}}");
    bench.write("templates/broken.json", "{");
    let ran = bench.genesis(&["check", "templates"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("broken.hbs:1:") && ran.stdout.contains("broken.json:1:"), "{}", ran.stdout);
}

#[test]
fn explain_knows_every_code_by_number_and_name() {
    let bench = Bench::new();
    for name in ["T0203", "changelog-top"] {
        let ran = bench.genesis(&["explain", name]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stdout.contains("T0203") && ran.stdout.contains("E-CHANGELOG-TOP"), "{}", ran.stdout);
    }
    assert_eq!(bench.genesis(&["explain", "T9999"]).code, Some(2));
    let listed = bench.genesis(&["explain", "--list"]).stdout;
    for line in listed.lines() {
        let code = line.split(' ').next().unwrap();
        assert_eq!(bench.genesis(&["explain", code]).code, Some(0), "{code}");
    }
}

#[test]
fn policies_are_checked_shown_explained_compared_and_tested() {
    let bench = Bench::new();
    for name in ["default", "strict", "legacy"] {
        assert_eq!(bench.genesis(&["policy", "check", name]).code, Some(0), "{name}");
    }
    assert!(bench.genesis(&["policy", "show"]).stdout.contains("limits.fuel"));
    assert!(bench.genesis(&["policy", "explain"]).stdout.contains("regression"));
    assert_eq!(bench.genesis(&["policy", "diff", "default", "default"]).code, Some(0));
    assert_eq!(bench.genesis(&["policy", "diff", "default", "strict"]).code, Some(1));
    let cases = project("policies/cases");
    let files: Vec<String> =
        std::fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect();
    let mut args = vec!["policy", "test"];
    args.extend(files.iter().map(String::as_str));
    let ran = bench.genesis(&args);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains(" 0 failed"), "{ran:?}");
    let wrong = std::fs::read_to_string(&files[0]).unwrap().replace("\"merge\"", "\"rollback\"");
    let wrong = bench.write("wrong.toml", wrong);
    assert_eq!(bench.genesis(&["policy", "test", wrong.to_str().unwrap()]).code, Some(1));
}

#[test]
fn config_show_tells_where_each_value_comes_from() {
    let bench = Bench::new();
    bench.write("genesis.toml", "policy = \"strict\"\n");
    let output =
        bench.command(&["config", "show", "--no-durable"]).env("GENESIS_THREADS", "3").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for says in [
        "policy = strict",
        "genesis.toml",
        "variable GENESIS_THREADS",
        "flag --no-durable",
        "built-in default",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    bench.write("genesis.toml", "polcy = \"strict\"\n");
    let ran = bench.genesis(&["config", "show"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("polcy") && ran.stderr.contains("genesis.toml"), "{ran:?}");
}

#[test]
fn init_writes_something_that_runs_and_overwrites_nothing() {
    let bench = Bench::new();
    assert_eq!(bench.genesis(&["init"]).code, Some(0));
    let ran = bench.genesis(&["run-experiment", "templates/python-service.json", "--no-durable"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bench.write("genesis.toml", "# mine\n");
    assert_eq!(bench.genesis(&["init"]).code, Some(0));
    assert_eq!(std::fs::read_to_string(bench.path().join("genesis.toml")).unwrap(), "# mine\n");
}

#[test]
fn json_reports_satisfy_their_published_schemas() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    let (_, experiment) = bench.experiment(&template, &[]);
    let check: Value =
        serde_json::from_str(&bench.genesis(&["check", "greeting.json", "--format", "json"]).stdout).unwrap();
    let run: Value = serde_json::from_str(&bench.genesis(&["run", "validate-template"]).stdout).unwrap();
    for (name, instance) in [("experiment", experiment), ("check", check), ("run", run)] {
        let schema: Value = serde_json::from_str(&bench.genesis(&["schema", name]).stdout).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&instance).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn history_tells_the_story() {
    let bench = Bench::new();
    assert_eq!(bench.genesis(&["history", "list"]).code, Some(2));
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    let (_, report) = bench.experiment(&template, &[]);
    let id = report["experiment"]["id"].as_str().or(report["id"].as_str()).unwrap().to_owned();
    let listed = bench.genesis(&["history", "list"]).stdout;
    assert!(listed.contains(&id) && listed.contains("merge"), "{listed}");
    let shown = bench.genesis(&["history", "show", &id]).stdout;
    for step in ["checkpoint", "candidate", "rendered", "evidence", "verdict", "promotion"] {
        assert!(shown.contains(step), "{step}: {shown}");
    }
    assert!(bench.genesis(&["history", "show", "greeting"]).stdout.contains("* 1.0.0"));
    assert!(bench.genesis(&["history", "diff", &id]).stdout.contains("+  \"id\": \"greeting\""));
    assert_eq!(bench.genesis(&["history", "show", "nothing"]).code, Some(2));
}

#[test]
fn adaptations_fail_only_when_asked_to() {
    let bench = Bench::new();
    // A duplicate key in both versions is inherited: good enough to merge, and left to be mended.
    let with_duplicate = |version: &str, changes: &str| {
        let text = serde_json::to_string_pretty(&greeting("1.0.0")).unwrap();
        let text = text.replacen('{', "{\n  \"name\": \"first\",", 1);
        text.replace("\"spec_version\": \"1.0.0\"", &format!("\"spec_version\": \"{version}\""))
            .replace("\"changelog\": {", &format!("\"changelog\": {{{changes}"))
    };
    let one = bench.write("one.json", with_duplicate("1.0.0", ""));
    let two = bench.write(
        "two.json",
        with_duplicate("1.1.0", "\"1.1.0\": {\"date\": \"2025-03-04\", \"changes\": [\"more\"]},"),
    );
    let (code, report) = bench.experiment(&two, &["--baseline", one.to_str().unwrap()]);
    assert_eq!(
        (code, report["verdict"]["decision"].as_str()),
        (0, Some("merge_with_adaptations")),
        "{report:#}"
    );
    let (code, _) = bench.experiment(&two, &["--baseline", one.to_str().unwrap(), "--fail-on-adaptations"]);
    assert_eq!(code, 1);
}

#[test]
fn a_cache_that_cannot_be_used_is_told_and_does_without() {
    let bench = Bench::new();
    bench.template("greeting.json", &greeting("1.0.0"));
    bench.write("taken", "a file");
    let output = bench
        .command(&["check", "greeting.json"])
        .env("GENESIS_CACHE_DIR", bench.path().join("taken"))
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("taken") && stderr.contains("compiled anew"), "{stderr}");
}

#[test]
fn samples_that_no_check_would_see_are_refused() {
    let bench = Bench::new();
    // A policy that says all itself, without the checks of code.
    let default = std::fs::read_to_string(crate::support::project("policies/default.toml")).unwrap();
    let code = default.find("# Is each rendered file of code").unwrap();
    let rules = default.find("# The rules, in order").unwrap();
    bench.write("no-code.toml", format!("{}{}", &default[..code], &default[rules..]));
    bench.template("greeting.json", &greeting("1.0.0"));
    bench.write("samples/one.py", "print(1)\n");
    let ran = bench.genesis(&[
        "run-experiment",
        "greeting.json",
        "--samples",
        "samples",
        "--policy",
        "no-code.toml",
    ]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("--guest"), "{ran:?}");
}
