//! What can go wrong, by what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};

use genesis_domain::CommitId;

/// Why history could not be read or written. Refs are as they were before the call, unless it was the setting of
/// several refs: then some may be set, and setting them again is safe.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The folder holds something else.
    #[error("`{}` is not a Genesis history: {why}", path.display())]
    NotAHistory {
        /// The folder.
        path: PathBuf,
        /// What it is instead.
        why: String,
    },
    /// The folder may not be written or read.
    #[error("could not {action} in `{}`: permission denied or read-only: {message}", path.display())]
    Denied {
        /// The repository.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The system's words.
        message: String,
    },
    /// No room on the disk, or a quota or file-size limit was reached.
    #[error("could not {action} in `{}`: no space: {message}", path.display())]
    NoSpace {
        /// The repository.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The system's words.
        message: String,
    },
    /// A ref is locked, although this process holds the history's lock: left over from a killed process, or plain
    /// git is at work. Recovery removes what was left over.
    #[error("could not {action} in `{}`: a ref is locked, recovery at the next start removes a stale lock: {message}", path.display())]
    Locked {
        /// The repository.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Git's words.
        message: String,
    },
    /// What was asked for is not there.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// A ref points elsewhere than its wanted target or an ancestor of it. Moving it would lose commits.
    #[error(
        "`{name}` points to {current}, which {target} does not descend from: history is ahead of the ledger"
    )]
    Diverged {
        /// The ref.
        name: String,
        /// Where it points.
        current: CommitId,
        /// Where it was wanted.
        target: CommitId,
    },
    /// More than may be stored.
    #[error("{what}: {found}, at most {most} are stored")]
    TooMuch {
        /// What there is too much of.
        what: String,
        /// The limit.
        most: u64,
        /// What was found; at least one more than the limit.
        found: u64,
    },
    /// The caller asked for something that history does not write.
    #[error("{0}")]
    Invalid(String),
    /// An object or ref cannot be read as what it must be.
    #[error("history is damaged: {0}")]
    Damaged(String),
    /// Anything else that git or the system says.
    #[error("could not {action} in `{}`: {message}", path.display())]
    Failed {
        /// The repository.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Git's or the system's words.
        message: String,
    },
}

/// Turns foreign errors into [`HistoryError`], knowing where and what was tried.
pub(crate) trait During<T> {
    /// Says what was tried when it failed.
    fn during(self, path: &Path, action: &'static str) -> Result<T, HistoryError>;
}

impl<T> During<T> for Result<T, git2::Error> {
    fn during(self, path: &Path, action: &'static str) -> Result<T, HistoryError> {
        self.map_err(|error| {
            let message = error.message().to_owned();
            let path = path.to_owned();
            match error.code() {
                git2::ErrorCode::Locked => HistoryError::Locked { path, action, message },
                git2::ErrorCode::Owner => HistoryError::Denied { path, action, message },
                // libgit2 keeps no error number, only the system's words at the end of its own.
                _ if says_no_space(&message) => HistoryError::NoSpace { path, action, message },
                _ if says_denied(&message) => HistoryError::Denied { path, action, message },
                _ => HistoryError::Failed { path, action, message },
            }
        })
    }
}

impl<T> During<T> for io::Result<T> {
    fn during(self, path: &Path, action: &'static str) -> Result<T, HistoryError> {
        self.map_err(|error| {
            let message = error.to_string();
            let path = path.to_owned();
            match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                    HistoryError::NoSpace { path, action, message }
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    HistoryError::Denied { path, action, message }
                }
                _ => HistoryError::Failed { path, action, message },
            }
        })
    }
}

fn says_no_space(message: &str) -> bool {
    ["No space left on device", "File too large", "Disk quota exceeded"]
        .iter()
        .any(|words| message.contains(words))
}

fn says_denied(message: &str) -> bool {
    ["Permission denied", "Read-only file system", "Operation not permitted"]
        .iter()
        .any(|words| message.contains(words))
}
