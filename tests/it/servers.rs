//! Genesis as a service, on real brokers and databases that the tests start, spoken to by clients that nobody here wrote.

mod deaths;
mod queues;
mod refusals;
mod stage;
mod thread;
