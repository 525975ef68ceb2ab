//! Why an experiment could not be carried out. None of these says anything about the candidate.

use genesis_domain::{CommitId, TemplateId};
use genesis_history::HistoryError;
use genesis_sandbox::SandboxError;
use genesis_store::StoreError;

/// The experiment could not be carried out or not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// The request cannot be met; the text says why and what to change.
    #[error("{0}")]
    Request(String),
    /// The sandbox could not be set up.
    #[error("the sandbox failed")]
    Sandbox(#[from] SandboxError),
    /// The history could not be read or written.
    #[error("the history failed")]
    History(#[from] HistoryError),
    /// The ledger could not be read or written.
    #[error("the ledger failed")]
    Store(#[from] StoreError),
    /// The version in force came into force in another repository, and this one does not have it.
    #[error(
        "{} of `{template}` is in force and is not in this repository: commit {commit} was recorded in another one",
        version.as_deref().unwrap_or("a version without a number")
    )]
    Elsewhere {
        /// The template.
        template: TemplateId,
        /// The version in force, as written.
        version: Option<String>,
        /// Its commit.
        commit: CommitId,
    },
    /// What the history holds is not what an experiment writes.
    #[error("experiment {experiment} cannot be read back: {what}")]
    Unreadable {
        /// Which.
        experiment: String,
        /// What is missing or wrong.
        what: String,
    },
    /// Another candidate came into force again and again while this one was judged.
    #[error("the version in force changed {times} times while this candidate was judged; run it again")]
    Contended {
        /// How often it was judged.
        times: u32,
    },
    /// Nobody records any more. It may be recorded or not.
    #[error("recording has ended; whether the experiment is recorded will be seen when it comes again")]
    Interrupted,
    /// It was asked to stop. Nothing was recorded.
    #[error("cancelled; nothing was recorded")]
    Cancelled,
}
