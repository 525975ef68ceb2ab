//! Recording what is judged: whatever waits when the record is free is recorded together, by one pack, one transaction and one
//! change of refs. Nobody waits for others to come, so a single experiment is as fast as alone.

use std::cell::Cell;
use std::time::Duration;

use genesis_experiment::{CommitPoint, Commits, ExperimentError, Prepared, Recorded, Recorder};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::metrics::Metrics;
use crate::serve::LOOK;

/// Before the next look at refs that could not be set.
const PAUSE: Duration = Duration::from_millis(500);

/// Hands experiments to the one that records. It ends when all are dropped.
#[derive(Debug, Clone)]
pub(crate) struct Committer(mpsc::Sender<Waiting>);

#[derive(Debug)]
struct Waiting {
    prepared: Prepared,
    answer: oneshot::Sender<Recorded>,
}

impl Committer {
    /// Starts one that records at most so many at once. It has a thread of its own, because git is written there.
    /// It tells `count` how many there were since the start.
    pub(crate) fn start(
        commits: Commits,
        most: usize,
        metrics: Metrics,
        reached: fn(CommitPoint),
        count: watch::Sender<u64>,
        tell: fn(&str),
    ) -> Self {
        let (sender, mut waiting) = mpsc::channel(most);
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            let mut recorder = Recorder::new(commits);
            runtime.block_on(async {
                let mut batch = Vec::with_capacity(most);
                let mut looked = Instant::now();
                let mut unsettled = Unsettled { tell, metrics: metrics.clone(), has_told: false };
                loop {
                    unsettled.look(&recorder);
                    let pause = if recorder.is_settled() { LOOK } else { PAUSE };
                    match tokio::time::timeout(pause, waiting.recv_many(&mut batch, most)).await {
                        Ok(0) => return,
                        Ok(_) => {
                            let more = record(&mut recorder, &mut batch, &metrics, reached).await;
                            count.send_modify(|count| *count += more);
                        }
                        // Tried again until it can be done.
                        Err(_) => {
                            let _later = recorder.settle(&|| {}).await;
                        }
                    }
                    if looked.elapsed() >= LOOK {
                        let _later = recorder.settle_unnoted(&|| {}).await;
                        looked = Instant::now();
                    }
                }
            });
        });
        Self(sender)
    }

    /// Waits until the experiment is recorded, or cannot be.
    pub(crate) async fn record(&self, prepared: Prepared) -> Recorded {
        let (answer, recorded) = oneshot::channel();
        self.0.send(Waiting { prepared, answer }).await.map_err(|_| ExperimentError::Interrupted)?;
        recorded.await.map_err(|_| ExperimentError::Interrupted)?
    }
}

/// Says once that refs cannot be set, and once that they are.
struct Unsettled {
    tell: fn(&str),
    metrics: Metrics,
    has_told: bool,
}

impl Unsettled {
    fn look(&mut self, recorder: &Recorder) {
        let count = recorder.unsettled();
        self.metrics.unsettled.set(i64::try_from(count).unwrap_or(i64::MAX));
        match recorder.why_unsettled() {
            Some(why) if !self.has_told => {
                self.has_told = true;
                (self.tell)(&format!(
                    "refs cannot be set, and results wait for it (experiments: {count}): {why}"
                ));
            }
            None if self.has_told && count == 0 => {
                self.has_told = false;
                (self.tell)("all refs are set again");
            }
            _ => {}
        }
    }
}

async fn record(
    recorder: &mut Recorder,
    batch: &mut Vec<Waiting>,
    metrics: &Metrics,
    reached: fn(CommitPoint),
) -> u64 {
    let (prepared, answers): (Vec<_>, Vec<_>) =
        batch.drain(..).map(|waiting| (waiting.prepared, waiting.answer)).unzip();
    let before = Cell::new(Instant::now());
    let reached = |point: CommitPoint| {
        reached(point);
        let now = Instant::now();
        metrics.committing(point, now.duration_since(before.replace(now)));
    };
    let outcomes = recorder.record(&prepared, &reached, &|| {}).await;
    metrics.batches.inc();
    metrics.batched.inc_by(prepared.len() as u64);
    let mut count = 0;
    for (answer, outcome) in answers.into_iter().zip(outcomes) {
        count += u64::from(matches!(outcome, Ok(Some(_))));
        // Whoever waited has gone only with the service.
        let _gone = answer.send(outcome);
    }
    count
}
