//! Genesis as a service: requests come by message, results go by message, and nothing is lost in between.
//!
//! A request is acknowledged when its experiment is recorded, not before; its result is sent from the ledger's outbox
//! until the broker has confirmed it. So a process may die at any moment: what it was doing comes again, and what was
//! recorded already is only announced again. Time, addresses and the policy are given; the crate prints nothing.

mod broker;
mod cancel;
mod commit;
mod http;
mod intake;
mod jobs;
mod metrics;
mod relay;
mod request;
mod room;
mod serve;
mod taker;
mod traces;
mod worker;

pub use request::{Refusal, RunRequest};
pub use serve::{Config, Rules, ServeError, run};
pub use traces::{Collector, Traces, TracesError};
