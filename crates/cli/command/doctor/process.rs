//! What this process holds, as the system tells it.

use std::fs;

use genesis_experiment::HostState;

use crate::host;

/// A look at this process, from the thread that calls. Where the system does not tell (it is not Linux) there is only time.
pub(super) fn look() -> impl Fn() -> HostState {
    let stopwatch = host::stopwatch();
    move || {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        HostState {
            at_us: stopwatch(),
            waited_us: waited_us(),
            resident_bytes: field(&status, "VmRSS:").map(|kib| kib << 10),
            descriptors: fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as u64),
            threads: field(&status, "Threads:"),
        }
    }
}

/// The number after a field's name.
fn field(status: &str, name: &str) -> Option<u64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Time for which this thread was ready to run and others ran.
fn waited_us() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let ns: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(ns / 1_000)
}
