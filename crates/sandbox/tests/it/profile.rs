//! Where the fuel of a run goes, to the unit.

use std::fs;
use std::path::Path;

use genesis_abi::{Limits, RunOutcome};
use genesis_sandbox::{Cancel, Class, Profiled, ProfiledStack, Sandbox, SandboxConfig, SandboxError};

use crate::guests::{LIMITS, SANDBOX, busy, fixture, load, report_function, run_under, wasm};

fn profile_under(wasm: &[u8], limits: &Limits) -> Profiled {
    SANDBOX.profile(wasm, Class::Small, b"{}", limits, 7, &Cancel::new()).unwrap()
}

fn profile(wasm: &[u8]) -> Profiled {
    profile_under(wasm, &LIMITS)
}

fn total(profiled: &Profiled) -> u64 {
    profiled.stacks.iter().map(|stack| stack.fuel).sum()
}

/// Fuel that a function used itself, on all stacks.
fn own(profiled: &Profiled, function: &str) -> u64 {
    profiled.stacks.iter().filter(|stack| stack.function == function).map(|stack| stack.fuel).sum()
}

/// A stack as the names of its functions.
fn path(stacks: &[ProfiledStack], index: usize) -> String {
    let stack = &stacks[index];
    match stack.caller {
        Some(caller) => format!("{} {}", path(stacks, caller), stack.function),
        None => stack.function.clone(),
    }
}

/// `$a` counts to three times as much as `$b`, which is called by itself and by `$a`.
fn proportions() -> Vec<u8> {
    wasm(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            {report}
            (func $a (param $n i32)
                (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (call $b (i32.const 1000)))
            (func $b (param $n i32)
                (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
            (func (export "_start")
                (call $a (i32.const 300000)) (call $b (i32.const 100000)) (call $report)))"#,
        report = report_function(),
    ))
}

#[test]
fn each_function_has_the_fuel_that_it_burnt() {
    let profiled = profile(&proportions());
    assert_eq!(profiled.run.outcome, RunOutcome::Completed);
    let (a, b) = (own(&profiled, "a"), own(&profiled, "b"));
    let share = a as f64 / b as f64;
    assert!((share - 300_000.0 / 101_000.0).abs() < 0.001, "{a} of a, {b} of b: {share}");
    assert!((a + b) as f64 > 0.99 * profiled.run.usage.fuel as f64);
    let paths: Vec<String> = (0..profiled.stacks.len()).map(|index| path(&profiled.stacks, index)).collect();
    assert_eq!(
        paths,
        [
            "_start",
            "_start a",
            "_start a b",
            "_start b",
            "_start report",
            "_start report wasi_snapshot_preview1::fd_write"
        ]
    );
    assert_eq!((profiled.calls, profiled.functions, profiled.merged_calls), (6, 5, 0));
    assert!(profiled.named);
}

#[test]
fn a_profiled_run_is_the_run_and_every_unit_of_its_fuel_is_some_functions() {
    let fixtures = ["fill_storm", "loop", "memory_growth", "random_flood", "stdout_flood", "table_growth"];
    let fixtures =
        fixtures.into_iter().chain(["divide_by_zero", "null_call", "start_traps", "sleep_an_hour"]);
    let guests = fixtures.map(fixture).chain([busy(), proportions()]);
    for (index, guest) in guests.enumerate() {
        let limits = Limits { fuel: 5_000_000, ..LIMITS };
        let plain = run_under(&load(&guest).unwrap(), b"{}", &limits);
        let profiled = profile_under(&guest, &limits);
        let run = &profiled.run;
        assert_eq!(run.outcome.name(), plain.outcome.name(), "guest {index}");
        assert_eq!(run.usage.without_wall_time(), plain.usage.without_wall_time(), "guest {index}");
        assert_eq!((&run.stdout, &run.stderr), (&plain.stdout, &plain.stderr), "guest {index}");
        assert_eq!(total(&profiled), plain.usage.fuel, "guest {index}");
    }
}

/// Every way by which a function is reached or left: parameters of all types and several results, tables, references,
/// a start function, an exported import, early returns, branches out of the body, many calls.
#[test]
fn every_kind_of_call_is_counted() {
    let guest = wasm(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (export "again" (func $write))
            {report}
            (type $unary (func (param i32) (result i32)))
            (table $t 4 funcref)
            (elem (i32.const 0) $double $early $write)
            (elem declare func $half)
            (global $sum (mut i32) (i32.const 0))
            (func $begin (global.set $sum (call $double (i32.const 4))))
            (start $begin)
            (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
            (func $half (type $unary) (i32.div_u (local.get 0) (i32.const 2)))
            (func $early (type $unary)
                (if (i32.gt_u (local.get 0) (i32.const 5)) (then (return (i32.const 1))))
                (br_if 0 (i32.const 2) (local.get 0))
                drop (i32.const 3))
            (func $many (param i32 i64 f32 f64) (result i64 f64 i32)
                (local.get 1) (local.get 3) (local.get 0))
            (func $is (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
            (func (export "_start") (local $n i32)
                (call $is (global.get $sum) (i32.const 8))
                (table.set $t (i32.const 3) (ref.func $half))
                (call $is (call_indirect $t (type $unary) (i32.const 8) (i32.const 0)) (i32.const 16))
                (call $is (call_indirect $t (type $unary) (i32.const 8) (i32.const 1)) (i32.const 1))
                (call $is (call_indirect $t (type $unary) (i32.const 4) (i32.const 1)) (i32.const 2))
                (call $is (call_indirect $t (type $unary) (i32.const 0) (i32.const 1)) (i32.const 3))
                (call $is (call_indirect $t (type $unary) (i32.const 8) (i32.const 3)) (i32.const 4))
                (call $many (i32.const 7) (i64.const 8) (f32.const 9) (f64.const 10))
                (call $is (i32.const 7)) (call $is (i32.trunc_f64_u) (i32.const 10))
                (call $is (i32.wrap_i64) (i32.const 8))
                (loop $l
                    (drop (call $double (local.get $n)))
                    (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10000))))
                (call $report)))"#,
        report = report_function(),
    ));
    let plain = run_under(&load(&guest).unwrap(), b"{}", &LIMITS);
    assert_eq!(plain.outcome, RunOutcome::Completed);
    let profiled = profile(&guest);
    assert_eq!(profiled.run.outcome, RunOutcome::Completed);
    assert_eq!(profiled.run.usage.without_wall_time(), plain.usage.without_wall_time());
    assert_eq!(total(&profiled), plain.usage.fuel);
    let paths: Vec<String> = (0..profiled.stacks.len()).map(|index| path(&profiled.stacks, index)).collect();
    assert!(
        paths.contains(&"begin double".to_owned()) && paths.contains(&"_start half".to_owned()),
        "{paths:?}"
    );
    assert_eq!(
        own(&profiled, "half"),
        4,
        "entering it, two operands, dividing, and its caller's call is not its own"
    );
    assert_eq!(profiled.calls, 10_020);
}

#[test]
fn recursion_deeper_than_a_profile_loses_no_fuel() {
    let guest = wasm(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            {report}
            (func $down (param i32)
                (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
            (func (export "_start") (call $down (i32.const 4000)) (call $report)))"#,
        report = report_function(),
    ));
    let plain = run_under(&load(&guest).unwrap(), b"{}", &LIMITS);
    assert_eq!(plain.outcome, RunOutcome::Completed);
    let profiled = profile(&guest);
    assert_eq!(profiled.run.outcome, RunOutcome::Completed);
    assert_eq!(total(&profiled), plain.usage.fuel);
    assert!(profiled.merged_calls > 3_000, "{}", profiled.merged_calls);
    assert!(own(&profiled, "report") > 0, "what comes after the recursion has its own stack again");
}

#[test]
fn functions_without_names_are_shown_by_their_export_or_index_and_names_of_rust_are_read() {
    let unnamed = wasm(r#"(module (memory (export "memory") 1) (func) (func (export "_start") (call 0)))"#);
    // The name section is left out by a text without names.
    let profiled = profile(&unnamed);
    let names: Vec<&str> = profiled.stacks.iter().map(|stack| stack.function.as_str()).collect();
    assert_eq!((names, profiled.named), (vec!["_start", "function 0"], false));
    let mangled = wasm(
        r#"(module (memory (export "memory") 1)
            (func $_ZN4core3fmt5write17h0123456789abcdefE)
            (func $"<script>\1b[2J\e2\80\ae;" (call 0))
            (func (export "_start") (call 1)))"#,
    );
    let profiled = profile(&mangled);
    let names: Vec<&str> = profiled.stacks.iter().map(|stack| stack.function.as_str()).collect();
    assert_eq!(names, ["_start", "<script>\u{1b}[2J\u{202e};", "core::fmt::write"]);
    assert!(profiled.named);
}

#[test]
fn a_run_that_is_ended_by_the_clock_or_by_asking_has_its_profile_as_far_as_it_came() {
    let spin = wasm(
        r#"(module (memory (export "memory") 1) (func $f)
            (func (export "_start") (loop $l (call $f) (br $l))))"#,
    );
    let limits = Limits { fuel: u64::MAX, wall_time_ms: 50, ..LIMITS };
    let profiled = profile_under(&spin, &limits);
    assert_eq!(profiled.run.outcome.name(), "timed_out");
    assert_eq!(total(&profiled), profiled.run.usage.fuel);
    let cancel = Cancel::new();
    cancel.cancel();
    let profiled = SANDBOX.profile(&spin, Class::Small, b"", &limits, 0, &cancel).unwrap();
    assert_eq!(profiled.run.outcome, RunOutcome::Cancelled);
}

#[test]
fn a_component_is_not_profiled() {
    let error =
        SANDBOX.profile(b"\0asm\x0d\0\x01\0", Class::Large, b"", &LIMITS, 0, &Cancel::new()).unwrap_err();
    assert!(matches!(&error, SandboxError::Profile(_)), "{error}");
    assert_eq!(error.to_string(), "the guest cannot be profiled: it is a component, and only modules can");
}

#[test]
fn a_guest_that_imports_what_a_profile_links_is_denied() {
    let guest = wasm(
        r#"(module (import "genesis:profile" "exit" (func)) (memory (export "memory") 1)
            (func (export "_start") (call 0)))"#,
    );
    assert_eq!(load(&guest).unwrap_err().name(), "denied_import");
}

/// The modules of the hostile fixtures that load, whatever they do: none makes the host fail.
#[test]
fn no_fixture_makes_profiling_fail() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sandbox-guests/hostile");
    let sandbox = Sandbox::new(SandboxConfig { slots: 1, cache_dir: None }).unwrap();
    let limits = Limits { fuel: 300_000, wall_time_ms: 60_000, ..LIMITS };
    let mut profiled = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension() != Some("wat".as_ref()) {
            continue;
        }
        let guest = wat::parse_file(path).unwrap();
        if guest.starts_with(b"\0asm\x01\0\0\0") && load(&guest).is_ok() {
            let run = sandbox.profile(&guest, Class::Small, b"{}", &limits, 7, &Cancel::new()).unwrap();
            assert_eq!(total(&run), run.run.usage.fuel);
            profiled += 1;
        }
    }
    assert!(profiled >= 15, "{profiled}");
}
