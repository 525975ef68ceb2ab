//! Metrics: what is measured of an experiment, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Everything that a rule can ask about. Counts and ratios come from runs; a metric that was not measured is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Runs that the host could not carry out.
    HostFailures,
    /// Required runs that did not complete on the baseline as well, or that have no baseline run to compare with.
    IncompleteUnattributed,
    /// Required runs that did not complete on the candidate only.
    IncompleteCandidateOnly,
    /// 1 when the candidate differs from the baseline in canonical form or when there is no baseline, else 0.
    Changed,
    /// Error findings of the candidate that the baseline does not have.
    NewErrors,
    /// Error findings that the candidate has in common with the baseline.
    InheritedErrors,
    /// Warning findings of the candidate that the baseline does not have.
    NewWarnings,
    /// Completed check runs on the candidate.
    ChecksRun,
    /// Cases judged.
    Cases,
    /// Distinct renderings among the cases.
    DistinctOutputs,
    /// Cases whose checks all pass, over cases. Between 0 and 1.
    SuccessRate,
    /// Cases that pass on the baseline and fail on the candidate, over cases that pass on the baseline.
    Regression,
    /// Fuel of the candidate's runs over the fuel of the baseline's runs on the same cases, minus 1.
    FuelGrowth,
    /// Findings that the baseline does not have.
    FindingsAdded,
    /// Findings of the baseline that the candidate does not have.
    FindingsRemoved,
    /// 1 when the policy wants generated code and no sample of it was checked, else 0.
    MissingSamples,
}

impl Metric {
    /// All metrics, in the order of their declaration.
    pub const ALL: [Self; 16] = [
        Self::HostFailures,
        Self::IncompleteUnattributed,
        Self::IncompleteCandidateOnly,
        Self::Changed,
        Self::NewErrors,
        Self::InheritedErrors,
        Self::NewWarnings,
        Self::ChecksRun,
        Self::Cases,
        Self::DistinctOutputs,
        Self::SuccessRate,
        Self::Regression,
        Self::FuelGrowth,
        Self::FindingsAdded,
        Self::FindingsRemoved,
        Self::MissingSamples,
    ];

    /// The name, as in policy files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HostFailures => "host_failures",
            Self::IncompleteUnattributed => "incomplete_unattributed",
            Self::IncompleteCandidateOnly => "incomplete_candidate_only",
            Self::Changed => "changed",
            Self::NewErrors => "new_errors",
            Self::InheritedErrors => "inherited_errors",
            Self::NewWarnings => "new_warnings",
            Self::ChecksRun => "checks_run",
            Self::Cases => "cases",
            Self::DistinctOutputs => "distinct_outputs",
            Self::SuccessRate => "success_rate",
            Self::Regression => "regression",
            Self::FuelGrowth => "fuel_growth",
            Self::FindingsAdded => "findings_added",
            Self::FindingsRemoved => "findings_removed",
            Self::MissingSamples => "missing_samples",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Metric {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|metric| metric.as_str() == text).ok_or(())
    }
}

/// Why a metric has no value although everything was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotApplicable {
    /// There is no baseline.
    FirstVersion,
    /// The baseline passes no case.
    BaselinePassesNothing,
    /// The template has nothing to render.
    NothingRendered,
}

impl NotApplicable {
    /// The reason's name, as in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstVersion => "first_version",
            Self::BaselinePassesNothing => "baseline_passes_nothing",
            Self::NothingRendered => "nothing_rendered",
        }
    }
}

/// A metric's value, or why there is none. A metric without an entry was not measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// Measured.
    Value {
        /// The value.
        value: f64,
        /// How many samples it rests on.
        samples: u64,
    },
    /// Has no meaning for this experiment.
    NotApplicable(NotApplicable),
}

impl Measured {
    /// A plain count.
    pub fn count(count: u64) -> Self {
        Self::Value { value: count as f64, samples: count }
    }

    /// `part / whole`, resting on `whole` samples; `None` when there is no sample.
    pub fn ratio(part: u64, whole: u64) -> Option<Self> {
        (whole > 0).then(|| Self::Value { value: part as f64 / whole as f64, samples: whole })
    }
}

/// All that was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metrics(pub BTreeMap<Metric, Measured>);

impl Metrics {
    /// What was measured of `metric`; `None` when it was not measured.
    pub fn get(&self, metric: Metric) -> Option<Measured> {
        self.0.get(&metric).copied()
    }

    /// Records a metric.
    pub fn record(&mut self, metric: Metric, measured: Measured) {
        self.0.insert(metric, measured);
    }
}
