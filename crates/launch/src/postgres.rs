//! PostgreSQL's programs, which Debian keeps where no shell looks, and which refuse to run as root.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::getuid;

use crate::process::{ServerError, io_error};

/// The package that it comes with.
pub const PACKAGE: &str = "postgresql";

/// Where Debian keeps the server's programs, by version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Debian's and most others' numbers of `nobody` and `nogroup`.
const NOBODY: u32 = 65534;

/// Who a server runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// Whoever started this process.
    Oneself,
    /// `nobody`, for a process of root.
    Nobody,
}

impl Person {
    /// Who PostgreSQL can run as.
    pub fn unprivileged() -> Self {
        if getuid().is_root() { Self::Nobody } else { Self::Oneself }
    }

    /// Gives a file or folder to that person.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn give(self, path: &Path) -> Result<(), ServerError> {
        match self {
            Self::Oneself => Ok(()),
            Self::Nobody => std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY))
                .map_err(io_error("give a folder away")),
        }
    }

    /// Has a command run as that person.
    pub fn runs(self, command: &mut Command) {
        if self == Self::Nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
    }

    /// Whether that person can reach a folder that belongs to them.
    pub fn reaches(self, folder: &Path) -> bool {
        let is_open =
            |folder: &Path| fs::metadata(folder).is_ok_and(|folder| folder.permissions().mode() & 0o001 != 0);
        self == Self::Oneself || folder.ancestors().skip(1).all(is_open)
    }
}

/// The newest of its programs of this name that is installed.
pub fn installed(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin").join(name)))
        })
        .filter(|(_, path)| path.is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

/// One of its programs, to be run in a folder by somebody who may.
pub fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(installed(name).unwrap_or_else(|| PathBuf::from(name)));
    command.current_dir(folder).env("LC_ALL", "C");
    Person::unprivileged().runs(&mut command);
    command
}

/// Makes a cluster in `data` below a folder that its person may write to. `more` goes to initdb.
///
/// # Errors
/// When PostgreSQL is not installed, or initdb fails, with what it says.
pub fn make_cluster(folder: &Path, data: &Path, more: &[&str]) -> Result<(), ServerError> {
    let mut initdb = program("initdb", folder);
    initdb.args(["--encoding=UTF8", "--locale=C"]).args(more).arg("-D").arg(data);
    let output = match initdb.output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ServerError::Missing { program: "initdb".to_owned(), package: PACKAGE });
        }
        Err(error) => return Err(io_error("make a cluster")(error)),
    };
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(ServerError::Failed { what: "making a cluster", message })
}
