//! Built-in guests: compiled once, initialised once, asked for when they are needed.

use std::fs;
use std::path::Path;
use std::thread;

use genesis_sandbox::{Cancel, Class, Guest, Run, Sandbox, SandboxConfig, SandboxError, digest};

use crate::guests::{EMPTY_REPORT, LIMITS, load, report_function, says, trusted, wasm};

fn sandbox(folder: &Path) -> Sandbox {
    Sandbox::new(SandboxConfig { slots: 2, cache_dir: Some(folder.join("cache")) }).unwrap()
}

fn run(sandbox: &Sandbox, guest: &Guest, seed: u64) -> Run {
    sandbox.run(guest, b"", &LIMITS, seed, &Cancel::new()).unwrap()
}

/// Takes random bytes, reads the clock and counts to a million when it is initialised; when it runs it writes what it
/// then had to standard error, and traps when it was never initialised.
fn initialised() -> Vec<u8> {
    wasm(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
            (memory (export "memory") 1)
            (global $count (mut i32) (i32.const 0))
            {report}
            (func (export "wizer-initialize")
                (drop (call $random (i32.const 1024) (i32.const 16)))
                (drop (call $time (i32.const 0) (i64.const 1) (i32.const 1040)))
                (drop (memory.grow (i32.const 2)))
                (i32.store8 (i32.const 190000) (i32.const 9))
                (loop $l
                    (global.set $count (i32.add (global.get $count) (i32.const 1)))
                    (br_if $l (i32.lt_u (global.get $count) (i32.const 1000000)))))
            (func (export "_start")
                (if (i32.ne (global.get $count) (i32.const 1000000)) (then (unreachable)))
                (if (i32.ne (i32.load8_u (i32.const 190000)) (i32.const 9)) (then (unreachable)))
                (i32.store (i32.const 0) (i32.const 1024))
                (i32.store (i32.const 4) (i32.const 24))
                (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
                (call $report)))"#,
        report = report_function(),
    ))
}

#[test]
fn a_built_in_guest_runs_as_it_was_after_its_initialisation() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let wasm = initialised();
    let mut seen = Vec::new();
    for folder in [&one, &one, &other] {
        let sandbox = sandbox(folder.path());
        let guest = trusted(&sandbox, &wasm, Class::Small);
        assert_eq!(guest.digest(), digest(&wasm), "it is named by the bytes that it was built as");
        for seed in [1, 2] {
            let run = run(&sandbox, &guest, seed);
            assert_eq!(run.outcome.name(), "completed", "{:?}", run.outcome);
            assert!(run.usage.fuel < 1_000, "the count is not repeated: {}", run.usage.fuel);
            seen.push((run.usage.without_wall_time(), run.stderr));
        }
    }
    assert!(seen.iter().all(|run| *run == seen[0]), "the same initialisation every time");
    assert_eq!(
        run(&sandbox(one.path()), &load(&wasm).unwrap(), 1).outcome.name(),
        "trapped",
        "not of the untrusted"
    );
}

#[test]
fn an_initialisation_that_goes_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox(folder.path());
    for (body, says) in [
        ("(unreachable)", "unreachable"),
        ("(loop $l (br $l))", "fuel"),
        ("(drop (memory.grow (i32.const 30000)))", "memory_bytes"),
    ] {
        let wasm = wasm(&format!(
            r#"(module (memory (export "memory") 1) (func (export "_start")) (func (export "wizer-initialize") {body}))"#
        ));
        let error = sandbox.load_trusted(&digest(&wasm), || wasm.into(), Class::Small).unwrap_err();
        assert!(matches!(error, SandboxError::Initialize(_)), "{error:?}");
        let error = error.to_string();
        assert!(error.contains("`wizer-initialize`") && error.contains(says), "{error}");
    }
}

#[test]
fn bytes_are_asked_for_only_when_there_is_something_to_compile() {
    let folder = tempfile::tempdir().unwrap();
    let component = crate::components::smallest();
    for (wasm, class) in [
        (says(EMPTY_REPORT.as_bytes(), b"", 0), Class::Small),
        (component.clone(), Class::Component),
        (component, Class::Large),
    ] {
        let digest = digest(&wasm);
        let mut asked = 0;
        for _ in 0..3 {
            let sandbox = sandbox(folder.path());
            let guest = sandbox
                .load_trusted(
                    &digest,
                    || {
                        asked += 1;
                        (&wasm).into()
                    },
                    class,
                )
                .unwrap();
            assert_eq!(
                (guest.digest(), run(&sandbox, &guest, 1).outcome.name()),
                (digest.as_str(), "completed")
            );
        }
        // The third guest is the second under another class, and there is one class for components.
        assert_eq!(asked, usize::from(class != Class::Large));
    }
}

#[test]
fn bytes_of_another_digest_are_refused_and_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (wasm, other) = (says(EMPTY_REPORT.as_bytes(), b"", 0), says(EMPTY_REPORT.as_bytes(), b"x", 0));
    let sandbox = sandbox(folder.path());
    let error = sandbox.load_trusted(&digest(&wasm), || other.into(), Class::Small).unwrap_err();
    assert!(error.to_string().contains("its bytes are not those of sha256:"), "{error}");
    assert_eq!(fs::read_dir(folder.path().join("cache")).unwrap().count(), 0);
}

#[test]
fn several_may_fill_one_cache_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = initialised();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let sandbox = sandbox(folder.path());
                let guest = trusted(&sandbox, &wasm, Class::Small);
                assert_eq!(run(&sandbox, &guest, 1).outcome.name(), "completed");
            });
        }
    });
    assert_eq!(
        fs::read_dir(folder.path().join("cache")).unwrap().count(),
        1,
        "one guest and nothing half done"
    );
    sandbox(folder.path())
        .load_trusted(&digest(&wasm), || unreachable!("it is in the cache"), Class::Small)
        .unwrap();
}
