//! Experiments that were called off.

use genesis_domain::ExperimentId;

use crate::error::During;
use crate::experiments::{self, Columns};
use crate::sql::query;
use crate::{Ledger, StoreError};

const FIND: &str = "SELECT reason FROM cancellations WHERE experiment_id = $1";

const INSERT: &str = "INSERT INTO cancellations (experiment_id, reason, asked_at) VALUES ($1, $2, $3)
    ON CONFLICT (experiment_id) DO NOTHING";

/// What calling off an experiment did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalledOff {
    /// It will not be recorded, unless it is at this very moment.
    Noted,
    /// It is recorded, and stays so.
    TooLate,
}

impl Ledger {
    /// Calls an experiment off, whether its request has come or not. The first reason stands.
    ///
    /// # Errors
    /// What the database says. Nothing is noted then.
    pub async fn call_off(
        &self,
        id: ExperimentId,
        reason: &str,
        at_ms: i64,
    ) -> Result<CalledOff, StoreError> {
        const ACTION: &str = "call an experiment off";
        let mut transaction = self.begin(ACTION).await?;
        let mut connection = transaction.connection();
        if experiments::find(&mut connection, id, &self.path).await?.is_some() {
            return Ok(CalledOff::TooLate);
        }
        query(INSERT)
            .bind(id.to_string())
            .bind(reason)
            .bind(at_ms)
            .execute(&mut connection)
            .await
            .during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)?;
        Ok(CalledOff::Noted)
    }

    /// Why an experiment was called off; `None` when it was not.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn called_off(&self, id: ExperimentId) -> Result<Option<String>, StoreError> {
        const ACTION: &str = "look whether an experiment was called off";
        let mut reader = self.reader(ACTION).await?;
        let row = query(FIND)
            .bind(id.to_string())
            .fetch_optional(&mut reader.connection())
            .await
            .during(&self.path, ACTION)?;
        row.map(|row| Columns { row: &row, path: &self.path }.get("reason")).transpose()
    }
}
