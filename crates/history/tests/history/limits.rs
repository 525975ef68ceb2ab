//! A folder that may not be written, and a disk without room.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use genesis_history::{Durability, History, HistoryError};

use crate::support::*;

#[test]
fn a_file_beyond_the_limit_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let mut experiment = promoting(1, "a", None, "1.0.0");
    experiment.steps[2].files.insert("big".to_owned(), Arc::from(vec![0; (64 << 20) + 1]));
    let error = lock(&history).write(&[experiment]).unwrap_err();
    assert_eq!(error.to_string(), "bytes of `big`: 67108865, at most 67108864 are stored");
    assert!(git(&history, &["count-objects", "-v"]).contains("in-pack: 0\n"));
}

/// Runs one of the ignored tests below in a folder, by a shell that limits it first.
fn limited(folder: &std::path::Path, limit: &str, name: &str) {
    fs::write(folder.join("is-child"), "").unwrap();
    let script = format!("{limit}\nexec \"$0\" --exact limits::{name} --ignored --nocapture");
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

#[test]
fn a_full_disk_is_said_and_leaves_refs_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    commit(&history, &[promoting(1, "a", None, "1.0.0")]);
    let before = git(&history, &["for-each-ref"]);
    // A file may then have 64 KiB; the signal is ignored, so that the write fails as on a full disk.
    limited(folder.path(), "trap '' XFSZ; ulimit -f 64", "a_write_beyond_the_limit_fails");
    assert_eq!(git(&history, &["for-each-ref"]), before);
    lock(&history).recover(&[]).unwrap();
    assert_verifies(&history);
    assert_fsck_is_clean(&history);
}

#[test]
#[ignore = "child: started under a limit by the test above"]
fn a_write_beyond_the_limit_fails() {
    let folder = std::env::current_dir().unwrap();
    if !folder.join("is-child").exists() {
        println!("skipped: this is run by the test above alone");
        return;
    }
    let history = open(&folder);
    let head = history.template_head(&template("a")).unwrap();
    let mut experiment = promoting(2, "a", head, "1.1.0");
    // Noise, because a pack is compressed.
    let mut state = 1_u64;
    let noise: Vec<u8> = (0..1 << 20)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u8::try_from(state >> 56).unwrap()
        })
        .collect();
    experiment.steps[2].files.insert("noise".to_owned(), Arc::from(noise));
    let error = lock(&history).write(&[experiment]).unwrap_err();
    assert!(matches!(error, HistoryError::NoSpace { .. }), "{error}");
    assert_eq!(history.experiments().unwrap().len(), 1);
}

#[test]
fn a_folder_that_may_not_be_written_is_said_and_can_still_be_read() {
    let folder = tempfile::tempdir().unwrap();
    commit(&open(folder.path()), &[promoting(1, "a", None, "1.0.0")]);
    // Root may write whatever the permissions are, so the folder is mounted read-only in a namespace of its own.
    let limit = r#"
        touch is-child
        if [ "$(id -u)" = 0 ] && [ -z "$INSIDE" ]; then
            INSIDE=1 exec unshare -m bash -c '
                mount --bind . . && mount -o remount,bind,ro . && cd "$PWD" &&
                exec "$0" --exact limits::reads_but_may_not_write --ignored --nocapture' "$0"
        fi
        chmod -R a-w ."#;
    limited(folder.path(), limit, "reads_but_may_not_write");
    assert!(Command::new("chmod").args(["-R", "u+w"]).arg(folder.path()).status().unwrap().success());
}

#[test]
#[ignore = "child: started in a read-only folder by the test above"]
fn reads_but_may_not_write() {
    let folder = std::env::current_dir().unwrap();
    if !folder.join("is-child").exists() {
        println!("skipped: this is run by the test above alone");
        return;
    }
    let history = open(&folder);
    assert_eq!(history.steps(experiment_id(1)).unwrap().len(), 6);
    assert_verifies(&history);
    let refused =
        [history.lock(|| {}).map(drop), History::open(&folder.join("other.git"), Durability::Fast).map(drop)];
    for result in refused {
        let error = result.unwrap_err();
        assert!(matches!(error, HistoryError::Denied { .. }), "{error}");
    }
}

#[test]
fn a_place_that_cannot_be_made_is_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let error = History::open(&folder.path().join("file/history"), Durability::Fast).unwrap_err();
    assert!(matches!(error, HistoryError::NotAHistory { .. } | HistoryError::Failed { .. }), "{error}");
}
