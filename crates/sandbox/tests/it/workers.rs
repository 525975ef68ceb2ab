//! Guests in worker processes: the same runs, and a host that survives whatever a worker does.

mod answers;
mod escape;
mod processes;

use std::thread;
use std::time::{Duration, Instant};

use genesis_abi::{LimitHit, LimitName, Limits, ModuleLimits, RunOutcome};
use genesis_guests::hostile;
use genesis_sandbox::{
    Cancel, Class, Guest, Run, SandboxError, WorkerCommand, WorkerConfig, available_lockdown,
};

use crate::guests::{
    EMPTY_REPORT, LIMITS, MODULE_LIMITS, SANDBOX, busy, fixture, load, report_function, says, wasm,
};
use crate::{components, modules};
use processes::{Watched, kill, named, open_files, threads, unreaped};

const PROGRAM: &str = env!("CARGO_BIN_EXE_genesis-sandbox-worker");

/// Workers whose processes carry a mark, so that a test knows its own.
pub(crate) fn config(mark: &str) -> WorkerConfig {
    WorkerConfig {
        command: WorkerCommand { program: PROGRAM.into(), arguments: vec!["serve".into(), mark.into()] },
        workers: 2,
        compile_time_ms: 60_000,
        largest: LIMITS,
        required: false,
    }
}

fn load_with(wasm: &[u8], config: &WorkerConfig) -> Result<Guest, RunOutcome> {
    SANDBOX.load_in_worker(wasm, Class::Small, &MODULE_LIMITS, config).unwrap()
}

fn run(guest: &Guest, limits: &Limits) -> Result<Run, SandboxError> {
    SANDBOX.run(guest, b"{}", limits, 7, &Cancel::new())
}

/// A guest that never ends, and limits that let it.
fn endless() -> (Vec<u8>, Limits) {
    (fixture("loop"), Limits { fuel: u64::MAX, wall_time_ms: 600_000, ..LIMITS })
}

/// Reads all of its input at once, writes it to standard error, and reports nothing.
fn echo() -> Vec<u8> {
    wasm(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 64)
            {report}
            (func (export "_start")
                (i32.store (i32.const 0) (i32.const 65536))
                (i32.store (i32.const 4) (i32.const 4000000))
                (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                (i32.store (i32.const 4) (i32.load (i32.const 8)))
                (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
                (call $report)))"#,
        report = report_function(),
    ))
}

/// Everything about a run but how long it took.
fn seen(run: &Run) -> String {
    let usage = run.usage.without_wall_time();
    let report = run.report.as_ref().map(|report| serde_json::to_string(report).unwrap());
    format!("{:?} {usage:?} {report:?} {:?} {:?}", run.outcome, run.stdout, run.stderr)
}

#[test]
fn every_hostile_guest_ends_in_a_worker_as_it_does_here() {
    let config = config("every-hostile-fixture");
    // Those that are refused before they are compiled never see a worker, and the large ones are most of them.
    for case in hostile::ALL.iter().filter(|case| case.class == "small" && case.size < 100_000) {
        let wasm = case.wasm();
        let (here, there) = match (load(&wasm), load_with(&wasm, &config)) {
            (Ok(here), Ok(there)) => (here, there),
            (here, there) => {
                assert_eq!(here.unwrap_err(), there.unwrap_err(), "{}", case.name);
                continue;
            }
        };
        let (here, there) = (run(&here, &case.limits).unwrap(), run(&there, &case.limits).unwrap());
        match &here.outcome {
            // The two outcomes that are about real time, or about a stack that is another one.
            RunOutcome::TimedOut(hit) => {
                let other = there.outcome.limit_hit().unwrap();
                assert_eq!(there.outcome.name(), "timed_out", "{}", case.name);
                assert_eq!((hit.limit, hit.value), (other.limit, other.value), "{}", case.name);
            }
            RunOutcome::StackOverflow(_) => assert_eq!(here.outcome, there.outcome, "{}", case.name),
            _ => assert_eq!(seen(&here), seen(&there), "{}", case.name),
        }
    }
}

#[test]
fn a_run_in_a_worker_is_bit_for_bit_the_run_in_this_process() {
    let config = config("bit-for-bit");
    let component = components::busy();
    let quiet = says(EMPTY_REPORT.as_bytes(), b"\xff\0 log", 0);
    let failing = says(b"no report", b"why", 9);
    let long = says(&[b'[', b' '].repeat(90_000), b"", 0);
    let limits = Limits { stdout_bytes: 1 << 20, stderr_bytes: 4 << 20, ..LIMITS };
    let large = vec![b'x'; 3_000_001];
    for (name, wasm) in
        [("busy", busy()), ("quiet", quiet), ("failing", failing), ("long", long), ("component", component)]
    {
        let (here, there) = (load(&wasm).unwrap(), load_with(&wasm, &config).unwrap());
        assert_eq!((here.digest(), here.class()), (there.digest(), there.class()));
        assert!(here.lockdown().is_none() && there.lockdown().is_some());
        for (input, seed) in [(&b""[..], 0), (&[b'y'; 1_000], 7), (&large[..100_000], u64::MAX)] {
            let limits = if name == "busy" { LIMITS } else { limits };
            let of = |guest| seen(&SANDBOX.run(guest, input, &limits, seed, &Cancel::new()).unwrap());
            assert_eq!(of(&here), of(&there), "{name}, {} bytes", input.len());
        }
    }
    let (here, there) = (load(&echo()).unwrap(), load_with(&echo(), &config).unwrap());
    let of = |guest| SANDBOX.run(guest, &large, &limits, 0, &Cancel::new()).unwrap();
    let (here, there) = (of(&here), of(&there));
    assert_eq!(there.outcome, RunOutcome::Completed);
    assert!(there.stderr == large, "all of it went in and came out: {} bytes", there.stderr.len());
    assert_eq!(seen(&here), seen(&there));
}

#[test]
fn a_worker_gives_a_guest_as_much_memory_as_the_limits_do() {
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            {}
            (func (export "_start")
                (if (i32.ne (memory.grow (i32.const 65535)) (i32.const 1)) (then unreachable))
                (i32.store (i32.const 4294967292) (i32.const 1))
                (call $report)))"#,
        report_function()
    );
    let limits = Limits { memory_bytes: 4 << 30, ..LIMITS };
    let guest = load_with(&wasm(&text), &WorkerConfig { largest: limits, ..config("memory") }).unwrap();
    let run = run(&guest, &limits).unwrap();
    assert_eq!(run.outcome, RunOutcome::Completed, "{run:?}");
    assert_eq!(run.usage.peak_memory_bytes, 4 << 30);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is about time")]
fn a_module_that_compiles_for_too_long_is_killed_on_time_and_the_next_run_succeeds() {
    let bomb = modules::slow_to_compile();
    let config = WorkerConfig { compile_time_ms: 300, ..config("bomb") };
    let started = Instant::now();
    let refused = load_with(&bomb, &config).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(2), "refused without compiling: {:?}", started.elapsed());
    let RunOutcome::ModuleTooComplex { limits, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(limits[0].limit, LimitName::Locals);

    let unmeasured = ModuleLimits::of(|_| u64::MAX);
    let started = Instant::now();
    let killed = SANDBOX.load_in_worker(&bomb, Class::Small, &unmeasured, &config).unwrap().unwrap_err();
    let elapsed = started.elapsed();
    let RunOutcome::ModuleTooComplex { limits, .. } = killed else { panic!("{killed:?}") };
    let [LimitHit { limit: LimitName::CompileTimeMs, value: 300, peak }] = limits[..] else {
        panic!("{limits:?}")
    };
    assert!(peak >= 300 && elapsed < Duration::from_secs(15), "{peak} ms, {elapsed:?} in all");
    assert!(named("serve", "bomb").is_empty());

    let guest = load_with(&says(EMPTY_REPORT.as_bytes(), b"", 0), &self::config("bomb")).unwrap();
    assert_eq!(run(&guest, &LIMITS).unwrap().outcome, RunOutcome::Completed);
}

#[test]
fn a_worker_that_is_killed_fails_its_run_and_no_other() {
    let mark = "killed";
    let (wasm, limits) = endless();
    let guest = load_with(&wasm, &config(mark)).unwrap();
    let killed = thread::scope(|scope| {
        let run = scope.spawn(|| run(&guest, &limits));
        while !run.is_finished() {
            named("serve", mark).into_iter().for_each(kill);
            thread::yield_now();
        }
        run.join().unwrap()
    });
    let error = killed.unwrap_err();
    assert!(matches!(error, SandboxError::Worker(_)), "{error:?}");
    assert!(error.to_string().ends_with("it was killed"), "{error}");
    assert_eq!(run(&guest, &LIMITS).unwrap().outcome.name(), "out_of_fuel");
}

#[test]
fn a_worker_that_died_while_it_was_idle_is_replaced() {
    let guest = load_with(&busy(), &config("idle")).unwrap();
    let before = run(&guest, &LIMITS).unwrap();
    let [pid] = named("serve", "idle")[..] else { panic!("one worker ran") };
    let watched = Watched::new(pid);
    kill(pid);
    watched.ended();
    assert_eq!(seen(&run(&guest, &LIMITS).unwrap()), seen(&before));
    assert!(named("serve", "idle")[..] != [pid]);
}

#[test]
fn a_run_past_its_time_is_ended_by_the_worker_itself() {
    let (wasm, limits) = endless();
    let guest = load_with(&wasm, &config("late")).unwrap();
    let run = run(&guest, &Limits { wall_time_ms: 20, ..limits }).unwrap();
    assert_eq!(run.outcome.name(), "timed_out");
    assert!(run.usage.fuel > 0, "what it used is known, because the worker was not killed");
    assert_eq!(named("serve", "late").len(), 1);
}

#[test]
fn runs_that_wait_get_a_second_worker_and_a_wish_to_stop_ends_both() {
    let mark = "second";
    let (wasm, limits) = endless();
    let guest = load_with(&wasm, &config(mark)).unwrap();
    let cancel = Cancel::new();
    let run = || SANDBOX.run(&guest, b"", &limits, 0, &cancel).unwrap();
    thread::scope(|scope| {
        let runs = [scope.spawn(run), scope.spawn(run), scope.spawn(run)];
        let mut most = 0;
        while most < 2 {
            most = named("serve", mark).len();
            thread::yield_now();
        }
        assert_eq!(most, 2, "and no more than may be");
        cancel.cancel();
        for run in runs {
            let run = run.join().unwrap();
            assert_eq!(run.outcome, RunOutcome::Cancelled);
            assert!(run.report.is_none() && run.stdout.is_empty());
        }
    });
    assert!(named("serve", mark).is_empty(), "whoever was stopped is gone");
    assert_eq!(self::run(&guest, &LIMITS).unwrap().outcome.name(), "out_of_fuel");
}

#[test]
fn many_runs_from_many_threads_are_one_run() {
    let guest = load_with(&busy(), &config("many")).unwrap();
    let first = seen(&run(&guest, &LIMITS).unwrap());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..40).for_each(|_| assert_eq!(seen(&run(&guest, &LIMITS).unwrap()), first)));
        }
    });
    assert!((1..=2).contains(&named("serve", "many").len()));
}

#[test]
fn nothing_is_left_of_a_guest_that_is_dropped() {
    let round = || {
        let guest = load_with(&busy(), &config("left")).unwrap();
        assert_eq!(run(&guest, &LIMITS).unwrap().outcome, RunOutcome::Completed);
        let (wasm, limits) = endless();
        let endless = load_with(&wasm, &config("left")).unwrap();
        assert_eq!(
            run(&endless, &Limits { wall_time_ms: 10, ..limits }).unwrap().outcome.name(),
            "timed_out"
        );
        assert_eq!(named("serve", "left").len(), 2);
    };
    round();
    let before = (open_files(), threads());
    (0..3).for_each(|_| round());
    assert_eq!((open_files(), threads()), before);
    assert!(named("serve", "left").is_empty());
    assert_eq!(unreaped(), 0);
}

#[test]
fn a_program_that_cannot_be_started_is_a_failure_of_the_host() {
    let mut config = config("no-program");
    config.command.program = "/no/such/program".into();
    let error = SANDBOX.load_in_worker(&busy(), Class::Small, &MODULE_LIMITS, &config).unwrap_err();
    assert!(error.to_string().contains("/no/such/program cannot be started"), "{error}");
    config.command =
        WorkerCommand { program: PROGRAM.into(), arguments: vec!["neither".into(), "nor".into()] };
    let error = available_lockdown(&config).unwrap_err();
    assert!(error.to_string().contains("ended by itself, with exit status: 2"), "{error}");
}
