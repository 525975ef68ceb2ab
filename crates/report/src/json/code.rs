//! What was done with code.

use genesis_domain::{CodeSummary, TestCounts};
use serde::Serialize;

/// What was done with the code of one language, summed over the candidate's cases.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CodeShape<'a> {
    /// Name of the check.
    check: &'a str,
    /// `syntax`, `lint` or `run`.
    analysis: &'static str,
    /// The language's id.
    language: &'a str,
    /// What looked at the code, with its version.
    by: &'a str,
    /// Whether that accepts exactly the texts of the language.
    exact: bool,
    /// Cases looked at.
    cases: u64,
    /// Files looked at.
    files: u64,
    /// Lines looked at.
    lines: u64,
    /// Lint rules that were applied.
    rules: u64,
    /// The tests that were run; null when none were asked for.
    tests: Option<TestsShape>,
}

/// Tests by how they went.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct TestsShape {
    /// Ran to their end.
    passed: u64,
    /// Assert what does not hold.
    failed: u64,
    /// Raised something that is no assertion.
    errored: u64,
    /// Asked not to be run.
    skipped: u64,
}

impl<'a> CodeShape<'a> {
    pub(super) fn of(summary: &'a CodeSummary) -> Self {
        Self {
            check: &summary.check,
            analysis: summary.analysis.as_str(),
            language: &summary.language,
            by: &summary.by,
            exact: summary.exact,
            cases: summary.cases,
            files: summary.files,
            lines: summary.lines,
            rules: summary.rules,
            tests: summary.tests.as_ref().map(TestsShape::of),
        }
    }
}

impl TestsShape {
    pub(super) fn of(counts: &TestCounts) -> Self {
        Self {
            passed: counts.passed,
            failed: counts.failed,
            errored: counts.errored,
            skipped: counts.skipped,
        }
    }
}
