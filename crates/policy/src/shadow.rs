//! What a shadow run may spend: a second run of what a budget ended, with more of it, to say what it would have taken.

use genesis_abi::{Limits, RunOutcome};

use crate::policy::Policy;

/// The greatest `shadow.factor`.
pub(crate) const MOST_FACTOR: f64 = 100.0;

/// How far shadow runs go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShadowBudget {
    /// Times the fuel and memory that the run was allowed; more than 1.
    pub factor: f64,
    /// Milliseconds of wall time of all shadow runs of one experiment together, or of the one of a single run.
    pub wall_time_ms: u64,
    /// Most bytes of memory, whatever the factor.
    pub memory_bytes: u64,
}

impl Policy {
    /// The largest limits of any run of a check or guest: its own, or those of its shadow run.
    pub fn largest_limits_for(&self, name: &str) -> Limits {
        let own = self.limits_for(name);
        let Some(budget) = self.shadow() else { return own };
        let raised = budget.raised(&own);
        Limits { wall_time_ms: own.wall_time_ms.max(raised.wall_time_ms), ..raised }
    }

    /// How far shadow runs go; `None` when the policy wants none.
    pub fn shadow(&self) -> Option<ShadowBudget> {
        let factor = self.ratio("shadow.factor");
        (factor > 1.0).then(|| ShadowBudget {
            factor,
            wall_time_ms: self.number("shadow.wall_time_ms"),
            memory_bytes: self.number("shadow.memory_bytes"),
        })
    }
}

impl ShadowBudget {
    /// Limits of the shadow run of a run that ended with `outcome` under `limits`; `None` when there is none to be made:
    /// the run was not ended by its fuel or its memory, or the policy allows no more than it had.
    ///
    /// Both fuel and memory are raised, because who needs more of one often needs more of the other. Everything else
    /// stays, but for the wall time, which is the shadow run's own.
    pub fn limits(&self, limits: &Limits, outcome: &RunOutcome) -> Option<Limits> {
        let raised = self.raised(limits);
        let more = match outcome {
            RunOutcome::OutOfFuel(_) => raised.fuel > limits.fuel,
            RunOutcome::MemoryExceeded(_) => raised.memory_bytes > limits.memory_bytes,
            _ => false,
        };
        more.then_some(raised)
    }

    fn raised(&self, limits: &Limits) -> Limits {
        // A whole number of pages of 64 KiB: nothing between two of them can be asked for.
        let memory = self.times(limits.memory_bytes).min(self.memory_bytes) & !0xffff;
        Limits {
            fuel: self.times(limits.fuel),
            memory_bytes: memory.max(limits.memory_bytes),
            wall_time_ms: self.wall_time_ms,
            ..*limits
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a factor is above 1 and at most 100, and a limit is below 2^54"
    )]
    fn times(&self, limit: u64) -> u64 {
        (limit as f64 * self.factor) as u64
    }
}

#[cfg(test)]
mod tests {
    use genesis_abi::{LimitHit, LimitName};

    use super::*;

    const LIMITS: Limits = Limits {
        fuel: 1_000,
        wall_time_ms: 10,
        memory_bytes: 1 << 20,
        table_elements: 5,
        stdout_bytes: 6,
        stderr_bytes: 7,
        host_calls: 8,
    };
    const BUDGET: ShadowBudget = ShadowBudget { factor: 2.5, wall_time_ms: 99, memory_bytes: 1 << 30 };

    fn hit(limit: LimitName) -> LimitHit {
        LimitHit { limit, value: 1, peak: 2 }
    }

    #[test]
    fn fuel_and_memory_are_raised_and_nothing_else() {
        let raised = BUDGET.limits(&LIMITS, &RunOutcome::OutOfFuel(hit(LimitName::Fuel))).unwrap();
        let memory_bytes = 5 << 19;
        assert_eq!(raised, Limits { fuel: 2_500, memory_bytes, wall_time_ms: 99, ..LIMITS });
    }

    #[test]
    fn memory_is_raised_to_its_cap_and_never_lowered() {
        let exceeded = RunOutcome::MemoryExceeded(hit(LimitName::MemoryBytes));
        let capped = |memory_bytes| ShadowBudget { memory_bytes, ..BUDGET }.limits(&LIMITS, &exceeded);
        assert_eq!(capped((3 << 19) + 1).unwrap().memory_bytes, 3 << 19, "whole pages");
        assert_eq!(capped(1 << 20), None);
        assert_eq!(capped(1), None);
        let out_of_fuel = RunOutcome::OutOfFuel(hit(LimitName::Fuel));
        let raised = ShadowBudget { memory_bytes: 1, ..BUDGET }.limits(&LIMITS, &out_of_fuel).unwrap();
        assert_eq!(raised.memory_bytes, LIMITS.memory_bytes);
    }

    #[test]
    fn no_other_outcome_has_a_shadow() {
        for outcome in [
            RunOutcome::Completed,
            RunOutcome::StackOverflow(hit(LimitName::StackBytes)),
            RunOutcome::TimedOut(hit(LimitName::WallTimeMs)),
            RunOutcome::TableExceeded(hit(LimitName::TableElements)),
            RunOutcome::OutputExceeded(hit(LimitName::StdoutBytes)),
            RunOutcome::HostCallExceeded(hit(LimitName::HostCalls)),
            RunOutcome::Trapped { trap: "unreachable".to_owned() },
            RunOutcome::Cancelled,
        ] {
            assert_eq!(BUDGET.limits(&LIMITS, &outcome), None, "{outcome:?}");
        }
    }
}
