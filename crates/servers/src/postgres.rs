//! PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Signal, getuid};
use tempfile::TempDir;

use crate::ServerError;
use crate::process::{Server, free_port, io_error};

const PACKAGE: &str = "postgresql";
/// Where Debian keeps the server's programs, by version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// It refuses to run as root.
const USER: &str = "nobody";
const GROUP: &str = "nogroup";

/// A cluster of PostgreSQL in a folder of its own. Its administrator is `postgres`, whose password is not asked for.
#[derive(Debug)]
pub struct Postgres {
    server: Option<Server>,
    folder: TempDir,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and starts it. It does not sync: what is written survives its own death, not the machine's.
    ///
    /// # Errors
    /// When it is not installed, or does not come up.
    pub fn start() -> Result<Self, ServerError> {
        let folder = TempDir::new().map_err(io_error("make a folder"))?;
        if getuid().is_root() {
            checked(
                Command::new("chown").arg(format!("{USER}:{GROUP}")).arg(folder.path()),
                "giving a folder away",
            )?;
        }
        let mut initdb = program("initdb", folder.path());
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "-D",
        ]);
        checked(initdb.arg(folder.path().join("data")), "making a cluster")?;
        let mut postgres = Self { server: None, port: free_port()?, folder };
        postgres.run()?;
        Ok(postgres)
    }

    /// The address of a database, for a role.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes a database that the administrator owns.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create_database(&self, name: &str) -> Result<(), ServerError> {
        self.psql("postgres", &["-c", &format!("CREATE DATABASE \"{name}\"")]).map(|_| ())
    }

    /// Runs psql as the administrator and gives what it prints.
    ///
    /// # Errors
    /// When it fails, with what it says.
    pub fn psql(&self, database: &str, args: &[&str]) -> Result<String, ServerError> {
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1"]);
        checked(psql.arg(self.url("postgres", database)).args(args), "psql")
    }

    /// Ends it at once, as a crash would, and starts it again.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn kill_and_restart(&mut self) -> Result<(), ServerError> {
        if let Some(mut server) = self.server.take() {
            server.end(Signal::QUIT);
        }
        self.run()
    }

    fn run(&mut self) -> Result<(), ServerError> {
        let mut command = program("postgres", self.folder.path());
        command.arg("-D").arg(self.folder.path().join("data"));
        let folder = self.folder.path().display();
        for setting in [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.port),
            format!("unix_socket_directories={folder}"),
            "fsync=off".to_owned(),
            "shared_buffers=32MB".to_owned(),
            "max_connections=100".to_owned(),
            "log_min_messages=log".to_owned(),
        ] {
            command.arg("-c").arg(setting);
        }
        self.server = Some(Server::start(command, PACKAGE, "ready to accept connections")?);
        Ok(())
    }
}

/// One of the server's programs, by an ordinary user.
fn program(name: &str, folder: &Path) -> Command {
    let path = installed(name).unwrap_or_else(|| PathBuf::from(name));
    let mut command = if getuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", USER, "--regid", GROUP, "--clear-groups", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    };
    command.current_dir(folder).env("LC_ALL", "C");
    command
}

/// The newest that Debian has installed.
fn installed(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).ok()?.flatten();
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

fn checked(command: &mut Command, what: &'static str) -> Result<String, ServerError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ServerError::Missing { program, package: PACKAGE });
        }
        Err(error) => return Err(io_error(what)(error)),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !output.status.success() {
        return Err(ServerError::Failed { what, message: text(&output.stderr) });
    }
    Ok(text(&output.stdout))
}
