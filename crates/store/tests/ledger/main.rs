//! The ledger on real SQLite files.

mod commits;
mod listing;
mod opening;
mod outbox;
mod rebuilding;
mod support;
