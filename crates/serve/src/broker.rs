//! The brokers of the service: one, or several while people move from one to another. What one of them is away for keeps
//! nobody from the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use genesis_bus::{Bus, BusError, Link, Links, Outgoing};
use tokio::sync::watch;

use crate::metrics::Metrics;
use crate::serve::LOOK;
use crate::worker::turned;

/// One broker.
#[derive(Debug)]
pub(crate) struct Broker {
    link: Link,
    is_there: AtomicBool,
}

/// All of them, in the order in which they were named.
#[derive(Debug)]
pub(crate) struct Brokers(Vec<Arc<Broker>>);

impl Broker {
    /// How it is told from the others: by its kind.
    pub(crate) fn name(&self) -> &'static str {
        self.link.kind()
    }

    /// The broker, when it was there when it was last looked at.
    pub(crate) fn bus(&self) -> Option<&Bus> {
        self.link.bus().filter(|_| self.is_there.load(Ordering::Relaxed))
    }

    /// Sends a message. When this returns, the broker has it.
    pub(crate) async fn publish(&self, message: &Outgoing<'_>) -> Result<(), BusError> {
        let bus = self.bus().ok_or_else(|| BusError::Unavailable {
            action: "send a message",
            message: format!("{} is away", self.name()),
        })?;
        bus.publish(message).await
    }

    /// Whether it can be reached now.
    pub(crate) async fn is_reached(&self) -> bool {
        match self.link.bus() {
            Some(bus) => bus.is_connected().await,
            None => false,
        }
    }

    /// Looks at it again and again until `stop` turns true: connects to one that was never there, and says when one goes and
    /// when it comes back.
    pub(crate) async fn watch(
        self: Arc<Self>,
        metrics: Metrics,
        tell: fn(&str),
        mut stop: watch::Receiver<bool>,
    ) {
        let name = self.name();
        metrics.connected(name, self.is_there.load(Ordering::Relaxed));
        let mut complaint = None;
        loop {
            let looked = tokio::select! {
                looked = self.look() => looked,
                () = turned(&mut stop) => return,
            };
            let is_there = looked.is_ok();
            let was_there = self.is_there.swap(is_there, Ordering::Relaxed);
            metrics.connected(name, is_there);
            match looked {
                Ok(()) if !was_there => {
                    complaint = None;
                    tell(&format!("{name} is there again"));
                }
                Ok(()) => {}
                Err(why) => {
                    let why = why.to_string();
                    if complaint.as_ref() != Some(&why) {
                        tell(&format!("{name} is away: {why}"));
                        complaint = Some(why);
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = turned(&mut stop) => return,
            }
        }
    }

    async fn look(&self) -> Result<(), BusError> {
        if self.link.connect().await?.is_connected().await {
            return Ok(());
        }
        Err(BusError::Unavailable { action: "reach it", message: "it does not answer".to_owned() })
    }
}

impl Brokers {
    pub(crate) fn new(links: &Links) -> Self {
        let brokers = links.iter().map(|link| {
            let is_there = AtomicBool::new(link.bus().is_some());
            Arc::new(Broker { link: link.clone(), is_there })
        });
        Self(brokers.collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Broker>> {
        self.0.iter()
    }

    /// The names of all but this one.
    pub(crate) fn others(&self, broker: &Broker) -> Vec<&'static str> {
        self.iter().map(|other| other.name()).filter(|name| *name != broker.name()).collect()
    }

    /// Sends a message to the first one that is there and takes it.
    pub(crate) async fn publish_to_any(&self, message: &Outgoing<'_>) -> Result<(), BusError> {
        let mut refused =
            BusError::Unavailable { action: "send a message", message: "no broker is there".to_owned() };
        for broker in self.iter().filter(|broker| broker.bus().is_some()) {
            match broker.publish(message).await {
                Ok(()) => return Ok(()),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}
