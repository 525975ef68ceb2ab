//! The ledger on real SQLite files.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

mod commits;
mod listing;
mod opening;
mod outbox;
mod rebuilding;
mod support;
