//! History against real git.

mod commits;
mod crash;
mod limits;
mod reading;
mod refs;
mod support;
mod verifying;
