//! What a ledger in PostgreSQL is besides.

use std::path::Path;
use std::time::Duration;

use genesis_servers::Postgres;
use genesis_store::{Committed, Durability, Ledger, StoreError};

use crate::support::*;

#[tokio::test]
async fn postgres_holds_every_law() {
    crate::every_law(&Postgres::start().unwrap()).await;
}

#[tokio::test]
async fn a_ledger_in_postgres_is_told_from_other_databases_and_newer_ones() {
    let server = Postgres::start().unwrap();
    let connect = |name: &'static str| {
        let url = server.url("postgres", name);
        async move { Ledger::connect(&url, Durability::Durable).await }
    };
    server.create_database("songs").unwrap();
    server.psql("songs", &["-c", "CREATE TABLE songs (title TEXT)"]).unwrap();
    let error = connect("songs").await.unwrap_err();
    assert!(matches!(error, StoreError::NotALedger { .. }), "{error}");
    assert_eq!(
        server.psql("songs", &["-c", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"]).unwrap(),
        "1"
    );

    server.create_database("ours").unwrap();
    let ledger = connect("ours").await.unwrap();
    assert_eq!(ledger.commit(&[promoting(1, "a", None)]).await.unwrap(), [Committed::Recorded]);
    ledger.close().await;
    let ledger = connect("ours").await.unwrap();
    assert_eq!(ledger.experiment(id(1)).await.unwrap(), Some(record(1, "a")));
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'later', true, '', 0)";
    server.psql("ours", &["-c", newer]).unwrap();
    let error = connect("ours").await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 9999, .. }), "{error}");

    let error = connect("nowhere").await.unwrap_err();
    assert!(matches!(error, StoreError::Denied { .. }), "{error}");

    // Text that PostgreSQL cannot hold is no reason to lose an experiment.
    server.create_database("zeros").unwrap();
    let ledger = connect("zeros").await.unwrap();
    let mut zero = refused(1, "a");
    zero.record.version = Some("1.0\0".to_owned());
    assert_eq!(ledger.commit(&[zero]).await.unwrap(), [Committed::Recorded]);
    let version = ledger.experiment(id(1)).await.unwrap().unwrap().version;
    assert_eq!(version.as_deref(), Some("1.0\u{fffd}"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_at_once_and_without_its_password() {
    let url = "postgres://me:secret@127.0.0.1:9/genesis";
    let error = Ledger::connect(url, Durability::Durable).await.unwrap_err().to_string();
    assert!(error.contains("postgres://me:***@127.0.0.1:9/genesis") && !error.contains("secret"), "{error}");
}

#[tokio::test]
async fn the_role_of_genesis_reads_its_own_database_and_nothing_else() {
    let server = Postgres::start().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/genesis/database.sql");
    server.psql("postgres", &["-v", "password='secret'", "-f", script.to_str().unwrap()]).unwrap();
    server.create_database("singularity").unwrap();
    server.psql("singularity", &["-c", "CREATE TABLE thoughts (t TEXT); CREATE ROLE other LOGIN"]).unwrap();

    let ledger = Ledger::connect(&server.url("genesis", "genesis"), Durability::Durable).await.unwrap();
    assert_eq!(ledger.commit(&[promoting(1, "a", None)]).await.unwrap(), [Committed::Recorded]);

    let refused = |role: &str, database: &str, sql: &str| {
        let url = server.url(role, database);
        let output = std::process::Command::new("psql").args([&url, "-c", sql]).output().unwrap();
        assert!(!output.status.success(), "{role} {database} {sql}");
        String::from_utf8(output.stderr).unwrap()
    };
    let told = refused("genesis", "singularity", "SELECT * FROM thoughts");
    assert!(told.contains("permission denied for table thoughts"), "{told}");
    let told = refused("genesis", "singularity", "CREATE TABLE mine (t TEXT)");
    assert!(told.contains("permission denied for schema public"), "{told}");
    let told = refused("genesis", "genesis", "CREATE DATABASE more");
    assert!(told.contains("permission denied to create database"), "{told}");
    let told = refused("other", "genesis", "SELECT 1");
    assert!(told.contains("permission denied for database"), "{told}");
}

#[tokio::test]
async fn what_is_committed_wakes_who_listens() {
    let server = Postgres::start().unwrap();
    server.create_database("ledger").unwrap();
    let url = server.url("postgres", "ledger");
    let ledger = Ledger::connect(&url, Durability::Durable).await.unwrap();
    let other = Ledger::connect(&url, Durability::Durable).await.unwrap();
    let mut wake = ledger.wake().await.unwrap();
    let long = Duration::from_mins(2);
    let begun = tokio::time::Instant::now();
    let commit = promoting(1, "a", None);
    other.commit(std::slice::from_ref(&commit)).await.unwrap();
    other.mark_refs_set(&commit.refs).await.unwrap();
    wake.wait(long).await;
    assert!(begun.elapsed() < long / 2, "{:?}", begun.elapsed());
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(1)]);
}
