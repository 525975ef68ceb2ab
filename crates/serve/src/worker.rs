//! The work on one message: does what it asks, and answers the broker only when the result is safe.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use genesis_bus::{Delivery, Outgoing};
use genesis_domain::subject::{EXPERIMENT_FAILED, EXPERIMENT_RESULT};
use genesis_domain::{Asked, ExperimentId, InboxMessage, TemplateId};
use genesis_experiment::{
    CommitPoint, Commits, ExperimentError, Hooks, LoadCaps, Request, Runner, Watch, announcements,
    baseline_in_force, promoted_versions, run_recorded,
};
use genesis_policy::Policy;
use genesis_sandbox::Cancel;
use genesis_store::{Received, StoreError};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::broker::{Broker, Brokers};
use crate::commit::Committer;
use crate::metrics::Metrics;
use crate::mirror::Mirror;
use crate::request::{Came, Refusal, RunRequest};
use crate::room::{Place, Running};
use crate::serve::{LOOK, Rules};
use crate::taker::Work;
use crate::traces::{Trace, Traces};
use crate::{cancel, jobs};

/// Tries that fail for no fault of the message before it becomes a dead letter.
const MOST_TRIES: u32 = 20;
/// The longest wait before a message is tried again.
const MOST_BACKOFF: Duration = Duration::from_mins(1);

/// How often the version in force is fetched before the message is tried again later.
const MOST_FETCHES: u32 = 4;
/// Before it is fetched again; longer each time.
const FETCH_PAUSE: Duration = Duration::from_millis(300);

/// What every part of the service holds.
pub(crate) struct Shared {
    pub(crate) brokers: Brokers,
    pub(crate) commits: Commits,
    pub(crate) committer: Committer,
    pub(crate) runner: Runner,
    pub(crate) rules: watch::Receiver<Arc<Rules>>,
    pub(crate) timeout: Duration,
    pub(crate) metrics: Metrics,
    pub(crate) now_ms: fn() -> i64,
    pub(crate) tell: fn(&str),
    pub(crate) reached: fn(CommitPoint),
    pub(crate) traces: Traces,
    pub(crate) mirror: Option<Mirror>,
    pub(crate) draining: AtomicBool,
    /// Turns true when nothing more is to be taken.
    pub(crate) stopped: watch::Receiver<bool>,
    /// Turns true when what is running is to be handed back.
    pub(crate) aborted: watch::Receiver<bool>,
}

/// What is to become of a delivery.
pub(crate) enum Answer {
    /// The result is recorded, and will be sent if it is not yet.
    Recorded,
    /// It was recorded before.
    Known,
    /// It cannot be met, now or later.
    Refused(Refusal),
    /// Whoever asked does not want it any more.
    CalledOff(ExperimentId, Refusal),
    /// It could not be met now.
    Later(String),
    /// The service ends.
    HandedBack,
}

impl Shared {
    /// Works on one message that came by a broker, within a place.
    pub(crate) async fn work_on(
        self: &Arc<Self>,
        broker: &Broker,
        delivery: Delivery,
        work: Work,
        place: Place,
    ) {
        let mut asked = Asked::of(&delivery.payload);
        asked.traceparent = delivery.traceparent.clone().or(asked.traceparent);
        let trace = self.traces.message(work.as_str(), &delivery.subject, asked.traceparent.as_deref());
        asked.traceparent = trace.traceparent().or(asked.traceparent);
        let answer = match work {
            Work::Experiments => {
                let leading_on = asked.traceparent.as_deref();
                self.experiment(broker, &delivery, leading_on, &trace, place.running.clone()).await
            }
            Work::Jobs => jobs::job(self, broker, &delivery, &asked).await,
            Work::Cancels => cancel::cancel(self, &delivery).await,
        };
        let origin = delivery.origin.clone();
        let answered = Instant::now();
        let (outcome, told) = match answer {
            Answer::Recorded => ("recorded", delivery.ack().await),
            Answer::Known => ("known", delivery.ack().await),
            Answer::Refused(refusal) => {
                (self.tell)(&format!("{origin} is refused: {refusal}"));
                ("refused", self.refuse(broker, delivery, &asked, &refusal, work).await)
            }
            Answer::CalledOff(id, refusal) => {
                ("cancelled", self.answer_called_off(broker, delivery, &asked, id, &refusal).await)
            }
            Answer::Later(why) if delivery.attempt >= MOST_TRIES => {
                (self.tell)(&format!("{origin} is given up after {} tries: {why}", delivery.attempt));
                let refusal = Refusal { code: "INTERNAL_ERROR", reason: why };
                ("refused", self.refuse(broker, delivery, &asked, &refusal, work).await)
            }
            Answer::Later(why) => {
                (self.tell)(&format!("{origin} will be tried again: {why}"));
                let delay = backoff(delivery.attempt);
                ("handed_back", delivery.retry_after(delay).await)
            }
            Answer::HandedBack => ("handed_back", delivery.retry_after(Duration::from_millis(100)).await),
        };
        self.metrics.answered(work.as_str(), outcome);
        self.metrics.acknowledged(answered.elapsed());
        trace.end(outcome);
        if let Err(error) = told {
            // It comes again when its lease is over, and is known then.
            (self.tell)(&format!("{origin}: {error}"));
        }
    }

    async fn experiment(
        self: &Arc<Self>,
        broker: &Broker,
        delivery: &Delivery,
        traceparent: Option<&str>,
        trace: &Trace,
        running: Running,
    ) -> Answer {
        let receiving = trace.part("receive");
        let came = Came {
            payload: &delivery.payload,
            message_id: delivery.id.as_deref(),
            origin: &delivery.origin,
            traceparent,
        };
        let rules = self.rules();
        let asked = match RunRequest::read(came, &caps(&rules.policy)) {
            Ok(asked) => asked,
            Err(refusal) => return Answer::Refused(refusal),
        };
        let ledger = &self.commits.ledger;
        let message = InboxMessage {
            experiment: asked.id,
            sender: asked.sender.clone(),
            request: asked.key.clone(),
            broker: broker.name().to_owned(),
            digest: asked.digest.clone(),
            received_at_ms: (self.now_ms)(),
        };
        match ledger.receive(&message).await {
            Ok(Received::New | Received::Again) => {}
            Ok(Received::Conflict) => {
                let reason = format!("another request of {:?} has the id {:?}", asked.sender, asked.key);
                return Answer::Refused(Refusal { code: "CONFLICT", reason });
            }
            Err(error) => return Answer::Later(error.to_string()),
        }
        match self.announced_again(broker, &asked).await {
            Ok(true) => return Answer::Known,
            Ok(false) => {}
            Err(error) => return Answer::Later(error.to_string()),
        }
        match ledger.called_off(asked.id).await {
            Ok(Some(reason)) => return Answer::CalledOff(asked.id, cancel::refusal(&reason)),
            Ok(None) => {}
            Err(error) => return Answer::Later(error.to_string()),
        }
        drop(receiving);
        let begun = Instant::now();
        let cancel = Cancel::new();
        let timeout =
            asked.timeout_ms.map_or(self.timeout, |asked| self.timeout.min(Duration::from_millis(asked)));
        let work = self.run_experiment(asked.clone(), rules, cancel.clone(), trace.clone(), running);
        let (outcome, ended) = self.held(delivery, Some(asked.id), work, timeout, &cancel).await;
        match (outcome, ended) {
            (Ok(()), _) => {
                self.metrics.seconds.observe(begun.elapsed().as_secs_f64());
                Answer::Recorded
            }
            (Err(Failed::Experiment(ExperimentError::Cancelled)), Ended::TimedOut) => {
                Answer::Refused(Refusal {
                    code: "TIMEOUT",
                    reason: format!("it was not done within {} ms; nothing was judged", timeout.as_millis()),
                })
            }
            (Err(Failed::Experiment(ExperimentError::Cancelled)), Ended::CalledOff(reason)) => {
                Answer::CalledOff(asked.id, cancel::refusal(&reason))
            }
            (Err(Failed::Experiment(ExperimentError::Cancelled)), _) => Answer::HandedBack,
            (Err(Failed::Refused(refusal)), _) => Answer::Refused(refusal),
            // Another worker has recorded it in the meantime, or it is refused for what it asks.
            (Err(Failed::Experiment(ExperimentError::Request(why))), _) => {
                match self.announced_again(broker, &asked).await {
                    Ok(true) => Answer::Known,
                    Ok(false) => Answer::Refused(Refusal::invalid(why)),
                    Err(error) => Answer::Later(error.to_string()),
                }
            }
            (Err(failed), _) => Answer::Later(failed.to_string()),
        }
    }

    /// Whether the experiment is recorded; then its result is sent once more by the broker that asks. One that the ledger does
    /// not keep any more is made again from the record.
    async fn announced_again(&self, broker: &Broker, asked: &RunRequest) -> Result<bool, StoreError> {
        let ledger = &self.commits.ledger;
        let Some(record) = ledger.experiment(asked.id).await? else { return Ok(false) };
        if ledger.announce_again(broker.name(), asked.id).await? == 0 {
            ledger.announce(&announcements(&record, Some(&asked.asked)), (self.now_ms)()).await?;
        }
        Ok(true)
    }

    /// The experiment on a thread of its own: it computes, and waits for the history's lock.
    fn run_experiment(
        self: &Arc<Self>,
        asked: RunRequest,
        rules: Arc<Rules>,
        cancel: Cancel,
        trace: Trace,
        running: Running,
    ) -> impl Future<Output = Result<(), Failed>> + use<> {
        let shared = Arc::clone(self);
        let runtime = tokio::runtime::Handle::current();
        let thread = tokio::task::spawn_blocking(move || {
            runtime.block_on(async {
                let begun = Instant::now();
                let clock = move || u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                let watch = trace.watch();
                let reached = |point| {
                    (shared.reached)(point);
                    // What is left to do is to wait.
                    running.give_up();
                };
                let hooks = Hooks {
                    progress: &|_| {},
                    reached: &reached,
                    waiting: &|| {},
                    clock_us: &clock,
                    watch: watch.as_ref().map(|watch| watch as Watch<'_>),
                };
                let run = async || {
                    let request = shared.request(&asked, &rules).await?;
                    let record = async |prepared| shared.committer.record(prepared).await;
                    let (runner, commits) = (&shared.runner, &shared.commits);
                    run_recorded(request, Some(&asked.asked), runner, commits, record, &cancel, &hooks)
                        .await?;
                    Ok::<(), Failed>(())
                };
                for again in 0..MOST_FETCHES {
                    match run().await {
                        Err(Failed::Experiment(missing @ ExperimentError::Elsewhere { .. })) => {
                            shared.fetch(missing, again, &cancel).await?;
                        }
                        outcome => return outcome,
                    }
                }
                run().await
            })
        });
        async move { thread.await.map_err(|error| Failed::Panicked(error.to_string()))? }
    }

    /// Fetches the version in force that another instance promoted. One that was promoted just now is on its way to the mirror.
    /// Without it nothing is judged.
    async fn fetch(&self, missing: ExperimentError, again: u32, cancel: &Cancel) -> Result<(), Failed> {
        let (Some(mirror), ExperimentError::Elsewhere { template, .. }) = (&self.mirror, &missing) else {
            return Err(missing.into());
        };
        if again > 0 {
            tokio::time::sleep(FETCH_PAUSE * again).await;
        }
        (mirror.fetch)(template, &|| cancel.is_cancelled()).map_err(|why| {
            Failed::Away(format!("{missing}, and the mirror {} is away: {why}", mirror.address))
        })
    }

    async fn request(&self, asked: &RunRequest, rules: &Rules) -> Result<Request, Failed> {
        let outline = genesis_template::outline(&asked.candidate, &read_limits(&rules.policy)).ok();
        let template = match &asked.template {
            Some(given) => given.clone(),
            None => outline
                .as_ref()
                .and_then(|outline| TemplateId::new(outline.id.as_deref()?).ok())
                .map_or_else(|| TemplateId::new(&asked.candidate.path), Ok)
                .map_err(|error| Failed::Refused(Refusal::invalid(error.to_string())))?,
        };
        let own_version = outline.and_then(|outline| outline.version);
        if let (Some(said), Some(own)) = (&asked.version, &own_version)
            && said != own
        {
            return Err(Failed::Refused(Refusal::invalid(format!(
                "the request says version {said:?}, its template {own:?}"
            ))));
        }
        let tightened = rules
            .policy
            .tightened(&genesis_policy::Request {
                template: template.as_str().to_owned(),
                publisher: Some(asked.sender.clone()),
                risk: asked.risk,
                profile: asked.profile,
            })
            .map_err(|error| Failed::Refused(Refusal::invalid(error.to_string())))?;
        if let Some(base) = &asked.base_version {
            let head = self.commits.ledger.head(&template).await.map_err(ExperimentError::from)?;
            let in_force = head.and_then(|head| head.version);
            if in_force.as_ref() != Some(base) {
                let reason = format!("base_version is {base:?}, in force is {in_force:?}");
                return Err(Failed::Refused(Refusal { code: "CONFLICT", reason }));
            }
        }
        Ok(Request {
            id: asked.id,
            created_at_ms: (self.now_ms)(),
            instance: asked.sender.clone(),
            baseline: baseline_in_force(&self.commits, &template).await?,
            promoted: promoted_versions(&self.commits, &template).await?,
            template,
            candidate: asked.candidate.clone(),
            candidate_path: asked.candidate.path.clone(),
            policy: rules.policy.clone(),
            profile: tightened.profile,
            risk: tightened.risk,
            seed: None,
            answers: asked.answers.clone(),
            samples: asked.samples.clone(),
            guests: rules.guests.clone(),
            promotes: true,
            announces: true,
        })
    }

    /// Waits for `work` and keeps the delivery meanwhile: its lease is extended three times as often as needed. Cancels
    /// when the time is over, the service is to end, or the experiment is called off.
    pub(crate) async fn held<T>(
        &self,
        delivery: &Delivery,
        experiment: Option<ExperimentId>,
        work: impl Future<Output = T>,
        timeout: Duration,
        cancel: &Cancel,
    ) -> (T, Ended) {
        let mut work = pin!(work);
        let mut aborted = self.aborted.clone();
        let until = Instant::now() + timeout;
        let mut ended = Ended::Itself;
        let mut called_off = pin!(self.until_called_off(experiment));
        let mut beat = tokio::time::interval(delivery.lease / 3);
        beat.tick().await;
        loop {
            tokio::select! {
                outcome = &mut work => return (outcome, ended),
                _ = beat.tick() => {
                    // A lease that is lost is no reason to stop: what is recorded counts, and is known when it comes again.
                    let _lost = delivery.extend().await;
                }
                () = tokio::time::sleep_until(until), if ended == Ended::Itself => {
                    ended = Ended::TimedOut;
                    cancel.cancel();
                }
                reason = &mut called_off, if ended == Ended::Itself => {
                    ended = Ended::CalledOff(reason);
                    cancel.cancel();
                }
                () = turned(&mut aborted), if ended == Ended::Itself => {
                    ended = Ended::Aborted;
                    cancel.cancel();
                }
            }
        }
    }

    /// Resolves with the reason once the experiment is called off. A ledger that cannot be read now is read again.
    async fn until_called_off(&self, experiment: Option<ExperimentId>) -> String {
        let Some(id) = experiment else { return std::future::pending().await };
        loop {
            tokio::time::sleep(LOOK).await;
            if let Ok(Some(reason)) = self.commits.ledger.called_off(id).await {
                return reason;
            }
        }
    }

    /// Says to whoever asked that it was called off. It is no dead letter: somebody wanted it so.
    async fn answer_called_off(
        &self,
        broker: &Broker,
        delivery: Delivery,
        asked: &Asked,
        id: ExperimentId,
        refusal: &Refusal,
    ) -> Result<(), genesis_bus::BusError> {
        self.announce_refused(broker, &delivery, asked, refusal, &format!("{id}:cancelled")).await?;
        delivery.ack().await
    }

    /// Says why to whoever asked, then to the dead letters. The answer is sent before the message is gone.
    async fn refuse(
        &self,
        broker: &Broker,
        delivery: Delivery,
        asked: &Asked,
        refusal: &Refusal,
        work: Work,
    ) -> Result<(), genesis_bus::BusError> {
        match work {
            Work::Experiments => {
                let message_id = format!("{}:refused", delivery.origin);
                self.announce_refused(broker, &delivery, asked, refusal, &message_id).await?;
            }
            Work::Jobs => {
                let at_ms = (self.now_ms)();
                jobs::refuse(broker, &delivery, asked, refusal, at_ms).await?;
            }
            Work::Cancels => {}
        }
        delivery.reject(&refusal.to_string()).await
    }

    /// The result of an experiment that is not there, under message ids that begin with `message_id`. The broker that the
    /// request came by has it when this returns; the others are sent it when they are there.
    async fn announce_refused(
        &self,
        broker: &Broker,
        delivery: &Delivery,
        asked: &Asked,
        refusal: &Refusal,
        message_id: &str,
    ) -> Result<(), genesis_bus::BusError> {
        let fields = [
            ("experiment_id", json!(asked.id)),
            ("status", json!("failure")),
            ("recommendation", Value::Null),
            ("reason", json!(refusal.reason)),
            ("error", json!({ "code": refusal.code, "message": refusal.reason })),
            ("origin", json!(delivery.origin)),
        ];
        let document: Map<String, Value> =
            fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let at_ms = (self.now_ms)();
        let by_id = asked.id.as_deref().and_then(|id| EXPERIMENT_FAILED.of(id));
        let result = (EXPERIMENT_RESULT, EXPERIMENT_RESULT.name.to_owned());
        let subjects = [Some(result), by_id.map(|subject| (EXPERIMENT_FAILED, subject))];
        for (number, (kind, subject)) in subjects.iter().flatten().enumerate() {
            let message_id = format!("{message_id}:{number}");
            let document = document.clone();
            let payload = asked.answer(genesis_domain::Answer {
                message_id: &message_id,
                kind: *kind,
                at_ms,
                document,
            });
            let message = Outgoing {
                subject,
                id: &message_id,
                traceparent: asked.traceparent.as_deref(),
                payload: payload.as_bytes(),
            };
            broker.publish(&message).await?;
            for other in self.brokers.iter().filter(|other| other.name() != broker.name()) {
                // Whoever asked listens where it asked; nobody waits for a broker that is away.
                let _away = other.publish(&message).await;
            }
        }
        Ok(())
    }

    /// What is in force now.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.borrow())
    }
}

fn caps(policy: &Policy) -> LoadCaps {
    let max = policy.max();
    LoadCaps {
        template_bytes: max.template_bytes,
        part_bytes: max.part_bytes,
        total_part_bytes: max.total_part_bytes,
        parts: usize::try_from(max.parts).unwrap_or(usize::MAX),
    }
}

fn read_limits(policy: &Policy) -> genesis_template::ReadLimits {
    let max = policy.max();
    genesis_template::ReadLimits {
        bytes: usize::try_from(max.template_bytes).unwrap_or(usize::MAX),
        depth: usize::try_from(max.depth).unwrap_or(usize::MAX),
        nodes: usize::try_from(max.nodes).unwrap_or(usize::MAX),
    }
}

/// Resolves when the value is true.
pub(crate) async fn turned(receiver: &mut watch::Receiver<bool>) {
    // Whoever could turn it has gone only when the service has.
    let _turned = receiver.wait_for(|it| *it).await;
}

/// How waiting for a piece of work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself.
    Itself,
    /// It was cancelled, because its time was over.
    TimedOut,
    /// It was cancelled, because the service ends.
    Aborted,
    /// It was cancelled, because somebody called it off, for this reason.
    CalledOff(String),
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    #[error("{0}")]
    Away(String),
    #[error(transparent)]
    Refused(Refusal),
    #[error("a defect of the service ended it: {0}")]
    Panicked(String),
}

/// 1 s, 2 s, 4 s, ... up to a minute.
fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.saturating_sub(1).min(6)).min(MOST_BACKOFF)
}
