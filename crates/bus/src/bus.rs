//! One port to three brokers.

use std::time::Duration;

use genesis_domain::without_password;

use crate::jetstream::JetStream;
use crate::memory::Memory;
use crate::message::{DeadLetter, Delivery, Outgoing, Question};
use crate::pgmq::Pgmq;
use crate::{BusError, Login, Topology};

/// The address of the bus within the process.
pub const IN_PROCESS: &str = "in-process";

/// A bus. Cheap to clone; all clones are one connection.
#[derive(Debug, Clone)]
pub struct Bus(Broker);

#[derive(Debug, Clone)]
enum Broker {
    JetStream(Box<JetStream>),
    Pgmq(Pgmq),
    Memory(Memory),
}

/// The kind of a broker, as its address says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    JetStream,
    Pgmq,
    InProcess,
}

impl Scheme {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::JetStream => "JetStream",
            Self::Pgmq => "pgmq",
            Self::InProcess => "in-process",
        }
    }
}

/// The kind of the broker at an address.
pub(crate) fn scheme(url: &str) -> Result<Scheme, BusError> {
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("nats" | "tls") => Ok(Scheme::JetStream),
        Some("postgres" | "postgresql") => Ok(Scheme::Pgmq),
        _ if url == IN_PROCESS => Ok(Scheme::InProcess),
        _ => Err(BusError::Address {
            url: without_password(url),
            why: format!("it begins with none of nats://, tls://, postgres://, and is not {IN_PROCESS}"),
        }),
    }
}

/// Whether the broker at `url` can be reached, and takes who comes. Nothing is made or changed there.
///
/// # Errors
/// As [`Bus::connect_as`].
pub async fn knock(url: &str, login: &Login) -> Result<(), BusError> {
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("postgres" | "postgresql") => Pgmq::knock(url).await,
        _ if url == IN_PROCESS => Ok(()),
        _ => JetStream::knock(url, login).await,
    }
}

impl Bus {
    /// Connects to the broker at `url` and makes or checks what `topology` asks for: `nats://host:port` is JetStream,
    /// `postgres://user@host/database` is pgmq.
    ///
    /// # Errors
    /// [`BusError::Address`], [`BusError::Unavailable`], or [`BusError::Configuration`] when what is there differs from
    /// what is asked for.
    pub async fn connect(url: &str, topology: &Topology) -> Result<Self, BusError> {
        Self::connect_as(url, &Login::default(), topology).await
    }

    /// As [`Self::connect`], with what a NATS server asks for. Of JetStream several servers may be named, with commas
    /// between them; [`IN_PROCESS`] is the bus within this process.
    ///
    /// # Errors
    /// As [`Self::connect`], and [`BusError::Login`] when a file of the login cannot be read.
    pub async fn connect_as(url: &str, login: &Login, topology: &Topology) -> Result<Self, BusError> {
        match scheme(url)? {
            Scheme::JetStream => {
                Ok(Self(Broker::JetStream(Box::new(JetStream::connect(url, login, topology).await?))))
            }
            Scheme::Pgmq => Ok(Self(Broker::Pgmq(Pgmq::connect(url, topology).await?))),
            Scheme::InProcess => Ok(Self::in_process(topology)),
        }
    }

    /// A bus within this process: it ends with it.
    pub fn in_process(topology: &Topology) -> Self {
        Self(Broker::Memory(Memory::new(topology)))
    }

    /// What kind of broker it is.
    pub fn kind(&self) -> &'static str {
        let scheme = match &self.0 {
            Broker::JetStream(_) => Scheme::JetStream,
            Broker::Pgmq(_) => Scheme::Pgmq,
            Broker::Memory(_) => Scheme::InProcess,
        };
        scheme.kind()
    }

    /// Sends a message. When this returns, the broker has it. A subject of a channel that has no queue for it is not
    /// carried by queues.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker did not confirm it: it may have it nevertheless, and sending it again
    /// is safe. [`BusError::Message`] when it cannot be carried at all.
    pub async fn publish(&self, message: &Outgoing<'_>) -> Result<(), BusError> {
        match &self.0 {
            Broker::JetStream(broker) => broker.publish(message).await,
            Broker::Pgmq(broker) => broker.publish(message).await,
            Broker::Memory(broker) => broker.publish(message),
        }
    }

    /// The next message of a channel of work; `None` when there was none within `wait`.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn receive(&self, channel: &str, wait: Duration) -> Result<Option<Delivery>, BusError> {
        match &self.0 {
            Broker::JetStream(broker) => broker.receive(channel, wait).await,
            Broker::Pgmq(broker) => broker.receive(channel, wait).await,
            Broker::Memory(broker) => broker.receive(channel, wait).await,
        }
    }

    /// Asks a question and waits for the answer.
    ///
    /// # Errors
    /// When nobody answers within `wait`.
    pub async fn ask(&self, subject: &str, payload: &[u8], wait: Duration) -> Result<Vec<u8>, BusError> {
        match &self.0 {
            Broker::JetStream(broker) => broker.ask(subject, payload, wait).await,
            Broker::Pgmq(broker) => broker.ask(subject, payload, wait).await,
            Broker::Memory(broker) => broker.ask(subject, payload, wait).await,
        }
    }

    /// The next question of a subject; `None` when there was none within `wait`.
    ///
    /// # Errors
    /// When the broker does not answer, or the subject is none of the topology's questions.
    pub async fn question(&self, subject: &str, wait: Duration) -> Result<Option<Question>, BusError> {
        match &self.0 {
            Broker::JetStream(broker) => broker.question(subject, wait).await,
            Broker::Pgmq(broker) => broker.question(subject, wait).await,
            Broker::Memory(broker) => broker.question(subject, wait).await,
        }
    }

    /// Waits for messages that the broker has given up and makes one of them a dead letter; whether there was one.
    /// Brokers that do this themselves when they deliver never have one.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn bury(&self, wait: Duration) -> Result<bool, BusError> {
        match &self.0 {
            Broker::JetStream(broker) => broker.bury(wait).await,
            Broker::Pgmq(_) | Broker::Memory(_) => {
                tokio::time::sleep(wait).await;
                Ok(false)
            }
        }
    }

    /// Dead letters, oldest first.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn dead_letters(&self, most: usize) -> Result<Vec<DeadLetter>, BusError> {
        match &self.0 {
            Broker::JetStream(broker) => broker.dead_letters(most).await,
            Broker::Pgmq(broker) => broker.dead_letters(most).await,
            Broker::Memory(broker) => Ok(broker.dead_letters(most)),
        }
    }

    /// One dead letter.
    ///
    /// # Errors
    /// [`BusError::NotFound`], or when the broker does not answer.
    pub async fn dead_letter(&self, number: u64) -> Result<DeadLetter, BusError> {
        match &self.0 {
            Broker::JetStream(broker) => broker.dead_letter(number).await,
            Broker::Pgmq(broker) => broker.dead_letter(number).await,
            Broker::Memory(broker) => broker.dead_letter(number),
        }
    }

    /// Sends a dead letter to its subject again, under the id that it had, and takes it from the dead letters.
    ///
    /// # Errors
    /// [`BusError::NotFound`]; [`BusError::Message`] when only a part of it was kept; or when the broker does not
    /// answer: it may then be both, and doing it again is safe.
    pub async fn requeue(&self, number: u64) -> Result<(), BusError> {
        match &self.0 {
            Broker::JetStream(broker) => broker.requeue(number).await,
            Broker::Pgmq(broker) => broker.requeue(number).await,
            Broker::Memory(broker) => broker.requeue(number),
        }
    }

    /// Drops a dead letter for good.
    ///
    /// # Errors
    /// [`BusError::NotFound`], or when the broker does not answer.
    pub async fn drop_dead(&self, number: u64) -> Result<(), BusError> {
        match &self.0 {
            Broker::JetStream(broker) => broker.drop_dead(number).await,
            Broker::Pgmq(broker) => broker.drop_dead(number).await,
            Broker::Memory(broker) => broker.drop_dead(number),
        }
    }

    /// Takes away what has been kept for longer than `keep`: messages that are done with, and results and dead letters that
    /// nobody took. Gives how many. JetStream does so by itself, by the age that its streams were made with.
    ///
    /// # Errors
    /// When the broker does not answer, or does not allow it.
    pub async fn prune(&self, keep: Duration) -> Result<u64, BusError> {
        match &self.0 {
            Broker::Pgmq(broker) => broker.prune(keep).await,
            Broker::JetStream(_) | Broker::Memory(_) => Ok(0),
        }
    }

    /// Whether the broker can be reached now.
    pub async fn is_connected(&self) -> bool {
        match &self.0 {
            Broker::JetStream(broker) => broker.is_connected(),
            Broker::Pgmq(broker) => broker.is_connected().await,
            Broker::Memory(_) => true,
        }
    }

    /// Removes everything that the topology asked for, messages and all.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn remove(&self) -> Result<(), BusError> {
        match &self.0 {
            Broker::JetStream(broker) => broker.remove().await,
            Broker::Pgmq(broker) => broker.remove().await,
            Broker::Memory(_) => Ok(()),
        }
    }
}
