//! Making the content anew from what git says.

use genesis_domain::{ExperimentRecord, Head, PromotedRecord, Promotion, TemplateId};

use crate::error::During;
use crate::sql::{Connection, query};
use crate::{Ledger, StoreError, experiments, heads};

/// All that history says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rebuild {
    /// Every experiment.
    pub experiments: Vec<ExperimentRecord>,
    /// Every version that was ever in force, with its template, oldest first: the last one of a template is in
    /// force.
    pub promoted: Vec<(TemplateId, PromotedRecord)>,
}

/// What was made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Experiments.
    pub experiments: u64,
    /// Versions in force.
    pub heads: u64,
    /// Announcements that were kept: git holds none of them.
    pub outbox_kept: u64,
    /// Announcements of experiments that history does not have. They are gone.
    pub outbox_dropped: u64,
}

/// So that not all of a history is held as values of statements.
const EXPERIMENTS_AT_ONCE: usize = 256;

/// In the order in which foreign keys allow it.
const CLEAR: [&str; 6] = [
    "DELETE FROM experiment_refs",
    "DELETE FROM refs",
    "DELETE FROM promoted_versions",
    "DELETE FROM template_head",
    "DELETE FROM experiment_metrics",
    "DELETE FROM experiment_records",
];

/// Announcements stay while their experiments are replaced; the keys are checked when the transaction ends.
const DEFER_KEYS_SQLITE: &str = "PRAGMA defer_foreign_keys = ON";
const DEFER_KEYS_POSTGRES: &str = "SET CONSTRAINTS ALL DEFERRED";

const DROP_ORPHANS: &str =
    "DELETE FROM outbox WHERE experiment_id NOT IN (SELECT experiment_id FROM experiment_records)";

const COUNT_OUTBOX: &str = "SELECT count(*) FROM outbox";

impl Ledger {
    /// Replaces the content in one transaction. Refs that were pending are forgotten, so recovery has to set them
    /// before history is read for this.
    ///
    /// # Errors
    /// What the database says. Nothing is changed then.
    pub async fn rebuild(&self, rebuild: &Rebuild) -> Result<Rebuilt, StoreError> {
        const ACTION: &str = "rebuild the ledger";
        let path = &self.path;
        let mut transaction = self.begin(ACTION).await?;
        let mut connection = transaction.connection();
        let defer = match connection {
            Connection::Sqlite(_) => DEFER_KEYS_SQLITE,
            Connection::Postgres(_) => DEFER_KEYS_POSTGRES,
        };
        query(defer).execute(&mut connection).await.during(path, ACTION)?;
        for clear in CLEAR {
            query(clear).execute(&mut connection).await.during(path, ACTION)?;
        }
        for some in rebuild.experiments.chunks(EXPERIMENTS_AT_ONCE) {
            let some: Vec<_> = some.iter().collect();
            experiments::insert(&mut connection, &some, path).await?;
        }
        let mut templates = std::collections::BTreeMap::new();
        for (template, promoted) in &rebuild.promoted {
            let promotion = Promotion {
                head: Head {
                    template: template.clone(),
                    commit: promoted.commit.clone(),
                    version: promoted.version.clone(),
                    digest: promoted.digest.clone(),
                },
                expected: templates.insert(template, &promoted.commit).cloned(),
                experiment: promoted.experiment,
                at_ms: promoted.at_ms,
            };
            if !heads::swap(&mut connection, &promotion).await.during(path, ACTION)? {
                return Err(StoreError::Invalid(format!(
                    "`{template}` has no place for {}",
                    promoted.commit
                )));
            }
            heads::insert_promoted(&mut connection, &[&promotion]).await.during(path, ACTION)?;
        }
        let dropped = query(DROP_ORPHANS).execute(&mut connection).await.during(path, ACTION)?;
        let kept = query(COUNT_OUTBOX).fetch_number(&mut connection).await.during(path, ACTION)?;
        transaction.commit().await.during(path, ACTION)?;
        Ok(Rebuilt {
            experiments: rebuild.experiments.len() as u64,
            heads: templates.len() as u64,
            outbox_kept: kept.unsigned_abs(),
            outbox_dropped: dropped,
        })
    }
}
