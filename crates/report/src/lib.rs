//! Experiments, checked files, single runs of guests and what guests are made of, for people and for programs.
//!
//! One module a format: [`human`] writes text for a terminal, [`json`] documents with a version and a published schema
//! ([`SCHEMAS`]). Everything here is a pure function from what was measured to text; nothing is computed anew, and what
//! was not measured is said to be so. Text that comes from a template or a guest is escaped for terminals.

mod doctor;
mod guest;
mod human;
mod json;

use std::collections::BTreeMap;

use genesis_abi::{Finding, Limits, Report, RunOutcome, Usage};

pub use doctor::{Doctor, Examined, Layer, Resources, Service, ServiceState};
pub use guest::{GuestInspection, GuestTest, ListedGuest, Measure, ModuleParts, TestedCase, TestedResult};
pub use human::{
    Style, human, human_check, human_doctor, human_guest_inspection, human_guest_list, human_guest_test,
    human_job, human_run,
};
pub use json::{
    FORMAT_VERSION, json, json_check, json_doctor, json_guest_inspection, json_guest_list, json_guest_test,
    json_job, json_run,
};

/// The JSON schemas of the JSON reports, by name.
pub const SCHEMAS: [(&str, &str); 8] = [
    ("experiment", include_str!("../schema/experiment.v1.json")),
    ("check", include_str!("../schema/check.v1.json")),
    ("run", include_str!("../schema/run.v1.json")),
    ("job", include_str!("../schema/job.v1.json")),
    ("guest-inspect", include_str!("../schema/guest-inspect.v1.json")),
    ("guest-test", include_str!("../schema/guest-test.v1.json")),
    ("guest-list", include_str!("../schema/guest-list.v1.json")),
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
}
