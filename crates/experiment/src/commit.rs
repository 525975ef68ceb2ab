//! One experiment from request to record. The order of commit is the crate's first invariant:
//!
//! 1. git objects are written, and synced when durable; no ref moves
//! 2. one SQL transaction: the experiment, its announcements, and for a promotion the compare-and-swap of the version
//!    in force. SQL is the arbiter: who loses it is judged again against the new version
//! 3. refs are set to what SQL says, and noted as set
//!
//! A process that dies in between leaves nothing half done: before 2 nothing happened, after 2 recovery does 3.

use genesis_domain::{
    Asked, CommitId, Effect, Experiment, ExperimentRecord, ExperimentStatus, Head, Measured, Metric,
    Promotion, RefUpdate, RunShadow, Step, StepCommit, Trailer, Verdict,
};
use genesis_history::{BranchCommit, ExperimentCommits, Files, History, StepTree, Written, template_ref};
use genesis_sandbox::Cancel;
use genesis_store::Ledger;

use crate::ExperimentError;
use crate::judge::judge;
use crate::measure::{Measurement, Progress, measure};
use crate::part::{Part, Watch, begin};
use crate::plan::{Plan, plan};
use crate::record::{Prepared, Recorded, Recorder};
use crate::request::{Baseline, BaselineOrigin, Request};
use crate::runner::Runner;
use crate::shadow::shadows;
use crate::tree::{self, VersionFile};

/// How often a candidate is judged again because another one came into force meanwhile.
const MOST_TRIES: u32 = 5;

/// Where experiments are recorded.
#[derive(Debug, Clone)]
pub struct Commits {
    /// The git history.
    pub history: History,
    /// The ledger.
    pub ledger: Ledger,
}

/// The points between which a process can die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitPoint {
    /// Everything is measured and judged, nothing is written.
    Judged,
    /// Objects are written, no ref moved.
    ObjectsWritten,
    /// The transaction is committed.
    LedgerCommitted,
    /// The refs are set, not yet noted as set.
    RefsSet,
    /// All done.
    Recorded,
}

impl CommitPoint {
    /// All points, in order.
    pub const ALL: [Self; 5] =
        [Self::Judged, Self::ObjectsWritten, Self::LedgerCommitted, Self::RefsSet, Self::Recorded];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Judged => "judged",
            Self::ObjectsWritten => "objects-written",
            Self::LedgerCommitted => "ledger-committed",
            Self::RefsSet => "refs-set",
            Self::Recorded => "recorded",
        }
    }
}

/// What the caller wants to hear, and gives because this crate has no clock.
pub struct Hooks<'a> {
    /// Told how far measuring has come; from many threads.
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// Told each point of commit as it is reached.
    pub reached: &'a dyn Fn(CommitPoint),
    /// Told once when another process holds the history's lock.
    pub waiting: &'a dyn Fn(),
    /// Microseconds since some fixed point.
    pub clock_us: &'a dyn Fn() -> u64,
    /// Told each part as it begins and ends, if anybody wants to know.
    pub watch: Option<Watch<'a>>,
}

/// Carries an experiment out, and records it when `commits` is given.
///
/// # Errors
/// [`ExperimentError`]; nothing is recorded then, unless the error says that the history could not follow the ledger,
/// which the next start mends.
pub async fn run(
    request: Request,
    runner: &Runner,
    commits: Option<&Commits>,
    cancel: &Cancel,
    hooks: &Hooks<'_>,
) -> Result<Experiment, ExperimentError> {
    let Some(commits) = commits else {
        let experiment = dry_run(&request, runner, cancel, hooks.progress, hooks.clock_us)?;
        (hooks.reached)(CommitPoint::Judged);
        return Ok(experiment);
    };
    let alone = async |prepared| {
        let mut recorder = Recorder::new(commits.clone());
        recorder.record(&[prepared], hooks.reached, hooks.waiting).await.remove(0)
    };
    run_recorded(request, None, runner, commits, alone, cancel, hooks).await
}

/// As [`run`], for somebody whose ids the announcements carry, and recorded by `record`, which may do so for many at once.
///
/// # Errors
/// As [`run`].
pub async fn run_recorded(
    mut request: Request,
    asked: Option<&Asked>,
    runner: &Runner,
    commits: &Commits,
    record: impl AsyncFn(Prepared) -> Recorded,
    cancel: &Cancel,
    hooks: &Hooks<'_>,
) -> Result<Experiment, ExperimentError> {
    for again in 0..MOST_TRIES {
        let started = (hooks.clock_us)();
        let planning = begin(hooks.watch, Part::Plan);
        let mut plan = plan(&request, runner)?;
        drop(planning);
        let measurement = measure(&request, &mut plan, runner, cancel, hooks.progress, hooks.watch)?;
        let judging = begin(hooks.watch, Part::Judge);
        let verdict = judge(&request.policy, &measurement.evidence, plan.samples, again);
        drop(judging);
        let measured_us = (hooks.clock_us)() - started;
        (hooks.reached)(CommitPoint::Judged);
        let judged = Judged { request: &request, asked, plan, measurement, verdict, measured_us, again };
        if cancel.is_cancelled() {
            return Err(ExperimentError::Cancelled);
        }
        let started = (hooks.clock_us)();
        let committing = begin(hooks.watch, Part::Commit);
        let recorded = record(judged.prepared()).await?;
        drop(committing);
        if let Some(written) = recorded {
            let committed_us = (hooks.clock_us)() - started;
            let shadows = judged.shadows(runner, cancel);
            let effect = judged.effect(&written);
            return Ok(judged.into_experiment(written.commits, effect, committed_us, shadows));
        }
        request.baseline = baseline_in_force(commits, &request.template).await?;
        request.promoted = promoted_versions(commits, &request.template).await?;
    }
    Err(ExperimentError::Contended { times: MOST_TRIES })
}

/// Carries an experiment out and records nothing. Blocks; the experiments of many templates may share a runner.
///
/// # Errors
/// [`ExperimentError`]
pub fn dry_run(
    request: &Request,
    runner: &Runner,
    cancel: &Cancel,
    progress: &(dyn Fn(Progress) + Sync),
    clock_us: &dyn Fn() -> u64,
) -> Result<Experiment, ExperimentError> {
    let started = clock_us();
    let mut plan = plan(request, runner)?;
    let measurement = measure(request, &mut plan, runner, cancel, progress, None)?;
    let verdict = judge(&request.policy, &measurement.evidence, plan.samples, 0);
    let measured_us = clock_us() - started;
    let judged = Judged { request, asked: None, plan, measurement, verdict, measured_us, again: 0 };
    let shadows = judged.shadows(runner, cancel);
    Ok(judged.into_experiment(Vec::new(), Effect::NotRecorded { why: "dry run".to_owned() }, 0, shadows))
}

/// The version in force, read from the history at the commit that the ledger names. The template's branch follows the ledger
/// there first, in case another repository has promoted.
///
/// # Errors
/// [`ExperimentError::Elsewhere`] when the commit is not here; otherwise when ledger or history cannot be read.
pub async fn baseline_in_force(
    commits: &Commits,
    template: &genesis_domain::TemplateId,
) -> Result<Option<Baseline>, ExperimentError> {
    let Some(head) = commits.ledger.head(template).await? else { return Ok(None) };
    if commits.history.template_head(template)?.as_ref() != Some(&head.commit) {
        here(&commits.history, &head)?;
        let follows = RefUpdate { name: template_ref(template), target: head.commit.clone() };
        commits.history.lock(|| {})?.set_refs(&[follows])?;
    }
    let text = version_at(&commits.history, &head.commit)?;
    Ok(Some(Baseline { text, origin: BaselineOrigin::InForce(head.commit) }))
}

/// Every version of a template that was ever in force.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn promoted_versions(
    commits: &Commits,
    template: &genesis_domain::TemplateId,
) -> Result<Vec<genesis_abi::PromotedVersion>, ExperimentError> {
    let records = commits.ledger.promoted(template).await?;
    Ok(records
        .into_iter()
        .filter_map(|record| {
            Some(genesis_abi::PromotedVersion {
                version: record.version?,
                digest: record.digest.as_str().to_owned(),
            })
        })
        .collect())
}

/// An error when the version in force is in another repository.
pub(crate) fn here(history: &History, head: &Head) -> Result<(), ExperimentError> {
    if history.has(&head.commit)? {
        return Ok(());
    }
    Err(ExperimentError::Elsewhere {
        template: head.template.clone(),
        version: head.version.clone(),
        commit: head.commit.clone(),
    })
}

pub(crate) fn version_at(
    history: &History,
    commit: &CommitId,
) -> Result<genesis_abi::TemplateText, ExperimentError> {
    let files = history.files(commit)?;
    let (text, _) = tree::read_version(&files)
        .map_err(|what| ExperimentError::Unreadable { experiment: format!("commit {commit}"), what })?;
    Ok(text)
}

/// An experiment that has its verdict and is not recorded yet.
pub(crate) struct Judged<'a> {
    pub(crate) request: &'a Request,
    pub(crate) asked: Option<&'a Asked>,
    pub(crate) plan: Plan,
    pub(crate) measurement: Measurement,
    pub(crate) verdict: Verdict,
    pub(crate) measured_us: u64,
    pub(crate) again: u32,
}

impl Judged<'_> {
    /// What is to be recorded of it.
    fn prepared(&self) -> Prepared {
        let commits = self.to_commits();
        let promotion = commits.promotion.is_some().then(|| self.promotion());
        Prepared {
            record: self.record(),
            promotion,
            announces: self.request.announces,
            asked: self.asked.cloned(),
            commits,
        }
    }

    /// What runs would have taken that a budget ended. After the record, which it is no part of and need not wait for it.
    fn shadows(&self, runner: &Runner, cancel: &Cancel) -> Vec<RunShadow> {
        let Self { request, plan, measurement, .. } = self;
        shadows(&measurement.unfinished, &request.policy, plan.seed.0, runner, cancel)
    }

    fn into_experiment(
        self,
        commits: Vec<StepCommit>,
        effect: Effect,
        committed_us: u64,
        shadows: Vec<RunShadow>,
    ) -> Experiment {
        Experiment {
            id: self.request.id,
            created_at_ms: self.request.created_at_ms,
            candidate_path: self.request.candidate_path.clone(),
            evidence: self.measurement.evidence,
            verdict: self.verdict,
            effect,
            commits,
            spent: self.measurement.spent,
            shadows,
            sources: self.measurement.sources,
            measured_us: self.measured_us,
            committed_us,
        }
    }

    fn changed(&self) -> bool {
        self.measurement.evidence.metrics.get(Metric::Changed) != Some(Measured::count(0))
    }

    fn promotes(&self) -> bool {
        self.request.promotes && self.verdict.decision.merges() && self.changed()
    }

    /// Whether the history ends with a step back to the checkpoint.
    fn rolls_back(&self) -> bool {
        !self.verdict.decision.merges() && self.request.policy.rolls_back_automatically()
    }

    fn effect(&self, written: &Written) -> Effect {
        let in_force = self.request.baseline.as_ref().and_then(|baseline| baseline.commit().cloned());
        match &written.branch {
            Some(commit) => {
                Effect::Promoted { branch: template_ref(&self.request.template), commit: commit.clone() }
            }
            None if self.rolls_back() => Effect::RolledBack { in_force },
            None if !self.verdict.decision.merges() => Effect::Unchanged {
                why: "the policy leaves the rollback to a person ([rollback] automatic = false)".to_owned(),
            },
            None if !self.changed() => Effect::Unchanged { why: "nothing changed".to_owned() },
            None => Effect::Unchanged { why: "compared with a baseline that was given".to_owned() },
        }
    }

    pub(crate) fn to_commits(&self) -> ExperimentCommits {
        let request = self.request;
        let plan = &self.plan;
        let checkpoint = request
            .baseline
            .as_ref()
            .zip(plan.baseline.as_ref())
            .map_or_else(Files::new, |(baseline, version)| {
                tree::version_files(&baseline.text, &version_file(&baseline.text, version))
            });
        let candidate =
            tree::version_files(&request.candidate, &version_file(&request.candidate, &plan.candidate));
        let version = shown(plan.candidate.version.as_deref());
        let before = plan.baseline.as_ref().map_or("nothing", |baseline| shown(baseline.version.as_deref()));
        let template = &request.template;

        let mut files = candidate.clone();
        let mut steps =
            vec![step(Step::Checkpoint, checkpoint.clone(), format!("checkpoint: {template} at {before}"))];
        tree::add_experiment(&mut files, request, plan.seed, self.again);
        steps.push(step(Step::Candidate, files.clone(), format!("candidate: {template} {version}")));
        let names: Vec<&str> = plan.cases.iter().map(|case| case.name.as_str()).collect();
        let renderings = &self.measurement.renderings;
        if !renderings.is_empty() {
            tree::add_renderings(&mut files, renderings, &names);
            let subject = format!("rendered: {} distinct of {} cases", renderings.len(), names.len());
            steps.push(step(Step::Rendered, files.clone(), subject));
        }
        tree::add_evidence(&mut files, &self.measurement.evidence);
        steps.push(step(Step::Evidence, files.clone(), format!("evidence: {}", self.in_numbers())));
        tree::add_verdict(&mut files, &self.verdict);
        let rule = self.verdict.reasons.first().map_or("none", |reason| reason.rule.as_str());
        steps.push(step(Step::Verdict, files, format!("verdict: {} by rule {rule}", self.verdict.decision)));

        let in_force = request.baseline.as_ref().and_then(|baseline| match &baseline.origin {
            BaselineOrigin::InForce(commit) => Some(commit.clone()),
            BaselineOrigin::Revision(_) | BaselineOrigin::File(_) => None,
        });
        let mut promotion = None;
        if self.promotes() {
            steps.push(step(
                Step::Promotion,
                candidate.clone(),
                format!("promotion: {template} {version} comes into force"),
            ));
            promotion = Some(BranchCommit {
                files: candidate,
                subject: format!("{template} {version}"),
                trailers: self.trailers(),
                parent: in_force,
            });
        } else if self.rolls_back() {
            steps.push(step(Step::Rollback, checkpoint, format!("rollback: {template} stays at {before}")));
        }
        for step in &mut steps {
            step.trailers = if step.step == Step::Checkpoint { Vec::new() } else { self.trailers() };
        }
        ExperimentCommits {
            id: request.id,
            template: template.clone(),
            parent: request.baseline.as_ref().and_then(|baseline| baseline.commit().cloned()),
            time_s: request.created_at_ms.div_euclid(1000),
            steps,
            promotion,
        }
    }

    fn trailers(&self) -> Vec<Trailer> {
        let mut trailers = Vec::new();
        let mut add = |key: &str, value: &str| {
            trailers.push(Trailer { key: key.to_owned(), value: value.to_owned() });
        };
        if let Some(version) = &self.plan.candidate.version {
            add("Genesis-Version", version);
        }
        add("Genesis-Digest", self.plan.candidate.digest.as_str());
        add("Genesis-Policy", self.request.policy.name());
        add("Genesis-Verdict", self.verdict.decision.as_str());
        if let Some(reason) = self.verdict.reasons.first() {
            add("Genesis-Rule", &reason.rule);
        }
        trailers
    }

    fn in_numbers(&self) -> String {
        let metrics = &self.measurement.evidence.metrics;
        let number = |metric| match metrics.get(metric) {
            Some(Measured::Value { value, .. }) => format!("{value}"),
            Some(Measured::NotApplicable(why)) => format!("not applicable ({})", why.as_str()),
            None => "not measured".to_owned(),
        };
        format!(
            "success rate {}, regression {}, new errors {}",
            number(Metric::SuccessRate),
            number(Metric::Regression),
            number(Metric::NewErrors)
        )
    }

    /// By its id: a template may say anything.
    fn language(&self) -> Option<String> {
        let named = genesis_template::language_named(self.plan.language.as_deref()?)?;
        Some(named.id.to_owned())
    }

    /// Its record, but for what only writing tells.
    fn record(&self) -> ExperimentRecord {
        let evidence = &self.measurement.evidence;
        let merges = self.verdict.decision.merges();
        let reason = self.verdict.reasons.first();
        ExperimentRecord {
            id: self.request.id,
            instance: self.request.instance.clone(),
            template: self.request.template.clone(),
            version: self.plan.candidate.version.clone(),
            kind: Some(self.plan.candidate.kind.clone()),
            language: self.language(),
            digest: self.plan.candidate.digest.clone(),
            status: if merges { ExperimentStatus::Success } else { ExperimentStatus::Failed },
            decision: self.verdict.decision,
            rationale: reason.map(|reason| format!("{}: {}", reason.rule, reason.text)).unwrap_or_default(),
            risk: self.request.risk,
            policy: self.request.policy.name().to_owned(),
            tip: not_written(),
            baseline: self.request.baseline.as_ref().and_then(|baseline| baseline.commit().cloned()),
            created_at_ms: self.request.created_at_ms,
            runtime_ms: self.measured_us / 1000,
            metrics: evidence.metrics.clone(),
            memory_peak_bytes: self
                .measurement
                .spent
                .iter()
                .map(|spent| spent.peak.peak_memory_bytes)
                .max()
                .unwrap_or(0),
            cases: evidence.cases.len() as u64,
            cases_failed: evidence.cases.iter().filter(|case| !case.candidate.passed).count() as u64,
            detail: serde_json::json!({
                "measured_us": self.measured_us,
                "steps": null,
                "runs": evidence.runs.len(),
            }),
        }
    }

    fn promotion(&self) -> Promotion {
        let expected = match self.request.baseline.as_ref().map(|baseline| &baseline.origin) {
            Some(BaselineOrigin::InForce(commit)) => Some(commit.clone()),
            _ => None,
        };
        Promotion {
            head: Head {
                template: self.request.template.clone(),
                commit: not_written(),
                version: self.plan.candidate.version.clone(),
                digest: self.plan.candidate.digest.clone(),
            },
            expected,
            experiment: Some(self.request.id),
            at_ms: self.request.created_at_ms,
        }
    }
}

fn version_file(text: &genesis_abi::TemplateText, version: &genesis_domain::VersionRef) -> VersionFile {
    VersionFile { path: text.path.clone(), version: version.version.clone(), digest: version.digest.clone() }
}

/// Stands for a commit until it is written: git's name for none.
fn not_written() -> CommitId {
    const NONE: &str = "0000000000000000000000000000000000000000";
    NONE.parse().expect("it is forty hexadecimal digits")
}

fn step(step: Step, files: Files, subject: String) -> StepTree {
    StepTree { step, files, subject, trailers: Vec::new() }
}

fn shown(version: Option<&str>) -> &str {
    version.unwrap_or("without a version")
}
