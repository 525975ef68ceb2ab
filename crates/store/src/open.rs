//! Opening: the file, its mark and its schema.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use genesis_domain::{Durability, without_password};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::error::During;
use crate::sql::{self, Database, query};
use crate::{Ledger, StoreError};

static MIGRATOR_SQLITE: Migrator = sqlx::migrate!("../../migrations/genesis/sqlite");

static MIGRATOR_POSTGRES: Migrator = sqlx::migrate!("../../migrations/genesis/postgres");

/// Tables by which a ledger is told from any other database: 2 when it is one.
const OUR_TABLES_POSTGRES: &str = "
    SELECT count(*) FROM pg_tables
    WHERE schemaname = current_schema() AND tablename IN ('experiment_records', '_sqlx_migrations')";

/// `GENE`, as set by the first migration.
const APPLICATION_ID: i64 = 0x4745_4E45;

/// How long a writer waits for another process, or for a free connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two tries to open a file that another process is making.
const BUSY_PAUSE: Duration = Duration::from_millis(10);
const READERS: u32 = 4;
/// Connections of one process to a server.
const CONNECTIONS: u32 = 8;

/// Damaged files that are kept beside each other.
const MOST_ASIDE: u32 = 100;

const ACTION: &str = "open the ledger";

impl Ledger {
    /// Opens the ledger at `path`, and makes it when there is none. An older schema is brought up to date.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::NotALedger`] or [`StoreError::Newer`] for a file that is not a ledger
    /// of this version or an earlier one; otherwise what the database says.
    pub async fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).during(path, ACTION)?;
        }
        let options = options(path, durability);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_lazy_with(options.clone());
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_lazy_with(options);
        let ledger = Self {
            path: path.to_owned(),
            database: Database::Sqlite { writer, reader, durability },
            repository: None,
        };
        ledger.migrate_in_turn().await?;
        Ok(ledger)
    }

    /// Opens the ledger in a database of PostgreSQL, `postgres://user@host/database`, and makes its tables when there are
    /// none. What several processes write goes in turn, as with a file.
    ///
    /// # Errors
    /// As [`Ledger::open`]; no message holds the password.
    pub async fn connect(url: &str, durability: Durability) -> Result<Self, StoreError> {
        let path = PathBuf::from(without_password(url));
        let options = PgConnectOptions::from_str(url)
            .during(&path, ACTION)?
            .application_name("genesis-ledger")
            .disable_statement_logging();
        let options = match durability {
            Durability::Durable => options,
            Durability::Fast => options.options([("synchronous_commit", "off")]),
        };
        // A pool would try a server that is not there for as long as it waits for a free connection.
        options.connect().await.during(&path, ACTION)?.close().await.during(&path, ACTION)?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_lazy_with(options);
        let ledger = Self { path, database: Database::Postgres(pool), repository: None };
        ledger.migrate().await?;
        Ok(ledger)
    }

    /// Whether the database can be reached now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ping(&self) -> Result<(), StoreError> {
        const ACTION: &str = "reach the ledger";
        let mut reader = self.reader(ACTION).await?;
        query("SELECT count(*) FROM refs WHERE pending = 2")
            .fetch_number(&mut reader.connection())
            .await
            .during(&self.path, ACTION)?;
        Ok(())
    }

    /// Moves a file that is no readable ledger out of the way, together with its logs, so that a new one can be
    /// made at `path`. Gives the new name of the file; `None` when there was none.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_aside(path: &Path) -> Result<Option<PathBuf>, StoreError> {
        const ACTION: &str = "set the damaged ledger aside";
        if !path.exists() {
            return Ok(None);
        }
        let aside = (1..=MOST_ASIDE)
            .map(|number| with_suffix(path, &format!(".damaged-{number}")))
            .find(|aside| !aside.exists())
            .ok_or_else(|| StoreError::Failed {
                path: path.to_owned(),
                action: ACTION,
                message: format!("there are {MOST_ASIDE} beside it already"),
            })?;
        for log in ["-wal", "-shm"] {
            let from = with_suffix(path, log);
            if from.exists() {
                fs::rename(&from, with_suffix(&aside, log)).during(path, ACTION)?;
            }
        }
        fs::rename(path, &aside).during(path, ACTION)?;
        Ok(Some(aside))
    }

    /// A new file is switched to its log mode by whoever opens it first, and SQLite tells the others that it is
    /// locked without waiting for its busy timeout. So the waiting is done here.
    async fn migrate_in_turn(&self) -> Result<(), StoreError> {
        let mut waited = Duration::ZERO;
        loop {
            match self.migrate().await {
                Err(StoreError::Busy { .. }) if waited < BUSY_TIMEOUT => {
                    tokio::time::sleep(BUSY_PAUSE).await;
                    waited += BUSY_PAUSE;
                }
                outcome => return outcome,
            }
        }
    }

    /// In one transaction, so that two processes that make the same ledger do not meet half way.
    async fn migrate(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin(ACTION).await?;
        let mut connection = transaction.connection();
        self.refuse_foreign(&mut connection).await?;
        let migrator = match &connection {
            sql::Connection::Sqlite(_) => &MIGRATOR_SQLITE,
            sql::Connection::Postgres(_) => &MIGRATOR_POSTGRES,
        };
        self.refuse_newer(&mut connection, migrator).await?;
        // All of them, and none is only marked as applied.
        match connection {
            sql::Connection::Sqlite(connection) => migrator.run_direct(None, connection, false).await,
            sql::Connection::Postgres(connection) => migrator.run_direct(None, connection, false).await,
        }
        .during(&self.path, ACTION)?;
        transaction.commit().await.during(&self.path, ACTION)
    }

    async fn refuse_foreign(&self, connection: &mut sql::Connection<'_>) -> Result<(), StoreError> {
        let (marked, tables) = match connection {
            sql::Connection::Sqlite(_) => {
                let mark = self.number(connection, "PRAGMA application_id").await?;
                (mark == APPLICATION_ID, "SELECT count(*) FROM sqlite_schema")
            }
            sql::Connection::Postgres(_) => {
                let ours = self.number(connection, OUR_TABLES_POSTGRES).await?;
                (ours == 2, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
            }
        };
        if marked || self.number(connection, tables).await? == 0 {
            return Ok(());
        }
        let why = "it is a database of another application".to_owned();
        Err(StoreError::NotALedger { path: self.path.clone(), why })
    }

    async fn number(
        &self,
        connection: &mut sql::Connection<'_>,
        sql: &'static str,
    ) -> Result<i64, StoreError> {
        query(sql).fetch_number(connection).await.during(&self.path, ACTION)
    }

    async fn refuse_newer(
        &self,
        connection: &mut sql::Connection<'_>,
        migrator: &Migrator,
    ) -> Result<(), StoreError> {
        let tables = match connection {
            sql::Connection::Sqlite(_) => {
                "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'"
            }
            sql::Connection::Postgres(_) => OUR_TABLES_POSTGRES,
        };
        if self.number(connection, tables).await? == 0 {
            return Ok(());
        }
        let found = self.number(connection, "SELECT coalesce(max(version), 0) FROM _sqlx_migrations").await?;
        let known = migrator.iter().map(|migration| migration.version).max().unwrap_or_default();
        if found > known {
            return Err(StoreError::Newer { path: self.path.clone(), found, known });
        }
        Ok(())
    }
}

fn options(path: &Path, durability: Durability) -> SqliteConnectOptions {
    // SQLite takes a name that starts with `file:` for a URL.
    let file = if path.is_relative() { Path::new(".").join(path) } else { path.to_owned() };
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match durability {
            Durability::Durable => SqliteSynchronous::Full,
            Durability::Fast => SqliteSynchronous::Normal,
        })
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
