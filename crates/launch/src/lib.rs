//! Programs of servers as the system has them, `nats-server` and PostgreSQL: found, started, waited for, ended. For
//! `genesis up` and for tests; what they are set up with is the caller's affair.

mod postgres;
mod process;

pub use postgres::{PACKAGE, Person, installed, make_cluster, program};
pub use process::{Server, ServerError, Signal, bound, free_port, io_error, is_installed};
