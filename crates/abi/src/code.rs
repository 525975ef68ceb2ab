//! Generated code: what a guest that looks at code is given, and what it gives beside its findings.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::CaseFile;

/// Code of a finding: the text is not of its language.
pub const SYNTAX_ERROR: &str = "C0101";
/// Code of a finding: something that the language requires is not there.
pub const SYNTAX_MISSING: &str = "C0102";
/// Code of a finding: a word that the language reserves stands where only a name can.
pub const SYNTAX_RESERVED: &str = "C0103";
/// Code of a finding: a text is too large, or too deeply nested, to be looked at.
pub const SYNTAX_TOO_LARGE: &str = "C0104";
/// Code of a finding: a lint rule cannot be read.
pub const RULE_INVALID: &str = "C0201";
/// Code of a finding: a lint rule can never match anything.
pub const RULE_NEVER_MATCHES: &str = "C0202";
/// Code of a finding: the code raised an error outside of any test.
pub const RUN_RAISED: &str = "C0301";
/// Code of a finding: a test failed.
pub const TEST_FAILED: &str = "C0302";
/// Code of a finding: there was no test to be run.
pub const NO_TESTS: &str = "C0303";

/// What is done with code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Analysis {
    /// It is parsed.
    Syntax,
    /// Rules are applied to it.
    Lint,
    /// It is run, and its tests with it.
    Run,
}

impl Analysis {
    /// The word for it, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Lint => "lint",
            Self::Run => "run",
        }
    }
}

/// Input of a guest that looks at code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeInput {
    /// What is to be done.
    pub analysis: Analysis,
    /// The language of all the files, by its id such as `elixir` or `tsx`.
    pub language: String,
    /// The files.
    pub files: Vec<CaseFile>,
    /// For [`Analysis::Lint`]: rules in the format of ast-grep, one JSON document a rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Value>,
    /// For [`Analysis::Run`]: files that hold tests, run after `files` can be imported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<CaseFile>,
    /// For [`Analysis::Run`]: texts that tests may read by path and that are not of the language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<CaseFile>,
    /// For [`Analysis::Run`]: the answers that the files were rendered with, when they were rendered.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub answers: Map<String, Value>,
}

/// What a guest that looks at code gives beside its findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeReport {
    /// What looked at it, with its version, such as `tree-sitter-elixir 0.3.5` or `CPython 3.14.0`.
    pub by: String,
    /// Whether that is the language's own parser or one that accepts the same texts. A grammar made for editors is
    /// not: it lets some wrong texts pass.
    pub exact: bool,
    /// Files looked at.
    pub files: u64,
    /// Lines looked at.
    pub lines: u64,
    /// For [`Analysis::Lint`]: each rule that was applied, in the order given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleUse>,
    /// For [`Analysis::Run`]: what happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<CodeRun>,
}

/// One lint rule and what it matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleUse {
    /// The rule's id.
    pub id: String,
    /// Places that it matched. Findings are capped, this is not.
    pub matches: u64,
}

/// What happened when code was run. Everything in it was seen by the guest's own test runner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRun {
    /// The tests, in the order they ran.
    pub tests: Vec<TestResult>,
    /// What the code wrote to its standard output and standard error, capped at 64 KiB.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// Whether there was more output.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub output_truncated: bool,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestResult {
    /// Its name, with the names of the groups it is in.
    pub name: String,
    /// The file that it stands in.
    pub file: String,
    /// How it went.
    pub outcome: TestOutcome,
    /// Why it failed, raised or was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Line in `file`, from 1, where it went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// How a test went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestOutcome {
    /// It ran to its end.
    Passed,
    /// What it asserts does not hold.
    Failed,
    /// It raised something that is no assertion.
    Errored,
    /// It asked not to be run.
    Skipped,
}
