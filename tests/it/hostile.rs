//! Guests that misbehave, through the program: each is stopped, named, and never held against the candidate.

use serde_json::Value;

use crate::support::{Bench, greeting};

const LOOP: &str = r#"(module (memory (export "memory") 1) (func (export "_start") (loop br 0)))"#;
const MEMORY_BOMB: &str = r#"(module (memory (export "memory") 1)
    (func (export "_start") (loop (drop (memory.grow (i32.const 64))) br 0)))"#;
const RECURSION: &str = r#"(module (memory (export "memory") 1)
    (func $down (param i32) (call $down (i32.add (local.get 0) (i32.const 1))) (call $down (local.get 0)))
    (func (export "_start") (call $down (i32.const 0))))"#;
const FLOOD: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (func (export "_start")
        (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 65536))
        (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) br 0)))"#;
const SLEEP: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 3600000000000))
        (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"#;
const DENIED: &str = r#"(module (import "env" "open_the_door" (func)) (memory (export "memory") 1)
    (func (export "_start") (call 0)))"#;

const ALL: [(&str, &str, &str); 6] = [
    ("loop", LOOP, "out_of_fuel"),
    ("memory-bomb", MEMORY_BOMB, "memory_exceeded"),
    ("recursion", RECURSION, "stack_overflow"),
    ("flood", FLOOD, "output_exceeded"),
    ("sleep", SLEEP, "timed_out"),
    ("denied", DENIED, "denied_import"),
];

#[test]
fn each_is_stopped_and_named_by_run() {
    let bench = Bench::new();
    for (name, text, outcome) in ALL {
        let path = bench.write(&format!("{name}.wasm"), wat::parse_str(text).unwrap());
        let ran = bench.genesis(&["run", path.to_str().unwrap()]);
        assert_eq!(ran.code, Some(1), "{name}: {ran:?}");
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["outcome"], outcome, "{name}: {report:#}");
    }
}

#[test]
fn none_is_held_against_a_candidate() {
    for (name, text, outcome) in ALL {
        let bench = Bench::new();
        let template = bench.template("greeting.json", &greeting("1.0.0"));
        let guest = bench.write(&format!("{name}.wasm"), wat::parse_str(text).unwrap());
        let guest = guest.to_str().unwrap();
        let (code, report) = bench.experiment(&template, &["--guest", guest]);
        assert_eq!(code, 3, "{name}: {report:#}");
        assert_eq!(report["verdict"]["decision"], "inconclusive", "{name}");
        assert!(report.to_string().contains(outcome), "{name}: {report:#}");
        assert_eq!(bench.tip("greeting"), None, "{name}");
        // The same with a version in force: the guest fails on both, so it is the guest's doing.
        bench.experiment(&template, &[]);
        let (code, report) = bench.experiment(&template, &["--guest", guest]);
        assert_eq!(code, 3, "{name}: {report:#}");
        bench.assert_sound();
    }
}

/// A policy's limit is the one that holds: half the memory, and the bomb is stopped at half.
#[test]
fn a_limit_in_a_policy_file_moves_where_a_guest_is_stopped() {
    let bench = Bench::new();
    let guest = bench.write("bomb.wasm", wat::parse_str(MEMORY_BOMB).unwrap());
    let guest = guest.to_str().unwrap();
    for megabytes in [8_u64, 32] {
        let policy = bench.write(
            "small.toml",
            format!(
                "extends = \"default\"\nname = \"small\"\n[limits]\nmemory_bytes = \"{megabytes} MiB\"\n"
            ),
        );
        let ran = bench.genesis(&["run", guest, "--policy", policy.to_str().unwrap()]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["outcome"], "memory_exceeded", "{report:#}");
        assert_eq!(report["limit"]["value"], megabytes << 20, "{report:#}");
        assert!(report["usage"]["peak_memory_bytes"].as_u64().unwrap() <= megabytes << 20, "{report:#}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_programs_own_memory_stays_bounded() {
    let bench = Bench::new();
    for (name, text, _) in ALL {
        let path = bench.write(&format!("{name}.wasm"), wat::parse_str(text).unwrap());
        let mut child = bench.spawn(&["run", path.to_str().unwrap()]);
        let peak = peak_resident_kib(&mut child);
        assert!(peak < 400 * 1024, "{name}: {peak} KiB");
    }
}

/// The largest resident memory of a child, read until it ends.
#[cfg(target_os = "linux")]
fn peak_resident_kib(child: &mut std::process::Child) -> u64 {
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let now = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok())
            .unwrap_or(0);
        peak = peak.max(now);
        if child.try_wait().unwrap().is_some() {
            return peak;
        }
        std::thread::yield_now();
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_long_run_at_once_and_nothing_is_recorded() {
    let bench = Bench::new();
    let template = bench.template("greeting.json", &greeting("1.0.0"));
    let guest = bench.write("loop.wasm", wat::parse_str(LOOP).unwrap());
    let policy = bench.write(
        "slow.toml",
        "name = \"slow\"\nextends = \"default\"\n[limits]\nfuel = 1_000_000_000_000\nwall_time_ms = \"60 s\"\n",
    );
    let args = [
        "run-experiment",
        template.to_str().unwrap(),
        "--guest",
        guest.to_str().unwrap(),
        "--policy",
        policy.to_str().unwrap(),
    ];
    let mut child = bench.spawn(&args);
    // The handler is set before the ledger is made.
    while !bench.path().join(".genesis/ledger.sqlite").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        std::thread::yield_now();
    }
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(bench.tip("greeting"), None);
    assert_eq!(bench.genesis(&["history", "list"]).stdout, "no experiment yet\n");
    bench.assert_sound();
}
