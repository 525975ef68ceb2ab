//! The service from start to end.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use genesis_bus::{BusError, Links};
use genesis_domain::subject::STATUS;
use genesis_experiment::{CommitPoint, Commits, Runner, UserGuest};
use genesis_policy::Policy;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::broker::{Broker, Brokers};
use crate::commit::Committer;
use crate::metrics::Metrics;
use crate::mirror::{Mirror, Mirroring};
use crate::room::Room;
use crate::schedule::Schedule;
use crate::scheduler::{self, FiringPoint, Scheduling};
use crate::taker::{self, Work};
use crate::tasks::Tasks;
use crate::traces::Traces;
use crate::worker::Shared;
use crate::{http, relay};

/// How long one look for a message, a question or a dead message lasts; also how long an idle worker takes to end.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// What the service is given.
pub struct Config {
    /// Where messages come from and go to. A request is answered by the broker that it came by; results go to all of them.
    pub buses: Links,
    /// History and ledger, recovered.
    pub commits: Commits,
    /// The sandbox.
    pub runner: Runner,
    /// By what everything is judged. What has begun is judged by what was in force then.
    pub rules: watch::Receiver<Arc<Rules>>,
    /// Most experiments at once, and as many jobs.
    pub concurrency: usize,
    /// Most experiments that are recorded at once. So many may wait for it beside those that run.
    pub batch: usize,
    /// After which an experiment is given up, unless its request says a shorter time.
    pub timeout: Duration,
    /// How long running experiments may take to finish when the service ends.
    pub grace: Duration,
    /// Where it answers over HTTP.
    pub listener: TcpListener,
    /// Whether it takes requests there as well. Nobody is asked who they are.
    pub takes_requests: bool,
    /// Milliseconds since the Unix epoch.
    pub now_ms: fn() -> i64,
    /// Told what people should know, a line at a time.
    pub tell: fn(&str),
    /// Told each point of commit as it is reached.
    pub reached: fn(CommitPoint),
    /// Told each point of a task as it is reached.
    pub fired: fn(FiringPoint),
    /// Where traces go.
    pub traces: Traces,
    /// The central repository, if there is one.
    pub mirror: Option<Mirror>,
    /// When tasks are due.
    pub schedule: Schedule,
    /// What they are done with.
    pub tasks: Tasks,
    /// Who does them, for people: this process.
    pub holder: String,
}

/// A policy and what it names. It is replaced as a whole.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The policy, with its lint rules and suites.
    pub policy: Policy,
    /// The guests of its own checks.
    pub guests: Vec<UserGuest>,
}

/// Why the service ended otherwise than by being asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// HTTP could not be served.
    #[error("HTTP cannot be served: {0}")]
    Http(#[from] std::io::Error),
    /// The bus is not what it must be.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// A part of the service has failed by a defect of its own.
    #[error("a part of the service has failed: {0}")]
    Part(String),
}

/// Serves until `shutdown` resolves; then takes nothing more, lets what is running finish within the grace or until
/// `hurry` resolves, hands the rest back to the broker, and sends what is recorded.
///
/// # Errors
/// When a part of the service fails.
pub async fn run(
    config: Config,
    shutdown: impl Future<Output = ()>,
    hurry: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (metrics, mut registry) = Metrics::new();
    metrics.concurrency.set(i64::try_from(config.concurrency).unwrap_or(i64::MAX));
    let (stop, stopped) = watch::channel(false);
    let (abort, aborted) = watch::channel(false);
    let (close, closed) = watch::channel(false);
    let (recorded, recordings) = watch::channel(0);
    let (commits, batch) = (config.commits.clone(), config.batch);
    let committer = Committer::start(commits, batch, metrics.clone(), config.reached, recorded, config.tell);
    let (last_push, until) = watch::channel(None);
    let mirroring = config.mirror.clone().map(|mirror| {
        metrics.show_mirror(&mut registry);
        let (metrics, tell) = (metrics.clone(), config.tell);
        tokio::spawn(Mirroring { mirror, metrics, tell, recorded: recordings, until }.run())
    });
    let scheduling = Scheduling {
        schedule: config.schedule,
        tasks: config.tasks,
        holder: config.holder,
        now_ms: config.now_ms,
        tell: config.tell,
        reached: config.fired,
        metrics: metrics.clone(),
        stopped: stopped.clone(),
        aborted: aborted.clone(),
    };
    let shared = Arc::new(Shared {
        brokers: Brokers::new(&config.buses),
        committer,
        commits: config.commits,
        runner: config.runner,
        rules: config.rules,
        timeout: config.timeout,
        metrics,
        now_ms: config.now_ms,
        tell: config.tell,
        reached: config.reached,
        traces: config.traces,
        mirror: config.mirror,
        draining: AtomicBool::new(false),
        stopped,
        aborted,
    });
    let mut workers = JoinSet::new();
    for work in Work::ALL {
        let room = match work {
            Work::Experiments => Room::new(config.concurrency, config.batch),
            Work::Jobs => Room::new(config.concurrency, 0),
            Work::Cancels => Room::new(1, 0),
        };
        for broker in shared.brokers.iter() {
            workers.spawn(taker::run(Arc::clone(&shared), Arc::clone(broker), work, room.clone()));
        }
    }
    let mut relaying = JoinSet::new();
    for broker in shared.brokers.iter() {
        workers.spawn(bury(Arc::clone(&shared), Arc::clone(broker)));
        workers.spawn(answer(Arc::clone(&shared), Arc::clone(broker)));
        let watching = Arc::clone(broker).watch(shared.metrics.clone(), shared.tell, closed.clone());
        relaying.spawn(watching);
        relaying.spawn(relay::run(Arc::clone(&shared), Arc::clone(broker), closed.clone()));
    }
    workers.spawn(scheduler::run(scheduling));
    let mut serving = tokio::spawn(http::serve(
        config.listener,
        Arc::clone(&shared),
        registry,
        config.takes_requests,
        closed,
    ));

    let ended = tokio::select! {
        () = shutdown => Ok(()),
        part = workers.join_next() => Err(ServeError::Part(format!("a worker ended: {part:?}"))),
        http = &mut serving => Err(ServeError::Part(format!("HTTP ended: {http:?}"))),
    };
    shared.draining.store(true, Ordering::Relaxed);
    let grace_ends = Instant::now() + config.grace;
    let mut hurry = pin!(hurry);
    // Whoever listens has gone only when it has ended itself.
    let _gone = stop.send(true);
    let is_drained = tokio::select! {
        () = async { while workers.join_next().await.is_some() {} } => true,
        () = tokio::time::sleep_until(grace_ends) => false,
        () = &mut hurry => false,
    };
    if !is_drained {
        (shared.tell)("what is still running is handed back");
        let _gone = abort.send(true);
        while workers.join_next().await.is_some() {}
    }
    let _gone = close.send(true);
    while let Some(relayed) = relaying.join_next().await {
        relayed.map_err(|error| ServeError::Part(error.to_string()))?;
    }
    if let Some(mut mirroring) = mirroring {
        let _gone = last_push.send(Some(if is_drained { grace_ends } else { Instant::now() }));
        let sent = tokio::select! {
            sent = &mut mirroring => sent,
            () = &mut hurry, if is_drained => {
                let _gone = last_push.send(Some(Instant::now()));
                mirroring.await
            }
        };
        sent.map_err(|error| ServeError::Part(error.to_string()))?;
    }
    if ended.is_ok() {
        serving.await.map_err(|error| ServeError::Part(error.to_string()))??;
    }
    shared.commits.ledger.close().await;
    shared.traces.clone().close().await;
    ended
}

/// Makes dead letters of what the broker gives up.
async fn bury(shared: Arc<Shared>, broker: Arc<Broker>) {
    while !*shared.stopped.borrow() {
        let Some(bus) = broker.bus() else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        match bus.bury(LOOK).await {
            Ok(true) => {
                shared.metrics.buried.inc();
            }
            Ok(false) => {}
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Answers how the service is.
async fn answer(shared: Arc<Shared>, broker: Arc<Broker>) {
    while !*shared.stopped.borrow() {
        let Some(bus) = broker.bus() else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        match bus.question(STATUS.name, LOOK).await {
            Ok(Some(question)) => {
                let rules = shared.rules();
                let buses: BTreeMap<&str, bool> =
                    shared.brokers.iter().map(|broker| (broker.name(), broker.bus().is_some())).collect();
                let status = serde_json::json!({
                    "status": "serving",
                    "version": env!("CARGO_PKG_VERSION"),
                    "in_flight": shared.metrics.in_flight.get(),
                    "concurrency": shared.metrics.concurrency.get(),
                    "buses": buses,
                    "policy": rules.policy.name(),
                    "policy_digest": rules.policy.digest(),
                });
                // Whoever asked and got no answer asks again.
                let _lost = question.answer(status.to_string().as_bytes()).await;
            }
            Ok(None) => {}
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}
