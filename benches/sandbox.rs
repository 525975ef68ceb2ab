//! The sandbox by itself: a run by the size of what it is given, its parts, every outcome, and compiling.

mod template;

use std::hint::black_box;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use genesis_abi::{ABI_VERSION, Input, Limits, ModuleLimits, Report, Subject, TemplateText, ValidateInput};
use genesis_policy::Policy;
use genesis_sandbox::{Cancel, Class, Guest, Run, Sandbox, SandboxConfig, WorkerCommand, WorkerConfig};

/// Names and bytes of the templates.
const SIZES: [(&str, usize); 3] = [("1KB", 1 << 10), ("20KB", 20 << 10), ("200KB", 200 << 10)];

fn policy() -> Policy {
    Policy::load("default", &|_| Err(String::new()), None).expect("the embedded policy is good")
}

fn sandbox(cache: &str) -> Sandbox {
    let cache_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join(cache));
    Sandbox::new(SandboxConfig { slots: 2, cache_dir }).expect("the sandbox can be set up")
}

fn built_in(sandbox: &Sandbox, guest: &genesis_guests::Guest, class: Class) -> Guest {
    sandbox.load_trusted(guest.digest, || guest.wasm().into(), class).expect("a built-in guest compiles")
}

fn from_text(sandbox: &Sandbox, text: &str) -> Guest {
    let wasm = wat::parse_str(text).expect("the text is a module");
    let digest = genesis_sandbox::digest(&wasm);
    sandbox.load_trusted(&digest, || wasm.into(), Class::Small).expect("it compiles")
}

/// The same bytes, compiled and run by a worker process.
fn in_worker(sandbox: &Sandbox, wasm: &[u8], largest: Limits) -> Guest {
    let config = WorkerConfig {
        command: WorkerCommand {
            program: env!("CARGO_BIN_EXE_genesis").into(),
            arguments: vec!["worker".into()],
        },
        workers: 1,
        compile_time_ms: 60_000,
        largest,
        required: false,
    };
    let limits = policy().module_limits();
    let loaded =
        sandbox.load_in_worker(wasm, Class::Small, &limits, &config).expect("a worker can be started");
    loaded.expect("a worker compiles it")
}

/// What a validation takes in: the same bytes for the guest and for the call without a sandbox.
fn validation(text: String) -> Vec<u8> {
    let subject = Subject::Template(ValidateInput {
        template: TemplateText { path: "template.json".to_owned(), text, ..TemplateText::default() },
        baseline: None,
        profile: "standard".to_owned(),
        promoted: Vec::new(),
    });
    serde_json::to_vec(&Input { abi: ABI_VERSION, read: None, subject }).expect("it is JSON")
}

/// The same work as in the guest: the input is parsed, the report is written.
fn validated(input: &[u8]) -> Vec<u8> {
    let input = Input::from_json(input).expect("it is an input");
    let Subject::Template(given) = &input.subject else { unreachable!("a template was written") };
    let report = Report::new(genesis_template::validate(given, &genesis_template::ReadLimits::DEFAULT));
    serde_json::to_vec(&report).expect("it is JSON")
}

/// One validation: outside of the sandbox, in it, and in it in a worker process; the first two on two threads at once as
/// well, where the time is the one of a run when so many of them are done. What two threads gain without a sandbox is
/// what the machine has to give.
fn validate(criterion: &mut Criterion) {
    let sandbox = sandbox("bench-guests");
    let guest = built_in(&sandbox, &genesis_guests::VALIDATE_TEMPLATE, Class::Small);
    let limits = policy().limits_for("validate-template");
    let worker = in_worker(&sandbox, &genesis_guests::VALIDATE_TEMPLATE.wasm(), limits);
    for (name, bytes) in SIZES {
        let input = validation(template::of_about(bytes));
        let wanted = validated(&input);
        let run = |guest: &Guest| {
            let run = sandbox.run(guest, &input, &limits, 0, &Cancel::new()).expect("the host works");
            assert!(run.outcome.is_completed() && run.stdout == wanted, "{:?}", run.outcome);
        };
        let outside = || {
            black_box(validated(black_box(&input)));
        };
        let mut group = criterion.benchmark_group(format!("validate_{name}"));
        group.bench_function("outside", |bencher| bencher.iter(outside));
        group.bench_function("sandboxed", |bencher| bencher.iter(|| run(&guest)));
        group.bench_function("in_worker", |bencher| bencher.iter(|| run(&worker)));
        group.bench_function("outside_two_cores", |bencher| {
            bencher.iter_custom(|times| on_two_threads(times, &outside));
        });
        group.bench_function("sandboxed_two_cores", |bencher| {
            bencher.iter_custom(|times| on_two_threads(times, &|| run(&guest)));
        });
        group.finish();
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark takes times")]
fn on_two_threads(times: u64, run: &(impl Fn() + Sync)) -> Duration {
    let started = Instant::now();
    thread::scope(|scope| {
        for times in [times / 2, times - times / 2] {
            scope.spawn(move || (0..times).for_each(|_| run()));
        }
    });
    started.elapsed()
}

/// Makes so many calls into the host, then writes the smallest report.
fn calls(number: u32) -> String {
    format!(
        r#"(module
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $call (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "{{\"abi\":1,\"findings\":[]}}")
    (func (export "_start") (local $left i32)
        (local.set $left (i32.const {number}))
        (block $done (loop $again
            (br_if $done (i32.eqz (local.get $left)))
            (drop (call $call (i32.const 3) (i32.const 0)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br $again)))
        (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 23))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#
    )
}

/// What a run is made of.
fn parts(criterion: &mut Criterion) {
    let sandbox = sandbox("bench-guests");
    let limits = policy().limits_for("validate-template");
    let mut group = criterion.benchmark_group("run");
    let instance = from_text(&sandbox, r#"(module (memory (export "memory") 1) (func (export "_start")))"#);
    let run = |guest: &Guest| sandbox.run(guest, b"", &limits, 0, &Cancel::new()).expect("the host works");
    group.bench_function("instance_only", |bencher| bencher.iter(|| run(&instance)));
    for (name, number) in [("empty_guest", 0), ("1000_host_calls", 1_000)] {
        let guest = from_text(&sandbox, &calls(number));
        assert!(run(&guest).outcome.is_completed());
        group.bench_function(name, |bencher| bencher.iter(|| run(&guest)));
    }
    let worker = in_worker(&sandbox, &wat::parse_str(calls(0)).expect("the text is a module"), limits);
    assert!(run(&worker).outcome.is_completed());
    group.bench_function("empty_guest_in_worker", |bencher| bencher.iter(|| run(&worker)));
    group.finish();
}

/// Limits that a guest passes soon.
const TIGHT: Limits = Limits {
    fuel: 100_000,
    wall_time_ms: 1_000,
    memory_bytes: 1 << 20,
    table_elements: 1_000,
    stdout_bytes: 1 << 10,
    stderr_bytes: 1 << 10,
    host_calls: 100,
};

/// Guests that end otherwise than well: the outcome, the text, and limits.
const OUTCOMES: [(&str, &str, Limits); 9] = [
    ("failed", r#"(module (memory (export "memory") 1) (func (export "_start")))"#, TIGHT),
    ("trapped", include_str!("../sandbox-guests/hostile/divide_by_zero.wat"), TIGHT),
    ("out_of_fuel", include_str!("../sandbox-guests/hostile/loop.wat"), TIGHT),
    ("timed_out", include_str!("../sandbox-guests/hostile/sleep_an_hour.wat"), TIGHT),
    ("memory_exceeded", include_str!("../sandbox-guests/hostile/memory_growth.wat"), TIGHT),
    ("table_exceeded", include_str!("../sandbox-guests/hostile/table_growth.wat"), TIGHT),
    (
        "stack_overflow",
        include_str!("../sandbox-guests/hostile/recursion.wat"),
        Limits { fuel: 1 << 40, ..TIGHT },
    ),
    ("output_exceeded", include_str!("../sandbox-guests/hostile/stdout_flood.wat"), TIGHT),
    ("host_call_exceeded", include_str!("../sandbox-guests/hostile/host_call_storm.wat"), TIGHT),
];

/// Modules that are refused before they run.
const REFUSED: [(&str, &str); 1] =
    [("denied_import", include_str!("../sandbox-guests/hostile/denied_import.wat"))];

fn outcomes(criterion: &mut Criterion) {
    let sandbox = sandbox("bench-guests");
    let mut group = criterion.benchmark_group("outcome");
    for (name, text, limits) in OUTCOMES {
        let guest = from_text(&sandbox, text);
        let run = || -> Run { sandbox.run(&guest, b"", &limits, 0, &Cancel::new()).expect("the host works") };
        assert_eq!(run().outcome.name(), name);
        group.bench_function(name, |bencher| bencher.iter(run));
    }
    let cancelled = Cancel::new();
    cancelled.cancel();
    let guest = from_text(&sandbox, OUTCOMES[0].1);
    group.bench_function("cancelled", |bencher| {
        bencher.iter(|| sandbox.run(&guest, b"", &TIGHT, 0, &cancelled).expect("the host works"));
    });
    let limits = policy().module_limits();
    let nested =
        format!("(module (func (export \"_start\") {} {}))", "(block ".repeat(2_000), ")".repeat(2_000));
    let refused = REFUSED.iter().map(|(name, text)| (*name, wat::parse_str(text).expect("a module")));
    let refused = refused.chain([
        ("invalid_module", b"\0asm\x01\0\0\0\x01".to_vec()),
        ("module_too_complex", wat::parse_str(nested).expect("a module")),
    ]);
    for (name, wasm) in refused {
        let load = || refusal(&sandbox, &wasm, &limits);
        assert_eq!(load(), name);
        group.bench_function(name, |bencher| bencher.iter(load));
    }
    group.finish();
}

fn refusal(sandbox: &Sandbox, wasm: &[u8], limits: &ModuleLimits) -> &'static str {
    let loaded = sandbox.load(wasm, Class::Small, limits).expect("the host works");
    loaded.expect_err("the module is refused").name()
}

/// A built-in guest made ready: compiled, and taken from the cache.
fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    let guest = genesis_guests::VALIDATE_TEMPLATE;
    group.bench_function(BenchmarkId::new("cold", guest.name), |bencher| {
        bencher.iter(|| {
            let sandbox =
                Sandbox::new(SandboxConfig { slots: 2, cache_dir: None }).expect("it can be set up");
            built_in(&sandbox, &guest, Class::Small)
        });
    });
    for (guest, class) in [
        (guest, Class::Small),
        (genesis_guests::CODE_PYTHON, Class::Large),
        (genesis_guests::RUN_PYTHON, Class::Large),
    ] {
        if guest.missing().is_some() {
            continue;
        }
        built_in(&sandbox("bench-guests"), &guest, class);
        group.bench_function(BenchmarkId::new("cached", guest.name), |bencher| {
            bencher.iter(|| built_in(&sandbox("bench-guests"), &guest, class));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = validate, parts, outcomes, compile
}
criterion_main!(benches);
