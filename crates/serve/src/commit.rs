//! Recording what is judged: whatever waits when the record is free is recorded together, by one pack, one transaction and one
//! change of refs. Nobody waits for others to come, so a single experiment is as fast as alone.

use std::cell::Cell;
use std::time::Duration;

use genesis_experiment::{CommitPoint, Commits, ExperimentError, Prepared, Recorded, Recorder};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::metrics::Metrics;

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
    pub(crate) fn start(
        commits: Commits,
        most: usize,
        metrics: Metrics,
        reached: fn(CommitPoint),
        tell: fn(&str),
    ) -> Self {
        let (sender, mut waiting) = mpsc::channel(most);
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            let mut recorder = Recorder::new(commits);
            runtime.block_on(async {
                let mut batch = Vec::with_capacity(most);
                let mut unsettled = Told { tell, metrics: metrics.clone(), has_told: false };
                loop {
                    unsettled.look(&recorder);
                    let came = waiting.recv_many(&mut batch, most);
                    if recorder.is_settled() {
                        if came.await == 0 {
                            return;
                        }
                    } else if let Ok(came) = tokio::time::timeout(PAUSE, came).await {
                        if came == 0 {
                            return;
                        }
                    } else {
                        // Tried again until it can be done.
                        let _later = recorder.settle(&|| {}).await;
                        continue;
                    }
                    record(&mut recorder, &mut batch, &metrics, reached).await;
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
struct Told {
    tell: fn(&str),
    metrics: Metrics,
    has_told: bool,
}

impl Told {
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
) {
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
    for (answer, outcome) in answers.into_iter().zip(outcomes) {
        // Whoever waited has gone only with the service.
        let _gone = answer.send(outcome);
    }
}
