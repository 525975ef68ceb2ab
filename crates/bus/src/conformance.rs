//! What every broker must do, as checks that can be run against any: ours in tests, a user's own by the command line.
//!
//! All of it happens in channels, and dead letters, of a name that nobody else has, which are removed afterwards.

mod checks;

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;

use crate::{Bus, BusError, Channel, Kind, Login, Topology};

/// One check: its name, which says what holds, and why it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What should hold.
    pub law: &'static str,
    /// Why it does not; `None` when it does.
    pub broken: Option<String>,
}

/// How a check reaches the broker.
#[derive(Debug, Clone, Copy)]
pub enum At<'a> {
    /// At this address.
    Url(&'a str),
    /// At this address, with what the server asks for.
    As(&'a str, &'a Login),
    /// Within this process.
    InProcess,
}

/// The lease of the channels that checks use: short, because checks wait for it to end.
const LEASE: Duration = Duration::from_secs(2);
const MOST_DELIVERIES: u32 = 3;

/// Stops the broker in the hardest way there is and starts it again. A check that needs it is not run without one.
pub type Restart<'a> = &'a (dyn Fn() + Sync);

/// Runs every check, each with channels of its own, and tells each result as it comes; gives them in order.
///
/// # Errors
/// When the broker cannot be reached at all, or the channels not be made or removed.
pub async fn run(
    at: At<'_>,
    restart: Option<Restart<'_>>,
    told: &dyn Fn(&Checked),
) -> Result<Vec<Checked>, BusError> {
    macro_rules! checks {
        ($($law:ident),*) => {
            vec![$({
                let bench = Bench::open(at).await?;
                Box::pin(async move {
                    let outcome = checks::$law(&bench).await;
                    bench.bus.remove().await?;
                    let checked = Checked { law: stringify!($law), broken: outcome.err() };
                    told(&checked);
                    Ok(checked)
                }) as Pin<Box<dyn Future<Output = Result<Checked, BusError>> + '_>>
            }),*]
        };
    }
    // They connect in turn: when fifteen connected at once with credentials, nats-server 2.9.10 was seen to deliver nothing for
    // a minute. Then all at once: each waits most of its time, and none sees another's channels.
    let checks = checks!(
        a_message_arrives_as_it_was_sent_with_its_id,
        a_message_keeps_its_trace_beside_its_payload,
        a_message_sent_twice_arrives_under_one_id,
        what_is_acknowledged_does_not_come_again,
        what_is_not_acknowledged_comes_again_and_is_counted,
        an_extended_lease_holds,
        what_is_handed_back_comes_no_sooner_than_its_delay,
        a_rejected_message_is_a_dead_letter_with_its_reason,
        a_poison_message_is_a_dead_letter_after_its_last_delivery,
        a_dead_letter_can_be_sent_again_or_dropped,
        one_at_a_time_messages_come_in_the_order_they_were_sent,
        of_two_workers_each_message_has_one,
        a_dead_worker_loses_nothing,
        a_subject_without_a_channel_is_refused,
        a_question_has_one_answer_and_silence_an_end
    );
    let mut results = join_all(checks).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    if let Some(restart) = restart {
        let bench = Bench::open(at).await?;
        let outcome = checks::a_broker_that_dies_loses_nothing_it_has_confirmed(&bench, restart).await;
        bench.bus.remove().await?;
        let law = "a_broker_that_dies_loses_nothing_it_has_confirmed";
        let checked = Checked { law, broken: outcome.err() };
        told(&checked);
        results.push(checked);
    }
    Ok(results)
}

/// Channels for one check.
struct Bench<'a> {
    at: At<'a>,
    topology: Topology,
    bus: Bus,
}

/// The channel that checks use.
const WORK: &str = "WORK";

impl<'a> Bench<'a> {
    async fn open(at: At<'a>) -> Result<Self, BusError> {
        // Twelve digits of a new id: names of queues are short.
        let id = uuid::Uuid::now_v7().simple().to_string();
        let id = id.get(20..).unwrap_or(&id);
        let work = Kind::Work { lease: LEASE, most_deliveries: MOST_DELIVERIES };
        let keep = Duration::from_mins(10);
        let topology = Topology {
            channels: vec![Channel {
                name: format!("GENESIS_CHECK_{id}_{WORK}"),
                subjects: vec![format!("genesis.check.{id}.work")],
                kind: work,
            }],
            dead: Channel {
                name: format!("GENESIS_CHECK_{id}_DLQ"),
                subjects: vec![format!("genesis.check.{id}.dlq.*")],
                kind: Kind::Feed { keep },
            },
            questions: vec![format!("genesis.check.{id}.question")],
            replicas: None,
        };
        let bus = match at {
            At::Url(url) => Bus::connect(url, &topology).await?,
            At::As(url, login) => Bus::connect_as(url, login, &topology).await?,
            At::InProcess => Bus::in_process(&topology),
        };
        Ok(Self { at, topology, bus })
    }

    /// Another connection to the same channels.
    async fn another(&self) -> Result<Bus, BusError> {
        match self.at {
            At::Url(url) => Bus::connect(url, &self.topology).await,
            At::As(url, login) => Bus::connect_as(url, login, &self.topology).await,
            At::InProcess => Ok(self.bus.clone()),
        }
    }

    fn channel(&self) -> &str {
        &self.topology.channels[0].name
    }

    fn subject(&self) -> &str {
        &self.topology.channels[0].subjects[0]
    }
}
