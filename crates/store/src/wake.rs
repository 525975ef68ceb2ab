//! Waking whoever sends announcements. Other processes commit too, so a file is looked at again and again; a server tells.

use std::time::Duration;

use sqlx::postgres::PgListener;

use crate::error::During;
use crate::sql::{Connection, Database, query};
use crate::{Ledger, StoreError};

const CHANNEL: &str = "genesis_outbox";
const NOTIFY: &str = "SELECT pg_notify('genesis_outbox', '')";

/// Between two looks at a file.
const PAUSE: Duration = Duration::from_millis(100);

/// Waits until there may be something to announce.
pub struct Wake(Option<PgListener>);

impl Ledger {
    /// Begins to listen.
    ///
    /// # Errors
    /// What the database says.
    pub async fn wake(&self) -> Result<Wake, StoreError> {
        const ACTION: &str = "listen for announcements";
        let Database::Postgres(pool) = &self.database else { return Ok(Wake(None)) };
        let mut listener = PgListener::connect_with(pool).await.during(&self.path, ACTION)?;
        listener.listen(CHANNEL).await.during(&self.path, ACTION)?;
        Ok(Wake(Some(listener)))
    }
}

impl Wake {
    /// Returns when something may have been committed, after `most` at the latest. To return early for nothing is no
    /// fault, so that a connection that was lost is not one either.
    pub async fn wait(&mut self, most: Duration) {
        match &mut self.0 {
            None => tokio::time::sleep(PAUSE.min(most)).await,
            Some(listener) => {
                if let Ok(Err(_lost)) = tokio::time::timeout(most, listener.recv()).await {
                    tokio::time::sleep(PAUSE.min(most)).await;
                }
            }
        }
    }
}

impl std::fmt::Debug for Wake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wake").field("is_told", &self.0.is_some()).finish()
    }
}

/// Wakes those who listen when the transaction is committed.
pub(crate) async fn notify(connection: &mut Connection<'_>) -> Result<(), sqlx::Error> {
    if let Connection::Postgres(_) = connection {
        query(NOTIFY).fetch_all(connection).await?;
    }
    Ok(())
}
