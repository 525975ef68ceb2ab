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
mod mirror;
mod relay;
mod request;
mod room;
mod schedule;
mod scheduler;
mod serve;
mod taker;
mod tasks;
mod traces;
mod worker;

/// The JSON schema of what is taken and sent by message; each kind of document has its definition.
pub const MESSAGE_SCHEMA: &str = include_str!("../schema/message.v1.json");

pub use mirror::Mirror;
pub use request::{Refusal, RunRequest};
pub use schedule::{CronError, CronExpression, Schedule, Task};
pub use scheduler::{Fired, FiringPoint, fire_now, last_firings};
pub use serve::{Config, Rules, ServeError, run};
pub use tasks::{TREND_DAYS, Tasks};
pub use traces::{Collector, Traces, TracesError};
