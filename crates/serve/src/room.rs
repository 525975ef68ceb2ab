//! How much is worked on at once.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for work of one kind, whichever broker it comes by.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    /// As many as may be there at once.
    there: Arc<Semaphore>,
    /// As many of them as may run. One that only waits for its record lets the next one run.
    running: Arc<Semaphore>,
}

/// What one piece of work has of it, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _there: OwnedSemaphorePermit,
    /// Given up before.
    pub(crate) running: Running,
}

/// A place among those that run, until it is given up. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Running(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Room {
    /// Room for so many that run, and so many more that wait for their record.
    pub(crate) fn new(running: usize, waiting: usize) -> Self {
        let there = running.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        let running = running.min(Semaphore::MAX_PERMITS);
        Self { there: Arc::new(Semaphore::new(there)), running: Arc::new(Semaphore::new(running)) }
    }

    /// Waits for a place. There is none when the service has a defect, because nobody closes it.
    pub(crate) async fn place(&self) -> Option<Place> {
        let there = Arc::clone(&self.there).acquire_owned().await.ok()?;
        let running = Arc::clone(&self.running).acquire_owned().await.ok()?;
        Some(Place { _there: there, running: Running(Arc::new(Mutex::new(Some(running)))) })
    }
}

impl Running {
    /// Lets the next one run.
    pub(crate) fn give_up(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
