//! Sudden death: at each named point of commit, and at random moments. Afterwards nothing is lost, nothing is half done,
//! and nothing was announced that did not happen.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Bench, bumped, greeting};

const POINTS: [(&str, bool); 5] = [
    // Whether the experiment counts as having happened.
    ("judged", false),
    ("objects-written", false),
    ("ledger-committed", true),
    ("refs-set", true),
    ("recorded", true),
];

fn count(bench: &Bench) -> usize {
    let listed = bench.genesis(&["history", "list", "--format", "json", "--limit", "100000"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap_or_else(|_| panic!("{listed:?}"));
    listed["experiments"].as_array().unwrap().len()
}

#[test]
fn death_at_each_point_of_commit_leaves_all_or_nothing() {
    for durable in [true, false] {
        for (point, happened) in POINTS {
            let bench = Bench::new();
            let one = greeting("1.0.0");
            let template = bench.template("greeting.json", &one);
            bench.experiment(&template, &[]);
            let before = bench.tip("greeting").unwrap();
            bench.template("greeting.json", &bumped(&one, "1.1.0"));

            let mut args = vec!["run-experiment", template.to_str().unwrap()];
            if !durable {
                args.push("--no-durable");
            }
            let died = bench.command(&args).env("GENESIS_CRASH_AT", point).output().unwrap();
            assert_eq!(died.status.code(), None, "{point}: it died of a signal");

            bench.assert_sound();
            assert_eq!(count(&bench), 1 + usize::from(happened), "{point}");
            assert_eq!(bench.tip("greeting").unwrap() != before, happened, "{point}");
            // And the next one goes on as if nothing had been.
            let (code, report) = bench.experiment(&template, &[]);
            let rule = report["verdict"]["reasons"][0]["rule"].as_str().unwrap();
            assert_eq!((code, rule == "no-change"), (0, happened), "{point}: {report:#}");
            bench.assert_sound();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the kills are spread over how long an experiment takes")]
/// Kills experiments at random moments; gives how many were recorded all the same.
fn kill_loop(kills: u32) -> usize {
    let bench = Bench::new();
    let one = greeting("1.0.0");
    let template = bench.template("greeting.json", &one);
    let (code, _) = bench.experiment(&template, &[]);
    assert_eq!(code, 0);
    // How long an experiment takes here: deaths are spread over all of it.
    let started = std::time::Instant::now();
    bench.experiment(&template, &[]);
    let whole = started.elapsed();
    let mut current = one;
    let mut recorded = count(&bench);
    let first = recorded;
    for kill in 0..kills {
        let next = bumped_once(&current, kill);
        bench.template("greeting.json", &next);
        let mut child = bench.spawn(&["run-experiment", template.to_str().unwrap()]);
        std::thread::sleep(
            whole.mul_f64(f64::from(kill * 7 % 23) / 20.0) + Duration::from_micros(u64::from(kill) * 37),
        );
        let _ended_already = child.kill();
        child.wait().unwrap();
        if kill % 10 == 9 {
            bench.assert_sound();
        }
        let now = count(&bench);
        assert!(now == recorded || now == recorded + 1, "kill {kill}: {recorded} before, {now} after");
        if now == recorded + 1 {
            current = next;
        }
        recorded = now;
    }
    bench.assert_sound();
    let (code, report) = bench.experiment(&template, &[]);
    assert_eq!(code, 0, "{report:#}");
    bench.assert_sound();
    recorded - first
}

/// Version 1.<kill + 1>.0 on top of what is in force, whose changelog is a list from the second version on.
fn bumped_once(current: &Value, kill: u32) -> Value {
    let version = format!("1.{}.0", kill + 1);
    let mut next = current.clone();
    let entry = serde_json::json!({ "version": version, "date": "2025-02-03", "changes": ["a change"] });
    match next["changelog"].as_array_mut() {
        Some(entries) => entries.insert(0, entry),
        None => return bumped(current, &version),
    }
    next["spec_version"] = Value::String(version);
    next
}

#[test]
fn random_deaths_lose_nothing() {
    let recorded = kill_loop(12);
    println!("12 kills, {recorded} experiments recorded all the same");
}

#[test]
#[ignore = "soak: 300 kills take minutes"]
fn many_random_deaths_lose_nothing() {
    let recorded = kill_loop(300);
    println!("SOAK kill-experiment 300 sound, {recorded} recorded all the same");
}

#[test]
fn what_is_announced_happened() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    for point in ["judged", "objects-written"] {
        let args = ["run-experiment", template.to_str().unwrap(), "--announce"];
        bench.command(&args).env("GENESIS_CRASH_AT", point).output().unwrap();
    }
    let outbox = |bench: &Bench| {
        let ledger = bench.path().join(".genesis/ledger.sqlite");
        let output = std::process::Command::new("python3")
            .args(["-c", "import sqlite3,sys;print(sqlite3.connect(sys.argv[1]).execute('select count(*) from outbox').fetchone()[0])"])
            .arg(&ledger)
            .output()
            .expect("python3 is installed: apt-get install python3");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(count(&bench), 0);
    assert_eq!(outbox(&bench), "0");
    let args = ["run-experiment", template.to_str().unwrap(), "--announce"];
    bench.command(&args).env("GENESIS_CRASH_AT", "ledger-committed").output().unwrap();
    assert_eq!(count(&bench), 1);
    assert_eq!(outbox(&bench), "1");
    bench.assert_sound();
}
