//! The same guest, input, seed and limits give the same run.

use std::thread;

use genesis_abi::{Limits, Usage};
use genesis_sandbox::{Cancel, Class, Guest, Sandbox, SandboxConfig};

use crate::guests::{LIMITS, busy, fixture, load, run_under, trusted};

type Seen = (&'static str, Usage, Vec<u8>, Vec<u8>);

fn see(sandbox: &Sandbox, guest: &Guest, limits: &Limits, seed: u64) -> Seen {
    let run = sandbox.run(guest, &[b'x'; 1_000], limits, seed, &Cancel::new()).unwrap();
    (run.outcome.name(), run.usage.without_wall_time(), run.stdout, run.stderr)
}

fn sandbox(cache: &std::path::Path) -> Sandbox {
    Sandbox::new(SandboxConfig { slots: 2, cache_dir: Some(cache.join("cache")) }).unwrap()
}

#[test]
fn fifty_runs_in_two_threads_cold_and_from_the_cache_are_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = busy();
    let mut seen = Vec::new();
    for _ in ["cold", "from the cache"] {
        let sandbox = sandbox(folder.path());
        let guest = trusted(&sandbox, &wasm, Class::Small);
        let (first, second) = thread::scope(|scope| {
            let runs = || (0..50).map(|_| see(&sandbox, &guest, &LIMITS, 7)).collect::<Vec<_>>();
            let (first, second) = (scope.spawn(runs), scope.spawn(runs));
            (first.join().unwrap(), second.join().unwrap())
        });
        seen.extend(first);
        seen.extend(second);
    }
    assert_eq!(seen.len(), 200);
    assert_eq!(seen[0].0, "completed");
    assert!(seen[0].1.fuel > 1_200_000, "long enough to yield: {}", seen[0].1.fuel);
    assert!(seen.iter().all(|run| *run == seen[0]));
}

#[test]
fn limits_stop_a_run_at_the_same_place_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox(folder.path());
    let guest = trusted(&sandbox, &busy(), Class::Small);
    let whole = see(&sandbox, &guest, &LIMITS, 7);
    for (limits, outcome) in [
        (Limits { fuel: whole.1.fuel / 2, ..LIMITS }, "out_of_fuel"),
        (Limits { host_calls: whole.1.host_calls / 2, ..LIMITS }, "host_call_exceeded"),
        (Limits { stderr_bytes: whole.1.stderr_bytes / 2, ..LIMITS }, "output_exceeded"),
        (Limits { memory_bytes: 128 << 10, ..LIMITS }, "memory_exceeded"),
    ] {
        let first = see(&sandbox, &guest, &limits, 7);
        assert_eq!(first.0, outcome);
        assert!((0..10).all(|_| see(&sandbox, &guest, &limits, 7) == first), "{outcome}");
    }
}

#[test]
fn another_seed_is_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox(folder.path());
    let guest = trusted(&sandbox, &busy(), Class::Small);
    let (one, other) = (see(&sandbox, &guest, &LIMITS, 1), see(&sandbox, &guest, &LIMITS, 2));
    assert_ne!(one.3, other.3, "random bytes differ");
    assert_eq!(one.1, other.1, "what it used and which calls it made do not");
}

#[test]
fn the_fuel_that_a_run_used_is_the_least_that_lets_it_through() {
    let guest = load(&busy()).unwrap();
    let fuel = run_under(&guest, b"x", &LIMITS).usage.fuel;
    let run = run_under(&guest, b"x", &Limits { fuel, ..LIMITS });
    assert_eq!((run.outcome.name(), run.usage.fuel), ("completed", fuel));
    let run = run_under(&guest, b"x", &Limits { fuel: fuel - 1, ..LIMITS });
    assert_eq!((run.outcome.name(), run.usage.fuel), ("out_of_fuel", fuel - 1));
    assert_eq!(run.outcome.limit_hit().unwrap().value, fuel - 1);
}

#[test]
fn calls_count_up_to_their_limit() {
    let guest = load(&busy()).unwrap();
    let calls = run_under(&guest, b"x", &LIMITS).usage.host_calls;
    let run = run_under(&guest, b"x", &Limits { host_calls: calls, ..LIMITS });
    assert_eq!(run.outcome.name(), "completed");
    let run = run_under(&guest, b"x", &Limits { host_calls: calls - 1, ..LIMITS });
    assert_eq!(run.outcome.name(), "host_call_exceeded");
}

#[test]
fn fuel_is_the_same_in_both_classes() {
    let sandbox = Sandbox::new(SandboxConfig { slots: 1, cache_dir: None }).unwrap();
    let runs = [Class::Small, Class::Large]
        .map(|class| see(&sandbox, &trusted(&sandbox, &busy(), class), &LIMITS, 7));
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn a_built_in_and_an_untrusted_guest_run_alike() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox(folder.path());
    let trusted = trusted(&sandbox, &fixture("host_call_storm"), Class::Small);
    let untrusted = load(&fixture("host_call_storm")).unwrap();
    assert_eq!(trusted.digest(), untrusted.digest());
    assert_eq!(see(&sandbox, &trusted, &LIMITS, 7), see(&sandbox, &untrusted, &LIMITS, 7));
}
