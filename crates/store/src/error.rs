//! What can go wrong, by what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgDatabaseError;

/// Why the ledger could not be read or written. A write that failed has changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A database that something else has made.
    #[error("`{}` is not a Genesis ledger: {why}", path.display())]
    NotALedger {
        /// The file, or the address without its password.
        path: PathBuf,
        /// What it is instead.
        why: String,
    },
    /// The file is no database or a damaged one.
    #[error(
        "`{}` is not a Genesis ledger or is damaged: {message}; `genesis history rebuild-ledger` makes it anew from git",
        path.display()
    )]
    Damaged {
        /// The file, or the address without its password.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A later version of Genesis has changed the tables.
    #[error("`{}` was written by a newer Genesis: its schema has version {found}, this one knows {known}", path.display())]
    Newer {
        /// The file, or the address without its password.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that is known here.
        known: i64,
    },
    /// The file or its folder may not be written or opened.
    #[error("could not {action} in `{}`: permission denied, read-only or not there: {message}", path.display())]
    Denied {
        /// The file, or the address without its password.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The database's words.
        message: String,
    },
    /// No room on the disk, or the disk fails.
    #[error("could not {action} in `{}`: the disk is full or fails: {message}", path.display())]
    Disk {
        /// The file, or the address without its password.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The database's words.
        message: String,
    },
    /// Another process was writing for too long. Trying again is safe.
    #[error("could not {action} in `{}`: another process is writing: {message}", path.display())]
    Busy {
        /// The file, or the address without its password.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The database's words.
        message: String,
    },
    /// Another repository that uses the ledger has the name.
    #[error("the instance name `{name}` is taken by another repository that uses `{}`", path.display())]
    NameTaken {
        /// The file, or the address without its password.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// What was to be recorded contradicts itself or does not fit.
    #[error("cannot be recorded: {0}")]
    Invalid(String),
    /// Anything else that the database says.
    #[error("could not {action} in `{}`: {message}", path.display())]
    Failed {
        /// The file, or the address without its password.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The database's words.
        message: String,
    },
}

/// Turns foreign errors into [`StoreError`], knowing where and what was tried.
pub(crate) trait During<T> {
    /// Says what was tried when it failed.
    fn during(self, path: &Path, action: &'static str) -> Result<T, StoreError>;
}

impl<T> During<T> for Result<T, sqlx::Error> {
    fn during(self, path: &Path, action: &'static str) -> Result<T, StoreError> {
        self.map_err(|error| from_sqlx(&error, path, action))
    }
}

impl<T> During<T> for Result<T, MigrateError> {
    fn during(self, path: &Path, action: &'static str) -> Result<T, StoreError> {
        self.map_err(|error| match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                from_sqlx(&error, path, action)
            }
            error => StoreError::Damaged { path: path.to_owned(), message: error.to_string() },
        })
    }
}

impl<T> During<T> for io::Result<T> {
    fn during(self, path: &Path, action: &'static str) -> Result<T, StoreError> {
        self.map_err(|error| {
            let (path, message) = (path.to_owned(), error.to_string());
            match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                    StoreError::Disk { path, action, message }
                }
                io::ErrorKind::PermissionDenied
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::NotADirectory => StoreError::Denied { path, action, message },
                _ => StoreError::Failed { path, action, message },
            }
        })
    }
}

fn from_sqlx(error: &sqlx::Error, path: &Path, action: &'static str) -> StoreError {
    let path = path.to_owned();
    let message = match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        error => error.to_string(),
    };
    match error {
        sqlx::Error::PoolTimedOut => StoreError::Busy { path, action, message },
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::Damaged { path, message },
        sqlx::Error::Database(error) if error.try_downcast_ref::<PgDatabaseError>().is_some() => {
            // <https://www.postgresql.org/docs/15/errcodes-appendix.html>
            match error.code().as_deref().unwrap_or_default() {
                "42501" | "3D000" | "25006" => StoreError::Denied { path, action, message },
                code if code.starts_with("28") => StoreError::Denied { path, action, message },
                "40001" | "40P01" | "55P03" | "57P03" | "53300" => StoreError::Busy { path, action, message },
                "53100" | "58030" => StoreError::Disk { path, action, message },
                "XX001" | "XX002" => StoreError::Damaged { path, message },
                _ => StoreError::Failed { path, action, message },
            }
        }
        // The low byte of SQLite's result code, <https://sqlite.org/rescode.html>.
        sqlx::Error::Database(error) => {
            match error.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
                Some(3 | 8 | 14 | 23) => StoreError::Denied { path, action, message },
                Some(5 | 6) => StoreError::Busy { path, action, message },
                Some(10 | 13) => StoreError::Disk { path, action, message },
                Some(11 | 26) => StoreError::Damaged { path, message },
                _ => StoreError::Failed { path, action, message },
            }
        }
        _ => StoreError::Failed { path, action, message },
    }
}
