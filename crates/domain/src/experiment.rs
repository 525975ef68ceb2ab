//! A finished experiment: the whole of it, as it is reported.

use std::collections::BTreeMap;

use genesis_abi::{Limits, Usage};
use serde::{Deserialize, Serialize};

use crate::{CommitId, Evidence, ExperimentId, RunShadow, Side, Step, Verdict};

/// A finished experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Its id.
    pub id: ExperimentId,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// The candidate's path as the user gave it, for messages.
    pub candidate_path: String,
    /// What was measured.
    pub evidence: Evidence,
    /// What the policy decided.
    pub verdict: Verdict,
    /// What became of the version in force.
    pub effect: Effect,
    /// The commits of its history in order; empty when none was written.
    pub commits: Vec<StepCommit>,
    /// What each check was allowed and its largest use, in the plan's order.
    pub spent: Vec<CheckSpent>,
    /// What runs would have taken that a budget ended, for one run of each check, side and outcome. Not recorded, and no
    /// part of what was judged.
    pub shadows: Vec<RunShadow>,
    /// Texts by file for showing the lines that findings point to: the candidate's own under the empty name, parts
    /// and rendered files under theirs.
    pub sources: BTreeMap<String, String>,
    /// Microseconds of wall time: measuring.
    pub measured_us: u64,
    /// Microseconds of wall time: writing history and ledger.
    pub committed_us: u64,
}

/// What became of the version in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// The candidate is now in force.
    Promoted {
        /// The template's branch.
        branch: String,
        /// Its new tip.
        commit: CommitId,
    },
    /// The candidate was refused; the version in force is what it was.
    RolledBack {
        /// The commit in force, when there is one.
        in_force: Option<CommitId>,
    },
    /// Recorded, but nothing to promote or roll back.
    Unchanged {
        /// Why, such as `no change` or `compared with a baseline that was given`.
        why: String,
    },
    /// Nothing was recorded.
    NotRecorded {
        /// Why, such as `dry run`.
        why: String,
    },
}

/// One step's commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCommit {
    /// The step.
    pub step: Step,
    /// Its commit.
    pub commit: CommitId,
}

/// What a check was allowed, and the most that one of its runs used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckSpent {
    /// Name of the check.
    pub check: String,
    /// Which side.
    pub side: Side,
    /// Runs.
    pub runs: u64,
    /// What each run was allowed.
    pub limits: Limits,
    /// Field by field the largest value over all runs.
    pub peak: Usage,
}
