//! The sandbox against guests that misbehave, and those that do not.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod built_in;
mod components;
mod determinism;
mod guests;
mod hostile;
mod modules;
mod profile;
mod reports;
mod runs;
mod soak;
#[cfg(target_os = "linux")]
mod workers;
