//! Real servers for tests: `nats-server` and PostgreSQL as the system has them, on 127.0.0.1 and a free port, in a folder
//! that goes with them. A server ends when its value is dropped. For servers that ask who somebody is there are
//! certificates and NATS's own identities, made anew for each test.
//!
//! A server that is not installed is an error that says what to install; nothing is skipped.

mod authority;
mod identities;
mod nats;
mod postgres;

pub use authority::{Authority, Certificate};
pub use genesis_launch::ServerError;
pub use identities::{Identities, Nkey};
pub use nats::Nats;
pub use postgres::Postgres;
