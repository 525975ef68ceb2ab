//! The experiment as types: identities, evidence, metrics, verdict, the steps of its history, and what the ledger
//! records. No I/O, no clock, no runtime; nothing here decides or runs anything.

mod address;
mod envelope;
mod evidence;
mod experiment;
mod firing;
mod ids;
mod job;
mod metric;
mod record;
mod shadow;
mod step;
pub mod subject;
mod trend;
mod verdict;

pub use address::without_password;
pub use envelope::{Answer, Asked, EnvelopeId, rfc3339};
/// The one table of languages and of what people call them.
pub use genesis_template::language_named;

pub use evidence::{
    CaseRecord, CaseSide, CodeSummary, Evidence, GuestRef, Judged, PlanSummary, RunRecord, Side, Subject,
    TestCounts, VersionRef,
};
pub use experiment::{CheckSpent, Effect, Experiment, StepCommit};
pub use firing::{Firing, FiringState};
pub use ids::{CommitId, Digest, ExperimentId, IdError, Risk, Seed, TemplateId};
pub use job::{AnalysisReply, AnalysisStatus, JobAnalysis, JobRecord, JobReply, JobStatus, JobUsage};
pub use metric::{Measured, Metric, Metrics, NotApplicable};
pub use record::{
    Durability, ExperimentRecord, ExperimentStatus, Head, InboxMessage, OutboxMessage, PromotedRecord,
    Promotion, RefUpdate,
};
pub use shadow::{Need, RunShadow, Shadow, ShadowFound};
pub use step::{Step, Trailer};
pub use trend::{ExperimentTrend, JobTrend, Period, Spread, Trends};
pub use verdict::{Decision, Operator, Reason, Remark, RemarkCode, Term, Verdict};
