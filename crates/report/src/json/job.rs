//! A job's reply.

use genesis_domain::{AnalysisReply, AnalysisStatus, JobReply};
use serde::Serialize;

use super::code::TestsShape;
use super::shape::FindingShape;
use super::{FORMAT_VERSION, document};

/// What came of a job: of code in one language that was looked at.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct JobDocument<'a> {
    /// `genesis.job`.
    format: &'static str,
    /// Version of this format.
    format_version: u32,
    /// The requester's id.
    request_id: &'a str,
    /// `completed`, `failed` or `unsupported`.
    status: &'static str,
    /// The language's id.
    language: &'a str,
    /// What was done and found, in a few lines for people.
    output: &'a str,
    /// Why it failed or cannot be done; null when it completed.
    error: Option<&'a str>,
    /// Each analysis that was asked for, in the order they were done.
    analyses: Vec<AnalysisShape<'a>>,
    /// What was found.
    findings: Vec<FindingShape<'a>>,
    /// What it took, summed over its runs.
    usage: UsageShape<'a>,
}

/// One analysis.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AnalysisShape<'a> {
    /// `syntax`, `lint`, `security`, `quality` or `tests`.
    analysis: &'static str,
    /// `done`, `incomplete` or `unsupported`.
    status: &'static str,
    /// What looked at the code, with its version; null when nothing did.
    by: Option<&'a str>,
    /// Whether that accepts exactly the texts of the language.
    exact: Option<bool>,
    /// Lint rules that were applied; null when none were asked for.
    rules: Option<u64>,
    /// The tests that were run; null when none were asked for.
    tests: Option<TestsShape>,
    /// How the guest's run ended, when it did not complete.
    outcome: Option<&'static str>,
    /// Why it was not done.
    reason: Option<&'a str>,
}

/// What a job took.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UsageShape<'a> {
    /// Runs of guests.
    runs: u64,
    /// Units of fuel.
    fuel: u64,
    /// Largest linear memory of one run, in bytes.
    peak_memory_bytes: u64,
    /// Lines of the code.
    lines: u64,
    /// Fingerprints of the engines that its guests ran on; fuel of two is not comparable.
    engines: Vec<&'a str>,
}

/// A job's reply for programs. `file` is what the code's file is called.
pub fn json_job(reply: &JobReply, file: &str) -> String {
    document(&JobDocument {
        format: "genesis.job",
        format_version: FORMAT_VERSION,
        request_id: &reply.request_id,
        status: reply.status.as_str(),
        language: &reply.language,
        output: &reply.output,
        error: reply.error.as_deref(),
        analyses: reply.analyses.iter().map(AnalysisShape::of).collect(),
        findings: reply.findings.iter().map(|finding| FindingShape::of(finding, file)).collect(),
        usage: UsageShape {
            runs: reply.usage.runs,
            fuel: reply.usage.fuel,
            peak_memory_bytes: reply.usage.peak_memory_bytes,
            lines: reply.usage.lines,
            engines: reply.usage.engines.iter().map(String::as_str).collect(),
        },
    })
}

impl<'a> AnalysisShape<'a> {
    fn of(reply: &'a AnalysisReply) -> Self {
        Self {
            analysis: reply.analysis.as_str(),
            status: match reply.status {
                AnalysisStatus::Done => "done",
                AnalysisStatus::Incomplete => "incomplete",
                AnalysisStatus::Unsupported => "unsupported",
            },
            by: reply.by.as_deref(),
            exact: reply.exact,
            rules: reply.rules,
            tests: reply.tests.as_ref().map(TestsShape::of),
            outcome: reply.outcome.as_ref().map(genesis_abi::RunOutcome::name),
            reason: reply.reason.as_deref(),
        }
    }
}
