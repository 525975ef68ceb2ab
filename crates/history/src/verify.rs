//! Whether history is what it must be.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use genesis_domain::{ExperimentId, Step, TemplateId};
use git2::{ObjectType, Oid, Repository};

use crate::{History, HistoryError, StepEntry, message, names, read};

/// Problems beyond this many are counted, not listed.
const MOST_LISTED: usize = 1000;

/// What verification read and what it found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Experiments read.
    pub experiments: u64,
    /// Templates read.
    pub templates: u64,
    /// Objects read and hashed again.
    pub objects: u64,
    /// What is wrong, in order of the refs; at most 1,000.
    pub problems: Vec<Problem>,
    /// Problems that are not listed.
    pub further_problems: u64,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The ref under which it was found.
    pub name: String,
    /// What is wrong.
    pub text: String,
}

impl History {
    /// Reads all of history: every object is there and has its hash; a template's branch is one line of commits of
    /// that template; an experiment's steps are in order and agree on what they belong to, its rollback has the
    /// checkpoint's tree, and what it promoted is on the template's branch.
    ///
    /// # Errors
    /// Only when the refs cannot be listed. All else is in the report.
    pub fn verify(&self) -> Result<VerifyReport, HistoryError> {
        let repository = self.fresh_handle()?;
        // A writer moves branches first. In the other order than its own, nothing half done is seen.
        let experiments = tips(self.path(), &repository, |name| name.starts_with(names::EXPERIMENTS))?;
        let others = tips(self.path(), &repository, |name| !name.starts_with(names::EXPERIMENTS))?;
        let mut verifying = Verifying::new(&repository);
        for (name, tip) in others {
            match names::template_of(&name) {
                Some(template) => verifying.branch(&name, tip, &template),
                None => verifying.problem(&name, "this is no ref of a history"),
            }
        }
        for (name, tip) in experiments {
            match names::experiment_of(&name) {
                Some(experiment) => verifying.experiment(&name, tip, experiment),
                None => verifying.problem(&name, "this is no name of an experiment"),
            }
        }
        Ok(verifying.report)
    }
}

/// The refs that are wanted, each with where it points.
pub(crate) fn tips(
    path: &Path,
    repository: &Repository,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(String, Option<Oid>)>, HistoryError> {
    let names = read::ref_names(path, repository, "refs/")?;
    // A ref that cannot be read has no tip, and is reported as that.
    Ok(names
        .into_iter()
        .filter(|name| is_wanted(name))
        .map(|name| {
            let tip = repository.refname_to_id(&name).ok();
            (name, tip)
        })
        .collect())
}

/// A verification under way. Branches go before experiments.
pub(crate) struct Verifying<'r> {
    repository: &'r Repository,
    pub(crate) report: VerifyReport,
    seen: HashSet<Oid>,
    /// Commits on branches, with the template.
    on_branches: HashMap<Oid, TemplateId>,
    /// Trees that experiments brought into force.
    promoted: HashMap<(TemplateId, ExperimentId), Oid>,
}

impl<'r> Verifying<'r> {
    pub(crate) fn new(repository: &'r Repository) -> Self {
        Self {
            repository,
            report: VerifyReport::default(),
            seen: HashSet::new(),
            on_branches: HashMap::new(),
            promoted: HashMap::new(),
        }
    }

    pub(crate) fn problem(&mut self, name: &str, text: &str) {
        if self.report.problems.len() < MOST_LISTED {
            self.report
                .problems
                .push(Problem { name: name.escape_debug().to_string(), text: text.to_owned() });
        } else {
            self.report.further_problems += 1;
        }
    }

    pub(crate) fn branch(&mut self, name: &str, tip: Option<Oid>, template: &TemplateId) {
        self.report.templates += 1;
        if let Err(error) = self.try_branch(name, tip, template) {
            self.problem(name, &error.to_string());
        }
    }

    fn try_branch(
        &mut self,
        name: &str,
        tip: Option<Oid>,
        template: &TemplateId,
    ) -> Result<(), HistoryError> {
        let mut next = Some(tip.ok_or_else(unreadable)?);
        while let Some(oid) = next {
            let commit = read::find_commit(self.repository, oid)?;
            let trailers = message::trailers(&read::message_of(&commit));
            let named = message::value(&trailers, message::TEMPLATE);
            if named.as_deref() != Some(template.as_str()) {
                self.problem(name, &format!("commit {oid} names another template or none"));
            }
            self.objects(name, oid);
            self.on_branches.insert(oid, template.clone());
            if let Some(experiment) = read::experiment_in(&trailers) {
                self.promoted.insert((template.clone(), experiment), commit.tree_id());
            }
            next = read::only_parent(&commit)?;
        }
        Ok(())
    }

    pub(crate) fn experiment(&mut self, name: &str, tip: Option<Oid>, id: ExperimentId) {
        self.report.experiments += 1;
        if let Err(error) = self.try_experiment(name, tip, id) {
            self.problem(name, &error.to_string());
        }
    }

    fn try_experiment(&mut self, name: &str, tip: Option<Oid>, id: ExperimentId) -> Result<(), HistoryError> {
        let steps = read::steps_from(self.repository, tip.ok_or_else(unreadable)?)?;
        let template = steps.first().and_then(|step| message::value(&step.trailers, message::TEMPLATE));
        let template = template.and_then(|text| TemplateId::new(&text).ok());
        if steps.first().map(|step| step.step) != Some(Step::Checkpoint) {
            self.problem(name, "it has no checkpoint");
        }
        if !steps.is_sorted_by(|a, b| a.step < b.step) {
            self.problem(name, "its steps are out of order");
        }
        for step in &steps {
            if read::experiment_in(&step.trailers) != Some(id) {
                self.problem(name, &format!("commit {} names another experiment or none", step.commit));
            }
            let named = message::value(&step.trailers, message::TEMPLATE);
            if template.is_none() || named.as_deref() != template.as_ref().map(TemplateId::as_str) {
                self.problem(name, &format!("commit {} names another template or none", step.commit));
            }
            self.objects(name, read::oid(&step.commit)?);
        }
        if let Some(template) = template {
            self.ends(name, id, &template, &steps)?;
        }
        Ok(())
    }

    /// Holds the first and the last step against the branch and against each other.
    fn ends(
        &mut self,
        name: &str,
        id: ExperimentId,
        template: &TemplateId,
        steps: &[StepEntry],
    ) -> Result<(), HistoryError> {
        let tree_of = |wanted: Step| {
            let step = steps.iter().find(|step| step.step == wanted)?;
            Some(
                read::oid(&step.commit)
                    .and_then(|oid| read::find_commit(self.repository, oid))
                    .map(|c| c.tree_id()),
            )
        };
        let checkpoint = tree_of(Step::Checkpoint).transpose()?;
        let rollback = tree_of(Step::Rollback).transpose()?;
        let promotion = tree_of(Step::Promotion).transpose()?;
        if rollback.is_some() && rollback != checkpoint {
            self.problem(name, "the tree of its rollback is not the checkpoint's");
        }
        if promotion.is_some() && rollback.is_some() {
            self.problem(name, "it was both promoted and rolled back");
        }
        if promotion.is_some() && promotion != self.promoted.get(&(template.clone(), id)).copied() {
            self.problem(name, "what it promoted is not on the template's branch");
        }
        if let Some(parent) = steps.first().and_then(|step| step.parent.as_ref())
            && self.on_branches.get(&read::oid(parent)?) != Some(template)
        {
            self.problem(name, "its checkpoint does not descend from a version on the template's branch");
        }
        Ok(())
    }

    /// Reads everything that a commit holds; libgit2 hashes each object when it reads it.
    fn objects(&mut self, name: &str, commit: Oid) {
        let mut open = vec![commit];
        while let Some(oid) = open.pop() {
            if !self.seen.insert(oid) {
                continue;
            }
            self.report.objects += 1;
            match self.contents(oid) {
                Ok(contents) => open.extend(contents),
                Err(error) => {
                    self.problem(name, &format!("object {oid} cannot be read: {}", error.message()));
                }
            }
        }
    }

    /// What an object points to, its parents left out.
    fn contents(&self, oid: Oid) -> Result<Vec<Oid>, git2::Error> {
        let object = self.repository.find_object(oid, None)?;
        Ok(match object.kind() {
            Some(ObjectType::Commit) => vec![object.peel_to_commit()?.tree_id()],
            Some(ObjectType::Tree) => object.peel_to_tree()?.iter().map(|entry| entry.id()).collect(),
            _ => Vec::new(),
        })
    }
}

fn unreadable() -> HistoryError {
    HistoryError::Damaged("the ref cannot be read".to_owned())
}
