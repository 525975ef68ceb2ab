//! Genesis as a service, on real brokers and databases that the tests start, spoken to by clients that nobody here wrote.

mod cancelling;
mod deaths;
mod deploy;
mod doctor;
mod faults;
mod load;
mod logins;
mod mirroring;
mod moving;
mod queues;
mod refusals;
mod reloading;
mod schedule;
mod shared_queue;
mod stage;
mod thread;
mod traces;
mod up;
