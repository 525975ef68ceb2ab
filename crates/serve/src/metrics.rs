//! What is counted, for Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use genesis_experiment::CommitPoint;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Bounds of the histogram, in seconds.
const SECONDS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0, 3600.0];

/// Everything that is counted. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    /// Requests by kind and by what became of them.
    pub(crate) requests: Family<Answered, Counter>,
    /// Requests that are worked on.
    pub(crate) in_flight: Gauge,
    /// Most that are worked on at once.
    pub(crate) concurrency: Gauge,
    /// Whether each broker is there.
    pub(crate) connected: Family<Named, Gauge>,
    /// Messages that the broker has confirmed.
    pub(crate) sent: Counter,
    /// Tries to send that the broker did not confirm.
    pub(crate) unsent: Counter,
    /// Messages that the broker gave up and that were buried.
    pub(crate) buried: Counter,
    /// From when a request was received to when its result was recorded.
    pub(crate) seconds: Histogram,
    /// Batches that were recorded.
    pub(crate) batches: Counter,
    /// Experiments in them.
    pub(crate) batched: Counter,
    /// Time that recording took, by the point that it ended with, and acknowledging.
    pub(crate) committing: Family<Stage, Counter<f64, AtomicU64>>,
    /// Tries to bring the mirror up to date.
    pub(crate) pushes: Family<Pushed, Counter>,
    /// Experiments that were recorded and are not in the mirror.
    pub(crate) mirror_unsent: Gauge,
    /// Since when there are such.
    pub(crate) mirror_lag: Gauge<f64, AtomicU64>,
    /// Experiments that are recorded, or may be, and whose refs are not known to be set.
    pub(crate) unsettled: Gauge,
    firings: Family<Fired, Counter>,
    last_success: Family<OfTask, Gauge>,
    next_firing: Family<OfTask, Gauge>,
}

/// What became of a try to bring the mirror up to date.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Pushed {
    /// `sent` or `failed`.
    pub(crate) outcome: &'static str,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTask {
    task: &'static str,
}

/// What became of a task at one of its times.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Fired {
    task: &'static str,
    /// `done`, `retried`, `failed` or `lost`.
    outcome: &'static str,
}

/// A broker.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Named {
    /// Its kind.
    pub(crate) bus: &'static str,
}

/// A part of making a result safe.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Stage {
    /// A point of commit, or `acknowledged`.
    pub(crate) stage: &'static str,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Answered {
    /// `experiment`, `job` or `cancel`.
    pub(crate) kind: &'static str,
    /// `recorded`, `known`, `refused`, `cancelled` or `handed_back`.
    pub(crate) outcome: &'static str,
}

impl Metrics {
    /// Counters at zero, and the registry that shows them.
    pub(crate) fn new() -> (Self, Registry) {
        let metrics = Self {
            requests: Family::default(),
            in_flight: Gauge::default(),
            concurrency: Gauge::default(),
            connected: Family::default(),
            sent: Counter::default(),
            unsent: Counter::default(),
            buried: Counter::default(),
            seconds: Histogram::new(SECONDS),
            batches: Counter::default(),
            batched: Counter::default(),
            committing: Family::default(),
            pushes: Family::default(),
            mirror_unsent: Gauge::default(),
            mirror_lag: Gauge::default(),
            unsettled: Gauge::default(),
            firings: Family::default(),
            last_success: Family::default(),
            next_firing: Family::default(),
        };
        let mut registry = Registry::with_prefix("genesis");
        registry.register("requests", "Requests by kind and outcome", metrics.requests.clone());
        registry.register("in_flight", "Requests that are worked on", metrics.in_flight.clone());
        registry.register("concurrency", "Most experiments at once", metrics.concurrency.clone());
        registry.register("bus_connected", "Whether each broker is there", metrics.connected.clone());
        registry.register("sent", "Messages that the broker confirmed", metrics.sent.clone());
        registry.register("unsent", "Tries to send that were not confirmed", metrics.unsent.clone());
        registry.register("buried", "Messages given up by the broker and buried", metrics.buried.clone());
        let seconds = "From request to recorded result";
        registry.register_with_unit("experiment", seconds, Unit::Seconds, metrics.seconds.clone());
        registry.register("batches", "Batches of experiments recorded at once", metrics.batches.clone());
        registry.register("batched", "Experiments recorded in batches", metrics.batched.clone());
        let text = "Time until a point of commit since the one before, and of acknowledging";
        registry.register_with_unit("committing", text, Unit::Seconds, metrics.committing.clone());
        let text = "Recorded experiments whose refs are not known to be set";
        registry.register("unsettled_experiments", text, metrics.unsettled.clone());
        registry.register("firings", "Tasks that this process began, by outcome", metrics.firings.clone());
        let text = "When a task was last done, by any process of this ledger";
        registry.register_with_unit(
            "task_last_success_timestamp",
            text,
            Unit::Seconds,
            metrics.last_success.clone(),
        );
        let text = "When a task is due next";
        registry.register_with_unit("task_next_timestamp", text, Unit::Seconds, metrics.next_firing.clone());
        (metrics, registry)
    }

    /// Shows how the mirror is; without one there is nothing to show.
    pub(crate) fn show_mirror(&self, registry: &mut Registry) {
        registry.register("mirror_pushes", "Tries to bring the mirror up to date", self.pushes.clone());
        let text = "Experiments recorded since the start that are not in the mirror";
        registry.register("mirror_unsent", text, self.mirror_unsent.clone());
        let text = "Since when there is something that is not in the mirror";
        registry.register_with_unit("mirror_lag", text, Unit::Seconds, self.mirror_lag.clone());
    }

    /// Counts one try to bring the mirror up to date.
    pub(crate) fn mirrored(&self, outcome: &'static str) {
        self.pushes.get_or_create(&Pushed { outcome }).inc();
    }

    /// Adds to the time that reaching a point took.
    pub(crate) fn committing(&self, point: CommitPoint, time: Duration) {
        self.stage(point.as_str(), time);
    }

    /// Adds to the time that acknowledging took.
    pub(crate) fn acknowledged(&self, time: Duration) {
        self.stage("acknowledged", time);
    }

    fn stage(&self, stage: &'static str, time: Duration) {
        self.committing.get_or_create(&Stage { stage }).inc_by(time.as_secs_f64());
    }

    /// Counts an attempt of a task.
    pub(crate) fn fired(&self, task: &'static str, outcome: &'static str) {
        self.firings.get_or_create(&Fired { task, outcome }).inc();
    }

    /// Shows when a task was last done.
    pub(crate) fn last_success(&self, task: &'static str, at_ms: i64) {
        self.last_success.get_or_create(&OfTask { task }).set(at_ms.div_euclid(1000));
    }

    /// Shows when a task is due next.
    pub(crate) fn next_firing(&self, task: &'static str, at_ms: i64) {
        self.next_firing.get_or_create(&OfTask { task }).set(at_ms.div_euclid(1000));
    }

    /// Notes whether a broker is there.
    pub(crate) fn connected(&self, bus: &'static str, is_there: bool) {
        self.connected.get_or_create(&Named { bus }).set(i64::from(is_there));
    }

    /// Counts one request.
    pub(crate) fn answered(&self, kind: &'static str, outcome: &'static str) {
        self.requests.get_or_create(&Answered { kind, outcome }).inc();
    }
}
