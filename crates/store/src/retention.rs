//! What may be forgotten. Experiments, versions in force, jobs and their replies, and what was called off are kept; so is every
//! request whose experiment is recorded, because it tells the next one under its id for what it is.

use crate::error::During;
use crate::sql::query;
use crate::{Ledger, StoreError};

/// They can be made again from the record.
const SENT: &str = "DELETE FROM outbox WHERE sent_at < $1";

const UNMET: &str = "
    DELETE FROM inbox WHERE received_at < $1
        AND NOT EXISTS (SELECT 1 FROM experiment_records WHERE experiment_records.experiment_id = inbox.experiment_id)";

/// The latest of each task stays, and the latest that was done: they say what comes next, and where the next period begins.
const FIRINGS: &str = "
    DELETE FROM firings WHERE ended_at < $1
        AND due_at < (SELECT max(due_at) FROM firings AS latest WHERE latest.task = firings.task)
        AND due_at < (SELECT coalesce(max(due_at), firings.due_at + 1) FROM firings AS done
                      WHERE done.task = firings.task AND done.state = 'done')";

/// How many rows were removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten {
    /// Announcements that the broker had confirmed.
    pub announcements: u64,
    /// Requests of which nothing was recorded.
    pub requests: u64,
    /// Times of tasks.
    pub firings: u64,
}

impl Ledger {
    /// Removes what was over before a time and is not needed any more, in one transaction.
    ///
    /// # Errors
    /// What the database says. Nothing is removed then.
    pub async fn forget(&self, before_ms: i64) -> Result<Forgotten, StoreError> {
        const ACTION: &str = "remove what is not needed any more";
        let mut transaction = self.begin_note(ACTION).await?;
        let mut counts = [0; 3];
        for (count, sql) in counts.iter_mut().zip([SENT, UNMET, FIRINGS]) {
            let removed = query(sql).bind(before_ms).execute(&mut transaction.connection()).await;
            *count = removed.during(&self.path, ACTION)?;
        }
        transaction.commit().await.during(&self.path, ACTION)?;
        let [announcements, requests, firings] = counts;
        Ok(Forgotten { announcements, requests, firings })
    }
}
