//! Workers that answer what no worker would.

use genesis_abi::{LimitName, Limits, RunOutcome};
use genesis_sandbox::{Class, SandboxError, WorkerConfig};

use super::processes::{named, open_files, unreaped};
use super::{config, run};
use crate::guests::{LIMITS, MODULE_LIMITS, SANDBOX, busy};

/// A guest whose workers only play at it.
fn faked(what: &str) -> WorkerConfig {
    let mut config = config(what);
    config.command.arguments[0] = format!("fake-{what}").into();
    config
}

const HURRIED: Limits = Limits { wall_time_ms: 50, ..LIMITS };

#[test]
fn an_answer_that_cannot_be_is_a_failure_of_the_host() {
    let before = open_files();
    for (what, says) in [
        ("garbage", "not the head of one"),
        ("huge-text", "longer than it may be"),
        ("huge-stdout", "longer than it may be"),
        ("huge-stderr", "longer than it may be"),
        ("flood", "longer than it says"),
        ("half-then-gone", "ended by itself"),
        ("more-fuel", "more used than these limits allow"),
        ("other-limit", "an outcome that these limits do not give"),
        ("completed", "an outcome that these limits do not give"),
        ("no-outcome", "an outcome that cannot be read"),
        ("hello-again", "no answer to a run"),
        ("escape", r"it says: \u{1b}[31mred"),
    ] {
        let config = faked(what);
        let guest = SANDBOX.load_in_worker(&busy(), Class::Small, &MODULE_LIMITS, &config).unwrap().unwrap();
        // The second one is by a new worker: the first is gone.
        for _ in 0..2 {
            let error = run(&guest, &LIMITS).unwrap_err();
            assert!(matches!(error, SandboxError::Worker(_)), "{what}: {error:?}");
            assert!(error.to_string().contains(says), "{what}: {error}");
            assert!(named(&format!("fake-{what}"), what).is_empty(), "{what}");
        }
    }
    assert_eq!(open_files(), before);
    assert_eq!(unreaped(), 0);
}

#[test]
fn half_an_answer_is_waited_for_as_long_as_a_run_may_take() {
    for what in ["half-head", "half-body"] {
        let guest =
            SANDBOX.load_in_worker(&busy(), Class::Small, &MODULE_LIMITS, &faked(what)).unwrap().unwrap();
        let run = run(&guest, &HURRIED).unwrap();
        let RunOutcome::TimedOut(hit) = &run.outcome else { panic!("{what}: {run:?}") };
        assert_eq!((hit.limit, hit.value), (LimitName::WallTimeMs, 50), "{what}");
        assert!(hit.peak > 50 && run.usage.host_call_log.is_empty(), "{what}: {run:?}");
        assert!(named(&format!("fake-{what}"), what).is_empty(), "{what}");
    }
}

#[test]
fn what_a_worker_says_instead_of_compiling_is_not_believed() {
    for (what, says) in [
        ("gone", "ended by itself, with exit status: 7"),
        // The number of variables that it found in its environment.
        ("environment", "ended by itself, with exit status: 0"),
        ("noise", "not the head of one"),
        ("rude", "it refused the guest for no reason that there is"),
    ] {
        let error = SANDBOX.load_in_worker(&busy(), Class::Small, &MODULE_LIMITS, &faked(what)).unwrap_err();
        assert!(error.to_string().contains(says), "{what}: {error}");
    }
    let silent = WorkerConfig { compile_time_ms: 300, ..faked("silence") };
    let outcome = SANDBOX.load_in_worker(&busy(), Class::Small, &MODULE_LIMITS, &silent);
    let RunOutcome::ModuleTooComplex { limits, .. } = outcome.unwrap().unwrap_err() else {
        panic!("it never answers")
    };
    assert_eq!((limits[0].limit, limits[0].value), (LimitName::CompileTimeMs, 300));
}

#[test]
fn a_worker_that_is_not_locked_down_is_refused_where_that_is_required() {
    let config = WorkerConfig { required: true, ..faked("garbage") };
    let error = SANDBOX.load_in_worker(&busy(), Class::Small, &MODULE_LIMITS, &config).unwrap_err();
    assert!(matches!(error, SandboxError::Lockdown(_)), "{error:?}");
    assert!(
        error.to_string().contains("no seccomp (this one only plays a worker), no namespaces"),
        "{error}"
    );
    assert!(named("fake-garbage", "garbage").is_empty());
}
