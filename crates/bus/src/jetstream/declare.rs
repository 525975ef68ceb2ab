//! Streams and consumers: made, or compared with what is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::context::{CreateStreamErrorKind, GetStreamErrorKind};
use async_nats::jetstream::stream::{Config, RetentionPolicy, StorageType, Stream};
use async_nats::jetstream::{Context, ErrorCode};

use crate::error::During;
use crate::topology::{Channel, Kind};
use crate::{BusError, Topology};

/// The consumer of every stream of work.
const CONSUMER: &str = "genesis";

/// Within which a second message with the same id is dropped.
const DUPLICATE_WINDOW: Duration = Duration::from_mins(2);

/// How long burying a message may take before it is tried again.
const BURYING: Duration = Duration::from_secs(30);

/// The stream that keeps what the server says of messages that it gives up: it says so once, to whoever listens.
pub(super) fn advisories(topology: &Topology) -> String {
    format!("{}_ADVISORIES", topology.dead.name)
}

/// Makes or checks everything; gives the consumers by channel, and that of the advisories.
pub(super) async fn all(
    context: &Context,
    topology: &Topology,
) -> Result<BTreeMap<String, PullConsumer>, BusError> {
    let mut consumers = BTreeMap::new();
    for channel in &topology.channels {
        let stream = stream(context, &config(channel), topology.replicas).await?;
        if let Kind::Work { lease, most_deliveries } = channel.kind {
            consumers
                .insert(channel.name.clone(), consumer(&stream, lease, i64::from(most_deliveries)).await?);
        }
    }
    stream(context, &config(&topology.dead), topology.replicas).await?;
    let work = topology.channels.iter().filter(|channel| matches!(channel.kind, Kind::Work { .. }));
    let told = work.flat_map(|channel| {
        ["MAX_DELIVERIES", "MSG_TERMINATED"]
            .map(|what| format!("$JS.EVENT.ADVISORY.CONSUMER.{what}.{}.{CONSUMER}", channel.name))
    });
    let name = advisories(topology);
    let wanted = Config {
        name: name.clone(),
        subjects: told.collect(),
        retention: RetentionPolicy::WorkQueue,
        storage: StorageType::File,
        duplicate_window: DUPLICATE_WINDOW,
        ..Config::default()
    };
    let stream = stream(context, &wanted, topology.replicas).await?;
    consumers.insert(name, consumer(&stream, BURYING, -1).await?);
    Ok(consumers)
}

fn config(channel: &Channel) -> Config {
    let (retention, max_age) = match channel.kind {
        Kind::Work { .. } => (RetentionPolicy::WorkQueue, Duration::ZERO),
        Kind::Feed { keep } => (RetentionPolicy::Limits, keep),
    };
    Config {
        name: channel.name.clone(),
        subjects: channel.subjects.clone(),
        retention,
        max_age,
        storage: StorageType::File,
        duplicate_window: DUPLICATE_WINDOW,
        ..Config::default()
    }
}

/// Makes a stream. A server that is just removing its last one may remove the folder in which the new one is made, and then
/// says that it cannot store it; it can a moment later.
async fn made(context: &Context, wanted: &Config) -> Result<Stream, BusError> {
    let mut pauses = [100, 400, 1600].into_iter().map(Duration::from_millis);
    loop {
        let error = match context.create_stream(wanted.clone()).await {
            Ok(stream) => return Ok(stream),
            Err(error) => error,
        };
        let is_passing = matches!(error.kind(), CreateStreamErrorKind::JetStream(told)
            if told.error_code() == ErrorCode::STREAM_CREATE);
        match pauses.next().filter(|_| is_passing) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => {
                return Err(BusError::Unavailable {
                    action: "make a stream",
                    message: format!("{}: {error}", wanted.name),
                });
            }
        }
    }
}

async fn stream(context: &Context, wanted: &Config, replicas: Option<usize>) -> Result<Stream, BusError> {
    let wanted = &Config { num_replicas: replicas.unwrap_or(1), ..wanted.clone() };
    let stream = match context.get_stream(&wanted.name).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), GetStreamErrorKind::JetStream(told) if told.code() == 404) => {
            made(context, wanted).await?
        }
        Err(error) => {
            return Err(BusError::Unavailable {
                action: "look at a stream",
                message: format!("{}: {error}; is JetStream on (nats-server -js)?", wanted.name),
            });
        }
    };
    let there = &stream.cached_info().config;
    let compare = Compare(format!("the stream {}", wanted.name));
    let set = |subjects: &[String]| subjects.iter().cloned().collect::<BTreeSet<_>>();
    compare.same("subjects", &set(&wanted.subjects), &set(&there.subjects))?;
    compare.same("retention", &wanted.retention, &there.retention)?;
    compare.same("max_age", &wanted.max_age, &there.max_age)?;
    compare.same("storage", &wanted.storage, &there.storage)?;
    compare.same("duplicate_window", &wanted.duplicate_window, &there.duplicate_window)?;
    compare.same("no_ack", &wanted.no_ack, &there.no_ack)?;
    if let Some(asked) = replicas {
        compare.same("num_replicas", &asked, &there.num_replicas)?;
    }
    Ok(stream)
}

async fn consumer(stream: &Stream, lease: Duration, max_deliver: i64) -> Result<PullConsumer, BusError> {
    let wanted = pull::Config {
        durable_name: Some(CONSUMER.to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: lease,
        max_deliver,
        ..pull::Config::default()
    };
    let consumer =
        stream.get_or_create_consumer(CONSUMER, wanted.clone()).await.during("make or look at a consumer")?;
    let there = &consumer.cached_info().config;
    let compare = Compare(format!("the consumer {CONSUMER} of {}", consumer.cached_info().stream_name));
    compare.same("ack_policy", &wanted.ack_policy, &there.ack_policy)?;
    compare.same("ack_wait", &wanted.ack_wait, &there.ack_wait)?;
    compare.same("max_deliver", &wanted.max_deliver, &there.max_deliver)?;
    compare.same("filter_subject", &wanted.filter_subject, &there.filter_subject)?;
    Ok(consumer)
}

/// Compares settings of one thing.
struct Compare(String);

impl Compare {
    fn same<T: PartialEq + Debug>(&self, setting: &str, asked: &T, there: &T) -> Result<(), BusError> {
        if asked == there {
            return Ok(());
        }
        Err(BusError::Configuration {
            what: self.0.clone(),
            difference: format!("{setting} is {there:?}, not {asked:?}"),
        })
    }
}
