//! The experiment: what Genesis exists for.
//!
//! A candidate template is planned into runs, run in the sandbox beside the version in force on the same cases, turned
//! into evidence, judged by the policy, and committed: objects, then the ledger, then the refs. One file each. This
//! crate reads files only below a template's root and in the cache of verdicts that it is given, knows no clock (times
//! are given to it) and prints nothing.

mod announce;
mod cached;
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
mod once;
mod part;
mod plan;
mod rebuild;
mod record;
mod recover;
mod replay;
mod request;
mod rollback;
mod runner;
mod shadow;
mod tree;
mod verdict_cache;
mod verify;

pub use announce::announcements;
pub use cached::{Answer, AnswerSource, Knowledge, answer};
pub use check::{CheckedFile, check_files};
pub use code::CodeTask;
pub use codes::{
    BASE_MOVED, CODE_CODES, COST_GREW, COST_NOT_COMPARED, GATE_CHANGED, HOST_CODES, HostCode, STATE_TRACKED,
    UNREADABLE, VERDICT_CONTRADICTED,
};
pub use commit::{
    CommitPoint, Commits, Hooks, baseline_in_force, dry_run, promoted_versions, run, run_recorded,
};
pub use doctor::{Examination, HostState, Tried};
pub use error::ExperimentError;
pub use guest_test::{CaseResult, Expected, GuestCase, TriedCase, try_guest};
pub use job::{Answered, Job, JobError, JobRequest};
pub use load::{LoadCaps, LoadError, TemplateRoot, into_text, load_with};
pub use manifest::guest_manifest;
pub use measure::{Measurement, Progress, measure};
pub use part::{Part, Watch};
pub use plan::{CodeCheck, Plan, PlannedCheck, plan};
pub use rebuild::rebuild_ledger;
pub use record::{Prepared, Recorded, Recorder};
pub use recover::{RecoveryNote, recover};
pub use replay::{Difference, Replayed, replay};
pub use request::{Baseline, BaselineOrigin, Request, UserGuest};
pub use rollback::{RolledBackTo, revision, roll_back};
pub use runner::{Loaded, Preparing, ProfiledModule, Runner};
pub use shadow::{EndedRun, shadow};
pub use verdict_cache::{Known, Question, VerdictCache, VerdictCacheError, found_the_same};
pub use verify::{Comparison, compare, compare_mirror};
