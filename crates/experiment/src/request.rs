//! What is asked for: a candidate, what it is compared with, and by what it is judged.

use genesis_abi::{PromotedVersion, TemplateText};
use genesis_domain::{CommitId, ExperimentId, Risk, Seed, TemplateId};
use genesis_policy::{Policy, Profile};
use serde_json::{Map, Value};

/// An experiment to be carried out. Everything that its outcome depends on is in here, so that a replay can be given
/// the same.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its id.
    pub id: ExperimentId,
    /// Milliseconds since the Unix epoch. Commits are dated by it, in whole seconds.
    pub created_at_ms: i64,
    /// The instance that asks.
    pub instance: String,
    /// The template.
    pub template: TemplateId,
    /// The candidate with its parts.
    pub candidate: TemplateText,
    /// The candidate's path as the user gave it, for messages.
    pub candidate_path: String,
    /// What it is compared with.
    pub baseline: Option<Baseline>,
    /// Every version that was ever in force.
    pub promoted: Vec<PromotedVersion>,
    /// The policy.
    pub policy: Policy,
    /// Validator profile, already tightened.
    pub profile: Profile,
    /// Risk level, already tightened.
    pub risk: Risk,
    /// The seed; `None` takes a digest of template and policy.
    pub seed: Option<Seed>,
    /// Recorded answer sets, tried as cases of their own.
    pub answers: Vec<Map<String, Value>>,
    /// Generated code that is checked beside what the template renders: path and text.
    pub samples: Vec<(String, String)>,
    /// The user's own guests.
    pub guests: Vec<UserGuest>,
    /// Whether a verdict that merges brings the candidate into force.
    pub promotes: bool,
    /// Whether results are announced, through the ledger's outbox.
    pub announces: bool,
}

/// What a candidate is compared with.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// Its text with its parts.
    pub text: TemplateText,
    /// Where it comes from.
    pub origin: BaselineOrigin,
}

/// Where a baseline comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaselineOrigin {
    /// The version in force.
    InForce(CommitId),
    /// A version of the history that was asked for.
    Revision(CommitId),
    /// A file that was given.
    File(String),
}

impl Baseline {
    /// The commit it was read from, when it comes from the history.
    pub fn commit(&self) -> Option<&CommitId> {
        match &self.origin {
            BaselineOrigin::InForce(commit) | BaselineOrigin::Revision(commit) => Some(commit),
            BaselineOrigin::File(_) => None,
        }
    }
}

/// A guest of the user's own.
#[derive(Debug, Clone)]
pub struct UserGuest {
    /// The check's name.
    pub name: String,
    /// The module.
    pub wasm: Vec<u8>,
    /// Whether a run that does not complete keeps the candidate from merging.
    pub required: bool,
}
