//! Shadow runs: what a run that its fuel or its memory ended would have taken.
//!
//! They are made after the verdict and are no part of the evidence, so no rule sees them. Nothing of them is recorded:
//! how far one comes within its wall time depends on the machine, and trees hold deterministic fields only.

use genesis_abi::{LimitName, Limits, RunOutcome, Usage};
use genesis_domain::{Need, RunShadow, Shadow, ShadowFound, Side};
use genesis_policy::{Policy, ShadowBudget};
use genesis_sandbox::{Cancel, Guest};

use crate::runner::Runner;

/// A run that has ended, and what it takes to repeat it.
#[derive(Debug, Clone, Copy)]
pub struct EndedRun<'a> {
    /// The guest.
    pub guest: &'a Guest,
    /// Its input.
    pub input: &'a [u8],
    /// What it was allowed.
    pub limits: &'a Limits,
    /// Seed of its randomness.
    pub seed: u64,
    /// How it ended.
    pub outcome: &'a RunOutcome,
}

/// A run of an experiment of which the report will want to know what it would have taken.
#[derive(Debug)]
pub(crate) struct Unfinished {
    pub(crate) check: String,
    pub(crate) side: Side,
    pub(crate) case: Option<u32>,
    pub(crate) guest: Guest,
    pub(crate) input: Vec<u8>,
    pub(crate) limits: Limits,
    pub(crate) outcome: RunOutcome,
}

/// Repeats a run that its fuel or its memory ended with as much more as `budget` gives. `None` for a run that ended
/// otherwise, when there is no more to give, and when the host was asked to stop.
pub fn shadow(run: &EndedRun<'_>, budget: &ShadowBudget, runner: &Runner, cancel: &Cancel) -> Option<Shadow> {
    timed(run, budget, runner, cancel).map(|(shadow, _)| shadow)
}

/// The shadow, and the microseconds that it took.
fn timed(
    run: &EndedRun<'_>,
    budget: &ShadowBudget,
    runner: &Runner,
    cancel: &Cancel,
) -> Option<(Shadow, u64)> {
    let tried = budget.limits(run.limits, run.outcome)?;
    let (found, us) = match runner.run(run.guest, run.input, &tried, run.seed, cancel) {
        Ok(second) if second.outcome == RunOutcome::Cancelled => return None,
        Ok(second) => {
            let us = second.usage.wall_time_us.unwrap_or_default();
            (found(second.outcome, &second.usage, run.limits), us)
        }
        Err(error) => (ShadowFound::NotTried { why: error.to_string() }, 0),
    };
    Some((Shadow { allowed: *run.limits, tried, found }, us))
}

/// The shadows of an experiment's runs, one after the other, until their time is used up.
pub(crate) fn shadows(
    runs: &[Unfinished],
    policy: &Policy,
    seed: u64,
    runner: &Runner,
    cancel: &Cancel,
) -> Vec<RunShadow> {
    let Some(mut budget) = policy.shadow() else { return Vec::new() };
    let mut left_us = budget.wall_time_ms.saturating_mul(1000);
    let mut shadows = Vec::new();
    for run in runs {
        let ended = EndedRun {
            guest: &run.guest,
            input: &run.input,
            limits: &run.limits,
            seed,
            outcome: &run.outcome,
        };
        budget.wall_time_ms = left_us / 1000;
        let made = if budget.wall_time_ms == 0 {
            budget.limits(&run.limits, &run.outcome).map(|tried| {
                let why = "the policy's time for shadow runs was used up".to_owned();
                (Shadow { allowed: run.limits, tried, found: ShadowFound::NotTried { why } }, 0)
            })
        } else {
            timed(&ended, &budget, runner, cancel)
        };
        if let Some((shadow, us)) = made {
            left_us = left_us.saturating_sub(us);
            shadows.push(RunShadow { check: run.check.clone(), side: run.side, case: run.case, shadow });
        }
    }
    shadows
}

fn found(outcome: RunOutcome, usage: &Usage, allowed: &Limits) -> ShadowFound {
    match outcome {
        RunOutcome::OutOfFuel(_) => return ShadowFound::NoEnd { limit: LimitName::Fuel },
        RunOutcome::MemoryExceeded(_) => return ShadowFound::NoEnd { limit: LimitName::MemoryBytes },
        RunOutcome::Completed | RunOutcome::Failed { .. } | RunOutcome::Trapped { .. } => {}
        outcome => return ShadowFound::Otherwise { outcome },
    }
    let needs: Vec<Need> = [
        (LimitName::Fuel, allowed.fuel, usage.fuel),
        (LimitName::MemoryBytes, allowed.memory_bytes, usage.peak_memory_bytes),
    ]
    .into_iter()
    .filter(|(_, allowed, needed)| needed > allowed)
    .map(|(limit, allowed, needed)| Need { limit, allowed, needed })
    .collect();
    if needs.is_empty() {
        // The same guest and input, and yet it got by with what it was allowed.
        return ShadowFound::NotTried { why: "the shadow run did not repeat the run".to_owned() };
    }
    ShadowFound::Ended { outcome, needs }
}
