//! Why the host ends a guest.

use genesis_abi::{LimitHit, LimitName};

/// A reason to end a run that is not a wasm trap. Travels through the guest's frames as an error of the engine's.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Stop {
    /// The guest called `proc_exit`.
    #[error("exit with code {0}")]
    Exit(i32),
    /// A limit was passed.
    #[error("{} passed: {} of {}", .0.limit, .0.peak, .0.value)]
    Limit(LimitHit),
    /// The guest broke a rule of the interface that it called.
    #[error("{0}")]
    Trap(&'static str),
    /// The host was asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// The host cannot go on.
    #[error("{0}")]
    Host(String),
}

impl Stop {
    /// A limit that was passed.
    pub(crate) fn limit(limit: LimitName, value: u64, peak: u64) -> Self {
        Self::Limit(LimitHit { limit, value, peak })
    }
}
