//! Brokers that are connected to as soon as they can be: one that is away keeps nobody from the others.

use std::fmt;
use std::sync::Arc;

use genesis_domain::without_password;
use tokio::sync::OnceCell;

use crate::bus::{Scheme, scheme};
use crate::{Bus, BusError, Login, Topology};

/// A broker by its address. Cheap to clone; all clones are one connection.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    url: String,
    login: Login,
    topology: Topology,
    scheme: Scheme,
    bus: OnceCell<Bus>,
}

impl Link {
    /// A broker that nobody has connected to yet.
    ///
    /// # Errors
    /// [`BusError::Address`].
    pub fn to(url: &str, login: &Login, topology: &Topology) -> Result<Self, BusError> {
        Ok(Self(Arc::new(Inner {
            url: url.to_owned(),
            login: login.clone(),
            topology: topology.clone(),
            scheme: scheme(url)?,
            bus: OnceCell::new(),
        })))
    }

    /// What kind of broker it is, as [`Bus::kind`] says it.
    pub fn kind(&self) -> &'static str {
        self.0.scheme.kind()
    }

    /// The broker, when there has been a connection to it: whether there is one now is [`Bus::is_connected`].
    pub fn bus(&self) -> Option<&Bus> {
        self.0.bus.get()
    }

    /// The broker, connected to now when it was not before.
    ///
    /// # Errors
    /// As [`Bus::connect_as`].
    pub async fn connect(&self) -> Result<&Bus, BusError> {
        let Inner { url, login, topology, bus, .. } = &*self.0;
        bus.get_or_try_init(|| Bus::connect_as(url, login, topology)).await
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("url", &without_password(&self.0.url)).finish_non_exhaustive()
    }
}

/// One broker or several, of each kind at most one: by its kind a broker is told from the others.
#[derive(Debug, Clone)]
pub struct Links(Vec<Link>);

impl Links {
    /// The brokers at these addresses. The login is shown to a NATS server.
    ///
    /// # Errors
    /// [`BusError::Address`] of one that is none, or is of the same kind as one before; [`BusError::NotFound`] when there is
    /// none at all.
    pub fn to(urls: &[String], login: &Login, topology: &Topology) -> Result<Self, BusError> {
        let mut links: Vec<Link> = Vec::with_capacity(urls.len());
        for url in urls {
            let link = Link::to(url, login, topology)?;
            if links.iter().any(|known| known.kind() == link.kind()) {
                return Err(BusError::Address {
                    url: without_password(url),
                    why: format!(
                        "another broker is {} already, and there may be one of each kind",
                        link.kind()
                    ),
                });
            }
            links.push(link);
        }
        if links.is_empty() { Err(BusError::NotFound("broker".to_owned())) } else { Ok(Self(links)) }
    }

    /// Connects to all of them. One that is away is told, as long as another one is there.
    ///
    /// # Errors
    /// When none is there, or one is not what it must be.
    pub async fn connect(&self, told: &dyn Fn(&Link, &BusError)) -> Result<(), BusError> {
        let mut away = Vec::new();
        for link in &self.0 {
            match link.connect().await {
                Ok(_) => {}
                Err(error @ BusError::Unavailable { .. }) => away.push((link, error)),
                Err(error) => return Err(error),
            }
        }
        if away.len() == self.0.len() {
            return Err(away.swap_remove(0).1);
        }
        for (link, error) in away {
            told(link, &error);
        }
        Ok(())
    }

    /// All of them, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Link> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(urls: &[&str]) -> Result<Links, BusError> {
        let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
        Links::to(&urls, &Login::default(), &Topology::genesis())
    }

    #[test]
    fn there_is_one_of_each_kind_and_no_password_is_shown() {
        let both = links(&["nats://a:1,nats://b:2", "postgres://me:s3cret@c/queue"]).unwrap();
        assert_eq!(both.iter().map(Link::kind).collect::<Vec<_>>(), ["JetStream", "pgmq"]);
        assert!(!format!("{both:?}").contains("s3cret"));
        let twice =
            links(&["postgres://me@c/queue", "postgresql://me:s3cret@d/queue"]).unwrap_err().to_string();
        assert!(twice.contains("another broker is pgmq already") && !twice.contains("s3cret"), "{twice}");
        assert!(links(&["redis://a"]).is_err() && links(&[]).is_err());
    }

    #[tokio::test]
    async fn one_that_is_away_is_told_and_all_that_are_away_are_an_error() {
        let away = "nats://127.0.0.1:1";
        let told = std::sync::Mutex::new(Vec::new());
        let tell = |link: &Link, _: &BusError| told.lock().unwrap().push(link.kind());
        let one = links(&[away, crate::IN_PROCESS]).unwrap();
        one.connect(&tell).await.unwrap();
        assert_eq!(*told.lock().unwrap(), ["JetStream"]);
        assert_eq!(one.iter().map(|link| link.bus().is_some()).collect::<Vec<_>>(), [false, true]);
        let error = links(&[away]).unwrap().connect(&tell).await.unwrap_err();
        assert!(matches!(error, BusError::Unavailable { .. }), "{error}");
    }
}
