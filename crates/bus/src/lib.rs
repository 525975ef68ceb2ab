//! The bus: messages that are not lost. One port, three brokers behind it: JetStream, pgmq, and one within the process.
//!
//! A delivery is acknowledged, extended, handed back for later, or rejected with a reason; what is none of these comes
//! again. Delivery is at least once, so a receiver keeps what it has done by the message's id. [`conformance`] holds
//! every broker to this. The crate knows neither experiments nor their ledger.

mod bus;
pub mod conformance;
mod error;
mod jetstream;
mod link;
mod login;
mod memory;
mod message;
mod pgmq;
mod topology;

pub use bus::{Bus, IN_PROCESS, knock};
pub use error::BusError;
pub use link::{Link, Links};
pub use login::Login;
pub use message::{DeadLetter, Delivery, Outgoing, Question};
pub use topology::{CANCELS, Channel, EXPERIMENTS, JOBS, KEPT_DAYS, Kind, LEASE, MOST_DELIVERIES, Topology};
