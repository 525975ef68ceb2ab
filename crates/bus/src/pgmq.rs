//! pgmq: queues in PostgreSQL. It only hides what was read; that a message is given up after so many deliveries, and
//! that a message has an id, are made here.

mod prune;

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use genesis_domain::without_password;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool, Row as _};
use tokio::sync::Mutex;

use crate::error::During;
use crate::message::{
    Answer as AnyAnswer, DeadLetter, Delivery, Outgoing, Question, Receipt as AnyReceipt, plain, trace,
};
use crate::topology::{Channel, Kind, queue};
use crate::{BusError, Topology};

/// pgmq's own SQL, for a database without the extension.
const INSTALL: &str = include_str!("../../../migrations/shared_queue/postgres/pgmq.sql");

/// Held while queues are made: two that start at once do not meet half way.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1195724369)";

const SEND: &str = "
    SELECT pgmq.send(queue_name => $1::text, msg => $2::text::jsonb, headers => $3::text::jsonb, delay => 0)";
const READ: &str = "
    SELECT msg_id, read_ct, message::text AS message, headers::text AS headers
    FROM pgmq.read(queue_name => $1::text, vt => $2::integer, qty => 1)";
const HIDE: &str = "
    SELECT msg_id FROM pgmq.set_vt($1::text, $2::bigint, clock_timestamp() + $3::bigint * interval '1 millisecond')";
const ARCHIVE: &str = "SELECT pgmq.archive($1::text, $2::bigint)";
const DELETE: &str = "SELECT pgmq.delete($1::text, $2::bigint)";

const CONNECTIONS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at a queue. One waiting worker of a channel looks, the others wait in line.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Pgmq {
    pool: PgPool,
    topology: Arc<Topology>,
    /// By channel.
    looking: Arc<BTreeMap<String, Mutex<()>>>,
}

impl Pgmq {
    /// Whether the database is there and takes who comes.
    pub(crate) async fn knock(url: &str) -> Result<(), BusError> {
        options(url).await.map(drop)
    }

    pub(crate) async fn connect(url: &str, topology: &Topology) -> Result<Self, BusError> {
        let options = options(url).await?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(options);
        let looking =
            topology.channels.iter().map(|channel| (channel.name.clone(), Mutex::default())).collect();
        let broker = Self { pool, topology: Arc::new(topology.clone()), looking: Arc::new(looking) };
        broker.declare().await?;
        Ok(broker)
    }

    async fn declare(&self) -> Result<(), BusError> {
        const ACTION: &str = "make the queues";
        let mut transaction = self.pool.begin().await.during(ACTION)?;
        sqlx::query(LOCK).execute(&mut *transaction).await.during(ACTION)?;
        let is_there: bool = sqlx::query_scalar("SELECT to_regclass('pgmq.meta') IS NOT NULL")
            .fetch_one(&mut *transaction)
            .await
            .during(ACTION)?;
        if !is_there {
            sqlx::raw_sql(INSTALL).execute(&mut *transaction).await.during("install pgmq")?;
        }
        let there: Vec<String> = sqlx::query_scalar("SELECT queue_name::text FROM pgmq.meta")
            .fetch_all(&mut *transaction)
            .await
            .during(ACTION)?;
        // A role that may use its queues and make none finds all of them.
        for name in self.queues().filter(|name| !there.contains(name)) {
            sqlx::query("SELECT pgmq.create($1::text)")
                .bind(name)
                .execute(&mut *transaction)
                .await
                .during(ACTION)?;
        }
        transaction.commit().await.during(ACTION)
    }

    fn queues(&self) -> impl Iterator<Item = String> {
        let topology = &self.topology;
        let questions = topology.questions.iter().map(|subject| queue(subject));
        topology.channels.iter().flat_map(Channel::queues).chain([self.dead()]).chain(questions)
    }

    /// The one queue of all dead letters.
    fn dead(&self) -> String {
        queue(&self.topology.dead.name)
    }

    pub(crate) async fn publish(&self, message: &Outgoing<'_>) -> Result<(), BusError> {
        let channel = self
            .topology
            .carrying(message.subject)
            .ok_or_else(|| BusError::NotFound(format!("channel for {}", message.subject)))?;
        let name = queue(message.subject);
        if !channel.queues().any(|queue| queue == name) {
            return Ok(());
        }
        let mut connection = self.pool.acquire().await.during("send a message")?;
        let mut headers = json!({ "id": message.id, "subject": message.subject });
        if let Some(traceparent) = message.traceparent {
            headers["traceparent"] = Value::from(plain(traceparent));
        }
        send(&mut connection, &name, &storable(message.payload)?, &headers).await
    }

    pub(crate) async fn receive(&self, channel: &str, wait: Duration) -> Result<Option<Delivery>, BusError> {
        let found = self.topology.channel(channel);
        let Some((channel, Kind::Work { lease, most_deliveries })) = found.map(|found| (found, found.kind))
        else {
            return Err(BusError::NotFound(format!("channel of work {channel}")));
        };
        let subjects = || channel.subjects.iter().filter(|subject| !subject.contains('*'));
        let until = tokio::time::Instant::now() + wait;
        let Some(looking) = self.looking.get(&channel.name) else { return Ok(None) };
        let Ok(_turn) = tokio::time::timeout_at(until, looking.lock()).await else { return Ok(None) };
        loop {
            for subject in subjects() {
                let name = queue(subject);
                while let Some(row) = self.read(&name, lease).await? {
                    let delivery = self.delivery(&row, subject, name.clone(), lease)?;
                    if delivery.attempt <= most_deliveries {
                        return Ok(Some(delivery));
                    }
                    delivery.reject("no delivery of it was acknowledged").await?;
                }
            }
            if tokio::time::Instant::now() >= until {
                return Ok(None);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn read(&self, queue: &str, lease: Duration) -> Result<Option<PgRow>, BusError> {
        let seconds = i32::try_from(lease.as_secs().max(1)).unwrap_or(i32::MAX);
        sqlx::query(READ).bind(queue).bind(seconds).fetch_optional(&self.pool).await.during("fetch a message")
    }

    fn delivery(
        &self,
        row: &PgRow,
        subject: &str,
        queue: String,
        lease: Duration,
    ) -> Result<Delivery, BusError> {
        const ACTION: &str = "read a message";
        let message: i64 = row.try_get("msg_id").during(ACTION)?;
        let attempt: i32 = row.try_get("read_ct").during(ACTION)?;
        let payload: String = row.try_get("message").during(ACTION)?;
        let headers: Option<String> = row.try_get("headers").during(ACTION)?;
        let headers = headers.and_then(|text| serde_json::from_str::<Value>(&text).ok()).unwrap_or_default();
        Ok(Delivery {
            subject: subject.to_owned(),
            id: headers["id"].as_str().map(str::to_owned),
            traceparent: headers["traceparent"].as_str().map(str::to_owned).and_then(trace),
            payload: payload.into_bytes(),
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
            origin: format!("{queue}:{message}"),
            lease,
            receipt: AnyReceipt::Pgmq(Receipt { broker: self.clone(), queue, message }),
        })
    }

    /// The question lies in the subject's queue with the name of a queue that was made for its answer alone.
    pub(crate) async fn ask(
        &self,
        subject: &str,
        payload: &[u8],
        wait: Duration,
    ) -> Result<Vec<u8>, BusError> {
        const ACTION: &str = "ask a question";
        let answers = format!("answer_{}", uuid::Uuid::now_v7().simple());
        let mut connection = self.pool.acquire().await.during(ACTION)?;
        sqlx::query("SELECT pgmq.create_unlogged($1::text)")
            .bind(&answers)
            .execute(&mut *connection)
            .await
            .during(ACTION)?;
        let headers = json!({ "answer_to": answers });
        send(&mut connection, &queue(subject), &storable(payload)?, &headers).await?;
        drop(connection);
        let until = tokio::time::Instant::now() + wait;
        let answer = loop {
            if let Some(row) = self.read(&answers, PATIENCE).await? {
                let text: String = row.try_get("message").during(ACTION)?;
                break Ok(text.into_bytes());
            }
            if tokio::time::Instant::now() >= until {
                break Err(BusError::Unavailable { action: ACTION, message: "nobody answers".to_owned() });
            }
            tokio::time::sleep(PAUSE).await;
        };
        sqlx::query("SELECT pgmq.drop_queue($1::text)")
            .bind(&answers)
            .execute(&self.pool)
            .await
            .during(ACTION)?;
        answer
    }

    pub(crate) async fn question(&self, subject: &str, wait: Duration) -> Result<Option<Question>, BusError> {
        const ACTION: &str = "read a question";
        if !self.topology.questions.iter().any(|known| known == subject) {
            return Err(BusError::NotFound(format!("question {subject}")));
        }
        let name = queue(subject);
        let until = tokio::time::Instant::now() + wait;
        loop {
            if let Some(row) = self.read(&name, PATIENCE).await? {
                let message: i64 = row.try_get("msg_id").during(ACTION)?;
                let payload: String = row.try_get("message").during(ACTION)?;
                let headers: Option<String> = row.try_get("headers").during(ACTION)?;
                let headers: Value =
                    headers.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
                // A question is answered once or not at all: whoever asked has gone when it would come again.
                sqlx::query(DELETE).bind(&name).bind(message).execute(&self.pool).await.during(ACTION)?;
                let to = headers["answer_to"].as_str().map(str::to_owned);
                return Ok(Some(Question {
                    subject: subject.to_owned(),
                    payload: payload.into_bytes(),
                    answer: AnyAnswer::Pgmq(Answer { pool: self.pool.clone(), to }),
                }));
            }
            if tokio::time::Instant::now() >= until {
                return Ok(None);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(crate) async fn dead_letters(&self, most: usize) -> Result<Vec<DeadLetter>, BusError> {
        let sql = format!(
            "SELECT msg_id, message::text AS message FROM pgmq.q_{} ORDER BY msg_id LIMIT $1",
            self.dead()
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await
            .during("list the dead letters")?;
        rows.iter().map(letter).collect()
    }

    pub(crate) async fn dead_letter(&self, number: u64) -> Result<DeadLetter, BusError> {
        let mut connection = self.pool.acquire().await.during("read a dead letter")?;
        self.find(&mut connection, number).await
    }

    async fn find(&self, connection: &mut PgConnection, number: u64) -> Result<DeadLetter, BusError> {
        let sql = format!(
            "SELECT msg_id, message::text AS message FROM pgmq.q_{} WHERE msg_id = $1 FOR UPDATE",
            self.dead()
        );
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::try_from(number).unwrap_or(i64::MAX))
            .fetch_optional(connection)
            .await
            .during("read a dead letter")?;
        letter(&row.ok_or_else(|| BusError::NotFound(format!("dead letter {number}")))?)
    }

    pub(crate) async fn requeue(&self, number: u64) -> Result<(), BusError> {
        const ACTION: &str = "send a dead letter again";
        let mut transaction = self.pool.begin().await.during(ACTION)?;
        let letter = self.find(&mut transaction, number).await?;
        let headers = json!({ "id": letter.id, "subject": letter.subject });
        send(&mut transaction, &queue(&letter.subject), &storable(&letter.payload)?, &headers).await?;
        self.take(&mut transaction, DELETE, number).await?;
        transaction.commit().await.during(ACTION)
    }

    pub(crate) async fn drop_dead(&self, number: u64) -> Result<(), BusError> {
        const ACTION: &str = "drop a dead letter";
        let mut transaction = self.pool.begin().await.during(ACTION)?;
        self.find(&mut transaction, number).await?;
        self.take(&mut transaction, ARCHIVE, number).await?;
        transaction.commit().await.during(ACTION)
    }

    async fn take(
        &self,
        connection: &mut PgConnection,
        how: &'static str,
        number: u64,
    ) -> Result<(), BusError> {
        sqlx::query(how)
            .bind(self.dead())
            .bind(i64::try_from(number).unwrap_or(i64::MAX))
            .execute(connection)
            .await
            .during("take a dead letter away")?;
        Ok(())
    }

    pub(crate) async fn is_connected(&self) -> bool {
        let asked = sqlx::query("SELECT 1").execute(&self.pool);
        matches!(tokio::time::timeout(PATIENCE / 5, asked).await, Ok(Ok(_)))
    }

    pub(crate) async fn remove(&self) -> Result<(), BusError> {
        for name in self.queues() {
            sqlx::query("SELECT pgmq.drop_queue($1::text)")
                .bind(name)
                .execute(&self.pool)
                .await
                .during("remove a queue")?;
        }
        Ok(())
    }
}

/// The options of connections to a database that was reached with them.
async fn options(url: &str) -> Result<PgConnectOptions, BusError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| BusError::Address { url: without_password(url), why: error.to_string() })?
        .application_name("genesis-bus")
        .disable_statement_logging();
    // A pool would try a server that is not there for as long as it waits for a free connection.
    let first = options.connect().await.map_err(|error| BusError::Unavailable {
        action: "connect to the database of the queues",
        message: format!("{}: {error}", without_password(url)),
    })?;
    first.close().await.during("connect to the database of the queues")?;
    Ok(options)
}

/// How one delivery is answered.
#[derive(Debug)]
pub(crate) struct Receipt {
    broker: Pgmq,
    queue: String,
    message: i64,
}

impl Receipt {
    pub(crate) async fn ack(&self) -> Result<(), BusError> {
        sqlx::query(ARCHIVE)
            .bind(&self.queue)
            .bind(self.message)
            .execute(&self.broker.pool)
            .await
            .during("acknowledge a message")?;
        Ok(())
    }

    /// Hides it for so long from now on.
    pub(crate) async fn hide(&self, time: Duration) -> Result<(), BusError> {
        const ACTION: &str = "extend a lease or hand a message back";
        let found = sqlx::query(HIDE)
            .bind(&self.queue)
            .bind(self.message)
            .bind(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
            .fetch_optional(&self.broker.pool)
            .await
            .during(ACTION)?;
        found
            .map(|_| ())
            .ok_or_else(|| BusError::NotFound(format!("message {} in {}", self.message, self.queue)))
    }

    pub(crate) async fn reject(&self, delivery: &Delivery, reason: &str) -> Result<(), BusError> {
        const ACTION: &str = "give a message up";
        let original: Value = serde_json::from_slice(&delivery.payload)
            .map_err(|error| BusError::Message(format!("a queue gave what is no JSON: {error}")))?;
        let letter = json!({
            "reason": plain(reason),
            "subject": delivery.subject,
            "id": delivery.id,
            "origin": delivery.origin,
            "deliveries": delivery.attempt,
            "original": original,
        });
        let mut transaction = self.broker.pool.begin().await.during(ACTION)?;
        send(&mut transaction, &self.broker.dead(), &letter.to_string(), &json!({})).await?;
        sqlx::query(ARCHIVE)
            .bind(&self.queue)
            .bind(self.message)
            .execute(&mut *transaction)
            .await
            .during(ACTION)?;
        transaction.commit().await.during(ACTION)
    }
}

/// Where an answer goes.
#[derive(Debug)]
pub(crate) struct Answer {
    pool: PgPool,
    to: Option<String>,
}

impl Answer {
    pub(crate) async fn send(self, payload: &[u8]) -> Result<(), BusError> {
        const ACTION: &str = "answer a question";
        let Some(to) = self.to else { return Ok(()) };
        let is_waiting: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pgmq.meta WHERE queue_name = $1)")
                .bind(&to)
                .fetch_one(&self.pool)
                .await
                .during(ACTION)?;
        // Only queues for answers: a question must not be able to fill another.
        if !is_waiting || !to.starts_with("answer_") {
            return Ok(());
        }
        let mut connection = self.pool.acquire().await.during(ACTION)?;
        send(&mut connection, &to, &storable(payload)?, &json!({})).await
    }
}

async fn send(
    connection: &mut PgConnection,
    queue: &str,
    payload: &str,
    headers: &Value,
) -> Result<(), BusError> {
    sqlx::query(SEND)
        .bind(queue)
        .bind(payload)
        .bind(headers.to_string())
        .execute(connection)
        .await
        .during("send a message")?;
    Ok(())
}

/// JSON as PostgreSQL stores it: it has no character zero, which becomes the replacement character.
fn storable(payload: &[u8]) -> Result<String, BusError> {
    let not_json = |error: &dyn std::fmt::Display| BusError::Message(format!("queues carry JSON: {error}"));
    let text = std::str::from_utf8(payload).map_err(|error| not_json(&error))?;
    let mut value: Value = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    if !text.contains("\\u0000") {
        return Ok(text.to_owned());
    }
    without_zeros(&mut value);
    Ok(value.to_string())
}

fn without_zeros(value: &mut Value) {
    let clean = |text: &str| text.replace('\0', "\u{fffd}");
    match value {
        Value::String(text) => *text = clean(text),
        Value::Array(items) => items.iter_mut().for_each(without_zeros),
        Value::Object(fields) => {
            *fields = std::mem::take(fields)
                .into_iter()
                .map(|(key, mut value)| {
                    without_zeros(&mut value);
                    (clean(&key), value)
                })
                .collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn letter(row: &PgRow) -> Result<DeadLetter, BusError> {
    const ACTION: &str = "read a dead letter";
    let number: i64 = row.try_get("msg_id").during(ACTION)?;
    let text: String = row.try_get("message").during(ACTION)?;
    let told: Value = serde_json::from_str(&text).during(ACTION)?;
    let field = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    Ok(DeadLetter {
        number: number.unsigned_abs(),
        reason: field("reason"),
        subject: field("subject"),
        id: told["id"].as_str().map(str::to_owned),
        origin: field("origin"),
        deliveries: told["deliveries"]
            .as_u64()
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default(),
        payload: told["original"].to_string().into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_zero_is_replaced_and_nothing_else_is_touched() {
        let text = r#"{"b": "x\\u0000", "a": 1.50}"#;
        assert_eq!(
            storable(text.as_bytes()).unwrap(),
            serde_json::from_str::<Value>(text).unwrap().to_string()
        );
        let plain = r#"{"b": "x", "a": 1.50}"#;
        assert_eq!(storable(plain.as_bytes()).unwrap(), plain);
        assert_eq!(storable(br#"{"a\u0000": ["\u0000"]}"#).unwrap(), "{\"a\u{fffd}\":[\"\u{fffd}\"]}");
        assert!(storable(b"nonsense").is_err() && storable(b"\xff").is_err());
    }
}
