//! Reading: versions, experiments, steps, files, differences.

use std::path::Path;
use std::str::FromStr;

use genesis_domain::{CommitId, ExperimentId, Step, TemplateId, Trailer};
use git2::{Commit, DiffFormat, DiffOptions, Oid, Repository};

use crate::error::During;
use crate::{Files, History, HistoryError, message, names, tree};

/// Most bytes of a difference's text.
const MOST_DIFF_BYTES: usize = 8 << 20;
/// An experiment has one commit a step.
const MOST_STEPS: usize = 16;

/// One version that was in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionEntry {
    /// Its commit on the template's branch.
    pub commit: CommitId,
    /// The experiment that promoted it; `None` for a person's rollback.
    pub experiment: Option<ExperimentId>,
    /// Its version as written.
    pub version: Option<String>,
    /// Seconds since the Unix epoch.
    pub time_s: i64,
    /// First line of the message, escaped.
    pub subject: String,
    /// All trailers, values escaped to one line.
    pub trailers: Vec<Trailer>,
}

/// One step of an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepEntry {
    /// The step.
    pub step: Step,
    /// Its commit.
    pub commit: CommitId,
    /// The commit before it; for the checkpoint the version in force.
    pub parent: Option<CommitId>,
    /// Seconds since the Unix epoch.
    pub time_s: i64,
    /// First line of the message, escaped.
    pub subject: String,
    /// All trailers, values escaped to one line.
    pub trailers: Vec<Trailer>,
}

impl History {
    /// The commit of a template's version in force.
    ///
    /// # Errors
    /// What git says.
    pub fn template_head(&self, id: &TemplateId) -> Result<Option<CommitId>, HistoryError> {
        self.read("read a ref", |repository| {
            Ok(target(self.path(), repository, &names::template_ref(id))?.map(commit_id))
        })
    }

    /// Whether a commit is here, whatever points to it.
    ///
    /// # Errors
    /// What git says.
    pub fn has(&self, id: &CommitId) -> Result<bool, HistoryError> {
        let wanted = oid(id)?;
        self.read("look for a commit", |repository| match repository.find_commit(wanted) {
            Ok(_) => Ok(true),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(false),
            Err(error) => Err(error).during(self.path(), "look for a commit"),
        })
    }

    /// The versions of a template that were in force, newest first; none for a template that has no branch.
    ///
    /// # Errors
    /// [`HistoryError::Damaged`] when a commit cannot be read or the branch is not one line.
    pub fn versions(&self, id: &TemplateId) -> Result<Vec<VersionEntry>, HistoryError> {
        let name = names::template_ref(id);
        self.read("read a branch", |repository| {
            let mut versions = Vec::new();
            let mut next = target(self.path(), repository, &name)?;
            while let Some(oid) = next {
                let commit = find_commit(repository, oid)?;
                let message = message_of(&commit);
                let trailers = message::trailers(&message);
                versions.push(VersionEntry {
                    commit: commit_id(oid),
                    experiment: experiment_in(&trailers),
                    version: message::value(&trailers, message::VERSION),
                    time_s: commit.time().seconds(),
                    subject: message::subject(&message).to_owned(),
                    trailers,
                });
                next = only_parent(&commit)?;
            }
            Ok(versions)
        })
    }

    /// Every template that has a version in force, in order of its ref name.
    ///
    /// # Errors
    /// What git says.
    pub fn templates(&self) -> Result<Vec<TemplateId>, HistoryError> {
        Ok(self.names(names::TEMPLATES)?.iter().filter_map(|name| names::template_of(name)).collect())
    }

    /// Every experiment, in order of its id: for ids of the command line the oldest first.
    ///
    /// # Errors
    /// What git says.
    pub fn experiments(&self) -> Result<Vec<ExperimentId>, HistoryError> {
        Ok(self.names(names::EXPERIMENTS)?.iter().filter_map(|name| names::experiment_of(name)).collect())
    }

    /// The steps of an experiment, the checkpoint first.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] when there is no such experiment; [`HistoryError::Damaged`] when its commits are
    /// not what an experiment's are.
    pub fn steps(&self, id: ExperimentId) -> Result<Vec<StepEntry>, HistoryError> {
        let name = names::experiment_ref(id);
        self.read("read an experiment", |repository| {
            let tip = target(self.path(), repository, &name)?
                .ok_or_else(|| HistoryError::NotFound { what: format!("experiment {id}") })?;
            steps_from(repository, tip)
        })
    }

    /// The files of a commit.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] when there is no such commit; [`HistoryError::TooMuch`] beyond the limits under
    /// which this crate writes; [`HistoryError::Damaged`] when something in it cannot be read.
    pub fn files(&self, id: &CommitId) -> Result<Files, HistoryError> {
        self.read("read a commit's files", |repository| {
            let tree = commit(repository, id)?.tree().map_err(|error| {
                HistoryError::Damaged(format!("{id} has no readable tree: {}", error.message()))
            })?;
            tree::files_of(repository, &tree)
        })
    }

    /// What differs between two commits, as unified text. Content is shown as it is: escape it before a terminal
    /// sees it. Text beyond 8 MiB is left out, and the last line says so.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] when one of them is not there.
    pub fn diff(&self, a: &CommitId, b: &CommitId) -> Result<String, HistoryError> {
        const ACTION: &str = "compare two commits";
        self.read(ACTION, |repository| {
            let before = commit(repository, a)?.tree().during(self.path(), ACTION)?;
            let after = commit(repository, b)?.tree().during(self.path(), ACTION)?;
            let diff = repository
                .diff_tree_to_tree(Some(&before), Some(&after), Some(&mut DiffOptions::new()))
                .during(self.path(), ACTION)?;
            let mut text = String::new();
            let mut is_cut = false;
            diff.print(DiffFormat::Patch, |_, _, line| {
                if text.len() + line.content().len() > MOST_DIFF_BYTES {
                    is_cut = true;
                }
                if !is_cut {
                    if matches!(line.origin(), ' ' | '+' | '-') {
                        text.push(line.origin());
                    }
                    text.push_str(&String::from_utf8_lossy(line.content()));
                }
                true
            })
            .during(self.path(), ACTION)?;
            if is_cut {
                text.push_str("… the rest of the difference is left out\n");
            }
            Ok(text)
        })
    }

    fn names(&self, prefix: &str) -> Result<Vec<String>, HistoryError> {
        self.read("list the refs", |repository| ref_names(self.path(), repository, prefix))
    }
}

/// Names of all refs with a prefix, sorted.
pub(crate) fn ref_names(
    path: &Path,
    repository: &Repository,
    prefix: &str,
) -> Result<Vec<String>, HistoryError> {
    const ACTION: &str = "list the refs";
    let mut names = Vec::new();
    for name in repository.references().during(path, ACTION)?.names() {
        let name = name.during(path, ACTION)?;
        if name.starts_with(prefix) {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Where a ref points; `None` when there is no such ref.
pub(crate) fn target(path: &Path, repository: &Repository, name: &str) -> Result<Option<Oid>, HistoryError> {
    match repository.refname_to_id(name) {
        Ok(oid) => Ok(Some(oid)),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error).during(path, "read a ref"),
    }
}

/// The steps of an experiment from its tip, the checkpoint first.
pub(crate) fn steps_from(repository: &Repository, tip: Oid) -> Result<Vec<StepEntry>, HistoryError> {
    let mut steps = Vec::new();
    let mut next = Some(tip);
    while let Some(oid) = next {
        let commit = find_commit(repository, oid)?;
        let message = message_of(&commit);
        let trailers = message::trailers(&message);
        let step = message::step(&trailers)
            .ok_or_else(|| HistoryError::Damaged(format!("commit {oid} names no step of an experiment")))?;
        let parent = only_parent(&commit)?;
        steps.push(StepEntry {
            step,
            commit: commit_id(oid),
            parent: parent.map(commit_id),
            time_s: commit.time().seconds(),
            subject: message::subject(&message).to_owned(),
            trailers,
        });
        if steps.len() > MOST_STEPS {
            return Err(HistoryError::Damaged(format!(
                "the experiment at {tip} has more than {MOST_STEPS} steps"
            )));
        }
        next = if step == Step::Checkpoint { None } else { parent };
    }
    steps.reverse();
    Ok(steps)
}

/// The experiment that trailers name.
pub(crate) fn experiment_in(trailers: &[Trailer]) -> Option<ExperimentId> {
    message::value(trailers, message::EXPERIMENT).and_then(|text| text.parse().ok())
}

/// The parent of a commit that must not have two.
pub(crate) fn only_parent(commit: &Commit<'_>) -> Result<Option<Oid>, HistoryError> {
    match commit.parent_count() {
        0 => Ok(None),
        1 => commit
            .parent_id(0)
            .map(Some)
            .map_err(|error| HistoryError::Damaged(format!("commit {}: {}", commit.id(), error.message()))),
        parents => Err(HistoryError::Damaged(format!("commit {} has {parents} parents", commit.id()))),
    }
}

/// A commit that someone asked for.
pub(crate) fn commit<'r>(repository: &'r Repository, id: &CommitId) -> Result<Commit<'r>, HistoryError> {
    match repository.find_commit(oid(id)?) {
        Err(error) if error.code() == git2::ErrorCode::NotFound => {
            Err(HistoryError::NotFound { what: format!("commit {id}") })
        }
        Err(error) => Err(HistoryError::Damaged(format!("commit {id} cannot be read: {}", error.message()))),
        Ok(commit) => Ok(commit),
    }
}

/// A commit that must be there because something points to it.
pub(crate) fn find_commit(repository: &Repository, oid: Oid) -> Result<Commit<'_>, HistoryError> {
    repository
        .find_commit(oid)
        .map_err(|error| HistoryError::Damaged(format!("commit {oid} cannot be read: {}", error.message())))
}

pub(crate) fn message_of(commit: &Commit<'_>) -> String {
    String::from_utf8_lossy(commit.message_bytes()).into_owned()
}

pub(crate) fn commit_id(oid: Oid) -> CommitId {
    CommitId::from_str(&oid.to_string()).expect("git prints an id as 40 lower-case hexadecimal digits")
}

pub(crate) fn oid(id: &CommitId) -> Result<Oid, HistoryError> {
    Oid::from_str(id.as_str())
        .map_err(|error| HistoryError::Invalid(format!("`{id}` is no commit: {}", error.message())))
}
