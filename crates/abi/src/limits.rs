//! What a guest may make the host spend.

use serde::{Deserialize, Serialize};

use crate::LimitName;

/// Declares a set of limits, and the ways to make one and to look through it by name.
macro_rules! limits {
    ($(#[$of_all:meta])* $set:ident { $($(#[$doc:meta])* $field:ident = $name:ident;)* }) => {
        $(#[$of_all])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $set {
            $($(#[$doc])* pub $field: u64,)*
        }

        impl $set {
            /// The limits whose values `value` gives by name.
            pub fn of(mut value: impl FnMut(LimitName) -> u64) -> Self {
                Self { $($field: value(LimitName::$name),)* }
            }

            /// Each limit with its value, in the order of policy files.
            pub fn each(&self) -> impl Iterator<Item = (LimitName, u64)> {
                [$((LimitName::$name, self.$field),)*].into_iter()
            }

            /// The limit of this name, to be changed; `None` when it is none of these.
            pub fn get_mut(&mut self, name: LimitName) -> Option<&mut u64> {
                match name {
                    $(LimitName::$name => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

limits! {
    /// Limits of one run. Each is the largest value allowed; one more ends the run with the outcome named.
    Limits {
        /// Units of fuel: about one a wasm instruction, more for host calls and bulk operations. Ends in `out_of_fuel`.
        /// Fuel is not time.
        fuel = Fuel;
        /// Milliseconds of wall time, counted from the start of instantiation; time that the guest asks to sleep counts
        /// in full although it is not slept. Ends in `timed_out`. Compilation is not counted.
        wall_time_ms = WallTimeMs;
        /// Bytes of linear memory, summed over all memories of the instance. Ends in `memory_exceeded`. The engine's
        /// own bookkeeping is not counted.
        memory_bytes = MemoryBytes;
        /// Elements, summed over all tables of the instance. Ends in `table_exceeded`.
        table_elements = TableElements;
        /// Bytes written to standard output. Ends in `output_exceeded`.
        stdout_bytes = StdoutBytes;
        /// Bytes written to standard error. Ends in `output_exceeded`.
        stderr_bytes = StderrBytes;
        /// Calls from the guest into the host. Ends in `host_call_exceeded`.
        host_calls = HostCalls;
    }
}

limits! {
    /// Limits of a module before it is compiled. More of any ends in `module_too_complex`.
    ///
    /// Of a component each holds for all of its modules together, or for the largest, as it says.
    ModuleLimits {
        /// Bytes of the module or component. A larger one is not looked at further.
        module_bytes = ModuleBytes;
        /// Types that it defines, those of all its modules together.
        types = Types;
        /// Imports, those of all its modules together.
        imports = Imports;
        /// Functions that it defines, those of all its modules together.
        functions = Functions;
        /// Tables that it defines, those of all its instances together. The engine has room for 8.
        tables = Tables;
        /// Memories that it defines, those of all its instances together. A module has one; the engine has room for 4 in a
        /// component.
        memories = Memories;
        /// Globals that it defines, those of all its modules together.
        globals = Globals;
        /// Exports, those of all its modules together.
        exports = Exports;
        /// Data and element segments, those of all its modules together.
        segments = Segments;
        /// Bytes of custom sections, such as names and debugging information, all together.
        custom_bytes = CustomBytes;
        /// Bytes of one name: of an import, an export or a custom section.
        name_bytes = NameBytes;
        /// Bytes of one function's body.
        function_bytes = FunctionBytes;
        /// Locals of one function, parameters included.
        locals = Locals;
        /// Depth of nested blocks in one function.
        nesting = Nesting;
        /// Targets of all `br_table` of one function together.
        branch_targets = BranchTargets;
        /// Loops and bulk operations of one function together.
        loops = Loops;
        /// Values that the blocks, branches and calls of one function hand over, all together: parameters and results.
        values = Values;
        /// What compiling it costs beyond its bytes, all functions together, in units of about half a microsecond. In each
        /// function: its locals times its blocks, a loop counted 8 times for itself and each loop around it; twice the square
        /// of its loops; a 25th of the square of its nesting; and 4 for each value that it hands over.
        effort = Effort;
        /// Core instances of a component. The engine has room for 128.
        instances = Instances;
        /// Entries of a component's own sections: types, imports, exports, calls, arguments.
        entries = Entries;
    }
}
