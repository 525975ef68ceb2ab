//! Shallow clones, merges, detached heads, what is missing: each behaves, and says so.

use super::{Repo, became, good, named};
use crate::support::{Bench, Ran};

/// A clone of a repository with one branch besides `main`, made with further arguments.
fn clone(of: &Repo, args: &[&str]) -> Repo {
    let clone = Repo { bench: Bench::new(), verdicts: tempfile::tempdir().unwrap() };
    let url = format!("file://{}", of.path().display());
    let args = [&["clone", "--quiet"], args, &[url.as_str(), "."]].concat();
    clone.git(&args);
    clone
}

fn forked() -> Repo {
    let repo = Repo::with_two();
    repo.branch("change");
    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    repo.commit("a change");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.template("templates/two.json", &good(&named("two", "1.0.0")));
    repo.commit("main goes on");
    repo
}

fn says(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "`{word}`: {ran:?}");
    }
}

#[test]
fn what_main_did_meanwhile_is_no_part_of_the_change() {
    let repo = forked();
    repo.git(&["checkout", "--quiet", "change"]);
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["templates"].as_array().unwrap().len(), 1);
    assert_eq!(became(&report, "templates/one.json").0, "modified");
    // When both changed the same template, that is told.
    repo.git(&["checkout", "--quiet", "main"]);
    let mut other = good(&named("one", "1.0.0"));
    other["name"] = "Another".into();
    repo.template("templates/one.json", &other);
    repo.commit("the same template");
    repo.git(&["checkout", "--quiet", "change"]);
    let (_, report) = repo.ci(&[]);
    assert!(report["concerns"].to_string().contains("G0306"), "{report:#}");
}

#[test]
fn a_shallow_clone_is_compared_with_the_base_as_it_is_and_says_so() {
    let origin = forked();
    let shallow = clone(&origin, &["--depth=1", "--no-single-branch"]);
    shallow.git(&["checkout", "--quiet", "change"]);
    let ran = shallow.genesis(&["ci", "--base", "origin/main"]);
    assert!(ran.stderr.contains("the clone is shallow"), "{ran:?}");
    assert!(ran.stderr.contains("2 of 2 templates touched"), "{ran:?}");
    let whole = clone(&origin, &[]);
    whole.git(&["checkout", "--quiet", "change"]);
    let ran = whole.genesis(&["ci"]);
    says(&ran, 0, &["the base is refs/remotes/origin/HEAD", "1 of 2 templates touched"]);
    assert!(!ran.stderr.contains("shallow"), "{ran:?}");
}

#[test]
fn a_base_that_is_not_there_is_told_with_what_gets_it() {
    let origin = forked();
    let single = clone(&origin, &["--depth=1", "--single-branch", "--branch=change"]);
    says(
        &single.genesis(&["ci", "--base", "origin/main"]),
        2,
        &["origin/main", "git fetch", "fetch-depth: 0"],
    );
    says(&origin.genesis(&["ci"]), 2, &["no base was named", "--base"]);
    says(&origin.genesis(&["ci", "--base", "main", "--head", "nowhere"]), 2, &["the head `nowhere`"]);
    says(&origin.genesis(&["ci", "--base=--upload-pack=x"]), 2, &["is not in this repository"]);
}

#[test]
fn a_detached_head_and_a_merge_are_judged_as_what_they_are() {
    let repo = forked();
    repo.git(&["checkout", "--quiet", "change"]);
    repo.git(&["checkout", "--quiet", "--detach"]);
    says(&repo.genesis(&["ci", "--base", "main"]), 0, &["the head is detached", "1 of 2 templates"]);
    // As a pull request is checked out: the merge of both sides.
    repo.git(&["checkout", "--quiet", "--detach", "main"]);
    repo.git(&["merge", "--quiet", "--no-edit", "--no-ff", "change"]);
    says(
        &repo.genesis(&["ci", "--base", "main"]),
        0,
        &["is a merge of 2 commits", "1 of 2 templates touched"],
    );
}

#[test]
fn a_repository_without_templates_or_commits_or_no_repository_says_so() {
    let repo = Repo::new();
    repo.write("README.md", "nothing here");
    says(&repo.genesis(&["ci", "--base", "HEAD"]), 2, &["the head `HEAD` is not in this repository"]);
    repo.commit("no template");
    repo.branch("change");
    repo.write("README.md", "nothing here either");
    repo.commit("still none");
    says(&repo.genesis(&["ci", "--base", "main"]), 4, &["has no template"]);
    says(&repo.genesis(&["ci", "--base", "main", "--allow-empty"]), 0, &["nothing was judged"]);
    let nowhere = Bench::new();
    let mut command = nowhere.command(&["ci", "--base", "main"]);
    command.env("GIT_CEILING_DIRECTORIES", nowhere.path().parent().unwrap());
    says(&crate::support::Ran::of(&command.output().unwrap()), 2, &["no git repository"]);
}

#[test]
fn histories_without_a_common_commit_are_compared_as_they_are() {
    let repo = Repo::with_two();
    repo.git(&["checkout", "--quiet", "--orphan", "other"]);
    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    repo.commit("from nothing");
    says(&repo.genesis(&["ci", "--base", "main"]), 0, &["no history in common", "1 of 2 templates touched"]);
}

#[test]
fn a_bare_repository_has_revisions_and_no_files() {
    let origin = forked();
    let bare = clone(&origin, &["--bare"]);
    says(&bare.genesis(&["ci", "--base", "main", "--head", "change"]), 0, &["1 of 2 templates touched"]);
    says(&bare.genesis(&["ci", "--base", "main", "--head", "worktree"]), 2, &["no files beside it"]);
    // A branch that is new on a server is given as zeros, and so is one that is deleted.
    let zeros = "0".repeat(40);
    says(&bare.genesis(&["ci", "--base", &zeros, "--head", "change"]), 0, &["1 of 2 templates touched"]);
    says(&bare.genesis(&["ci", "--base", "main", "--head", &zeros]), 4, &["the branch is deleted"]);
}

#[test]
fn another_worktree_and_a_clone_with_shared_objects_are_read() {
    let origin = forked();
    let other = tempfile::tempdir().unwrap();
    let tree = other.path().join("tree");
    origin.git(&["worktree", "add", "--quiet", tree.to_str().unwrap(), "change"]);
    says(&origin.genesis_in(&tree, &["ci", "--base", "main"]), 0, &["1 of 2 templates touched"]);
    let shared = clone(&origin, &["--shared"]);
    shared.git(&["checkout", "--quiet", "change"]);
    says(&shared.genesis(&["ci", "--base", "origin/main"]), 0, &["1 of 2 templates touched"]);
}
