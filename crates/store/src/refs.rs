//! What refs must be, and which of them are not known to be set.

use genesis_domain::{ExperimentId, RefUpdate};

use crate::error::During;
use crate::experiments::Columns;
use crate::sql::{Connection, query};
use crate::{Ledger, StoreError, wake};

const WANT: &str = "
    INSERT INTO refs (name, target, pending, repository_id) VALUES ($1, $2, 1, $3)
    ON CONFLICT (name) DO UPDATE
    SET target = excluded.target, pending = 1, repository_id = excluded.repository_id";

const BELONGS: &str = "
    INSERT INTO experiment_refs (experiment_id, name) VALUES ($1, $2) ON CONFLICT (experiment_id, name) DO NOTHING";

const PENDING: &str = "
    SELECT name, target FROM refs
    WHERE pending = 1 AND ($1 IS NULL OR repository_id IS NULL OR repository_id = $1) ORDER BY name";

const MARK: &str = "UPDATE refs SET pending = 0 WHERE name = $1 AND target = $2";

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
        for update in updates {
            query(MARK)
                .bind(&update.name)
                .bind(update.target.as_str())
                .execute(&mut transaction.connection())
                .await
                .during(&self.path, ACTION)?;
        }
        // What was waiting for these can be announced now.
        wake::notify(&mut transaction.connection()).await.during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)
    }
}

/// Notes what refs must be, for an experiment or by a person's word.
pub(crate) async fn want(
    connection: &mut Connection<'_>,
    repository: Option<&str>,
    experiment: Option<ExperimentId>,
    updates: &[RefUpdate],
) -> Result<(), sqlx::Error> {
    for update in updates {
        query(WANT)
            .bind(&update.name)
            .bind(update.target.as_str())
            .bind(repository)
            .execute(connection)
            .await?;
        if let Some(id) = experiment {
            query(BELONGS).bind(id.to_string()).bind(&update.name).execute(connection).await?;
        }
    }
    Ok(())
}
