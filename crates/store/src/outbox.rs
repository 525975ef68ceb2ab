//! Announcements that are not sent yet.

use genesis_domain::OutboxMessage;
use sqlx::SqliteConnection;

use crate::error::During;
use crate::experiments::Columns;
use crate::{Ledger, StoreError};

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

impl Ledger {
    /// Announcements to be sent, oldest first: only of experiments whose refs are all set.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unsent(&self, limit: u32) -> Result<Vec<OutboxMessage>, StoreError> {
        let rows = sqlx::query(UNSENT)
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await
            .during(&self.path, "list announcements")?;
        rows.iter()
            .map(|row| {
                let columns = Columns { row, path: &self.path };
                Ok(OutboxMessage {
                    message_id: columns.get("message_id")?,
                    subject: columns.get("subject")?,
                    payload: columns.get("payload")?,
                    experiment: columns.parsed("experiment_id")?,
                })
            })
            .collect()
    }

    /// Notes that announcements were sent, at `at_ms` milliseconds since the Unix epoch. One that was noted before
    /// keeps its time.
    ///
    /// # Errors
    /// What the database says. Nothing is noted then.
    pub async fn mark_sent<I: AsRef<str>>(&self, message_ids: &[I], at_ms: i64) -> Result<(), StoreError> {
        const ACTION: &str = "note the announcements that were sent";
        let mut transaction = self.begin(ACTION).await?;
        for id in message_ids {
            sqlx::query(MARK)
                .bind(id.as_ref())
                .bind(at_ms)
                .execute(&mut *transaction)
                .await
                .during(&self.path, ACTION)?;
        }
        transaction.commit().await.during(&self.path, ACTION)
    }
}

pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    messages: &[OutboxMessage],
    created_at_ms: i64,
) -> Result<(), sqlx::Error> {
    for message in messages {
        sqlx::query(INSERT)
            .bind(&message.message_id)
            .bind(&message.subject)
            .bind(&message.payload)
            .bind(message.experiment.to_string())
            .bind(created_at_ms)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
