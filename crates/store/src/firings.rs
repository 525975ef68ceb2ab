//! Tasks at their times. A firing is claimed in one transaction and has one holder at a time: whoever began it until its lease is
//! over, then anybody.

use genesis_domain::{Firing, FiringState, OutboxMessage};
use serde_json::Value;

use crate::error::During;
use crate::experiments::Columns;
use crate::sql::{Connection, Row, query};
use crate::{Ledger, StoreError, outbox, wake};

const OPEN: &str = "SELECT * FROM firings WHERE task = $1 AND ended_at IS NULL";

const FIND: &str = "SELECT * FROM firings WHERE task = $1 AND due_at = $2";

const LATEST: &str = "
    SELECT * FROM firings WHERE task = $1 AND expression IS NOT NULL ORDER BY due_at DESC LIMIT 1";

const INSERT: &str = "
    INSERT INTO firings (task, due_at, expression, state, attempt, holder, held_until, begun_at, ended_at)
    VALUES ($1, $2, $3, 'open', 1, $4, $5, $6, NULL)";

const PASS: &str = "
    INSERT INTO firings (task, due_at, expression, state, attempt, holder, held_until, begun_at, ended_at)
    VALUES ($1, $2, $3, 'passed', 0, $4, $5, $5, $5)
    ON CONFLICT (task, due_at) DO UPDATE SET expression = excluded.expression";

const TAKE_OVER: &str = "
    UPDATE firings SET attempt = attempt + 1, holder = $3, held_until = $4, begun_at = $5
    WHERE task = $1 AND due_at = $2 AND ended_at IS NULL";

const HOLD: &str = "
    UPDATE firings SET held_until = $4
    WHERE task = $1 AND due_at = $2 AND attempt = $3 AND ended_at IS NULL";

const FINISH: &str = "
    UPDATE firings SET state = 'done', ended_at = $4, result = $5, failure = NULL
    WHERE task = $1 AND due_at = $2 AND attempt = $3 AND ended_at IS NULL";

const RETRY: &str = "
    UPDATE firings SET held_until = $4, failure = $5
    WHERE task = $1 AND due_at = $2 AND attempt = $3 AND ended_at IS NULL";

const FAIL: &str = "
    UPDATE firings SET state = 'failed', ended_at = $4, failure = $5
    WHERE task = $1 AND due_at = $2 AND attempt = $3 AND ended_at IS NULL";

const ABANDONED: &str = "SELECT task FROM firings WHERE ended_at IS NULL AND held_until <= $1 ORDER BY task";

const LIST: &str = "SELECT * FROM firings WHERE task = $1 ORDER BY due_at DESC LIMIT $2";

const LAST_DONE: &str =
    "SELECT * FROM firings WHERE task = $1 AND state = 'done' AND due_at < $2 ORDER BY due_at DESC LIMIT 1";

/// Why a firing failed that nobody brought to an end.
const NO_END: &str = "no attempt came to an end";

/// What is to be claimed, by whom.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'c> {
    /// The task.
    pub task: &'c str,
    /// When it was due; `None` to take over only what somebody else has left.
    pub due_at_ms: Option<i64>,
    /// The schedule that says so; `None` when somebody asks for it.
    pub expression: Option<&'c str>,
    /// Who claims it, for people.
    pub holder: &'c str,
    /// The time now.
    pub now_ms: i64,
    /// For how long nobody else gets it.
    pub lease_ms: i64,
    /// How often a firing may be begun.
    pub most_attempts: u32,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is the claimant's: the one that was asked for, or an earlier one that was left unfinished.
    Ours(Firing),
    /// Another one of the task is under way.
    Busy(Firing),
    /// This one was begun before, and is over.
    Known,
    /// Nothing was asked for, and nothing is left.
    Nothing,
}

impl Ledger {
    /// Begins a schedule: when it is not the one that the task had, whatever was due until now counts as passed, so that
    /// nothing is missed that nobody had asked for. `due_at_ms` is the latest time that has passed.
    ///
    /// # Errors
    /// What the database says. Nothing is changed then.
    pub async fn begin_schedule(&self, claim: &Claim<'_>) -> Result<(), StoreError> {
        const ACTION: &str = "begin a schedule";
        let Some(due_at_ms) = claim.due_at_ms else { return Ok(()) };
        let mut transaction = self.begin(ACTION).await?;
        let mut connection = transaction.connection();
        let row = query(LATEST).bind(claim.task).fetch_optional(&mut connection).await;
        if let Some(row) = row.during(&self.path, ACTION)? {
            let known: Option<String> = Columns { row: &row, path: &self.path }.get("expression")?;
            if known.as_deref() == claim.expression {
                return Ok(());
            }
        }
        query(PASS)
            .bind(claim.task)
            .bind(due_at_ms)
            .bind(claim.expression)
            .bind(claim.holder)
            .bind(claim.now_ms)
            .execute(&mut connection)
            .await
            .during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)
    }

    /// Claims a firing in one transaction. What was left unfinished goes first, and one that was begun too often fails.
    ///
    /// # Errors
    /// What the database says. Nothing is claimed then.
    pub async fn claim(&self, claim: &Claim<'_>) -> Result<Claimed, StoreError> {
        const ACTION: &str = "claim a task";
        // Most looks find that there is nothing to do, and keep no writer waiting.
        let seen = self.look(&mut self.reader(ACTION).await?.connection(), claim).await?;
        if !matches!(seen, Seen::Left(_) | Seen::New) {
            return Ok(seen.into());
        }
        let mut transaction = self.begin(ACTION).await?;
        let mut connection = transaction.connection();
        let until = claim.now_ms.saturating_add(claim.lease_ms);
        let mut seen = self.look(&mut connection, claim).await?;
        if let Seen::Left(left) = &seen
            && left.attempt >= claim.most_attempts
        {
            let why = left.failure.as_deref().unwrap_or(NO_END);
            self.update(&mut connection, FAIL, left, claim.now_ms, Some(why)).await?;
            seen = self.look(&mut connection, claim).await?;
        }
        let due_at_ms = match (&seen, claim.due_at_ms) {
            (Seen::Left(left), _) => {
                query(TAKE_OVER)
                    .bind(claim.task)
                    .bind(left.due_at_ms)
                    .bind(claim.holder)
                    .bind(until)
                    .bind(claim.now_ms)
                    .execute(&mut connection)
                    .await
                    .during(&self.path, ACTION)?;
                Some(left.due_at_ms)
            }
            (Seen::New, Some(due_at_ms)) => {
                query(INSERT)
                    .bind(claim.task)
                    .bind(due_at_ms)
                    .bind(claim.expression)
                    .bind(claim.holder)
                    .bind(until)
                    .bind(claim.now_ms)
                    .execute(&mut connection)
                    .await
                    .during(&self.path, ACTION)?;
                Some(due_at_ms)
            }
            _ => None,
        };
        let ours = match due_at_ms {
            Some(due_at_ms) => self.firing(&mut connection, claim.task, due_at_ms).await?,
            None => None,
        };
        transaction.commit().await.during(&self.path, ACTION)?;
        Ok(ours.map_or_else(|| seen.into(), Claimed::Ours))
    }

    /// Keeps a claim until `until_ms`; `false` when it is not the claimant's any more.
    ///
    /// # Errors
    /// What the database says.
    pub async fn hold(&self, firing: &Firing, until_ms: i64) -> Result<bool, StoreError> {
        const ACTION: &str = "keep a task";
        let mut transaction = self.begin_note(ACTION).await?;
        let is_held = self.update(&mut transaction.connection(), HOLD, firing, until_ms, None).await?;
        transaction.commit().await.during(&self.path, ACTION)?;
        Ok(is_held)
    }

    /// Records that a firing is done, together with what it announces; `false`, and nothing is recorded, when it is not the
    /// claimant's any more.
    ///
    /// # Errors
    /// What the database says. Nothing is recorded then.
    pub async fn finish(
        &self,
        firing: &Firing,
        at_ms: i64,
        result: &Value,
        announcements: &[OutboxMessage],
    ) -> Result<bool, StoreError> {
        const ACTION: &str = "record that a task is done";
        let mut transaction = self.begin(ACTION).await?;
        let mut connection = transaction.connection();
        let result = result.to_string();
        if !self.update(&mut connection, FINISH, firing, at_ms, Some(&result)).await? {
            return Ok(false);
        }
        let announcements: Vec<_> = announcements.iter().map(|message| (message, at_ms)).collect();
        outbox::insert(&mut connection, &announcements).await.during(&self.path, ACTION)?;
        wake::notify(&mut connection).await.during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)?;
        Ok(true)
    }

    /// Records that an attempt came to nothing: it is tried again from `again_at_ms` on, or has failed when there is no such
    /// time. `false` when it is not the claimant's any more.
    ///
    /// # Errors
    /// What the database says. Nothing is recorded then.
    pub async fn give_back(
        &self,
        firing: &Firing,
        at_ms: i64,
        why: &str,
        again_at_ms: Option<i64>,
    ) -> Result<bool, StoreError> {
        const ACTION: &str = "record that a task was not done";
        let mut transaction = self.begin(ACTION).await?;
        let (sql, time) = again_at_ms.map_or((FAIL, at_ms), |again| (RETRY, again));
        let is_ours = self.update(&mut transaction.connection(), sql, firing, time, Some(why)).await?;
        transaction.commit().await.during(&self.path, ACTION)?;
        Ok(is_ours)
    }

    /// The tasks of which one was left unfinished, and is anybody's.
    ///
    /// # Errors
    /// What the database says.
    pub async fn abandoned(&self, now_ms: i64) -> Result<Vec<String>, StoreError> {
        const ACTION: &str = "look for tasks that were left";
        let mut reader = self.reader(ACTION).await?;
        let rows = query(ABANDONED).bind(now_ms).fetch_all(&mut reader.connection()).await;
        let rows = rows.during(&self.path, ACTION)?;
        rows.iter().map(|row| Columns { row, path: &self.path }.get("task")).collect()
    }

    /// The firings of a task, the latest first.
    ///
    /// # Errors
    /// What the database says; [`StoreError::Damaged`] when a row is not what was written.
    pub async fn firings(&self, task: &str, limit: u32) -> Result<Vec<Firing>, StoreError> {
        const ACTION: &str = "list the times of a task";
        let mut reader = self.reader(ACTION).await?;
        let rows = query(LIST).bind(task).bind(i64::from(limit)).fetch_all(&mut reader.connection()).await;
        rows.during(&self.path, ACTION)?.iter().map(|row| self.read(row)).collect()
    }

    /// The latest firing of a task that was done, of those that were due before a time.
    ///
    /// # Errors
    /// As [`Ledger::firings`].
    pub async fn last_done(&self, task: &str, before_ms: i64) -> Result<Option<Firing>, StoreError> {
        const ACTION: &str = "read when a task was done";
        let mut reader = self.reader(ACTION).await?;
        let row = query(LAST_DONE).bind(task).bind(before_ms).fetch_optional(&mut reader.connection()).await;
        row.during(&self.path, ACTION)?.map(|row| self.read(&row)).transpose()
    }

    async fn look(&self, connection: &mut Connection<'_>, claim: &Claim<'_>) -> Result<Seen, StoreError> {
        const ACTION: &str = "look at a task";
        let open = query(OPEN).bind(claim.task).fetch_optional(connection).await;
        if let Some(row) = open.during(&self.path, ACTION)? {
            let open = self.read(&row)?;
            return Ok(if open.held_until_ms > claim.now_ms { Seen::Busy(open) } else { Seen::Left(open) });
        }
        let Some(due_at_ms) = claim.due_at_ms else { return Ok(Seen::Nothing) };
        let known = self.firing(connection, claim.task, due_at_ms).await?;
        Ok(if known.is_some() { Seen::Known } else { Seen::New })
    }

    async fn firing(
        &self,
        connection: &mut Connection<'_>,
        task: &str,
        due_at_ms: i64,
    ) -> Result<Option<Firing>, StoreError> {
        let row = query(FIND).bind(task).bind(due_at_ms).fetch_optional(connection).await;
        row.during(&self.path, "read a time of a task")?.map(|row| self.read(&row)).transpose()
    }

    async fn update(
        &self,
        connection: &mut Connection<'_>,
        sql: &'static str,
        firing: &Firing,
        time_ms: i64,
        text: Option<&str>,
    ) -> Result<bool, StoreError> {
        let update = query(sql)
            .bind(&firing.task)
            .bind(firing.due_at_ms)
            .bind(i64::from(firing.attempt))
            .bind(time_ms);
        let update = if text.is_some() { update.bind(text) } else { update };
        let changed = update.execute(connection).await.during(&self.path, "change a time of a task")?;
        Ok(changed == 1)
    }

    fn read(&self, row: &Row) -> Result<Firing, StoreError> {
        let columns = Columns { row, path: &self.path };
        let attempt = columns.unsigned("attempt")?;
        Ok(Firing {
            task: columns.get("task")?,
            due_at_ms: columns.get("due_at")?,
            state: columns.named::<FiringState>("state")?,
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
            holder: columns.get("holder")?,
            held_until_ms: columns.get("held_until")?,
            begun_at_ms: columns.get("begun_at")?,
            ended_at_ms: columns.get("ended_at")?,
            failure: columns.get("failure")?,
            result: match columns.get::<Option<String>>("result")? {
                Some(_) => Some(columns.json("result")?),
                None => None,
            },
        })
    }
}

/// What there is of a task.
enum Seen {
    Busy(Firing),
    /// Open, and nobody's any more.
    Left(Firing),
    Known,
    New,
    Nothing,
}

impl From<Seen> for Claimed {
    fn from(seen: Seen) -> Self {
        match seen {
            Seen::Busy(firing) | Seen::Left(firing) => Self::Busy(firing),
            Seen::Known => Self::Known,
            Seen::New | Seen::Nothing => Self::Nothing,
        }
    }
}
