//! The ledger made anew from git: everything but wall times and announcements is there.

use std::collections::BTreeSet;

use genesis_domain::{ExperimentId, ExperimentRecord, ExperimentStatus, PromotedRecord, Step, TemplateId};
use genesis_history::{StepEntry, VersionEntry};
use genesis_store::{Rebuild, Rebuilt};

use crate::ExperimentError;
use crate::commit::Commits;
use crate::tree;

/// Replaces the ledger's content by what the history says.
///
/// # Errors
/// [`ExperimentError::Request`] when the ledger has experiments in other repositories; when the history cannot be read, or
/// the ledger not be written. The ledger is unchanged then.
pub async fn rebuild_ledger(commits: &Commits, waiting: &dyn Fn()) -> Result<Rebuilt, ExperimentError> {
    let lock = commits.history.lock(waiting)?;
    let elsewhere = commits.ledger.refs_elsewhere().await?;
    if !elsewhere.is_empty() {
        let instances: BTreeSet<_> = elsewhere.values().map(|known| known.instance.as_str()).collect();
        let instances: Vec<_> = instances.into_iter().collect();
        return Err(ExperimentError::Request(format!(
            "the ledger has experiments in other repositories too ({}), which this one knows nothing of; made anew from it, \
             the ledger would lose them",
            instances.join(", ")
        )));
    }
    let mut found = Rebuild::default();
    for id in commits.history.experiments()? {
        found.experiments.push(record(commits, id)?);
    }
    found.experiments.sort_by_key(|record| (record.created_at_ms, record.id));
    for template in commits.history.templates()? {
        // The history lists the newest first.
        for entry in commits.history.versions(&template)?.into_iter().rev() {
            let at_ms = promoted_at(&entry, &found.experiments);
            let promoted = promoted(commits, &template, &entry, at_ms)?;
            found.promoted.push((template.clone(), promoted));
        }
    }
    let rebuilt = commits.ledger.rebuild(&found).await?;
    drop(lock);
    Ok(rebuilt)
}

fn record(commits: &Commits, id: ExperimentId) -> Result<ExperimentRecord, ExperimentError> {
    let steps = commits.history.steps(id)?;
    let unreadable =
        |what: &str| ExperimentError::Unreadable { experiment: id.to_string(), what: what.to_owned() };
    let verdict_step = steps
        .iter()
        .find(|entry| entry.step == Step::Verdict)
        .ok_or_else(|| unreadable("it has no verdict step"))?;
    let back = tree::read_experiment(id, &commits.history.files(&verdict_step.commit)?)?;
    let evidence = back.evidence;
    let merges = back.verdict.decision.merges();
    let reason = back.verdict.reasons.first();
    Ok(ExperimentRecord {
        id,
        instance: back.experiment.instance,
        template: back.experiment.template,
        version: evidence.subject.candidate.version.clone(),
        kind: Some(evidence.subject.candidate.kind.clone()),
        language: None,
        digest: evidence.subject.candidate.digest.clone(),
        status: if merges { ExperimentStatus::Success } else { ExperimentStatus::Failed },
        decision: back.verdict.decision,
        rationale: reason.map(|reason| format!("{}: {}", reason.rule, reason.text)).unwrap_or_default(),
        risk: back.experiment.risk,
        policy: back.experiment.policy,
        tip: steps.last().ok_or_else(|| unreadable("it has no steps"))?.commit.clone(),
        baseline: steps.first().and_then(|entry: &StepEntry| entry.parent.clone()),
        created_at_ms: back.experiment.created_at_ms,
        runtime_ms: 0,
        memory_peak_bytes: evidence.runs.iter().map(|run| run.usage.peak_memory_bytes).max().unwrap_or(0),
        cases: evidence.cases.len() as u64,
        cases_failed: evidence.cases.iter().filter(|case| !case.candidate.passed).count() as u64,
        metrics: evidence.metrics,
        detail: serde_json::json!({ "rebuilt": true }),
    })
}

fn promoted(
    commits: &Commits,
    template: &TemplateId,
    entry: &VersionEntry,
    at_ms: i64,
) -> Result<PromotedRecord, ExperimentError> {
    let (_, version) = tree::read_version(&commits.history.files(&entry.commit)?).map_err(|what| {
        ExperimentError::Unreadable { experiment: format!("commit {} of {template}", entry.commit), what }
    })?;
    Ok(PromotedRecord {
        version: version.version,
        digest: version.digest,
        commit: entry.commit.clone(),
        experiment: entry.experiment,
        at_ms,
    })
}

/// A commit's date has whole seconds; the experiment that promoted it knows milliseconds.
fn promoted_at(entry: &VersionEntry, experiments: &[ExperimentRecord]) -> i64 {
    entry
        .experiment
        .and_then(|id| experiments.iter().find(|record| record.id == id))
        .map_or(entry.time_s * 1000, |record| record.created_at_ms)
}
