//! Keeping the central repository up to date: after what was recorded, together for all that came meanwhile, and beside the
//! work, which never waits for it.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use genesis_domain::TemplateId;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::metrics::Metrics;

/// What comes within this is sent together.
const GATHER: Duration = Duration::from_millis(200);
/// Sends even when nothing was recorded here: another process may have written to the repository.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at how far behind the mirror is.
const TICK: Duration = Duration::from_secs(1);
/// The longest wait before a mirror that is away is tried again.
const MOST_BACKOFF: Duration = Duration::from_mins(1);

/// Whether to give up what is under way.
type GiveUp<'a> = &'a dyn Fn() -> bool;

/// Brings the mirror up to date.
type Push = dyn Fn(GiveUp<'_>) -> Result<(), String> + Send + Sync;
/// Fetches a template's versions.
type Fetch = dyn Fn(&TemplateId, GiveUp<'_>) -> Result<(), String> + Send + Sync;

/// A central repository that this one is mirrored to, and others are. What is done with it blocks, and asks again and again
/// whether to give up; errors are for people.
#[derive(Clone)]
pub struct Mirror {
    /// Its address as it may be shown.
    pub address: String,
    /// Sends what it does not have.
    pub push: Arc<Push>,
    /// Fetches the versions of a template that any instance has sent there.
    pub fetch: Arc<Fetch>,
}

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").field("address", &self.address).finish_non_exhaustive()
    }
}

/// One that sends.
pub(crate) struct Mirroring {
    pub(crate) mirror: Mirror,
    pub(crate) metrics: Metrics,
    pub(crate) tell: fn(&str),
    /// How many experiments were recorded since the start.
    pub(crate) recorded: watch::Receiver<u64>,
    /// Until when it may go on, once the service ends.
    pub(crate) until: watch::Receiver<Option<Instant>>,
}

impl Mirroring {
    /// Sends until the service ends, and then what is left.
    pub(crate) async fn run(mut self) {
        let mut lag = Lag::default();
        let mut failures = 0;
        // Whoever served before may have ended before it had sent all.
        loop {
            let is_last = self.until.borrow().is_some();
            let recorded = *self.recorded.borrow_and_update();
            let begun = Instant::now();
            let pause = match self.push().await {
                Ok(()) => {
                    if failures > 0 {
                        (self.tell)(&format!("the mirror {} is back", self.mirror.address));
                    }
                    failures = 0;
                    self.metrics.mirrored("sent");
                    lag.sent(recorded);
                    // No more than half of the time is spent on it, however much there is.
                    GATHER.max(begun.elapsed())
                }
                Err(why) => {
                    let address = &self.mirror.address;
                    if is_last {
                        (self.tell)(&format!("the mirror {address} is behind until the next start: {why}"));
                    } else if failures == 0 {
                        (self.tell)(&format!("the mirror {address} is away; it is tried again: {why}"));
                    }
                    failures += 1;
                    self.metrics.mirrored("failed");
                    backoff(failures)
                }
            };
            self.show(&mut lag);
            if is_last {
                return;
            }
            self.wait(&mut lag, pause, failures > 0).await;
        }
    }

    /// Waits for the pause, then until there is something to send, or the service ends.
    async fn wait(&mut self, lag: &mut Lag, pause: Duration, is_owed: bool) {
        let begun = Instant::now();
        let mut until = self.until.clone();
        let mut ended = pin!(async move {
            // Whoever could say so has gone only with the service.
            let _gone = until.wait_for(Option::is_some).await;
        });
        loop {
            self.show(lag);
            let waited = begun.elapsed();
            if waited >= pause && (is_owed || lag.since.is_some() || waited >= PATIENCE) {
                return;
            }
            let is_paused = waited < pause;
            let look = if is_paused { TICK.min(pause.saturating_sub(waited)) } else { TICK };
            tokio::select! {
                () = &mut ended => return,
                _ = self.recorded.changed(), if !is_paused => {
                    tokio::time::sleep(GATHER).await;
                }
                () = tokio::time::sleep(look) => {}
            }
        }
    }

    async fn push(&self) -> Result<(), String> {
        let (push, until) = (Arc::clone(&self.mirror.push), self.until.clone());
        let pushing = tokio::task::spawn_blocking(move || {
            push(&|| until.borrow().is_some_and(|until| Instant::now() >= until))
        });
        pushing.await.map_err(|error| error.to_string())?
    }

    fn show(&self, lag: &mut Lag) {
        let unsent = lag.look(*self.recorded.borrow());
        self.metrics.mirror_unsent.set(i64::try_from(unsent).unwrap_or(i64::MAX));
        let seconds = lag.since.map_or(0.0, |since| since.elapsed().as_secs_f64());
        self.metrics.mirror_lag.set(seconds);
    }
}

/// How far the mirror is behind.
#[derive(Default)]
struct Lag {
    sent: u64,
    /// Since when there is something to send.
    since: Option<Instant>,
}

impl Lag {
    fn sent(&mut self, recorded: u64) {
        self.sent = recorded;
        self.since = None;
    }

    /// How many experiments were recorded and are not sent.
    fn look(&mut self, recorded: u64) -> u64 {
        let unsent = recorded.saturating_sub(self.sent);
        if unsent > 0 && self.since.is_none() {
            self.since = Some(Instant::now());
        }
        unsent
    }
}

/// 1 s, 2 s, 4 s, ... up to a minute.
fn backoff(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.saturating_sub(1).min(6)).min(MOST_BACKOFF)
}
