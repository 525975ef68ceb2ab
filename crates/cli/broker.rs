//! Which brokers, and what they are shown: flags, else variables of the environment.

use std::path::PathBuf;

use genesis_bus::{Bus, Links, Login, Topology};
use genesis_domain::without_password;

use crate::args::{BusAddress, BusAddresses, NatsLogin, NatsOptions};
use crate::config::{Config, parse, variable};
use crate::exit::Failure;

/// Connects to the broker that is asked for.
pub(crate) async fn connect(given: &BusAddress, config: &Config) -> Result<Bus, Failure> {
    let url = match addresses(given.url.as_slice(), config)?.as_slice() {
        [url] => url.clone(),
        several => {
            let shown: Vec<String> = several.iter().map(|url| without_password(url)).collect();
            return Err(Failure::usage(format!("several brokers are named: {}", shown.join(" ")))
                .with_help("say which one with --bus URL"));
        }
    };
    Ok(Bus::connect_as(&url, &login(&given.nats.login)?, &topology(&given.nats)?).await?)
}

/// The brokers that are asked for, not connected to yet.
pub(crate) fn links(given: &BusAddresses, config: &Config) -> Result<Links, Failure> {
    let urls = addresses(&given.urls, config)?;
    Ok(Links::to(&urls, &login(&given.nats.login)?, &topology(&given.nats)?)?)
}

/// The addresses that are given, else those that are configured, or why there are none.
fn addresses(given: &[String], config: &Config) -> Result<Vec<String>, Failure> {
    let configured = config.bus.iter().flat_map(|bus| &bus.value);
    let urls: Vec<String> = if given.is_empty() { configured.cloned().collect() } else { given.to_vec() };
    if urls.is_empty() {
        return Err(Failure::usage("no broker is named")
            .with_help("name one with --bus URL, GENESIS_NATS_URL, or `bus` in genesis.toml"));
    }
    Ok(urls)
}

fn topology(given: &NatsOptions) -> Result<Topology, Failure> {
    const NAME: &str = "GENESIS_NATS_REPLICAS";
    let by_variable = variable(NAME)?
        .map(|(value, _)| parse::<std::num::NonZeroUsize>(&value, NAME, "a number from 1"))
        .transpose()?;
    let replicas = given.nats_replicas.or(by_variable).map(usize::from);
    Ok(Topology { replicas, ..Topology::genesis() })
}

/// What the broker is shown. One way of saying who one is on the command line puts all variables of the others aside.
pub(crate) fn login(given: &NatsLogin) -> Result<Login, Failure> {
    let text = |name| Ok::<_, Failure>(variable(name)?.map(|(value, _)| value));
    let file = |given: &Option<PathBuf>, name| match given {
        Some(path) => Ok(Some(path.clone())),
        None => text(name).map(|found| found.map(PathBuf::from)),
    };
    let is_given = given.nats_user.is_some() || given.nats_nkey.is_some() || given.nats_creds.is_some();
    let (user, nkey, credentials) = if is_given {
        (given.nats_user.clone(), given.nats_nkey.clone(), given.nats_creds.clone())
    } else {
        (text("GENESIS_NATS_USER")?, file(&None, "GENESIS_NATS_NKEY")?, file(&None, "GENESIS_NATS_CREDS")?)
    };
    let user = match user {
        Some(name) => {
            let password = text("GENESIS_NATS_PASSWORD")?.ok_or_else(|| {
                Failure::usage(format!("the user {name} has no password"))
                    .with_help("set GENESIS_NATS_PASSWORD; on the command line everybody could read it")
            })?;
            Some((name, password))
        }
        None => None,
    };
    let certificate =
        match (file(&given.tls_cert, "GENESIS_TLS_CERT")?, file(&given.tls_key, "GENESIS_TLS_KEY")?) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(Failure::usage("a certificate needs its key, and a key its certificate")),
        };
    let authorities = file(&given.tls_ca, "GENESIS_TLS_CA")?;
    Ok(Login { user, nkey, credentials, authorities, certificate })
}
