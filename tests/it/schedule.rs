//! Tasks as a person sets, sees and does them.

use serde_json::{Value, json};

use crate::support::{Bench, greeting};

#[test]
fn a_broken_expression_is_said_with_its_place_before_anything_is_done() {
    let bench = Bench::new();
    bench.write(
        "genesis.toml",
        "policy = \"default\"\n\n[schedule]\nmetrics = \"off\"\ncleanup = \"0 25 * * *\"\n",
    );
    for args in [&["serve", "--bus", "nats://127.0.0.1:9"][..], &["schedule", "list"], &["config", "show"]] {
        let ran = bench.genesis(args);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("genesis.toml:5:11: schedule.cleanup"), "{ran:?}");
        assert!(ran.stderr.contains("field 2 (hours) is `25`"), "{ran:?}");
    }
    bench.write("genesis.toml", "[schedule]\nclean-up = \"off\"\n");
    let ran = bench.genesis(&["config", "show"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("unknown field `clean-up`") && ran.stderr.contains("line 2"), "{ran:?}");
    bench.write("genesis.toml", "");
    let mut command = bench.command(&["config", "show"]);
    let output = command.env("GENESIS_SCHEDULE_TRENDS", "0 0 30 2 *").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("the variable GENESIS_SCHEDULE_TRENDS") && told.contains("no time ever"), "{told}");
}

#[test]
fn times_come_from_file_and_variables_and_each_is_shown_with_its_origin() {
    let bench = Bench::new();
    bench.write(
        "genesis.toml",
        "retention_days = 7\n[schedule]\ncleanup = \"*/5 * * * *\"\ntrends = \"off\"\n",
    );
    let mut command = bench.command(&["config", "show", "--format", "json"]);
    let output = command.env("GENESIS_SCHEDULE_METRICS", "off").output().unwrap();
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let value =
        |name: &str| (shown[name]["value"].clone(), shown[name]["origin"].as_str().unwrap().to_owned());
    assert_eq!(value("schedule.cleanup").0, "*/5 * * * *");
    assert!(value("schedule.cleanup").1.ends_with("genesis.toml"));
    assert_eq!(value("schedule.trends").0, "off");
    assert_eq!(value("schedule.metrics"), (json!("off"), "variable GENESIS_SCHEDULE_METRICS".to_owned()));
    assert_eq!(value("schedule.queue-retention"), (json!("0 2 * * *"), "built-in default".to_owned()));
    assert_eq!(value("retention_days").0, "7");
}

#[test]
fn a_task_can_be_done_by_hand_and_what_became_of_it_is_listed() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    bench.experiment(&template, &[]);
    let listed = bench.genesis(&["schedule", "list"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert_eq!(listed.stdout.matches("not done yet").count(), 4, "{listed:?}");
    for task in ["cleanup", "trends", "metrics"] {
        let ran = bench.genesis(&["schedule", "run", task]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stdout.starts_with(&format!("{task} is done\n")), "{ran:?}");
    }
    // Without a broker there is nothing that could be tidied.
    assert_eq!(bench.genesis(&["schedule", "run", "queue-retention"]).code, Some(2));
    assert_eq!(bench.genesis(&["schedule", "run", "coffee"]).code, Some(2));
    let listed = bench.genesis(&["schedule", "list", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let task = |name: &str| {
        listed["tasks"].as_array().unwrap().iter().find(|task| task["task"] == name).unwrap().clone()
    };
    let trends = &task("trends")["firings"][0];
    assert_eq!((&trends["state"], &trends["attempt"]), (&json!("done"), &json!(1)), "{trends:#}");
    assert_eq!(trends["result"]["experiments"][0]["kind"], "quality_template", "{trends:#}");
    assert_eq!(task("cleanup")["firings"][0]["result"]["announcements"], 0);
    assert!(task("metrics")["next_ms"].as_i64().unwrap() > trends["due_at_ms"].as_i64().unwrap());
}

#[test]
fn trends_are_what_was_recorded_by_kind_language_and_risk() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    bench.experiment(&template, &[]);
    bench.experiment(&template, &["--risk", "high"]);
    let told = bench.genesis(&["history", "trends", "--format", "json"]);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    let groups = told["trends"]["experiments"].as_array().unwrap();
    assert_eq!(groups.len(), 2, "{told:#}");
    for group in groups {
        assert_eq!((&group["language"], &group["experiments"]), (&json!("python"), &json!(1)), "{told:#}");
        assert_eq!((&group["mean_success_rate"], &group["merged"]), (&json!(1.0), &json!(1)), "{told:#}");
        assert_eq!(group["runtime_ms"]["samples"], 1);
    }
    let human = bench.genesis(&["history", "trends"]).stdout;
    assert!(human.contains("python") && human.contains("1.000"), "{human}");

    // Made anew from git, the ledger knows no wall times, and says none.
    assert_eq!(bench.genesis(&["history", "rebuild-ledger"]).code, Some(0));
    let told = bench.genesis(&["history", "trends", "--format", "json"]);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    for group in told["trends"]["experiments"].as_array().unwrap() {
        assert_eq!(
            (&group["kind"], &group["runtime_ms"]),
            (&json!("quality_template"), &Value::Null),
            "{told:#}"
        );
    }
    let none = bench.genesis(&["history", "trends", "--days", "0"]).stdout;
    assert_eq!(none, "nothing was recorded in the last 0 days\n");
}
