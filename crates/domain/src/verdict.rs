//! The verdict: what a policy made of the evidence, always with reasons.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Measured, Metric};

/// What is to become of the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Into force.
    Merge,
    /// Into force, but something is left to be mended.
    MergeWithAdaptations,
    /// Not into force; the version in force stays.
    Rollback,
    /// Nothing can be said: not measured, or the host failed. Never a pass.
    Inconclusive,
}

impl Decision {
    /// The name, as in policy files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::MergeWithAdaptations => "merge_with_adaptations",
            Self::Rollback => "rollback",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// Whether the candidate may come into force.
    pub fn merges(self) -> bool {
        matches!(self, Self::Merge | Self::MergeWithAdaptations)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a rule compares what was measured with its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operator {
    /// Less than.
    #[serde(rename = "<")]
    Less,
    /// At most.
    #[serde(rename = "<=")]
    AtMost,
    /// Equal.
    #[serde(rename = "==")]
    Equal,
    /// Not equal.
    #[serde(rename = "!=")]
    NotEqual,
    /// At least.
    #[serde(rename = ">=")]
    AtLeast,
    /// Greater than.
    #[serde(rename = ">")]
    Greater,
}

impl Operator {
    /// The sign.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::AtLeast => ">=",
            Self::Greater => ">",
        }
    }
}

/// One comparison of a rule, with what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// What was compared.
    pub metric: Metric,
    /// How.
    pub operator: Operator,
    /// With what.
    pub threshold: f64,
    /// What was measured; `None` when nothing was.
    pub measured: Option<Measured>,
}

/// Why the verdict is what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Name of the rule that decided.
    pub rule: String,
    /// The rule's own words.
    pub text: String,
    /// Its comparisons; a term that was left out because it does not apply is among them.
    pub terms: Vec<Term>,
}

/// Something that a reader of the verdict must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemarkCode {
    /// There is no baseline.
    FirstVersion,
    /// The baseline passes no case.
    BaselinePassesNothing,
    /// Nothing to render: judged on validation alone.
    ValidationOnly,
    /// The candidate equals the baseline in canonical form.
    NoChange,
    /// Prompts were rendered, but no generated code was checked.
    NoGeneratedCodeChecked,
    /// Cases beyond the policy's cap were left out by a deterministic sample.
    CasesSampled,
    /// The candidate's runs cost more fuel than the policy's `[cost]` lets pass without a word.
    FuelGrew,
    /// Another candidate came into force in the meantime; this one was judged again against it.
    JudgedAgain,
}

impl RemarkCode {
    /// The name, as in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstVersion => "first_version",
            Self::BaselinePassesNothing => "baseline_passes_nothing",
            Self::ValidationOnly => "validation_only",
            Self::NoChange => "no_change",
            Self::NoGeneratedCodeChecked => "no_generated_code_checked",
            Self::CasesSampled => "cases_sampled",
            Self::FuelGrew => "fuel_grew",
            Self::JudgedAgain => "judged_again",
        }
    }
}

/// A remark with its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// Which.
    pub code: RemarkCode,
    /// For people.
    pub text: String,
}

/// What the policy decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// Why; never empty.
    pub reasons: Vec<Reason>,
    /// What else there is to know.
    pub remarks: Vec<Remark>,
}

impl Verdict {
    /// Whether a remark of this code is there.
    pub fn has_remark(&self, code: RemarkCode) -> bool {
        self.remarks.iter().any(|remark| remark.code == code)
    }
}
