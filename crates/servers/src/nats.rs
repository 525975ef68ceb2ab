//! nats-server with JetStream.

use std::fs;
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::ServerError;
use crate::process::{Server, free_port, io_error};

/// A NATS server with JetStream in a folder of its own.
#[derive(Debug)]
pub struct Nats {
    server: Server,
    folder: TempDir,
    port: u16,
}

impl Nats {
    /// Starts one that takes messages of so many bytes.
    ///
    /// # Errors
    /// When it is not installed, or does not come up.
    pub fn start(max_payload_bytes: u64) -> Result<Self, ServerError> {
        let folder = TempDir::new().map_err(io_error("make a folder"))?;
        let port = free_port()?;
        let store = folder.path().join("jetstream").display().to_string();
        let config = format!(
            "listen: \"127.0.0.1:{port}\"\nmax_payload: {max_payload_bytes}\njetstream {{ store_dir: \"{store}\" }}\n"
        );
        fs::write(folder.path().join("nats.conf"), config).map_err(io_error("write a configuration"))?;
        let server = run(&folder)?;
        Ok(Self { server, folder, port })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Kills it without a word and starts it again on what it had stored.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn kill_and_restart(&mut self) -> Result<(), ServerError> {
        self.server.end(Signal::KILL);
        self.server = run(&self.folder)?;
        Ok(())
    }
}

fn run(folder: &TempDir) -> Result<Server, ServerError> {
    let mut command = Command::new("nats-server");
    command.arg("-c").arg(folder.path().join("nats.conf"));
    Server::start(command, "nats-server", "Server is ready")
}
