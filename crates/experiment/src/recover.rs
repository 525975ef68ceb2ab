//! Recovery at start: git follows what SQL says. What a process that died left behind is swept or completed, and
//! nothing that holds content is dropped.

use std::fmt;

use genesis_domain::RefUpdate;
use genesis_history::template_ref;

use crate::ExperimentError;
use crate::commit::Commits;

/// One thing that recovery mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoveryNote {
    /// A ref that the ledger had promised was set.
    RefSet(String),
    /// Left-over locks and temporary files were removed.
    Swept(usize),
    /// Files of refs that held nothing were removed.
    TornRefs(usize),
}

impl fmt::Display for RecoveryNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RefSet(name) => write!(f, "{name} now points to what the ledger says"),
            Self::Swept(count) => write!(f, "removed {count} left-over locks and temporary files"),
            Self::TornRefs(count) => write!(f, "removed {count} refs that held nothing"),
        }
    }
}

/// Makes the history follow the ledger as far as it has what the ledger names: what other repositories recorded is theirs to
/// keep. To be called before anything is read.
///
/// # Errors
/// When ledger or history cannot be read or written.
pub async fn recover(commits: &Commits, waiting: &dyn Fn()) -> Result<Vec<RecoveryNote>, ExperimentError> {
    let lock = commits.history.lock(waiting)?;
    let mut pending = commits.ledger.pending_refs().await?;
    // What another repository has not set and this one can is this one's by another identity: a copy, or a backup.
    for (name, known) in commits.ledger.pending_elsewhere().await? {
        if commits.history.has(&known.target)? {
            pending.push(RefUpdate { name, target: known.target });
        }
    }
    let mut recovered = lock.recover(&pending)?;
    if !pending.is_empty() {
        commits.ledger.mark_refs_set(&pending).await?;
    }
    let behind = behind(commits).await?;
    lock.set_refs(&behind)?;
    recovered.refs_set.extend(behind.into_iter().map(|update| update.name));
    drop(lock);
    let mut notes: Vec<RecoveryNote> = recovered.refs_set.into_iter().map(RecoveryNote::RefSet).collect();
    let swept = recovered.swept_locks.len() + recovered.swept_temporary.len();
    if swept > 0 {
        notes.push(RecoveryNote::Swept(swept));
    }
    if !recovered.torn_refs.is_empty() {
        notes.push(RecoveryNote::TornRefs(recovered.torn_refs.len()));
    }
    Ok(notes)
}

/// Branches that can come further: to the version in force, or to the last one before it that is here.
async fn behind(commits: &Commits) -> Result<Vec<RefUpdate>, ExperimentError> {
    let mut behind = Vec::new();
    for head in commits.ledger.heads().await? {
        let tip = commits.history.template_head(&head.template)?;
        if tip.as_ref() == Some(&head.commit) {
            continue;
        }
        for promoted in commits.ledger.promoted(&head.template).await? {
            if tip.as_ref() == Some(&promoted.commit) {
                break;
            }
            if commits.history.has(&promoted.commit)? {
                behind.push(RefUpdate { name: template_ref(&head.template), target: promoted.commit });
                break;
            }
        }
    }
    Ok(behind)
}
