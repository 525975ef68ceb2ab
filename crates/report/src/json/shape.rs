//! Shapes that several reports share.

use genesis_abi::{FailedReason, Finding, LimitHit, Limits, Place, RunOutcome, Severity, Usage};
use serde::Serialize;

/// What a check has to say about one place.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct FindingShape<'a> {
    /// How much it weighs.
    severity: SeverityShape,
    /// Stable code such as `T0203`.
    code: &'a str,
    /// One sentence.
    message: &'a str,
    /// Where it is.
    place: PlaceShape<'a>,
    /// What to do about it.
    help: Option<&'a str>,
    /// Whether the baseline has it too.
    inherited: bool,
}

/// How much a finding weighs.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum SeverityShape {
    /// The template or what it renders is wrong.
    Error,
    /// Probably a mistake.
    Warning,
    /// Worth knowing.
    Note,
}

/// Where a finding is; what is not known is null.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PlaceShape<'a> {
    /// The file.
    file: &'a str,
    /// JSON pointer (RFC 6901) into the document.
    pointer: Option<&'a str>,
    /// Line, from 1.
    line: Option<u32>,
    /// Column in characters, from 1.
    column: Option<u32>,
    /// Offset in bytes.
    offset: Option<u32>,
    /// Length in bytes.
    length: Option<u32>,
}

/// How a run ended.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct OutcomeDetail<'a> {
    /// Of a guest that failed: `exit_code`, `no_output`, `not_json`, `wrong_shape` or `no_start`. Of one that trapped:
    /// the trap. Of an invalid module: what the engine says.
    reason: Option<&'a str>,
    /// Exit code of a guest that failed with one.
    exit_code: Option<i32>,
    /// Beginning of what a guest that failed wrote, escaped.
    excerpt: Option<&'a str>,
    /// Imports that were denied, as `module::name`.
    denied_imports: &'a [String],
    /// What else a module that may not be compiled would be refused for, one sentence each.
    also: &'a [String],
}

/// A limit that was passed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct LimitHitShape {
    /// The limit's name, as in policy files.
    name: &'static str,
    /// Its value.
    value: u64,
    /// What was used or asked for.
    peak: u64,
}

/// What a run was allowed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct LimitsShape {
    /// Units of fuel.
    fuel: u64,
    /// Milliseconds of wall time.
    wall_time_ms: u64,
    /// Bytes of linear memory.
    memory_bytes: u64,
    /// Elements of all tables.
    table_elements: u64,
    /// Bytes on standard output.
    stdout_bytes: u64,
    /// Bytes on standard error.
    stderr_bytes: u64,
    /// Calls into the host.
    host_calls: u64,
}

/// What a run used.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct UsageShape<'a> {
    /// Units of fuel.
    fuel: u64,
    /// Largest sum of linear memory, in bytes.
    peak_memory_bytes: u64,
    /// Largest sum of table elements.
    peak_table_elements: u64,
    /// Bytes written to standard output.
    stdout_bytes: u64,
    /// Bytes written to standard error.
    stderr_bytes: u64,
    /// Calls into the host.
    host_calls: u64,
    /// Digest over the sequence of host calls.
    host_call_log: &'a str,
    /// Microseconds of wall time; null where it is not recorded.
    wall_time_us: Option<u64>,
}

impl<'a> FindingShape<'a> {
    /// The finding; `own` is the path of the template's own document.
    pub(super) fn of(finding: &'a Finding, own: &'a str) -> Self {
        let Finding { severity, code, message, place: Place { file, pointer, span }, help, inherited } =
            finding;
        Self {
            severity: match severity {
                Severity::Error => SeverityShape::Error,
                Severity::Warning => SeverityShape::Warning,
                Severity::Note => SeverityShape::Note,
            },
            code,
            message,
            place: PlaceShape {
                file: file.as_deref().filter(|file| !file.is_empty()).unwrap_or(own),
                pointer: pointer.as_deref(),
                line: span.map(|span| span.line),
                column: span.map(|span| span.column),
                offset: span.map(|span| span.offset),
                length: span.map(|span| span.length),
            },
            help: help.as_deref(),
            inherited: *inherited,
        }
    }
}

impl<'a> OutcomeDetail<'a> {
    pub(super) fn of(outcome: &'a RunOutcome) -> Self {
        let plain = Self { reason: None, exit_code: None, excerpt: None, denied_imports: &[], also: &[] };
        match outcome {
            RunOutcome::Failed { reason, exit_code, excerpt } => Self {
                reason: Some(match reason {
                    FailedReason::ExitCode => "exit_code",
                    FailedReason::NoOutput => "no_output",
                    FailedReason::NotJson => "not_json",
                    FailedReason::WrongShape => "wrong_shape",
                    FailedReason::NoStart => "no_start",
                }),
                exit_code: *exit_code,
                excerpt: Some(excerpt),
                ..plain
            },
            RunOutcome::Trapped { trap } => Self { reason: Some(trap), ..plain },
            RunOutcome::InvalidModule { message } => Self { reason: Some(message), ..plain },
            RunOutcome::DeniedImport { imports, also } => Self { denied_imports: imports, also, ..plain },
            RunOutcome::ModuleTooComplex { also, .. } => Self { also, ..plain },
            _ => plain,
        }
    }
}

impl LimitHitShape {
    /// Every limit that an outcome carries.
    pub(super) fn all(outcome: &RunOutcome) -> Vec<Self> {
        match outcome {
            RunOutcome::ModuleTooComplex { limits, .. } => limits.iter().map(Self::of).collect(),
            other => other.limit_hit().into_iter().map(Self::of).collect(),
        }
    }

    fn of(hit: &LimitHit) -> Self {
        Self { name: hit.limit.as_str(), value: hit.value, peak: hit.peak }
    }
}

impl From<&Limits> for LimitsShape {
    fn from(limits: &Limits) -> Self {
        let Limits {
            fuel,
            wall_time_ms,
            memory_bytes,
            table_elements,
            stdout_bytes,
            stderr_bytes,
            host_calls,
        } = *limits;
        Self { fuel, wall_time_ms, memory_bytes, table_elements, stdout_bytes, stderr_bytes, host_calls }
    }
}

impl<'a> From<&'a Usage> for UsageShape<'a> {
    fn from(usage: &'a Usage) -> Self {
        Self {
            fuel: usage.fuel,
            peak_memory_bytes: usage.peak_memory_bytes,
            peak_table_elements: usage.peak_table_elements,
            stdout_bytes: usage.stdout_bytes,
            stderr_bytes: usage.stderr_bytes,
            host_calls: usage.host_calls,
            host_call_log: &usage.host_call_log,
            wall_time_us: usage.wall_time_us,
        }
    }
}
