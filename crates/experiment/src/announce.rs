//! What is announced of an experiment that is recorded.

use genesis_domain::subject::{EXPERIMENT_COMPLETED, EXPERIMENT_FAILED, EXPERIMENT_RESULT, Subject};
use genesis_domain::{Answer, Asked, ExperimentRecord, ExperimentStatus, Measured, OutboxMessage};
use serde_json::{Map, Value, json};

/// The result; for whoever asked also the same by its id, so that one can wait for one experiment alone.
pub fn announcements(record: &ExperimentRecord, asked: Option<&Asked>) -> Vec<OutboxMessage> {
    let id = asked.and_then(|asked| asked.id.clone()).unwrap_or_else(|| record.id.to_string());
    let is_merge = record.status == ExperimentStatus::Success;
    let document = document(record, &id, is_merge);
    let nobody = Asked::default();
    let message = |step: &str, kind: Subject, subject: String| {
        let message_id = format!("{}:{step}", record.id);
        let at_ms = record.created_at_ms;
        let answer = Answer { message_id: &message_id, kind, at_ms, document: document.clone() };
        let payload = asked.unwrap_or(&nobody).answer(answer);
        OutboxMessage { message_id, subject, payload, experiment: Some(record.id) }
    };
    let (step, by_id) =
        if is_merge { ("completed", EXPERIMENT_COMPLETED) } else { ("failed", EXPERIMENT_FAILED) };
    let mut messages = vec![message("result", EXPERIMENT_RESULT, EXPERIMENT_RESULT.name.to_owned())];
    if asked.is_some() {
        let subject = by_id.of(&id).or_else(|| by_id.of(&record.id.to_string()));
        messages.extend(subject.map(|subject| message(step, by_id, subject)));
    }
    messages
}

fn document(record: &ExperimentRecord, id: &str, is_merge: bool) -> Map<String, Value> {
    let fields = [
        ("experiment_id", json!(id)),
        ("genesis_id", json!(record.id)),
        ("instance_id", json!(record.instance)),
        ("status", json!(if is_merge { "success" } else { "failure" })),
        ("recommendation", json!(record.decision)),
        ("reason", json!(record.rationale)),
        ("template_id", json!(record.template)),
        ("version", json!(record.version)),
        ("risk_level", json!(record.risk)),
        ("policy", json!(record.policy)),
        ("metrics", json!(metrics(record))),
        ("measured", json!(record.metrics)),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
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
