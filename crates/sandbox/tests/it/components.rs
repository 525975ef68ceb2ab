//! Components: the same limits, outcomes and promises as modules have.

use genesis_abi::{LimitName, Limits, MANIFEST_SECTION, RunOutcome};
use genesis_sandbox::{Cancel, Class, Guest, Run, Sandbox, SandboxConfig, digest, inspect};

use crate::guests::{
    EMPTY_REPORT, LIMITS, MODULE_LIMITS, SANDBOX, load, outcome, outcome_under, run_under, trusted, wasm,
    wat_bytes,
};
use crate::modules::{leb, section};

/// A component around a module whose body is `main`.
struct Command<'a> {
    main: &'a str,
    imports: &'a str,
    extra: &'a str,
    result: &'a str,
}

impl<'a> Command<'a> {
    fn new(main: &'a str) -> Self {
        Self { main, imports: "", extra: "", result: "(result)" }
    }

    fn wasm(&self) -> Vec<u8> {
        let report = format!(r#"(data (i32.const 60000) "{}")"#, wat_bytes(EMPTY_REPORT.as_bytes()));
        let say = format!(
            r"(func $say (param $stream i32) (param $at i32) (param $bytes i32)
                (call $write (local.get $stream) (local.get $at) (local.get $bytes) (i32.const 50000)))
            (func $report (result i32)
                (call $say (call $stdout) (i32.const 60000) (i32.const {}))
                (i32.const 0))",
            EMPTY_REPORT.len(),
        );
        let main = format!("{HOST} {report} {say} {}", self.main);
        let text = include_str!("../component.wat")
            .replace("MAIN", &main)
            .replace("IMPORTS", self.imports)
            .replace("EXTRA", self.extra)
            .replace("RESULT", self.result);
        wasm(&text)
    }
}

/// What the module in the component imports.
const HOST: &str = r#"
    (import "libc" "memory" (memory 2))
    (import "libc" "free" (func $free))
    (import "host" "block" (func $block (param i32)))
    (import "host" "drop-pollable" (func $drop (param i32)))
    (import "host" "poll" (func $poll (param i32 i32 i32)))
    (import "host" "read" (func $read (param i32 i64 i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (import "host" "write-zeroes" (func $write-zeroes (param i32 i64 i32)))
    (import "host" "stdin" (func $stdin (result i32)))
    (import "host" "stdout" (func $stdout (result i32)))
    (import "host" "stderr" (func $stderr (result i32)))
    (import "host" "exit" (func $exit (param i32)))
    (import "host" "now" (func $now (result i64)))
    (import "host" "after" (func $after (param i64) (result i32)))
    (import "host" "random-bytes" (func $random-bytes (param i64 i32)))
    (import "host" "random-u64" (func $random-u64 (result i64)))
    (import "host" "insecure-seed" (func $insecure-seed (param i32)))"#;

fn command(main: &str) -> Vec<u8> {
    Command::new(main).wasm()
}

/// A component that reports nothing.
pub(crate) fn smallest() -> Vec<u8> {
    command(&body("(call $report)"))
}

/// A component that makes every call that it can.
pub(crate) fn busy() -> Vec<u8> {
    command(BUSY)
}

fn run_main(main: &str, limits: &Limits) -> Run {
    run_under(&load(&command(main)).unwrap(), b"the input", limits)
}

fn body(body: &str) -> String {
    format!(r#"(func (export "run") (result i32) {body})"#)
}

/// Reads all of its input, looks at the clock, waits, takes random bytes, writes what it got to standard error, works
/// long enough to yield, and reports nothing.
const BUSY: &str = r#"
    (func (export "run") (result i32) (local $in i32) (local $err i32) (local $round i32) (local $n i32)
        (local $timer i32)
        (local.set $in (call $stdin))
        (local.set $err (call $stderr))
        (block $done (loop $more
            (call $free)
            (call $read (local.get $in) (i64.const 100) (i32.const 1024))
            (br_if $done (i32.load8_u (i32.const 1024)))
            (call $say (local.get $err) (i32.load (i32.const 1028)) (i32.load (i32.const 1032)))
            (br $more)))
        (loop $rounds
            (call $free)
            (call $random-bytes (i64.const 24) (i32.const 1024))
            (call $say (local.get $err) (i32.load (i32.const 1024)) (i32.load (i32.const 1028)))
            (i64.store (i32.const 2048) (call $now))
            (i64.store (i32.const 2056) (call $random-u64))
            (call $insecure-seed (i32.const 2064))
            (call $say (local.get $err) (i32.const 2048) (i32.const 32))
            (local.set $timer (call $after (i64.const 1000)))
            (call $block (local.get $timer))
            (i32.store (i32.const 3000) (local.get $timer))
            (call $poll (i32.const 3000) (i32.const 1) (i32.const 3008))
            (call $drop (local.get $timer))
            (local.set $n (i32.const 30000))
            (loop $spin (br_if $spin (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (br_if $rounds (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 40))))
        (call $report))"#;

#[test]
fn a_component_runs_under_its_own_class_whatever_was_asked_for() {
    let wasm = smallest();
    for guest in [load(&wasm).unwrap(), trusted(&SANDBOX, &wasm, Class::Small)] {
        assert_eq!(guest.class(), Class::Component);
        assert_eq!(guest.digest(), digest(&wasm));
        let run = run_under(&guest, b"{}", &LIMITS);
        assert_eq!((run.outcome.name(), run.stdout), ("completed", EMPTY_REPORT.as_bytes().to_vec()));
        assert_eq!(run.usage.host_calls, 2);
        assert_eq!(run.usage.peak_memory_bytes, 128 << 10);
        assert!(
            run.usage.fuel > 200 + EMPTY_REPORT.len() as u64,
            "calls and bytes are charged: {}",
            run.usage.fuel
        );
    }
}

#[test]
fn a_module_runs_under_the_class_of_components_too() {
    let wasm = crate::guests::says(EMPTY_REPORT.as_bytes(), b"", 0);
    let guest = trusted(&SANDBOX, &wasm, Class::Component);
    assert_eq!(
        (guest.class(), run_under(&guest, b"", &LIMITS).outcome.name()),
        (Class::Component, "completed")
    );
}

#[test]
fn every_way_to_end_has_its_exit_code() {
    for (text, code) in [
        ("(i32.const 0)", 0),
        ("(i32.const 1)", 1),
        ("(call $exit (i32.const 0)) (unreachable)", 0),
        ("(call $exit (i32.const 1)) (unreachable)", 1),
    ] {
        let RunOutcome::Failed { exit_code, .. } = run_main(&body(text), &LIMITS).outcome else {
            panic!("{text}")
        };
        assert_eq!(exit_code, Some(code), "{text}");
    }
    let imports = r#"(import "wasi:cli/exit@0.2.12" (instance $code (export "exit-with-code" (func (param "status-code" u8)))))
        (core func $exit-with-code (canon lower (func $code "exit-with-code")))
        (core module $leave (import "host" "leave" (func $leave (param i32))) (start $go)
            (func $go (call $leave (i32.const 42))))"#;
    let extra = r#"(core instance (instantiate $leave (with "host" (instance (export "leave" (func $exit-with-code))))))"#;
    let main = body("(i32.const 0)");
    let wasm = Command { imports, extra, ..Command::new(&main) }.wasm();
    let RunOutcome::Failed { exit_code, .. } = outcome(&wasm) else { panic!("it left") };
    assert_eq!(exit_code, Some(42));
}

#[test]
fn a_component_gets_its_input_and_its_output_is_captured() {
    let run = run_main(BUSY, &LIMITS);
    assert_eq!(run.outcome.name(), "completed", "{:?}", run.outcome);
    assert!(run.stderr.starts_with(b"the input"));
    assert_eq!(run.stderr.len(), 9 + 40 * 56);
    assert_eq!(run.stderr[9 + 24 + 16..9 + 56], [0; 16], "the insecure seed is fixed");
    let seen = |at: usize| {
        let at = 9 + 56 * at + 24;
        u64::from_le_bytes(run.stderr[at..at + 8].try_into().unwrap())
    };
    assert!((1..40).all(|round| seen(round) - seen(round - 1) >= 90_000 + 1_000), "the clock advances");
}

type Seen = (&'static str, genesis_abi::Usage, Vec<u8>, Vec<u8>);

fn see(sandbox: &Sandbox, guest: &Guest, limits: &Limits, seed: u64) -> Seen {
    let run = sandbox.run(guest, &[b'x'; 1_000], limits, seed, &Cancel::new()).unwrap();
    (run.outcome.name(), run.usage.without_wall_time(), run.stdout, run.stderr)
}

#[test]
fn a_component_runs_the_same_cold_from_the_cache_untrusted_and_in_two_threads() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = command(BUSY);
    let mut seen = Vec::new();
    for _ in ["cold", "from the cache"] {
        let config = SandboxConfig { slots: 2, cache_dir: Some(folder.path().join("cache")) };
        let sandbox = Sandbox::new(config).unwrap();
        for guest in [trusted(&sandbox, &wasm, Class::Large), load(&wasm).unwrap()] {
            std::thread::scope(|scope| {
                let runs = || (0..20).map(|_| see(&sandbox, &guest, &LIMITS, 7)).collect::<Vec<_>>();
                let threads = [scope.spawn(runs), scope.spawn(runs)];
                seen.extend(threads.into_iter().flat_map(|thread| thread.join().unwrap()));
            });
        }
    }
    assert_eq!((seen.len(), seen[0].0), (160, "completed"));
    assert!(seen[0].1.fuel > 1_200_000, "long enough to yield: {}", seen[0].1.fuel);
    assert!(seen.iter().all(|run| *run == seen[0]));
    let other = see(&SANDBOX, &load(&wasm).unwrap(), &LIMITS, 8);
    assert_ne!(other.3, seen[0].3, "random bytes are the seed's");
    assert_eq!(other.1, seen[0].1);
}

#[test]
fn limits_stop_a_component_at_the_same_place_each_time() {
    let guest = load(&command(BUSY)).unwrap();
    let whole = see(&SANDBOX, &guest, &LIMITS, 7);
    for (limits, outcome) in [
        (Limits { fuel: whole.1.fuel - 1, ..LIMITS }, "out_of_fuel"),
        (Limits { fuel: whole.1.fuel / 2, ..LIMITS }, "out_of_fuel"),
        (Limits { host_calls: whole.1.host_calls - 1, ..LIMITS }, "host_call_exceeded"),
        (Limits { stderr_bytes: whole.1.stderr_bytes - 1, ..LIMITS }, "output_exceeded"),
        (Limits { memory_bytes: (128 << 10) - 1, ..LIMITS }, "memory_exceeded"),
    ] {
        let first = see(&SANDBOX, &guest, &limits, 7);
        assert_eq!(first.0, outcome);
        assert!((0..10).all(|_| see(&SANDBOX, &guest, &limits, 7) == first), "{outcome}");
    }
    let exact = Limits { fuel: whole.1.fuel, host_calls: whole.1.host_calls, ..LIMITS };
    assert_eq!(see(&SANDBOX, &guest, &exact, 7), whole);
}

/// A component, what must become of it, and the limit that speaks.
fn ends(main: &str, limits: &Limits, outcome: &str, limit: Option<LimitName>) {
    let run = run_main(main, limits);
    assert_eq!(run.outcome.name(), outcome, "{main}: {:?}", run.outcome);
    assert_eq!(run.outcome.limit_hit().map(|hit| hit.limit), limit, "{main}");
}

#[test]
fn a_hostile_component_ends_by_the_limit_that_it_passes() {
    let forever = body("(loop $l (br $l)) (unreachable)");
    ends(&forever, &LIMITS, "out_of_fuel", Some(LimitName::Fuel));
    let hasty = Limits { fuel: u64::MAX - 1, wall_time_ms: 100, ..LIMITS };
    ends(&forever, &hasty, "timed_out", Some(LimitName::WallTimeMs));
    let storm = body("(loop $l (drop (call $now)) (br $l)) (unreachable)");
    ends(&storm, &LIMITS, "host_call_exceeded", Some(LimitName::HostCalls));
    ends(&storm, &Limits { host_calls: u64::MAX, ..hasty }, "timed_out", Some(LimitName::WallTimeMs));
    let hour = body("(call $block (call $after (i64.const 3600000000000))) (call $report)");
    ends(&hour, &LIMITS, "timed_out", Some(LimitName::WallTimeMs));
    let poll = body(
        "(i32.store (i32.const 0) (call $after (i64.const 3600000000000)))
        (call $poll (i32.const 0) (i32.const 1) (i32.const 8)) (call $report)",
    );
    ends(&poll, &LIMITS, "timed_out", Some(LimitName::WallTimeMs));
    let flood = |stream: &str| {
        let text = format!(
            "(local $s i32) (local.set $s (call {stream}))
            (loop $l (call $say (local.get $s) (i32.const 0) (i32.const 4096)) (br $l)) (unreachable)"
        );
        body(&text)
    };
    ends(&flood("$stdout"), &LIMITS, "output_exceeded", Some(LimitName::StdoutBytes));
    ends(&flood("$stderr"), &LIMITS, "output_exceeded", Some(LimitName::StderrBytes));
    let zeroes = body("(call $write-zeroes (call $stdout) (i64.const 40000000) (i32.const 0)) (i32.const 0)");
    ends(&zeroes, &LIMITS, "output_exceeded", Some(LimitName::StdoutBytes));
    let zeroes = body("(call $write-zeroes (call $stdout) (i64.const -1) (i32.const 0)) (i32.const 0)");
    ends(&zeroes, &LIMITS, "out_of_fuel", Some(LimitName::Fuel));
    let random = body("(call $random-bytes (i64.const -1) (i32.const 0)) (i32.const 0)");
    ends(&random, &LIMITS, "out_of_fuel", Some(LimitName::Fuel));
    let random = body("(call $random-bytes (i64.const 20000000) (i32.const 0)) (i32.const 0)");
    ends(&random, &LIMITS, "trapped", None);
    let recursion = r#"(func $f (param i32) (result i32) (i32.add (call $f (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
        (func (export "run") (result i32) (call $f (i32.const 0)))"#;
    let deep = Limits { fuel: 10_000_000_000, ..LIMITS };
    ends(recursion, &deep, "stack_overflow", Some(LimitName::StackBytes));
    ends(&body("(unreachable)"), &LIMITS, "trapped", None);
    ends(&body("(i32.const 7)"), &LIMITS, "trapped", None);
}

#[test]
fn what_breaks_a_rule_of_the_component_model_is_the_guests_fault() {
    for text in [
        // Handles that are none, or not any more.
        "(call $block (i32.const 77)) (i32.const 0)",
        "(call $drop (i32.const 77)) (i32.const 0)",
        "(call $block (call $stdout)) (i32.const 0)",
        // Lists outside of memory, and longer than a call may move.
        "(call $say (call $stdout) (i32.const -1) (i32.const 4096)) (i32.const 0)",
        "(call $say (call $stdout) (i32.const 0) (i32.const -1)) (i32.const 0)",
        "(drop (memory.grow (i32.const 100)))
        (call $say (call $stdout) (i32.const 0) (i32.const 1048577)) (i32.const 0)",
        "(call $random-bytes (i64.const 1) (i32.const -1)) (i32.const 0)",
        // Waiting for nothing; more handles than there may be.
        "(call $poll (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0)",
        "(loop $l (drop (call $stdout)) (br $l)) (unreachable)",
    ] {
        let run = run_main(&body(text), &Limits { host_calls: 1_000_000, ..LIMITS });
        let RunOutcome::Trapped { trap } = &run.outcome else { panic!("{text}: {:?}", run.outcome) };
        assert!(!trap.is_empty() && trap.len() < 200, "{trap}");
    }
}

#[test]
fn memory_is_summed_over_all_instances_of_a_component() {
    let imports = "(core module $holder (memory 64) (table 3000 funcref))";
    let extra = "(core instance (instantiate $holder)) (core instance (instantiate $holder)) (core instance (instantiate $holder))";
    let main = body("(call $report)");
    let wasm = Command { imports, extra, ..Command::new(&main) }.wasm();
    let has = (3 * 64 + 2) << 16;
    let run =
        run_under(&load(&wasm).unwrap(), b"", &Limits { memory_bytes: has, table_elements: 9_000, ..LIMITS });
    assert_eq!(run.outcome.name(), "completed");
    assert_eq!((run.usage.peak_memory_bytes, run.usage.peak_table_elements), (has, 9_000));
    let name = |limits| outcome_under(&wasm, &limits).name();
    assert_eq!(name(Limits { memory_bytes: has - 1, ..LIMITS }), "memory_exceeded");
    assert_eq!(name(Limits { table_elements: 8_999, ..LIMITS }), "table_exceeded");

    // Each of the two grows by steps that alone are within the limit.
    let imports = r#"(core module $grower (memory 1)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
        (core instance $a (instantiate $grower)) (core instance $b (instantiate $grower))"#;
    let extra = r#"(core module $both
            (import "a" "grow" (func $a (param i32) (result i32))) (import "b" "grow" (func $b (param i32) (result i32)))
            (func $go (loop $l (drop (call $a (i32.const 16))) (drop (call $b (i32.const 16))) (br $l))) (start $go))
        (core instance (instantiate $both (with "a" (instance $a)) (with "b" (instance $b))))"#;
    let wasm = Command { imports, extra, ..Command::new(&main) }.wasm();
    let run = run_under(&load(&wasm).unwrap(), b"", &LIMITS);
    assert_eq!(run.outcome.name(), "memory_exceeded");
    assert!(run.usage.peak_memory_bytes > LIMITS.memory_bytes - (1 << 20));
}

#[test]
fn nothing_of_one_run_is_left_for_the_next() {
    let sandbox = Sandbox::new(SandboxConfig { slots: 1, cache_dir: None }).unwrap();
    let dirty = body(
        "(memory.fill (i32.const 0) (i32.const 7) (i32.const 131072)) (drop (memory.grow (i32.const 8))) (unreachable)",
    );
    let check = body(
        "(local $at i32)
        (loop $l
            (if (i32.load8_u (local.get $at)) (then (unreachable)))
            (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 50000))))
        (call $report)",
    );
    let [dirty, check] = [dirty, check].map(|main| trusted(&sandbox, &command(&main), Class::Component));
    for _ in 0..20 {
        let run = |guest| sandbox.run(guest, b"", &LIMITS, 7, &Cancel::new()).unwrap().outcome.name();
        assert_eq!((run(&dirty), run(&check)), ("trapped", "completed"));
    }
}

#[test]
fn imports_that_the_host_does_not_give_are_named() {
    let main = body("(i32.const 0)");
    for (import, named) in [
        (r#"(import "wasi:http/types@0.2.3" (instance))"#, "wasi:http/types@0.2.3"),
        (r#"(import "wasi:cli/stdin@0.3.0" (instance))"#, "wasi:cli/stdin@0.3.0"),
        (r#"(import "wasi:cli/unheard-of@0.2.0" (instance))"#, "wasi:cli/unheard-of@0.2.0"),
        (r#"(import "mine:own/thing@0.2.0" (instance))"#, "mine:own/thing@0.2.0"),
        (r#"(import "plain" (func))"#, "plain"),
    ] {
        let wasm = Command { imports: import, ..Command::new(&main) }.wasm();
        let RunOutcome::DeniedImport { imports, .. } = outcome(&wasm) else {
            panic!("{import}: {:?}", outcome(&wasm))
        };
        assert_eq!(imports, [named]);
        assert_eq!(inspect(&wasm).unwrap().denied, [named]);
    }
    for import in [
        r#"(import "wasi:cli/environment@0.2.3" (instance (export "get-secrets" (func))))"#,
        r#"(import "wasi:cli/environment@0.2.3" (instance (export "initial-cwd" (func (result u32)))))"#,
    ] {
        let wasm = Command { imports: import, ..Command::new(&main) }.wasm();
        let RunOutcome::DeniedImport { imports, .. } = outcome(&wasm) else { panic!("{import}") };
        assert!(imports[0].contains("wasi:cli/environment"), "{imports:?}");
        let error = SANDBOX.load_trusted(&digest(&wasm), || wasm.into(), Class::Large).unwrap_err();
        assert!(error.to_string().starts_with("the built-in guest cannot be run: "), "{error}");
    }
}

#[test]
fn sockets_and_folders_link_and_there_are_none() {
    let imports = r#"
        (import "wasi:sockets/network@0.2.3" (instance $network
            (export "network" (type (sub resource)))
            (type $code' (enum "unknown" "access-denied"))
            (export "error-code" (type (eq $code')))
            (type $family' (enum "ipv4" "ipv6"))
            (export "ip-address-family" (type (eq $family')))))
        (alias export $network "error-code" (type $code))
        (alias export $network "ip-address-family" (type $family))
        (import "wasi:sockets/tcp@0.2.3" (instance $tcp (export "tcp-socket" (type (sub resource)))))
        (alias export $tcp "tcp-socket" (type $socket))
        (import "wasi:sockets/tcp-create-socket@0.2.3" (instance $create
            (alias outer 1 $code (type $code')) (export "error-code" (type $code (eq $code')))
            (alias outer 1 $family (type $family')) (export "ip-address-family" (type $family (eq $family')))
            (alias outer 1 $socket (type $socket')) (export "tcp-socket" (type $socket (eq $socket')))
            (export "create-tcp-socket"
                (func (param "address-family" $family) (result (result (own $socket) (error $code)))))))
        (import "wasi:filesystem/types@0.2.3" (instance $files (export "descriptor" (type (sub resource)))))
        (alias export $files "descriptor" (type $descriptor))
        (import "wasi:filesystem/preopens@0.2.3" (instance $preopens
            (alias outer 1 $descriptor (type $descriptor'))
            (export "descriptor" (type $descriptor (eq $descriptor')))
            (export "get-directories" (func (result (list (tuple (own $descriptor) string)))))))"#;
    let extra = r#"
        (core func $create' (canon lower (func $create "create-tcp-socket") (memory $libc "memory")))
        (core func $folders (canon lower (func $preopens "get-directories")
            (memory $libc "memory") (realloc (func $libc "realloc"))))
        (core module $look
            (import "libc" "memory" (memory 2))
            (import "host" "create" (func $create (param i32 i32)))
            (import "host" "folders" (func $folders (param i32)))
            (func $go
                (call $create (i32.const 0) (i32.const 16))
                ;; An error, and of the two codes the second.
                (if (i32.ne (i32.load8_u (i32.const 16)) (i32.const 1)) (then (unreachable)))
                (if (i32.ne (i32.load8_u (i32.const 20)) (i32.const 1)) (then (unreachable)))
                (i32.store (i32.const 36) (i32.const 9))
                (call $folders (i32.const 32))
                (if (i32.load (i32.const 36)) (then (unreachable))))
            (start $go))
        (core instance (instantiate $look (with "libc" (instance $libc)) (with "host" (instance
            (export "create" (func $create')) (export "folders" (func $folders))))))"#;
    let main = body("(call $report)");
    let wasm = Command { imports, extra, ..Command::new(&main) }.wasm();
    assert_eq!(outcome(&wasm).name(), "completed", "{:?}", outcome(&wasm));
}

#[test]
fn a_component_without_a_command_has_nothing_to_start() {
    let main = body("(i32.const 0)");
    let of_another_type = Command { result: "u32", ..Command::new(&main) }.wasm();
    for wasm in [wasm("(component)"), of_another_type] {
        let RunOutcome::Failed { reason, .. } = outcome(&wasm) else { panic!("{:?}", outcome(&wasm)) };
        assert_eq!(reason, genesis_abi::FailedReason::NoStart);
    }
}

#[test]
fn a_component_is_as_complex_as_its_modules_together() {
    let main = body("(call $report)");
    let nested = "block ".repeat(100) + &"end ".repeat(100);
    let imports =
        format!("(core module (func {nested}) (func) (func)) (core module (func (local i64 i64 i64)))");
    let wasm = Command { imports: &imports, ..Command::new(&main) }.wasm();
    let found = inspect(&wasm).unwrap();
    assert!(found.component && found.has_start && found.denied.is_empty());
    assert_eq!((found.complexity.functions, found.complexity.nesting), (3 + 1 + 2 + 3, 100));
    assert_eq!((found.complexity.instances, found.complexity.memories), (2, 1));
    assert_eq!(found.memory_bytes, 128 << 10);
    assert!(found.steps <= wasm.len() as u64);
    assert!(SANDBOX.load(&wasm, Class::Large, &found.complexity).unwrap().is_ok());
    for (name, has) in found.complexity.each().filter(|(_, has)| *has > 0) {
        let mut limits = found.complexity;
        *limits.get_mut(name).unwrap() = has - 1;
        let RunOutcome::ModuleTooComplex { limits, .. } =
            SANDBOX.load(&wasm, Class::Large, &limits).unwrap().unwrap_err()
        else {
            panic!("{name}")
        };
        assert_eq!((limits.len(), limits[0].limit, limits[0].value, limits[0].peak), (1, name, has - 1, has));
    }
}

#[test]
fn a_component_that_costs_too_much_to_set_up_is_refused_before_it_is_compiled() {
    let main = body("(call $report)");
    let name = |imports: &str, extra: &str| {
        let wasm = Command { imports, extra, ..Command::new(&main) }.wasm();
        SANDBOX
            .load(&wasm, Class::Large, &MODULE_LIMITS)
            .unwrap()
            .map_or_else(|outcome| outcome.name(), |_| "loaded")
    };
    let bomb = format!("(core module (func {} {}))", "block ".repeat(10_000), "end ".repeat(10_000));
    assert_eq!(name(&bomb, ""), "module_too_complex");
    let loops = format!("(core module (func {}))", "loop end ".repeat(2_000));
    assert_eq!(name(&loops, ""), "module_too_complex");
    let many = "(core instance (instantiate $empty))".repeat(127);
    assert_eq!(name("(core module $empty)", &many), "module_too_complex");
    assert_eq!(name("(core module $empty)", &"(core instance (instantiate $empty))".repeat(126)), "loaded");
    assert_eq!(
        name("(core module $m (memory 1))", &"(core instance (instantiate $m))".repeat(4)),
        "module_too_complex"
    );
    assert_eq!(
        name(
            "(core module $m (table 1 funcref) (table 1 funcref))",
            &"(core instance (instantiate $m))".repeat(5)
        ),
        "module_too_complex"
    );
    assert_eq!(name(&"(type (list u8))".repeat(20_001), ""), "module_too_complex");
    // Twice two, and so on: 2^40 instances in a few hundred bytes.
    let mut laughs = "(component $c0)".to_owned();
    for level in 1..=40 {
        let before = level - 1;
        laughs = format!(
            "(component $c{level} {laughs} (instance (instantiate $c{before})) (instance (instantiate $c{before})))"
        );
    }
    assert_eq!(name(&laughs, ""), "invalid_module");
    assert_eq!(name("(component (core module (func)))", ""), "invalid_module");
}

#[test]
fn a_manifest_can_be_appended_to_a_component() {
    let manifest = br#"{"name":"echo","version":"1.2.3","abi":1,"applies":"template"}"#;
    let custom = [leb(MANIFEST_SECTION.len()), MANIFEST_SECTION.into(), manifest.to_vec()].concat();
    let wasm = [smallest(), section(0, &custom)].concat();
    let folder = tempfile::tempdir().unwrap();
    let cached = || {
        let config = SandboxConfig { slots: 1, cache_dir: Some(folder.path().join("cache")) };
        trusted(&Sandbox::new(config).unwrap(), &wasm, Class::Large)
    };
    for guest in [load(&wasm).unwrap(), cached(), cached()] {
        assert_eq!(guest.manifest().unwrap().name, "echo");
        assert_eq!(run_under(&guest, b"", &LIMITS).outcome.name(), "completed");
    }
    assert_eq!(inspect(&wasm).unwrap().manifest.unwrap().name, "echo");
}

#[test]
fn a_component_with_a_byte_changed_or_cut_off_has_an_outcome() {
    let wasm = command(BUSY);
    for at in (0..wasm.len()).step_by(61) {
        let _ = outcome(&wasm[..at]);
        for bit in [0, 3, 7] {
            let mut changed = wasm.clone();
            changed[at] ^= 1 << bit;
            let _ = outcome_under(&changed, &Limits { fuel: 3_000_000, ..LIMITS });
        }
    }
}
