//! Worker processes, where untrusted guests are compiled and run.
//!
//! The second layer of defence: a guest that breaks out of wasm, or into the compiler, finds itself in a process that has
//! two pipes and nothing else. A worker serves one guest, for as long as its [`Pool`] lives. It is asked for one thing at
//! a time and answers it; what it answers is bytes from a stranger: capped before they are read, held against the limits
//! that were given, and read as a report by this process alone.
//!
//! What a worker cannot be made to do from within is done from outside: past its deadline it is killed. A guest is held
//! to account for time alone, that of compiling it and that of running it; a worker that dies, or answers what cannot be,
//! is a failure of the host.

mod frame;
mod lockdown;
mod pool;
mod process;
mod serve;
mod spin;
mod starter;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use genesis_abi::Limits;
use serde::{Deserialize, Serialize};

use crate::engine::Class;
use crate::error::SandboxError;

pub(crate) use pool::Pool;
pub use serve::{lock_down, serve_worker};

/// The program that serves as worker: it calls [`serve_worker`] with what follows these arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The program, by its full path: it is started without an environment.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// How one guest's workers are set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerConfig {
    /// What starts one.
    pub command: WorkerCommand,
    /// Workers that run at the same time; one more run waits. At least 1.
    pub workers: u32,
    /// Milliseconds that compiling the guest may take, wall time. More ends in `module_too_complex`.
    pub compile_time_ms: u64,
    /// The largest limits that a run will have. The system holds a worker to what these and the compiler may need; a run
    /// under larger limits may fail for it.
    pub largest: Limits,
    /// Whether a host is refused that lacks what [`Lockdown::is_enough`] asks for.
    pub required: bool,
}

/// What keeps a worker from the rest of the system, layer by layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lockdown {
    /// Every call to the system that neither compiling nor running needs ends the worker; opening a file fails.
    pub seccomp: Layer,
    /// User, mount, network, IPC, host name and cgroup namespaces of its own: no network, and an empty file system.
    pub namespaces: Layer,
    /// No access to any file, socket or other process's, whatever else is in view.
    pub landlock: Layer,
    /// Limits of the system on memory, processor time, files and processes.
    pub limits: Layer,
    /// No privileges of its own or to be gained, not to be traced, ends with the process that started it.
    pub privileges: Layer,
}

/// Whether a layer is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// It is; in a few words how.
    On(String),
    /// It is not; why.
    Off(String),
}

impl Layer {
    /// Whether it is in force.
    pub fn is_on(&self) -> bool {
        matches!(self, Self::On(_))
    }

    /// How, or why not.
    pub fn detail(&self) -> &str {
        match self {
            Self::On(how) => how,
            Self::Off(why) => why,
        }
    }
}

impl Lockdown {
    /// Every layer with its name.
    pub fn layers(&self) -> [(&'static str, &Layer); 5] {
        [
            ("seccomp", &self.seccomp),
            ("namespaces", &self.namespaces),
            ("landlock", &self.landlock),
            ("limits", &self.limits),
            ("privileges", &self.privileges),
        ]
    }

    /// Whether it holds a worker that was taken over: seccomp, and an empty view of files and network by namespaces or
    /// Landlock.
    pub fn is_enough(&self) -> bool {
        self.seccomp.is_on() && (self.namespaces.is_on() || self.landlock.is_on())
    }

    /// The layers that are not in force, each with the reason; empty when all are.
    pub fn missing(&self) -> String {
        let off = self.layers().into_iter().filter(|(_, layer)| !layer.is_on());
        off.map(|(name, layer)| format!("no {name} ({})", layer.detail())).collect::<Vec<_>>().join(", ")
    }
}

/// What this host can keep a worker from, found by starting one with the limits of the system that a worker of class
/// `small` has; a large guest's compiler may have more.
///
/// # Errors
/// When no worker can be started.
pub fn available_lockdown(config: &WorkerConfig) -> Result<Lockdown, SandboxError> {
    let orders = pool::orders(&[], Class::Small, config);
    let starter = starter::Starter::new()?;
    Ok(process::Worker::start(&starter, &config.command, &orders)?.1)
}

/// Wall time that starting a worker may take. It takes milliseconds; past this the host is in trouble.
const START_TIME: Duration = Duration::from_mins(1);

/// Time that a worker has beyond a run's own limit before it is killed: for the end of the run, and for the answer.
const GRACE: Duration = Duration::from_secs(1);

/// How long either end of the pipes looks out for the other before it sleeps, when there are processors for both: waking
/// a process takes a tenth of the time of a short run. A run that takes longer is woken for, and then that is little.
const LINGER: Duration = Duration::from_micros(200);

/// What a worker is told when it is started.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Orders {
    class: Class,
    /// Bytes of private memory that it may write to.
    data_bytes: u64,
    /// Bytes of one file in memory.
    file_bytes: u64,
    /// Seconds of processor time, all its threads together.
    cpu_s: u64,
}

impl Orders {
    /// As arguments, with the process that starts it.
    fn to_arguments(&self, parent: u32) -> [String; 5] {
        [
            self.class.as_str().to_owned(),
            self.data_bytes.to_string(),
            self.file_bytes.to_string(),
            self.cpu_s.to_string(),
            parent.to_string(),
        ]
    }

    fn from_arguments(arguments: &[OsString]) -> Option<(Self, u32)> {
        let [class, data_bytes, file_bytes, cpu_s, parent] = arguments else { return None };
        let number = |text: &OsString| text.to_str()?.parse::<u64>().ok();
        let class =
            [Class::Small, Class::Large, Class::Component].into_iter().find(|one| class == one.as_str())?;
        let orders = Self {
            class,
            data_bytes: number(data_bytes)?,
            file_bytes: number(file_bytes)?,
            cpu_s: number(cpu_s)?,
        };
        Some((orders, number(parent)?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lockdown(seccomp: bool, namespaces: bool, landlock: bool) -> Lockdown {
        let layer = |on| if on { Layer::On("it is".to_owned()) } else { Layer::Off("it is not".to_owned()) };
        Lockdown {
            seccomp: layer(seccomp),
            namespaces: layer(namespaces),
            landlock: layer(landlock),
            limits: layer(true),
            privileges: layer(true),
        }
    }

    #[test]
    fn seccomp_and_one_of_namespaces_and_landlock_are_enough() {
        for (seccomp, namespaces, landlock, enough) in [
            (true, true, true, true),
            (true, true, false, true),
            (true, false, true, true),
            (true, false, false, false),
            (false, true, true, false),
        ] {
            assert_eq!(lockdown(seccomp, namespaces, landlock).is_enough(), enough);
        }
        assert_eq!(lockdown(true, true, true).missing(), "");
        assert_eq!(lockdown(false, true, false).missing(), "no seccomp (it is not), no landlock (it is not)");
    }

    #[test]
    fn orders_arrive_as_they_were_given() {
        let orders = Orders { class: Class::Large, data_bytes: 1, file_bytes: 2, cpu_s: 3 };
        let mut arguments: Vec<OsString> = orders.to_arguments(4).map(OsString::from).into();
        assert_eq!(Orders::from_arguments(&arguments), Some((orders, 4)));
        arguments.push("5".into());
        assert_eq!(Orders::from_arguments(&arguments), None);
        assert_eq!(Orders::from_arguments(&[]), None);
    }
}
