//! History against real git.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commits;
mod crash;
mod limits;
mod mirroring;
mod reading;
mod refs;
mod support;
mod verifying;
