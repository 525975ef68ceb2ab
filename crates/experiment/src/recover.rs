//! Recovery at start: git follows what SQL says. What a process that died left behind is swept or completed, and
//! nothing that holds content is dropped.

use std::fmt;

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

/// Makes the history follow the ledger. To be called before anything is read.
///
/// # Errors
/// When ledger or history cannot be read or written.
pub async fn recover(commits: &Commits, waiting: &dyn Fn()) -> Result<Vec<RecoveryNote>, ExperimentError> {
    let lock = commits.history.lock(waiting)?;
    let pending = commits.ledger.pending_refs().await?;
    let recovered = lock.recover(&pending)?;
    if !pending.is_empty() {
        commits.ledger.mark_refs_set(&pending).await?;
    }
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
