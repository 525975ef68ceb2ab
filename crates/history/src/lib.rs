//! Experiments as a git history: one bare repository that plain `git log` reads.
//!
//! `refs/heads/templates/<id>` holds the versions in force of one template, one commit each, in one line.
//! `refs/experiments/<uuid>` holds one experiment, one commit a step. Nothing is ever erased: a rollback is a
//! further commit with an earlier tree.
//!
//! The crate writes what it is told and moves refs where it is told: it decides nothing, knows no clock and no
//! ledger. Writing objects and moving refs are apart, so that a ledger can decide in between.

mod error;
mod history;
mod identity;
mod lock;
mod message;
mod mirror;
mod names;
mod pack;
mod read;
mod recover;
mod refs;
mod tidy;
mod tree;
mod verify;
mod write;

pub use error::HistoryError;
pub use genesis_domain::Durability;
pub use history::History;
pub use lock::HistoryLock;
pub use mirror::{Mirror, is_instance_name, mirror_refspecs, mirrored_branches};
pub use names::{experiment_ref, template_ref};
pub use read::{StepEntry, VersionEntry};
pub use recover::Recovered;
pub use tree::{Files, MAX_FILE_BYTES, MAX_FILES, MAX_PATH_BYTES, MAX_TREE_BYTES};
pub use verify::{Problem, VerifyReport};
pub use write::{BranchCommit, BranchRollback, ExperimentCommits, StepTree, Written};
