//! Locking a worker down, from within, before it is given anything.
//!
//! Every layer is tried and none is taken for granted: what a system lacks is said in the worker's hello, and whoever
//! started it decides.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(target_os = "linux")]
mod seccomp;

use std::io;

use rustix::process::{Resource, Rlimit};

use super::{Layer, Lockdown, Orders};
use crate::error::SandboxError;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use other as system;

/// Files that a worker may have open: its pipes, and an image for each memory of its guest.
const OPEN_FILES: u64 = 256;

/// The layers that are in force while the process has one thread.
pub(super) struct BeforeThreads {
    namespaces: Layer,
    landlock: Layer,
    limits: Layer,
    privileges: Layer,
}

/// Everything that has to be in force before a second thread is there, because the system knows it by thread.
///
/// # Errors
/// When the process that started this one is gone.
pub(super) fn before_threads(orders: &Orders, parent: u32) -> Result<BeforeThreads, SandboxError> {
    system::close_inherited();
    // Ctrl-C at the terminal is for the process that started this one.
    let _ = rustix::process::setsid();
    let namespaces = layer(system::namespaces());
    let landlock = layer(system::landlock());
    let privileges = layer(system::privileges());
    let limits = layer(limits(orders));
    if rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned()) != Some(parent) {
        return Err(SandboxError::Worker("the process that started it is gone".to_owned()));
    }
    Ok(BeforeThreads { namespaces, landlock, limits, privileges })
}

impl BeforeThreads {
    /// The rest, when all threads that there will ever be are there.
    pub(super) fn finish(self) -> Lockdown {
        let Self { namespaces, landlock, limits, privileges } = self;
        let limits = match (limits, limit(Resource::Nproc, 0)) {
            (Layer::On(how), Ok(())) => Layer::On(how),
            (Layer::Off(why), _) => Layer::Off(why),
            (_, Err(error)) => Layer::Off(format!("on processes: {error}")),
        };
        Lockdown { seccomp: layer(system::seccomp()), namespaces, landlock, limits, privileges }
    }
}

fn layer(made: Result<String, String>) -> Layer {
    match made {
        Ok(how) => Layer::On(how),
        Err(why) => Layer::Off(why),
    }
}

fn limits(orders: &Orders) -> Result<String, String> {
    let set = [
        ("core dumps", Resource::Core, 0),
        ("memory", Resource::Data, orders.data_bytes),
        ("processor time", Resource::Cpu, orders.cpu_s),
        ("file size", Resource::Fsize, orders.file_bytes),
        ("open files", Resource::Nofile, OPEN_FILES),
    ];
    for (name, resource, most) in set {
        limit(resource, most).map_err(|error| format!("on {name}: {error}"))?;
    }
    let (mib, seconds) = (orders.data_bytes >> 20, orders.cpu_s);
    Ok(format!("{mib} MiB of memory, {seconds} s of processor time, no file, no process"))
}

/// Sets a limit, but for one that is lower already.
fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let most = rustix::process::getrlimit(resource).maximum.map_or(most, |now| now.min(most));
    Ok(rustix::process::setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}
