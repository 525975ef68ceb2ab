//! Arguments of what looks at templates and at changes of them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Reporting;

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files and folders
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Validator profile: legacy, standard or strict
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Folder below which everything a template names must lie [default: the folder given, or the file's]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Policy by name or file: its caps and limits hold
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Ci {
    /// Files and folders [default: all of the template root]
    pub(crate) paths: Vec<String>,
    /// What the change is to be merged into [default: origin/HEAD, origin/main or origin/master]
    #[arg(long, value_name = "REV")]
    pub(crate) base: Option<String>,
    /// What the change leads to: a revision, `index`, or `worktree`
    #[arg(long, value_name = "REV|index|worktree", default_value = "HEAD")]
    pub(crate) head: String,
    /// Folder below which everything a template names must lie [default: that of the base's genesis.toml, else the top]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<String>,
    /// Policy by name or file, as the base has it
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Take all that judges from this revision instead of the base
    #[arg(long, value_name = "REV")]
    pub(crate) policy_from: Option<String>,
    /// Digest of a change to what judges that a person accepts (also GENESIS_ACCEPT_GATE, and git's genesis.acceptGate)
    #[arg(long, value_name = "DIGEST")]
    pub(crate) accept_gate: Vec<String>,
    /// Hold what each case costs against the base's genesis.cost.toml
    #[arg(long)]
    pub(crate) check_cost: bool,
    /// Exit with 0 when no template differs
    #[arg(long)]
    pub(crate) allow_empty: bool,
    /// Judge everything anew, and keep no verdict
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Share of known verdicts that are found out anew and compared, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) audit_cache: u8,
    /// Exit with 1 when something is left to be adapted
    #[arg(long)]
    pub(crate) fail_on_adaptations: bool,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

#[derive(Debug, Args)]
pub(crate) struct Cost {
    #[command(subcommand)]
    pub(crate) command: CostCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CostCommand {
    /// Measure templates and write genesis.cost.toml beside genesis.toml
    Accept(CostAccept),
}

#[derive(Debug, Args)]
pub(crate) struct CostAccept {
    /// Files and folders [default: the folder of genesis.toml, else this one]
    pub(crate) paths: Vec<PathBuf>,
    /// Folder below which everything a template names must lie [default: that of genesis.toml, else of the template]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Policy by name or file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Write nothing, and exit with 1 when something would change
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The template
    pub(crate) template: PathBuf,
    /// Compare with this file instead of the version in force
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Folder below which everything a template names must lie [default: that of genesis.toml, else the template's]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Policy by name or file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
}
