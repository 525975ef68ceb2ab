//! Checking files without an experiment: each by itself in the sandbox, then the references between them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use genesis_abi::{
    ABI_VERSION, Finding, Input, Place, ReadCaps, Severity, Subject, TemplateText, ValidateInput,
};
use genesis_policy::Policy;
use genesis_sandbox::{Cancel, Guest};
use genesis_template::{Outline, Profile, ReferenceIndex};

use crate::ExperimentError;
use crate::codes::NOT_FINISHED;
use crate::measure::Progress;
use crate::plan::read_limits;
use crate::runner::Runner;

const VALIDATOR: &str = "validate-template";

/// A file that was checked.
#[derive(Debug, Clone)]
pub struct CheckedFile {
    /// Its path, as it was given.
    pub path: String,
    /// Texts that the findings point into: the file's own under the empty name, what it draws in under its path.
    pub sources: BTreeMap<String, String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Validates files, each with what it draws in, and the references between them.
///
/// # Errors
/// When the sandbox fails, or it was asked to stop.
pub fn check_files(
    files: &[(String, TemplateText)],
    profile: Profile,
    policy: &Policy,
    runner: &Runner,
    cancel: &Cancel,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<CheckedFile>, ExperimentError> {
    let guest = runner.built_in(VALIDATOR, policy.class_for(VALIDATOR))?;
    let total = files.len() as u64;
    let done = AtomicU64::new(0);
    let validated = runner.in_parallel(files.len(), |index| {
        let findings = validate(&files[index].1, profile, policy, runner, &guest, cancel);
        progress(Progress { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
        findings
    });
    if cancel.is_cancelled() {
        return Err(ExperimentError::Cancelled);
    }
    let mut checked = Vec::with_capacity(files.len());
    for ((path, text), findings) in files.iter().zip(validated) {
        let mut sources = text.parts.clone();
        sources.insert(String::new(), text.text.clone());
        checked.push(CheckedFile { path: path.clone(), sources, findings: findings? });
    }
    add_references(files, profile, policy, &mut checked);
    Ok(checked)
}

fn validate(
    text: &TemplateText,
    profile: Profile,
    policy: &Policy,
    runner: &Runner,
    guest: &Guest,
    cancel: &Cancel,
) -> Result<Vec<Finding>, ExperimentError> {
    let caps = read_limits(policy);
    let input = Input {
        abi: ABI_VERSION,
        read: Some(ReadCaps { bytes: caps.bytes as u64, depth: caps.depth as u64, nodes: caps.nodes as u64 }),
        subject: Subject::Template(ValidateInput {
            template: text.clone(),
            baseline: None,
            profile: profile.as_str().to_owned(),
            promoted: Vec::new(),
        }),
    };
    let bytes = serde_json::to_vec(&input).expect("an input holds no map with keys that are no strings");
    let run = runner.run(guest, &bytes, &policy.limits_for(VALIDATOR), 0, cancel)?;
    Ok(match run.report {
        Some(report) if run.outcome.is_completed() => report.findings,
        _ => vec![not_finished(&run.outcome)],
    })
}

fn not_finished(outcome: &genesis_abi::RunOutcome) -> Finding {
    let limit = outcome
        .limit_hit()
        .map(|hit| format!(" (the limit {} is {})", hit.limit, hit.value))
        .unwrap_or_default();
    Finding {
        severity: Severity::Error,
        code: NOT_FINISHED.to_owned(),
        message: format!("the validator did not finish: {}{limit}", outcome.name()),
        place: Place::default(),
        help: Some("raise the limit in [limits.guest.validate-template] of the policy".to_owned()),
        inherited: false,
    }
}

/// References are resolved among the files that are checked and what each of them draws in.
fn add_references(
    files: &[(String, TemplateText)],
    profile: Profile,
    policy: &Policy,
    checked: &mut [CheckedFile],
) {
    let limits = read_limits(policy);
    let outlines: Vec<(String, Option<Outline>)> = files
        .iter()
        .map(|(_, text)| (text.path.clone(), genesis_template::outline(text, &limits).ok()))
        .collect();
    let mut index = ReferenceIndex::default();
    for ((_, text), (path, outline)) in files.iter().zip(&outlines) {
        index.add(path, outline.as_ref());
        for part in text.parts.keys() {
            index.add(part, None);
        }
    }
    for (file, (_, text)) in checked.iter_mut().zip(files) {
        let references = genesis_template::references(text);
        for finding in genesis_template::resolve(&references, &index, profile) {
            if !file.findings.contains(&finding) {
                file.findings.push(finding);
            }
        }
    }
    let known: Vec<(String, Outline)> =
        outlines.into_iter().filter_map(|(path, outline)| Some((path, outline?))).collect();
    for (file, (_, text)) in checked.iter_mut().zip(files) {
        let is_registry = known
            .iter()
            .any(|(path, outline)| *path == text.path && outline.kind == genesis_template::Kind::Registry);
        if is_registry {
            file.findings.extend(genesis_template::registry_check(text, &known, profile));
        }
    }
    for finding in genesis_template::cross_check(&known, profile) {
        let about = finding.place.file.clone();
        let position = files.iter().position(|(_, text)| Some(&text.path) == about.as_ref());
        if let Some(position) = position {
            let mut finding = finding;
            finding.place.file = None;
            checked[position].findings.push(finding);
        }
    }
}
