//! Several templates under one verdict.

use genesis_domain::Decision;
use serde::Serialize;

use super::experiment::{DecisionShape, ExperimentDocument};
use super::shape::FindingShape;
use super::{FORMAT_VERSION, document};
use crate::told::{counts, told};
use crate::{Change, EntryResult, Gate, GateEntry};

/// Several templates under one verdict.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct GateDocument<'a> {
    /// `genesis.gate`.
    format: &'static str,
    /// Version of this format.
    format_version: u32,
    /// The one verdict; null when nothing was there to be judged.
    decision: Option<DecisionShape>,
    /// What the change starts from, such as a commit.
    base: Option<&'a str>,
    /// What the change leads to.
    head: Option<&'a str>,
    /// What was found in all templates together.
    summary: SummaryShape,
    /// The templates.
    templates: Vec<TemplateShape<'a>>,
    /// Findings that belong to no template.
    concerns: Vec<FindingShape<'a>>,
    /// Files that were passed over.
    skipped: Vec<SkippedShape<'a>>,
}

/// Counts over all templates, and the findings that belong to none.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct SummaryShape {
    /// Templates that were looked at.
    templates: u64,
    /// Templates that an experiment judged, by what was decided.
    decisions: DecisionCounts,
    /// Errors.
    errors: u64,
    /// Warnings.
    warnings: u64,
    /// Notes.
    notes: u64,
}

/// Templates by what was decided.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct DecisionCounts {
    /// Into force.
    merge: u64,
    /// Into force, with something left to be mended.
    merge_with_adaptations: u64,
    /// Not into force.
    rollback: u64,
    /// Nothing can be said.
    inconclusive: u64,
}

/// One template.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TemplateShape<'a> {
    /// Its path in the repository, or as it was given.
    path: &'a str,
    /// Why it is looked at.
    change: ChangeName,
    /// Where it was, when it was renamed; the file that was changed, when it is looked at because it takes that in.
    from: Option<&'a str>,
    /// What became of it.
    status: StatusName,
    /// What the policy decided; null unless it was judged.
    decision: Option<DecisionShape>,
    /// Whether the same content was judged before, and this is what was found then.
    cached: bool,
    /// Why it could not be read or looked at.
    error: Option<&'a str>,
    /// What was found in a template that was checked without an experiment; of one that was judged, the experiment has it.
    findings: Vec<FindingShape<'a>>,
    /// The experiment; null unless it was judged.
    experiment: Option<ExperimentDocument<'a>>,
}

/// Why a template is looked at.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum ChangeName {
    /// It was named on the command line.
    Named,
    /// The change adds it.
    Added,
    /// The change modifies it.
    Modified,
    /// The change moves it.
    Renamed,
    /// The change deletes it.
    Deleted,
    /// The change touches a file that it takes in.
    Through,
}

/// What became of a template.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum StatusName {
    /// An experiment judged it.
    Judged,
    /// It was validated without an experiment.
    Checked,
    /// It cannot be read as a template.
    Unreadable,
    /// The host failed.
    Failed,
    /// It is no longer there.
    Deleted,
}

/// A file that was passed over.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SkippedShape<'a> {
    /// Its path.
    path: &'a str,
    /// Why.
    why: &'a str,
}

/// A gate for programs.
pub fn json_gate(gate: &Gate<'_>) -> String {
    document(&GateDocument {
        format: "genesis.gate",
        format_version: FORMAT_VERSION,
        decision: gate.decision.map(DecisionShape::of),
        base: gate.base,
        head: gate.head,
        summary: SummaryShape::of(gate),
        templates: gate.entries.iter().map(TemplateShape::of).collect(),
        concerns: gate.concerns.iter().map(|finding| FindingShape::of(finding, ".")).collect(),
        skipped: gate
            .skipped
            .iter()
            .map(|skipped| SkippedShape { path: skipped.path, why: skipped.why })
            .collect(),
    })
}

impl SummaryShape {
    pub(super) fn of(gate: &Gate<'_>) -> Self {
        let [errors, warnings, notes] = counts(&told(gate, false)).map(|count| count as u64);
        let mut decisions = DecisionCounts::default();
        for entry in gate.entries {
            let EntryResult::Judged { experiment, .. } = entry.result else { continue };
            *match experiment.verdict.decision {
                Decision::Merge => &mut decisions.merge,
                Decision::MergeWithAdaptations => &mut decisions.merge_with_adaptations,
                Decision::Rollback => &mut decisions.rollback,
                Decision::Inconclusive => &mut decisions.inconclusive,
            } += 1;
        }
        Self { templates: gate.entries.len() as u64, decisions, errors, warnings, notes }
    }
}

impl<'a> TemplateShape<'a> {
    fn of(entry: &GateEntry<'a>) -> Self {
        let (change, from) = ChangeName::of(entry.change);
        let (status, error) = StatusName::of(&entry.result);
        let plain = Self {
            path: entry.path,
            change,
            from,
            status,
            decision: None,
            cached: false,
            error,
            findings: Vec::new(),
            experiment: None,
        };
        match entry.result {
            EntryResult::Judged { experiment, thresholds, cached } => Self {
                decision: Some(DecisionShape::of(experiment.verdict.decision)),
                cached,
                experiment: Some(ExperimentDocument::of(experiment, thresholds)),
                ..plain
            },
            EntryResult::Checked { findings, .. } => Self {
                findings: findings.iter().map(|finding| FindingShape::of(finding, entry.path)).collect(),
                ..plain
            },
            EntryResult::Unreadable { .. } | EntryResult::Failed { .. } | EntryResult::Deleted => plain,
        }
    }
}

impl ChangeName {
    /// The change, and the other path that it names.
    pub(super) fn of(change: Change<'_>) -> (Self, Option<&str>) {
        match change {
            Change::Named => (Self::Named, None),
            Change::Added => (Self::Added, None),
            Change::Modified => (Self::Modified, None),
            Change::Renamed { from } => (Self::Renamed, Some(from)),
            Change::Deleted => (Self::Deleted, None),
            Change::Through { path } => (Self::Through, Some(path)),
        }
    }
}

impl StatusName {
    /// The status, and the error that it comes with.
    pub(super) fn of<'a>(result: &EntryResult<'a>) -> (Self, Option<&'a str>) {
        match *result {
            EntryResult::Judged { .. } => (Self::Judged, None),
            EntryResult::Checked { .. } => (Self::Checked, None),
            EntryResult::Unreadable { error } => (Self::Unreadable, Some(error)),
            EntryResult::Failed { error } => (Self::Failed, Some(error)),
            EntryResult::Deleted => (Self::Deleted, None),
        }
    }
}
