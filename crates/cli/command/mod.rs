//! The commands, one file each.

pub(crate) mod bus;
pub(crate) mod cancel;
pub(crate) mod check;
pub(crate) mod ci;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod cost;
pub(crate) mod dlq;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod guest;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod policy;
pub(crate) mod profile;
pub(crate) mod replay;
pub(crate) mod rollback;
pub(crate) mod run_experiment;
pub(crate) mod run_guest;
pub(crate) mod run_job;
pub(crate) mod schedule;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod trends;
pub(crate) mod up;
pub(crate) mod watch;

use std::io::Write as _;
use std::path::Path;

use crate::exit::Failure;

/// A runtime for the ledger.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::infrastructure(format!("the runtime cannot be started: {error}")))
}

/// Prints a result on standard output. A reader that has gone away is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::infrastructure(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a result, or writes it to the file that was asked for.
pub(crate) fn deliver(text: &str, file: Option<&Path>) -> Result<(), Failure> {
    match file {
        None => print(text),
        Some(path) => std::fs::write(path, text).map_err(|error| {
            Failure::infrastructure(format!("{} cannot be written: {error}", path.display()))
        }),
    }
}
