//! What crosses the wasm line, and what a run is.
//!
//! A guest reads one JSON document from standard input (an [`Input`]) and writes one JSON document to standard
//! output (a [`Report`]). The host describes what became of the run with a [`RunOutcome`] and a [`Usage`], under
//! the [`Limits`] it was given. This crate holds those shapes and nothing else: no I/O, no clock, no engine.

pub mod code;
mod finding;
mod input;
pub mod json_string;
mod limits;
mod manifest;
mod outcome;
mod read;
mod report;

pub use code::{Analysis, CodeInput, CodeReport, CodeRun, RuleUse, TestOutcome, TestResult};
pub use finding::{Finding, Place, Severity, Span};
pub use input::{
    BaselineText, CaseFile, CaseInput, Input, PromotedVersion, ReadCaps, RenderInput, Subject, TemplateText,
    ValidateInput,
};
pub use limits::{Limits, ModuleLimits};
pub use manifest::{Applies, MANIFEST_SECTION, Manifest, WantedLimits};
pub use outcome::{FailedReason, LimitHit, LimitName, RunOutcome, Usage};
pub use read::InputError;
pub use report::{RenderedFile, RenderedKind, Rendering, Report, ReportError};

/// The version of the contract between host and guest that this crate describes.
pub const ABI_VERSION: u32 = 1;
