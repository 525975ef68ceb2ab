//! Arguments of `genesis up`.

use clap::Args;

use super::BusAddress;

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Start no server: a broker within the process, and the ledger in a file
    #[arg(long)]
    pub(crate) embedded: bool,
    #[command(flatten)]
    pub(crate) bus: BusAddress,
    /// Policy by name or file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Most experiments at once, and as many jobs [default: as many as there are threads]
    #[arg(long, value_name = "COUNT")]
    pub(crate) concurrency: Option<std::num::NonZeroUsize>,
    /// Where requests, health and metrics are answered over HTTP; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: std::net::SocketAddr,
}
