//! Recording many experiments at once, in the order of commit: one pack, one transaction, one change of refs. One that is
//! refused, or whose batch fails, keeps none of the others back.

use std::slice;

use genesis_domain::{Asked, CommitId, ExperimentId, ExperimentRecord, Promotion, RefUpdate};
use genesis_history::{ExperimentCommits, Written, experiment_ref, template_ref};
use genesis_store::{Commit, Committed};

use crate::ExperimentError;
use crate::announce::announcements;
use crate::commit::{CommitPoint, Commits};

/// An experiment that has its verdict, ready to be recorded.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(crate) commits: ExperimentCommits,
    /// Without what only writing tells: its tip, and its steps in the detail.
    pub(crate) record: ExperimentRecord,
    /// Without the commit that comes into force.
    pub(crate) promotion: Option<Promotion>,
    pub(crate) announces: bool,
    pub(crate) asked: Option<Asked>,
}

/// What became of one; `None` when another version came into force meanwhile, and it must be judged again.
pub type Recorded = Result<Option<Written>, ExperimentError>;

/// Records experiments, and keeps in mind those whose refs do not follow the ledger yet.
#[derive(Debug)]
pub struct Recorder {
    commits: Commits,
    unsettled: Vec<Unsettled>,
    /// Why the last try to settle them failed.
    why: Option<String>,
}

/// An experiment that the ledger may have, and whose refs may not be set.
#[derive(Debug)]
struct Unsettled {
    id: ExperimentId,
    tip: CommitId,
    refs: Vec<RefUpdate>,
}

impl Recorder {
    /// One that has nothing to settle.
    pub fn new(commits: Commits) -> Self {
        Self { commits, unsettled: Vec::new(), why: None }
    }

    /// Records experiments together; when that fails, each by itself, so that each has its own error. `reached` is told the
    /// points of commit, once for all of a batch. Blocks while another process has the history's lock.
    pub async fn record(
        &mut self,
        prepared: &[Prepared],
        reached: &dyn Fn(CommitPoint),
        waiting: &dyn Fn(),
    ) -> Vec<Recorded> {
        // What cannot be settled now stays in mind, and is no reason not to record others.
        let _later = self.settle(waiting).await;
        match self.together(prepared, reached, waiting).await {
            Ok(recorded) => recorded,
            Err(error) if prepared.len() == 1 => vec![Err(error)],
            Err(_) => {
                let mut recorded = Vec::with_capacity(prepared.len());
                for one in prepared {
                    match self.together(slice::from_ref(one), reached, waiting).await {
                        Ok(one) => recorded.extend(one),
                        Err(error) => recorded.push(Err(error)),
                    }
                }
                recorded
            }
        }
    }

    /// Whether all refs are known to follow the ledger.
    pub fn is_settled(&self) -> bool {
        self.unsettled.is_empty()
    }

    /// How many experiments there are whose refs are not known to follow the ledger.
    pub fn unsettled(&self) -> usize {
        self.unsettled.len()
    }

    /// Why they could not be set when that was last tried; `None` when it was not, or there are none.
    pub fn why_unsettled(&self) -> Option<&str> {
        if self.is_settled() { None } else { self.why.as_deref() }
    }

    /// Sets the refs of experiments that the ledger turns out to have: the answer to a transaction can be lost, and a disk can
    /// be full just then.
    ///
    /// # Errors
    /// When ledger or history cannot be read or written; what is left is kept in mind.
    pub async fn settle(&mut self, waiting: &dyn Fn()) -> Result<(), ExperimentError> {
        if self.is_settled() {
            self.why = None;
            return Ok(());
        }
        let settled = self.try_to_settle(waiting).await;
        self.why = settled.as_ref().err().map(ToString::to_string);
        settled
    }

    async fn try_to_settle(&mut self, waiting: &dyn Fn()) -> Result<(), ExperimentError> {
        let mut refs = Vec::new();
        for Unsettled { id, tip, refs: own } in &self.unsettled {
            if self.commits.ledger.experiment(*id).await?.is_some_and(|known| known.tip == *tip) {
                refs.extend(own.iter().cloned());
            }
        }
        if !refs.is_empty() {
            let lock = self.commits.history.lock(waiting)?;
            lock.set_refs(&refs)?;
            self.commits.ledger.mark_refs_set(&refs).await?;
        }
        self.unsettled.clear();
        Ok(())
    }

    /// Sets refs that the ledger does not know to be set. They may be: the note of it is lost when the ledger's server dies, and
    /// the announcements would wait for it.
    ///
    /// # Errors
    /// When ledger or history cannot be read or written.
    pub async fn settle_unnoted(&self, waiting: &dyn Fn()) -> Result<(), ExperimentError> {
        let Commits { history, ledger } = &self.commits;
        if ledger.pending_refs().await?.is_empty() {
            return Ok(());
        }
        let lock = history.lock(waiting)?;
        // Whoever sets refs just now holds the lock, so these are nobody's any more.
        let pending = ledger.pending_refs().await?;
        lock.set_refs(&pending)?;
        Ok(ledger.mark_refs_set(&pending).await?)
    }

    async fn together(
        &mut self,
        prepared: &[Prepared],
        reached: &dyn Fn(CommitPoint),
        waiting: &dyn Fn(),
    ) -> Result<Vec<Recorded>, ExperimentError> {
        let Commits { history, ledger } = self.commits.clone();
        let lock = history.lock(waiting)?;
        let commits: Vec<_> = prepared.iter().map(|prepared| prepared.commits.clone()).collect();
        let written = lock.write(&commits)?;
        reached(CommitPoint::ObjectsWritten);

        let commits: Vec<Commit> =
            prepared.iter().zip(&written).map(|(prepared, written)| prepared.commit(written)).collect();
        self.keep_in_mind(&commits);
        let committed = ledger.commit(&commits).await?;
        let mut recorded = Vec::with_capacity(prepared.len());
        let mut refs = Vec::new();
        for ((commit, committed), written) in commits.iter().zip(committed).zip(written) {
            let id = commit.record.id;
            let is_ours = match committed {
                Committed::Recorded => true,
                // By a transaction whose answer was lost.
                Committed::AlreadyRecorded => {
                    ledger.experiment(id).await?.is_some_and(|known| known.tip == commit.record.tip)
                }
                Committed::Conflict | Committed::HeadMoved { .. } => false,
            };
            recorded.push(match committed {
                _ if is_ours => {
                    refs.extend(commit.refs.iter().cloned());
                    Ok(Some(written))
                }
                Committed::HeadMoved { .. } => Ok(None),
                _ => Err(ExperimentError::Request(format!("experiment {id} is recorded already"))),
            });
        }
        reached(CommitPoint::LedgerCommitted);
        if !refs.is_empty() {
            lock.set_refs(&refs)?;
            reached(CommitPoint::RefsSet);
            ledger.mark_refs_set(&refs).await?;
        }
        drop(lock);
        self.unsettled.retain(|known| commits.iter().all(|commit| commit.record.id != known.id));
        reached(CommitPoint::Recorded);
        Ok(recorded)
    }

    fn keep_in_mind(&mut self, commits: &[Commit]) {
        for Commit { record, refs, .. } in commits {
            if !self.unsettled.iter().any(|known| known.id == record.id && known.tip == record.tip) {
                self.unsettled.push(Unsettled { id: record.id, tip: record.tip.clone(), refs: refs.clone() });
            }
        }
    }
}

impl Prepared {
    /// What the ledger is to record, now that the commits are known.
    fn commit(&self, written: &Written) -> Commit {
        let mut record = self.record.clone();
        record.tip = written.commits.last().expect("an experiment has steps").commit.clone();
        record.detail["steps"] = serde_json::json!(written.commits);
        let mut refs = vec![RefUpdate { name: experiment_ref(record.id), target: record.tip.clone() }];
        let mut promotion = None;
        if let Some(branch) = &written.branch {
            refs.push(RefUpdate { name: template_ref(&record.template), target: branch.clone() });
            promotion = self.promotion.clone().map(|mut promotion| {
                promotion.head.commit = branch.clone();
                promotion
            });
        }
        let asked = self.asked.as_ref();
        let outbox = if self.announces { announcements(&record, asked) } else { Vec::new() };
        Commit { record, promotion, refs, outbox }
    }
}

#[cfg(test)]
mod tests;
