//! Dead letters: a stream of their own, one message each, with what is known of it in headers.

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{LastRawMessageErrorKind, Stream};
use serde::Deserialize;

use super::{JetStream, MESSAGE_ID, OWN_ID, declare};
use crate::BusError;
use crate::error::During;
use crate::message::{DeadLetter as Letter, plain};

const REASON: &str = "Genesis-Reason";
const SUBJECT: &str = "Genesis-Subject";
const ORIGIN: &str = "Genesis-Origin";
const DELIVERIES: &str = "Genesis-Deliveries";
const CUT: &str = "Genesis-Cut";

/// Room for the headers of a dead letter below the server's largest message.
const HEADER_ROOM: usize = 8 << 10;

/// A message on its way to the dead letters.
pub(super) struct Burial<'a> {
    pub(super) channel: &'a str,
    pub(super) reason: &'a str,
    pub(super) subject: &'a str,
    pub(super) id: Option<&'a str>,
    pub(super) origin: &'a str,
    pub(super) deliveries: u32,
    pub(super) payload: &'a [u8],
}

/// What the server says of a message that it gives up.
#[derive(Deserialize)]
struct Advisory {
    stream: String,
    stream_seq: u64,
    deliveries: u64,
    #[serde(default)]
    reason: Option<String>,
}

impl JetStream {
    pub(super) async fn bury_message(&self, burial: &Burial<'_>) -> Result<(), BusError> {
        let mut headers = HeaderMap::new();
        headers.insert(MESSAGE_ID, format!("dead:{}", burial.origin).as_str());
        headers.insert(REASON, plain(burial.reason).as_str());
        headers.insert(SUBJECT, burial.subject);
        headers.insert(ORIGIN, burial.origin);
        headers.insert(DELIVERIES, burial.deliveries.to_string().as_str());
        if let Some(id) = burial.id {
            headers.insert(OWN_ID, plain(id).as_str());
        }
        let room = self.client.server_info().max_payload.saturating_sub(HEADER_ROOM);
        let payload = match burial.payload.get(..room) {
            Some(beginning) if burial.payload.len() > room => {
                headers.insert(CUT, "true");
                beginning
            }
            _ => burial.payload,
        };
        let subject = self.topology.dead.subjects.first().map(|subject| subject.replace('*', burial.channel));
        let subject = subject.ok_or_else(|| BusError::NotFound("subject of dead letters".to_owned()))?;
        self.send(subject, headers, payload.to_vec()).await
    }

    pub(crate) async fn bury(&self, wait: Duration) -> Result<bool, BusError> {
        const ACTION: &str = "bury a message";
        let Some(told) = self.pull(&declare::advisories(&self.topology), wait).await? else {
            return Ok(false);
        };
        if let Ok(advisory) = serde_json::from_slice::<Advisory>(&told.payload) {
            let stream = self.context.get_stream(&advisory.stream).await.during(ACTION)?;
            let terminated = told.subject.contains("MSG_TERMINATED");
            let told_reason = advisory.reason.clone();
            let otherwise =
                if terminated { "a worker terminated it" } else { "no delivery of it was acknowledged" };
            let reason = told_reason.unwrap_or_else(|| otherwise.to_owned());
            let origin = format!("{}:{}", advisory.stream, advisory.stream_seq);
            let deliveries = u32::try_from(advisory.deliveries).unwrap_or(u32::MAX);
            let burial = Burial {
                channel: &advisory.stream,
                reason: &reason,
                subject: "",
                id: None,
                origin: &origin,
                deliveries,
                payload: &[],
            };
            match raw(&stream, advisory.stream_seq).await? {
                Some(message) => {
                    let id = text(&message, OWN_ID).or_else(|| text(&message, MESSAGE_ID));
                    let subject = message.subject.as_str();
                    let payload = &message.payload;
                    self.bury_message(&Burial { subject, id: id.as_deref(), payload, ..burial }).await?;
                    stream.delete_message(advisory.stream_seq).await.during(ACTION)?;
                }
                // A stream of work drops what is terminated: that it was is all that can be kept.
                None if terminated => {
                    let reason = format!("{reason}; the server has dropped it");
                    self.bury_message(&Burial { reason: &reason, ..burial }).await?;
                }
                // It was buried before, by somebody who died before saying so.
                None => {}
            }
        }
        told.double_ack().await.during(ACTION)?;
        Ok(true)
    }

    pub(crate) async fn dead_letters(&self, most: usize) -> Result<Vec<Letter>, BusError> {
        let stream = self.dead_stream().await?;
        let state = &stream.cached_info().state;
        let mut letters = Vec::new();
        // A stream that never had a message says 0 of both, and no message has that number.
        for number in state.first_sequence.max(1)..=state.last_sequence {
            if letters.len() >= most {
                break;
            }
            letters.extend(raw(&stream, number).await?.map(|message| letter(&message)));
        }
        Ok(letters)
    }

    pub(crate) async fn dead_letter(&self, number: u64) -> Result<Letter, BusError> {
        let stream = self.dead_stream().await?;
        let message = raw(&stream, number).await?.ok_or_else(|| absent(number))?;
        Ok(letter(&message))
    }

    pub(crate) async fn requeue(&self, number: u64) -> Result<(), BusError> {
        let stream = self.dead_stream().await?;
        let message = raw(&stream, number).await?.ok_or_else(|| absent(number))?;
        if text(&message, CUT).is_some() || text(&message, SUBJECT).is_none_or(|subject| subject.is_empty()) {
            return Err(BusError::Message("not all of it was kept".to_owned()));
        }
        let letter = letter(&message);
        let mut headers = HeaderMap::new();
        // Under its own id the stream would drop it, so soon after it was sent first.
        headers.insert(MESSAGE_ID, format!("requeue:{}:{number}", self.topology.dead.name).as_str());
        if let Some(id) = &letter.id {
            headers.insert(OWN_ID, id.as_str());
        }
        self.send(letter.subject, headers, letter.payload).await?;
        self.drop_dead(number).await
    }

    pub(crate) async fn drop_dead(&self, number: u64) -> Result<(), BusError> {
        let stream = self.dead_stream().await?;
        if raw(&stream, number).await?.is_none() {
            return Err(absent(number));
        }
        stream.delete_message(number).await.during("drop a dead letter")?;
        Ok(())
    }

    pub(crate) async fn remove(&self) -> Result<(), BusError> {
        let names = self.topology.channels.iter().map(|channel| channel.name.clone());
        for name in names.chain([self.topology.dead.name.clone(), declare::advisories(&self.topology)]) {
            self.context.delete_stream(name).await.during("remove a stream")?;
        }
        Ok(())
    }

    async fn dead_stream(&self) -> Result<Stream, BusError> {
        self.context.get_stream(&self.topology.dead.name).await.during("look at the dead letters")
    }
}

async fn raw(stream: &Stream, sequence: u64) -> Result<Option<StreamMessage>, BusError> {
    match stream.get_raw_message(sequence).await {
        Ok(message) => Ok(Some(message)),
        Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(None),
        Err(error) => {
            Err(BusError::Unavailable { action: "read a message of a stream", message: error.to_string() })
        }
    }
}

fn letter(message: &StreamMessage) -> Letter {
    Letter {
        number: message.sequence,
        reason: text(message, REASON).unwrap_or_default(),
        subject: text(message, SUBJECT).unwrap_or_default(),
        id: text(message, OWN_ID),
        origin: text(message, ORIGIN).unwrap_or_default(),
        deliveries: text(message, DELIVERIES).and_then(|count| count.parse().ok()).unwrap_or_default(),
        payload: message.payload.to_vec(),
    }
}

fn text(message: &StreamMessage, header: &str) -> Option<String> {
    message.headers.get(header).map(|value| value.as_str().to_owned())
}

fn absent(number: u64) -> BusError {
    BusError::NotFound(format!("dead letter {number}"))
}
