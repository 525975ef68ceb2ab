//! What an examination of the host found.

use genesis_abi::{LimitName, RunOutcome};

/// What an examination of the host found.
#[derive(Debug, Clone, Copy)]
pub struct Doctor<'a> {
    /// Fingerprint of each class of engine, by the class's name.
    pub engines: &'a [(&'a str, &'a str)],
    /// The guests that misbehave, in order; one that was tried in two ways stands twice.
    pub guests: &'a [Examined<'a>],
    /// This process before the first guest.
    pub before: Resources,
    /// This process after the last one.
    pub after: Resources,
    /// What keeps workers from the rest of the system.
    pub layers: &'a [Layer<'a>],
    /// What else the program needs.
    pub services: &'a [Service<'a>],
}

impl Doctor<'_> {
    /// Whether every limit bites and nothing that was looked at is broken. No guest at all is no success.
    pub fn is_well(&self) -> bool {
        !self.guests.is_empty()
            && self.guests.iter().all(|guest| guest.problems.is_empty())
            && self.services.iter().all(|service| service.state != ServiceState::Broken)
    }
}

/// One guest that misbehaves.
#[derive(Debug, Clone, Copy)]
pub struct Examined<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it does.
    pub does: &'a str,
    /// Where it ran: `in-process` or `worker`.
    pub isolation: &'a str,
    /// How it ended.
    pub outcome: &'a RunOutcome,
    /// The limit that it must run into, with its value.
    pub limit: Option<(LimitName, u64)>,
    /// What it used or asked for of it.
    pub asked: Option<u64>,
    /// What of it was really used; `None` where that cannot be seen, or nothing was run.
    pub stopped_at: Option<u64>,
    /// What was used beyond the limit, in percent of it.
    pub overshoot_percent: Option<f64>,
    /// Microseconds for looking at it and compiling it.
    pub load_us: u64,
    /// Microseconds for running it.
    pub run_us: u64,
    /// Bytes by which this process's resident memory is larger after it; below 0 when it is smaller.
    pub resident_change_bytes: Option<i64>,
    /// What is not as it must be.
    pub problems: &'a [String],
}

/// What a process holds. What the host does not show is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resources {
    /// Resident memory.
    pub resident_bytes: Option<u64>,
    /// Open file descriptors.
    pub descriptors: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
}

/// A layer of defence behind the sandbox.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it is in force.
    pub is_on: bool,
    /// How, or why not.
    pub detail: &'a str,
}

/// Something that the program needs besides its sandbox.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    /// Its name.
    pub name: &'a str,
    /// How it is.
    pub state: ServiceState,
    /// In a sentence.
    pub detail: &'a str,
}

/// How a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceState {
    /// It was looked at and is as it must be.
    Well,
    /// It was looked at and is not.
    Broken,
    /// None is configured, or there is none yet.
    Absent,
    /// One is configured that this program cannot look at, or it is there and not all that it could be.
    Unknown,
}
