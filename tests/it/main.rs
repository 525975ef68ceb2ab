//! Integration tests of the whole, as one binary.

#![expect(clippy::unwrap_used, reason = "a test whose stage cannot be set has failed")]

mod bad_input;
mod ci;
mod code;
mod commands;
mod corpus;
mod cost;
mod crash;
mod determinism;
mod doctor;
mod experiments;
mod fuzz;
mod guests;
mod hostile;
mod jobs;
mod laws;
mod limits;
mod own_guests;
mod profile;
mod readme;
mod replay;
mod reports;
mod schedule;
mod servers;
mod shadow;
mod suites;
mod support;
