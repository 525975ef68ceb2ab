//! Replay: an experiment is run again from what its commits hold, and must give the same runs and the same commit ids.

use genesis_domain::{Evidence, ExperimentId, RunRecord, Step, StepCommit};
use genesis_history::{Files, StepEntry};
use genesis_policy::{Policy, Profile};
use genesis_sandbox::Cancel;

use crate::ExperimentError;
use crate::commit::{Commits, Hooks, Judged};
use crate::judge::judge;
use crate::measure::measure;
use crate::plan::plan;
use crate::request::{Baseline, BaselineOrigin, Request, UserGuest};
use crate::runner::Runner;
use crate::tree::{self, ReadBack};

/// What a replay found.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The experiment.
    pub id: ExperimentId,
    /// The commits of its history.
    pub recorded: Vec<StepCommit>,
    /// The commits that the replay gives.
    pub replayed: Vec<StepCommit>,
    /// Runs that were compared.
    pub runs: u64,
    /// Fuel of all runs, as replayed.
    pub fuel: u64,
    /// Everything that differs, the first difference first; empty when all is the same.
    pub differences: Vec<Difference>,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What, such as `fuel of check render on the candidate, case defaults`.
    pub what: String,
    /// As recorded.
    pub recorded: String,
    /// As replayed.
    pub replayed: String,
}

impl Replayed {
    /// Whether the replay gave the same.
    pub fn is_same(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Runs an experiment again. No ref moves, and nothing is recorded.
///
/// # Errors
/// When the experiment is not in the history or cannot be read back, or the host fails.
pub fn replay(
    id: ExperimentId,
    runner: &Runner,
    commits: &Commits,
    cancel: &Cancel,
    hooks: &Hooks<'_>,
) -> Result<Replayed, ExperimentError> {
    let steps = commits.history.steps(id)?;
    let (request, back) = request_of(id, &steps, commits)?;
    let mut plan = plan(&request, runner)?;
    let measurement = measure(&request, &mut plan, runner, cancel, hooks.progress, hooks.watch)?;
    let again = back.experiment.judged_again;
    let verdict = judge(&request.policy, &measurement.evidence, plan.samples, again);

    let mut differences = Vec::new();
    compare_evidence(&back.evidence, &measurement.evidence, &mut differences);
    if back.verdict != verdict {
        differences.push(Difference {
            what: "verdict".to_owned(),
            recorded: back.verdict.decision.to_string(),
            replayed: verdict.decision.to_string(),
        });
    }
    let runs = measurement.evidence.runs.len() as u64;
    let fuel = measurement.evidence.runs.iter().map(|run| run.usage.fuel).sum();
    let judged = Judged { request: &request, asked: None, plan, measurement, verdict, measured_us: 0, again };
    let lock = commits.history.lock(|| (hooks.waiting)())?;
    let written = lock.write(&[judged.to_commits()])?.pop().expect("one experiment was written");
    drop(lock);
    let recorded: Vec<StepCommit> =
        steps.iter().map(|entry| StepCommit { step: entry.step, commit: entry.commit.clone() }).collect();
    compare_commits(&recorded, &written.commits, &mut differences);
    Ok(Replayed { id, recorded, replayed: written.commits, runs, fuel, differences })
}

/// The request as it was, from the commits.
fn request_of(
    id: ExperimentId,
    steps: &[StepEntry],
    commits: &Commits,
) -> Result<(Request, ReadBack), ExperimentError> {
    let unreadable = |what: String| ExperimentError::Unreadable { experiment: id.to_string(), what };
    let files_of = |step: Step| -> Result<Files, ExperimentError> {
        let entry = steps
            .iter()
            .find(|entry| entry.step == step)
            .ok_or_else(|| unreadable(format!("it has no {step} step")))?;
        Ok(commits.history.files(&entry.commit)?)
    };
    let back = tree::read_experiment(id, &files_of(Step::Verdict)?)?;
    let (candidate, _) = tree::read_version(&files_of(Step::Candidate)?).map_err(unreadable)?;
    let checkpoint = files_of(Step::Checkpoint)?;
    let recorded = &back.experiment;
    let parent = steps.first().and_then(|entry| entry.parent.clone());
    let baseline = if checkpoint.is_empty() {
        None
    } else {
        let (text, version) = tree::read_version(&checkpoint).map_err(unreadable)?;
        let origin = match parent {
            Some(commit) if recorded.promotes => BaselineOrigin::InForce(commit),
            Some(commit) => BaselineOrigin::Revision(commit),
            None => BaselineOrigin::File(version.path),
        };
        Some(Baseline { text, origin })
    };
    let policy = Policy::load_recorded(&back.policy)
        .map_err(|error| unreadable(format!("its policy cannot be read: {error}")))?;
    let profile: Profile = recorded
        .profile
        .parse()
        .map_err(|()| unreadable(format!("its profile is `{}`", recorded.profile)))?;
    let mut guests = Vec::new();
    for guest in &recorded.guests {
        let wasm = back
            .guests
            .get(&guest.name)
            .ok_or_else(|| unreadable(format!("the module of guest `{}` is missing", guest.name)))?;
        guests.push(UserGuest { name: guest.name.clone(), wasm: wasm.clone(), required: guest.required });
    }
    let request = Request {
        id,
        created_at_ms: recorded.created_at_ms,
        instance: recorded.instance.clone(),
        template: recorded.template.clone(),
        candidate_path: candidate.path.clone(),
        candidate,
        baseline,
        promoted: recorded.promoted.clone(),
        policy,
        profile,
        risk: recorded.risk,
        seed: Some(recorded.seed),
        answers: back.answers.clone(),
        samples: back.samples.clone(),
        guests,
        promotes: recorded.promotes,
        announces: false,
    };
    Ok((request, back))
}

fn compare_evidence(before: &Evidence, now: &Evidence, differences: &mut Vec<Difference>) {
    let mut differ = |what: String, recorded: String, replayed: String| {
        if recorded != replayed {
            differences.push(Difference { what, recorded, replayed });
        }
    };
    differ("engine".to_owned(), before.subject.engine.clone(), now.subject.engine.clone());
    for guest in &before.subject.guests {
        let same = now.subject.guests.iter().find(|other| other.name == guest.name);
        differ(
            format!("digest of guest {}", guest.name),
            guest.digest.to_string(),
            same.map_or("no such guest".to_owned(), |guest| guest.digest.to_string()),
        );
    }
    differ("number of runs".to_owned(), before.runs.len().to_string(), now.runs.len().to_string());
    for (recorded, replayed) in before.runs.iter().zip(&now.runs) {
        let of = |what: &str| format!("{what} of {}", name_of(recorded, before));
        differ(of("outcome"), recorded.outcome.name().to_owned(), replayed.outcome.name().to_owned());
        differ(of("fuel"), recorded.usage.fuel.to_string(), replayed.usage.fuel.to_string());
        differ(
            of("host-call log"),
            recorded.usage.host_call_log.clone(),
            replayed.usage.host_call_log.clone(),
        );
        let digest = |run: &RunRecord| run.report.as_ref().map_or("none".to_owned(), ToString::to_string);
        differ(of("report"), digest(recorded), digest(replayed));
    }
    differ("findings".to_owned(), format!("{:?}", before.findings), format!("{:?}", now.findings));
    differ("metrics".to_owned(), format!("{:?}", before.metrics), format!("{:?}", now.metrics));
}

fn name_of(run: &RunRecord, evidence: &Evidence) -> String {
    let side = match run.side {
        genesis_domain::Side::Candidate => "the candidate",
        genesis_domain::Side::Baseline => "the baseline",
    };
    let case = run.case.and_then(|case| evidence.cases.get(case as usize));
    match case {
        Some(case) => format!("check {} on {side}, case {}", run.check, case.name),
        None => format!("check {} on {side}", run.check),
    }
}

fn compare_commits(recorded: &[StepCommit], replayed: &[StepCommit], differences: &mut Vec<Difference>) {
    for position in 0..recorded.len().max(replayed.len()) {
        let shown = |commit: Option<&StepCommit>| {
            commit.map_or("none".to_owned(), |commit| format!("{} {}", commit.step, commit.commit))
        };
        let (before, now) = (recorded.get(position), replayed.get(position));
        if before != now {
            differences.push(Difference {
                what: format!("commit {}", position + 1),
                recorded: shown(before),
                replayed: shown(now),
            });
        }
    }
}
