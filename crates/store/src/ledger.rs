//! The ledger and its one commit point.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use genesis_domain::{
    Digest, ExperimentId, ExperimentRecord, Head, OutboxMessage, Promotion, RefUpdate, Risk, TemplateId,
};

use crate::error::During;
use crate::repositories::Repository;
use crate::sql::{Connection, Database, Reader, Transaction};
use crate::{StoreError, experiments, heads, outbox, refs};

/// The ledger. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Ledger {
    /// The file; the address without its password where it is a server's.
    pub(crate) path: PathBuf,
    pub(crate) database: Database,
    /// The repository that uses it, when several may.
    pub(crate) repository: Option<Arc<Repository>>,
}

/// One experiment with all that is recorded together with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The experiment.
    pub record: ExperimentRecord,
    /// The change of the version in force that it brings.
    pub promotion: Option<Promotion>,
    /// The refs that have to be set for it.
    pub refs: Vec<RefUpdate>,
    /// Its announcements.
    pub outbox: Vec<OutboxMessage>,
}

/// What became of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// It is recorded.
    Recorded,
    /// It was recorded before; nothing was changed. What was recorded then stands.
    AlreadyRecorded,
    /// Another experiment is recorded under this id: of another template, candidate, policy or risk. Nothing was
    /// changed.
    Conflict,
    /// The version in force is not the expected one. Nothing was recorded.
    HeadMoved {
        /// The version in force.
        actual: Option<Head>,
    },
}

impl Ledger {
    /// Records experiments in one transaction. One that is refused leaves nothing behind and does not keep the
    /// others back; of two in one call the earlier goes first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when a commit contradicts itself; otherwise what the database says. Nothing is
    /// recorded then.
    pub async fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        const ACTION: &str = "record experiments";
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        commits.iter().try_for_each(check)?;
        let mut transaction = self.begin(ACTION).await?;
        let mut connection = transaction.connection();
        let ids: Vec<_> = commits.iter().map(|commit| commit.record.id).collect();
        let known = experiments::find_all(&mut connection, &ids, &self.path).await?;
        let mut known: BTreeMap<ExperimentId, Content> =
            known.iter().map(|record| (record.id, Content::of(record))).collect();
        let mut outcomes = Vec::with_capacity(commits.len());
        let mut recorded = Vec::with_capacity(commits.len());
        for commit in commits {
            let outcome = self.decide(&mut connection, commit, &mut known).await?;
            if outcome == Committed::Recorded {
                recorded.push(commit);
            }
            outcomes.push(outcome);
        }
        self.insert(&mut connection, &recorded).await?;
        transaction.commit().await.during(&self.path, ACTION)?;
        Ok(outcomes)
    }

    /// Changes the version in force by a person's word: a rollback. The refs are then pending as after
    /// [`Ledger::commit`], without an experiment that they belong to.
    ///
    /// # Errors
    /// What the database says. Nothing is changed then.
    pub async fn set_head(
        &self,
        promotion: &Promotion,
        updates: &[RefUpdate],
    ) -> Result<Committed, StoreError> {
        const ACTION: &str = "change the version in force";
        let mut transaction = self.begin(ACTION).await?;
        let mut connection = transaction.connection();
        if !heads::swap(&mut connection, promotion).await.during(&self.path, ACTION)? {
            return self.head_moved(&mut connection, promotion).await;
        }
        heads::insert_promoted(&mut connection, &[promotion]).await.during(&self.path, ACTION)?;
        let updates: Vec<_> = updates.iter().map(|update| (None, update)).collect();
        refs::want(&mut connection, self.repository_id(), &updates).await.during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)?;
        Ok(Committed::Recorded)
    }

    /// The file, or the address of the database without its password.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends all connections, and merges the log into the file where there is one. Dropping the ledger does the same some time later.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// Begins to write: one writer at a time.
    pub(crate) async fn begin(&self, action: &'static str) -> Result<Transaction, StoreError> {
        self.database.begin().await.during(&self.path, action)
    }

    /// Begins to note what comes again or is found out anew when it is lost with the machine's power.
    pub(crate) async fn begin_note(&self, action: &'static str) -> Result<Transaction, StoreError> {
        self.database.begin_note().await.during(&self.path, action)
    }

    /// A connection to read by.
    pub(crate) async fn reader(&self, action: &'static str) -> Result<Reader, StoreError> {
        self.database.reader().await.during(&self.path, action)
    }

    pub(crate) fn repository_id(&self) -> Option<&str> {
        self.repository.as_ref().map(|repository| repository.id.as_str())
    }

    /// What becomes of a commit. A version that is to be in force is, when this returns.
    async fn decide(
        &self,
        connection: &mut Connection<'_>,
        commit: &Commit,
        known: &mut BTreeMap<ExperimentId, Content>,
    ) -> Result<Committed, StoreError> {
        let content = Content::of(&commit.record);
        if let Some(known) = known.get(&commit.record.id) {
            return Ok(if *known == content { Committed::AlreadyRecorded } else { Committed::Conflict });
        }
        if let Some(promotion) = &commit.promotion
            && !heads::swap(connection, promotion).await.during(&self.path, "record experiments")?
        {
            return self.head_moved(connection, promotion).await;
        }
        known.insert(commit.record.id, content);
        Ok(Committed::Recorded)
    }

    /// Writes what was decided, by as few statements as that takes: each is a way to the database and back.
    async fn insert(&self, connection: &mut Connection<'_>, commits: &[&Commit]) -> Result<(), StoreError> {
        const ACTION: &str = "record experiments";
        let path = &self.path;
        let records: Vec<_> = commits.iter().map(|commit| &commit.record).collect();
        experiments::insert(connection, &records, path).await?;
        let promotions: Vec<_> = commits.iter().filter_map(|commit| commit.promotion.as_ref()).collect();
        heads::insert_promoted(connection, &promotions).await.during(path, ACTION)?;
        let updates: Vec<_> = commits
            .iter()
            .flat_map(|commit| commit.refs.iter().map(|update| (Some(commit.record.id), update)))
            .collect();
        refs::want(connection, self.repository_id(), &updates).await.during(path, ACTION)?;
        let messages: Vec<_> = commits
            .iter()
            .flat_map(|commit| commit.outbox.iter().map(|message| (message, commit.record.created_at_ms)))
            .collect();
        outbox::insert(connection, &messages).await.during(path, ACTION)
    }

    async fn head_moved(
        &self,
        connection: &mut Connection<'_>,
        promotion: &Promotion,
    ) -> Result<Committed, StoreError> {
        let actual = heads::find(connection, &promotion.head.template, &self.path).await?;
        Ok(Committed::HeadMoved { actual })
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What makes an experiment the same one when it comes again under its id.
#[derive(PartialEq)]
struct Content {
    template: TemplateId,
    digest: Digest,
    policy: String,
    risk: Risk,
}

impl Content {
    fn of(record: &ExperimentRecord) -> Self {
        Self {
            template: record.template.clone(),
            digest: record.digest.clone(),
            policy: record.policy.clone(),
            risk: record.risk,
        }
    }
}

fn check(commit: &Commit) -> Result<(), StoreError> {
    let id = commit.record.id;
    let invalid = |what: &str| Err(StoreError::Invalid(format!("experiment {id}: {what}")));
    if let Some(promotion) = &commit.promotion {
        if promotion.experiment != Some(id) {
            return invalid("its promotion names another experiment");
        }
        if promotion.head.template != commit.record.template {
            return invalid("its promotion names another template");
        }
    }
    if commit.outbox.iter().any(|message| message.experiment != Some(id)) {
        return invalid("one of its announcements names another experiment");
    }
    let mut ids = BTreeSet::new();
    if !commit.outbox.iter().all(|message| ids.insert(&message.message_id)) {
        return invalid("two of its announcements have the same id");
    }
    Ok(())
}
