//! Guests that misbehave, beyond what is said of each in `sandbox-guests/hostile`: `genesis doctor` and its test run those.

use std::collections::BTreeSet;
use std::fs;
use std::thread;

use genesis_abi::{LimitName, Limits, RunOutcome};
use genesis_guests::hostile;
use genesis_sandbox::{Cancel, Class};

use crate::guests::{LIMITS, MODULE_LIMITS, SANDBOX, fixture, load, outcome, run_under, wasm};

/// Fuel that nobody uses up, so that only the clock can end the run.
const HURRIED: Limits = Limits { fuel: u64::MAX, wall_time_ms: 50, host_calls: u64::MAX, ..LIMITS };

/// The match makes a new variant fail to compile here until there is a guest that ends so.
#[test]
fn every_outcome_but_that_of_good_guests_and_of_an_interrupt_is_some_guests() {
    let named = |outcome: &RunOutcome| match outcome {
        RunOutcome::Completed | RunOutcome::Cancelled => None,
        RunOutcome::Failed { .. } => Some("failed"),
        RunOutcome::Trapped { .. } => Some("trapped"),
        RunOutcome::OutOfFuel(_) => Some("out_of_fuel"),
        RunOutcome::TimedOut(_) => Some("timed_out"),
        RunOutcome::MemoryExceeded(_) => Some("memory_exceeded"),
        RunOutcome::TableExceeded(_) => Some("table_exceeded"),
        RunOutcome::StackOverflow(_) => Some("stack_overflow"),
        RunOutcome::OutputExceeded(_) => Some("output_exceeded"),
        RunOutcome::HostCallExceeded(_) => Some("host_call_exceeded"),
        RunOutcome::DeniedImport { .. } => Some("denied_import"),
        RunOutcome::InvalidModule { .. } => Some("invalid_module"),
        RunOutcome::ModuleTooComplex { .. } => Some("module_too_complex"),
    };
    assert_eq!(named(&outcome(&fixture("loop"))), Some("out_of_fuel"));
    let expected: BTreeSet<&str> = hostile::ALL.iter().map(|guest| guest.expected.outcome).collect();
    assert_eq!(expected.len(), 12, "{expected:?}");
}

/// Every limit of a run and of a module is run into by some guest.
#[test]
fn every_limit_is_some_guests() {
    let of_all = LIMITS.each().chain(MODULE_LIMITS.each()).map(|(name, _)| name);
    for name in of_all.chain([LimitName::StackBytes]) {
        assert!(hostile::ALL.iter().any(|guest| guest.expected.limit == Some(name)), "{name}");
    }
}

/// The guests that misbehave, as text, beside the file that describes them.
#[test]
fn no_text_of_a_guest_lies_about_unused() {
    let folder = format!("{}/../../sandbox-guests/hostile", env!("CARGO_MANIFEST_DIR"));
    let described = fs::read_to_string(format!("{folder}/hostile.toml")).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "wat") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let line = |key: &str| format!("{key} = \"{name}\"\n");
            assert!(described.contains(&line("name")) || described.contains(&line("file")), "{name}");
        }
    }
}

/// What a guest did before it ran out of fuel is no more than what its fuel paid for, counted by the host alone.
#[test]
fn what_a_guest_does_is_paid_for_before_it_is_done() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\10\00\00\00\40\00\00\00")
        (func (export "_start") (loop $again
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (br $again))))"#;
    let guest = load(&wasm(text)).unwrap();
    for fuel in [1_000, 10_000, 1_000_000] {
        let run = run_under(&guest, b"", &Limits { fuel, stdout_bytes: 16 << 20, ..LIMITS });
        assert_eq!(run.outcome.name(), "out_of_fuel");
        let writes = run.stdout.len() as u64 / 64;
        let price = genesis_sandbox::HOST_CALL_FUEL
            + genesis_sandbox::HOST_ITEM_FUEL
            + 64 * genesis_sandbox::HOST_BYTE_FUEL;
        assert!(writes > 0 && writes * price <= fuel, "{writes} writes for {fuel}");
    }
}

#[test]
fn a_denied_growth_ends_the_run() {
    // The guest would go on and report after a growth that failed; it does not come to that.
    let text = r#"(module
        (memory (export "memory") 1)
        (func (export "_start")
            (if (i32.eq (memory.grow (i32.const 1000)) (i32.const -1)) (then unreachable))))"#;
    assert_eq!(outcome(&wasm(text)).name(), "memory_exceeded");
}

#[test]
fn a_growth_past_the_modules_own_maximum_is_an_ordinary_failure() {
    let text = r#"(module
        (memory (export "memory") 1 2)
        (table $t 1 2 funcref)
        (func (export "_start")
            (if (i32.ne (memory.grow (i32.const 40000)) (i32.const -1)) (then unreachable))
            (if (i32.ne (table.grow $t (ref.null func) (i32.const 40000)) (i32.const -1)) (then unreachable))))"#;
    let guest = load(&wasm(text)).unwrap();
    let run = run_under(&guest, b"", &LIMITS);
    assert_eq!(run.outcome.name(), "failed", "it ran to its end and reported nothing: {:?}", run.outcome);
    assert_eq!((run.usage.peak_memory_bytes, run.usage.peak_table_elements), (64 << 10, 1));
}

#[test]
fn memory_up_to_the_limit_is_given() {
    let text = r#"(module
        (memory (export "memory") 1)
        (func (export "_start")
            (if (i32.ne (memory.grow (i32.const 255)) (i32.const 1)) (then unreachable))
            (i32.store (i32.const 16777212) (i32.const 1))))"#;
    let guest = load(&wasm(text)).unwrap();
    let run = run_under(&guest, b"", &LIMITS);
    assert_eq!(run.outcome.name(), "failed", "{:?}", run.outcome);
    assert_eq!(run.usage.peak_memory_bytes, LIMITS.memory_bytes);
}

#[test]
fn straight_line_code_cannot_hide_from_the_clock() {
    let fill = "(memory.fill (i32.const 0) (i32.const 7) (i32.const 15728640))";
    let text =
        format!(r#"(module (memory (export "memory") 240) (func (export "_start") {}))"#, fill.repeat(900));
    let guest = load(&wasm(&text)).unwrap();
    let run = run_under(&guest, b"", &HURRIED);
    assert_eq!(run.outcome.name(), "timed_out", "{:?}", run.outcome);
    assert!(run.usage.wall_time_us.unwrap() < 1_000_000, "{:?}", run.usage);
}

#[test]
fn a_sleep_takes_no_time() {
    let guest = load(&fixture("sleep_an_hour")).unwrap();
    let run = run_under(&guest, b"", &LIMITS);
    assert_eq!(run.outcome.name(), "timed_out");
    assert!(run.usage.wall_time_us.unwrap() < 1_000_000);
}

#[test]
fn a_sleep_within_the_limit_lets_the_run_go_on() {
    let guest = load(&fixture("sleep_an_hour")).unwrap();
    let run = run_under(&guest, b"", &Limits { wall_time_ms: 4_000_000, ..LIMITS });
    assert_eq!(run.outcome.name(), "failed", "it has nothing to report: {:?}", run.outcome);
}

#[test]
fn a_larger_class_recurses_deeper() {
    let text = r#"(module
        (memory (export "memory") 1)
        (func $down (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
                (else (i32.const 0))))
        (func (export "_start") (drop (call $down (i32.const 60000)))))"#;
    let small = load(&wasm(text)).unwrap();
    let large = SANDBOX.load(&wasm(text), Class::Large, &MODULE_LIMITS).unwrap().unwrap();
    assert_eq!(run_under(&small, b"", &LIMITS).outcome.name(), "stack_overflow");
    assert_eq!(
        run_under(&large, b"", &LIMITS).outcome.name(),
        "failed",
        "it came back and had nothing to report"
    );
}

#[test]
fn a_cancelled_run_ends() {
    let guest = load(&fixture("loop")).unwrap();
    let limits = Limits { fuel: u64::MAX, wall_time_ms: 600_000, ..LIMITS };
    let cancel = Cancel::new();
    thread::scope(|scope| {
        let run = scope.spawn(|| SANDBOX.run(&guest, b"", &limits, 0, &cancel).unwrap());
        cancel.cancel();
        assert_eq!(run.join().unwrap().outcome, RunOutcome::Cancelled);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn misbehaving_guests_leave_the_hosts_memory_as_it_was() {
    let resident = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let guests: Vec<_> = hostile::ALL
        .iter()
        .filter(|guest| guest.limits.fuel == LIMITS.fuel && guest.class == "small" && guest.size < 100_000)
        .filter_map(|guest| load(&guest.wasm()).ok())
        .collect();
    assert!(guests.len() > 40, "{} guests", guests.len());
    let limits = Limits { fuel: 2_000_000, ..LIMITS };
    let round = || guests.iter().for_each(|guest| drop(run_under(guest, b"{}", &limits)));
    round();
    let before = resident();
    (0..20).for_each(|_| round());
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more after 20 rounds");
}
