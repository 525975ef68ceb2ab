//! Sending what the ledger's outbox holds, to each broker by itself. The outbox is the record: what a broker has not confirmed it
//! is sent again, however long it was away.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use genesis_bus::{BusError, Outgoing};
use genesis_domain::{Asked, OutboxMessage};
use genesis_store::{StoreError, Wake};
use tokio::sync::watch;

use crate::broker::Broker;
use crate::worker::Shared;

/// Messages that are looked at in one go.
const BATCH: u32 = 100;
/// Looks at the outbox even when nobody says that there is something.
const PATIENCE: Duration = Duration::from_secs(2);
/// Before the next try when broker or ledger cannot be reached.
const PAUSE: Duration = Duration::from_millis(500);

/// Sends to one broker until `stop` turns true and it has everything, or cannot be reached.
pub(crate) async fn run(shared: Arc<Shared>, broker: Arc<Broker>, stop: watch::Receiver<bool>) {
    let others = shared.brokers.others(&broker);
    let mut relay = Relay { shared, broker, others, stuck: BTreeSet::new() };
    let mut wake: Option<Wake> = None;
    loop {
        let is_last = *stop.borrow();
        let pause = match relay.send_some().await {
            Ok(0) => PATIENCE,
            Ok(_) => continue,
            Err(why) => {
                if !is_last {
                    (relay.shared.tell)(&format!("announcements by {} wait: {why}", relay.broker.name()));
                }
                PAUSE
            }
        };
        if is_last {
            return;
        }
        match &mut wake {
            Some(wake) if pause == PATIENCE => wake.wait(PATIENCE).await,
            Some(_) => tokio::time::sleep(pause).await,
            None => {
                tokio::time::sleep(PAUSE.min(pause)).await;
                wake = relay.shared.commits.ledger.wake().await.ok();
            }
        }
    }
}

struct Relay {
    shared: Arc<Shared>,
    broker: Arc<Broker>,
    /// The other brokers: what they do not have is not sent yet.
    others: Vec<&'static str>,
    /// Messages that no broker of this kind carries. They stay in the outbox, and the others go past them.
    stuck: BTreeSet<String>,
}

impl Relay {
    /// Sends a batch; gives how many the broker has confirmed.
    async fn send_some(&mut self) -> Result<usize, String> {
        let past = u32::try_from(self.stuck.len()).unwrap_or(u32::MAX);
        let ledger = &self.shared.commits.ledger;
        let unsent = ledger
            .unsent(self.broker.name(), BATCH.saturating_add(past))
            .await
            .map_err(|error| error.to_string())?;
        let mut sent = Vec::new();
        let mut failed = None;
        for message in &unsent {
            if self.stuck.contains(&message.message_id) {
                continue;
            }
            match self.send(message).await {
                Ok(()) => sent.push(message.message_id.as_str()),
                Err(BusError::Message(why)) => {
                    self.stuck.insert(message.message_id.clone());
                    (self.shared.tell)(&format!("{} cannot be sent and is kept: {why}", message.message_id));
                }
                Err(error) => {
                    failed = Some(error.to_string());
                    break;
                }
            }
        }
        self.note(&sent).await.map_err(|error| error.to_string())?;
        match failed {
            Some(why) if sent.is_empty() => Err(why),
            _ => Ok(sent.len()),
        }
    }

    async fn send(&self, message: &OutboxMessage) -> Result<(), BusError> {
        let traceparent = Asked::of(message.payload.as_bytes()).traceparent;
        let outgoing = Outgoing {
            subject: &message.subject,
            id: &message.message_id,
            traceparent: traceparent.as_deref(),
            payload: message.payload.as_bytes(),
        };
        let _publishing = self.shared.traces.publish(outgoing.subject, outgoing.id, outgoing.traceparent);
        let sent = self.broker.publish(&outgoing).await;
        if sent.is_ok() { &self.shared.metrics.sent } else { &self.shared.metrics.unsent }.inc();
        sent
    }

    /// A process that dies before this sends them once more, under the same ids.
    async fn note(&self, sent: &[&str]) -> Result<(), StoreError> {
        if sent.is_empty() {
            return Ok(());
        }
        let at_ms = (self.shared.now_ms)();
        self.shared.commits.ledger.mark_sent(self.broker.name(), &self.others, sent, at_ms).await
    }
}
