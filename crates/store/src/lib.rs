//! The ledger of record: what was experimented, which version of each template is in force, and what is still to be
//! announced.
//!
//! It is the arbiter of promotions: of two candidates for the same place one comes into force, and the other leaves
//! nothing behind. It decides nothing else, knows no clock and no git: refs are names and targets here.

mod cancellations;
mod error;
mod experiments;
mod firings;
mod heads;
mod inbox;
mod jobs;
mod ledger;
mod open;
mod outbox;
mod rebuild;
mod refs;
mod repositories;
mod retention;
mod sql;
mod trends;
mod wake;

pub use cancellations::CalledOff;
pub use error::StoreError;
pub use experiments::ListFilter;
pub use firings::{Claim, Claimed};
pub use genesis_domain::Durability;
pub use inbox::Received;
pub use ledger::{Commit, Committed, Ledger};
pub use rebuild::{Rebuild, Rebuilt};
pub use repositories::RefElsewhere;
pub use retention::Forgotten;
pub use trends::Grouping;
pub use wake::Wake;
