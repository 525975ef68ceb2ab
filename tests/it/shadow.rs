//! Shadow runs: what a run would have taken that a budget ended. Beside the outcome, and no part of what is judged.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{Bench, greeting};

/// A guest that counts to `count`, takes `pages` of memory in all and reports nothing.
fn guest(count: u32, pages: u32) -> Vec<u8> {
    let report = r#"{"abi":1,"findings":[]}"#;
    let data = report.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "\\{byte:02x}").unwrap();
        out
    });
    wat::parse_str(format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 64) "{data}")
            (func (export "_start") (local $n i32)
                (drop (memory.grow (i32.const {})))
                (local.set $n (i32.const {count}))
                (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const {}))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
        pages - 1,
        report.len()
    ))
    .unwrap()
}

const ENDLESS: &str = r#"(module (memory (export "memory") 1) (func (export "_start") (loop br 0)))"#;
const GREEDY: &str = r#"(module (memory (export "memory") 1)
    (func (export "_start") (loop (drop (memory.grow (i32.const 1))) br 0)))"#;
const RECURSION: &str = r#"(module (memory (export "memory") 1)
    (func $down (param i32) (call $down (i32.add (local.get 0) (i32.const 1))) (call $down (local.get 0)))
    (func (export "_start") (call $down (i32.const 0))))"#;
const SLEEP: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 3600000000000))
        (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"#;

/// Runs a guest under limits, and gives the report without its times.
fn run(bench: &Bench, guest: &[u8], policy: &str) -> Value {
    let guest = bench.write("guest.wasm", guest);
    let policy = bench.write("policy.toml", format!("name = \"p\"\nextends = \"default\"\n{policy}"));
    let ran = bench.genesis(&["run", guest.to_str().unwrap(), "--policy", policy.to_str().unwrap()]);
    let mut report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    report["usage"]["wall_time_us"] = Value::Null;
    report
}

fn fuel(units: u64) -> String {
    format!("[limits]\nfuel = {units}\n")
}

#[test]
fn the_fuel_that_a_shadow_run_finds_is_the_least_that_is_enough() {
    let bench = Bench::new();
    let guest = guest(250_000, 1);
    let report = run(&bench, &guest, &fuel(1_000_000));
    assert_eq!(report["outcome"], "out_of_fuel", "{report:#}");
    let shadow = &report["shadow"];
    assert_eq!((&shadow["found"], &shadow["outcome"]), (&"ended".into(), &"completed".into()), "{report:#}");
    assert_eq!(shadow["limits"]["fuel"], 4_000_000);
    assert_eq!(shadow["needs"].as_array().unwrap().len(), 1, "{report:#}");
    assert_eq!(shadow["needs"][0]["limit"], "fuel");
    let needed = shadow["needs"][0]["needed"].as_u64().unwrap();
    assert!((1_250_000..1_260_000).contains(&needed), "five units for each of 250,000 rounds: {needed}");
    let enough = run(&bench, &guest, &fuel(needed));
    assert_eq!((&enough["outcome"], &enough["usage"]["fuel"]), (&"completed".into(), &needed.into()));
    assert!(enough.get("shadow").is_none(), "a run that completes has no shadow");
    assert_eq!(run(&bench, &guest, &fuel(needed - 1))["outcome"], "out_of_fuel");
    for _ in 0..3 {
        assert_eq!(run(&bench, &guest, &fuel(1_000_000)), report, "to the bit");
    }
    let human = bench.genesis(&["run", "guest.wasm", "--policy", "policy.toml", "--format", "human"]);
    assert!(human.stdout.contains("shadow  needs 1.3 times the fuel (1,25"), "{}", human.stdout);
}

#[test]
fn the_memory_that_a_shadow_run_finds_is_the_least_that_is_enough() {
    let bench = Bench::new();
    let guest = guest(1, 40);
    let report = run(&bench, &guest, "[limits]\nmemory_bytes = \"1 MiB\"\n");
    assert_eq!(report["outcome"], "memory_exceeded");
    let needed = 40 * 65_536;
    let need = &report["shadow"]["needs"][0];
    assert_eq!((&need["limit"], &need["needed"]), (&"memory_bytes".into(), &needed.into()), "{report:#}");
    let enough = run(&bench, &guest, &format!("[limits]\nmemory_bytes = {needed}\n"));
    assert_eq!(enough["outcome"], "completed");
    let less = run(&bench, &guest, &format!("[limits]\nmemory_bytes = {}\n", needed - 1));
    assert_eq!(less["outcome"], "memory_exceeded");
    assert_eq!(run(&bench, &guest, "[limits]\nmemory_bytes = \"1 MiB\"\n"), report, "to the bit");
}

#[test]
fn who_needs_more_of_both_is_told_both() {
    let bench = Bench::new();
    let report = run(&bench, &guest(250_000, 40), "[limits]\nfuel = 1_000_000\nmemory_bytes = \"1 MiB\"\n");
    let needs: Vec<&Value> =
        report["shadow"]["needs"].as_array().unwrap().iter().map(|need| &need["limit"]).collect();
    assert_eq!(needs, [&Value::from("fuel"), &Value::from("memory_bytes")], "{report:#}");
}

#[test]
fn where_no_end_is_in_sight_it_is_said() {
    let bench = Bench::new();
    let endless = wat::parse_str(ENDLESS).unwrap();
    let report = run(&bench, &endless, &fuel(1_000_000));
    assert_eq!(
        (&report["shadow"]["found"], &report["shadow"]["outcome"]),
        (&"no_end".into(), &"out_of_fuel".into())
    );
    assert_eq!(report["shadow"]["needs"], serde_json::json!([]));
    let human = bench.genesis(&["run", "guest.wasm", "--policy", "policy.toml", "--format", "human"]);
    assert!(human.stdout.contains("shadow  no end in sight within 4 times the fuel"), "{}", human.stdout);
    let greedy = wat::parse_str(GREEDY).unwrap();
    run(&bench, &greedy, "[limits]\nmemory_bytes = \"1 MiB\"\n[shadow]\nmemory_bytes = \"2 MiB\"\n");
    let human = bench.genesis(&["run", "guest.wasm", "--policy", "policy.toml", "--format", "human"]);
    assert!(human.stdout.contains("shadow  no end in sight within 2 times the memory"), "{}", human.stdout);
}

#[test]
fn a_shadow_run_ends_by_its_own_clock_and_can_be_switched_off() {
    let bench = Bench::new();
    let endless = wat::parse_str(ENDLESS).unwrap();
    let clock = format!("{}[shadow]\nfactor = 100\nwall_time_ms = 1\n", fuel(100_000_000));
    let report = run(&bench, &endless, &clock);
    assert_eq!(
        (&report["outcome"], &report["shadow"]["outcome"]),
        (&"out_of_fuel".into(), &"timed_out".into())
    );
    assert_eq!(report["shadow"]["found"], "ended_otherwise");
    let off = run(&bench, &endless, &format!("{}[shadow]\nfactor = 0\n", fuel(1_000_000)));
    assert_eq!(off["outcome"], "out_of_fuel");
    assert!(off.get("shadow").is_none(), "{off:#}");
}

#[test]
fn stack_and_time_have_no_shadow() {
    let bench = Bench::new();
    for (text, outcome) in [(RECURSION, "stack_overflow"), (SLEEP, "timed_out")] {
        let report = run(&bench, &wat::parse_str(text).unwrap(), "");
        assert_eq!(report["outcome"], outcome);
        assert!(report.get("shadow").is_none(), "{report:#}");
    }
}

fn experiment(bench: &Bench, template: &Path, policy: &str) -> Value {
    let policy = bench.write("policy.toml", format!("name = \"p\"\nextends = \"default\"\n{policy}"));
    bench.experiment(template, &["--policy", policy.to_str().unwrap()]).1
}

#[test]
fn an_experiments_shadow_is_beside_its_run_and_in_nothing_that_is_judged_or_recorded() {
    let tight = "[limits.guest.render-template]\nfuel = 10_000\n";
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    let with = experiment(&bench, &template, tight);
    let shadows: Vec<&Value> =
        with["runs"].as_array().unwrap().iter().filter(|run| run.get("shadow").is_some()).collect();
    assert_eq!(shadows.len(), 1, "one of each check, side and outcome: {with:#}");
    assert_eq!((&shadows[0]["check"], &shadows[0]["outcome"]), (&"render".into(), &"out_of_fuel".into()));
    assert_ne!(shadows[0]["shadow"]["found"], "not_tried", "{with:#}");

    let other = Bench::new();
    let template = other.template("greeting.json", &greeting("1.0.0"));
    let without = experiment(&other, &template, &format!("{tight}[shadow]\nfactor = 0\n"));
    assert!(!without.to_string().contains("\"shadow\""), "{without:#}");
    for what in ["verdict", "metrics", "findings", "cases"] {
        assert_eq!(with[what], without[what], "{what}");
    }

    let refs = bench.git(&["for-each-ref", "--format=%(refname)", "refs/experiments"]).stdout;
    let experiment = refs.lines().next().unwrap();
    let files = bench.git(&["grep", "-l", "-e", "shadow", experiment]).stdout;
    let files: Vec<&str> = files.lines().map(|line| line.rsplit(':').next().unwrap()).collect();
    assert!(files.iter().all(|file| file.contains("policy")), "only the policy names it: {files:?}");
    let ran = bench.genesis(&["replay", with["id"].as_str().unwrap(), "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let human = bench.genesis(&["run-experiment", "greeting.json", "--dry-run", "--policy", "policy.toml"]);
    assert!(human.stdout.contains("  render on the candidate"), "{}", human.stdout);
    assert!(
        human.stdout.contains("    needs ") || human.stdout.contains("    no end in sight"),
        "{}",
        human.stdout
    );
    for format in ["markdown", "junit", "sarif", "github"] {
        let args =
            ["run-experiment", "greeting.json", "--dry-run", "--policy", "policy.toml", "--format", format];
        let told = bench.genesis(&args).stdout;
        assert!(told.contains("render on the candidate"), "{format}: {told}");
        assert!(told.contains("; needs ") || told.contains("; no end in sight"), "{format}: {told}");
    }
}
