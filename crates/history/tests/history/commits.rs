use genesis_domain::Step;
use genesis_history::{BranchRollback, Durability, History, HistoryError};

use crate::support::*;

#[test]
fn the_same_experiment_has_the_same_commits_in_two_repositories() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let ids = folders.each_ref().map(|folder| {
        let history = open(folder.path());
        commit(&history, &[promoting(1, "a", None, "1.0.0")])
    });
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn writing_again_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let experiments = [promoting(1, "a", None, "1.0.0")];
    let first = commit(&history, &experiments);
    let packs = || std::fs::read_dir(history.path().join("objects/pack")).unwrap().count();
    let before = packs();
    assert_eq!(commit(&history, &experiments), first);
    assert_eq!(packs(), before);
}

#[test]
fn many_experiments_are_one_pack() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let experiments: Vec<_> = (0..20).map(|n| promoting(n, &format!("t{n}"), None, "1.0.0")).collect();
    commit(&history, &experiments);
    assert_eq!(std::fs::read_dir(history.path().join("objects/pack")).unwrap().count(), 2);
    assert_eq!(history.experiments().unwrap().len(), 20);
    assert_eq!(history.templates().unwrap().len(), 20);
    assert_verifies(&history);
    assert_fsck_is_clean(&history);
}

#[test]
fn durable_history_is_written_and_git_does_not_warn() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("h"), Durability::Durable).unwrap();
    let experiments: Vec<_> = (0..9).map(|n| promoting(n, &format!("t{n}"), None, "1.0.0")).collect();
    commit(&history, &experiments);
    commit(&history, &[refusing(100, "t0", history.template_head(&template("t0")).unwrap(), "1.1.0")]);
    assert_verifies(&history);
    assert_fsck_is_clean(&history);
}

#[test]
fn plain_git_log_shows_the_trailers() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let mut experiment = promoting(1, "quality_template:elixir-production", None, "1.0.0");
    experiment.steps[4].trailers = vec![
        trailer("Genesis-Verdict", "rollback"),
        trailer("Genesis-Rule", "two\nlines: and\u{202e} more \\"),
    ];
    commit(&history, &[experiment]);
    let name = format!("refs/experiments/{}", experiment_id(1));
    let steps = git(
        &history,
        &["log", "--reverse", "--format=%(trailers:key=Genesis-Step,valueonly,separator=,)", &name],
    );
    assert_eq!(
        steps.split_whitespace().collect::<Vec<_>>(),
        ["checkpoint", "candidate", "rendered", "evidence", "verdict", "promotion"]
    );
    let rule = git(
        &history,
        &["log", "-1", "--skip=1", "--format=%(trailers:key=Genesis-Rule,valueonly,separator=,)", &name],
    );
    assert_eq!(rule.trim_end(), r"two\nlines: and\u{202e} more \\");
    let author = git(&history, &["log", "-1", "--format=%an <%ae> %cn %ad", "--date=raw", &name]);
    assert_eq!(author.trim_end(), "genesis <genesis@localhost> genesis 1760000000 +0000");
}

#[test]
fn a_refused_candidate_ends_in_the_checkpoints_tree() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let head = commit(&history, &[promoting(1, "a", None, "1.0.0")])[0].branch.clone();
    let mut refused = refusing(2, "a", head.clone(), "1.1.0");
    let in_force = history.files(head.as_ref().unwrap()).unwrap();
    refused.steps[0].files = in_force.clone();
    refused.steps.last_mut().unwrap().files = in_force.clone();
    let written = commit(&history, &[refused]);
    assert_eq!(written[0].branch, None);
    let steps = history.steps(experiment_id(2)).unwrap();
    assert_eq!(steps[0].parent, head);
    assert_eq!(steps.last().unwrap().step, Step::Rollback);
    assert_eq!(history.files(&steps.last().unwrap().commit).unwrap(), in_force);
    assert_eq!(history.template_head(&template("a")).unwrap(), head);
    assert_verifies(&history);
}

#[test]
fn a_persons_rollback_is_a_further_commit_with_the_earlier_tree() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let first = commit(&history, &[promoting(1, "a", None, "1.0.0")])[0].branch.clone().unwrap();
    let second =
        commit(&history, &[promoting(2, "a", Some(first.clone()), "1.1.0")])[0].branch.clone().unwrap();
    let lock = lock(&history);
    let rollback = BranchRollback {
        template: template("a"),
        parent: second.clone(),
        to: first.clone(),
        time_s: TIME_S + 60,
        subject: "back to 1.0.0".to_owned(),
        trailers: vec![trailer("Genesis-Reason", "it was worse")],
    };
    let third = lock.rollback_commit(&rollback).unwrap();
    lock.set_refs(&[genesis_domain::RefUpdate {
        name: "refs/heads/templates/a".to_owned(),
        target: third.clone(),
    }])
    .unwrap();
    assert_eq!(history.files(&third).unwrap(), history.files(&first).unwrap());
    let versions = history.versions(&template("a")).unwrap();
    let seen: Vec<_> =
        versions.iter().map(|v| (v.commit.clone(), v.version.as_deref(), v.experiment)).collect();
    assert_eq!(
        seen,
        [
            (third.clone(), Some("1.0.0"), None),
            (second.clone(), Some("1.1.0"), Some(experiment_id(2))),
            (first.clone(), Some("1.0.0"), Some(experiment_id(1))),
        ]
    );
    assert_verifies(&history);

    let ahead = BranchRollback { parent: first, to: second, ..rollback.clone() };
    assert!(matches!(lock.rollback_commit(&ahead), Err(HistoryError::NotFound { .. })));
    let other = BranchRollback { template: template("b"), ..rollback };
    assert!(matches!(lock.rollback_commit(&other), Err(HistoryError::NotFound { .. })));
}

#[test]
fn what_is_not_an_experiment_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let good = promoting(1, "a", None, "1.0.0");
    let mut no_steps = good.clone();
    no_steps.steps.clear();
    let mut no_checkpoint = good.clone();
    no_checkpoint.steps.remove(0);
    let mut disordered = good.clone();
    disordered.steps.swap(1, 2);
    let mut no_branch = good.clone();
    no_branch.promotion = None;
    let mut before_1970 = good.clone();
    before_1970.time_s = -1;
    let mut no_subject = good.clone();
    no_subject.steps[1].subject.clear();
    for bad in [no_steps, no_checkpoint, disordered, no_branch, before_1970, no_subject] {
        let error = lock(&history).write(&[good.clone(), bad]).unwrap_err();
        assert!(matches!(error, HistoryError::Invalid(_)), "{error}");
    }
    let objects = git(&history, &["count-objects", "-v"]);
    assert!(objects.contains("count: 0\n") && objects.contains("in-pack: 0\n"), "{objects}");
}
