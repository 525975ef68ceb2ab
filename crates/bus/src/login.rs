//! How this process proves to a NATS server who it is, and which servers it believes.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use async_nats::{ConnectOptions, ServerAddr};
use genesis_domain::without_password;

use crate::BusError;

/// What a NATS server is shown besides what stands in its address. PostgreSQL is told everything by its address.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// Name and password. An address with a name of its own goes before it.
    pub user: Option<(String, String)>,
    /// A file that holds the seed of an nkey.
    pub nkey: Option<PathBuf>,
    /// A file of credentials, as `nsc` writes it.
    pub credentials: Option<PathBuf>,
    /// A file of certificates that servers are believed by, instead of the system's. With it nothing is sent before the
    /// connection is encrypted.
    pub authorities: Option<PathBuf>,
    /// A certificate and its key, for servers that ask for one.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user.as_ref().map(|(name, _)| name))
            .field("nkey", &self.nkey)
            .field("credentials", &self.credentials)
            .field("authorities", &self.authorities)
            .field("certificate", &self.certificate)
            .finish()
    }
}

impl Login {
    /// The options of a connection to these servers.
    pub(crate) async fn options(&self, servers: &[ServerAddr]) -> Result<ConnectOptions, BusError> {
        let mut options = ConnectOptions::new();
        // The client reads addresses and leaves what stands before their `@` to whoever gave them.
        let named = servers.iter().find_map(|server| Some((server.username()?, server.password())));
        options = match (named, &self.user) {
            (Some((token, None)), _) => options.token(decoded(token)),
            (Some((name, Some(password))), _) => options.user_and_password(decoded(name), decoded(password)),
            (None, Some((name, password))) => options.user_and_password(name.clone(), password.clone()),
            (None, None) => options,
        };
        if let Some(path) = &self.nkey {
            let seed = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
            options = options.nkey(seed.trim().to_owned());
        }
        if let Some(path) = &self.credentials {
            options = options.credentials_file(path).await.map_err(|error| unreadable(path, &error))?;
        }
        if let Some(path) = &self.authorities {
            readable(path)?;
            options = options.add_root_certificates(path.clone()).require_tls(true);
        }
        if let Some((certificate, key)) = &self.certificate {
            readable(certificate)?;
            readable(key)?;
            options = options.add_client_certificate(certificate.clone(), key.clone()).require_tls(true);
        }
        Ok(options)
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The servers of an address: one, or several with commas between them.
pub(crate) fn servers(url: &str) -> Result<Vec<ServerAddr>, BusError> {
    url.split(',')
        .map(|one| {
            one.trim().parse().map_err(|error: io::Error| BusError::Address {
                url: without_password(url),
                why: error.to_string(),
            })
        })
        .collect()
}

/// Looked at here, because a connection would be tried again and again before it says so.
fn readable(path: &Path) -> Result<(), BusError> {
    std::fs::File::open(path).map(drop).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> BusError {
    BusError::Login(format!("{} cannot be used: {error}", path.display()))
}
