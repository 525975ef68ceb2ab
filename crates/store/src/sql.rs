//! One way to say SQL to both databases. The statements are the same text for both; values are text, whole numbers and
//! real numbers, and nothing else.

use std::borrow::Cow;
use std::fmt::Write as _;

use genesis_domain::Durability;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{
    AssertSqlSafe, Decode, PgConnection, Postgres, Row as _, SqlSafeStr as _, Sqlite, SqliteConnection, Type,
};

/// Serialises writers of a PostgreSQL ledger as the file's lock does those of an SQLite one, until the transaction ends.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1195724357)";

/// Whether SQLite syncs its log with each transaction.
const SYNCED: &str = "PRAGMA synchronous = FULL";
const NOT_SYNCED: &str = "PRAGMA synchronous = NORMAL";
/// PostgreSQL does not wait for its log to be synced.
const NOT_AWAITED: &str = "SET LOCAL synchronous_commit = off";

/// The database behind a ledger.
#[derive(Clone)]
pub(crate) enum Database {
    /// A file.
    Sqlite {
        /// One connection: writers of this process wait in line rather than for the file's lock.
        writer: SqlitePool,
        reader: SqlitePool,
        durability: Durability,
    },
    /// A database of a server.
    Postgres(PgPool),
}

impl Database {
    /// Begins to write. The lock is taken at once: a transaction that reads first and writes later could not be repeated.
    pub(crate) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        self.begin_synced(true).await
    }

    /// Begins to write what may be lost with the machine's power, because it is found out anew then. It is not synced by itself,
    /// only with what is written after it.
    pub(crate) async fn begin_note(&self) -> Result<Transaction, sqlx::Error> {
        self.begin_synced(false).await
    }

    async fn begin_synced(&self, is_synced: bool) -> Result<Transaction, sqlx::Error> {
        match self {
            Self::Sqlite { writer, durability, .. } => {
                let mut connection = writer.acquire().await?;
                // SQLite takes a transaction back by itself when the disk is full. Taking it back once more fails then, and the
                // connection is held to be in the transaction for good.
                if sqlx::Connection::is_in_transaction(&*connection) {
                    connection.close().await?;
                    connection = writer.acquire().await?;
                }
                // Said each time: whoever had the connection before may have said otherwise.
                if *durability == Durability::Durable {
                    let synchronous = if is_synced { SYNCED } else { NOT_SYNCED };
                    sqlx::query(synchronous).execute(&mut *connection).await?;
                }
                sqlx::Transaction::begin(connection, Some("BEGIN IMMEDIATE".into_sql_str()))
                    .await
                    .map(Transaction::Sqlite)
            }
            Self::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                if !is_synced {
                    sqlx::query(NOT_AWAITED).execute(&mut *transaction).await?;
                }
                sqlx::query(LOCK).execute(&mut *transaction).await?;
                Ok(Transaction::Postgres(transaction))
            }
        }
    }

    /// A connection to read by.
    pub(crate) async fn reader(&self) -> Result<Reader, sqlx::Error> {
        match self {
            Self::Sqlite { reader, .. } => reader.acquire().await.map(Reader::Sqlite),
            Self::Postgres(pool) => pool.acquire().await.map(Reader::Postgres),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader, .. } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A transaction. Dropping it takes everything back.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(transaction) => Connection::Sqlite(transaction),
            Self::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

/// A connection out of the pool of readers.
pub(crate) enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Reader {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }
}

/// A connection that is held.
pub(crate) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A statement with its values.
pub(crate) struct Query {
    sql: Cow<'static, str>,
    values: Vec<Value>,
}

/// How many rows one statement is given: few numbers, so that there are few texts of statements, which databases keep.
const ROWS_A_STATEMENT: [usize; 4] = [64, 16, 4, 1];

/// A statement that is given many rows: `head` `(...), (...)` `tail`, in as many statements as that takes.
pub(crate) struct Bulk<const COLUMNS: usize> {
    head: &'static str,
    tail: &'static str,
    rows: Vec<[Value; COLUMNS]>,
}

impl<const COLUMNS: usize> Bulk<COLUMNS> {
    pub(crate) fn new(head: &'static str, tail: &'static str) -> Self {
        Self { head, tail, rows: Vec::new() }
    }

    /// One more row.
    pub(crate) fn push(&mut self, row: [Value; COLUMNS]) {
        self.rows.push(row);
    }

    /// Carries it out, row after row in order.
    pub(crate) async fn execute(self, connection: &mut Connection<'_>) -> Result<(), sqlx::Error> {
        for query in self.queries(connection) {
            query.execute(connection).await?;
        }
        Ok(())
    }

    /// The rows of the answers.
    pub(crate) async fn fetch_all(self, connection: &mut Connection<'_>) -> Result<Vec<Row>, sqlx::Error> {
        let mut rows = Vec::new();
        for query in self.queries(connection) {
            rows.extend(query.fetch_all(connection).await?);
        }
        Ok(rows)
    }

    fn queries(self, connection: &Connection<'_>) -> impl Iterator<Item = Query> + use<COLUMNS> {
        let Self { head, tail, rows } = self;
        // SQLite looks for the name of each value among all names, which takes longer the more there are; `?` has none.
        let has_numbers = matches!(connection, Connection::Postgres(_));
        let mut rows = rows.into_iter();
        std::iter::from_fn(move || {
            let left = rows.len();
            let count = ROWS_A_STATEMENT.into_iter().find(|count| *count <= left)?;
            let mut sql = head.to_owned();
            for number in 0..count * COLUMNS {
                let before = match (number % COLUMNS, number) {
                    (0, 0) => " (",
                    (0, _) => "), (",
                    _ => ", ",
                };
                sql.push_str(before);
                if has_numbers {
                    // A String takes whatever is written.
                    let _ = write!(sql, "${}", number + 1);
                } else {
                    sql.push('?');
                }
            }
            sql.push_str(") ");
            sql.push_str(tail);
            let values = rows.by_ref().take(count).flatten().collect();
            Some(Query { sql: Cow::Owned(sql), values })
        })
    }
}

/// A value that a statement is given.
pub(crate) enum Value {
    Text(Option<String>),
    Integer(i64),
    Real(Option<f64>),
}

/// A statement without values yet.
pub(crate) fn query(sql: &'static str) -> Query {
    Query { sql: Cow::Borrowed(sql), values: Vec::new() }
}

macro_rules! bound {
    ($query:expr, $clean:expr) => {{
        // The texts are ours; a bulk one is made of numbers besides.
        let mut bound = sqlx::query(AssertSqlSafe($query.sql));
        for value in $query.values {
            bound = match value {
                Value::Text(text) => bound.bind(text.map($clean)),
                Value::Integer(number) => bound.bind(number),
                Value::Real(number) => bound.bind(number),
            };
        }
        bound
    }};
}

impl Query {
    /// The value of the next `$n`.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Carries it out; gives how many rows it changed.
    pub(crate) async fn execute(self, connection: &mut Connection<'_>) -> Result<u64, sqlx::Error> {
        match connection {
            Connection::Sqlite(connection) => {
                bound!(self, as_it_is).execute(&mut **connection).await.map(|done| done.rows_affected())
            }
            Connection::Postgres(connection) => {
                bound!(self, without_zeros).execute(&mut **connection).await.map(|done| done.rows_affected())
            }
        }
    }

    /// Its rows.
    pub(crate) async fn fetch_all(self, connection: &mut Connection<'_>) -> Result<Vec<Row>, sqlx::Error> {
        match connection {
            Connection::Sqlite(connection) => {
                let rows = bound!(self, as_it_is).fetch_all(&mut **connection).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Connection::Postgres(connection) => {
                let rows = bound!(self, without_zeros).fetch_all(&mut **connection).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// Its only row, if there is one.
    pub(crate) async fn fetch_optional(
        self,
        connection: &mut Connection<'_>,
    ) -> Result<Option<Row>, sqlx::Error> {
        Ok(self.fetch_all(connection).await?.into_iter().next())
    }

    /// The only value of its only row.
    pub(crate) async fn fetch_number(self, connection: &mut Connection<'_>) -> Result<i64, sqlx::Error> {
        match self.fetch_optional(connection).await? {
            Some(Row::Sqlite(row)) => row.try_get(0),
            Some(Row::Postgres(row)) => row.try_get(0),
            None => Err(sqlx::Error::RowNotFound),
        }
    }
}

fn as_it_is(text: String) -> String {
    text
}

/// PostgreSQL's text has no character zero; the replacement character stands for it there.
fn without_zeros(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// A row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    pub(crate) fn get<T>(&self, column: &str) -> Result<T, sqlx::Error>
    where
        T: for<'d> Decode<'d, Sqlite> + Type<Sqlite> + for<'d> Decode<'d, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<&Option<String>> for Value {
    fn from(text: &Option<String>) -> Self {
        Self::Text(text.clone())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<Option<f64>> for Value {
    fn from(number: Option<f64>) -> Self {
        Self::Real(number)
    }
}
