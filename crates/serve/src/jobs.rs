//! Jobs that come by message: code that is looked at, without a template.

use std::sync::Arc;

use genesis_bus::{BusError, Delivery, Outgoing};
use genesis_domain::JobReply;
use genesis_domain::subject::JOB_RESULT;
use genesis_experiment::{Answered, ExperimentError, Job, JobRequest};
use genesis_sandbox::Cancel;

use crate::broker::Broker;
use crate::request::Refusal;
use crate::worker::{Answer, Ended, Shared};

/// Who asks, when a request does not say.
const UNKNOWN: &str = "unknown";

/// Runs a job, or finds its reply, and sends that before the message counts as done.
pub(crate) async fn job(shared: &Arc<Shared>, broker: &Broker, delivery: &Delivery) -> Answer {
    let rules = shared.rules();
    let most = rules.policy.max().part_bytes.saturating_mul(2);
    if delivery.payload.len() as u64 > most {
        let reason = format!("the message has {} bytes, {most} are taken", delivery.payload.len());
        return Answer::Refused(Refusal::invalid(reason));
    }
    let request = match std::str::from_utf8(&delivery.payload)
        .map_err(|error| format!("the message is not UTF-8: {error}"))
        .and_then(|text| JobRequest::from_json(text).map_err(|error| error.to_string()))
    {
        Ok(request) => request,
        Err(reason) => return Answer::Refused(Refusal::invalid(reason)),
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
    let (reply, answer) = match answered {
        Ok(Ok(Answered::Run(reply))) => (reply, Answer::Recorded),
        Ok(Ok(Answered::Known(reply))) => (reply, Answer::Known),
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
    match send(shared, broker, &request.id, &reply).await {
        Ok(()) => answer,
        Err(BusError::Message(why)) => Answer::Refused(Refusal::invalid(why)),
        Err(error) => Answer::Later(error.to_string()),
    }
}

/// By the broker that asked, and by no other.
async fn send(shared: &Shared, broker: &Broker, id: &str, reply: &JobReply) -> Result<(), BusError> {
    let payload = serde_json::to_vec(reply).map_err(|error| BusError::Message(error.to_string()))?;
    let message_id = format!("job:{id}");
    let sent =
        broker.publish(&Outgoing { subject: JOB_RESULT.name, id: &message_id, payload: &payload }).await;
    if sent.is_ok() { &shared.metrics.sent } else { &shared.metrics.unsent }.inc();
    sent
}

/// Says why there is no reply.
pub(crate) async fn refuse(
    broker: &Broker,
    delivery: &Delivery,
    id: Option<&str>,
    refusal: &Refusal,
) -> Result<(), BusError> {
    let payload = serde_json::json!({
        "request_id": id,
        "status": "failed",
        "output": "",
        "error": refusal.reason,
        "error_code": refusal.code,
        "origin": delivery.origin,
    });
    let message_id = format!("{}:refused", delivery.origin);
    let payload = payload.to_string();
    broker.publish(&Outgoing { subject: JOB_RESULT.name, id: &message_id, payload: payload.as_bytes() }).await
}
