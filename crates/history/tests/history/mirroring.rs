//! What plain git pushes under the names that this crate gives, held against what the crate reads.

use std::process::Command;

use genesis_domain::CommitId;
use genesis_history::{History, Mirror, is_instance_name, mirror_refspecs, mirrored_branches, template_ref};

use crate::support::*;

fn push(history: &History, mirror: &std::path::Path, instance: &str) {
    let [branches, experiments] = mirror_refspecs(instance);
    git(history, &["push", "--quiet", mirror.to_str().unwrap(), &branches, &experiments]);
}

#[test]
fn two_histories_in_one_mirror_are_read_as_both() {
    let folder = tempfile::tempdir().unwrap();
    let mirrored = folder.path().join("mirror.git");
    assert!(Command::new("git").args(["init", "-q", "--bare"]).arg(&mirrored).status().unwrap().success());
    let [a, b] = ["a", "b"].map(|name| open(&folder.path().join(name)));
    let first = commit(&a, &[promoting(1, "x:y", None, "1.0.0")]);
    push(&a, &mirrored, "a");
    // The other one fetches the version in force and goes on from there.
    let head: CommitId = first[0].branch.clone().unwrap();
    git(&b, &["fetch", "--quiet", mirrored.to_str().unwrap(), "refs/instances/a/templates/x%3Ay"]);
    assert!(b.has(&head).unwrap());
    let name = template_ref(&template("x:y"));
    lock(&b).set_refs(&[genesis_domain::RefUpdate { name, target: head.clone() }]).unwrap();
    let second = commit(&b, &[promoting(2, "x:y", Some(head.clone()), "1.1.0")]);
    push(&b, &mirrored, "b");

    let mirror = Mirror::open(&mirrored).unwrap();
    let report = mirror.verify().unwrap();
    assert!(report.is_clean(), "{:?}", report.problems);
    assert_eq!((report.experiments, report.templates), (2, 2));
    assert_eq!(
        mirror.instances().unwrap().into_iter().collect::<Vec<_>>(),
        [("a".to_owned(), 1), ("b".to_owned(), 1)]
    );
    let tips: Vec<_> = mirror.experiments().unwrap();
    assert_eq!(tips[0], (experiment_id(1), first[0].commits.last().unwrap().commit.clone()));
    assert_eq!(tips[1], (experiment_id(2), second[0].commits.last().unwrap().commit.clone()));
    let newest = second[0].branch.clone().unwrap();
    let branches = mirror.branches().unwrap();
    assert_eq!(branches.len(), 1);
    let branches = &branches[&template("x:y")];
    assert_eq!(branches, &[head.clone(), newest.clone()]);
    assert!(mirror.reaches(branches, &newest).unwrap() && mirror.reaches(&branches[1..], &head).unwrap());
    assert!(!mirror.reaches(&branches[..1], &newest).unwrap(), "the first instance is not as far");
    assert!(!mirror.reaches(branches, &tips[0].1).unwrap(), "an experiment is on no branch");
    assert!(!mirror.reaches(branches, &"0".repeat(40).parse().unwrap()).unwrap());
    assert_eq!(mirrored_branches(&template("x:y")), "refs/instances/*/templates/x%3Ay");
    // Plain git reads it, and finds nothing wrong.
    let plain = |args: &[&str]| {
        let output = Command::new("git").arg("--git-dir").arg(&mirrored).args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(plain(&["log", "--format=%s", "refs/instances/b/templates/x%3Ay"]), "x:y 1.1.0\nx:y 1.0.0\n");
    assert_eq!(plain(&["fsck", "--full", "--strict", "--no-progress"]), "");

    // A mirror is no history, and what is missing in it is found.
    assert!(History::open(&mirrored, genesis_history::Durability::Fast).is_err());
    plain(&["update-ref", "-d", "refs/instances/b/templates/x%3Ay"]);
    let report = Mirror::open(&mirrored).unwrap().verify().unwrap();
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert_eq!(report.problems[0].text, "what it promoted is not on the template's branch");
}

#[test]
fn a_repository_keeps_the_identity_that_it_was_given_first() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    assert_eq!(history.identity().unwrap(), None);
    assert!(lock(&history).identify("no identity").is_err());
    assert_eq!(lock(&history).identify("01-a").unwrap(), "01-a");
    assert_eq!(lock(&history).identify("02-b").unwrap(), "01-a");
    assert_eq!(open(folder.path()).identity().unwrap().as_deref(), Some("01-a"));
    assert_fsck_is_clean(&history);
    std::fs::write(history.path().join("genesis-repository"), "").unwrap();
    assert!(history.identity().is_err());
}

#[test]
fn a_name_of_an_instance_is_one_that_git_takes_in_a_ref() {
    for good in ["a", "r-0123456789ab", "node-1.example", "A_b", "a.b.c"] {
        assert!(is_instance_name(good), "{good}");
        let name = format!("refs/instances/{good}/x");
        assert!(Command::new("git").args(["check-ref-format", &name]).status().unwrap().success(), "{good}");
    }
    for bad in
        ["", "a/b", "a b", ".a", "a.", "a..b", "a.lock", "-a", "a*", "a:b", "ä", "a\n", &"a".repeat(65)]
    {
        assert!(!is_instance_name(bad), "{bad}");
    }
}
