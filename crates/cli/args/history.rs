//! Arguments of what was tried.

use clap::{Args, Subcommand};

use super::Format;

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The experiment's id
    pub(crate) id: String,
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    #[command(subcommand)]
    pub(crate) command: HistoryCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// List experiments, newest first
    List {
        /// Only those of this template
        #[arg(long)]
        template: Option<String>,
        /// Most experiments
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Show an experiment's steps and verdict, or a template's versions
    Show {
        /// An experiment's id, or a template's
        id: String,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Show what an experiment's candidate changes, or what differs between two commits
    Diff {
        /// An experiment's id, or a commit
        from: String,
        /// A commit
        to: Option<String>,
    },
    /// Check the whole history, and that the ledger agrees with it
    Verify {
        /// Check what all instances have mirrored instead [default: the mirror that is configured]
        #[arg(long, value_name = "URL|PATH", num_args = 0..=1, default_missing_value = "")]
        mirror: Option<String>,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Count what was recorded lately: experiments by kind, language and risk, jobs by language and analysis
    Trends {
        /// Days up to now
        #[arg(long, value_name = "DAYS", default_value_t = genesis_serve::TREND_DAYS)]
        days: u32,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Make the ledger anew from the history
    RebuildLedger,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The template's id
    pub(crate) template: String,
    /// A version, commit or experiment that was in force [default: the one before]
    #[arg(long, value_name = "VERSION|COMMIT|ID")]
    pub(crate) to: Option<String>,
}
