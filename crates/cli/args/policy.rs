//! Arguments of `genesis policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check policy files
    Check {
        /// Names or files
        #[arg(required = true)]
        policies: Vec<String>,
    },
    /// Show every setting and where it comes from
    Show {
        /// Name or file
        #[arg(default_value = "default")]
        policy: String,
    },
    /// Explain the rules in words
    Explain {
        /// Name or file
        #[arg(default_value = "default")]
        policy: String,
    },
    /// Judge recorded evidence (policies/cases) and compare with the verdicts that are expected
    Test {
        /// Files of cases
        #[arg(required = true)]
        cases: Vec<PathBuf>,
        /// Name or file
        #[arg(long, default_value = "default")]
        policy: String,
    },
    /// Show what differs between two policies
    Diff {
        /// Name or file
        left: String,
        /// Name or file
        right: String,
    },
}
