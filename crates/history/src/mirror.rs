//! The repository that many histories are mirrored to: the refs of each lie under its instance's name, so that none is in
//! another's way. Whoever mirrors does so with git; this crate gives the names and reads what is there.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use genesis_domain::{CommitId, ExperimentId, TemplateId};
use git2::Repository;

use crate::error::During;
use crate::names::{EXPERIMENTS, INSTANCES, TEMPLATES};
use crate::verify::{Verifying, tips};
use crate::{HistoryError, VerifyReport, names, read};

/// What git is told to push: an instance's refs to where they are in the mirror. None is ever forced.
pub fn mirror_refspecs(instance: &str) -> [String; 2] {
    [
        format!("{TEMPLATES}*:{INSTANCES}{instance}/templates/*"),
        format!("{EXPERIMENTS}*:{INSTANCES}{instance}/experiments/*"),
    ]
}

/// The branches of a template in the mirror, of all instances, as a pattern of ref names.
pub fn mirrored_branches(template: &TemplateId) -> String {
    let name = names::template_ref(template);
    format!("{INSTANCES}*/templates/{}", name.strip_prefix(TEMPLATES).unwrap_or(&name))
}

/// Whether a name can stand in a ref as it is: letters, digits, `-`, `_` and single dots between others, 64 at most.
pub fn is_instance_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_dotted_well = !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.to_ascii_lowercase().ends_with(".lock");
    !name.is_empty() && name.len() <= 64 && name.bytes().all(is_plain) && is_dotted_well
}

/// A mirror. It is only read.
pub struct Mirror {
    path: PathBuf,
    repository: Repository,
}

impl Mirror {
    /// Opens the bare repository at `path`.
    ///
    /// # Errors
    /// [`HistoryError::NotAHistory`] when there is none.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        let repository = Repository::open_bare(path).map_err(|error| HistoryError::NotAHistory {
            path: path.to_owned(),
            why: error.message().to_owned(),
        })?;
        Ok(Self { path: path.to_owned(), repository })
    }

    /// The instances that are mirrored, with how many experiments of each.
    ///
    /// # Errors
    /// What git says.
    pub fn instances(&self) -> Result<BTreeMap<String, u64>, HistoryError> {
        let mut instances = BTreeMap::new();
        for name in read::ref_names(&self.path, &self.repository, INSTANCES)? {
            if let Some((instance, own)) = names::mirrored(&name) {
                *instances.entry(instance.to_owned()).or_default() += u64::from(own.starts_with(EXPERIMENTS));
            }
        }
        Ok(instances)
    }

    /// Every experiment with the last commit of it.
    ///
    /// # Errors
    /// What git says.
    pub fn experiments(&self) -> Result<Vec<(ExperimentId, CommitId)>, HistoryError> {
        let mut experiments = Vec::new();
        for name in read::ref_names(&self.path, &self.repository, INSTANCES)? {
            let id = names::mirrored(&name).and_then(|(_, own)| names::experiment_of(&own));
            let tip = read::target(&self.path, &self.repository, &name)?;
            experiments.extend(id.zip(tip.map(read::commit_id)));
        }
        Ok(experiments)
    }

    /// Where the branches of each template are, in any instance.
    ///
    /// # Errors
    /// What git says.
    pub fn branches(&self) -> Result<BTreeMap<TemplateId, Vec<CommitId>>, HistoryError> {
        let mut branches: BTreeMap<TemplateId, Vec<CommitId>> = BTreeMap::new();
        for name in read::ref_names(&self.path, &self.repository, INSTANCES)? {
            let template = names::mirrored(&name).and_then(|(_, own)| names::template_of(&own));
            let tip = read::target(&self.path, &self.repository, &name)?;
            if let (Some(template), Some(tip)) = (template, tip) {
                branches.entry(template).or_default().push(read::commit_id(tip));
            }
        }
        Ok(branches)
    }

    /// Whether one of these commits is the wanted one or comes after it.
    ///
    /// # Errors
    /// What git says.
    pub fn reaches(&self, tips: &[CommitId], wanted: &CommitId) -> Result<bool, HistoryError> {
        if tips.contains(wanted) {
            return Ok(true);
        }
        let wanted = read::oid(wanted)?;
        if self.repository.find_commit(wanted).is_err() {
            return Ok(false);
        }
        for tip in tips {
            let descends = self.repository.graph_descendant_of(read::oid(tip)?, wanted);
            if descends.during(&self.path, "read the branches of a template")? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads all that is mirrored, as [`crate::History::verify`] does. A template's branch may have come further in one
    /// instance than in another, so what any of them has counts.
    ///
    /// # Errors
    /// Only when the refs cannot be listed. All else is in the report.
    pub fn verify(&self) -> Result<VerifyReport, HistoryError> {
        let is_experiment =
            |name: &str| names::mirrored(name).is_some_and(|(_, own)| own.starts_with(EXPERIMENTS));
        // A push sets branches first.
        let experiments = tips(&self.path, &self.repository, is_experiment)?;
        let others =
            tips(&self.path, &self.repository, |name| name.starts_with(INSTANCES) && !is_experiment(name))?;
        let mut verifying = Verifying::new(&self.repository);
        for (name, tip) in others {
            match names::mirrored(&name).and_then(|(_, own)| names::template_of(&own)) {
                Some(template) => verifying.branch(&name, tip, &template),
                None => verifying.problem(&name, "this is no ref of a mirrored history"),
            }
        }
        for (name, tip) in experiments {
            match names::mirrored(&name).and_then(|(_, own)| names::experiment_of(&own)) {
                Some(experiment) => verifying.experiment(&name, tip, experiment),
                None => verifying.problem(&name, "this is no name of an experiment"),
            }
        }
        Ok(verifying.report)
    }
}

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").field("path", &self.path).finish_non_exhaustive()
    }
}
