//! Integration tests of the whole, as one binary.

#![expect(clippy::unwrap_used, reason = "a test whose stage cannot be set has failed")]

mod bad_input;
mod code;
mod commands;
mod corpus;
mod crash;
mod determinism;
mod doctor;
mod experiments;
mod guests;
mod hostile;
mod jobs;
mod laws;
mod limits;
mod own_guests;
mod readme;
mod replay;
mod suites;
mod support;
