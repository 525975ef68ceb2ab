//! The long count: a million runs, and the host as it was.

#![cfg(target_os = "linux")]

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use genesis_abi::{
    ABI_VERSION, Input, Limits, ModuleLimits, RunOutcome, Subject, TemplateText, ValidateInput,
};
use genesis_guests::hostile;
use genesis_sandbox::{Cancel, Class, Guest, Sandbox, SandboxConfig, WorkerConfig};

use crate::guests::{EMPTY_REPORT, LIMITS, MODULE_LIMITS, SANDBOX, load, says, wasm};
use crate::workers;

const RUNS: u64 = 1_000_000;
const THREADS: u64 = 2;

/// One of so many runs is of a guest that misbehaves.
const HOSTILE_EVERY: u64 = 50;

/// Resident memory that the host may have more after all runs than after the first ones.
const MOST_GROWTH_KIB: u64 = 8 << 10;

/// Resident memory in KiB, file descriptors, threads.
fn host() -> (u64, usize, u64) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| {
        let rest = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        rest.split_whitespace().next().unwrap().parse::<u64>().unwrap()
    };
    (field("VmRSS:"), fs::read_dir("/proc/self/fd").unwrap().count(), field("Threads:"))
}

/// The same, once threads that were joined are gone from the system's count as well: it forgets them a little later.
fn settled() -> (u64, usize, u64) {
    let mut last = host();
    loop {
        thread::sleep(Duration::from_millis(100));
        let now = host();
        if (now.1, now.2) == (last.1, last.2) {
            return now;
        }
        last = now;
    }
}

fn runs(count: u64, good: &Guest, hostile: &[Guest]) {
    let hasty = Limits { fuel: 100_000, ..LIMITS };
    for run in 0..count {
        let (guest, limits) = if run % HOSTILE_EVERY == 0 {
            (&hostile[usize::try_from(run / HOSTILE_EVERY).unwrap() % hostile.len()], &hasty)
        } else {
            (good, &LIMITS)
        };
        let ran = SANDBOX.run(guest, b"{}", limits, run, &Cancel::new()).unwrap();
        assert_eq!(ran.outcome.is_completed(), run % HOSTILE_EVERY != 0, "{:?}", ran.outcome);
    }
}

#[test]
#[ignore = "soak: a million runs"]
fn a_million_runs_leave_the_host_as_it_was() {
    let good = load(&says(EMPTY_REPORT.as_bytes(), b"", 0)).unwrap();
    let hostile: Vec<Guest> = hostile::ALL
        .iter()
        .filter(|guest| guest.class == "small" && guest.size < 100_000 && !guest.is_against_the_clock())
        .filter(|guest| guest.expected.outcome != "completed")
        .filter_map(|guest| load(&guest.wasm()).ok())
        .collect();
    let all = |count: u64| {
        thread::scope(|scope| {
            let run = || scope.spawn(|| runs(count / THREADS, &good, &hostile));
            let threads: Vec<_> = (0..THREADS).map(|_| run()).collect();
            // The scope alone waits for their work, not for their end.
            for thread in threads {
                thread.join().unwrap();
            }
        });
    };
    all(RUNS / 20);
    let before = settled();
    all(RUNS);
    let after = settled();
    let grown = after.0.saturating_sub(before.0);
    assert!(grown < MOST_GROWTH_KIB, "{grown} KiB more");
    assert_eq!((after.1, after.2), (before.1, before.2), "file descriptors and threads");
    println!(
        "SOAK runs-in-a-row {RUNS} flat: {grown} KiB of memory more, as many file descriptors and threads, {} kinds of guests \
         that misbehave among them",
        hostile.len()
    );
}

const INSTANCES: u32 = 1_000;
/// What each of them touches of its memory.
const TOUCHED_KIB: u64 = 64;
/// Resident memory that the whole process may have then.
const MOST_RESIDENT_KIB: u64 = 200_000;

#[test]
#[ignore = "soak: a thousand instances at once"]
fn a_thousand_live_instances_fit_into_little_memory() {
    let sandbox = Sandbox::new(SandboxConfig { slots: INSTANCES, cache_dir: None }).unwrap();
    // As much memory as a guest in Rust begins with.
    let module = wasm(&format!(
        r#"(module
            (memory (export "memory") 17)
            (func (export "_start") (local $at i32)
                (loop $touch
                    (i32.store8 (local.get $at) (i32.const 1))
                    (local.set $at (i32.add (local.get $at) (i32.const 4096)))
                    (br_if $touch (i32.lt_u (local.get $at) (i32.const {}))))
                (loop $forever (br $forever))))"#,
        TOUCHED_KIB << 10
    ));
    let guest = sandbox.load(&module, Class::Small, &MODULE_LIMITS).unwrap().unwrap();
    let limits = Limits { fuel: 1 << 60, wall_time_ms: 600_000, ..LIMITS };
    let (cancel, before) = (Cancel::new(), host().0);
    let resident = thread::scope(|scope| {
        for seed in 0..INSTANCES {
            let (sandbox, guest, limits, cancel) = (&sandbox, &guest, &limits, &cancel);
            let run = move || {
                let run = sandbox.run(guest, b"", limits, seed.into(), cancel).unwrap();
                assert_eq!(run.outcome, RunOutcome::Cancelled);
            };
            thread::Builder::new().stack_size(512 << 10).spawn_scoped(scope, run).unwrap();
        }
        // Each has touched its memory, so all are there at once.
        while host().0 < before + u64::from(INSTANCES) * TOUCHED_KIB {
            thread::sleep(Duration::from_millis(100));
        }
        thread::sleep(Duration::from_secs(1));
        let resident = host().0;
        cancel.cancel();
        resident
    });
    assert!(resident < MOST_RESIDENT_KIB, "{resident} KiB are resident");
    println!(
        "SOAK instances-at-once {INSTANCES} {} MiB resident, {TOUCHED_KIB} KiB touched by each",
        resident >> 10
    );
}

const ROUND_TRIPS: usize = 5_000;

/// A worker may take this many times as long as this process, on a machine that does nothing else.
const MOST_TIMES: f64 = 2.0;

/// A template of about 20 KB, for the validator.
fn input() -> Vec<u8> {
    let requirement =
        "Every public function says what it does, what it needs and how it fails, in one sentence each.";
    let requirements = vec![requirement; 200];
    let text =
        serde_json::json!({ "id": "service", "version": "1.0.0", "requirements": requirements }).to_string();
    let subject = Subject::Template(ValidateInput {
        template: TemplateText { path: "service.json".to_owned(), text, ..TemplateText::default() },
        baseline: None,
        profile: "standard".to_owned(),
        promoted: Vec::new(),
    });
    serde_json::to_vec(&Input { abi: ABI_VERSION, read: None, subject }).unwrap()
}

/// The median and the 99th of 100.
fn middle_and_end(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    [times.len() / 2, times.len() * 99 / 100].map(|at| times[at].as_secs_f64() * 1e6)
}

#[test]
#[ignore = "soak: runs here and in a worker, by turns"]
#[expect(clippy::disallowed_methods, reason = "the test is about time")]
fn a_run_in_a_worker_takes_little_more_than_one_in_this_process() {
    let limits = Limits { memory_bytes: 64 << 20, ..LIMITS };
    let config = WorkerConfig { largest: limits, workers: 1, ..workers::config("round-trips") };
    let validator = &genesis_guests::VALIDATE_TEMPLATE;
    assert!(validator.missing().is_none(), "{:?}", validator.missing());
    let empty = says(EMPTY_REPORT.as_bytes(), b"", 0);
    let unmeasured = ModuleLimits::of(|_| u64::MAX);
    for (name, wasm, input) in [("empty", &*empty, b"{}".to_vec()), ("validator", &validator.wasm(), input())]
    {
        let here = SANDBOX.load(wasm, Class::Small, &unmeasured).unwrap().unwrap();
        let there = SANDBOX.load_in_worker(wasm, Class::Small, &unmeasured, &config).unwrap().unwrap();
        let timed = |guest: &Guest| {
            let started = Instant::now();
            let run = SANDBOX.run(guest, &input, &limits, 0, &Cancel::new()).unwrap();
            (started.elapsed(), run)
        };
        let (mut in_process, mut in_worker) = (Vec::new(), Vec::new());
        for _ in 0..ROUND_TRIPS {
            let [one, other] = [timed(&here), timed(&there)];
            assert!(one.1.outcome.is_completed(), "{:?}", one.1.outcome);
            assert_eq!((one.1.usage.fuel, one.1.stdout), (other.1.usage.fuel, other.1.stdout));
            in_process.push(one.0);
            in_worker.push(other.0);
        }
        let [here, here_99] = middle_and_end(in_process);
        let [there, there_99] = middle_and_end(in_worker);
        // A guest that does nothing is all round trip.
        assert!(name == "empty" || there < here * MOST_TIMES, "{name}: {there:.1} us for {here:.1} us");
        println!(
            "SOAK worker-{name} {ROUND_TRIPS} p50 {there:.1} us, in this process {here:.1} us ({:.2} times); \
             p99 {there_99:.1} us and {here_99:.1} us",
            there / here
        );
    }
}
