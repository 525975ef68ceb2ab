//! One run of one guest.

use serde::Serialize;
use serde_json::value::RawValue;

use super::shadow::ShadowShape;
use super::shape::{FindingShape, LimitHitShape, LimitsShape, OutcomeDetail, UsageShape};
use super::{FORMAT_VERSION, document};
use crate::{GuestRun, Profile};

/// Most bytes shown of standard error.
const MOST_STDERR_BYTES: usize = 64 << 10;

/// One run of one guest.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct RunDocument<'a> {
    /// `genesis.run`.
    format: &'static str,
    /// Version of this format.
    format_version: u32,
    /// The guest's name or path.
    guest: &'a str,
    /// How the run ended: `completed`, `failed`, `trapped`, `out_of_fuel`, `timed_out`, `memory_exceeded`,
    /// `table_exceeded`, `stack_overflow`, `output_exceeded`, `host_call_exceeded`, `denied_import`, `invalid_module`,
    /// `module_too_complex` or `cancelled`.
    outcome: &'static str,
    /// What more there is to say of how it ended.
    detail: OutcomeDetail<'a>,
    /// The limit that ended the run, or the first that the module passes; null when none did.
    limit: Option<LimitHitShape>,
    /// Further limits that the module passes.
    more_limits: Vec<LimitHitShape>,
    /// What the run used.
    usage: UsageShape<'a>,
    /// What it was allowed.
    limits: LimitsShape,
    /// Fingerprint of the engine; fuel of two fingerprints is not comparable. Null when nothing was run.
    engine: Option<&'a str>,
    /// What the guest reported; null when it did not complete.
    report: Option<ReportShape<'a>>,
    /// The first 64 KiB of standard error; what is not UTF-8 is replaced.
    stderr: String,
    /// Where the guest ran: `in-process` or `worker`; null for one that was refused.
    isolation: Option<&'a str>,
    /// What the run would have taken, when a budget ended it and somebody tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<ShadowShape<'a>>,
    /// Where its fuel went, when that was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<ProfileShape<'a>>,
}

/// Where a run's fuel went. Every call is counted, none is sampled.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ProfileShape<'a> {
    /// The file that shows it, a flame graph as SVG.
    file: &'a str,
    /// Units of fuel of all functions together: those of the run.
    fuel: u64,
    /// Calls that were counted.
    calls: u64,
    /// Distinct functions that were called.
    functions: u64,
    /// Distinct stacks of functions.
    stacks: u64,
    /// Calls whose fuel is their caller's, because their stacks were too deep or too many.
    merged_calls: u64,
    /// Whether the guest names its functions; else they are shown by their index.
    named: bool,
}

impl<'a> ProfileShape<'a> {
    fn of(profile: &Profile<'a>) -> Self {
        Self {
            file: profile.file,
            fuel: profile.fuel(),
            calls: profile.calls,
            functions: profile.functions,
            stacks: profile.stacks.len() as u64,
            merged_calls: profile.merged_calls,
            named: profile.named,
        }
    }
}

/// What a guest reported.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ReportShape<'a> {
    /// Version of the contract with guests.
    abi: u32,
    /// What it found.
    findings: Vec<FindingShape<'a>>,
    /// What else it gives: any JSON.
    #[cfg_attr(test, schemars(with = "Option<serde_json::Value>"))]
    data: Option<&'a RawValue>,
}

/// The run for programs.
pub fn json_run(run: &GuestRun<'_>) -> String {
    let mut hits = LimitHitShape::all(run.outcome).into_iter();
    document(&RunDocument {
        format: "genesis.run",
        format_version: FORMAT_VERSION,
        guest: run.guest,
        outcome: run.outcome.name(),
        detail: OutcomeDetail::of(run.outcome),
        limit: hits.next(),
        more_limits: hits.collect(),
        usage: run.usage.into(),
        limits: run.limits.into(),
        engine: run.engine,
        report: run.report.map(|report| ReportShape {
            abi: report.abi,
            findings: report.findings.iter().map(|finding| FindingShape::of(finding, "input")).collect(),
            data: report.data.as_deref(),
        }),
        stderr: String::from_utf8_lossy(&run.stderr[..run.stderr.len().min(MOST_STDERR_BYTES)]).into_owned(),
        isolation: run.isolation,
        shadow: run.shadow.map(ShadowShape::of),
        profile: run.profile.map(ProfileShape::of),
    })
}
