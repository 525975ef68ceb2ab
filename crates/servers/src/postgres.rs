//! PostgreSQL.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use genesis_launch::{PACKAGE, Person, Server, Signal, free_port, io_error, make_cluster, program};
use tempfile::TempDir;

use crate::{Certificate, ServerError};

/// A cluster of PostgreSQL in a folder of its own. Its administrator is `postgres`, whose password is not asked for.
#[derive(Debug)]
pub struct Postgres {
    server: Option<Server>,
    folder: TempDir,
    port: u16,
    /// More than each has.
    settings: Vec<&'static str>,
}

impl Postgres {
    /// Makes a cluster and starts it. It does not sync: what is written survives its own death, not the machine's.
    ///
    /// # Errors
    /// When it is not installed, or does not come up.
    pub fn start() -> Result<Self, ServerError> {
        let mut postgres = Self::made()?;
        postgres.run()?;
        Ok(postgres)
    }

    /// The same, that takes encrypted connections alone and shows this certificate.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn encrypted(certificate: &Certificate) -> Result<Self, ServerError> {
        let mut postgres = Self::made()?;
        let data = postgres.folder.path().join("data");
        for (from, to) in [(&certificate.certificate, "server.crt"), (&certificate.key, "server.key")] {
            let to = data.join(to);
            fs::copy(from, &to).map_err(io_error("copy a certificate"))?;
            fs::set_permissions(&to, Permissions::from_mode(0o600)).map_err(io_error("guard a key"))?;
            Person::unprivileged().give(&to)?;
        }
        let rules = "hostssl all all 127.0.0.1/32 trust\n";
        fs::write(data.join("pg_hba.conf"), rules).map_err(io_error("write who may connect"))?;
        postgres.settings.push("ssl=on");
        postgres.run()?;
        Ok(postgres)
    }

    fn made() -> Result<Self, ServerError> {
        let folder = TempDir::new().map_err(io_error("make a folder"))?;
        Person::unprivileged().give(folder.path())?;
        let more = ["--username=postgres", "--auth=trust", "--no-sync"];
        make_cluster(folder.path(), &folder.path().join("data"), &more)?;
        Ok(Self { server: None, port: free_port()?, folder, settings: Vec::new() })
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
        self.psql_as("postgres", database, &[&["-v", "ON_ERROR_STOP=1"], args].concat())
    }

    /// Runs psql as somebody and gives what it prints. It goes on after an error of one statement, and says so on standard
    /// error alone.
    ///
    /// # Errors
    /// When it fails, with what it says.
    pub fn psql_as(&self, role: &str, database: &str, args: &[&str]) -> Result<String, ServerError> {
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        checked(psql.arg(self.url(role, database)).args(args), "psql")
    }

    /// Ends it at once, as a crash would, and starts it again.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn kill_and_restart(&mut self) -> Result<(), ServerError> {
        self.kill();
        self.run()
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.end(Signal::Quit);
        }
    }

    /// Starts it on what it has stored.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn run(&mut self) -> Result<(), ServerError> {
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
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        self.server = Some(Server::start(command, PACKAGE, "ready to accept connections")?);
        Ok(())
    }
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
