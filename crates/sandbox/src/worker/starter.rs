//! The thread that starts workers.
//!
//! The system ends a worker with the *thread* that started it, not with the process. Threads that run guests come and go,
//! so one that lives as long as the guest starts its workers.

use std::io;
use std::process::{Child, Command};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use crate::error::SandboxError;

/// Starts processes, and takes them with it.
pub(super) struct Starter {
    wanted: Option<Sender<Wanted>>,
    thread: Option<JoinHandle<()>>,
}

/// What to start, and where to say what became of it.
struct Wanted {
    command: Command,
    started: Sender<io::Result<Child>>,
}

impl Starter {
    pub(super) fn new() -> Result<Self, SandboxError> {
        let (wanted, orders) = mpsc::channel::<Wanted>();
        let thread = thread::Builder::new().name("workers".to_owned()).spawn(move || {
            for Wanted { mut command, started } in orders {
                // Whoever asked waits for it.
                let _ = started.send(command.spawn());
            }
        });
        let thread =
            thread.map_err(|error| SandboxError::Worker(format!("no thread to start it: {error}")))?;
        Ok(Self { wanted: Some(wanted), thread: Some(thread) })
    }

    pub(super) fn start(&self, command: Command) -> io::Result<Child> {
        let (started, child) = mpsc::channel();
        let gone = || io::Error::other("the thread that starts workers is gone");
        let wanted = self.wanted.as_ref().ok_or_else(gone)?;
        wanted.send(Wanted { command, started }).map_err(|_| gone())?;
        child.recv().map_err(|_| gone())?
    }
}

impl Drop for Starter {
    fn drop(&mut self) {
        self.wanted = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
