//! Every limit is a key of a policy file, and a changed key changes what becomes of something. The keys are taken from the
//! policy itself, so one without a row here fails.

use std::collections::BTreeSet;
use std::path::PathBuf;

use genesis_policy::Policy;
use serde_json::Value;

use crate::support::{Bench, Ran, greeting, project};

/// Keys of a section of the default policy, without the section's name.
fn keys(section: &str) -> BTreeSet<String> {
    let policy = Policy::load("default", &|_| Err(String::new()), None).unwrap();
    let below = |path: &str| Some(path.strip_prefix(section)?.strip_prefix('.')?.to_owned());
    policy.settings().filter_map(|(path, _, _)| below(path)).filter(|key| !key.contains('.')).collect()
}

/// A policy that is the default one but for one key.
fn policy(bench: &Bench, section: &str, key: &str, value: &str) -> PathBuf {
    let more = if (section, key) == ("max", "risk") { "[plan]\nrisk = \"low\"\n" } else { "" };
    let text = format!("name = \"changed\"\nextends = \"default\"\n[{section}]\n{key} = {value}\n{more}");
    bench.write("changed.toml", text)
}

fn run(bench: &Bench, guest: &str, section: &str, key: &str, value: &str) -> Value {
    let policy = policy(bench, section, key, value);
    let ran = bench.genesis(&["run", guest, "--policy", policy.to_str().unwrap()]);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{key}: {error}: {ran:?}"))
}

/// A guest with four pages, a table of 1,000, a hundred bytes on each output, three calls, a sleep of five seconds, and a
/// hundred thousand turns of a loop.
const OF_EVERYTHING: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 4)
    (table 1000 funcref)
    (func (export "_start") (local $turns i32)
        (i32.store (i32.const 0) (i32.const 1000))
        (i32.store (i32.const 4) (i32.const 100))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.store (i32.const 48) (i32.const 1))
        (i64.store (i32.const 56) (i64.const 5000000000))
        (drop (call $poll (i32.const 32) (i32.const 128) (i32.const 1) (i32.const 192)))
        (local.set $turns (i32.const 100000))
        (loop $turn (br_if $turn (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))))"#;

/// Recursion that fits the stack of the large class alone.
const DEEP: &str = r#"(module
    (memory (export "memory") 1)
    (func $down (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
            (else (i32.const 0))))
    (func (export "_start") (drop (call $down (i32.const 60000)))))"#;

/// A key of `[limits]`, a value that is just enough for the guest, and one that is not.
const OF_RUNS: &[(&str, &str, &str)] = &[
    ("class", "\"large\"", "\"small\""),
    ("fuel", "1_000_000", "100_000"),
    ("wall_time_ms", "\"4 min\"", "\"4 s\""),
    ("memory_bytes", "\"256 KiB\"", "\"255 KiB\""),
    ("table_elements", "1_000", "999"),
    ("stdout_bytes", "100", "99"),
    ("stderr_bytes", "\"100 B\"", "\"99 B\""),
    ("host_calls", "3", "2"),
];

#[test]
fn every_limit_of_a_run_is_a_key_that_moves_where_a_guest_is_stopped() {
    let bench = Bench::new();
    bench.write("everything.wasm", wat::parse_str(OF_EVERYTHING).unwrap());
    bench.write("deep.wasm", wat::parse_str(DEEP).unwrap());
    for (key, enough, short) in OF_RUNS {
        let (guest, name) =
            if *key == "class" { ("deep.wasm", "stack_bytes") } else { ("everything.wasm", *key) };
        let stopped = run(&bench, guest, "limits", key, short);
        assert_eq!(stopped["limit"]["name"], name, "{key}: {stopped:#}");
        let fine = run(&bench, guest, "limits", key, enough);
        assert_eq!((&fine["limit"], &fine["outcome"]), (&Value::Null, &"failed".into()), "{key}: {fine:#}");
        // The same key for one guest wins over the one for all.
        let own = format!("limits.guest.{}", guest.trim_end_matches(".wasm"));
        let stopped = run(&bench, guest, &own, key, short);
        assert_eq!(stopped["limit"]["name"], name, "{key}: {stopped:#}");
    }
    let tried: BTreeSet<String> = OF_RUNS.iter().map(|(key, _, _)| (*key).to_owned()).collect();
    assert_eq!(tried, keys("limits"));
}

/// A module that has something of everything that is limited, and a component for what only those have.
fn rich() -> (Vec<u8>, Vec<u8>) {
    let module = r#"(module
        (type $two (func (param i32 i32) (result i32 i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (table $t 4 funcref) (table 1 funcref)
        (elem (i32.const 0) $swap $swap) (elem (i32.const 2) $swap)
        (data (i32.const 0) "some") (data (i32.const 64) "more")
        (global (mut i32) (i32.const 0)) (global i64 (i64.const 1))
        (func $swap (type $two) (local.get 1) (local.get 0))
        (func (export "_start") (local i32 i64 f32)
            (block (block (block (br_table 0 1 2 0 (i32.const 3)))))
            (loop (loop (br_if 0 (i32.const 0))))
            (call $swap (i32.const 1) (i32.const 2)) drop drop
            (drop (call $yield)))
        (@custom "notes" "a few bytes of nothing"))"#;
    let component = r#"(component
        (core module $empty) (core instance (instantiate $empty))
        (core module $main (func (export "run") (result i32) (i32.const 0)))
        (core instance $main (instantiate $main))
        (func $run (result (result)) (canon lift (core func $main "run")))
        (instance $command (export "run" (func $run)))
        (export "wasi:cli/run@0.2.3" (instance $command)))"#;
    (wat::parse_str(module).unwrap(), wat::parse_str(component).unwrap())
}

/// A file that is too large is not read to its end, so nothing of it is a module yet.
fn refused_unread(bench: &Bench, guest: &str, bytes: u64) {
    let policy = policy(bench, "module", "module_bytes", &(bytes - 1).to_string());
    let ran = bench.genesis(&["run", guest, "--policy", policy.to_str().unwrap()]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("(key `module_bytes` in [module])"), "{ran:?}");
}

#[test]
fn every_limit_of_a_module_is_a_key_that_decides_whether_it_is_compiled() {
    let bench = Bench::new();
    let (module, component) = rich();
    bench.write("module.wasm", module);
    bench.write("component.wasm", component);
    let measured = |guest: &str| {
        let ran = bench.genesis(&["guest", "inspect", guest, "--format", "json"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        let complexity = document["module"]["complexity"].as_array().unwrap().clone();
        let value = |row: &Value| (row["name"].as_str().unwrap().to_owned(), row["value"].as_u64().unwrap());
        complexity.iter().map(value).collect::<Vec<_>>()
    };
    let (of_module, of_component) = (measured("module.wasm"), measured("component.wasm"));
    let mut tried = BTreeSet::new();
    for ((key, in_module), (_, in_component)) in of_module.into_iter().zip(of_component) {
        let (guest, has) = if in_module > 1 {
            ("module.wasm", in_module)
        } else {
            ("component.wasm", in_component.max(in_module))
        };
        let guest = if key == "memories" { "module.wasm" } else { guest };
        assert!(has > 0, "{key}: neither has any");
        if key == "module_bytes" {
            refused_unread(&bench, guest, has);
        } else {
            let refused = run(&bench, guest, "module", &key, &(has - 1).to_string());
            assert_eq!(refused["outcome"], "module_too_complex", "{key}: {refused:#}");
            let limit = serde_json::json!({ "name": key, "value": has - 1, "peak": has });
            assert_eq!(refused["limit"], limit, "{key}: {refused:#}");
            assert_eq!(refused["more_limits"], serde_json::json!([]), "{key}");
        }
        let taken = run(&bench, guest, "module", &key, &has.to_string());
        assert_eq!(
            (&taken["outcome"], &taken["limit"]),
            (&"failed".into(), &Value::Null),
            "{key}: {taken:#}"
        );
        tried.insert(key);
    }
    // The one that a module has only when it is compiled: 12 KB that take minutes, let through by all the others.
    let slow = genesis_guests::hostile::hostile("loops_over_many_locals").unwrap();
    bench.write("slow.wasm", slow.wasm());
    let text = "name = \"hasty\"\nextends = \"default\"\n[module]\neffort = 1_000_000_000_000\ncompile_time_ms = 200\n";
    let policy = bench.write("hasty.toml", text);
    let ran = bench.genesis(&["run", "slow.wasm", "--policy", policy.to_str().unwrap()]);
    let refused: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(refused["outcome"], "module_too_complex", "{refused:#}");
    assert_eq!(
        (&refused["limit"]["name"], &refused["limit"]["value"]),
        (&"compile_time_ms".into(), &200.into()),
        "{refused:#}"
    );
    tried.insert("compile_time_ms".to_owned());
    assert_eq!(tried, keys("module"));
}

/// What an experiment is tried with for a key of `[max]`.
enum Probe {
    /// The greeting.
    Greeting,
    /// A prompt of three files besides its own.
    Composed,
    /// The greeting at high risk.
    HighRisk,
}

/// A key of `[max]`, something to try, a value that lets it through, and one that does not.
const OF_TEMPLATES: &[(&str, Probe, &str, &str)] = &[
    ("template_bytes", Probe::Greeting, "\"4 KiB\"", "100"),
    ("depth", Probe::Greeting, "8", "2"),
    ("nodes", Probe::Greeting, "200", "10"),
    ("parts", Probe::Composed, "3", "2"),
    ("part_bytes", Probe::Composed, "\"1 KiB\"", "20"),
    ("total_part_bytes", Probe::Composed, "\"4 KiB\"", "60"),
    ("rendered_bytes", Probe::Greeting, "\"1 KiB\"", "4"),
    ("experiment_bytes", Probe::Greeting, "\"1 MiB\"", "4"),
    ("risk", Probe::HighRisk, "\"high\"", "\"low\""),
];

#[test]
fn every_limit_of_a_template_is_a_key_that_decides_what_becomes_of_it() {
    let bench = Bench::new();
    bench.template("greeting.json", &greeting("1.0.0"));
    for file in ["service.json", "base.json", "bits/errors.md", "bits/tests.md"] {
        bench.write(file, std::fs::read(project("examples/composed").join(file)).unwrap());
    }
    let outcome = |probe: &Probe, key: &str, value: &str| -> Ran {
        let policy = policy(&bench, "max", key, value);
        let (template, more): (&str, &[&str]) = match probe {
            Probe::Greeting => ("greeting.json", &[]),
            Probe::Composed => ("service.json", &[]),
            Probe::HighRisk => ("greeting.json", &["--risk", "high"]),
        };
        let mut args = vec!["run-experiment", template, "--dry-run", "--policy", policy.to_str().unwrap()];
        args.extend(more);
        bench.genesis(&args)
    };
    for (key, probe, enough, short) in OF_TEMPLATES {
        let fine = outcome(probe, key, enough);
        assert_eq!(fine.code, Some(0), "{key}: {fine:?}");
        let refused = outcome(probe, key, short);
        assert!(matches!(refused.code, Some(1..=3)), "{key}: {refused:?}");
    }
    let tried: BTreeSet<String> = OF_TEMPLATES.iter().map(|(key, ..)| (*key).to_owned()).collect();
    assert_eq!(tried, keys("max"));
}

/// Every key of these sections has a line of explanation above it, and those that count something name their unit.
#[test]
fn every_limit_is_explained_where_it_stands() {
    let text = std::fs::read_to_string(project("policies/default.toml")).unwrap();
    let mut section = "";
    let mut explained = BTreeSet::new();
    let lines: Vec<&str> = text.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        }
        let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else { continue };
        if !matches!(section, "limits" | "module" | "max") {
            continue;
        }
        assert!(lines[number - 1].starts_with("# "), "{section}.{key} has no line above it");
        let unit_is_told = !key.ends_with("_bytes") || value.contains("iB") || value.contains(" B");
        assert!(unit_is_told && (!key.ends_with("_ms") || value.contains(" s")), "{section}.{key} = {value}");
        explained.insert(format!("{section}.{key}"));
    }
    let all = ["limits", "module", "max"]
        .map(|section| keys(section).into_iter().map(move |key| format!("{section}.{key}")));
    assert_eq!(explained, all.into_iter().flatten().collect());
}
