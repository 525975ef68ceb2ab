//! The steps of an experiment's history: one commit each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A step, in the order in which they are committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The state before the candidate: the baseline.
    Checkpoint,
    /// The candidate and everything it is judged by.
    Candidate,
    /// What the cases rendered.
    Rendered,
    /// What was measured.
    Evidence,
    /// What the policy decided.
    Verdict,
    /// The candidate is in force.
    Promotion,
    /// The tree of the checkpoint again.
    Rollback,
}

impl Step {
    /// The name, as in trailers and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checkpoint => "checkpoint",
            Self::Candidate => "candidate",
            Self::Rendered => "rendered",
            Self::Evidence => "evidence",
            Self::Verdict => "verdict",
            Self::Promotion => "promotion",
            Self::Rollback => "rollback",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A line `Key: value` at the end of a commit message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailer {
    /// Such as `Genesis-Verdict`.
    pub key: String,
    /// One line; control characters are escaped.
    pub value: String,
}
