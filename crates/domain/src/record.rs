//! What the ledger records.

use serde::{Deserialize, Serialize};

use crate::{CommitId, Decision, Digest, ExperimentId, Metrics, Risk, TemplateId};

/// Whether what was written is there after a power failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Synced to the disk before it counts as written.
    Durable,
    /// Left to the operating system: safe when the process ends, not when the machine does.
    Fast,
}

/// Where an experiment stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExperimentStatus {
    /// It ended in a verdict that merges.
    Success,
    /// It ended in any other verdict.
    Failed,
}

impl ExperimentStatus {
    /// The name, as in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

/// One finished experiment, as recorded in the same transaction as its promotion and its announcements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExperimentRecord {
    /// Its id.
    pub id: ExperimentId,
    /// The instance that asked for it.
    pub instance: String,
    /// The template.
    pub template: TemplateId,
    /// The candidate's version as written.
    pub version: Option<String>,
    /// What kind of template the candidate is, where that is recorded.
    pub kind: Option<String>,
    /// The language that the candidate says it is for, by its id, where that is a known one and recorded.
    pub language: Option<String>,
    /// Digest of the candidate's content.
    pub digest: Digest,
    /// How it ended.
    pub status: ExperimentStatus,
    /// What the policy decided.
    pub decision: Decision,
    /// The first reason's rule and words.
    pub rationale: String,
    /// Risk level.
    pub risk: Risk,
    /// Name of the policy.
    pub policy: String,
    /// Tip of the experiment's ref.
    pub tip: CommitId,
    /// The commit of the version in force before it.
    pub baseline: Option<CommitId>,
    /// Milliseconds since the Unix epoch: when it was asked for; also the date of its commits, in whole seconds.
    pub created_at_ms: i64,
    /// Milliseconds of wall time that measuring took.
    pub runtime_ms: u64,
    /// What was measured.
    pub metrics: Metrics,
    /// Largest linear memory of any run, in bytes.
    pub memory_peak_bytes: u64,
    /// Cases judged.
    pub cases: u64,
    /// Cases that failed on the candidate.
    pub cases_failed: u64,
    /// Further detail as JSON, such as wall times, which no commit holds.
    pub detail: serde_json::Value,
}

/// The version of a template that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The template.
    pub template: TemplateId,
    /// Tip of the template's branch.
    pub commit: CommitId,
    /// Its version as written.
    pub version: Option<String>,
    /// Digest of its content.
    pub digest: Digest,
}

/// A change of the version in force, made by an experiment or by a person's rollback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// What is to be in force.
    pub head: Head,
    /// The tip that must be in force before; `None` when there must be none. Otherwise the promotion is refused.
    pub expected: Option<CommitId>,
    /// The experiment that it comes from.
    pub experiment: Option<ExperimentId>,
    /// Milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// A version that was in force at some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotedRecord {
    /// Its version as written.
    pub version: Option<String>,
    /// Digest of its content.
    pub digest: Digest,
    /// Its commit on the template's branch.
    pub commit: CommitId,
    /// The experiment that promoted it.
    pub experiment: Option<ExperimentId>,
    /// Milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// A ref and where it must point, by the word of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefUpdate {
    /// Full name, such as `refs/experiments/<uuid>`.
    pub name: String,
    /// The commit it must point to.
    pub target: CommitId,
}

/// A request for an experiment that came by message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxMessage {
    /// The experiment that it became: the same sender and request give the same.
    pub experiment: ExperimentId,
    /// Who sent it, as it says itself.
    pub sender: String,
    /// The sender's id of it, or where it lay in the broker.
    pub request: String,
    /// The broker that it came by, by its kind.
    pub broker: String,
    /// Digest of all that was asked: another request under the same id is told apart.
    pub digest: Digest,
    /// Milliseconds since the Unix epoch.
    pub received_at_ms: i64,
}

/// An announcement that is not sent yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxMessage {
    /// Experiment id and step, or task and time; the receiver drops a second one with the same id.
    pub message_id: String,
    /// Subject, such as `genesis.experiment.result`.
    pub subject: String,
    /// JSON text.
    pub payload: String,
    /// The experiment whose refs must be set before this is sent; `None` when it is of no experiment.
    pub experiment: Option<ExperimentId>,
}
