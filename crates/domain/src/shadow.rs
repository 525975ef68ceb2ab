//! What a run would have taken: a second run of one that a budget ended, with more of it.
//!
//! For the report alone. Whether a shadow run comes to an end within its wall time depends on the machine, so nothing of
//! it is evidence, and nothing of it is recorded.

use genesis_abi::{LimitName, Limits, RunOutcome};
use serde::{Deserialize, Serialize};

use crate::Side;

/// A shadow run and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// What the run was allowed.
    pub allowed: Limits,
    /// What the shadow run was allowed.
    pub tried: Limits,
    /// What came of it.
    pub found: ShadowFound,
}

/// What a shadow run found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShadowFound {
    /// It came to its own end.
    Ended {
        /// How.
        outcome: RunOutcome,
        /// What it used of each budget that the run had too little of; not empty.
        needs: Vec<Need>,
    },
    /// It used up the larger budget as well.
    NoEnd {
        /// Which.
        limit: LimitName,
    },
    /// Another limit ended it, so that nothing is known.
    Otherwise {
        /// How it ended.
        outcome: RunOutcome,
    },
    /// It was not made, or the host failed.
    NotTried {
        /// Why.
        why: String,
    },
}

/// How much of a budget would have been enough. It is the least: with one unit less the run does not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The budget.
    pub limit: LimitName,
    /// What the run was allowed.
    pub allowed: u64,
    /// What it needs; more than it was allowed.
    pub needed: u64,
}

/// The shadow of one run of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunShadow {
    /// Name of the check.
    pub check: String,
    /// Which side.
    pub side: Side,
    /// Index of the case; absent for a check of the template itself.
    pub case: Option<u32>,
    /// The shadow run.
    pub shadow: Shadow,
}
