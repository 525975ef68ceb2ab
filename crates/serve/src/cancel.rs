//! Experiments that are called off by message. That it was called off is noted in the ledger, where whoever runs the
//! experiment looks, in this process or another one.

use genesis_bus::Delivery;
use genesis_domain::ExperimentId;
use genesis_domain::subject::EXPERIMENT_CANCEL;
use genesis_store::CalledOff;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::request::{self, Refusal};
use crate::worker::{Answer, Shared};

/// Most bytes of a message that calls an experiment off.
const MOST_BYTES: usize = 64 << 10;
/// Most characters of a reason.
const MOST_REASON: usize = 1000;

/// What calls an experiment off: its request's own ids.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    experiment_id: String,
    instance_id: Option<String>,
    reason: Option<String>,
    #[serde(rename = "correlation_id")]
    _correlation_id: Option<IgnoredAny>,
    #[serde(rename = "requested_at")]
    _requested_at: Option<IgnoredAny>,
}

/// Notes that an experiment is called off.
pub(crate) async fn cancel(shared: &Shared, delivery: &Delivery) -> Answer {
    let (id, reason) = match read(&delivery.payload) {
        Ok(read) => read,
        Err(refusal) => return Answer::Refused(refusal),
    };
    match shared.commits.ledger.call_off(id, &reason, (shared.now_ms)()).await {
        Ok(CalledOff::Noted) => Answer::Recorded,
        Ok(CalledOff::TooLate) => Answer::Known,
        Err(error) => Answer::Later(error.to_string()),
    }
}

/// The experiment that a message calls off, and why.
fn read(payload: &[u8]) -> Result<(ExperimentId, String), Refusal> {
    if payload.len() > MOST_BYTES {
        return Err(Refusal::invalid(format!(
            "the message has {} bytes, {MOST_BYTES} are taken",
            payload.len()
        )));
    }
    let text = std::str::from_utf8(payload)
        .map_err(|error| Refusal::invalid(format!("the message is not UTF-8: {error}")))?;
    let (envelope, inner) = request::opened(text, EXPERIMENT_CANCEL)?;
    let fields: Fields = serde_json::from_str(inner)
        .map_err(|error| Refusal::invalid(format!("the message calls no experiment off: {error}")))?;
    request::check_id("experiment_id", &fields.experiment_id)?;
    let sender = fields.instance_id.or(envelope.and_then(|envelope| envelope.producer));
    let sender = sender.as_deref().unwrap_or(request::UNKNOWN_SENDER);
    let reason = fields.reason.unwrap_or_else(|| "no reason was given".to_owned());
    Ok((request::named(sender, &fields.experiment_id), reason.chars().take(MOST_REASON).collect()))
}

/// Why there is no result.
pub(crate) fn refusal(reason: &str) -> Refusal {
    Refusal { code: "CANCELLED", reason: format!("it was called off: {reason}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_a_request_name_its_experiment() {
        let bare =
            read(br#"{"experiment_id": "e-1", "instance_id": "singularity_1", "reason": "wrong file"}"#);
        let (id, reason) = bare.unwrap();
        assert_eq!(id, request::named("singularity_1", "e-1"));
        assert_eq!(reason, "wrong file");
        let enveloped = read(
            br#"{"schema_version": 1, "producer": "singularity_1", "payload": {"experiment_id": "e-1"}}"#,
        );
        assert_eq!(enveloped.unwrap(), (id, "no reason was given".to_owned()));
        assert_ne!(read(br#"{"experiment_id": "e-1"}"#).unwrap().0, id, "another sender's is another one");
    }

    #[test]
    fn what_names_no_experiment_is_refused() {
        for (message, why) in [
            ("{}", "missing field `experiment_id`"),
            ("[", "no experiment"),
            (r#"{"experiment_id": ""}"#, "is empty"),
            (r#"{"experiment_id": "e", "sender": "me"}"#, "unknown field `sender`"),
            (r#"{"schema_version": 9, "payload": {"experiment_id": "e"}}"#, "schema version"),
            (r#"{"type": "genesis.experiment.run", "schema_version": 1, "payload": {}}"#, "has type"),
        ] {
            let refusal = read(message.as_bytes()).unwrap_err();
            assert!(refusal.reason.contains(why), "{message}: {refusal}");
        }
        assert!(read(&vec![b' '; MOST_BYTES + 1]).is_err());
    }
}
