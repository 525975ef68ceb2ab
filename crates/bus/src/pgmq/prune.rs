//! Taking away what has been kept for long enough. A stream of JetStream has its own age; a queue keeps everything.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::Pgmq;
use crate::BusError;
use crate::error::During;
use crate::topology::{Channel, Kind, queue};

const ACTION: &str = "take old messages away";

impl Pgmq {
    /// What was archived longer ago than `keep`, and what lies in feeds for as long. Where roles are kept apart, nobody but
    /// the database's own function may touch an archive.
    pub(crate) async fn prune(&self, keep: Duration) -> Result<u64, BusError> {
        let seconds = i64::try_from(keep.as_secs()).unwrap_or(i64::MAX);
        let is_shared: bool =
            sqlx::query_scalar("SELECT to_regprocedure('shared_queue.prune(interval)') IS NOT NULL")
                .fetch_one(&self.pool)
                .await
                .during(ACTION)?;
        if is_shared {
            let pruned: i64 = sqlx::query_scalar(
                "SELECT coalesce(sum(pruned), 0)::bigint FROM shared_queue.prune(make_interval(secs => $1::bigint))",
            )
            .bind(seconds)
            .fetch_one(&self.pool)
            .await
            .during(ACTION)?;
            return Ok(pruned.unsigned_abs());
        }
        let mut pruned = 0;
        for name in self.queues() {
            pruned += self.prune_table(&format!("a_{name}"), "archived_at", seconds).await?;
        }
        let feeds = self.topology.channels.iter().filter(|channel| matches!(channel.kind, Kind::Feed { .. }));
        let feeds = feeds.flat_map(Channel::queues).chain([queue(&self.topology.dead.name)]);
        for name in feeds {
            pruned += self.prune_table(&format!("q_{name}"), "enqueued_at", seconds).await?;
        }
        Ok(pruned)
    }

    async fn prune_table(&self, table: &str, since: &str, seconds: i64) -> Result<u64, BusError> {
        let sql =
            format!("DELETE FROM pgmq.{table} WHERE {since} < now() - make_interval(secs => $1::bigint)");
        let done = sqlx::query(AssertSqlSafe(sql)).bind(seconds).execute(&self.pool).await.during(ACTION)?;
        Ok(done.rows_affected())
    }
}
