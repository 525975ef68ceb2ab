//! What reads hostile bytes, as functions from bytes that panic when a law is broken.
//!
//! The laws are the same everywhere: no panic, no hang, no growth, and the same result twice.

pub mod history;
pub mod jobs;
pub mod locks;
pub mod modules;
pub mod policies;
pub mod reports;
pub mod rules;
pub mod templates;

/// A function that is fuzzed.
pub type Target = fn(&[u8]);

/// All targets, by name. Their inputs are in `tests/fuzz/corpus/<name>`.
pub const ALL: [(&str, Target); 8] = [
    ("history", history::history),
    ("jobs", jobs::jobs),
    ("locks", locks::locks),
    ("modules", modules::modules),
    ("policies", policies::policies),
    ("reports", reports::reports),
    ("rules", rules::rules),
    ("templates", templates::templates),
];
