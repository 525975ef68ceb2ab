//! Experiments, checked files, single runs of guests and what guests are made of, for people and for programs.
//!
//! One module a format: [`human`] writes text for a terminal, [`json`] documents with a version and a published schema
//! ([`SCHEMAS`]), [`ndjson`] the same a line at a time, [`junit`], [`sarif`], [`github`] and [`markdown`] what other
//! programs read of a [`Gate`]. Everything here is a pure function from what was measured to text; nothing is computed
//! anew, and what was not measured is said to be so. Text that comes from a template or a guest is escaped for where it
//! goes: no terminal, CI runner or renderer takes it for a command.

mod doctor;
mod escape;
mod gate;
mod github;
mod guest;
mod human;
mod json;
mod junit;
mod markdown;
mod sarif;
mod told;

use std::collections::BTreeMap;

use genesis_abi::{Finding, Limits, Report, RunOutcome, Usage};
use genesis_domain::Shadow;

pub use doctor::{Doctor, Examined, Layer, Resources, Service, ServiceState};
pub use gate::{Change, ChangedLines, CodeText, EntryResult, Event, Gate, GateEntry, Skipped};
pub use github::github;
pub use guest::{GuestInspection, GuestTest, ListedGuest, Measure, ModuleParts, TestedCase, TestedResult};
pub use human::{
    Style, flame_graph, human, human_check, human_doctor, human_gate, human_guest_inspection,
    human_guest_list, human_guest_test, human_job, human_run,
};
pub use json::{
    FORMAT_VERSION, json, json_check, json_doctor, json_gate, json_guest_inspection, json_guest_list,
    json_guest_test, json_job, json_run, ndjson, ndjson_gate,
};
pub use junit::junit;
pub use markdown::{github_summary, markdown};
pub use sarif::sarif;

/// The JSON schemas of the JSON reports, by name.
pub const SCHEMAS: [(&str, &str); 10] = [
    ("experiment", include_str!("../schema/experiment.v1.json")),
    ("check", include_str!("../schema/check.v1.json")),
    ("run", include_str!("../schema/run.v1.json")),
    ("job", include_str!("../schema/job.v1.json")),
    ("guest-inspect", include_str!("../schema/guest-inspect.v1.json")),
    ("guest-test", include_str!("../schema/guest-test.v1.json")),
    ("guest-list", include_str!("../schema/guest-list.v1.json")),
    ("gate", include_str!("../schema/gate.v1.json")),
    ("event", include_str!("../schema/event.v1.json")),
    ("doctor", include_str!("../schema/doctor.v1.json")),
];

/// A file that was validated without an experiment.
#[derive(Debug, Clone, Copy)]
pub struct CheckedFile<'a> {
    /// Its path as the user gave it or as it was found.
    pub path: &'a str,
    /// What was found.
    pub findings: &'a [Finding],
    /// Texts by file for showing the lines that findings point to: the file's own under the empty name.
    pub sources: &'a BTreeMap<String, String>,
}

/// One run of one guest, outside an experiment.
#[derive(Debug, Clone, Copy)]
pub struct GuestRun<'a> {
    /// The guest's name or path.
    pub guest: &'a str,
    /// How the run ended.
    pub outcome: &'a RunOutcome,
    /// What it used.
    pub usage: &'a Usage,
    /// What it was allowed.
    pub limits: &'a Limits,
    /// Fingerprint of the engine; `None` when nothing was run.
    pub engine: Option<&'a str>,
    /// What it reported, when it completed.
    pub report: Option<&'a Report>,
    /// What it wrote to standard error.
    pub stderr: &'a [u8],
    /// Where it ran: `in-process` or `worker`. `None` for a guest that was refused.
    pub isolation: Option<&'a str>,
    /// What it would have taken, when a budget ended it and somebody tried.
    pub shadow: Option<&'a Shadow>,
    /// Where its fuel went, when that was counted.
    pub profile: Option<&'a Profile<'a>>,
}

/// Where a run's fuel went. Every call is counted, none is sampled.
#[derive(Debug, Clone, Copy, Default)]
pub struct Profile<'a> {
    /// The file that shows it.
    pub file: &'a str,
    /// Stacks of functions, callers first.
    pub stacks: &'a [ProfiledStack<'a>],
    /// Calls that were counted.
    pub calls: u64,
    /// Distinct functions that were called.
    pub functions: u64,
    /// Calls whose fuel is their caller's, because their stacks were too deep or too many.
    pub merged_calls: u64,
    /// Whether the guest names its functions; else they are shown by their index.
    pub named: bool,
}

impl Profile<'_> {
    /// Fuel of all stacks together.
    pub fn fuel(&self) -> u64 {
        self.stacks.iter().map(|stack| stack.fuel).sum()
    }
}

/// A function that was called by a stack of others.
#[derive(Debug, Clone, Copy)]
pub struct ProfiledStack<'a> {
    /// Index of the stack that called it, smaller than its own; `None` for what the host calls.
    pub caller: Option<usize>,
    /// The function's name, as the guest gives it.
    pub function: &'a str,
    /// Units of fuel that it used itself.
    pub fuel: u64,
}
