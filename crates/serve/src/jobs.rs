//! Jobs that come by message: code that is looked at, without a template.

use std::sync::Arc;

use genesis_bus::{BusError, Delivery, Outgoing};
use genesis_domain::subject::{JOB_RESULT, JOB_RUN};
use genesis_domain::{Asked, JobRecord};
use genesis_experiment::{Answered, ExperimentError, Job, JobRequest};
use genesis_sandbox::Cancel;
use serde_json::{Map, Value, json};

use crate::broker::Broker;
use crate::request::{Refusal, opened};
use crate::worker::{Answer, Ended, Shared};

/// Who asks, when a request does not say.
const UNKNOWN: &str = "unknown";

/// Runs a job, or finds its reply, and sends that before the message counts as done.
pub(crate) async fn job(shared: &Arc<Shared>, broker: &Broker, delivery: &Delivery, asked: &Asked) -> Answer {
    let rules = shared.rules();
    let most = rules.policy.max().part_bytes.saturating_mul(2);
    if delivery.payload.len() as u64 > most {
        let reason = format!("the message has {} bytes, {most} are taken", delivery.payload.len());
        return Answer::Refused(Refusal::invalid(reason));
    }
    let request = match read(&delivery.payload) {
        Ok(request) => request,
        Err(refusal) => return Answer::Refused(refusal),
    };
    let cancel = Cancel::new();
    let running = {
        let (shared, request, cancel) = (Arc::clone(shared), request.clone(), cancel.clone());
        let rules = Arc::clone(&rules);
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            let begun = tokio::time::Instant::now();
            let clock = move || u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            let job = Job {
                request: &request,
                policy: &rules.policy,
                instance: UNKNOWN.to_owned(),
                created_at_ms: (shared.now_ms)(),
            };
            runtime.block_on(job.answer(&shared.runner, &shared.commits.ledger, &cancel, &clock))
        })
    };
    let (answered, ended) = shared.held(delivery, None, running, shared.timeout, &cancel).await;
    let (record, answer) = match answered {
        Ok(Ok(Answered::Run(record))) => (record, Answer::Recorded),
        Ok(Ok(Answered::Known(record))) => (record, Answer::Known),
        Ok(Ok(Answered::Conflict)) => {
            let reason = format!("another job has the id {:?}", request.id);
            return Answer::Refused(Refusal { code: "CONFLICT", reason });
        }
        Ok(Err(ExperimentError::Cancelled)) if ended == Ended::TimedOut => {
            let reason = format!("it was not done within {} ms", shared.timeout.as_millis());
            return Answer::Refused(Refusal { code: "TIMEOUT", reason });
        }
        Ok(Err(ExperimentError::Cancelled)) => return Answer::HandedBack,
        Ok(Err(ExperimentError::Request(why))) => return Answer::Refused(Refusal::invalid(why)),
        Ok(Err(error)) => return Answer::Later(error.to_string()),
        Err(error) => return Answer::Later(format!("a defect of the service ended it: {error}")),
    };
    match send(shared, broker, asked, &record).await {
        Ok(()) => answer,
        Err(BusError::Message(why)) => Answer::Refused(Refusal::invalid(why)),
        Err(error) => Answer::Later(error.to_string()),
    }
}

/// The job that a message asks for.
fn read(payload: &[u8]) -> Result<JobRequest, Refusal> {
    let text = std::str::from_utf8(payload)
        .map_err(|error| Refusal::invalid(format!("the message is not UTF-8: {error}")))?;
    let (_, inner) = opened(text, JOB_RUN)?;
    JobRequest::from_json(inner).map_err(|error| Refusal::invalid(error.to_string()))
}

/// By the broker that asked, and by no other.
async fn send(shared: &Shared, broker: &Broker, asked: &Asked, record: &JobRecord) -> Result<(), BusError> {
    let message_id = format!("job:{}", record.reply.request_id);
    let document = match serde_json::to_value(&record.reply) {
        Ok(Value::Object(document)) => document,
        Ok(_) => return Err(BusError::Message("the reply is no document".to_owned())),
        Err(error) => return Err(BusError::Message(error.to_string())),
    };
    let sent = publish(broker, asked, &message_id, record.created_at_ms, document).await;
    if sent.is_ok() { &shared.metrics.sent } else { &shared.metrics.unsent }.inc();
    sent
}

/// Says why there is no reply.
pub(crate) async fn refuse(
    broker: &Broker,
    delivery: &Delivery,
    asked: &Asked,
    refusal: &Refusal,
    at_ms: i64,
) -> Result<(), BusError> {
    let fields = [
        ("request_id", json!(asked.id)),
        ("status", json!("failed")),
        ("output", json!("")),
        ("error", json!(refusal.reason)),
        ("error_code", json!(refusal.code)),
        ("origin", json!(delivery.origin)),
    ];
    let document = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    publish(broker, asked, &format!("{}:refused", delivery.origin), at_ms, document).await
}

async fn publish(
    broker: &Broker,
    asked: &Asked,
    message_id: &str,
    at_ms: i64,
    document: Map<String, Value>,
) -> Result<(), BusError> {
    let payload = asked.answer(genesis_domain::Answer { message_id, kind: JOB_RESULT, at_ms, document });
    let traceparent = asked.traceparent.as_deref();
    let payload = payload.as_bytes();
    broker.publish(&Outgoing { subject: JOB_RESULT.name, id: message_id, traceparent, payload }).await
}
