//! Announcements that are not sent yet.

use genesis_domain::{ExperimentId, OutboxMessage};

use crate::error::During;
use crate::experiments::Columns;
use crate::sql::{Connection, query};
use crate::{Ledger, StoreError, wake};

const INSERT: &str = "
    INSERT INTO outbox (message_id, subject, payload, experiment_id, created_at) VALUES ($1, $2, $3, $4, $5)";

const UNSENT: &str = "
    SELECT message_id, subject, payload, experiment_id FROM outbox
    WHERE sent_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM experiment_refs JOIN refs USING (name)
        WHERE experiment_refs.experiment_id = outbox.experiment_id AND refs.pending = 1)
    ORDER BY position
    LIMIT $1";

const MARK: &str = "UPDATE outbox SET sent_at = $2 WHERE message_id = $1 AND sent_at IS NULL";

const AGAIN: &str = "UPDATE outbox SET sent_at = NULL WHERE experiment_id = $1";

impl Ledger {
    /// Announcements to be sent, oldest first: only of experiments whose refs are all set.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unsent(&self, limit: u32) -> Result<Vec<OutboxMessage>, StoreError> {
        const ACTION: &str = "list announcements";
        let rows = query(UNSENT)
            .bind(i64::from(limit))
            .fetch_all(&mut self.reader(ACTION).await?.connection())
            .await
            .during(&self.path, ACTION)?;
        rows.iter()
            .map(|row| {
                let columns = Columns { row, path: &self.path };
                Ok(OutboxMessage {
                    message_id: columns.get("message_id")?,
                    subject: columns.get("subject")?,
                    payload: columns.get("payload")?,
                    experiment: match columns.get::<Option<String>>("experiment_id")? {
                        Some(_) => Some(columns.parsed("experiment_id")?),
                        None => None,
                    },
                })
            })
            .collect()
    }

    /// Notes that announcements were sent, at `at_ms` milliseconds since the Unix epoch. One that was noted before
    /// keeps its time. A note that is lost with the machine's power lets them be sent once more.
    ///
    /// # Errors
    /// What the database says. Nothing is noted then.
    pub async fn mark_sent<I: AsRef<str>>(&self, message_ids: &[I], at_ms: i64) -> Result<(), StoreError> {
        const ACTION: &str = "note the announcements that were sent";
        let mut transaction = self.begin_note(ACTION).await?;
        for id in message_ids {
            query(MARK)
                .bind(id.as_ref())
                .bind(at_ms)
                .execute(&mut transaction.connection())
                .await
                .during(&self.path, ACTION)?;
        }
        transaction.commit().await.during(&self.path, ACTION)
    }

    /// Lets everything that was announced of an experiment be sent once more: whoever asked again may have missed it.
    /// Gives how many announcements there are.
    ///
    /// # Errors
    /// What the database says. Nothing is changed then.
    pub async fn announce_again(&self, id: ExperimentId) -> Result<u64, StoreError> {
        const ACTION: &str = "announce an experiment again";
        let mut transaction = self.begin(ACTION).await?;
        let count = query(AGAIN)
            .bind(id.to_string())
            .execute(&mut transaction.connection())
            .await
            .during(&self.path, ACTION)?;
        wake::notify(&mut transaction.connection()).await.during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)?;
        Ok(count)
    }
}

impl Ledger {
    /// Announces an experiment that has no announcement any more.
    ///
    /// # Errors
    /// What the database says, such as that one of the same id is there. Nothing is changed then.
    pub async fn announce(&self, messages: &[OutboxMessage], at_ms: i64) -> Result<(), StoreError> {
        const ACTION: &str = "announce an experiment";
        let mut transaction = self.begin(ACTION).await?;
        insert(&mut transaction.connection(), messages, at_ms).await.during(&self.path, ACTION)?;
        wake::notify(&mut transaction.connection()).await.during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)
    }
}

pub(crate) async fn insert(
    connection: &mut Connection<'_>,
    messages: &[OutboxMessage],
    created_at_ms: i64,
) -> Result<(), sqlx::Error> {
    for message in messages {
        query(INSERT)
            .bind(&message.message_id)
            .bind(&message.subject)
            .bind(&message.payload)
            .bind(message.experiment.map(|id| id.to_string()))
            .bind(created_at_ms)
            .execute(connection)
            .await?;
    }
    Ok(())
}
