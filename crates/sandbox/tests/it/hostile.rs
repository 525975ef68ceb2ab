//! Every way to misbehave that we know, and the outcome that each has.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;

use genesis_abi::{LimitName, Limits, RunOutcome};
use genesis_sandbox::{Cancel, Class};

use crate::guests::{LIMITS, MODULE_LIMITS, SANDBOX, fixture, load, outcome, run_under, says, wasm};
use crate::modules;

/// One file of tests/hostile, the limits it runs under, and what must become of it.
pub(crate) struct Case {
    pub(crate) file: &'static str,
    pub(crate) limits: Limits,
    outcome: &'static str,
    hit: Option<(LimitName, Peak)>,
}

pub(crate) enum Peak {
    Exactly(u64),
    AtLeast(u64),
}

const fn case(file: &'static str, outcome: &'static str) -> Case {
    Case { file, limits: LIMITS, outcome, hit: None }
}

const fn hit(file: &'static str, outcome: &'static str, limit: LimitName, peak: Peak) -> Case {
    Case { file, limits: LIMITS, outcome, hit: Some((limit, peak)) }
}

/// Fuel that nobody uses up, so that only the clock can end the run.
const HURRIED: Limits = Limits { fuel: u64::MAX, wall_time_ms: 50, host_calls: u64::MAX, ..LIMITS };

const fn hurried(file: &'static str) -> Case {
    Case { limits: HURRIED, ..hit(file, "timed_out", LimitName::WallTimeMs, Peak::AtLeast(51)) }
}

pub(crate) const CASES: &[Case] = {
    use LimitName as L;
    use Peak::{AtLeast, Exactly};
    &[
        hit("loop", "out_of_fuel", L::Fuel, AtLeast(LIMITS.fuel + 1)),
        hit("start_loops", "out_of_fuel", L::Fuel, AtLeast(LIMITS.fuel + 1)),
        hit("fill_storm", "out_of_fuel", L::Fuel, AtLeast(LIMITS.fuel + 1)),
        hit("random_flood", "out_of_fuel", L::Fuel, AtLeast(LIMITS.fuel + 1)),
        hurried("loop"),
        hurried("start_loops"),
        hurried("fill_storm"),
        hurried("host_call_storm"),
        hurried("random_flood"),
        hit("sleep_an_hour", "timed_out", L::WallTimeMs, AtLeast(3_600_000)),
        hit("sleep_in_small_steps", "host_call_exceeded", L::HostCalls, Exactly(LIMITS.host_calls + 1)),
        hurried("sleep_in_small_steps"),
        hit("recursion", "stack_overflow", L::StackBytes, Exactly(512 << 10)),
        hit("memory_growth", "memory_exceeded", L::MemoryBytes, Exactly(LIMITS.memory_bytes + (64 << 10))),
        hit("memory_growth_past_4gib", "memory_exceeded", L::MemoryBytes, AtLeast((4 << 30) + 1)),
        hit("huge_memory", "memory_exceeded", L::MemoryBytes, Exactly(4 << 30)),
        hit("table_growth", "table_exceeded", L::TableElements, Exactly(10_002)),
        hit("huge_table", "table_exceeded", L::TableElements, Exactly(9_000_000)),
        hit("stdout_flood", "output_exceeded", L::StdoutBytes, Exactly(LIMITS.stdout_bytes + 4096)),
        hit("stderr_flood", "output_exceeded", L::StderrBytes, Exactly(LIMITS.stderr_bytes + 4096)),
        hit("host_call_storm", "host_call_exceeded", L::HostCalls, Exactly(LIMITS.host_calls + 1)),
        case("start_traps", "trapped"),
        case("data_outside", "trapped"),
        case("divide_by_zero", "trapped"),
        case("out_of_bounds", "trapped"),
        case("null_call", "trapped"),
        case("no_start", "failed"),
        case("start_of_another_type", "failed"),
        case("denied_import", "denied_import"),
        case("type_mismatch", "invalid_module"),
        case("many_tables", "module_too_complex"),
    ]
};

fn value(limits: &Limits, name: LimitName) -> u64 {
    match name {
        LimitName::Fuel => limits.fuel,
        LimitName::WallTimeMs => limits.wall_time_ms,
        LimitName::MemoryBytes => limits.memory_bytes,
        LimitName::TableElements => limits.table_elements,
        LimitName::StackBytes => Class::Small.stack_bytes(),
        LimitName::StdoutBytes => limits.stdout_bytes,
        LimitName::StderrBytes => limits.stderr_bytes,
        LimitName::HostCalls => limits.host_calls,
        other => panic!("{other} is no limit of a run"),
    }
}

fn outcome_of(case: &Case) -> RunOutcome {
    let guest = match load(&fixture(case.file)) {
        Ok(guest) => guest,
        Err(outcome) => return outcome,
    };
    let run = run_under(&guest, b"{}", &case.limits);
    let usage = &run.usage;
    assert!(usage.fuel <= case.limits.fuel, "{}", case.file);
    assert!(usage.peak_memory_bytes <= case.limits.memory_bytes, "{}", case.file);
    assert!(usage.peak_table_elements <= case.limits.table_elements, "{}", case.file);
    assert!(usage.stdout_bytes <= case.limits.stdout_bytes, "{}", case.file);
    assert!(usage.stderr_bytes <= case.limits.stderr_bytes, "{}", case.file);
    assert_eq!(usage.stdout_bytes, run.stdout.len() as u64, "{}", case.file);
    assert_eq!(usage.host_call_log.len(), 64, "{}", case.file);
    assert!(run.report.is_none(), "{}", case.file);
    let real = Duration::from_micros(usage.wall_time_us.unwrap());
    assert!(
        real < Duration::from_millis(case.limits.wall_time_ms) + Duration::from_secs(2),
        "{}: {real:?}",
        case.file
    );
    run.outcome
}

#[test]
fn every_fixture_has_its_outcome_limit_and_peak() {
    for case in CASES {
        let outcome = outcome_of(case);
        assert_eq!(outcome.name(), case.outcome, "{}: {outcome:?}", case.file);
        match (&case.hit, outcome.limit_hit()) {
            (None, None) => {}
            (Some((name, peak)), Some(hit)) => {
                assert_eq!(hit.limit, *name, "{}", case.file);
                assert_eq!(hit.value, value(&case.limits, *name), "{}", case.file);
                match peak {
                    Peak::Exactly(peak) => assert_eq!(hit.peak, *peak, "{}", case.file),
                    Peak::AtLeast(peak) => assert!(hit.peak >= *peak, "{}: {hit:?}", case.file),
                }
            }
            (_, hit) => panic!("{}: {hit:?}", case.file),
        }
    }
}

#[test]
fn every_fixture_is_in_the_table() {
    let folder = format!("{}/tests/hostile", env!("CARGO_MANIFEST_DIR"));
    let files: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let listed: BTreeSet<String> = CASES.iter().map(|case| case.file.to_owned()).collect();
    assert_eq!(files, listed);
}

/// The match makes a new variant fail to compile here until it has a fixture.
#[test]
fn every_outcome_is_produced_by_a_fixture() {
    let mut outcomes: Vec<RunOutcome> = CASES.iter().map(outcome_of).collect();
    outcomes.push(outcome(&says(crate::guests::EMPTY_REPORT.as_bytes(), b"", 0)));
    outcomes.push(outcome(&modules::nested(1_000)));
    let cancel = Cancel::new();
    cancel.cancel();
    let guest = load(&fixture("loop")).unwrap();
    outcomes.push(SANDBOX.run(&guest, b"", &LIMITS, 0, &cancel).unwrap().outcome);

    let produced: BTreeSet<u32> = outcomes
        .iter()
        .map(|outcome| match outcome {
            RunOutcome::Completed => 0,
            RunOutcome::Failed { .. } => 1,
            RunOutcome::Trapped { .. } => 2,
            RunOutcome::OutOfFuel(_) => 3,
            RunOutcome::TimedOut(_) => 4,
            RunOutcome::MemoryExceeded(_) => 5,
            RunOutcome::TableExceeded(_) => 6,
            RunOutcome::StackOverflow(_) => 7,
            RunOutcome::OutputExceeded(_) => 8,
            RunOutcome::HostCallExceeded(_) => 9,
            RunOutcome::DeniedImport { .. } => 10,
            RunOutcome::InvalidModule { .. } => 11,
            RunOutcome::ModuleTooComplex { .. } => 12,
            RunOutcome::Cancelled => 13,
        })
        .collect();
    assert_eq!(produced, (0..14).collect());
}

#[test]
fn a_trap_is_named() {
    for (file, name) in [
        ("start_traps", "wasm `unreachable` instruction executed"),
        ("data_outside", "out of bounds memory access"),
        ("divide_by_zero", "integer divide by zero"),
        ("out_of_bounds", "out of bounds memory access"),
        ("null_call", "uninitialized element"),
    ] {
        assert_eq!(outcome(&fixture(file)), RunOutcome::Trapped { trap: name.to_owned() }, "{file}");
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
    let guests: Vec<_> = CASES
        .iter()
        .filter(|case| case.limits.fuel == LIMITS.fuel)
        .filter_map(|case| load(&fixture(case.file)).ok())
        .collect();
    let limits = Limits { fuel: 2_000_000, ..LIMITS };
    let round = || guests.iter().for_each(|guest| drop(run_under(guest, b"{}", &limits)));
    round();
    let before = resident();
    (0..20).for_each(|_| round());
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more after 20 rounds");
}
