//! Evidence: all runs of candidate and baseline on the same cases, and the metrics computed from them. It holds
//! deterministic fields only, so that a replay gives the same bytes.

use genesis_abi::{Analysis, Finding, RunOutcome, TestOutcome, TestResult, Usage};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Digest, Metrics, Risk, Seed, TemplateId};

/// Everything that was measured in one experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was compared with what, and by what.
    pub subject: Subject,
    /// What was planned.
    pub plan: PlanSummary,
    /// The cases, in the plan's order.
    pub cases: Vec<CaseRecord>,
    /// Every run, ordered by check, side and case, whatever the order they ran in.
    pub runs: Vec<RunRecord>,
    /// Findings on the candidate; `inherited` is set.
    pub findings: Vec<Finding>,
    /// Findings of the baseline that the candidate no longer has.
    pub removed_findings: Vec<Finding>,
    /// What was done with code, in the order of the checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<CodeSummary>,
    /// What was computed from the above.
    pub metrics: Metrics,
}

impl Evidence {
    /// The cases in which the candidate has the finding of this index, in the plan's order.
    pub fn cases_with(&self, finding: u32) -> impl Iterator<Item = &CaseRecord> {
        self.cases.iter().filter(move |case| case.candidate.findings.contains(&finding))
    }
}

/// What was compared, and by what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The template.
    pub template: TemplateId,
    /// The candidate.
    pub candidate: VersionRef,
    /// The version in force, or the one given.
    pub baseline: Option<VersionRef>,
    /// Name of the policy.
    pub policy: String,
    /// Digest of the policy as resolved.
    pub policy_digest: Digest,
    /// Validator profile.
    pub profile: String,
    /// Risk level.
    pub risk: Risk,
    /// Seed of the guests' randomness.
    pub seed: Seed,
    /// Fingerprint of the engine; fuel of two fingerprints is never compared.
    pub engine: String,
    /// The guests that were run.
    pub guests: Vec<GuestRef>,
}

/// One version of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRef {
    /// Kind of template, such as `quality`.
    pub kind: String,
    /// Its version as written, when it has a readable one.
    pub version: Option<String>,
    /// Digest of the content in canonical form.
    pub digest: Digest,
}

/// A guest by name and digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestRef {
    /// Its name.
    pub name: String,
    /// Digest of its module.
    pub digest: Digest,
    /// Built into genesis, or given by the user.
    pub built_in: bool,
    /// Fingerprint of the engine that it ran on, beside which every figure of its fuel stands; `None` when it was not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
}

/// What there was to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// Rendered files.
    Rendered,
    /// Rendered prompts, without generated code.
    Prompts,
    /// The template alone.
    ValidationOnly,
}

/// The plan in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    /// What there was to judge.
    pub judged: Judged,
    /// Cases that the risk level asks for.
    pub cases_possible: u64,
    /// Cases that were run.
    pub cases_run: u64,
    /// How the cases were chosen, in words.
    pub selection: String,
}

/// Candidate or baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The proposed version.
    Candidate,
    /// The version in force.
    Baseline,
}

/// One case and how it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// Its name, such as `defaults` or `use_ets=true`.
    pub name: String,
    /// Its answers, in canonical order.
    pub answers: Map<String, Value>,
    /// How the candidate did.
    pub candidate: CaseSide,
    /// How the baseline did, when there is one.
    pub baseline: Option<CaseSide>,
}

/// How one side did on a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSide {
    /// Every check completed and found no error.
    pub passed: bool,
    /// Digest of what was rendered; absent when nothing was.
    pub output: Option<Digest>,
    /// Indices into the evidence's findings of what this case found; always empty for the baseline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<u32>,
}

/// One execution of one guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Name of the check.
    pub check: String,
    /// Digest of the guest's module.
    pub guest: Digest,
    /// What it was applied to.
    pub side: Side,
    /// Index of the case; absent for a check of the template itself.
    pub case: Option<u32>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What it used, without wall time.
    pub usage: Usage,
    /// Digest of its report's bytes; absent when it gave none.
    pub report: Option<Digest>,
}

/// What was done with the code of one language, summed over the candidate's cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSummary {
    /// Name of the check.
    pub check: String,
    /// What was done.
    pub analysis: Analysis,
    /// The language's id.
    pub language: String,
    /// What looked at the code, with its version.
    pub by: String,
    /// Whether that accepts exactly the texts of the language.
    pub exact: bool,
    /// Cases looked at.
    pub cases: u64,
    /// Files looked at.
    pub files: u64,
    /// Lines looked at.
    pub lines: u64,
    /// Lint rules that were applied.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rules: u64,
    /// The tests that were run, when tests were run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestCounts>,
}

/// Tests by how they went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCounts {
    /// Ran to their end.
    pub passed: u64,
    /// Assert what does not hold.
    pub failed: u64,
    /// Raised something that is no assertion.
    pub errored: u64,
    /// Asked not to be run.
    pub skipped: u64,
}

impl TestCounts {
    /// Counts the tests of one run.
    pub fn add(&mut self, tests: &[TestResult]) {
        for test in tests {
            *match test.outcome {
                TestOutcome::Passed => &mut self.passed,
                TestOutcome::Failed => &mut self.failed,
                TestOutcome::Errored => &mut self.errored,
                TestOutcome::Skipped => &mut self.skipped,
            } += 1;
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
