//! Repositories that share a ledger, and what of it lies in which.

use std::collections::BTreeMap;
use std::sync::Arc;

use genesis_domain::CommitId;

use crate::error::During;
use crate::experiments::Columns;
use crate::sql::{Connection, query};
use crate::{Ledger, StoreError};

const NAME: &str = "SELECT instance FROM repositories WHERE repository_id = $1";

const TAKEN: &str = "SELECT repository_id FROM repositories WHERE instance = $1";

const REGISTER: &str = "
    INSERT INTO repositories (repository_id, instance) VALUES ($1, $2)
    ON CONFLICT (repository_id) DO UPDATE SET instance = excluded.instance";

/// Before there were several.
const ADOPT: &str = "
    UPDATE refs SET repository_id = $1
    WHERE repository_id IS NULL AND NOT EXISTS (SELECT 1 FROM repositories)";

const ELSEWHERE: &str = "
    SELECT name, target, coalesce(instance, repository_id) AS instance
    FROM refs LEFT JOIN repositories USING (repository_id)
    WHERE repository_id <> $1 ORDER BY name";

const PENDING_ELSEWHERE: &str = "
    SELECT name, target, coalesce(instance, repository_id) AS instance
    FROM refs LEFT JOIN repositories USING (repository_id)
    WHERE pending = 1 AND repository_id <> $1 ORDER BY name";

/// A ref that the ledger wants in another repository than this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefElsewhere {
    /// Where it must point there.
    pub target: CommitId,
    /// The name of the instance whose repository it is in.
    pub instance: String,
}

impl Ledger {
    /// The ledger as one repository uses it, that has this id. Refs are noted as this one's from here on. `instance` is what it
    /// is called from now on; without a name it keeps the one that it had, or is called after its id.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] when another repository has the name; otherwise what the database says.
    pub async fn of_repository(mut self, id: &str, instance: Option<&str>) -> Result<Self, StoreError> {
        const ACTION: &str = "name the repository";
        let mut reader = self.reader(ACTION).await?;
        let known = self.text(&mut reader.connection(), NAME, id, "instance").await?;
        drop(reader);
        let name = match (instance, &known) {
            (Some(given), _) => given.to_owned(),
            (None, Some(known)) => known.clone(),
            (None, None) => format!("r-{}", id.get(id.len().saturating_sub(12)..).unwrap_or(id)),
        };
        if known.as_ref() != Some(&name) {
            let mut transaction = self.begin(ACTION).await?;
            let mut connection = transaction.connection();
            let taken = self.text(&mut connection, TAKEN, &name, "repository_id").await?;
            if taken.is_some_and(|by| by != id) {
                return Err(StoreError::NameTaken { path: self.path.clone(), name });
            }
            query(ADOPT).bind(id).execute(&mut connection).await.during(&self.path, ACTION)?;
            query(REGISTER).bind(id).bind(&name).execute(&mut connection).await.during(&self.path, ACTION)?;
            transaction.commit().await.during(&self.path, ACTION)?;
        }
        self.repository = Some(Arc::new(Repository { id: id.to_owned(), instance: name }));
        Ok(self)
    }

    /// The name of the instance whose repository uses this ledger; none when it was not told.
    pub fn instance(&self) -> Option<&str> {
        self.repository.as_ref().map(|repository| repository.instance.as_str())
    }

    /// The refs that are in other repositories, by name; none when this one is not told from others.
    ///
    /// # Errors
    /// What the database says.
    pub async fn refs_elsewhere(&self) -> Result<BTreeMap<String, RefElsewhere>, StoreError> {
        self.elsewhere(ELSEWHERE).await
    }

    /// Those of them that are not known to be set.
    ///
    /// # Errors
    /// What the database says.
    pub async fn pending_elsewhere(&self) -> Result<BTreeMap<String, RefElsewhere>, StoreError> {
        self.elsewhere(PENDING_ELSEWHERE).await
    }

    async fn elsewhere(&self, sql: &'static str) -> Result<BTreeMap<String, RefElsewhere>, StoreError> {
        const ACTION: &str = "list the refs of other repositories";
        let Some(repository) = &self.repository else { return Ok(BTreeMap::new()) };
        let mut reader = self.reader(ACTION).await?;
        let rows = query(sql)
            .bind(&repository.id)
            .fetch_all(&mut reader.connection())
            .await
            .during(&self.path, ACTION)?;
        rows.iter()
            .map(|row| {
                let columns = Columns { row, path: &self.path };
                let known =
                    RefElsewhere { target: columns.parsed("target")?, instance: columns.get("instance")? };
                Ok((columns.get("name")?, known))
            })
            .collect()
    }

    async fn text(
        &self,
        connection: &mut Connection<'_>,
        sql: &'static str,
        value: &str,
        column: &str,
    ) -> Result<Option<String>, StoreError> {
        let row =
            query(sql).bind(value).fetch_optional(connection).await.during(&self.path, "read a name")?;
        row.map(|row| Columns { row: &row, path: &self.path }.get(column)).transpose()
    }
}

/// The repository that uses a ledger.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) id: String,
    pub(crate) instance: String,
}
