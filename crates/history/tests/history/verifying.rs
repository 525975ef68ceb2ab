use std::fs;
use std::path::{Path, PathBuf};

use genesis_domain::{RefUpdate, Step};
use genesis_history::{History, Recovered, experiment_ref};

use crate::support::*;

fn problems(history: &History) -> Vec<String> {
    history.verify().unwrap().problems.into_iter().map(|problem| problem.text).collect()
}

fn git_object(history: &History, id: &str) -> PathBuf {
    history.path().join("objects").join(&id[..2]).join(&id[2..])
}

/// Takes the packs apart, so that single objects can be damaged.
fn unpack(history: &History) {
    let folder = history.path().join("objects/pack");
    let packs: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for pack in packs {
        let aside = history.path().join("aside");
        fs::rename(&pack, &aside).unwrap();
        if pack.extension().unwrap() == "pack" {
            let unpacked = std::process::Command::new("git")
                .arg("--git-dir")
                .arg(history.path())
                .args(["unpack-objects", "-q"])
                .stdin(fs::File::open(&aside).unwrap())
                .status();
            assert!(unpacked.unwrap().success());
        }
        fs::remove_file(&aside).unwrap();
    }
}

fn make_writable(path: &Path) {
    let mut permissions = fs::metadata(path).unwrap().permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "the file is the test's own")]
    permissions.set_readonly(false);
    fs::set_permissions(path, permissions).unwrap();
}

#[test]
fn a_rollback_with_another_tree_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let mut experiment = refusing(1, "a", None, "1.0.0");
    experiment.steps.last_mut().unwrap().files = files(&[("left", "over")]);
    commit(&history, &[experiment]);
    assert_eq!(problems(&history), ["the tree of its rollback is not the checkpoint's"]);
}

#[test]
fn a_promotion_without_its_branch_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let experiments = [promoting(1, "a", None, "1.0.0")];
    let lock = lock(&history);
    let written = lock.write(&experiments).unwrap();
    lock.set_refs(&wanted(&experiments, &written)[..1]).unwrap();
    assert_eq!(problems(&history), ["what it promoted is not on the template's branch"]);
}

#[test]
fn an_experiment_under_anothers_name_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let written = commit(&history, &[promoting(1, "a", None, "1.0.0")]);
    let name = experiment_ref(experiment_id(2));
    lock(&history).set_refs(&[RefUpdate { name, target: written[0].commits[1].commit.clone() }]).unwrap();
    let found = problems(&history);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|text| text.ends_with("names another experiment or none")), "{found:?}");
}

#[test]
fn a_branch_of_another_template_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let written = commit(&history, &[promoting(1, "a", None, "1.0.0")]);
    git(&history, &["update-ref", "refs/heads/templates/b", written[0].branch.as_ref().unwrap().as_str()]);
    git(&history, &["update-ref", "refs/heads/other", written[0].branch.as_ref().unwrap().as_str()]);
    let found = problems(&history);
    assert!(found.iter().any(|text| text.ends_with("names another template or none")), "{found:?}");
    assert!(found.iter().any(|text| text == "this is no ref of a history"), "{found:?}");
}

#[test]
fn an_object_that_is_gone_or_changed_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let written = commit(&history, &[promoting(1, "a", None, "1.0.0")]);
    unpack(&history);
    assert_verifies(&history);
    let rendered = &written[0].commits.iter().find(|commit| commit.step == Step::Rendered).unwrap().commit;
    let blob = |path: &str| git(&history, &["rev-parse", &format!("{rendered}:{path}")]).trim().to_owned();
    let (gone, changed) = (blob("template.json"), blob("rendered/defaults/%2Egit/config"));
    fs::remove_file(git_object(&history, &gone)).unwrap();
    let changed_file = git_object(&history, &changed);
    make_writable(&changed_file);
    fs::copy(git_object(&history, rendered.as_str()), &changed_file).unwrap();
    let found = problems(&history);
    assert!(found.iter().any(|text| text.starts_with(&format!("object {gone} cannot be read"))), "{found:?}");
    assert!(
        found.iter().any(|text| text.starts_with(&format!("object {changed} cannot be read"))),
        "{found:?}"
    );
    assert!(history.files(rendered).is_err());
}

#[test]
fn recovery_sweeps_what_is_left_over_and_sets_refs() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let experiments = [promoting(1, "a", None, "1.0.0")];
    let written = lock(&history).write(&experiments).unwrap();
    let wanted = wanted(&experiments, &written);
    let left_over = [
        "refs/experiments/x.lock",
        "refs/heads/templates/a.lock",
        "packed-refs.lock",
        "HEAD.lock",
        "objects/pack/pack_git2_0123",
        "objects/pack/pack-1.idx",
        "objects/ab/tmp_object_git2_01",
        "objects/tmp_obj_1",
        "refs/heads/templates/a",
    ];
    for name in left_over {
        let path = history.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    let lock = lock(&history);
    let recovered = lock.recover(&wanted).unwrap();
    assert_eq!(recovered.swept_locks.len(), 4, "{recovered:?}");
    assert_eq!(recovered.swept_temporary.len(), 4, "{recovered:?}");
    assert_eq!(recovered.torn_refs, ["refs/heads/templates/a"]);
    assert_eq!(recovered.refs_set.len(), 2, "{recovered:?}");
    assert_eq!(history.template_head(&template("a")).unwrap(), written[0].branch);
    assert_eq!(lock.recover(&wanted).unwrap(), Recovered::default());
    assert_verifies(&history);
    assert_fsck_is_clean(&history);
}
