//! Experiments to commit, and plain git to hold the result against.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use genesis_domain::{CommitId, ExperimentId, RefUpdate, Step, TemplateId, Trailer};
use genesis_history::{
    BranchCommit, Durability, ExperimentCommits, Files, History, HistoryLock, StepTree, Written,
    experiment_ref, template_ref,
};

pub(crate) const TIME_S: i64 = 1_760_000_000;

pub(crate) fn open(folder: &Path) -> History {
    History::open(&folder.join("history.git"), Durability::Fast).unwrap()
}

pub(crate) fn lock(history: &History) -> HistoryLock {
    history.lock(|| panic!("nobody else holds the lock")).unwrap()
}

pub(crate) fn experiment_id(number: u128) -> ExperimentId {
    format!("{:08x}-0000-7000-8000-{:012x}", number >> 48, number & 0xffff_ffff_ffff).parse().unwrap()
}

pub(crate) fn template(text: &str) -> TemplateId {
    TemplateId::new(text).unwrap()
}

pub(crate) fn files(pairs: &[(&str, &str)]) -> Files {
    pairs.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect()
}

pub(crate) fn trailer(key: &str, value: &str) -> Trailer {
    Trailer { key: key.to_owned(), value: value.to_owned() }
}

/// An experiment that promotes `content` over the version at `parent`.
pub(crate) fn promoting(
    number: u128,
    id: &str,
    parent: Option<CommitId>,
    content: &str,
) -> ExperimentCommits {
    let version = files(&[("template.json", content)]);
    let mut all = version.clone();
    let mut steps = vec![step(Step::Checkpoint, &Files::new()), step(Step::Candidate, &all)];
    all.extend(files(&[("rendered/defaults/lib/a.ex", content), ("rendered/defaults/.git/config", "x")]));
    steps.push(step(Step::Rendered, &all));
    all.extend(files(&[("evidence.json", content)]));
    steps.push(step(Step::Evidence, &all));
    steps.push(step(Step::Verdict, &all));
    steps.push(step(Step::Promotion, &version));
    let promotion = BranchCommit {
        files: version,
        subject: format!("{id} {content}"),
        trailers: vec![trailer("Genesis-Version", content)],
        parent: parent.clone(),
    };
    ExperimentCommits {
        id: experiment_id(number),
        template: template(id),
        parent,
        time_s: TIME_S,
        steps,
        promotion: Some(promotion),
    }
}

/// An experiment whose candidate is refused.
pub(crate) fn refusing(number: u128, id: &str, parent: Option<CommitId>, content: &str) -> ExperimentCommits {
    let mut experiment = promoting(number, id, parent, content);
    experiment.promotion = None;
    let checkpoint = experiment.steps[0].files.clone();
    let last = experiment.steps.last_mut().unwrap();
    *last = step(Step::Rollback, &checkpoint);
    experiment
}

fn step(step: Step, files: &Files) -> StepTree {
    StepTree {
        step,
        files: files.clone(),
        subject: format!("the {step}"),
        trailers: vec![trailer("Genesis-Verdict", "merge")],
    }
}

/// The refs that the ledger would want after these were committed.
pub(crate) fn wanted(experiments: &[ExperimentCommits], written: &[Written]) -> Vec<RefUpdate> {
    let mut updates = Vec::new();
    for (experiment, written) in experiments.iter().zip(written) {
        let tip = written.commits.last().unwrap().commit.clone();
        updates.push(RefUpdate { name: experiment_ref(experiment.id), target: tip });
        if let Some(branch) = &written.branch {
            updates.push(RefUpdate { name: template_ref(&experiment.template), target: branch.clone() });
        }
    }
    updates
}

/// Writes experiments and sets their refs.
pub(crate) fn commit(history: &History, experiments: &[ExperimentCommits]) -> Vec<Written> {
    let lock = lock(history);
    let written = lock.write(experiments).unwrap();
    lock.set_refs(&wanted(experiments, &written)).unwrap();
    written
}

/// Runs plain git on the repository and gives what it prints; any complaint fails the test.
pub(crate) fn git(history: &History, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("--git-dir").arg(history.path()).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    let complaints: Vec<&str> =
        errors.lines().filter(|line| !line.starts_with("notice:") && !line.starts_with("Checking")).collect();
    assert!(complaints.is_empty(), "git {arguments:?} complains: {complaints:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Plain git finds nothing wrong; objects to which nothing points are no fault.
pub(crate) fn assert_fsck_is_clean(history: &History) {
    let printed = git(history, &["fsck", "--full", "--strict", "--no-progress"]);
    let faults: Vec<&str> = printed.lines().filter(|line| !line.starts_with("dangling ")).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

pub(crate) fn assert_verifies(history: &History) {
    let report = history.verify().unwrap();
    assert!(report.is_clean(), "{:?}", report.problems);
}
