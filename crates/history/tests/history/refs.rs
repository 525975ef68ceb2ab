use std::fs;

use genesis_domain::RefUpdate;
use genesis_history::{HistoryError, template_ref};

use crate::support::*;

fn update(name: &str, target: &str) -> RefUpdate {
    RefUpdate { name: name.to_owned(), target: target.parse().unwrap() }
}

#[test]
fn setting_refs_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let experiments = [promoting(1, "a", None, "1.0.0")];
    let written = commit(&history, &experiments);
    let before = git(&history, &["for-each-ref"]);
    lock(&history).set_refs(&wanted(&experiments, &written)).unwrap();
    assert_eq!(git(&history, &["for-each-ref"]), before);
}

#[test]
fn a_ref_never_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let first = commit(&history, &[promoting(1, "a", None, "1.0.0")])[0].branch.clone().unwrap();
    let second =
        commit(&history, &[promoting(2, "a", Some(first.clone()), "1.1.0")])[0].branch.clone().unwrap();
    lock(&history).set_refs(&[RefUpdate { name: template_ref(&template("a")), target: first }]).unwrap();
    assert_eq!(history.template_head(&template("a")).unwrap(), Some(second));
}

#[test]
fn a_ref_whose_commits_would_be_lost_is_not_moved() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let first = commit(&history, &[promoting(1, "a", None, "1.0.0")])[0].branch.clone().unwrap();
    let other = lock(&history).write(&[promoting(2, "a", None, "2.0.0")]).unwrap()[0].branch.clone().unwrap();
    let error = lock(&history)
        .set_refs(&[RefUpdate { name: template_ref(&template("a")), target: other }])
        .unwrap_err();
    assert!(matches!(error, HistoryError::Diverged { .. }), "{error}");
    assert_eq!(history.template_head(&template("a")).unwrap(), Some(first));
}

#[test]
fn one_target_that_is_not_there_sets_no_ref() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let experiments = [promoting(1, "a", None, "1.0.0")];
    let written = lock(&history).write(&experiments).unwrap();
    let mut updates = wanted(&experiments, &written);
    updates.push(update("refs/heads/templates/b", &"1".repeat(40)));
    let error = lock(&history).set_refs(&updates).unwrap_err();
    assert!(matches!(error, HistoryError::Damaged(_)), "{error}");
    assert_eq!(git(&history, &["for-each-ref"]), "");
}

#[test]
fn a_name_outside_of_history_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let written = lock(&history).write(&[promoting(1, "a", None, "1.0.0")]).unwrap();
    for name in [
        "refs/heads/main",
        "HEAD",
        "refs/heads/templates/../x",
        "refs/experiments/x",
        "refs/heads/templates/a b",
    ] {
        let updates = [RefUpdate { name: name.to_owned(), target: written[0].commits[0].commit.clone() }];
        let error = lock(&history).set_refs(&updates).unwrap_err();
        assert!(matches!(error, HistoryError::Invalid(_)), "{name}: {error}");
    }
}

#[test]
fn the_last_update_of_a_name_counts() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let lock = lock(&history);
    let first = lock.write(&[promoting(1, "a", None, "1.0.0")]).unwrap()[0].branch.clone().unwrap();
    let second =
        lock.write(&[promoting(2, "a", Some(first.clone()), "2")]).unwrap()[0].branch.clone().unwrap();
    let name = template_ref(&template("a"));
    lock.set_refs(&[
        RefUpdate { name: name.clone(), target: first },
        RefUpdate { name, target: second.clone() },
    ])
    .unwrap();
    assert_eq!(history.template_head(&template("a")).unwrap(), Some(second));
}

#[test]
fn packed_and_loose_refs_are_read_alike_and_keep_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let batch = |from: u128, count: u128| -> Vec<_> {
        (from..from + count).map(|n| promoting(n, &format!("t:{n}"), None, "1.0.0")).collect()
    };
    commit(&history, &batch(0, 20));
    commit(&history, &batch(100, 1));
    commit(&history, &batch(200, 20));
    let head = history.template_head(&template("t:3")).unwrap();
    commit(&history, &[promoting(300, "t:3", head, "1.1.0")]);
    let packed = fs::read_to_string(history.path().join("packed-refs")).unwrap();
    assert_eq!(packed.lines().count(), 1 + 2 * 40);
    assert_eq!(git(&history, &["for-each-ref"]).lines().count(), 2 * 41 + 1);
    assert_eq!(history.experiments().unwrap().len(), 42);
    // Plain git agrees that the file is in order: it would search it in vain otherwise.
    for line in packed.lines().skip(1) {
        let name = line.split_once(' ').unwrap().1;
        git(&history, &["rev-parse", "--verify", "--quiet", name]);
    }
    git(&history, &["pack-refs", "--all"]);
    commit(&history, &batch(400, 20));
    assert_eq!(history.experiments().unwrap().len(), 62);
    assert_verifies(&history);
    assert_fsck_is_clean(&history);
}

#[test]
fn many_small_files_are_merged_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let reader = open(folder.path());
    let mut head = None;
    for number in 0..270 {
        let written = commit(&history, &[promoting(number, "a", head, &format!("1.{number}.0"))]);
        head = written[0].branch.clone();
    }
    let packs = fs::read_dir(history.path().join("objects/pack")).unwrap().count() / 2;
    assert!(packs <= 65, "{packs} packs");
    let loose = fs::read_dir(history.path().join("refs/experiments")).unwrap().count();
    assert!(loose <= 256, "{loose} loose refs");
    assert_eq!(reader.versions(&template("a")).unwrap().len(), 270);
    assert_eq!(reader.files(&reader.steps(experiment_id(0)).unwrap()[1].commit).unwrap().len(), 1);
    assert_verifies(&reader);
    assert_fsck_is_clean(&history);
}
