//! Arguments of `genesis cancel`.

use clap::Args;

use super::BusAddress;

#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// `experiment_id` of the request
    pub(crate) id: String,
    /// `instance_id` of the request: who asked
    #[arg(long, value_name = "SENDER")]
    pub(crate) of: Option<String>,
    /// Why; whoever asked is told
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) bus: BusAddress,
}
