//! Writing commits. Objects only: no ref is moved here.

use genesis_domain::{CommitId, ExperimentId, Step, StepCommit, TemplateId, Trailer};

use crate::error::During;
use crate::tree::Objects;
use crate::{Files, HistoryError, HistoryLock, message, pack, read};

/// Where packs lie in a repository.
pub(crate) const PACKS: &str = "objects/pack";

/// Dates that every git can show: up to the year 9999.
const LAST_TIME_S: i64 = 253_402_300_799;

/// An experiment as it is to be committed.
#[derive(Debug, Clone)]
pub struct ExperimentCommits {
    /// Its id.
    pub id: ExperimentId,
    /// The template.
    pub template: TemplateId,
    /// The version in force, from which the checkpoint descends.
    pub parent: Option<CommitId>,
    /// Date of all its commits: seconds since the Unix epoch.
    pub time_s: i64,
    /// The steps, the checkpoint first, in the order of [`Step`].
    pub steps: Vec<StepTree>,
    /// The commit for the template's branch, when the experiment promotes.
    pub promotion: Option<BranchCommit>,
}

/// One step as it is to be committed.
///
/// The trailers `Genesis-Experiment`, `Genesis-Step` and `Genesis-Template` are added; given ones of these keys are
/// left out.
#[derive(Debug, Clone)]
pub struct StepTree {
    /// The step.
    pub step: Step,
    /// All files of the commit, those of the steps before included.
    pub files: Files,
    /// First line of the message.
    pub subject: String,
    /// Further trailers.
    pub trailers: Vec<Trailer>,
}

/// A commit for a template's branch.
///
/// The trailers `Genesis-Experiment` and `Genesis-Template` are added. `Genesis-Version`, the version as written, is
/// the caller's to give: [`crate::VersionEntry::version`] is read from it.
#[derive(Debug, Clone)]
pub struct BranchCommit {
    /// All files of the version.
    pub files: Files,
    /// First line of the message.
    pub subject: String,
    /// Further trailers.
    pub trailers: Vec<Trailer>,
    /// The branch's tip before; `None` for the first version.
    pub parent: Option<CommitId>,
}

/// What was written for one experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its commits, in order.
    pub commits: Vec<StepCommit>,
    /// The commit for the template's branch.
    pub branch: Option<CommitId>,
}

/// A person's rollback: a further commit on a template's branch with the tree of an earlier one.
#[derive(Debug, Clone)]
pub struct BranchRollback {
    /// The template.
    pub template: TemplateId,
    /// The branch's tip before.
    pub parent: CommitId,
    /// The commit whose tree comes back; it is on the branch.
    pub to: CommitId,
    /// Seconds since the Unix epoch.
    pub time_s: i64,
    /// First line of the message.
    pub subject: String,
    /// Further trailers; those of the earlier commit, such as its version, are taken over unless given here.
    pub trailers: Vec<Trailer>,
}

impl HistoryLock {
    /// Writes the objects of many experiments as one pack, synced once when durable. No ref is moved. Writing the
    /// same again gives the same ids and writes nothing.
    ///
    /// # Errors
    /// [`HistoryError::Invalid`] for steps out of order, a date or a trailer that git cannot hold;
    /// [`HistoryError::TooMuch`] beyond a limit; otherwise what the system says.
    pub fn write(&self, experiments: &[ExperimentCommits]) -> Result<Vec<Written>, HistoryError> {
        self.in_one_pack(|objects| {
            experiments.iter().map(|experiment| write_experiment(objects, experiment)).collect()
        })
    }

    /// Writes the commit of a person's rollback. No ref is moved.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] when `to` is not an ancestor of `parent`, or `parent` itself; otherwise as
    /// [`HistoryLock::write`].
    pub fn rollback_commit(&self, rollback: &BranchRollback) -> Result<CommitId, HistoryError> {
        check_time(rollback.time_s)?;
        let (tree, inherited) = self.history.read("read the version to roll back to", |repository| {
            let parent = read::commit(repository, &rollback.parent)?;
            let to = read::commit(repository, &rollback.to)?;
            let is_earlier = parent.id() == to.id()
                || repository
                    .graph_descendant_of(parent.id(), to.id())
                    .during(self.history.path(), "read the branch")?;
            let trailers = message::trailers(&read::message_of(&to));
            let template = message::value(&trailers, message::TEMPLATE);
            if !is_earlier || template.as_deref() != Some(rollback.template.as_str()) {
                return Err(HistoryError::NotFound {
                    what: format!(
                        "version {} of `{}` before {}",
                        rollback.to, rollback.template, rollback.parent
                    ),
                });
            }
            Ok((to.tree_id(), trailers))
        })?;
        let own = [
            (message::TEMPLATE, rollback.template.to_string()),
            (message::ROLLBACK_TO, rollback.to.to_string()),
        ];
        let mut trailers = rollback.trailers.clone();
        for trailer in inherited {
            let is_given = trailers.iter().any(|given| given.key.eq_ignore_ascii_case(&trailer.key));
            if !is_given && trailer.key != message::EXPERIMENT {
                trailers.push(Trailer { value: message::unescape(&trailer.value), key: trailer.key });
            }
        }
        let text = message::compose(&rollback.subject, &own, &trailers)?;
        let parent = read::oid(&rollback.parent)?;
        let commit =
            self.in_one_pack(|objects| objects.commit(&text, rollback.time_s, tree, Some(parent)))?;
        Ok(read::commit_id(commit))
    }

    /// Runs `writing`, then writes the objects that it made as one pack.
    fn in_one_pack<T>(
        &self,
        writing: impl FnOnce(&mut Objects<'_>) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let path = self.history.path();
        let repository = self.history.fresh_handle()?;
        let mut objects = Objects::new(path, &repository)?;
        let written = writing(&mut objects)?;
        pack::write(&path.join(PACKS), &objects.into_fresh(), self.history.durability())
            .during(path, "write a pack")?;
        Ok(written)
    }
}

fn write_experiment(
    objects: &mut Objects<'_>,
    experiment: &ExperimentCommits,
) -> Result<Written, HistoryError> {
    check_time(experiment.time_s)?;
    check_steps(experiment)?;
    let id = experiment.id.to_string();
    let template = experiment.template.to_string();
    let count = objects.count();
    let mut parent = experiment.parent.as_ref().map(read::oid).transpose()?;
    let mut commits = Vec::with_capacity(experiment.steps.len());
    for step in &experiment.steps {
        let own = [
            (message::EXPERIMENT, id.clone()),
            (message::STEP, step.step.to_string()),
            (message::TEMPLATE, template.clone()),
        ];
        let text = message::compose(&step.subject, &own, &step.trailers)?;
        let tree = objects.tree(&step.files)?;
        let commit = objects.commit(&text, experiment.time_s, tree, parent)?;
        parent = Some(commit);
        commits.push(StepCommit { step: step.step, commit: read::commit_id(commit) });
    }
    let branch = match &experiment.promotion {
        None => None,
        Some(promotion) => {
            let own = [(message::EXPERIMENT, id), (message::TEMPLATE, template)];
            let text = message::compose(&promotion.subject, &own, &promotion.trailers)?;
            let tree = objects.tree(&promotion.files)?;
            let parent = promotion.parent.as_ref().map(read::oid).transpose()?;
            Some(objects.commit(&text, experiment.time_s, tree, parent)?)
        }
    };
    objects.forget_known(count, parent.into_iter().chain(branch));
    let branch = branch.map(read::commit_id);
    Ok(Written { commits, branch })
}

fn check_steps(experiment: &ExperimentCommits) -> Result<(), HistoryError> {
    let steps: Vec<Step> = experiment.steps.iter().map(|step| step.step).collect();
    let ends_twice = steps.contains(&Step::Promotion) && steps.contains(&Step::Rollback);
    let in_order = steps.first() == Some(&Step::Checkpoint) && steps.is_sorted_by(|a, b| a < b);
    if !in_order || ends_twice {
        let names: Vec<&str> = steps.into_iter().map(Step::as_str).collect();
        return Err(HistoryError::Invalid(format!(
            "the steps of an experiment begin with the checkpoint, are in order and end once, these are: {}",
            names.join(", ")
        )));
    }
    if experiment.promotion.is_some() != steps_promote(experiment) {
        return Err(HistoryError::Invalid(
            "an experiment with the step promotion has a commit for the branch, and no other has".to_owned(),
        ));
    }
    Ok(())
}

fn steps_promote(experiment: &ExperimentCommits) -> bool {
    experiment.steps.iter().any(|step| step.step == Step::Promotion)
}

fn check_time(time_s: i64) -> Result<(), HistoryError> {
    if (0..=LAST_TIME_S).contains(&time_s) {
        Ok(())
    } else {
        Err(HistoryError::Invalid(format!("{time_s} seconds since 1970 is no date of a commit")))
    }
}
