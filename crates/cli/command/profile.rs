//! `genesis run GUEST --profile`: where the guest's fuel went.

use std::path::{Path, PathBuf};

use genesis_abi::Limits;
use genesis_experiment::{ProfiledModule, Runner};
use genesis_policy::{Isolation, Policy};
use genesis_report::{Profile, ProfiledStack};
use genesis_sandbox::{Cancel, Profiled, SandboxError};

use crate::command::deliver;
use crate::command::run_guest::Named;
use crate::exit::{Failure, chain};
use crate::progress::note;

/// Wall time is the host's, and telling it of each call takes many times that of the call. Fuel is what it is without.
const TIMES_THE_WALL_TIME: u64 = 20;

/// Runs a guest that is ready, and counts its fuel by function. That is done in this process, so not with a guest of which
/// the policy wants it in a worker.
pub(crate) fn profile(
    named: &Named,
    policy: &Policy,
    runner: &Runner,
    input: &[u8],
    seed: u64,
    cancel: &Cancel,
) -> Result<Profiled, Failure> {
    if !named.built_in && policy.isolation() != Isolation::InProcess {
        let message = format!(
            "a profile is made in this process, and policy `{}` has guests like {} run in workers",
            policy.name(),
            named.name
        );
        return Err(Failure::usage(message).with_help(
            "for a guest that you trust, a policy with `mode = \"in-process\"` under `[isolation]`",
        ));
    }
    let limits = policy.limits_for(&named.name);
    let limits = Limits { wall_time_ms: limits.wall_time_ms.saturating_mul(TIMES_THE_WALL_TIME), ..limits };
    let class = policy.class_for(&named.name);
    let module = ProfiledModule { wasm: &named.wasm, class, built_in: named.built_in };
    runner.profile(&module, input, &limits, seed, cancel).map_err(|error| match error {
        SandboxError::Profile(_) => Failure::usage(error),
        error => Failure::infrastructure(chain(&error)),
    })
}

/// A profile that has been drawn.
pub(crate) struct Picture {
    file: String,
    profiled: Vec<genesis_sandbox::ProfiledStack>,
    calls: u64,
    functions: u64,
    merged_calls: u64,
    named: bool,
}

impl Picture {
    /// Draws a profile into a file: the one that was asked for, else one that is named like the guest.
    pub(crate) fn new(done: &Profiled, guest: &str, file: Option<&Path>) -> Result<Self, Failure> {
        let file = file.map_or_else(|| PathBuf::from(format!("{guest}.svg")), Path::to_owned);
        let picture = Self {
            file: file.display().to_string(),
            profiled: done.stacks.clone(),
            calls: done.calls,
            functions: done.functions,
            merged_calls: done.merged_calls,
            named: done.named,
        };
        let stacks = picture.stacks();
        match genesis_report::flame_graph(guest, &picture.shown(&stacks)) {
            Some(svg) => deliver(&svg, Some(&file))?,
            None => note("note: no fuel was used, so there is nothing to draw"),
        }
        Ok(picture)
    }

    /// The stacks as reports take them.
    pub(crate) fn stacks(&self) -> Vec<ProfiledStack<'_>> {
        self.profiled
            .iter()
            .map(|stack| ProfiledStack { caller: stack.caller, function: &stack.function, fuel: stack.fuel })
            .collect()
    }

    /// The profile as reports take it.
    pub(crate) fn shown<'a>(&'a self, stacks: &'a [ProfiledStack<'a>]) -> Profile<'a> {
        Profile {
            file: &self.file,
            stacks,
            calls: self.calls,
            functions: self.functions,
            merged_calls: self.merged_calls,
            named: self.named,
        }
    }
}
