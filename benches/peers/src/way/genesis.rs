//! The sandbox, with the limits of the default policy: in this process, as built-in guests run, and through a worker process,
//! as everybody else's do.

use std::rc::Rc;

use genesis_policy::Policy;
use genesis_sandbox::{Cancel, Class, Guest, Sandbox, SandboxConfig, WorkerCommand, WorkerConfig};

use super::{Given, Way};
use crate::Result;

pub const IN_PROCESS: &str = "Genesis, in the same process";
pub const IN_WORKER: &str = "Genesis, in a worker process";

pub fn ways(given: &Given) -> Result<Vec<Way>> {
    let policy = Policy::load("default", &|_| Err(String::new()), None)?;
    let limits = policy.limits_for("validate-template");
    let sandbox = Rc::new(Sandbox::new(SandboxConfig { slots: 2, cache_dir: None })?);
    let digest = genesis_sandbox::digest(&given.validator);
    let trusted = sandbox.load_trusted(&digest, || given.validator.as_slice().into(), Class::Small)?;
    let workers = WorkerConfig {
        command: WorkerCommand { program: given.genesis.clone(), arguments: vec!["worker".into()] },
        workers: 1,
        compile_time_ms: 60_000,
        largest: limits,
        required: true,
    };
    let untrusted = sandbox
        .load_in_worker(&given.validator, Class::Small, &policy.module_limits(), &workers)?
        .map_err(|outcome| format!("a worker refuses the validator: {outcome:?}"))?;
    let way = |name, isolated, guest: Guest| {
        let (sandbox, input, report) = (Rc::clone(&sandbox), given.input.clone(), given.report.clone());
        Way::new(name, isolated, "fuel, memory, time, calls", move || {
            let run = sandbox.run(&guest, &input, &limits, 0, &Cancel::new()).expect("the host works");
            assert!(run.outcome.is_completed() && run.stdout == report, "{:?}", run.outcome);
        })
    };
    Ok(vec![
        way(IN_PROCESS, "fresh instance", trusted),
        way(IN_WORKER, "fresh instance, namespaces, seccomp", untrusted),
    ])
}
