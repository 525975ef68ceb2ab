//! Taking messages from one broker, one at a time, as long as there is room to work on them.

use std::sync::Arc;
use std::time::Duration;

use genesis_bus::{CANCELS, Delivery, EXPERIMENTS, JOBS};
use tokio::task::{JoinError, JoinSet};

use crate::broker::Broker;
use crate::room::{Place, Room};
use crate::serve::LOOK;
use crate::worker::{Shared, turned};

/// How long a message is kept that has come when there was no room for it any more: two brokers may give one each when there is
/// room for one. After that it is for whoever has room, in this process or another one.
const KEPT: Duration = Duration::from_secs(10);
/// After which a message that is handed back comes again.
const SOON: Duration = Duration::from_millis(100);

/// What is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Experiments,
    Jobs,
    Cancels,
}

impl Work {
    /// All there is.
    pub(crate) const ALL: [Self; 3] = [Self::Experiments, Self::Jobs, Self::Cancels];

    fn channel(self) -> &'static str {
        match self {
            Self::Experiments => EXPERIMENTS,
            Self::Jobs => JOBS,
            Self::Cancels => CANCELS,
        }
    }

    /// The kind, as it is counted.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Experiments => "experiment",
            Self::Jobs => "job",
            Self::Cancels => "cancel",
        }
    }
}

/// Takes messages until the service is to end, then waits for what is worked on. A message is asked for only when there is room:
/// what is too much stays with the broker.
///
/// # Panics
/// When the work on a message has panicked.
pub(crate) async fn run(shared: Arc<Shared>, broker: Arc<Broker>, work: Work, room: Room) {
    let mut stopped = shared.stopped.clone();
    let mut under_way = JoinSet::new();
    while !*stopped.borrow() {
        while let Some(ended) = under_way.try_join_next() {
            pass_on(ended);
        }
        let has_room = tokio::select! {
            place = room.place() => place.is_some(),
            () = turned(&mut stopped) => false,
        };
        if !has_room {
            break;
        }
        let Some(bus) = broker.bus() else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        match bus.receive(work.channel(), LOOK).await {
            Ok(Some(delivery)) => match admitted(&shared, &delivery, &room).await {
                Some(place) => {
                    let (shared, broker) = (Arc::clone(&shared), Arc::clone(&broker));
                    under_way.spawn(async move {
                        shared.metrics.in_flight.inc();
                        shared.work_on(&broker, delivery, work, place).await;
                        shared.metrics.in_flight.dec();
                    });
                }
                // What cannot be handed back comes again when its lease is over.
                None => {
                    let _later = delivery.retry_after(SOON).await;
                }
            },
            Ok(None) => {}
            Err(error) => {
                (shared.tell)(&format!("waiting for {}: {error}", broker.name()));
                tokio::time::sleep(LOOK).await;
            }
        }
    }
    while let Some(ended) = under_way.join_next().await {
        pass_on(ended);
    }
}

/// Waits for a place for a message, and keeps it meanwhile.
async fn admitted(shared: &Shared, delivery: &Delivery, room: &Room) -> Option<Place> {
    let mut stopped = shared.stopped.clone();
    let mut beat = tokio::time::interval(delivery.lease / 3);
    beat.tick().await;
    let until = tokio::time::Instant::now() + KEPT;
    let mut place = std::pin::pin!(room.place());
    loop {
        tokio::select! {
            biased;
            place = &mut place => return place,
            () = turned(&mut stopped) => return None,
            () = tokio::time::sleep_until(until) => return None,
            _ = beat.tick() => {
                // A lease that is lost is another one's message.
                let _lost = delivery.extend().await;
            }
        }
    }
}

fn pass_on(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}
