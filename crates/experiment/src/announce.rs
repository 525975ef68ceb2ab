//! What is announced of an experiment that is recorded.

use genesis_domain::subject::{EXPERIMENT_COMPLETED, EXPERIMENT_FAILED, EXPERIMENT_RESULT};
use genesis_domain::{ExperimentRecord, ExperimentStatus, Measured, OutboxMessage};
use serde_json::{Map, Value, json};

/// Whoever asked for an experiment by message, and what ties the answer to the question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The requester's own id of it.
    pub id: Option<String>,
    /// Given back as it came.
    pub correlation_id: Option<String>,
    /// Given back as it came.
    pub traceparent: Option<String>,
}

/// The result; for whoever asked also the same by its id, so that one can wait for one experiment alone.
pub fn announcements(record: &ExperimentRecord, asked: Option<&Asked>) -> Vec<OutboxMessage> {
    let id = asked.and_then(|asked| asked.id.clone()).unwrap_or_else(|| record.id.to_string());
    let is_merge = record.status == ExperimentStatus::Success;
    let mut payload = json!({
        "experiment_id": id,
        "genesis_id": record.id,
        "instance_id": record.instance,
        "status": if is_merge { "success" } else { "failure" },
        "recommendation": record.decision,
        "reason": record.rationale,
        "template_id": record.template,
        "version": record.version,
        "risk_level": record.risk,
        "policy": record.policy,
        "metrics": metrics(record),
        "measured": record.metrics,
    });
    for (key, value) in [
        ("correlation_id", asked.and_then(|asked| asked.correlation_id.as_ref())),
        ("traceparent", asked.and_then(|asked| asked.traceparent.as_ref())),
    ] {
        if let Some(value) = value {
            payload[key] = Value::from(value.as_str());
        }
    }
    let payload = payload.to_string();
    let message = |step: &str, subject: String| OutboxMessage {
        message_id: format!("{}:{step}", record.id),
        subject,
        payload: payload.clone(),
        experiment: Some(record.id),
    };
    let (step, by_id) =
        if is_merge { ("completed", EXPERIMENT_COMPLETED) } else { ("failed", EXPERIMENT_FAILED) };
    let mut messages = vec![message("result", EXPERIMENT_RESULT.name.to_owned())];
    if asked.is_some() {
        let by_id = by_id.of(&id).or_else(|| by_id.of(&record.id.to_string()));
        messages.extend(by_id.map(|subject| message(step, subject)));
    }
    messages
}

/// Plain numbers; what does not apply is null, and what was not measured is not there.
fn metrics(record: &ExperimentRecord) -> Map<String, Value> {
    let mut metrics: Map<String, Value> = record
        .metrics
        .0
        .iter()
        .map(|(metric, measured)| {
            let value = match measured {
                Measured::Value { value, .. } => json!(value),
                Measured::NotApplicable(_) => Value::Null,
            };
            (metric.as_str().to_owned(), value)
        })
        .collect();
    metrics.insert("runtime_ms".to_owned(), record.runtime_ms.into());
    metrics.insert("test_count".to_owned(), record.cases.into());
    metrics.insert("failures".to_owned(), record.cases_failed.into());
    metrics
}
