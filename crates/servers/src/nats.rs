//! nats-server with JetStream.

use std::fs;
use std::process::Command;

use genesis_launch::{Server, Signal, free_port, io_error};
use tempfile::TempDir;

use crate::ServerError;

/// A NATS server with JetStream in a folder of its own.
#[derive(Debug)]
pub struct Nats {
    server: Option<Server>,
    folder: TempDir,
    port: u16,
}

impl Nats {
    /// Starts one that takes messages of so many bytes.
    ///
    /// # Errors
    /// When it is not installed, or does not come up.
    pub fn start(max_payload_bytes: u64) -> Result<Self, ServerError> {
        Self::configured(&format!("max_payload: {max_payload_bytes}\n"))
    }

    /// Starts one with more lines in its configuration than where it listens and that it has JetStream.
    ///
    /// # Errors
    /// When it is not installed, or does not come up.
    pub fn configured(more: &str) -> Result<Self, ServerError> {
        let mut nats = Self::prepared(free_port()?)?;
        nats.configure(more)?;
        nats.run()?;
        Ok(nats)
    }

    /// One that is not started yet: servers of a cluster must know one another's ports first.
    ///
    /// # Errors
    /// When no folder can be made.
    pub fn prepared(port: u16) -> Result<Self, ServerError> {
        let folder = TempDir::new().map_err(io_error("make a folder"))?;
        Ok(Self { server: None, folder, port })
    }

    /// Writes its configuration.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn configure(&self, more: &str) -> Result<(), ServerError> {
        let store = self.folder.path().join("jetstream").display().to_string();
        let config =
            format!("listen: \"127.0.0.1:{}\"\njetstream {{ store_dir: \"{store}\" }}\n{more}", self.port);
        fs::write(self.folder.path().join("nats.conf"), config).map_err(io_error("write a configuration"))
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Where it is, for a user with a password, or for a token.
    pub fn url_for(&self, user: &str) -> String {
        format!("nats://{user}@127.0.0.1:{}", self.port)
    }

    /// Kills it without a word and starts it again on what it had stored.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn kill_and_restart(&mut self) -> Result<(), ServerError> {
        self.kill();
        self.run()
    }

    /// Kills it without a word.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.end(Signal::Kill);
        }
    }

    /// Starts it on what it has stored.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn run(&mut self) -> Result<(), ServerError> {
        let mut command = Command::new("nats-server");
        command.arg("-c").arg(self.folder.path().join("nats.conf"));
        // A server of a cluster is ready when it listens; that the cluster has a leader is asked by whoever needs one.
        self.server = Some(Server::start(command, "nats-server", "Server is ready")?);
        Ok(())
    }
}
