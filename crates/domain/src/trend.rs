//! What was recorded in a period, counted by group. Everything here was measured; what was not is absent.

use serde::{Deserialize, Serialize};

use crate::{JobAnalysis, Risk};

/// A stretch of time, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its beginning, which belongs to it.
    pub from_ms: i64,
    /// Its end, which does not.
    pub until_ms: i64,
}

/// Experiments and jobs of a period, by when they were begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trends {
    /// Which.
    pub period: Period,
    /// Experiments by kind of template, language and risk.
    pub experiments: Vec<ExperimentTrend>,
    /// Jobs by language and analysis.
    pub jobs: Vec<JobTrend>,
}

/// The value that half of a group does not exceed, and the one that 95 of 100 do not: values that were recorded, none between
/// two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// How many values there are.
    pub samples: u64,
    /// Of half.
    pub p50: u64,
    /// Of 95 in 100.
    pub p95: u64,
}

/// Experiments of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExperimentTrend {
    /// Kind of template; absent where it was not recorded, or all are one group.
    pub kind: Option<String>,
    /// Language; absent where none was recorded, or all are one group.
    pub language: Option<String>,
    /// Risk level; absent where all are one group.
    pub risk: Option<Risk>,
    /// How many there are.
    pub experiments: u64,
    /// How many of them ended in a verdict that merges.
    pub merged: u64,
    /// Mean of the shares of cases that pass, over those that have one.
    pub mean_success_rate: Option<f64>,
    /// Mean regression, over those that have one.
    pub mean_regression: Option<f64>,
    /// How many have a regression.
    pub regression_samples: u64,
    /// Milliseconds of wall time that measuring took.
    pub runtime_ms: Option<Spread>,
    /// Largest linear memory of any run, in bytes.
    pub memory_peak_bytes: u64,
}

/// Jobs of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobTrend {
    /// Language; absent where all are one group.
    pub language: Option<String>,
    /// What was asked; absent where all are one group.
    pub analysis: Option<JobAnalysis>,
    /// How many there are.
    pub jobs: u64,
    /// How many of them were done.
    pub completed: u64,
    /// How many came to no end.
    pub failed: u64,
    /// How many could not be done with their language.
    pub unsupported: u64,
    /// Units of fuel.
    pub fuel: Option<Spread>,
    /// Milliseconds of wall time.
    pub runtime_ms: Option<Spread>,
}
