//! Tasks that are done at set times.

use serde::{Deserialize, Serialize};

/// What became of a task at one of its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiringState {
    /// It was due before this schedule was known, so nobody has missed it.
    Passed,
    /// Somebody is at it, or it waits to be tried again.
    Open,
    /// It is done.
    Done,
    /// It was tried as often as it may be.
    Failed,
}

impl FiringState {
    /// The name, as in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Open => "open",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// A task at one of its times: there is one of each, whoever carries it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// The task's name.
    pub task: String,
    /// When it was due, in milliseconds since the Unix epoch. With the task it is its identity.
    pub due_at_ms: i64,
    /// What became of it.
    pub state: FiringState,
    /// How often it was begun. It tells one holder's claim from the next one's.
    pub attempt: u32,
    /// Who has it, or had it last.
    pub holder: String,
    /// Until when nobody else takes it.
    pub held_until_ms: i64,
    /// When it was last begun.
    pub begun_at_ms: i64,
    /// When it was over.
    pub ended_at_ms: Option<i64>,
    /// Why the last attempt came to nothing.
    pub failure: Option<String>,
    /// What it found or did.
    pub result: Option<serde_json::Value>,
}
