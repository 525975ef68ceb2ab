//! Arguments of what concerns this machine and the program itself.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A code such as T0203, or its name such as changelog-top
    #[arg(required_unless_present = "list")]
    pub(crate) code: Option<String>,
    /// List all codes
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every value and where it comes from
    Show {
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Guests that misbehave, by name [default: all]
    #[arg(value_name = "GUEST")]
    pub(crate) guests: Vec<String>,
    /// Show every guest, not only every limit
    #[arg(long)]
    pub(crate) all: bool,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder to write into; for `pre-receive`, the repository
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Write what judges changes there instead
    #[arg(long, value_enum, value_name = "WHERE")]
    pub(crate) ci: Option<CiHost>,
    /// Repository and revision on GitHub, or its address and revision, that genesis is built from
    #[arg(long, value_name = "REPO@REF", requires = "ci")]
    pub(crate) from: Option<String>,
}

/// Where changes are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CiHost {
    /// A GitHub workflow.
    Github,
    /// A GitLab pipeline.
    Gitlab,
    /// Before a commit, in a clone.
    PreCommit,
    /// Before a push is taken, on a server.
    PreReceive,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which: experiment, gate, event, check, run, job, guest-inspect, guest-test, guest-list,
    /// doctor, or message for what `genesis serve` takes and sends
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Worker {
    /// What the process that started this one says
    #[arg(required = true, allow_hyphen_values = true, trailing_var_arg = true)]
    pub(crate) orders: Vec<OsString>,
}
