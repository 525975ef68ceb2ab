//! The envelope around a message: who sends it, when, and which message it answers.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::subject::Subject;

/// The version that is written.
const SCHEMA_VERSION: &str = "1.0";
/// Who sends what is written.
const PRODUCER: &str = "genesis";
/// Ids of envelopes are made within this, from the ids of messages: one that is sent again says the same.
const NAMESPACE: Uuid = Uuid::from_u128(0x8d1c_0a57_4f3e_5b60_9e0d_2c1f_77a4_3b19);
/// Most bytes of an id that is given back.
const MOST_ID_BYTES: usize = 256;

/// What ties an answer to the message that asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The requester's own id.
    pub id: Option<String>,
    /// Given back as it came.
    pub correlation_id: Option<String>,
    /// Given back as it came, or the one that leads on from it.
    pub traceparent: Option<String>,
    /// The envelope that it came in; its answers come in one as well.
    pub envelope: Option<EnvelopeId>,
}

/// The id of an envelope, when it has one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvelopeId(pub Option<String>);

/// An answer's document and what its envelope says of it.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    /// The id of the message.
    pub message_id: &'a str,
    /// What kind of document it is: the subject whose shape it has.
    pub kind: Subject,
    /// Milliseconds since the Unix epoch: when what it tells of happened.
    pub at_ms: i64,
    /// The fields.
    pub document: Map<String, Value>,
}

/// What a message says of itself, whatever else is in it.
#[derive(Default, Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    experiment_id: Option<&'a RawValue>,
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
    #[serde(borrow)]
    job_id: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    correlation_id: Option<&'a RawValue>,
    #[serde(borrow)]
    traceparent: Option<&'a RawValue>,
    #[serde(borrow)]
    schema_version: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl Asked {
    /// What can be told of a message, even of one that cannot be met: nothing where it is no JSON object.
    pub fn of(payload: &[u8]) -> Self {
        let message: Told<'_> = serde_json::from_slice(payload).unwrap_or_default();
        let inner: Told<'_> =
            message.payload.and_then(|payload| serde_json::from_str(payload.get()).ok()).unwrap_or_default();
        let is_enveloped =
            message.payload.is_some() && (message.schema_version.is_some() || message.kind.is_some());
        Self {
            id: inner.own_id().or_else(|| message.own_id()),
            correlation_id: text(inner.correlation_id).or_else(|| text(message.correlation_id)),
            traceparent: text(message.traceparent).or_else(|| text(inner.traceparent)),
            envelope: is_enveloped.then(|| EnvelopeId(text(message.id))),
        }
    }

    /// The text of an answer: its document with what ties it to the question, in an envelope when that came in one.
    pub fn answer(&self, answer: Answer<'_>) -> String {
        let Answer { message_id, kind, at_ms, mut document } = answer;
        for (key, value) in [("correlation_id", &self.correlation_id), ("traceparent", &self.traceparent)] {
            if let Some(value) = value {
                document.insert(key.to_owned(), Value::from(value.as_str()));
            }
        }
        let Some(EnvelopeId(causation)) = &self.envelope else { return Value::Object(document).to_string() };
        let mut envelope = json!({
            "id": Uuid::new_v5(&NAMESPACE, message_id.as_bytes()),
            "type": kind.name.trim_end_matches(".*"),
            "schema_version": SCHEMA_VERSION,
            "producer": PRODUCER,
            "occurred_at": rfc3339(at_ms),
            "payload": document,
        });
        for (key, value) in [
            ("correlation_id", &self.correlation_id),
            ("causation_id", causation),
            ("traceparent", &self.traceparent),
        ] {
            if let Some(value) = value {
                envelope[key] = Value::from(value.as_str());
            }
        }
        envelope.to_string()
    }
}

impl Told<'_> {
    fn own_id(&self) -> Option<String> {
        [self.experiment_id, self.request_id, self.job_id, self.id].into_iter().find_map(text)
    }
}

fn text(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok().filter(|text: &String| text.len() <= MOST_ID_BYTES)
}

/// A time as text, in UTC: `1970-01-01T00:00:00Z`. What no calendar has stays a number.
pub fn rfc3339(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::{EXPERIMENT_COMPLETED, EXPERIMENT_RESULT};

    fn answered(asked: &Asked, message_id: &str, kind: Subject) -> Value {
        let document = Map::from_iter([("status".to_owned(), json!("success"))]);
        let text = asked.answer(Answer { message_id, kind, at_ms: 1_500, document });
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_bare_question_has_a_bare_answer() {
        let asked = Asked::of(br#"{"experiment_id": "e", "correlation_id": "c", "type": "x", "id": 7}"#);
        assert_eq!((asked.id.as_deref(), &asked.envelope), (Some("e"), &None));
        let answer = answered(&asked, "m", EXPERIMENT_RESULT);
        assert_eq!(answer, json!({ "status": "success", "correlation_id": "c" }));
    }

    #[test]
    fn a_question_in_an_envelope_has_its_answer_in_one_that_names_it() {
        let asked = Asked::of(
            br#"{"id": "q", "type": "genesis.experiment.run", "schema_version": 1, "correlation_id": "c",
                 "traceparent": "t", "payload": {"experiment_id": "e"}}"#,
        );
        assert_eq!((asked.id.as_deref(), asked.correlation_id.as_deref()), (Some("e"), Some("c")));
        let answer = answered(&asked, "m", EXPERIMENT_COMPLETED);
        let expected = json!({
            "id": answer["id"],
            "type": "genesis.experiment.completed",
            "schema_version": "1.0",
            "producer": "genesis",
            "occurred_at": "1970-01-01T00:00:01.5Z",
            "correlation_id": "c",
            "causation_id": "q",
            "traceparent": "t",
            "payload": { "status": "success", "correlation_id": "c", "traceparent": "t" },
        });
        assert_eq!(answer, expected);
        let id = |message_id: &str| answered(&asked, message_id, EXPERIMENT_RESULT)["id"].clone();
        assert!(answer["id"].as_str().unwrap().parse::<Uuid>().is_ok());
        assert_eq!(id("m"), answer["id"], "the same message says the same");
        assert_ne!(id("n"), answer["id"]);
    }

    #[test]
    fn an_envelope_without_an_id_is_one_all_the_same() {
        let asked = Asked::of(br#"{"schema_version": 9, "payload": {"id": "j", "correlation_id": "own"}}"#);
        assert_eq!((asked.id.as_deref(), &asked.envelope), (Some("j"), &Some(EnvelopeId(None))));
        let answer = answered(&asked, "m", EXPERIMENT_RESULT);
        assert_eq!(
            (&answer["correlation_id"], &answer["payload"]["status"]),
            (&json!("own"), &json!("success"))
        );
        assert!(answer.get("causation_id").is_none());
    }

    #[test]
    fn of_what_cannot_be_read_nothing_is_told() {
        for payload in ["nonsense", "[1]", "null", "", r#"{"id": {"a": 1}}"#, r#"{"payload": [["#] {
            assert_eq!(Asked::of(payload.as_bytes()), Asked::default(), "{payload}");
        }
        let long = format!(r#"{{"id": "{}", "experiment_id": "x"}}"#, "x".repeat(1 << 16));
        assert_eq!(Asked::of(long.as_bytes()).id.as_deref(), Some("x"));
    }
}
