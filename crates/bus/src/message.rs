//! What is sent and what is delivered.

use std::time::Duration;

use crate::jetstream::Acknowledge;
use crate::{BusError, memory, pgmq};

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing<'a> {
    /// Its subject.
    pub subject: &'a str,
    /// Its id: a second message with the same id says the same. A broker may drop it; a receiver must.
    pub id: &'a str,
    /// The trace that it belongs to, by W3C's Trace Context, beside the payload.
    pub traceparent: Option<&'a str>,
    /// JSON text.
    pub payload: &'a [u8],
}

/// A message that is one worker's for a while. Dropping it without an answer is as if the worker had died: it comes
/// again when its lease is over.
#[derive(Debug)]
pub struct Delivery {
    /// Its subject; with queues the name of the channel's first subject, or of the alias whose queue it came by.
    pub subject: String,
    /// The id that its sender gave it.
    pub id: Option<String>,
    /// The trace that its sender gave it beside the payload, of at most 256 bytes. Nobody has looked at it.
    pub traceparent: Option<String>,
    /// What was sent. Nobody has looked at it.
    pub payload: Vec<u8>,
    /// Which delivery of this message it is, from 1.
    pub attempt: u32,
    /// Where it lies in the broker: never two messages of one broker with the same.
    pub origin: String,
    /// How long it is this worker's.
    pub lease: Duration,
    pub(crate) receipt: Receipt,
}

#[derive(Debug)]
pub(crate) enum Receipt {
    JetStream(Box<Acknowledge>),
    Pgmq(pgmq::Receipt),
    Memory(memory::Receipt),
}

impl Delivery {
    /// It is done with; when this returns it does not come again.
    ///
    /// # Errors
    /// When the broker does not confirm it: then it may come again.
    pub async fn ack(self) -> Result<(), BusError> {
        match &self.receipt {
            Receipt::JetStream(receipt) => receipt.ack().await,
            Receipt::Pgmq(receipt) => receipt.ack().await,
            Receipt::Memory(receipt) => {
                receipt.ack();
                Ok(())
            }
        }
    }

    /// The lease starts anew.
    ///
    /// # Errors
    /// When the broker cannot be told, or the message is no longer this worker's as far as it can tell.
    pub async fn extend(&self) -> Result<(), BusError> {
        match &self.receipt {
            Receipt::JetStream(receipt) => receipt.extend().await,
            Receipt::Pgmq(receipt) => receipt.hide(self.lease).await,
            Receipt::Memory(receipt) => receipt.hide(self.lease),
        }
    }

    /// It comes again after `delay`, no sooner.
    ///
    /// # Errors
    /// When the broker cannot be told: then it comes again when its lease is over.
    pub async fn retry_after(self, delay: Duration) -> Result<(), BusError> {
        match &self.receipt {
            Receipt::JetStream(receipt) => receipt.retry_after(delay).await,
            Receipt::Pgmq(receipt) => receipt.hide(delay).await,
            Receipt::Memory(receipt) => receipt.hide(delay),
        }
    }

    /// It is given up: a dead letter with the reason, and never delivered again.
    ///
    /// # Errors
    /// When the broker does not confirm it: then it may come again.
    pub async fn reject(self, reason: &str) -> Result<(), BusError> {
        let reason = plain(reason);
        match &self.receipt {
            Receipt::JetStream(receipt) => receipt.reject(&self, &reason).await,
            Receipt::Pgmq(receipt) => receipt.reject(&self, &reason).await,
            Receipt::Memory(receipt) => {
                receipt.reject(&reason);
                Ok(())
            }
        }
    }
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number among the dead letters.
    pub number: u64,
    /// Why it was given up.
    pub reason: String,
    /// The subject that it was sent to.
    pub subject: String,
    /// The id that its sender gave it.
    pub id: Option<String>,
    /// Where it lay in the broker.
    pub origin: String,
    /// How often it was delivered.
    pub deliveries: u32,
    /// What was sent; the beginning of it when the rest did not fit.
    pub payload: Vec<u8>,
}

/// A question that waits for its answer.
#[derive(Debug)]
pub struct Question {
    /// Its subject.
    pub subject: String,
    /// What was asked. Nobody has looked at it.
    pub payload: Vec<u8>,
    pub(crate) answer: Answer,
}

#[derive(Debug)]
pub(crate) enum Answer {
    JetStream(crate::jetstream::Answer),
    Pgmq(pgmq::Answer),
    Memory(memory::Answer),
}

impl Question {
    /// Answers it. Whoever asked may have gone.
    ///
    /// # Errors
    /// When the broker cannot be told.
    pub async fn answer(self, payload: &[u8]) -> Result<(), BusError> {
        match self.answer {
            Answer::JetStream(answer) => answer.send(payload).await,
            Answer::Pgmq(answer) => answer.send(payload).await,
            Answer::Memory(answer) => {
                answer.send(payload);
                Ok(())
            }
        }
    }
}

/// A trace as its sender gave it, when it is not longer than any trace is.
pub(crate) fn trace(text: String) -> Option<String> {
    Some(text).filter(|text| text.len() <= 256)
}

/// Text that fits in a header and a line: no control characters, at most 1,000 characters.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars().take(1000) {
        if c.is_control() {
            plain.extend(c.escape_default());
        } else {
            plain.push(c);
        }
    }
    plain
}
