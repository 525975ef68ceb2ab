//! What a guest may make the host spend.

use serde::{Deserialize, Serialize};

/// Limits of one run. Each is the largest value allowed; one more ends the run with the outcome named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Units of fuel: about one a wasm instruction, more for host calls and bulk operations. Ends in `out_of_fuel`.
    /// Fuel is not time.
    pub fuel: u64,
    /// Milliseconds of wall time, counted from the start of instantiation; time that the guest asks to sleep counts
    /// in full although it is not slept. Ends in `timed_out`. Compilation is not counted.
    pub wall_time_ms: u64,
    /// Bytes of linear memory, summed over all memories of the instance. Ends in `memory_exceeded`. The engine's
    /// own bookkeeping is not counted.
    pub memory_bytes: u64,
    /// Elements, summed over all tables of the instance. Ends in `table_exceeded`.
    pub table_elements: u64,
    /// Bytes written to standard output. Ends in `output_exceeded`.
    pub stdout_bytes: u64,
    /// Bytes written to standard error. Ends in `output_exceeded`.
    pub stderr_bytes: u64,
    /// Calls from the guest into the host. Ends in `host_call_exceeded`.
    pub host_calls: u64,
}

/// Limits of a module before it is compiled. More of any ends in `module_too_complex`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleLimits {
    /// Bytes of the module.
    pub module_bytes: u64,
    /// Functions defined by the module.
    pub functions: u64,
    /// Locals of one function, parameters included.
    pub locals: u64,
    /// Depth of nested blocks in one function.
    pub nesting: u64,
    /// Bytes of one function's body.
    pub function_bytes: u64,
}
