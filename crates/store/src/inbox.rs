//! Requests that came by message, so that the second of two is known for what it is.

use genesis_domain::InboxMessage;

use crate::error::During;
use crate::experiments::Columns;
use crate::sql::{Connection, query};
use crate::{Ledger, StoreError};

const FIND: &str = "SELECT digest FROM inbox WHERE experiment_id = $1";

const INSERT: &str = "
    INSERT INTO inbox (experiment_id, sender, request_id, digest, received_at) VALUES ($1, $2, $3, $4, $5)";

const CAME_BY: &str = "
    INSERT INTO inbox_brokers (experiment_id, broker) VALUES ($1, $2) ON CONFLICT (experiment_id, broker) DO NOTHING";

/// What a request is, beside those that came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// The first of its id. It is noted.
    New,
    /// The same as one before.
    Again,
    /// Another one under the id of one before, which stands.
    Conflict,
}

impl Ledger {
    /// Notes a request, unless one of its id is there already, and by which broker it came: its announcements are kept until
    /// that one has them. A note that is lost with the machine's power comes again with its request.
    ///
    /// # Errors
    /// What the database says. Nothing is noted then.
    pub async fn receive(&self, message: &InboxMessage) -> Result<Received, StoreError> {
        const ACTION: &str = "note a request";
        let id = message.experiment.to_string();
        let mut transaction = self.begin_note(ACTION).await?;
        let mut connection = transaction.connection();
        let row = query(FIND).bind(&id).fetch_optional(&mut connection).await.during(&self.path, ACTION)?;
        if let Some(row) = row {
            let digest: String = Columns { row: &row, path: &self.path }.get("digest")?;
            if digest != message.digest.as_str() {
                return Ok(Received::Conflict);
            }
            if came_by(&mut connection, message).await.during(&self.path, ACTION)? > 0 {
                transaction.commit().await.during(&self.path, ACTION)?;
            }
            return Ok(Received::Again);
        }
        query(INSERT)
            .bind(id)
            .bind(&message.sender)
            .bind(&message.request)
            .bind(message.digest.as_str())
            .bind(message.received_at_ms)
            .execute(&mut connection)
            .await
            .during(&self.path, ACTION)?;
        came_by(&mut connection, message).await.during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)?;
        Ok(Received::New)
    }
}

async fn came_by(connection: &mut Connection<'_>, message: &InboxMessage) -> Result<u64, sqlx::Error> {
    query(CAME_BY).bind(message.experiment.to_string()).bind(&message.broker).execute(connection).await
}
