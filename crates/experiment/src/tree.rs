//! What an experiment's commits hold, and back. Deterministic fields only: no wall time, no host, no absolute path.
//!
//! | File | Step | Content |
//! |---|---|---|
//! | `template.json`, `parts/…`, `version.json` | all | the version: text, what it draws in, path, version and digest |
//! | `experiment.json`, `policy.toml`, `answers.json`, `guests/…`, `samples/…` | candidate | what a replay needs |
//! | `rendered/…` | rendered | each distinct rendering, and which cases gave it |
//! | `evidence.json` | evidence | everything that was measured |
//! | `verdict.json` | verdict | the decision with its reasons |

use std::collections::BTreeMap;
use std::sync::Arc;

use genesis_abi::{PromotedVersion, TemplateText};
use genesis_domain::{Digest, Evidence, ExperimentId, Risk, Seed, TemplateId, Verdict};
use genesis_history::Files;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ExperimentError;
use crate::measure::Rendered;
use crate::request::Request;

const TEMPLATE: &str = "template.json";
const PARTS: &str = "parts/";
const VERSION: &str = "version.json";
const EXPERIMENT: &str = "experiment.json";
const POLICY: &str = "policy.toml";
const ANSWERS: &str = "answers.json";
const GUESTS: &str = "guests/";
const SAMPLES: &str = "samples/";
const EVIDENCE: &str = "evidence.json";
const VERDICT: &str = "verdict.json";

/// Of which version of this layout a commit is.
const FORMAT: u32 = 1;

/// What identifies a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VersionFile {
    /// Path below the template root.
    pub(crate) path: String,
    /// The version as written.
    pub(crate) version: Option<String>,
    /// Digest of the content.
    pub(crate) digest: Digest,
}

/// Everything that an experiment's outcome depends on and that no other file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExperimentFile {
    pub(crate) format: u32,
    pub(crate) id: ExperimentId,
    pub(crate) created_at_ms: i64,
    pub(crate) instance: String,
    pub(crate) template: TemplateId,
    pub(crate) policy: String,
    pub(crate) profile: String,
    pub(crate) risk: Risk,
    pub(crate) seed: Seed,
    pub(crate) promoted: Vec<PromotedVersion>,
    pub(crate) guests: Vec<GuestFile>,
    pub(crate) promotes: bool,
    pub(crate) judged_again: u32,
}

/// A guest of the user's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GuestFile {
    pub(crate) name: String,
    pub(crate) required: bool,
}

/// The files of a version: the same on the template's branch and in an experiment.
pub(crate) fn version_files(text: &TemplateText, version: &VersionFile) -> Files {
    let mut files = Files::new();
    files.insert(TEMPLATE.to_owned(), bytes(text.text.as_bytes()));
    for (path, part) in &text.parts {
        files.insert(format!("{PARTS}{path}"), bytes(part.as_bytes()));
    }
    files.insert(VERSION.to_owned(), json(version));
    files
}

/// A version back from its files.
pub(crate) fn read_version(files: &Files) -> Result<(TemplateText, VersionFile), String> {
    let version: VersionFile = read_json(files, VERSION)?;
    let mut parts = BTreeMap::new();
    for (path, content) in files {
        if let Some(path) = path.strip_prefix(PARTS) {
            parts.insert(path.to_owned(), text(content, path)?);
        }
    }
    let template =
        TemplateText { path: version.path.clone(), text: text(file(files, TEMPLATE)?, TEMPLATE)?, parts };
    Ok((template, version))
}

/// What the candidate step adds to the version's files.
pub(crate) fn add_experiment(files: &mut Files, request: &Request, seed: Seed, judged_again: u32) {
    let experiment = ExperimentFile {
        format: FORMAT,
        id: request.id,
        created_at_ms: request.created_at_ms,
        instance: request.instance.clone(),
        template: request.template.clone(),
        policy: request.policy.name().to_owned(),
        profile: request.profile.as_str().to_owned(),
        risk: request.risk,
        seed,
        promoted: request.promoted.clone(),
        guests: request
            .guests
            .iter()
            .map(|guest| GuestFile { name: guest.name.clone(), required: guest.required })
            .collect(),
        promotes: request.promotes,
        judged_again,
    };
    files.insert(EXPERIMENT.to_owned(), json(&experiment));
    files.insert(POLICY.to_owned(), bytes(request.policy.canonical_text().as_bytes()));
    if !request.answers.is_empty() {
        files.insert(ANSWERS.to_owned(), json(&request.answers));
    }
    for guest in &request.guests {
        files.insert(format!("{GUESTS}{}.wasm", guest.name), bytes(&guest.wasm));
    }
    for (path, sample) in &request.samples {
        files.insert(format!("{SAMPLES}{path}"), bytes(sample.as_bytes()));
    }
}

/// What the rendered step adds: each distinct rendering in a folder of its own.
pub(crate) fn add_renderings(files: &mut Files, renderings: &[Rendered], case_names: &[&str]) {
    let mut index: Vec<Value> = Vec::new();
    for (number, rendered) in renderings.iter().enumerate() {
        let folder = format!("rendered/{:03}", number + 1);
        let names: Vec<&str> = rendered.cases.iter().map(|&case| case_names[case]).collect();
        index.push(serde_json::json!({ "folder": folder, "cases": names }));
        for (position, file) in rendered.rendering.files.iter().enumerate() {
            // Two rendered files may have one path; neither may hide the other.
            let mut path = format!("{folder}/{}", file.path);
            if files.contains_key(&path) {
                path = format!("{folder}/{}~{position}", file.path);
            }
            files.insert(path, bytes(file.text.as_bytes()));
        }
    }
    files.insert("rendered/cases.json".to_owned(), json(&index));
}

/// What the evidence step adds.
pub(crate) fn add_evidence(files: &mut Files, evidence: &Evidence) {
    files.insert(EVIDENCE.to_owned(), json(evidence));
}

/// What the verdict step adds.
pub(crate) fn add_verdict(files: &mut Files, verdict: &Verdict) {
    files.insert(VERDICT.to_owned(), json(verdict));
}

/// An experiment's own files, back from the files of its verdict step.
pub(crate) struct ReadBack {
    pub(crate) experiment: ExperimentFile,
    pub(crate) policy: String,
    pub(crate) answers: Vec<Map<String, Value>>,
    pub(crate) guests: BTreeMap<String, Vec<u8>>,
    pub(crate) samples: Vec<(String, String)>,
    pub(crate) evidence: Evidence,
    pub(crate) verdict: Verdict,
}

/// Reads an experiment back.
pub(crate) fn read_experiment(id: ExperimentId, files: &Files) -> Result<ReadBack, ExperimentError> {
    let unreadable = |what: String| ExperimentError::Unreadable { experiment: id.to_string(), what };
    let experiment: ExperimentFile = read_json(files, EXPERIMENT).map_err(unreadable)?;
    if experiment.format != FORMAT {
        return Err(unreadable(format!(
            "it is of format {}, this program reads format {FORMAT}",
            experiment.format
        )));
    }
    let answers =
        if files.contains_key(ANSWERS) { read_json(files, ANSWERS).map_err(unreadable)? } else { Vec::new() };
    let mut guests = BTreeMap::new();
    let mut samples = Vec::new();
    for (path, content) in files {
        if let Some(name) = path.strip_prefix(GUESTS).and_then(|path| path.strip_suffix(".wasm")) {
            guests.insert(name.to_owned(), content.to_vec());
        } else if let Some(name) = path.strip_prefix(SAMPLES) {
            samples.push((name.to_owned(), text(content, path).map_err(unreadable)?));
        }
    }
    Ok(ReadBack {
        policy: file(files, POLICY).and_then(|content| text(content, POLICY)).map_err(unreadable)?,
        evidence: read_json(files, EVIDENCE).map_err(unreadable)?,
        verdict: read_json(files, VERDICT).map_err(unreadable)?,
        experiment,
        answers,
        guests,
        samples,
    })
}

fn bytes(content: &[u8]) -> Arc<[u8]> {
    Arc::from(content)
}

/// Indented, so that `git diff` shows what changed, and with a final newline.
fn json<T: Serialize>(value: &T) -> Arc<[u8]> {
    let mut text = serde_json::to_vec_pretty(value).expect("these types have string keys only");
    text.push(b'\n');
    Arc::from(text)
}

fn file<'a>(files: &'a Files, path: &str) -> Result<&'a Arc<[u8]>, String> {
    files.get(path).ok_or_else(|| format!("`{path}` is missing"))
}

fn read_json<T: for<'de> Deserialize<'de>>(files: &Files, path: &str) -> Result<T, String> {
    serde_json::from_slice(file(files, path)?).map_err(|error| format!("`{path}` cannot be read: {error}"))
}

fn text(content: &[u8], path: &str) -> Result<String, String> {
    std::str::from_utf8(content).map(str::to_owned).map_err(|_| format!("`{path}` is not UTF-8"))
}
