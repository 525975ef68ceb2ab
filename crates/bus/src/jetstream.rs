//! JetStream. Only what a server of version 2.9 honours is asked for: what it does not know it drops without a word, so
//! whatever it gives back is compared with what was asked for.

mod dead;
mod declare;
mod pull;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::{AckKind, Context};
use async_nats::{Client, HeaderMap, Subscriber};
use futures_util::StreamExt as _;
use genesis_domain::without_password;
use tokio::sync::Mutex;

use crate::error::During;
use crate::login::{self, Login};
use crate::message::{Answer as AnyAnswer, Delivery, Outgoing, Question, Receipt, plain, trace};
use crate::topology::Kind;
use crate::{BusError, Topology};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The header by which a stream drops a second message.
const MESSAGE_ID: &str = "Nats-Msg-Id";
/// W3C's Trace Context, as instrumented clients of NATS send it.
const TRACEPARENT: &str = "traceparent";
/// The sender's id, where the header above had to be another one.
const OWN_ID: &str = "Genesis-Id";

/// Those who answer questions share them.
const ANSWERERS: &str = "genesis";

/// A connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct JetStream {
    client: Client,
    context: Context,
    topology: Arc<Topology>,
    consumers: Arc<BTreeMap<String, PullConsumer>>,
    /// Made with the first question that is waited for: whoever only asks must not be asked.
    questions: Arc<Mutex<BTreeMap<String, Subscriber>>>,
}

impl JetStream {
    /// Whether a server is there and takes who comes.
    pub(crate) async fn knock(url: &str, login: &Login) -> Result<(), BusError> {
        client(url, login).await.map(drop)
    }

    pub(crate) async fn connect(url: &str, login: &Login, topology: &Topology) -> Result<Self, BusError> {
        let client = client(url, login).await?;
        let mut context = async_nats::jetstream::new(client.clone());
        context.set_timeout(PATIENCE);
        let consumers = declare::all(&context, topology).await?;
        Ok(Self {
            client,
            context,
            topology: Arc::new(topology.clone()),
            consumers: Arc::new(consumers),
            questions: Arc::default(),
        })
    }

    pub(crate) async fn publish(&self, message: &Outgoing<'_>) -> Result<(), BusError> {
        if self.topology.carrying(message.subject).is_none() {
            return Err(BusError::NotFound(format!("channel for {}", message.subject)));
        }
        let mut headers = HeaderMap::new();
        headers.insert(MESSAGE_ID, plain(message.id).as_str());
        if let Some(traceparent) = message.traceparent {
            headers.insert(TRACEPARENT, plain(traceparent).as_str());
        }
        self.send(message.subject.to_owned(), headers, message.payload.to_vec()).await
    }

    async fn send(&self, subject: String, headers: HeaderMap, payload: Vec<u8>) -> Result<(), BusError> {
        let sent =
            self.context.publish_with_headers(subject, headers, payload.into()).await.map_err(unsent)?;
        sent.await.map_err(unsent)?;
        Ok(())
    }

    pub(crate) async fn receive(&self, channel: &str, wait: Duration) -> Result<Option<Delivery>, BusError> {
        let Some(Kind::Work { lease, .. }) = self.topology.channel(channel).map(|channel| channel.kind)
        else {
            return Err(BusError::NotFound(format!("channel of work {channel}")));
        };
        let Some(message) = self.pull(channel, wait).await? else { return Ok(None) };
        let info = message.info().during("read where a message lies")?;
        let (attempt, origin) = (info.delivered, format!("{}:{}", info.stream, info.stream_sequence));
        let header = |name: &str| {
            message
                .headers
                .as_ref()
                .and_then(|headers| headers.get(name))
                .map(|value| value.as_str().to_owned())
        };
        Ok(Some(Delivery {
            subject: message.subject.to_string(),
            id: header(OWN_ID).or_else(|| header(MESSAGE_ID)),
            traceparent: header(TRACEPARENT).and_then(trace),
            payload: message.payload.to_vec(),
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
            origin,
            lease,
            receipt: Receipt::JetStream(Box::new(Acknowledge {
                broker: self.clone(),
                channel: channel.to_owned(),
                message,
            })),
        }))
    }

    async fn pull(
        &self,
        consumer: &str,
        wait: Duration,
    ) -> Result<Option<async_nats::jetstream::Message>, BusError> {
        let consumer = self
            .consumers
            .get(consumer)
            .ok_or_else(|| BusError::NotFound(format!("consumer of {consumer}")))?;
        pull::next(&self.client, &self.context, consumer, wait).await
    }

    pub(crate) async fn ask(
        &self,
        subject: &str,
        payload: &[u8],
        wait: Duration,
    ) -> Result<Vec<u8>, BusError> {
        const ACTION: &str = "ask a question";
        let asked = self.client.request(subject.to_owned(), payload.to_vec().into());
        match tokio::time::timeout(wait, asked).await {
            Ok(answer) => Ok(answer.during(ACTION)?.payload.to_vec()),
            Err(_) => Err(BusError::Unavailable { action: ACTION, message: "nobody answers".to_owned() }),
        }
    }

    pub(crate) async fn question(&self, subject: &str, wait: Duration) -> Result<Option<Question>, BusError> {
        if !self.topology.questions.iter().any(|known| known == subject) {
            return Err(BusError::NotFound(format!("question {subject}")));
        }
        let mut subscribers = self.questions.lock().await;
        if !subscribers.contains_key(subject) {
            let subscriber = self
                .client
                .queue_subscribe(subject.to_owned(), ANSWERERS.to_owned())
                .await
                .during("listen to questions")?;
            self.client.flush().await.during("listen to questions")?;
            subscribers.insert(subject.to_owned(), subscriber);
        }
        let Some(subscriber) = subscribers.get_mut(subject) else { return Ok(None) };
        let Ok(Some(message)) = tokio::time::timeout(wait, subscriber.next()).await else { return Ok(None) };
        let answer = Answer { client: self.client.clone(), to: message.reply.map(|reply| reply.to_string()) };
        Ok(Some(Question {
            subject: message.subject.to_string(),
            payload: message.payload.to_vec(),
            answer: AnyAnswer::JetStream(answer),
        }))
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.client.connection_state() == async_nats::connection::State::Connected
    }
}

async fn client(url: &str, login: &Login) -> Result<Client, BusError> {
    let servers = login::servers(url)?;
    let options = login.options(&servers).await?.name("genesis").connection_timeout(PATIENCE);
    options.connect(servers).await.map_err(|error| BusError::Unavailable {
        action: "connect to the NATS server",
        message: format!("{}: {error}", without_password(url)),
    })
}

impl fmt::Debug for JetStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JetStream").finish_non_exhaustive()
    }
}

/// How one delivery is answered.
#[derive(Debug)]
pub(crate) struct Acknowledge {
    broker: JetStream,
    channel: String,
    message: async_nats::jetstream::Message,
}

impl Acknowledge {
    pub(crate) async fn ack(&self) -> Result<(), BusError> {
        self.message.double_ack().await.during("acknowledge a message")
    }

    pub(crate) async fn extend(&self) -> Result<(), BusError> {
        self.message.ack_with(AckKind::Progress).await.during("extend a lease")
    }

    /// Never without a delay: a message that fails at once would use up its deliveries within milliseconds.
    pub(crate) async fn retry_after(&self, delay: Duration) -> Result<(), BusError> {
        const ACTION: &str = "hand a message back";
        let delay = delay.max(Duration::from_millis(10));
        self.message.ack_with(AckKind::Nak(Some(delay))).await.during(ACTION)?;
        self.broker.client.flush().await.during(ACTION)
    }

    /// The dead letter is there before the message is gone. A second one of the same message is dropped by its id.
    pub(crate) async fn reject(&self, delivery: &Delivery, reason: &str) -> Result<(), BusError> {
        self.broker
            .bury_message(&dead::Burial {
                channel: &self.channel,
                reason,
                subject: &delivery.subject,
                id: delivery.id.as_deref(),
                origin: &delivery.origin,
                deliveries: delivery.attempt,
                payload: &delivery.payload,
            })
            .await?;
        self.ack().await
    }
}

/// Where an answer goes.
#[derive(Debug)]
pub(crate) struct Answer {
    client: Client,
    to: Option<String>,
}

impl Answer {
    pub(crate) async fn send(self, payload: &[u8]) -> Result<(), BusError> {
        const ACTION: &str = "answer a question";
        // A question that was sent without a place for the answer is none.
        let Some(to) = self.to else { return Ok(()) };
        self.client.publish(to, payload.to_vec().into()).await.during(ACTION)?;
        self.client.flush().await.during(ACTION)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn unsent(error: PublishError) -> BusError {
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => BusError::Message(error.to_string()),
        _ => BusError::Unavailable { action: "send a message", message: error.to_string() },
    }
}
