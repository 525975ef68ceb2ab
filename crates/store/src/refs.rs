//! What refs must be, and which of them are not known to be set.

use std::collections::BTreeMap;

use genesis_domain::{ExperimentId, RefUpdate};

use crate::error::During;
use crate::experiments::Columns;
use crate::sql::{Bulk, Connection, query};
use crate::{Ledger, StoreError, wake};

const WANT: &str = "
    INSERT INTO refs (name, target, pending, repository_id) VALUES";

const WANTED_BEFORE: &str = "
    ON CONFLICT (name) DO UPDATE
    SET target = excluded.target, pending = 1, repository_id = excluded.repository_id";

const BELONGS: &str = "
    INSERT INTO experiment_refs (experiment_id, name) VALUES";

const BELONGS_ALREADY: &str = "ON CONFLICT (experiment_id, name) DO NOTHING";

/// A ref that is not known to be set.
const PENDING_YES: i64 = 1;

const PENDING: &str = "
    SELECT name, target FROM refs
    WHERE pending = 1 AND ($1 IS NULL OR repository_id IS NULL OR repository_id = $1) ORDER BY name";

const MARK: &str = "UPDATE refs SET pending = 0 WHERE (name, target) IN (VALUES";

impl Ledger {
    /// The refs that are not known to be set, with where they must point now: an update that a later one of the
    /// same ref has overtaken is not among them, and none that is in another repository.
    ///
    /// # Errors
    /// What the database says.
    pub async fn pending_refs(&self) -> Result<Vec<RefUpdate>, StoreError> {
        const ACTION: &str = "list the refs to be set";
        let mut reader = self.reader(ACTION).await?;
        let rows = query(PENDING)
            .bind(self.repository_id())
            .fetch_all(&mut reader.connection())
            .await
            .during(&self.path, ACTION)?;
        rows.iter()
            .map(|row| {
                let columns = Columns { row, path: &self.path };
                Ok(RefUpdate { name: columns.get("name")?, target: columns.parsed("target")? })
            })
            .collect()
    }

    /// Notes that refs were set. One that must point elsewhere by now stays pending. A note that is lost with the machine's
    /// power lets them be set once more.
    ///
    /// # Errors
    /// What the database says. Nothing is noted then.
    pub async fn mark_refs_set(&self, updates: &[RefUpdate]) -> Result<(), StoreError> {
        const ACTION: &str = "note the refs that were set";
        let mut transaction = self.begin_note(ACTION).await?;
        let mut mark = Bulk::new(MARK, ")");
        for update in updates {
            mark.push([update.name.as_str().into(), update.target.as_str().into()]);
        }
        mark.execute(&mut transaction.connection()).await.during(&self.path, ACTION)?;
        // What was waiting for these can be announced now.
        wake::notify(&mut transaction.connection()).await.during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)
    }
}

/// Notes what refs must be, for experiments or by a person's word. Of one name the last counts.
pub(crate) async fn want(
    connection: &mut Connection<'_>,
    repository: Option<&str>,
    updates: &[(Option<ExperimentId>, &RefUpdate)],
) -> Result<(), sqlx::Error> {
    let (mut targets, mut belongs) = (BTreeMap::new(), Bulk::new(BELONGS, BELONGS_ALREADY));
    for &(experiment, update) in updates {
        // One statement may not change a row twice.
        targets.insert(update.name.as_str(), update.target.as_str());
        if let Some(id) = experiment {
            belongs.push([id.to_string().into(), update.name.as_str().into()]);
        }
    }
    let mut want = Bulk::new(WANT, WANTED_BEFORE);
    for (name, target) in targets {
        want.push([name.into(), target.into(), PENDING_YES.into(), repository.into()]);
    }
    want.execute(connection).await?;
    belongs.execute(connection).await
}
