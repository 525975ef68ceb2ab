//! An experiment.

use genesis_domain::{
    CaseRecord, CaseSide, CheckSpent, Decision, Effect, Experiment, Judged, Measured, Metric, RunRecord,
    RunShadow, Side, Term, VersionRef,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::code::CodeShape;
use super::shadow::ShadowShape;
use super::shape::{FindingShape, LimitHitShape, LimitsShape, OutcomeDetail, UsageShape};
use super::{FORMAT_VERSION, document};

/// One finished experiment.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ExperimentDocument<'a> {
    /// `genesis.experiment`.
    format: &'static str,
    /// Version of this format.
    format_version: u32,
    /// UUID.
    id: String,
    /// Milliseconds since the Unix epoch.
    created_at_ms: i64,
    /// What was decided, and why.
    verdict: VerdictShape<'a>,
    /// What became of the version in force.
    effect: EffectShape<'a>,
    /// What was compared, and by what.
    subject: SubjectShape<'a>,
    /// What there was to judge.
    plan: PlanShape<'a>,
    /// Every metric, whether it was measured or not.
    metrics: Vec<MetricShape>,
    /// What was found on the candidate.
    findings: Vec<FindingShape<'a>>,
    /// What was found on the baseline and is no longer there.
    removed_findings: Vec<FindingShape<'a>>,
    /// What was done with the code that was rendered, language by language.
    code: Vec<CodeShape<'a>>,
    /// The cases, in the plan's order.
    cases: Vec<CaseShape<'a>>,
    /// Every run, ordered by check, side and case.
    runs: Vec<RunShape<'a>>,
    /// What each check was allowed, and the most that one run used.
    checks: Vec<CheckShape<'a>>,
    /// The commits of its history in order; empty when nothing was recorded.
    commits: Vec<CommitShape<'a>>,
    /// Microseconds of wall time: measuring.
    measured_us: u64,
    /// Microseconds of wall time: recording.
    committed_us: u64,
}

/// What was decided, and why.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct VerdictShape<'a> {
    /// The decision.
    decision: DecisionShape,
    /// Why; never empty.
    reasons: Vec<ReasonShape<'a>>,
    /// What else there is to know.
    remarks: Vec<RemarkShape<'a>>,
}

/// What is to become of the candidate.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum DecisionShape {
    /// Into force.
    Merge,
    /// Into force, with something left to be mended.
    MergeWithAdaptations,
    /// Not into force.
    Rollback,
    /// Nothing can be said.
    Inconclusive,
}

/// Why the verdict is what it is.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ReasonShape<'a> {
    /// Name of the rule.
    rule: &'a str,
    /// Its words.
    text: &'a str,
    /// Its comparisons.
    terms: Vec<TermShape>,
}

/// One comparison.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TermShape {
    /// The metric's name.
    metric: &'static str,
    /// `<`, `<=`, `==`, `!=`, `>=` or `>`.
    operator: &'static str,
    /// What the metric is compared with.
    threshold: f64,
    /// What was measured.
    #[serde(flatten)]
    measured: MeasuredShape,
}

/// What was measured.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MeasuredShape {
    /// `measured`, `not_applicable` or `not_measured`.
    status: StatusShape,
    /// The value, when it was measured.
    value: Option<f64>,
    /// How many samples it rests on, when it was measured.
    samples: Option<u64>,
    /// Why it does not apply: `first_version`, `baseline_passes_nothing` or `nothing_rendered`.
    not_applicable: Option<&'static str>,
}

/// Whether there is a measurement.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum StatusShape {
    /// There is.
    Measured,
    /// There cannot be one.
    NotApplicable,
    /// There is none.
    NotMeasured,
}

/// Something that a reader of the verdict must know.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RemarkShape<'a> {
    /// Which.
    code: &'static str,
    /// For people.
    text: &'a str,
}

/// What became of the version in force.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EffectShape<'a> {
    /// `promoted`, `rolled_back`, `unchanged` or `not_recorded`.
    name: EffectName,
    /// The template's branch, when the candidate was promoted.
    branch: Option<&'a str>,
    /// The commit now in force, where it is known.
    commit: Option<&'a str>,
    /// Why nothing was promoted, rolled back or recorded.
    why: Option<&'a str>,
}

/// What became of the version in force.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum EffectName {
    /// The candidate is in force.
    Promoted,
    /// The candidate was refused.
    RolledBack,
    /// Recorded, and nothing more.
    Unchanged,
    /// Nothing was recorded.
    NotRecorded,
}

/// What was compared, and by what.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SubjectShape<'a> {
    /// The template's id.
    template: &'a str,
    /// The candidate's path as it was given.
    path: &'a str,
    /// The candidate.
    candidate: VersionShape<'a>,
    /// The version that it was compared with; null when there is none.
    baseline: Option<VersionShape<'a>>,
    /// Name of the policy.
    policy: &'a str,
    /// Digest of the policy as resolved.
    policy_digest: &'a str,
    /// Validator profile.
    profile: &'a str,
    /// Risk level: `low`, `medium` or `high`.
    risk: &'static str,
    /// Seed of the guests' randomness, as decimal text: it has 64 bits, more than some readers of JSON keep.
    seed: String,
    /// Fingerprint of the engine; fuel of two fingerprints is not comparable.
    engine: &'a str,
    /// The guests that were run.
    guests: Vec<GuestShape<'a>>,
}

/// One version of a template.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct VersionShape<'a> {
    /// Kind of template.
    kind: &'a str,
    /// Version as written; null when there is no readable one.
    version: Option<&'a str>,
    /// Digest of the content in canonical form.
    digest: &'a str,
}

/// A guest.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct GuestShape<'a> {
    /// Its name.
    name: &'a str,
    /// Digest of its module.
    digest: &'a str,
    /// Whether it is built into genesis.
    built_in: bool,
    /// Fingerprint of the engine that it ran on; null when it was not run, or by a version that did not say.
    engine: Option<&'a str>,
}

/// What there was to judge.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PlanShape<'a> {
    /// `rendered`, `prompts` or `validation_only`.
    judged: &'static str,
    /// Cases that the risk level asks for.
    cases_possible: u64,
    /// Cases that were run.
    cases_run: u64,
    /// How the cases were chosen, in words.
    selection: &'a str,
}

/// One metric.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct MetricShape {
    /// Its name.
    name: &'static str,
    /// What was measured.
    #[serde(flatten)]
    measured: MeasuredShape,
    /// What the policy's rules compare it with.
    thresholds: Vec<ThresholdShape>,
}

/// A comparison of the policy.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ThresholdShape {
    /// `<`, `<=`, `==`, `!=`, `>=` or `>`.
    operator: &'static str,
    /// What the metric is compared with.
    value: f64,
}

/// One case.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CaseShape<'a> {
    /// Its name.
    name: &'a str,
    /// Its answers.
    answers: &'a Map<String, Value>,
    /// How the candidate did.
    candidate: CaseSideShape<'a>,
    /// How the baseline did; null when there is none.
    baseline: Option<CaseSideShape<'a>>,
}

/// How one side did on a case.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CaseSideShape<'a> {
    /// Whether every check completed and found no error.
    passed: bool,
    /// Digest of what was rendered; null when nothing was.
    output: Option<&'a str>,
    /// Indices into `findings`; empty for the baseline.
    findings: &'a [u32],
}

/// One execution of one guest.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RunShape<'a> {
    /// Name of the check.
    check: &'a str,
    /// Digest of the guest's module.
    guest: &'a str,
    /// `candidate` or `baseline`.
    side: &'static str,
    /// Index into `cases`; null for a check of the template itself.
    case: Option<u32>,
    /// How the run ended: `completed`, `failed`, `trapped`, `out_of_fuel`, `timed_out`, `memory_exceeded`,
    /// `table_exceeded`, `stack_overflow`, `output_exceeded`, `host_call_exceeded`, `denied_import`, `invalid_module`,
    /// `module_too_complex` or `cancelled`.
    outcome: &'static str,
    /// What more there is to say of how it ended.
    detail: OutcomeDetail<'a>,
    /// The limits that it passed.
    limits_passed: Vec<LimitHitShape>,
    /// What it used.
    usage: UsageShape<'a>,
    /// Digest of its report; null when it gave none.
    report: Option<&'a str>,
    /// What it would have taken, when a budget ended it and this was the run that was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<ShadowShape<'a>>,
}

/// What a check was allowed and used.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CheckShape<'a> {
    /// Name of the check.
    check: &'a str,
    /// `candidate` or `baseline`.
    side: &'static str,
    /// Runs.
    runs: u64,
    /// What each run was allowed.
    limits: LimitsShape,
    /// Field by field the largest value over all runs.
    peak: UsageShape<'a>,
}

/// One step of the history.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CommitShape<'a> {
    /// The step.
    step: &'static str,
    /// Its commit.
    commit: &'a str,
}

/// The experiment for programs. `thresholds` are the comparisons of the policy's rules.
pub fn json(experiment: &Experiment, thresholds: &[Term]) -> String {
    document(&ExperimentDocument::of(experiment, thresholds))
}

impl<'a> ExperimentDocument<'a> {
    pub(super) fn of(experiment: &'a Experiment, thresholds: &[Term]) -> Self {
        let evidence = &experiment.evidence;
        let finding = |finding| FindingShape::of(finding, &experiment.candidate_path);
        Self {
            format: "genesis.experiment",
            format_version: FORMAT_VERSION,
            id: experiment.id.to_string(),
            created_at_ms: experiment.created_at_ms,
            verdict: VerdictShape::of(experiment),
            effect: EffectShape::of(&experiment.effect),
            subject: SubjectShape::of(experiment),
            plan: PlanShape {
                judged: match evidence.plan.judged {
                    Judged::Rendered => "rendered",
                    Judged::Prompts => "prompts",
                    Judged::ValidationOnly => "validation_only",
                },
                cases_possible: evidence.plan.cases_possible,
                cases_run: evidence.plan.cases_run,
                selection: &evidence.plan.selection,
            },
            metrics: MetricShape::all(experiment, thresholds),
            findings: evidence.findings.iter().map(finding).collect(),
            removed_findings: evidence.removed_findings.iter().map(finding).collect(),
            code: evidence.code.iter().map(CodeShape::of).collect(),
            cases: evidence.cases.iter().map(CaseShape::of).collect(),
            runs: evidence.runs.iter().map(|run| RunShape::of(run, &experiment.shadows)).collect(),
            checks: experiment.spent.iter().map(CheckShape::of).collect(),
            commits: experiment
                .commits
                .iter()
                .map(|step| CommitShape { step: step.step.as_str(), commit: step.commit.as_str() })
                .collect(),
            measured_us: experiment.measured_us,
            committed_us: experiment.committed_us,
        }
    }
}

impl MetricShape {
    /// Every metric, with the comparisons of the policy's rules.
    pub(super) fn all(experiment: &Experiment, thresholds: &[Term]) -> Vec<Self> {
        Metric::ALL
            .into_iter()
            .map(|metric| Self {
                name: metric.as_str(),
                measured: MeasuredShape::of(experiment.evidence.metrics.get(metric)),
                thresholds: thresholds
                    .iter()
                    .filter(|term| term.metric == metric)
                    .map(|term| ThresholdShape { operator: term.operator.as_str(), value: term.threshold })
                    .collect(),
            })
            .collect()
    }
}

impl DecisionShape {
    pub(super) fn of(decision: Decision) -> Self {
        match decision {
            Decision::Merge => Self::Merge,
            Decision::MergeWithAdaptations => Self::MergeWithAdaptations,
            Decision::Rollback => Self::Rollback,
            Decision::Inconclusive => Self::Inconclusive,
        }
    }
}

impl<'a> VerdictShape<'a> {
    pub(super) fn of(experiment: &'a Experiment) -> Self {
        let verdict = &experiment.verdict;
        Self {
            decision: DecisionShape::of(verdict.decision),
            reasons: verdict
                .reasons
                .iter()
                .map(|reason| ReasonShape {
                    rule: &reason.rule,
                    text: &reason.text,
                    terms: reason.terms.iter().map(TermShape::of).collect(),
                })
                .collect(),
            remarks: verdict
                .remarks
                .iter()
                .map(|remark| RemarkShape { code: remark.code.as_str(), text: &remark.text })
                .collect(),
        }
    }
}

impl TermShape {
    fn of(term: &Term) -> Self {
        Self {
            metric: term.metric.as_str(),
            operator: term.operator.as_str(),
            threshold: term.threshold,
            measured: MeasuredShape::of(term.measured),
        }
    }
}

impl MeasuredShape {
    fn of(measured: Option<Measured>) -> Self {
        let none =
            Self { status: StatusShape::NotMeasured, value: None, samples: None, not_applicable: None };
        match measured {
            // A value that JSON cannot hold was not measured, by the same rule as in deciding.
            Some(Measured::Value { value, samples }) if value.is_finite() => {
                Self { status: StatusShape::Measured, value: Some(value), samples: Some(samples), ..none }
            }
            Some(Measured::NotApplicable(reason)) => {
                Self { status: StatusShape::NotApplicable, not_applicable: Some(reason.as_str()), ..none }
            }
            _ => none,
        }
    }
}

impl<'a> EffectShape<'a> {
    fn of(effect: &'a Effect) -> Self {
        let none = Self { name: EffectName::Unchanged, branch: None, commit: None, why: None };
        match effect {
            Effect::Promoted { branch, commit } => Self {
                name: EffectName::Promoted,
                branch: Some(branch),
                commit: Some(commit.as_str()),
                why: None,
            },
            Effect::RolledBack { in_force } => {
                let commit = in_force.as_ref().map(genesis_domain::CommitId::as_str);
                Self { name: EffectName::RolledBack, commit, ..none }
            }
            Effect::Unchanged { why } => Self { why: Some(why), ..none },
            Effect::NotRecorded { why } => Self { name: EffectName::NotRecorded, why: Some(why), ..none },
        }
    }
}

impl<'a> SubjectShape<'a> {
    fn of(experiment: &'a Experiment) -> Self {
        let subject = &experiment.evidence.subject;
        Self {
            template: subject.template.as_str(),
            path: &experiment.candidate_path,
            candidate: VersionShape::of(&subject.candidate),
            baseline: subject.baseline.as_ref().map(VersionShape::of),
            policy: &subject.policy,
            policy_digest: subject.policy_digest.as_str(),
            profile: &subject.profile,
            risk: subject.risk.as_str(),
            seed: subject.seed.0.to_string(),
            engine: &subject.engine,
            guests: subject
                .guests
                .iter()
                .map(|guest| GuestShape {
                    name: &guest.name,
                    digest: guest.digest.as_str(),
                    built_in: guest.built_in,
                    engine: guest.engine.as_deref(),
                })
                .collect(),
        }
    }
}

impl<'a> VersionShape<'a> {
    fn of(version: &'a VersionRef) -> Self {
        Self { kind: &version.kind, version: version.version.as_deref(), digest: version.digest.as_str() }
    }
}

impl<'a> CaseShape<'a> {
    fn of(case: &'a CaseRecord) -> Self {
        Self {
            name: &case.name,
            answers: &case.answers,
            candidate: CaseSideShape::of(&case.candidate),
            baseline: case.baseline.as_ref().map(CaseSideShape::of),
        }
    }
}

impl<'a> CaseSideShape<'a> {
    fn of(side: &'a CaseSide) -> Self {
        Self {
            passed: side.passed,
            output: side.output.as_ref().map(genesis_domain::Digest::as_str),
            findings: &side.findings,
        }
    }
}

impl<'a> RunShape<'a> {
    fn of(run: &'a RunRecord, shadows: &'a [RunShadow]) -> Self {
        let of_run = |of: &&RunShadow| (&of.check, of.side, of.case) == (&run.check, run.side, run.case);
        Self {
            check: &run.check,
            guest: run.guest.as_str(),
            side: side(run.side),
            case: run.case,
            outcome: run.outcome.name(),
            detail: OutcomeDetail::of(&run.outcome),
            limits_passed: LimitHitShape::all(&run.outcome),
            usage: (&run.usage).into(),
            report: run.report.as_ref().map(genesis_domain::Digest::as_str),
            shadow: shadows.iter().find(of_run).map(|of| ShadowShape::of(&of.shadow)),
        }
    }
}

impl<'a> CheckShape<'a> {
    fn of(spent: &'a CheckSpent) -> Self {
        Self {
            check: &spent.check,
            side: side(spent.side),
            runs: spent.runs,
            limits: (&spent.limits).into(),
            peak: (&spent.peak).into(),
        }
    }
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Candidate => "candidate",
        Side::Baseline => "baseline",
    }
}
