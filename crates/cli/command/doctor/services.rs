//! What the program needs besides its sandbox: its history and ledger, and a broker when one is configured.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use genesis_report::{Service, ServiceState};
use genesis_sandbox::{Lockdown, SandboxError};
use genesis_store::ListFilter;
use serde_json::Value;

use crate::command::runtime;
use crate::config::Config;
use crate::exit::Failure;
use crate::state;

/// Time that a broker has to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Most bytes of a broker's greeting.
const MOST_GREETING_BYTES: u64 = 64 << 10;

/// How a service was found.
pub(super) struct Found {
    name: &'static str,
    state: ServiceState,
    detail: String,
}

impl Found {
    fn new(name: &'static str, state: ServiceState, detail: impl Into<String>) -> Self {
        Self { name, state, detail: detail.into() }
    }

    /// For a report.
    pub(super) fn shown(&self) -> Service<'_> {
        Service { name: self.name, state: self.state, detail: &self.detail }
    }
}

/// Worker processes, and whether what keeps them from the rest of the system is enough for a policy that requires it.
pub(super) fn of_workers(lockdown: Result<&Lockdown, &SandboxError>) -> Found {
    const NAME: &str = "workers";
    match lockdown {
        Err(error) => Found::new(NAME, ServiceState::Broken, crate::exit::chain(error)),
        Ok(lockdown) if lockdown.is_enough() => {
            Found::new(NAME, ServiceState::Well, "they start, and are locked down")
        }
        Ok(lockdown) => {
            let detail = format!(
                "they start, and are not locked down: {}; a policy with [isolation] required is refused here",
                lockdown.missing()
            );
            Found::new(NAME, ServiceState::Unknown, detail)
        }
    }
}

/// Looks at all of them.
pub(super) fn look_at(config: &Config) -> Vec<Found> {
    let mut found = records(config);
    found.extend(database());
    found.push(broker());
    found
}

/// History and ledger, which are looked at together because each is held against the other.
fn records(config: &Config) -> Vec<Found> {
    let folder = config.state.value.display();
    if !config.state.value.join(state::HISTORY).exists() {
        let detail = format!("none in {folder} yet; the first experiment makes it");
        return ["repository", "ledger"]
            .map(|name| Found::new(name, ServiceState::Absent, detail.as_str()))
            .into();
    }
    let looked = runtime().and_then(|runtime| {
        runtime.block_on(async {
            let commits = state::open(config).await?;
            let report = commits.history.verify()?;
            let disagreements = genesis_experiment::disagreements(&commits).await?;
            let newest = ListFilter { template: None, limit: 1, before: None };
            let any = !commits.ledger.list(&newest).await?.is_empty();
            Ok::<_, Failure>((report, disagreements, any))
        })
    });
    let (report, disagreements, any) = match looked {
        Ok(looked) => looked,
        Err(failure) => {
            let broken = |name| Found::new(name, ServiceState::Broken, failure.message());
            return ["repository", "ledger"].map(broken).into();
        }
    };
    let repository = match report.problems.first() {
        None if report.is_clean() => {
            let detail =
                format!("{} experiments and {} objects in {folder}", report.experiments, report.objects);
            Found::new("repository", ServiceState::Well, detail)
        }
        problem => {
            let first =
                problem.map(|problem| format!(": {}: {}", problem.name, problem.text)).unwrap_or_default();
            Found::new(
                "repository",
                ServiceState::Broken,
                format!("`genesis history verify` finds problems{first}"),
            )
        }
    };
    let ledger = match disagreements.first() {
        None => {
            let detail = if any { "agrees with the repository" } else { "empty, as the repository is" };
            Found::new("ledger", ServiceState::Well, detail)
        }
        Some(first) => {
            Found::new("ledger", ServiceState::Broken, format!("it disagrees with the repository: {first}"))
        }
    };
    vec![repository, ledger]
}

/// A database other than the file that this build keeps its ledger in.
fn database() -> Option<Found> {
    let (name, url) = configured(["GENESIS_DATABASE_URL", "DATABASE_URL"])?;
    let kind = url.split(':').next().unwrap_or_default();
    Some(Found::new(
        "database",
        ServiceState::Unknown,
        format!(
            "{name} names one of kind `{kind}`; this program keeps its ledger in SQLite and does not use it"
        ),
    ))
}

/// The broker that the environment names: it must greet, and have JetStream.
fn broker() -> Found {
    const NAME: &str = "broker";
    let Some((variable, url)) = configured(["GENESIS_NATS_URL", "NATS_URL"]) else {
        return Found::new(
            NAME,
            ServiceState::Absent,
            "none is configured (GENESIS_NATS_URL, else NATS_URL)",
        );
    };
    let Some(address) = address(&url) else {
        return Found::new(NAME, ServiceState::Broken, format!("{variable} is no address of a NATS server"));
    };
    match greeting(&address) {
        Err(why) => Found::new(NAME, ServiceState::Broken, format!("{address} ({variable}): {why}")),
        Ok(info) => {
            let version = info["version"].as_str().unwrap_or("of an unknown version");
            if info["jetstream"] == Value::Bool(true) {
                Found::new(NAME, ServiceState::Well, format!("NATS {version} at {address}, with JetStream"))
            } else {
                let why = "JetStream is off, and without it messages are lost";
                Found::new(NAME, ServiceState::Broken, format!("NATS {version} at {address}: {why}"))
            }
        }
    }
}

/// The first of these variables that is set.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn configured(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names
        .into_iter()
        .find_map(|name| Some((name, std::env::var(name).ok().filter(|value| !value.is_empty())?)))
}

/// Host and port of a NATS URL, the first of several; user and password stay out of it.
fn address(url: &str) -> Option<String> {
    let first = url.split(',').next()?.trim();
    let rest = first.split_once("://").map_or(first, |(_, rest)| rest);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host).trim_end_matches('/');
    if host.is_empty() || host.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Some(if has_port { host.to_owned() } else { format!("{host}:4222") })
}

/// What a NATS server says of itself before anybody has asked it.
fn greeting(address: &str) -> Result<Value, String> {
    let failed = |error: std::io::Error| error.to_string();
    let place = address.to_socket_addrs().map_err(failed)?.next().ok_or("it has no address")?;
    let stream = TcpStream::connect_timeout(&place, PATIENCE).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let mut line = String::new();
    BufReader::new(std::io::Read::take(stream, MOST_GREETING_BYTES)).read_line(&mut line).map_err(failed)?;
    let text = line.strip_prefix("INFO ").ok_or("what answers there is no NATS server")?;
    serde_json::from_str(text).map_err(|_| "its greeting cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_host_and_port_alone() {
        for (url, expected) in [
            ("nats://localhost:4333", "localhost:4333"),
            ("localhost", "localhost:4222"),
            ("tls://user:pass@broker.example/", "broker.example:4222"),
            ("nats://a:1,nats://b:2", "a:1"),
        ] {
            assert_eq!(address(url).as_deref(), Some(expected), "{url}");
        }
        for url in ["", "nats://", "nats://a\u{1b}b"] {
            assert_eq!(address(url), None, "{url}");
        }
    }
}
