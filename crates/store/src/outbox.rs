//! Announcements that are not sent yet.

use genesis_domain::{ExperimentId, OutboxMessage};

use crate::error::During;
use crate::experiments::Columns;
use crate::sql::{Bulk, Connection, query};
use crate::{Ledger, StoreError, wake};

const INSERT: &str = "
    INSERT INTO outbox (message_id, subject, payload, experiment_id, created_at) VALUES";

const UNSENT: &str = "
    SELECT message_id, subject, payload, experiment_id FROM outbox
    WHERE sent_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM experiment_refs JOIN refs USING (name)
        WHERE experiment_refs.experiment_id = outbox.experiment_id AND refs.pending = 1)
      AND NOT EXISTS (
        SELECT 1 FROM outbox_brokers
        WHERE outbox_brokers.message_id = outbox.message_id AND outbox_brokers.broker = $2)
    ORDER BY position
    LIMIT $1";

/// Of one broker that has it, unless its request came by another one that has not.
const MARK: &str = "
    UPDATE outbox SET sent_at = $2
    WHERE message_id = $1 AND sent_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM inbox_brokers AS came
        WHERE came.experiment_id = outbox.experiment_id AND came.broker <> $3 AND NOT EXISTS (
            SELECT 1 FROM outbox_brokers AS have
            WHERE have.message_id = outbox.message_id AND have.broker = came.broker))";

const HAS: &str = "SELECT count(*) FROM outbox_brokers WHERE message_id = $1 AND broker = $2";

const MARK_BROKER: &str = "
    INSERT INTO outbox_brokers (message_id, broker) SELECT message_id, $2 FROM outbox WHERE message_id = $1
    ON CONFLICT (message_id, broker) DO NOTHING";

const AGAIN: &str = "UPDATE outbox SET sent_at = NULL WHERE experiment_id = $1";

const UNMARK_BROKER: &str = "
    DELETE FROM outbox_brokers
    WHERE broker = $2 AND message_id IN (SELECT message_id FROM outbox WHERE experiment_id = $1)";

impl Ledger {
    /// Announcements that a broker has not been sent, oldest first: only of experiments whose refs are all set.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unsent(&self, broker: &str, limit: u32) -> Result<Vec<OutboxMessage>, StoreError> {
        const ACTION: &str = "list announcements";
        let rows = query(UNSENT)
            .bind(i64::from(limit))
            .bind(broker)
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

    /// Notes that a broker has announcements, at `at_ms` milliseconds since the Unix epoch. They count as sent when all
    /// `others` have them too, and every broker by which their request came. One that was noted before keeps its time. A
    /// note that is lost with the machine's power lets them be sent once more.
    ///
    /// # Errors
    /// What the database says. Nothing is noted then.
    pub async fn mark_sent<I: AsRef<str>>(
        &self,
        broker: &str,
        others: &[&str],
        message_ids: &[I],
        at_ms: i64,
    ) -> Result<(), StoreError> {
        const ACTION: &str = "note the announcements that were sent";
        let mut transaction = self.begin_note(ACTION).await?;
        let mut connection = transaction.connection();
        for id in message_ids {
            mark(&mut connection, broker, others, id.as_ref(), at_ms).await.during(&self.path, ACTION)?;
        }
        transaction.commit().await.during(&self.path, ACTION)
    }

    /// Lets a broker be sent once more everything that was announced of an experiment: whoever asked again by it may have
    /// missed it. Gives how many announcements there are.
    ///
    /// # Errors
    /// What the database says. Nothing is changed then.
    pub async fn announce_again(&self, broker: &str, id: ExperimentId) -> Result<u64, StoreError> {
        const ACTION: &str = "announce an experiment again";
        let mut transaction = self.begin(ACTION).await?;
        query(UNMARK_BROKER)
            .bind(id.to_string())
            .bind(broker)
            .execute(&mut transaction.connection())
            .await
            .during(&self.path, ACTION)?;
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
        let messages: Vec<_> = messages.iter().map(|message| (message, at_ms)).collect();
        insert(&mut transaction.connection(), &messages).await.during(&self.path, ACTION)?;
        wake::notify(&mut transaction.connection()).await.during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)
    }
}

async fn mark(
    connection: &mut Connection<'_>,
    broker: &str,
    others: &[&str],
    id: &str,
    at_ms: i64,
) -> Result<(), sqlx::Error> {
    let mut is_last = true;
    for other in others {
        is_last &= query(HAS).bind(id).bind(*other).fetch_number(connection).await? > 0;
    }
    let is_sent = is_last && query(MARK).bind(id).bind(at_ms).bind(broker).execute(connection).await? > 0;
    // Where there is one broker, being sent says all.
    if !is_sent || !others.is_empty() {
        query(MARK_BROKER).bind(id).bind(broker).execute(connection).await?;
    }
    Ok(())
}

/// Each message with the time at which it was made, in milliseconds since the Unix epoch.
pub(crate) async fn insert(
    connection: &mut Connection<'_>,
    messages: &[(&OutboxMessage, i64)],
) -> Result<(), sqlx::Error> {
    let mut bulk = Bulk::new(INSERT, "");
    for &(message, created_at_ms) in messages {
        bulk.push([
            message.message_id.as_str().into(),
            message.subject.as_str().into(),
            message.payload.as_str().into(),
            message.experiment.map(|id| id.to_string()).into(),
            created_at_ms.into(),
        ]);
    }
    bulk.execute(connection).await
}
