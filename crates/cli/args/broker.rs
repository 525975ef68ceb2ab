//! Where the broker is, and what it is shown.

use std::path::PathBuf;

use clap::Args;

/// Address of the broker.
#[derive(Debug, Clone, Args)]
pub(crate) struct BusAddress {
    /// Broker: nats://host:port, several with commas between them, or postgres://user@host/name for queues [default:
    /// GENESIS_BUS, GENESIS_NATS_URL, `bus` in genesis.toml, NATS_URL, SHARED_QUEUE_DB_URL]
    #[arg(long = "bus", value_name = "URL")]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) nats: NatsOptions,
}

/// Addresses of the brokers of a service.
#[derive(Debug, Clone, Args)]
pub(crate) struct BusAddresses {
    /// Broker: nats://host:port, several servers with commas between them, or postgres://user@host/name for queues; one of each
    /// for both at once [default: GENESIS_BUS, GENESIS_NATS_URL, `bus` in genesis.toml, NATS_URL, SHARED_QUEUE_DB_URL]
    #[arg(long = "bus", value_name = "URL")]
    pub(crate) urls: Vec<String>,
    #[command(flatten)]
    pub(crate) nats: NatsOptions,
}

/// How a NATS server is spoken to.
#[derive(Debug, Clone, Args)]
pub(crate) struct NatsOptions {
    #[command(flatten)]
    pub(crate) login: NatsLogin,
    /// Servers of a NATS cluster that keep each stream [default: GENESIS_NATS_REPLICAS, else what is there, else 1]
    #[arg(long, value_name = "COUNT", help_heading = "NATS options")]
    pub(crate) nats_replicas: Option<std::num::NonZeroUsize>,
}

/// What a NATS server is shown. Each has a variable: GENESIS_NATS_USER, ...
#[derive(Debug, Clone, Args)]
pub(crate) struct NatsLogin {
    /// User, whose password is in GENESIS_NATS_PASSWORD; or both in the address [default: GENESIS_NATS_USER]
    #[arg(long, value_name = "NAME", help_heading = "NATS options")]
    pub(crate) nats_user: Option<String>,
    /// File with the seed of an nkey [default: GENESIS_NATS_NKEY]
    #[arg(long, value_name = "FILE", help_heading = "NATS options", conflicts_with = "nats_user")]
    pub(crate) nats_nkey: Option<PathBuf>,
    /// File of credentials, as nsc writes it [default: GENESIS_NATS_CREDS]
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "NATS options",
        conflicts_with_all = ["nats_user", "nats_nkey"]
    )]
    pub(crate) nats_creds: Option<PathBuf>,
    /// Certificates that NATS servers are believed by, instead of the system's [default: GENESIS_TLS_CA]
    #[arg(long, value_name = "FILE", help_heading = "NATS options")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Certificate for NATS servers that ask for one [default: GENESIS_TLS_CERT]
    #[arg(long, value_name = "FILE", help_heading = "NATS options", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Key of that certificate [default: GENESIS_TLS_KEY]
    #[arg(long, value_name = "FILE", help_heading = "NATS options", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
}

impl NatsLogin {
    /// Nothing on the command line: what variables say holds.
    pub(crate) fn none() -> Self {
        Self {
            nats_user: None,
            nats_nkey: None,
            nats_creds: None,
            tls_ca: None,
            tls_cert: None,
            tls_key: None,
        }
    }
}
