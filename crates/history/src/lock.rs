//! The lock under which history is written: one process at a time, held for one batch.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};

use crate::error::During;
use crate::{History, HistoryError};

const LOCK_FILE: &str = "genesis.lock";

/// The right to write. It ends when the value is dropped, or with the process, however that ends.
pub struct HistoryLock {
    pub(crate) history: History,
    file: File,
}

impl History {
    /// Takes the lock, waiting for as long as another holder in this or another process has it. `waiting` is
    /// called once before it has to wait.
    ///
    /// # Errors
    /// What the system says, such as that the folder is read-only.
    pub fn lock(&self, waiting: impl FnOnce()) -> Result<HistoryLock, HistoryError> {
        const ACTION: &str = "take the lock";
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.path().join(LOCK_FILE))
            .during(self.path(), ACTION)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock().during(self.path(), ACTION)?;
            }
            Err(TryLockError::Error(error)) => return Err(error).during(self.path(), ACTION),
        }
        self.ensure_durable_config()?;
        Ok(HistoryLock { history: self.clone(), file })
    }
}

impl Drop for HistoryLock {
    /// Closing would not do: a process that is just being started shares the open file until it runs its program.
    fn drop(&mut self) {
        // A lock that cannot be given back ends with the process; there is nobody to tell.
        let _ = self.file.unlock();
    }
}

impl fmt::Debug for HistoryLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistoryLock").field("history", &self.history).finish_non_exhaustive()
    }
}
