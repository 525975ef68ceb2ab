//! Arguments of `genesis schedule`.

use clap::{Args, Subcommand, ValueEnum};

use super::{BusAddresses, Format};

#[derive(Debug, Args)]
pub(crate) struct Schedule {
    #[command(subcommand)]
    pub(crate) command: ScheduleCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// List the tasks: when each is due next, when it was last done, and with what result
    List {
        /// Most times of each task that are shown
        #[arg(long, default_value_t = 1)]
        limit: u32,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Do a task now
    #[command(after_help = "\
Exit code 0 when it is done, 1 when it failed or is under way elsewhere.")]
    Run {
        /// The task
        #[arg(value_enum)]
        task: TaskName,
        #[command(flatten)]
        bus: BusAddresses,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

/// A task by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TaskName {
    /// Remove from the ledger what is not needed any more
    Cleanup,
    /// Count the last 30 days by type and risk
    Trends,
    /// Send what was counted since the last time
    Metrics,
    /// Take away what queues have kept for long enough
    QueueRetention,
}
