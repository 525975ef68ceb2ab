//! Real servers for tests: `nats-server` and PostgreSQL as the system has them, on 127.0.0.1 and a free port, in a folder
//! that goes with them. A server ends when its value is dropped.
//!
//! A server that is not installed is an error that says what to install; nothing is skipped.

mod nats;
mod postgres;
mod process;

pub use nats::Nats;
pub use postgres::Postgres;
pub use process::ServerError;
