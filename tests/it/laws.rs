//! The laws of the project's own sources. Each is a scan over what is there, and each scan is shown a bad sample
//! that it must refuse, so that none can pass by looking at nothing.

mod edges;
mod features;
mod locks;
mod purity;
mod signatures;
mod sources;
mod subjects;
mod texts;

/// Fails with every violation, one a line.
fn assert_none(law: &str, violations: &[String]) {
    assert!(violations.is_empty(), "{law}:\n  {}", violations.join("\n  "));
}
