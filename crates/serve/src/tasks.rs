//! What the tasks do. Each can be done twice without harm: what it removes is not there the second time, and what it announces is
//! recorded together with that it is done, under an id of task and time.

use std::time::Duration;

use genesis_bus::Links;
use genesis_domain::subject::METRICS;
use genesis_domain::{Firing, OutboxMessage, Period, rfc3339};
use genesis_store::{Grouping, Ledger};
use serde_json::{Value, json};

use crate::schedule::Task;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The days that trends are over.
pub const TREND_DAYS: u32 = 30;

/// Groups of each kind that a result holds; those that are smaller are left off, and counted.
const MOST_GROUPS: usize = 200;

/// What the tasks are done with.
#[derive(Debug, Clone)]
pub struct Tasks {
    /// What is counted and tidied.
    pub ledger: Ledger,
    /// The brokers, for queues; without one there are none to tidy.
    pub buses: Option<Links>,
    /// Name of this instance.
    pub instance: String,
    /// Name of the machine, where it has one.
    pub hostname: Option<String>,
    /// How long the ledger keeps what is not needed any more.
    pub keep: Duration,
    /// How long queues keep messages that are done with.
    pub keep_messages: Duration,
    /// How long an experiment may take from its beginning to its record. The metrics' period ends so long before their time, so
    /// that whatever began in it is recorded.
    pub lag: Duration,
}

/// What a task found or did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Done {
    pub(crate) result: Value,
    pub(crate) announcements: Vec<OutboxMessage>,
}

impl Tasks {
    /// Does what is due.
    pub(crate) async fn carry_out(&self, task: Task, firing: &Firing) -> Result<Done, String> {
        let result = match task {
            Task::Cleanup => self.clean_up(firing.due_at_ms).await?,
            Task::Trends => self.trends(firing.due_at_ms).await?,
            Task::Metrics => return self.metrics(firing.due_at_ms).await,
            Task::QueueRetention => self.prune_queues().await?,
        };
        Ok(Done { result, announcements: Vec::new() })
    }

    async fn clean_up(&self, due_at_ms: i64) -> Result<Value, String> {
        let before_ms = due_at_ms.saturating_sub(milliseconds(self.keep));
        let forgotten = self.ledger.forget(before_ms).await.map_err(|error| error.to_string())?;
        Ok(json!({
            "before": rfc3339(before_ms),
            "announcements": forgotten.announcements,
            "requests": forgotten.requests,
            "firings": forgotten.firings,
        }))
    }

    async fn trends(&self, due_at_ms: i64) -> Result<Value, String> {
        let period =
            Period { from_ms: due_at_ms.saturating_sub(i64::from(TREND_DAYS) * DAY_MS), until_ms: due_at_ms };
        let trends = self.ledger.trends(period, Grouping::ByType).await;
        let mut trends = trends.map_err(|error| error.to_string())?;
        let groups = trends.experiments.len() + trends.jobs.len();
        trends.experiments.sort_by_key(|group| std::cmp::Reverse(group.experiments));
        trends.experiments.truncate(MOST_GROUPS);
        trends.jobs.sort_by_key(|group| std::cmp::Reverse(group.jobs));
        trends.jobs.truncate(MOST_GROUPS);
        let left_off = groups - trends.experiments.len() - trends.jobs.len();
        let mut result = serde_json::to_value(&trends).map_err(|error| error.to_string())?;
        result["groups_left_off"] = left_off.into();
        Ok(result)
    }

    async fn metrics(&self, due_at_ms: i64) -> Result<Done, String> {
        let before = self.ledger.last_done(Task::Metrics.as_str(), due_at_ms).await;
        let before = before.map_err(|error| error.to_string())?;
        let until_ms = due_at_ms.saturating_sub(milliseconds(self.lag));
        // Where the last one ended: a time that was missed is counted with the next one, and nothing is counted twice.
        let last_ms = before.and_then(|firing| firing.result?["until_ms"].as_i64());
        let from_ms = last_ms.unwrap_or(until_ms.saturating_sub(DAY_MS));
        let period = Period { from_ms, until_ms: until_ms.max(from_ms) };
        let counted = self.ledger.trends(period, Grouping::Together).await;
        let counted = counted.map_err(|error| error.to_string())?;
        let experiments = counted.experiments.first();
        let jobs = counted.jobs.first();
        let metrics = json!({
            "experiments": experiments.map_or(0, |all| all.experiments),
            "experiments_merged": experiments.map_or(0, |all| all.merged),
            "success_rate": experiments.and_then(|all| all.mean_success_rate),
            "regression": experiments.and_then(|all| all.mean_regression),
            "runtime_ms": experiments.and_then(|all| all.runtime_ms),
            "memory_peak_bytes": experiments.map(|all| all.memory_peak_bytes),
            "jobs": jobs.map_or(0, |all| all.jobs),
            "jobs_completed": jobs.map_or(0, |all| all.completed),
            "jobs_failed": jobs.map_or(0, |all| all.failed),
            "jobs_unsupported": jobs.map_or(0, |all| all.unsupported),
            "jobs_fuel": jobs.and_then(|all| all.fuel),
            "jobs_runtime_ms": jobs.and_then(|all| all.runtime_ms),
        });
        let payload = json!({
            "source": "genesis",
            "instance_id": self.instance,
            "hostname": self.hostname,
            "timestamp": rfc3339(due_at_ms),
            "period": { "from": rfc3339(period.from_ms), "until": rfc3339(period.until_ms) },
            "metrics": metrics,
        });
        let message = OutboxMessage {
            message_id: format!("{}:{}", Task::Metrics, rfc3339(due_at_ms)),
            subject: METRICS.name.to_owned(),
            payload: payload.to_string(),
            experiment: None,
        };
        let result = json!({
            "message_id": message.message_id,
            "from_ms": period.from_ms,
            "until_ms": period.until_ms,
            "metrics": metrics,
        });
        Ok(Done { result, announcements: vec![message] })
    }

    async fn prune_queues(&self) -> Result<Value, String> {
        let Some(buses) = &self.buses else { return Err("no broker is named".to_owned()) };
        let mut pruned = 0;
        for link in buses.iter() {
            let bus = link.connect().await.map_err(|error| error.to_string())?;
            pruned += bus.prune(self.keep_messages).await.map_err(|error| error.to_string())?;
        }
        Ok(json!({ "kept_days": self.keep_messages.as_secs() / (24 * 60 * 60), "messages": pruned }))
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
