use std::fs;
use std::process::Command;

use genesis_store::{Committed, Durability, Ledger, StoreError};
use sqlx::ConnectOptions as _;

use crate::support::*;

#[tokio::test]
async fn what_was_recorded_is_there_when_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/a b?c%.db");
    let ledger = Ledger::open(&path, Durability::Durable).await.unwrap();
    ledger.commit(&[promoting(1, "a", None)]).await.unwrap();
    ledger.close().await;
    assert!(path.exists());
    let ledger = Ledger::open(&path, Durability::Fast).await.unwrap();
    assert_eq!(ledger.experiment(id(1)).await.unwrap(), Some(record(1, "a")));
    assert_eq!(ledger.commit(&[promoting(2, "a", Some(1))]).await.unwrap(), [Committed::Recorded]);
}

#[tokio::test]
async fn what_one_ledger_records_another_reads_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (open(folder.path()).await, open(folder.path()).await);
    one.commit(&[promoting(1, "a", None)]).await.unwrap();
    assert_eq!(other.experiment(id(1)).await.unwrap(), Some(record(1, "a")));
}

#[tokio::test]
async fn many_that_make_the_same_ledger_at_once_all_open_it() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let path = folder.path().join("ledger.db");
                tokio::spawn(async move { Ledger::open(&path, Durability::Fast).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_said_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let text = "this is a letter, not a ledger\n".repeat(200);
    fs::write(&path, &text).unwrap();
    let error = Ledger::open(&path, Durability::Fast).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("`genesis history rebuild-ledger` makes it anew from git"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    let aside = Ledger::set_aside(&path).unwrap().unwrap();
    assert_eq!(fs::read_to_string(&aside).unwrap(), text);
    assert_eq!(Ledger::set_aside(&path).unwrap(), None);
    open(folder.path()).await;
}

#[tokio::test]
async fn a_damaged_ledger_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).await;
    let commits: Vec<_> = (0..300).map(|number| refused(number, "a")).collect();
    ledger.commit(&commits).await.unwrap();
    ledger.close().await;
    let path = ledger.path();
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0x5a);
    fs::write(path, bytes).unwrap();
    let filter = genesis_store::ListFilter { template: None, limit: 1000, before: None };
    let error = match Ledger::open(path, Durability::Fast).await {
        Ok(ledger) => ledger.list(&filter).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_database_of_another_application_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::query("CREATE TABLE songs (title TEXT)").execute(&mut connection).await.unwrap();
    let error = Ledger::open(&path, Durability::Fast).await.unwrap_err();
    assert!(matches!(error, StoreError::NotALedger { .. }), "{error}");
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut connection).await.unwrap();
    assert_eq!(tables, 1);
}

/// Applies the migrations that there were before announcements could be of no experiment.
#[tokio::test]
async fn an_older_ledger_keeps_what_it_has_to_announce() {
    let folder = tempfile::tempdir().unwrap();
    let older = folder.path().join("older");
    fs::create_dir(&older).unwrap();
    let migrations = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/genesis/sqlite");
    for entry in fs::read_dir(migrations).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap() < "0005" {
            fs::copy(entry.path(), older.join(entry.file_name())).unwrap();
        }
    }
    let path = folder.path().join("ledger.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    let migrator = sqlx::migrate::Migrator::new(older.as_path()).await.unwrap();
    migrator.run_direct(None, &mut connection, false).await.unwrap();
    for sql in [
        format!(
            "INSERT INTO experiment_records VALUES
             ('{}', 'cli', 'a', NULL, 'sha256:0', 'success', 'low', 'default', NULL, '{}', 5)",
            id(1),
            commit_id(1)
        ),
        format!(
            "INSERT INTO outbox (position, message_id, subject, payload, experiment_id, created_at, sent_at) VALUES
             (7, 'sent', 's', '{{}}', '{0}', 5, 6), (9, '{1}', '{2}', '{3}', '{0}', 5, NULL)",
            id(1),
            message(1).message_id,
            message(1).subject,
            message(1).payload
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
    drop(connection);
    let ledger = Ledger::open(&path, Durability::Fast).await.unwrap();
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(1)]);
    assert_eq!(ledger.announce_again(NATS, id(1)).await.unwrap(), 2);
    assert_eq!(ledger.commit(&[promoting(2, "a", None)]).await.unwrap(), [Committed::Recorded]);
    ledger.mark_refs_set(&ledger.pending_refs().await.unwrap()).await.unwrap();
    let positions: Vec<String> =
        ledger.unsent(NATS, 10).await.unwrap().into_iter().map(|message| message.message_id).collect();
    assert_eq!(
        positions,
        ["sent".to_owned(), message(1).message_id, message(2).message_id],
        "in their order"
    );
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).await;
    let mut connection =
        sqlx::sqlite::SqliteConnectOptions::new().filename(ledger.path()).connect().await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', 1, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let error = Ledger::open(ledger.path(), Durability::Fast).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 9999, .. }), "{error}");
}

/// Runs one of the ignored tests below in a folder, by a shell that limits it first.
fn limited(folder: &std::path::Path, limit: &str, name: &str) {
    fs::write(folder.join("is-child"), "").unwrap();
    let script = format!("{limit}\nexec \"$0\" --exact opening::{name} --ignored --nocapture");
    let output = Command::new("bash")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .current_dir(folder)
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn is_child() -> bool {
    let is_child = std::env::current_dir().unwrap().join("is-child").exists();
    if !is_child {
        println!("skipped: this is run by another test alone");
    }
    is_child
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).await;
    ledger.commit(&[promoting(1, "a", None)]).await.unwrap();
    ledger.close().await;
    // A file may then have 512 KiB; the signal is ignored, so that the write fails as on a full disk.
    limited(folder.path(), "trap '' XFSZ; ulimit -f 512", "a_commit_beyond_the_limit_fails");
    let ledger = open(folder.path()).await;
    assert_eq!(ledger.experiment(id(2)).await.unwrap(), None);
    assert_eq!(ledger.commit(&[promoting(2, "a", Some(1))]).await.unwrap(), [Committed::Recorded]);
}

#[tokio::test]
#[ignore = "child: started under a limit by the test above"]
async fn a_commit_beyond_the_limit_fails() {
    if !is_child() {
        return;
    }
    let ledger = open(&std::env::current_dir().unwrap()).await;
    let mut commit = promoting(2, "a", Some(1));
    commit.record.detail = serde_json::Value::String("x".repeat(4 << 20));
    let error = ledger.commit(&[commit]).await.unwrap_err();
    assert!(matches!(error, StoreError::Disk { .. }), "{error}");
    assert_eq!(ledger.head(&template("a")).await.unwrap().unwrap().commit, commit_id(1));
}

#[tokio::test]
async fn a_folder_that_may_not_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await.close().await;
    // Root may write whatever the permissions are, so the folder is mounted read-only in a namespace of its own.
    let limit = r#"
        if [ "$(id -u)" = 0 ] && [ -z "$INSIDE" ]; then
            INSIDE=1 exec unshare -m bash -c '
                mount --bind . . && mount -o remount,bind,ro . && cd "$PWD" &&
                exec "$0" --exact opening::may_not_write --ignored --nocapture' "$0"
        fi
        chmod -R a-w ."#;
    limited(folder.path(), limit, "may_not_write");
    assert!(Command::new("chmod").args(["-R", "u+w"]).arg(folder.path()).status().unwrap().success());
}

#[tokio::test]
#[ignore = "child: started in a read-only folder by the test above"]
async fn may_not_write() {
    if !is_child() {
        return;
    }
    let folder = std::env::current_dir().unwrap();
    for name in ["ledger.db", "new.db", "new/ledger.db"] {
        let error = Ledger::open(&folder.join(name), Durability::Fast).await.unwrap_err();
        assert!(matches!(error, StoreError::Denied { .. }), "{name}: {error}");
    }
}
