//! What the program needs besides its sandbox: its history and ledger, and a broker when one is configured.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use genesis_domain::{Durability, without_password};
use genesis_report::{Service, ServiceState};
use genesis_sandbox::{Lockdown, SandboxError};
use genesis_store::{Ledger, ListFilter};
use serde_json::Value;

use crate::args::NatsLogin;
use crate::command::runtime;
use crate::config::{Config, Origin, variable};
use crate::exit::Failure;
use crate::{http, state};

const BROKER: &str = "broker";

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
    found.extend(database(config));
    found.extend(brokers(config));
    found.extend(monitor());
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
            let disagreements = genesis_experiment::compare(&commits).await?.disagreements;
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

/// The ledger's database, when it is not a file: it must be reached, and be one that this program can use.
fn database(config: &Config) -> Option<Found> {
    const NAME: &str = "database";
    let url = config.database.as_ref()?;
    let shown = format!("{} ({})", without_password(&url.value), url.origin);
    let looked = runtime().and_then(|runtime| {
        runtime.block_on(async {
            let ledger = Ledger::connect(&url.value, Durability::Durable).await?;
            let answered = ledger.ping().await;
            ledger.close().await;
            Ok::<_, Failure>(answered?)
        })
    });
    Some(match looked {
        Ok(()) => Found::new(NAME, ServiceState::Well, format!("{shown} is reached and can be used")),
        Err(failure) => Found::new(NAME, ServiceState::Broken, format!("{shown}: {}", failure.message())),
    })
}

/// Every broker that is configured.
fn brokers(config: &Config) -> Vec<Found> {
    let Some(bus) = &config.bus else {
        return vec![Found::new(
            BROKER,
            ServiceState::Absent,
            "none is configured (GENESIS_NATS_URL, else NATS_URL)",
        )];
    };
    bus.value.iter().map(|url| broker(url, &bus.origin)).collect()
}

/// One broker: a NATS server must greet, have JetStream, and take what it is shown; of queues the database
/// must be reached.
fn broker(url: &str, origin: &Origin) -> Found {
    let broken = |why: String| Found::new(BROKER, ServiceState::Broken, why);
    let known = match look_at_broker(url) {
        Ok(known) => known,
        Err(why) => return broken(format!("{} ({origin}): {why}", without_password(url))),
    };
    let knocked = runtime().and_then(|runtime| {
        let login = crate::broker::login(&NatsLogin::none())?;
        Ok(runtime.block_on(genesis_bus::knock(url, &login))?)
    });
    match knocked {
        Ok(()) => Found::new(BROKER, ServiceState::Well, known),
        Err(failure) => broken(format!("{known} ({origin}): {}", failure.message())),
    }
}

/// What is known of a broker before anybody shows who they are.
fn look_at_broker(url: &str) -> Result<String, String> {
    if url.starts_with("postgres") || url == genesis_bus::IN_PROCESS {
        return Ok(format!("{} can be used", without_password(url)));
    }
    let address = address(url).ok_or("it is no address of a NATS server")?;
    let info = greeting(&address)?;
    let version = info["version"].as_str().unwrap_or("of an unknown version");
    if info["jetstream"] == Value::Bool(true) {
        Ok(format!("NATS {version} at {address}, with JetStream"))
    } else {
        Err(format!("NATS {version} at {address}: JetStream is off, and without it messages are lost"))
    }
}

/// What a NATS server says of itself over HTTP, when it is said where.
fn monitor() -> Option<Found> {
    const NAME: &str = "broker's health";
    const VARIABLE: &str = "GENESIS_NATS_MONITOR_URL";
    let url = match variable(VARIABLE) {
        Ok(found) => found?.0,
        Err(failure) => return Some(Found::new(NAME, ServiceState::Broken, failure.message())),
    };
    let health = format!("{}/healthz", url.trim_end_matches('/'));
    let shown = format!("{} ({VARIABLE})", without_password(&health));
    let asked = runtime().map(|runtime| runtime.block_on(http::get(&health)));
    Some(match asked {
        Ok(Ok((200, _))) => Found::new(NAME, ServiceState::Well, format!("{shown} says that it is well")),
        Ok(Ok((status, body))) => {
            let said = body.trim().escape_debug();
            Found::new(NAME, ServiceState::Broken, format!("{shown} answers {status}: {said}"))
        }
        Ok(Err(why)) => Found::new(NAME, ServiceState::Broken, format!("{shown}: {why}")),
        Err(failure) => Found::new(NAME, ServiceState::Broken, failure.message()),
    })
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
