//! What became of a run, and what it used.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a run ended. A misbehaving guest is an outcome; an error of the host is not one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RunOutcome {
    /// The guest did its work, whatever it found: exit code 0 and a report that is the ABI's.
    Completed,
    /// The guest ended by itself without a usable report.
    Failed {
        /// What was wrong.
        reason: FailedReason,
        /// The exit code, when the guest gave one.
        exit_code: Option<i32>,
        /// The first 2 KiB of its output, escaped.
        excerpt: String,
    },
    /// The guest ran into a wasm trap other than those below.
    Trapped {
        /// The trap's name, such as `unreachable` or `integer divide by zero`.
        trap: String,
    },
    /// Used up its fuel.
    OutOfFuel(LimitHit),
    /// Ran, or asked to sleep, past its wall time.
    TimedOut(LimitHit),
    /// Asked for more linear memory than allowed, at the start or by growing.
    MemoryExceeded(LimitHit),
    /// Asked for more table elements than allowed.
    TableExceeded(LimitHit),
    /// Recursed past the stack of its engine class.
    StackOverflow(LimitHit),
    /// Wrote more than allowed to standard output or standard error.
    OutputExceeded(LimitHit),
    /// Called the host more often than allowed.
    HostCallExceeded(LimitHit),
    /// Imports what the host does not give. Nothing was run.
    DeniedImport {
        /// Every import that is denied, as `module::name`.
        imports: Vec<String>,
        /// What else it would be refused for, one sentence each.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<String>,
    },
    /// Not a module that the engine takes. Nothing was run.
    InvalidModule {
        /// What the engine says of it, or which features of WebAssembly it uses that are off.
        message: String,
    },
    /// Larger or deeper than may be compiled, or not compiled within its time. Nothing was run.
    ModuleTooComplex {
        /// Every limit that the module passes.
        limits: Vec<LimitHit>,
        /// What else it would be refused for, one sentence each.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<String>,
    },
    /// Ended because the host was asked to stop.
    Cancelled,
}

/// Which limit ended a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitHit {
    /// The limit.
    pub limit: LimitName,
    /// Its value, in the limit's unit.
    pub value: u64,
    /// What was used or asked for when the run ended, in the same unit.
    pub peak: u64,
}

/// The limits that can end a run, or keep a module from being compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitName {
    /// Units of fuel.
    Fuel,
    /// Milliseconds.
    WallTimeMs,
    /// Bytes of linear memory.
    MemoryBytes,
    /// Table elements.
    TableElements,
    /// Bytes of stack.
    StackBytes,
    /// Bytes on standard output.
    StdoutBytes,
    /// Bytes on standard error.
    StderrBytes,
    /// Calls into the host.
    HostCalls,
    /// Bytes of the module.
    ModuleBytes,
    /// Types of the module.
    Types,
    /// Imports of the module.
    Imports,
    /// Functions of the module.
    Functions,
    /// Tables of the module.
    Tables,
    /// Memories of the module.
    Memories,
    /// Globals of the module.
    Globals,
    /// Exports of the module.
    Exports,
    /// Data and element segments of the module.
    Segments,
    /// Bytes of custom sections.
    CustomBytes,
    /// Bytes of one name.
    NameBytes,
    /// Bytes of one function.
    FunctionBytes,
    /// Locals of one function.
    Locals,
    /// Depth of nested blocks.
    Nesting,
    /// Targets of all `br_table` of one function.
    BranchTargets,
    /// Loops and bulk operations of one function.
    Loops,
    /// Values that blocks, branches and calls of one function hand over.
    Values,
    /// What compiling costs, in units of about half a microsecond.
    Effort,
    /// Core instances of a component.
    Instances,
    /// Entries of a component's own sections.
    Entries,
    /// Milliseconds for which a worker may compile.
    CompileTimeMs,
}

impl LimitName {
    /// Whether its value counts bytes.
    pub fn is_in_bytes(self) -> bool {
        self.as_str().ends_with("_bytes")
    }

    /// The name as it stands in policy files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::WallTimeMs => "wall_time_ms",
            Self::MemoryBytes => "memory_bytes",
            Self::TableElements => "table_elements",
            Self::StackBytes => "stack_bytes",
            Self::StdoutBytes => "stdout_bytes",
            Self::StderrBytes => "stderr_bytes",
            Self::HostCalls => "host_calls",
            Self::ModuleBytes => "module_bytes",
            Self::Types => "types",
            Self::Imports => "imports",
            Self::Functions => "functions",
            Self::Tables => "tables",
            Self::Memories => "memories",
            Self::Globals => "globals",
            Self::Exports => "exports",
            Self::Segments => "segments",
            Self::CustomBytes => "custom_bytes",
            Self::NameBytes => "name_bytes",
            Self::FunctionBytes => "function_bytes",
            Self::Locals => "locals",
            Self::Nesting => "nesting",
            Self::BranchTargets => "branch_targets",
            Self::Loops => "loops",
            Self::Values => "values",
            Self::Effort => "effort",
            Self::Instances => "instances",
            Self::Entries => "entries",
            Self::CompileTimeMs => "compile_time_ms",
        }
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a guest that ended by itself has no usable report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedReason {
    /// An exit code other than 0.
    ExitCode,
    /// Nothing on standard output.
    NoOutput,
    /// What is on standard output is not one JSON document.
    NotJson,
    /// JSON, but not a report of this ABI.
    WrongShape,
    /// No exported `_start` function, or one of another type.
    NoStart,
}

impl RunOutcome {
    /// The outcome's name, as it stands in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed { .. } => "failed",
            Self::Trapped { .. } => "trapped",
            Self::OutOfFuel(_) => "out_of_fuel",
            Self::TimedOut(_) => "timed_out",
            Self::MemoryExceeded(_) => "memory_exceeded",
            Self::TableExceeded(_) => "table_exceeded",
            Self::StackOverflow(_) => "stack_overflow",
            Self::OutputExceeded(_) => "output_exceeded",
            Self::HostCallExceeded(_) => "host_call_exceeded",
            Self::DeniedImport { .. } => "denied_import",
            Self::InvalidModule { .. } => "invalid_module",
            Self::ModuleTooComplex { .. } => "module_too_complex",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the guest did its work.
    pub fn is_completed(&self) -> bool {
        matches!(self, Self::Completed)
    }

    /// The one limit that ended the run, for the outcomes that carry one.
    pub fn limit_hit(&self) -> Option<&LimitHit> {
        match self {
            Self::OutOfFuel(hit)
            | Self::TimedOut(hit)
            | Self::MemoryExceeded(hit)
            | Self::TableExceeded(hit)
            | Self::StackOverflow(hit)
            | Self::OutputExceeded(hit)
            | Self::HostCallExceeded(hit) => Some(hit),
            _ => None,
        }
    }
}

/// What a run used. All but the wall time is the same, bit for bit, for the same guest, input, seed and limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Units of fuel.
    pub fuel: u64,
    /// Largest sum of linear memory, in bytes.
    pub peak_memory_bytes: u64,
    /// Largest sum of table elements.
    pub peak_table_elements: u64,
    /// Bytes written to standard output.
    pub stdout_bytes: u64,
    /// Bytes written to standard error.
    pub stderr_bytes: u64,
    /// Calls into the host.
    pub host_calls: u64,
    /// SHA-256 over the sequence of host calls (name, arguments that do not point into memory, bytes moved,
    /// result), in hexadecimal.
    pub host_call_log: String,
    /// Microseconds of wall time from instantiation to the end; absent in what is recorded for replay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_time_us: Option<u64>,
}

impl Usage {
    /// The part that a replay reproduces bit for bit.
    #[must_use]
    pub fn without_wall_time(&self) -> Self {
        Self { wall_time_us: None, ..self.clone() }
    }
}
