//! A person's rollback: an earlier version comes back into force, as a further commit. Nothing is erased, and the
//! version number that was rolled back stays used.

use genesis_domain::{CommitId, Head, Promotion, RefUpdate, TemplateId, Trailer};
use genesis_history::{BranchRollback, VersionEntry, template_ref};
use genesis_store::Committed;

use crate::ExperimentError;
use crate::commit::{Commits, here, version_at};
use crate::request::{Baseline, BaselineOrigin};
use crate::tree;

/// What a rollback did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBackTo {
    /// The version that was in force, as written.
    pub from: Option<String>,
    /// The version that is in force now.
    pub to: Option<String>,
    /// The new tip of the template's branch.
    pub commit: CommitId,
}

/// Brings an earlier version back into force: the one that `to` names by version, commit or experiment, else the one
/// before.
///
/// # Errors
/// [`ExperimentError::Request`] when there is nothing to go back to, or the version in force changed meanwhile;
/// [`ExperimentError::Elsewhere`] when it is in another repository.
pub async fn roll_back(
    commits: &Commits,
    template: &TemplateId,
    to: Option<&str>,
    now_ms: i64,
    waiting: &dyn Fn(),
) -> Result<RolledBackTo, ExperimentError> {
    let lock = commits.history.lock(waiting)?;
    let head = commits
        .ledger
        .head(template)
        .await?
        .ok_or_else(|| ExperimentError::Request(format!("no version of `{template}` is in force")))?;
    here(&commits.history, &head)?;
    lock.set_refs(&[RefUpdate { name: template_ref(template), target: head.commit.clone() }])?;
    let versions = commits.history.versions(template)?;
    let target = target(&versions, &head, to, template)?;
    let files = commits.history.files(&target.commit)?;
    let (_, version) = tree::read_version(&files).map_err(|what| ExperimentError::Unreadable {
        experiment: format!("commit {}", target.commit),
        what,
    })?;
    if version.digest == head.digest {
        return Err(ExperimentError::Request(format!(
            "{} of `{template}` is in force already",
            shown(version.version.as_deref())
        )));
    }
    let commit = lock.rollback_commit(&BranchRollback {
        template: template.clone(),
        parent: head.commit.clone(),
        to: target.commit.clone(),
        time_s: now_ms.div_euclid(1000),
        subject: format!(
            "rollback: {template} from {} to {}",
            shown(head.version.as_deref()),
            shown(version.version.as_deref())
        ),
        trailers: vec![Trailer { key: "Genesis-Step".to_owned(), value: "rollback".to_owned() }],
    })?;
    let promotion = Promotion {
        head: Head {
            template: template.clone(),
            commit: commit.clone(),
            version: version.version.clone(),
            digest: version.digest,
        },
        expected: Some(head.commit),
        experiment: None,
        at_ms: now_ms,
    };
    let refs = [RefUpdate { name: template_ref(template), target: commit.clone() }];
    match commits.ledger.set_head(&promotion, &refs).await? {
        Committed::Recorded => {}
        Committed::HeadMoved { .. } | Committed::AlreadyRecorded | Committed::Conflict => {
            return Err(ExperimentError::Request(format!(
                "the version of `{template}` in force changed meanwhile; nothing was rolled back"
            )));
        }
    }
    lock.set_refs(&refs)?;
    commits.ledger.mark_refs_set(&refs).await?;
    Ok(RolledBackTo { from: head.version, to: version.version, commit })
}

/// A version of the history as a baseline, by version, commit (or its beginning) or experiment; `None` when there is no
/// such version.
///
/// # Errors
/// When the history cannot be read.
pub fn revision(
    commits: &Commits,
    template: &TemplateId,
    name: &str,
) -> Result<Option<Baseline>, ExperimentError> {
    let versions = commits.history.versions(template)?;
    let Some(entry) = find(&versions, name) else { return Ok(None) };
    let text = version_at(&commits.history, &entry.commit)?;
    Ok(Some(Baseline { text, origin: BaselineOrigin::Revision(entry.commit.clone()) }))
}

fn target<'a>(
    versions: &'a [VersionEntry],
    head: &Head,
    to: Option<&str>,
    template: &TemplateId,
) -> Result<&'a VersionEntry, ExperimentError> {
    let found = match to {
        Some(name) => find(versions, name),
        None => versions.iter().find(|entry| entry.version != head.version),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = versions.iter().map(|entry| shown(entry.version.as_deref())).collect();
        ExperimentError::Request(match to {
            Some(name) => {
                format!(
                    "`{name}` names no version of `{template}` that was in force; there are {}",
                    known.join(", ")
                )
            }
            None => format!("there is no version of `{template}` before {}", shown(head.version.as_deref())),
        })
    })
}

/// Shortest beginning of a commit id that is taken for one.
const SHORTEST_COMMIT: usize = 7;

fn find<'a>(versions: &'a [VersionEntry], name: &str) -> Option<&'a VersionEntry> {
    versions.iter().find(|entry| {
        entry.version.as_deref() == Some(name)
            || entry.experiment.is_some_and(|id| id.to_string() == name)
            || (name.len() >= SHORTEST_COMMIT && entry.commit.as_str().starts_with(name))
    })
}

fn shown(version: Option<&str>) -> &str {
    version.unwrap_or("a version without a number")
}
