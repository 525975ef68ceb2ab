//! What is asked for by message: an envelope or a bare document, read as hostile input. Pure.

use std::collections::{BTreeMap, BTreeSet};

use genesis_abi::TemplateText;
use genesis_domain::subject::{EXPERIMENT_RUN, Subject};
use genesis_domain::{Asked, Digest, EnvelopeId, ExperimentId, Risk, TemplateId};
use genesis_experiment::LoadCaps;
use genesis_policy::Profile;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Names of experiments that come by message are made within this.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f0d_6c4e_95a2_5f35_9a51_8f0f_2b8a_77e1);

/// Room for everything in a message but the template and its parts.
const BESIDES_BYTES: u64 = 1 << 20;

/// Most characters of an id that a requester chooses.
const MOST_ID_CHARACTERS: usize = 256;

/// The versions of the envelope that are known, as they are written.
const SCHEMA_VERSIONS: [&str; 3] = ["1", "1.0", "1.0.0"];

/// Who asks, when a message does not say.
pub(crate) const UNKNOWN_SENDER: &str = "unknown";

/// An experiment that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRequest {
    /// The experiment: the same for the same sender and request.
    pub id: ExperimentId,
    /// Who asks, by its own word.
    pub sender: String,
    /// The sender's id of it, or where the message lay.
    pub key: String,
    /// What the answer carries.
    pub asked: Asked,
    /// The template's id, where one is given.
    pub template: Option<TemplateId>,
    /// The version that is given beside the template.
    pub version: Option<String>,
    /// The version that the sender believes to be in force.
    pub base_version: Option<String>,
    /// The candidate with its parts.
    pub candidate: TemplateText,
    /// Generated code that is checked besides: path and text.
    pub samples: Vec<(String, String)>,
    /// Recorded answer sets.
    pub answers: Vec<Map<String, Value>>,
    /// Risk level that is asked for.
    pub risk: Option<Risk>,
    /// Profile that is asked for.
    pub profile: Option<Profile>,
    /// Milliseconds after which it is to be given up.
    pub timeout_ms: Option<u64>,
    /// Digest of all that was asked.
    pub digest: Digest,
}

/// Why a message is no request that can be met. Sending it again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct Refusal {
    /// A stable word: `INVALID_REQUEST`, `CONFLICT`, ...
    pub code: &'static str,
    /// What is wrong.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self { code: "INVALID_REQUEST", reason: reason.into() }
    }
}

/// The standard envelope. Unknown fields of it are for others.
#[derive(Deserialize)]
pub(crate) struct Envelope<'a> {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    schema_version: Option<Value>,
    pub(crate) producer: Option<String>,
    correlation_id: Option<String>,
    traceparent: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// The request itself. What is of no use here and known all the same is read over; anything else is refused, because a
/// misspelt field would otherwise change nothing without a word.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    experiment_id: Option<String>,
    instance_id: Option<String>,
    correlation_id: Option<String>,
    traceparent: Option<String>,
    template_id: Option<String>,
    version: Option<String>,
    base_version: Option<String>,
    #[serde(borrow)]
    template: Option<&'a RawValue>,
    path: Option<String>,
    #[serde(default)]
    parts: BTreeMap<String, String>,
    #[serde(default)]
    samples: Vec<Sample>,
    #[serde(default)]
    answers: Vec<Map<String, Value>>,
    risk_level: Option<Risk>,
    profile: Option<String>,
    timeout_ms: Option<u64>,
    #[serde(rename = "requested_at")]
    _requested_at: Option<IgnoredAny>,
    #[serde(rename = "experiment_type")]
    _experiment_type: Option<IgnoredAny>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "estimated_impact")]
    _estimated_impact: Option<IgnoredAny>,
    #[serde(rename = "changes")]
    changes: Option<IgnoredAny>,
    #[serde(rename = "rollback_plan")]
    _rollback_plan: Option<IgnoredAny>,
    #[serde(rename = "metrics")]
    _metrics: Option<IgnoredAny>,
    #[serde(rename = "timestamp")]
    _timestamp: Option<IgnoredAny>,
    #[serde(rename = "payload")]
    _payload: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    path: String,
    text: String,
}

/// How a message came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Came<'a> {
    /// What was sent.
    pub(crate) payload: &'a [u8],
    /// The id in the broker's own header.
    pub(crate) message_id: Option<&'a str>,
    /// Where it lay.
    pub(crate) origin: &'a str,
    /// The trace that its answers belong to, instead of the one that it names itself.
    pub(crate) traceparent: Option<&'a str>,
}

impl RunRequest {
    /// Reads a message within the policy's caps.
    pub(crate) fn read(came: Came<'_>, caps: &LoadCaps) -> Result<Self, Refusal> {
        let most = caps.template_bytes.saturating_add(caps.total_part_bytes).saturating_add(BESIDES_BYTES);
        if came.payload.len() as u64 > most {
            return Err(Refusal::invalid(format!(
                "the message has {} bytes, the policy allows {most}",
                came.payload.len()
            )));
        }
        let text = std::str::from_utf8(came.payload)
            .map_err(|error| Refusal::invalid(format!("the message is not UTF-8: {error}")))?;
        let (envelope, inner) = opened(text, EXPERIMENT_RUN)?;
        let fields: Fields<'_> = serde_json::from_str(inner)
            .map_err(|error| Refusal::invalid(format!("the message is no request: {error}")))?;
        fields.into_request(came, envelope, caps)
    }
}

impl Fields<'_> {
    fn into_request(
        self,
        came: Came<'_>,
        envelope: Option<Envelope<'_>>,
        caps: &LoadCaps,
    ) -> Result<RunRequest, Refusal> {
        let candidate = self.candidate(caps)?;
        let enveloped = envelope.as_ref().map(|envelope| EnvelopeId(envelope.id.clone()));
        let envelope = envelope.unwrap_or_else(Envelope::none);
        let own_id = self.experiment_id.or(envelope.id).or_else(|| came.message_id.map(str::to_owned));
        for (name, id) in [("experiment_id", &own_id), ("instance_id", &self.instance_id)] {
            id.as_ref().map_or(Ok(()), |id| check_id(name, id))?;
        }
        let sender = self.instance_id.or(envelope.producer).unwrap_or_else(|| UNKNOWN_SENDER.to_owned());
        let template = self
            .template_id
            .as_deref()
            .map(TemplateId::new)
            .transpose()
            .map_err(|error| Refusal::invalid(error.to_string()))?;
        let profile = self
            .profile
            .as_deref()
            .map(|name| {
                name.parse().map_err(|()| {
                    Refusal::invalid(format!("`{name}` is no profile; there are legacy, standard and strict"))
                })
            })
            .transpose()?;
        let samples = samples(self.samples, caps)?;
        // Queues lie in a database that orders keys and drops blanks: what means the same is the same, by whichever broker.
        let asked_for = serde_json::json!([
            self.template_id,
            self.version,
            self.base_version,
            candidate.path,
            genesis_template::content_digest(&candidate),
            samples,
            meaning(&self.answers),
            self.risk_level,
            self.profile,
        ]);
        let digest = Digest::of(asked_for.to_string().as_bytes());
        let key = own_id.clone().unwrap_or_else(|| came.origin.to_owned());
        let id = match &own_id {
            Some(id) => named(&sender, id),
            // A broker that was set up anew counts from the beginning again.
            None => experiment_of(&format!("origin\0{}\0{digest}", came.origin)),
        };
        Ok(RunRequest {
            id,
            sender,
            key,
            asked: Asked {
                id: own_id,
                correlation_id: self.correlation_id.or(envelope.correlation_id),
                traceparent: came
                    .traceparent
                    .map(str::to_owned)
                    .or(envelope.traceparent)
                    .or(self.traceparent),
                envelope: enveloped,
            },
            template,
            version: self.version,
            base_version: self.base_version,
            candidate,
            samples,
            answers: self.answers,
            risk: self.risk_level,
            profile,
            timeout_ms: self.timeout_ms,
            digest,
        })
    }

    fn candidate(&self, caps: &LoadCaps) -> Result<TemplateText, Refusal> {
        let Some(template) = self.template.map(RawValue::get) else {
            let why = if self.changes.is_some() {
                "it has `changes`, and no `template` that could be judged"
            } else {
                "it has no `template`"
            };
            return Err(Refusal::invalid(why));
        };
        // As an object it is the template's own text, byte for byte; as text it may also be what is no JSON at all.
        let text = match template.bytes().next() {
            Some(b'{') => template.to_owned(),
            Some(b'"') => {
                serde_json::from_str(template).map_err(|error| Refusal::invalid(error.to_string()))?
            }
            _ => return Err(Refusal::invalid("`template` is neither an object nor text")),
        };
        let too_large = |what: &str, bytes: u64, most: u64, key: &str| {
            Refusal::invalid(format!(
                "{what} has {bytes} bytes, the policy allows {most} (key `{key}` in [max])"
            ))
        };
        if text.len() as u64 > caps.template_bytes {
            return Err(too_large("the template", text.len() as u64, caps.template_bytes, "template_bytes"));
        }
        let path = confined(self.path.as_deref().unwrap_or("template.json"))?;
        if self.parts.len() > caps.parts {
            return Err(Refusal::invalid(format!(
                "there are {} parts, the policy allows {} (key `parts` in [max])",
                self.parts.len(),
                caps.parts
            )));
        }
        let mut parts = BTreeMap::new();
        let mut total = 0;
        for (part, text) in &self.parts {
            let bytes = text.len() as u64;
            total += bytes;
            if bytes > caps.part_bytes {
                return Err(too_large(&format!("the part {part:?}"), bytes, caps.part_bytes, "part_bytes"));
            }
            if parts.insert(confined(part)?, text.clone()).is_some() {
                return Err(Refusal::invalid(format!("two parts have the path {part:?}")));
            }
        }
        if total > caps.total_part_bytes {
            return Err(too_large("all parts together", total, caps.total_part_bytes, "total_part_bytes"));
        }
        Ok(TemplateText { path, text, parts })
    }
}

impl Envelope<'_> {
    fn none() -> Self {
        Self {
            id: None,
            kind: None,
            schema_version: None,
            producer: None,
            correlation_id: None,
            traceparent: None,
            payload: None,
        }
    }
}

/// The experiment of a request that has an id of its own.
pub(crate) fn named(sender: &str, id: &str) -> ExperimentId {
    experiment_of(&format!("id\0{sender}\0{id}"))
}

fn experiment_of(name: &str) -> ExperimentId {
    ExperimentId::new(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
}

pub(crate) fn check_id(name: &str, id: &str) -> Result<(), Refusal> {
    if id.is_empty() || id.chars().count() > MOST_ID_CHARACTERS {
        return Err(Refusal::invalid(format!(
            "{name} is empty or has more than {MOST_ID_CHARACTERS} characters"
        )));
    }
    Ok(())
}

/// A message's envelope, when it has one, and the document itself.
pub(crate) fn opened(text: &str, subject: Subject) -> Result<(Option<Envelope<'_>>, &str), Refusal> {
    let envelope = envelope(text, subject)?;
    let inner = envelope.as_ref().and_then(|envelope| envelope.payload).map_or(text, RawValue::get);
    Ok((envelope, inner))
}

/// The envelope, when there is one: a document that says its type and has a payload, or names a version.
fn envelope(text: &str, subject: Subject) -> Result<Option<Envelope<'_>>, Refusal> {
    let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(text) else { return Ok(None) };
    if envelope.schema_version.is_none() && (envelope.kind.is_none() || envelope.payload.is_none()) {
        return Ok(None);
    }
    let version = match &envelope.schema_version {
        Some(Value::String(version)) => version.clone(),
        Some(version) => version.to_string(),
        None => "1".to_owned(),
    };
    if !SCHEMA_VERSIONS.contains(&version.as_str()) {
        return Err(Refusal::invalid(format!(
            "the envelope has schema version {version:?}; version 1 is known"
        )));
    }
    if let Some(kind) = envelope.kind.as_deref().filter(|kind| !subject.names().any(|name| name == *kind)) {
        return Err(Refusal::invalid(format!("the envelope has type {kind:?}, not {:?}", subject.name)));
    }
    if envelope.payload.is_none() {
        return Err(Refusal::invalid("the envelope has no payload"));
    }
    Ok(Some(envelope))
}

/// Answers by what they mean, whatever the order of their keys.
fn meaning(answers: &[Map<String, Value>]) -> String {
    let text = serde_json::json!(answers).to_string();
    genesis_template::content_digest(&TemplateText { path: String::new(), text, parts: BTreeMap::new() })
}

fn samples(given: Vec<Sample>, caps: &LoadCaps) -> Result<Vec<(String, String)>, Refusal> {
    if given.len() > caps.parts || given.iter().any(|sample| sample.text.len() as u64 > caps.part_bytes) {
        return Err(Refusal::invalid(format!(
            "there may be {} samples of {} bytes (keys `parts` and `part_bytes` in [max])",
            caps.parts, caps.part_bytes
        )));
    }
    let mut paths = BTreeSet::new();
    given
        .into_iter()
        .map(|Sample { path, text }| {
            let path = confined(&path)?;
            if !paths.insert(path.clone()) {
                return Err(Refusal::invalid(format!("two samples have the path {path:?}")));
            }
            Ok((path, text))
        })
        .collect()
}

fn confined(path: &str) -> Result<String, Refusal> {
    genesis_template::confined(path).map_err(|error| Refusal::invalid(format!("the path {path:?}: {error}")))
}

#[cfg(test)]
mod tests;
