//! PostgreSQL in a private folder, on 127.0.0.1, with a password of its own.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use genesis_domain::Durability;
use genesis_launch::{PACKAGE, Person, Server, bound, free_port, is_installed, make_cluster, program};
use genesis_store::Ledger;
use tokio::runtime::Runtime;

use super::children::{Children, PAUSE};
use super::nats::now;
use super::{failed, log, starting, write_private};
use crate::exit::Failure;

const NAME: &str = "PostgreSQL";
const ROLE: &str = "genesis";

/// Far more than it takes, after a crash too.
const PATIENCE: Duration = Duration::from_mins(2);

/// Starts it, on a cluster that it makes at the first time, and waits until the ledger can be opened. Gives the ledger's
/// address; or why there is none, when it is not installed or cannot run here.
pub(super) fn start(
    folder: &Path,
    children: &mut Children,
    runtime: &Runtime,
) -> Result<Result<String, &'static str>, Failure> {
    if ["postgres", "initdb"].iter().any(|name| !is_installed(program(name, Path::new("/")))) {
        return Ok(Err("PostgreSQL is not installed"));
    }
    let home = folder.join("postgres");
    let person = Person::unprivileged();
    if !person.reaches(&home) {
        return Ok(Err("PostgreSQL does not run as root, and nobody else can reach the state folder"));
    }
    starting(NAME);
    let password = cluster(folder, &home, person)?;
    let port = free_port().map_err(failed)?;
    let mut command = program("postgres", &home);
    command.arg("-D").arg(home.join("data"));
    for setting in ["listen_addresses=127.0.0.1", &format!("port={port}"), "unix_socket_directories="] {
        command.arg("-c").arg(setting);
    }
    let mut command = bound(&command);
    person.runs(&mut command);
    let (file, said) = log(folder, "postgres")?;
    children.add(NAME, Server::logged(command, "util-linux", file).map_err(failed)?);

    let url = format!("postgres://{ROLE}:{password}@127.0.0.1:{port}/{ROLE}");
    let until = now() + PATIENCE;
    runtime.block_on(async {
        loop {
            match Ledger::connect(&url, Durability::Durable).await {
                Ok(ledger) => {
                    ledger.close().await;
                    return Ok(Ok(url));
                }
                Err(error) if children.newest_has_ended() || now() >= until => {
                    let why = crate::exit::chain(&error);
                    return Err(Failure::infrastructure(format!("{NAME} is not ready: {why}"))
                        .with_help(format!("what it said is in {}", said.display())));
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    })
}

/// The cluster's password; the cluster is made when there is none. The password is written last: without it a cluster was
/// not finished, and is made again.
fn cluster(folder: &Path, home: &Path, person: Person) -> Result<String, Failure> {
    let io = |error: std::io::Error| Failure::infrastructure(format!("{}: {error}", home.display()));
    let kept = folder.join("postgres.password");
    if let Ok(password) = fs::read_to_string(&kept) {
        return Ok(password);
    }
    if home.exists() {
        fs::remove_dir_all(home).map_err(io)?;
    }
    fs::create_dir(home).map_err(io)?;
    person.give(home).map_err(failed)?;
    let mut bytes = [0; 16];
    File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bytes)).map_err(io)?;
    let password = format!("{:032x}", u128::from_be_bytes(bytes));
    let given = home.join("password");
    write_private(&given, &password)?;
    person.give(&given).map_err(failed)?;
    let role = format!("--username={ROLE}");
    let file = format!("--pwfile={}", given.display());
    let data = home.join("data");
    make_cluster(home, &data, &[&role, "--auth=scram-sha-256", &file]).map_err(failed)?;
    fs::remove_file(&given).map_err(io)?;

    // Before it listens: no client is needed, and nobody can come in between.
    let mut single = program("postgres", home);
    single.arg("--single").arg("-D").arg(&data).arg("postgres");
    let mut making =
        single.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(io)?;
    if let Some(mut stdin) = making.stdin.take() {
        writeln!(stdin, "CREATE DATABASE {ROLE}").map_err(io)?;
    }
    let made = making.wait_with_output().map_err(io)?;
    if !made.status.success() {
        let said = String::from_utf8_lossy(&made.stderr).trim().to_owned();
        return Err(Failure::infrastructure(format!("a database cannot be made ({PACKAGE}): {said}")));
    }
    write_private(&kept, &password)?;
    Ok(password)
}
