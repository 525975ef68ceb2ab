//! One request for one message at a time.
//!
//! What was fetched beforehand would wait here while other workers are idle. And a request that is lost, with its
//! connection or with a server that is too busy, would stall without a word: the server says every few seconds that it
//! still has it, and one of which nothing is heard is made again.

use std::ops::ControlFlow;
use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::consumer::pull::BatchConfig;
use async_nats::jetstream::{Context, Message};
use async_nats::{Client, StatusCode};
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::PATIENCE;
use crate::BusError;
use crate::error::During;

const ACTION: &str = "fetch a message";

/// How often a server says that it still has a request.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Waits for a message, for so long.
pub(super) async fn next(
    client: &Client,
    context: &Context,
    consumer: &PullConsumer,
    wait: Duration,
) -> Result<Option<Message>, BusError> {
    let until = Instant::now() + wait;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if let ControlFlow::Break(answer) = ask(client, context, consumer, left).await? {
            return Ok(answer);
        }
        if Instant::now() >= until {
            return Ok(None);
        }
    }
}

/// What the server answers: a message, or that none came in time; nothing when it does not speak of the request any more.
async fn ask(
    client: &Client,
    context: &Context,
    consumer: &PullConsumer,
    wait: Duration,
) -> Result<ControlFlow<Option<Message>>, BusError> {
    // A server takes no request that ends before its second sign of life.
    let heartbeat = if wait > 2 * HEARTBEAT { HEARTBEAT } else { Duration::ZERO };
    let silence = if heartbeat.is_zero() { wait + PATIENCE } else { 2 * heartbeat };
    let request =
        BatchConfig { batch: 1, expires: Some(wait), idle_heartbeat: heartbeat, ..BatchConfig::default() };
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await.during(ACTION)?;
    consumer.request_batch(request, inbox.into()).await.during(ACTION)?;
    loop {
        match tokio::time::timeout(silence, answers.next()).await {
            Ok(Some(message)) => match message.status {
                None | Some(StatusCode::OK) => {
                    let message = Message { message, context: context.clone() };
                    return Ok(ControlFlow::Break(Some(message)));
                }
                Some(StatusCode::IDLE_HEARTBEAT) => {}
                Some(StatusCode::TIMEOUT | StatusCode::NOT_FOUND) => return Ok(ControlFlow::Break(None)),
                Some(status) => {
                    let words = message.description.as_deref().unwrap_or("it gives no reason");
                    return Err(unavailable(format!("the server answers {status}: {words}")));
                }
            },
            Ok(None) => return Err(unavailable("the connection is closed".to_owned())),
            Err(_) if heartbeat.is_zero() => {
                return Err(unavailable("the server does not answer".to_owned()));
            }
            Err(_) => return Ok(ControlFlow::Continue(())),
        }
    }
}

fn unavailable(message: String) -> BusError {
    BusError::Unavailable { action: ACTION, message }
}
