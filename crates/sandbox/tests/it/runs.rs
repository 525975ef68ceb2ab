//! What a guest sees of the host.

use std::thread;

use genesis_abi::RunOutcome;
use genesis_sandbox::{CLOCK_START_NS, Cancel, Class, Sandbox, SandboxConfig};

use crate::guests::{LIMITS, busy, report_function, run_text, trusted, wasm};

/// A module with every import that the tests use, whose `_start` is `body` and then an empty report.
fn guest(body: &str) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            {report}
            (func $is (param i64 i64) (if (i64.ne (local.get 0) (local.get 1)) (then unreachable)))
            (func $errno (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
            (func (export "_start") {body} (call $report)))"#,
        report = report_function(),
    )
}

fn completes(body: &str) {
    let run = run_text(&guest(body), b"the input");
    assert_eq!(run.outcome, RunOutcome::Completed, "{}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn input_is_read_in_pieces_and_then_ends() {
    completes(
        "(i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 4))
         (i32.store (i32.const 8) (i32.const 200)) (i32.store (i32.const 12) (i32.const 100))
         (call $errno (call $read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 64)) (i32.const 0))
         (call $is (i64.load32_u (i32.const 64)) (i64.const 9))
         (call $is (i64.load32_u (i32.const 100)) (i64.const 0x20656874))
         (call $is (i64.load32_u (i32.const 200)) (i64.const 0x75706e69))
         (call $errno (call $read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 64)) (i32.const 0))
         (call $is (i64.load32_u (i32.const 64)) (i64.const 0))",
    );
}

#[test]
fn descriptors_that_are_not_there_are_bad() {
    completes(
        "(call $errno (call $read (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64)) (i32.const 8))
         (call $errno (call $write (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64)) (i32.const 8))
         (call $errno (call $write (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 64)) (i32.const 8))
         (call $errno (call $prestat (i32.const 3) (i32.const 0)) (i32.const 8))
         (call $errno (call $seek (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0)) (i32.const 70))
         (call $errno (call $seek (i32.const 9) (i64.const 0) (i32.const 0) (i32.const 0)) (i32.const 8))
         (call $errno (call $close (i32.const 0)) (i32.const 0))
         (call $errno (call $close (i32.const 0)) (i32.const 8))
         (call $errno (call $read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64)) (i32.const 8))",
    );
}

#[test]
fn a_descriptor_can_be_moved_onto_another() {
    let run =
        run_text(&guest("(call $errno (call $renumber (i32.const 2) (i32.const 1)) (i32.const 0))"), b"");
    assert_eq!(run.outcome.name(), "failed");
    assert_eq!(run.stdout, b"");
    assert_eq!(run.stderr, crate::guests::EMPTY_REPORT.as_bytes(), "what goes to 1 is now standard error");
}

#[test]
fn the_streams_are_no_terminal() {
    completes(
        "(call $errno (call $fdstat (i32.const 1) (i32.const 0)) (i32.const 0))
         (call $is (i64.load8_u (i32.const 0)) (i64.const 0))
         (call $is (i64.and (i64.load (i32.const 8)) (i64.const 66)) (i64.const 64))
         (call $errno (call $fdstat (i32.const 0) (i32.const 0)) (i32.const 0))
         (call $is (i64.and (i64.load (i32.const 8)) (i64.const 66)) (i64.const 2))",
    );
}

#[test]
fn there_is_one_argument_and_no_environment() {
    completes(
        "(call $errno (call $args_sizes (i32.const 0) (i32.const 4)) (i32.const 0))
         (call $is (i64.load (i32.const 0)) (i64.const 0x600000001))
         (call $errno (call $args (i32.const 0) (i32.const 16)) (i32.const 0))
         (call $is (i64.load32_u (i32.const 0)) (i64.const 16))
         (call $is (i64.load32_u (i32.const 16)) (i64.const 0x73657567))
         (call $errno (call $environ_sizes (i32.const 0) (i32.const 4)) (i32.const 0))
         (call $is (i64.load (i32.const 0)) (i64.const 0))",
    );
}

#[test]
fn the_clock_starts_at_its_constant_and_advances_with_fuel_and_sleep() {
    completes(&format!(
        "(local $n i32)
         (call $errno (call $time (i32.const 0) (i64.const 1) (i32.const 0)) (i32.const 0))
         (if (i64.lt_u (i64.load (i32.const 0)) (i64.const {CLOCK_START_NS})) (then unreachable))
         (if (i64.gt_u (i64.load (i32.const 0)) (i64.const {late})) (then unreachable))
         (call $errno (call $time (i32.const 1) (i64.const 1) (i32.const 0)) (i32.const 0))
         (local.set $n (i32.const 100000))
         (loop $spin (br_if $spin (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
         (call $errno (call $time (i32.const 1) (i64.const 1) (i32.const 8)) (i32.const 0))
         (if (i64.lt_u (i64.sub (i64.load (i32.const 8)) (i64.load (i32.const 0))) (i64.const 100000))
            (then unreachable))
         (i32.store8 (i32.const 1008) (i32.const 0))
         (i32.store (i32.const 1016) (i32.const 1))
         (i64.store (i32.const 1024) (i64.const 5000000000))
         (i64.store (i32.const 1000) (i64.const 77))
         (call $errno (call $poll (i32.const 1000) (i32.const 2000) (i32.const 1) (i32.const 3000)) (i32.const 0))
         (call $is (i64.load32_u (i32.const 3000)) (i64.const 1))
         (call $is (i64.load (i32.const 2000)) (i64.const 77))
         (call $errno (call $time (i32.const 1) (i64.const 1) (i32.const 0)) (i32.const 0))
         (if (i64.lt_u (i64.sub (i64.load (i32.const 0)) (i64.load (i32.const 8))) (i64.const 5000000000))
            (then unreachable))
         (call $errno (call $time (i32.const 4) (i64.const 1) (i32.const 0)) (i32.const 28))",
        late = CLOCK_START_NS + 1_000_000,
    ));
}

#[test]
fn a_wait_for_a_descriptor_and_a_clock_ends_at_once_and_sleeps_not() {
    completes(
        "(i64.store (i32.const 1000) (i64.const 1))
         (i32.store (i32.const 1016) (i32.const 1))
         (i64.store (i32.const 1024) (i64.const 3600000000000))
         (i64.store (i32.const 1048) (i64.const 2))
         (i32.store8 (i32.const 1056) (i32.const 1))
         (i32.store (i32.const 1064) (i32.const 0))
         (call $errno (call $poll (i32.const 1000) (i32.const 2000) (i32.const 2) (i32.const 3000)) (i32.const 0))
         (call $is (i64.load32_u (i32.const 3000)) (i64.const 1))
         (call $is (i64.load (i32.const 2000)) (i64.const 2))
         (call $is (i64.load (i32.const 2016)) (i64.const 9))",
    );
}

#[test]
fn more_runs_than_slots_wait_for_their_turn() {
    let sandbox = Sandbox::new(SandboxConfig { slots: 2, cache_dir: None }).unwrap();
    let guest = trusted(&sandbox, &busy(), Class::Small);
    thread::scope(|scope| {
        let runs: Vec<_> = (0..16)
            .map(|seed| {
                let (sandbox, guest) = (&sandbox, &guest);
                scope.spawn(move || {
                    (0..10)
                        .map(|_| sandbox.run(guest, b"", &LIMITS, seed, &Cancel::new()).unwrap().outcome)
                        .all(|outcome| outcome == RunOutcome::Completed)
                })
            })
            .collect();
        assert!(runs.into_iter().all(|run| run.join().unwrap()));
    });
}

#[test]
fn a_slot_that_is_used_again_holds_nothing_of_the_run_before() {
    let dirty = wasm(
        r#"(module (memory (export "memory") 4) (table $t 4 funcref) (elem declare func $f) (func $f)
            (func (export "_start")
                (drop (memory.grow (i32.const 196)))
                (memory.fill (i32.const 0) (i32.const 0xaa) (i32.const 13107200))
                (table.set $t (i32.const 3) (ref.func $f))
                unreachable))"#,
    );
    let check = wasm(
        r#"(module (memory (export "memory") 4) (table $t 4 funcref)
            (func (export "_start") (local $at i32) (local $seen i64)
                (drop (memory.grow (i32.const 196)))
                (loop $next
                    (local.set $seen (i64.or (local.get $seen) (i64.load (local.get $at))))
                    (br_if $next (i32.lt_u
                        (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 13107200))))
                (if (i64.ne (local.get $seen) (i64.const 0)) (then unreachable))
                (if (i32.eqz (ref.is_null (table.get $t (i32.const 3)))) (then unreachable))))"#,
    );
    let sandbox = Sandbox::new(SandboxConfig { slots: 1, cache_dir: None }).unwrap();
    let [dirty, check] = [dirty, check].map(|wasm| trusted(&sandbox, &wasm, Class::Small));
    for _ in 0..20 {
        let run = sandbox.run(&dirty, b"", &LIMITS, 0, &Cancel::new()).unwrap();
        assert_eq!(run.outcome.name(), "trapped");
        let run = sandbox.run(&check, b"", &LIMITS, 0, &Cancel::new()).unwrap();
        assert_eq!(
            run.outcome.name(),
            "failed",
            "it saw nothing and had nothing to report: {:?}",
            run.outcome
        );
    }
}

/// The pool keeps a slot's memory mapped and clears it by hand, so a small guest costs no page fault and no system
/// call: with the pool's defaults it took 27 faults, and two threads ran at half speed.
#[cfg(target_os = "linux")]
#[test]
fn a_small_guest_takes_no_page_fault() {
    let faults = || {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let after_name = stat.rsplit(')').next().unwrap();
        after_name.split_whitespace().nth(7).unwrap().parse::<u64>().unwrap()
    };
    let sandbox = Sandbox::new(SandboxConfig { slots: 1, cache_dir: None }).unwrap();
    let guest = trusted(&sandbox, &busy(), Class::Small);
    let runs = |count: u64| {
        for _ in 0..count {
            let run = sandbox.run(&guest, b"x", &LIMITS, 0, &Cancel::new()).unwrap();
            assert_eq!(run.outcome, RunOutcome::Completed);
        }
    };
    runs(20);
    let before = faults();
    runs(200);
    let taken = faults() - before;
    assert!(taken < 20, "{taken} page faults in 200 runs");
}
