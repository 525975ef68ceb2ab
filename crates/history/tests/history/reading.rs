use std::fs;
use std::process::Command;

use genesis_domain::CommitId;
use genesis_history::{Durability, History, HistoryError};

use crate::support::*;

#[test]
fn an_empty_history_has_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    assert_eq!(history.templates().unwrap(), []);
    assert_eq!(history.experiments().unwrap(), []);
    assert_eq!(history.template_head(&template("a")).unwrap(), None);
    assert_eq!(history.versions(&template("a")).unwrap(), []);
    assert!(matches!(history.steps(experiment_id(1)), Err(HistoryError::NotFound { .. })));
    assert_verifies(&history);
}

#[test]
fn a_commit_that_is_not_there_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let absent: CommitId = "1".repeat(40).parse().unwrap();
    let error = history.files(&absent).unwrap_err();
    assert_eq!(error.to_string(), format!("there is no commit {absent}"));
}

#[test]
fn what_one_handle_writes_another_reads() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (open(folder.path()), open(folder.path()));
    assert_eq!(other.experiments().unwrap(), []);
    let written = commit(&one, &[promoting(1, "a/b", None, "1.0.0")]);
    assert_eq!(other.template_head(&template("a/b")).unwrap(), written[0].branch);
    assert_eq!(other.steps(experiment_id(1)).unwrap().len(), 6);
}

#[test]
fn a_difference_is_unified_text() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let first = commit(&history, &[promoting(1, "a", None, "1.0.0\n")])[0].branch.clone().unwrap();
    let second =
        commit(&history, &[promoting(2, "a", Some(first.clone()), "1.1.0\n")])[0].branch.clone().unwrap();
    let text = history.diff(&first, &second).unwrap();
    assert!(text.starts_with("diff --git a/template.json b/template.json\n"), "{text}");
    assert!(text.ends_with("@@ -1 +1 @@\n-1.0.0\n+1.1.0\n"), "{text}");
    assert_eq!(history.diff(&first, &first).unwrap(), "");
}

#[test]
fn a_very_long_difference_is_cut_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let first = commit(&history, &[promoting(1, "a", None, "x")])[0].branch.clone().unwrap();
    let long = "line\n".repeat(2_000_000);
    let mut experiment = promoting(2, "a", Some(first.clone()), "y");
    experiment.promotion.as_mut().unwrap().files = files(&[("template.json", &long)]);
    let second = lock(&history).write(&[experiment]).unwrap()[0].branch.clone().unwrap();
    let text = history.diff(&first, &second).unwrap();
    assert!(text.len() < 9 << 20);
    assert!(text.ends_with("… the rest of the difference is left out\n"));
}

#[test]
fn a_folder_that_is_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |name: &str| {
        let error = History::open(&folder.path().join(name), Durability::Fast).unwrap_err();
        assert!(matches!(error, HistoryError::NotAHistory { .. }), "{error}");
        error.to_string()
    };
    fs::write(folder.path().join("file"), "x").unwrap();
    assert!(refusal("file").ends_with("it is a file"));
    fs::create_dir(folder.path().join("other")).unwrap();
    fs::write(folder.path().join("other/x"), "x").unwrap();
    assert!(refusal("other").ends_with("it holds other files"));
    let git = |arguments: &[&str]| {
        assert!(
            Command::new("git").current_dir(folder.path()).args(arguments).output().unwrap().status.success()
        );
    };
    git(&["init", "-q", "working"]);
    assert!(refusal("working").ends_with("it is the working copy of a git repository"));
    git(&[
        "-C",
        "working",
        "-c",
        "user.name=x",
        "-c",
        "user.email=x",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "x",
    ]);
    git(&["clone", "-q", "--bare", "working", "bare"]);
    assert!(refusal("bare").contains("it is a git repository with the ref `refs/heads/"));
}

#[test]
fn an_empty_folder_and_a_mirror_clone_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("history.git")).unwrap();
    let history = open(folder.path());
    commit(&history, &[promoting(1, "a", None, "1.0.0")]);
    let output = Command::new("git")
        .current_dir(folder.path())
        .args(["clone", "-q", "--mirror", "history.git", "copy"])
        .output();
    assert!(output.unwrap().status.success());
    let copy = History::open(&folder.path().join("copy"), Durability::Durable).unwrap();
    assert_eq!(copy.experiments().unwrap(), history.experiments().unwrap());
    let head = copy.template_head(&template("a")).unwrap();
    commit(&copy, &[promoting(2, "a", head, "1.1.0")]);
    assert_verifies(&copy);
}

#[test]
fn opening_leaves_no_draft_behind() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["history.git"]);
}

#[test]
fn whoever_must_wait_for_the_lock_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let held = lock(&history);
    let (told, hears) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| history.lock(move || told.send(()).unwrap()).map(drop));
        hears.recv().unwrap();
        assert!(!waits.is_finished());
        drop(held);
        waits.join().unwrap().unwrap();
    });
}
