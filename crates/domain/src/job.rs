//! A job: code in one language that somebody wants looked at, and the reply.

use std::collections::BTreeSet;

use genesis_abi::{Finding, RunOutcome};
use serde::{Deserialize, Serialize};

use crate::{Digest, TestCounts};

/// What may be asked of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobAnalysis {
    /// It is parsed.
    Syntax,
    /// Rules of style and quality are applied.
    Lint,
    /// Rules about dangerous calls are applied.
    Security,
    /// Rules about what makes code hard to keep are applied.
    Quality,
    /// Its tests are run.
    Tests,
    /// Syntax, lint, security and tests.
    All,
}

impl JobAnalysis {
    /// Every analysis, in the order in which they are done.
    pub const ALL: [Self; 6] =
        [Self::Syntax, Self::Lint, Self::Security, Self::Quality, Self::Tests, Self::All];

    /// The name, as on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Lint => "lint",
            Self::Security => "security",
            Self::Quality => "quality",
            Self::Tests => "tests",
            Self::All => "all",
        }
    }

    /// The analysis of this name, or of the name that older requests use.
    pub fn named(name: &str) -> Option<Self> {
        let name = match name {
            "linting" => "lint",
            "testing" => "tests",
            name => name,
        };
        Self::ALL.into_iter().find(|analysis| analysis.as_str() == name)
    }

    /// The single analyses that it stands for.
    pub fn parts(self) -> &'static [Self] {
        match self {
            Self::Syntax => &[Self::Syntax],
            Self::Lint => &[Self::Lint],
            Self::Security => &[Self::Security],
            Self::Quality => &[Self::Quality],
            Self::Tests => &[Self::Tests],
            Self::All => &[Self::Syntax, Self::Lint, Self::Security, Self::Tests],
        }
    }
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// What was asked was done; the findings say with what result.
    Completed,
    /// Something that was asked did not come to an end; the error says what.
    Failed,
    /// Nothing that was asked can be done with the language.
    Unsupported,
}

impl JobStatus {
    /// The name, as in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Unsupported => "unsupported",
        }
    }
}

/// The reply to a job. The same request under the same policy has the same reply, byte for byte.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobReply {
    /// The requester's id.
    pub request_id: String,
    /// How it ended.
    pub status: JobStatus,
    /// The language's id.
    pub language: String,
    /// What was done and found, in a few lines for people.
    pub output: String,
    /// Why it failed or cannot be done.
    pub error: Option<String>,
    /// Each analysis that was asked for, in the order they were done.
    pub analyses: Vec<AnalysisReply>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// What it took.
    pub usage: JobUsage,
}

/// What came of one analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnalysisReply {
    /// The analysis.
    pub analysis: JobAnalysis,
    /// What became of it.
    pub status: AnalysisStatus,
    /// What looked at the code, with its version; absent when nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether that accepts exactly the texts of the language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<bool>,
    /// Lint rules that were applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<u64>,
    /// The tests that were run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestCounts>,
    /// How the guest's run ended, when it did not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RunOutcome>,
    /// Why it was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of one analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnalysisStatus {
    /// It was done.
    Done,
    /// A guest was started and did not come to an end.
    Incomplete,
    /// Nobody does it for this language.
    Unsupported,
}

/// What a job took, summed over its runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobUsage {
    /// Runs of guests.
    pub runs: u64,
    /// Units of fuel.
    pub fuel: u64,
    /// Largest linear memory of one run, in bytes.
    pub peak_memory_bytes: u64,
    /// Lines of the code.
    pub lines: u64,
    /// Fingerprints of the engines that its guests ran on; fuel of two is never compared.
    #[serde(default)]
    pub engines: BTreeSet<String>,
}

/// A job as it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRecord {
    /// The instance that asked for it.
    pub instance: String,
    /// Digest of the request and of the policy: another request under the same id is told apart.
    pub request: Digest,
    /// What was asked.
    pub analysis: JobAnalysis,
    /// The reply; it holds the id.
    pub reply: JobReply,
    /// Milliseconds of wall time.
    pub runtime_ms: u64,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}
