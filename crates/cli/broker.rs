//! Which broker, and what it is shown: flags, else variables of the environment.

use std::path::PathBuf;

use genesis_bus::{Bus, Login, Topology};

use crate::args::{BusAddress, NatsLogin};
use crate::config::{Config, parse, variable};
use crate::exit::Failure;

/// Connects to the broker that is asked for.
pub(crate) async fn connect(given: &BusAddress, config: &Config) -> Result<Bus, Failure> {
    let url = address(given, config)?;
    Ok(Bus::connect_as(&url, &login(&given.login)?, &topology(given)?).await?)
}

/// The broker that is asked for, or why there is none.
pub(crate) fn address(given: &BusAddress, config: &Config) -> Result<String, Failure> {
    given.url.clone().or_else(|| config.bus.as_ref().map(|bus| bus.value.clone())).ok_or_else(|| {
        Failure::usage("no broker is named")
            .with_help("name one with --bus URL, GENESIS_NATS_URL, or `bus` in genesis.toml")
    })
}

fn topology(given: &BusAddress) -> Result<Topology, Failure> {
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
