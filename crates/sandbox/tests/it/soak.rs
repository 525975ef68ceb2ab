//! The long count: a million runs, and the host as it was.

#![cfg(target_os = "linux")]

use std::fs;
use std::thread;

use genesis_abi::Limits;
use genesis_guests::hostile;
use genesis_sandbox::{Cancel, Guest};

use crate::guests::{EMPTY_REPORT, LIMITS, SANDBOX, load, says};

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
            for _ in 0..THREADS {
                scope.spawn(|| runs(count / THREADS, &good, &hostile));
            }
        });
    };
    all(RUNS / 20);
    let before = host();
    all(RUNS);
    let after = host();
    let grown = after.0.saturating_sub(before.0);
    assert!(grown < MOST_GROWTH_KIB, "{grown} KiB more");
    assert_eq!((after.1, after.2), (before.1, before.2), "file descriptors and threads");
    println!(
        "SOAK runs-in-a-row {RUNS} flat: {grown} KiB of memory more, as many file descriptors and threads, {} kinds of guests \
         that misbehave among them",
        hostile.len()
    );
}
