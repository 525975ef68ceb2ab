//! The experiment: what Genesis exists for.
//!
//! A candidate template is planned into runs, run in the sandbox beside the version in force on the same cases, turned
//! into evidence, judged by the policy, and committed: objects, then the ledger, then the refs. One file each. This
//! crate reads files only below a template's root, knows no clock (times are given to it) and prints nothing.

mod check;
mod code;
mod codes;
mod commit;
mod doctor;
mod error;
mod evidence;
mod guest_test;
mod job;
mod judge;
mod load;
mod manifest;
mod measure;
mod plan;
mod rebuild;
mod recover;
mod replay;
mod request;
mod rollback;
mod runner;
mod tree;
mod verify;

pub use check::{CheckedFile, check_files};
pub use code::CodeTask;
pub use codes::{CODE_CODES, HOST_CODES, HostCode, UNREADABLE};
pub use commit::{CommitPoint, Commits, Hooks, baseline_in_force, promoted_versions, run};
pub use doctor::{Examination, HostState, Tried};
pub use error::ExperimentError;
pub use guest_test::{CaseResult, Expected, GuestCase, TriedCase, try_guest};
pub use job::{Answered, Job, JobError, JobRequest};
pub use load::{LoadCaps, LoadError, TemplateRoot};
pub use manifest::guest_manifest;
pub use measure::{Measurement, Progress, measure};
pub use plan::{CodeCheck, Plan, PlannedCheck, plan};
pub use rebuild::rebuild_ledger;
pub use recover::{RecoveryNote, recover};
pub use replay::{Difference, Replayed, replay};
pub use request::{Baseline, BaselineOrigin, Request, UserGuest};
pub use rollback::{RolledBackTo, revision, roll_back};
pub use runner::{Loaded, Preparing, Runner};
pub use verify::disagreements;
