//! Server processes that end with this one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use genesis_launch::{Server, Signal};
use rustix::process::{Signal as RawSignal, getpid, kill_process};

use crate::exit::Failure;
use crate::progress::note;

/// Between two looks at something.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// Servers, each with its name, in the order in which they were started.
#[derive(Default)]
pub(super) struct Children(Vec<(&'static str, Server)>);

impl Children {
    /// Takes one in.
    pub(super) fn add(&mut self, name: &'static str, server: Server) {
        self.0.push((name, server));
    }

    /// Why waiting for the newest is in vain, if it is.
    pub(super) fn newest_has_ended(&mut self) -> bool {
        self.0.last_mut().is_some_and(|(_, server)| server.has_ended())
    }

    /// Watches them from here on: when one ends by itself, this process is asked to end.
    pub(super) fn watched(self) -> Watched {
        let servers = Arc::new(Mutex::new(self.0));
        let watching = Arc::clone(&servers);
        let watch = Task::begin(move |stop| {
            while !stop() {
                let mut servers = watching.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(name) =
                    servers.iter_mut().find_map(|(name, server)| server.has_ended().then_some(*name))
                {
                    note(&format!("{name} has ended by itself: ending"));
                    // This process is there to be told.
                    let _told = kill_process(getpid(), RawSignal::TERM);
                    return Ok(());
                }
                drop(servers);
                std::thread::sleep(PAUSE);
            }
            Ok(())
        });
        Watched { servers, watch }
    }
}

/// Servers that are watched.
pub(super) struct Watched {
    servers: Arc<Mutex<Vec<(&'static str, Server)>>>,
    watch: Task,
}

impl Watched {
    /// Ends them, the last first; gives the name of one that had ended by itself.
    pub(super) fn end(self) -> Option<&'static str> {
        // The watch only looks and says.
        let _watched = self.watch.finish();
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lost = None;
        while let Some((name, mut server)) = servers.pop() {
            if server.has_ended() {
                lost = Some(name);
            }
            server.end(Signal::Interrupt);
        }
        lost
    }
}

/// Something that is done on a thread of its own until it is over, or nobody wants it any more.
pub(super) struct Task {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), Failure>>,
}

impl Task {
    /// Begins it. It asks now and then whether it is to stop.
    pub(super) fn begin(
        work: impl FnOnce(&dyn Fn() -> bool) -> Result<(), Failure> + Send + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = std::thread::spawn(move || work(&|| asked.load(Ordering::Relaxed)));
        Self { stop, thread }
    }

    /// Stops it and gives what came of it.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .unwrap_or_else(|_| Err(Failure::infrastructure("a thread of `genesis up` has failed")))
    }
}
