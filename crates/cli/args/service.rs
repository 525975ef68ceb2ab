//! Arguments of the service and its broker.

use clap::{Args, Subcommand};

use super::{BusAddress, BusAddresses, Format, NatsLogin};

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) bus: BusAddresses,
    /// Policy by name or file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Most experiments at once, and as many jobs [default: as many as there are threads]
    #[arg(long, value_name = "COUNT")]
    pub(crate) concurrency: Option<std::num::NonZeroUsize>,
    /// Most experiments that are recorded at once, by one sync
    #[arg(long, value_name = "COUNT", default_value_t = Serve::MOST_IN_A_BATCH)]
    pub(crate) batch: std::num::NonZeroUsize,
    /// Where health and metrics are answered over HTTP; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: std::net::SocketAddr,
    /// Take requests over HTTP as well (POST /requests); for 127.0.0.1 and ::1 alone, since nobody is asked who they are
    #[arg(long)]
    pub(crate) intake: bool,
    /// Mirror the history to this repository, which others mirror theirs to, and fetch from it what they promoted
    #[arg(long, value_name = "URL|PATH")]
    pub(crate) mirror: Option<String>,
    /// Name of this instance among those that share ledger and mirror; kept from then on [default: one of the
    /// repository's own]
    #[arg(long, value_name = "NAME")]
    pub(crate) instance: Option<String>,
    /// Seconds that what runs may take to finish when the service ends
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) grace: u64,
    /// Seconds after which an experiment is given up
    #[arg(long, value_name = "SECONDS", default_value_t = Serve::TIMEOUT_SECONDS)]
    pub(crate) timeout: u64,
}

impl Serve {
    /// After which an experiment is given up, when nobody says otherwise.
    pub(crate) const TIMEOUT_SECONDS: u64 = 3600;
    /// What a batch saves is saved by then.
    pub(crate) const MOST_IN_A_BATCH: std::num::NonZeroUsize = std::num::NonZeroUsize::new(256).unwrap();
}

#[derive(Debug, Args)]
pub(crate) struct Bus {
    #[command(subcommand)]
    pub(crate) command: BusCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BusCommand {
    /// Check that a broker delivers, redelivers, delays and buries as it must, in channels made for it and removed again
    #[command(after_help = "\
Examples:
  genesis bus conformance                                     the bus within the process
  genesis bus conformance --url nats://127.0.0.1:4222

Exit code 0 when everything holds, 1 when something does not, 5 when the broker cannot be reached.")]
    Conformance {
        /// The broker [default: the bus within the process]
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        #[command(flatten)]
        login: NatsLogin,
    },
    /// Take away what queues have kept for long enough: messages that are done with, results that nobody took
    #[command(after_help = "\
Examples:
  genesis bus prune --bus postgres://genesis@127.0.0.1/shared_queue
  genesis bus prune --keep-days 30

JetStream does so by itself.")]
    Prune {
        #[command(flatten)]
        bus: BusAddress,
        /// Days that messages are kept [default: SHARED_QUEUE_RETENTION_DAYS, else 90]
        #[arg(long, value_name = "DAYS")]
        keep_days: Option<std::num::NonZeroU32>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    pub(crate) command: DlqCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DlqCommand {
    /// List what was given up and why, oldest first
    List {
        #[command(flatten)]
        bus: BusAddress,
        /// Most messages
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Show one with what was sent
    Show {
        /// Its number
        number: u64,
        #[command(flatten)]
        bus: BusAddress,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Send one to its subject again and take it from the list
    Requeue {
        /// Its number
        number: u64,
        #[command(flatten)]
        bus: BusAddress,
    },
    /// Drop one for good
    Drop {
        /// Its number
        number: u64,
        #[command(flatten)]
        bus: BusAddress,
    },
}
