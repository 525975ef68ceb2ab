//! nats-server with JetStream, on 127.0.0.1.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use genesis_launch::{Server, bound, free_port, is_installed};
use tokio::runtime::Runtime;

use super::children::{Children, PAUSE};
use super::{failed, log, starting};
use crate::exit::Failure;
use crate::http;

const PROGRAM: &str = "nats-server";

/// Far more than it takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_mins(1);

/// From which version on it can be told to sync every message before it confirms it.
const SYNCS_SINCE: (u32, u32) = (2, 10);

/// Starts it and waits until it says over HTTP that it is well. Gives its address and that of its health; nothing when it is
/// not installed.
pub(super) fn start(
    folder: &Path,
    is_durable: bool,
    children: &mut Children,
    runtime: &Runtime,
) -> Result<Option<(String, String)>, Failure> {
    if !is_installed(Command::new(PROGRAM)) {
        return Ok(None);
    }
    starting("nats-server");
    let (port, monitor) = (free_port().map_err(failed)?, free_port().map_err(failed)?);
    let sync = if is_durable && version() >= Some(SYNCS_SINCE) { ", sync_interval: always" } else { "" };
    let config = format!(
        "listen: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitor}\"\njetstream {{ store_dir: {:?}{sync} }}\n",
        folder.join("nats").display().to_string()
    );
    let path = folder.join("nats.conf");
    fs::write(&path, config)
        .map_err(|error| Failure::infrastructure(format!("{} cannot be written: {error}", path.display())))?;
    let mut command = Command::new(PROGRAM);
    command.arg("-c").arg(&path);
    let (file, said) = log(folder, "nats")?;
    children.add(PROGRAM, Server::logged(bound(&command), "util-linux", file).map_err(failed)?);

    let health = format!("http://127.0.0.1:{monitor}/healthz");
    let until = now() + PATIENCE;
    runtime.block_on(async {
        loop {
            let why = match http::get(&health).await {
                Ok((200, _)) => return Ok(Some((format!("nats://127.0.0.1:{port}"), health))),
                Ok((status, body)) => format!("it answers {status}: {body}"),
                Err(why) => why,
            };
            if children.newest_has_ended() || now() >= until {
                return Err(Failure::infrastructure(format!("nats-server is not ready: {why}"))
                    .with_help(format!("what it said is in {}", said.display())));
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
}

/// Its version, as `nats-server: v2.9.10` says it.
fn version() -> Option<(u32, u32)> {
    let output = Command::new(PROGRAM).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_once(": v")?.1.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[expect(clippy::disallowed_methods, reason = "how long to wait for a server")]
pub(super) fn now() -> Instant {
    Instant::now()
}
