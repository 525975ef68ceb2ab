//! Guests, limits and a sandbox for the tests.

use std::sync::LazyLock;

use genesis_abi::{Limits, ModuleLimits, RunOutcome};
use genesis_sandbox::{Cancel, Class, Guest, Run, Sandbox, SandboxConfig, digest};

/// A report that says nothing.
pub(crate) const EMPTY_REPORT: &str = r#"{"abi":1,"findings":[]}"#;

pub(crate) const LIMITS: Limits = Limits {
    fuel: 50_000_000,
    wall_time_ms: 20_000,
    memory_bytes: 16 << 20,
    table_elements: 10_000,
    stdout_bytes: 64 << 10,
    stderr_bytes: 16 << 10,
    host_calls: 10_000,
};

pub(crate) const MODULE_LIMITS: ModuleLimits = ModuleLimits {
    module_bytes: 2 << 20,
    types: 1_000,
    imports: 2_000,
    functions: 1_000,
    tables: 8,
    memories: 4,
    globals: 1_000,
    exports: 1_000,
    segments: 1_000,
    custom_bytes: 4 << 20,
    name_bytes: 1_000,
    function_bytes: 1 << 20,
    locals: 500,
    nesting: 256,
    branch_targets: 10_000,
    loops: 1_000,
    values: 100_000,
    effort: 20_000_000,
    instances: 128,
    entries: 20_000,
};

pub(crate) static SANDBOX: LazyLock<Sandbox> =
    LazyLock::new(|| Sandbox::new(SandboxConfig { slots: 4, cache_dir: None }).unwrap());

pub(crate) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A guest that misbehaves.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    genesis_guests::hostile::hostile(name).unwrap().wasm()
}

pub(crate) fn load(wasm: &[u8]) -> Result<Guest, RunOutcome> {
    SANDBOX.load(wasm, Class::Small, &MODULE_LIMITS).unwrap()
}

/// Loads a guest as a built-in one.
pub(crate) fn trusted(sandbox: &Sandbox, wasm: &[u8], class: Class) -> Guest {
    sandbox.load_trusted(&digest(wasm), || wasm.into(), class).unwrap()
}

pub(crate) fn run_under(guest: &Guest, input: &[u8], limits: &Limits) -> Run {
    SANDBOX.run(guest, input, limits, 7, &Cancel::new()).unwrap()
}

/// What becomes of a module: the outcome of loading it, or that of running it.
pub(crate) fn outcome_under(wasm: &[u8], limits: &Limits) -> RunOutcome {
    match load(wasm) {
        Ok(guest) => run_under(&guest, b"{}", limits).outcome,
        Err(outcome) => outcome,
    }
}

pub(crate) fn outcome(wasm: &[u8]) -> RunOutcome {
    outcome_under(wasm, &LIMITS)
}

pub(crate) fn run_text(text: &str, input: &[u8]) -> Run {
    run_under(&load(&wasm(text)).unwrap(), input, &LIMITS)
}

/// A string of wat that holds these bytes.
pub(crate) fn wat_bytes(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| ['\\', digit(byte >> 4), digit(byte & 15)]).collect()
}

fn digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap()
}

/// A guest that writes `stdout` and `stderr` and exits with `code`.
pub(crate) fn says(stdout: &[u8], stderr: &[u8], code: i32) -> Vec<u8> {
    let pages = (stdout.len() + stderr.len()) / (64 << 10) + 1;
    wasm(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") {pages})
            (data (i32.const 32) "{}{}")
            (func $say (param $fd i32) (param $at i32) (param $bytes i32)
                (i32.store (i32.const 0) (local.get $at))
                (i32.store (i32.const 4) (local.get $bytes))
                (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
            (func (export "_start")
                (call $say (i32.const 1) (i32.const 32) (i32.const {}))
                (call $say (i32.const 2) (i32.const {}) (i32.const {}))
                (call $exit (i32.const {code}))))"#,
        wat_bytes(stdout),
        wat_bytes(stderr),
        stdout.len(),
        32 + stdout.len(),
        stderr.len(),
    ))
}

/// A function that writes an empty report, for guests that do something first. Wants `fd_write` imported as
/// `$write` and the last 64 bytes of the first page.
pub(crate) fn report_function() -> String {
    format!(
        r#"(data (i32.const 65480) "{}")
        (func $report
            (i32.store (i32.const 65472) (i32.const 65480))
            (i32.store (i32.const 65476) (i32.const {}))
            (drop (call $write (i32.const 1) (i32.const 65472) (i32.const 1) (i32.const 65532))))"#,
        wat_bytes(EMPTY_REPORT.as_bytes()),
        EMPTY_REPORT.len(),
    )
}

/// Reads all of its input, looks at the clock, takes random bytes, writes what it got in hexadecimal to standard
/// error, and reports nothing.
pub(crate) fn busy() -> Vec<u8> {
    wasm(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            {report}
            (func $write_out (param $at i32) (param $bytes i32)
                (i32.store (i32.const 0) (local.get $at))
                (i32.store (i32.const 4) (local.get $bytes))
                (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))))
            (func (export "_start") (local $n i32) (local $round i32)
                (drop (memory.grow (i32.const 3)))
                (loop $more
                    (i32.store (i32.const 0) (i32.const 1024))
                    (i32.store (i32.const 4) (i32.const 100))
                    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                    (call $write_out (i32.const 1024) (i32.load (i32.const 8)))
                    (br_if $more (i32.load (i32.const 8))))
                (loop $rounds
                    (drop (call $random (i32.const 2048) (i32.const 24)))
                    (drop (call $time (i32.const 0) (i64.const 1) (i32.const 2072)))
                    (i32.store (i32.const 4096) (i32.const 0))
                    (i32.store (i32.const 4112) (i32.const 1))
                    (i64.store (i32.const 4120) (i64.const 1000))
                    (drop (call $poll (i32.const 4096) (i32.const 4200) (i32.const 1) (i32.const 4300)))
                    (call $write_out (i32.const 2048) (i32.const 32))
                    (local.set $n (i32.const 30000))
                    (loop $spin (br_if $spin (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                    (br_if $rounds (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 40))))
                (call $report)))"#,
        report = report_function(),
    ))
}
