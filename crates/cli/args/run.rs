//! Arguments of what runs one thing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Format, Output, Reporting};

/// Risk level of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Risk {
    /// The default answers only.
    Low,
    /// Defaults, each answer varied alone, boundaries.
    Medium,
    /// Every pair of answers, and everything run twice.
    High,
}

#[derive(Debug, Args)]
pub(crate) struct RunExperiment {
    /// The candidate
    pub(crate) template: PathBuf,
    /// Compare with this file, version or commit instead of the version in force; nothing is promoted
    #[arg(long, value_name = "FILE|REV")]
    pub(crate) baseline: Option<String>,
    /// The template's id [default: its own, else its path below the root]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Folder below which everything a template names must lie [default: that of genesis.toml, else the template's]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Policy by name or file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Validator profile: legacy, standard or strict
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Risk level; it chooses the cases
    #[arg(long, value_enum)]
    pub(crate) risk: Option<Risk>,
    /// Answer sets to try besides: a JSON object, or a list of them
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Generated code to check besides what the template renders
    #[arg(long, value_name = "DIR")]
    pub(crate) samples: Option<PathBuf>,
    /// A guest of your own, run as a required check; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) guest: Vec<PathBuf>,
    /// Seed of the guests' randomness [default: a digest of template and policy]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Measure and judge, and record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Announce the result through the ledger's outbox
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) announce: bool,
    /// Exit with 1 when something is left to be adapted
    #[arg(long)]
    pub(crate) fail_on_adaptations: bool,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

#[derive(Debug, Args)]
pub(crate) struct RunGuest {
    /// A module (.wasm), or the name of a built-in guest
    pub(crate) guest: String,
    /// The document on its standard input; `-` reads standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Policy by name or file: its limits hold
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Seed of its randomness
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Count its fuel by function and draw a flame graph of it (SVG); modules only
    #[arg(long)]
    pub(crate) profile: bool,
    /// File of the flame graph [default: GUEST.svg]
    #[arg(short, long, value_name = "FILE", requires = "profile")]
    pub(crate) output: Option<PathBuf>,
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct RunJob {
    /// The code; `-` reads standard input
    pub(crate) file: PathBuf,
    /// Its language [default: by the file's name]
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// What to do: syntax, lint, security, quality, tests or all [default: all]
    #[arg(long)]
    pub(crate) analysis: Option<String>,
    /// Id of the job: the same job under the same id is answered from the ledger [default: a new one]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// The file is a request as it comes by message: {id, code, language, analysis_type}
    #[arg(long, conflicts_with_all = ["language", "analysis", "id"])]
    pub(crate) json: bool,
    /// Policy by name or file: its limits and lint rules hold
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}
