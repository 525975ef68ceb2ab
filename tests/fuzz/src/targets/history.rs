//! The history as it is read back: commits that somebody else may have written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use genesis_domain::{CommitId, Durability, ExperimentId, RefUpdate, Step, TemplateId, Trailer};
use genesis_history::{ExperimentCommits, Files, History, StepTree, experiment_ref, template_ref};
use git2::{ObjectType, Oid, Repository};
use tempfile::TempDir;

/// Inputs that share one repository. Each leaves a few objects, and a repository that grows is read ever slower.
const INPUTS_A_REPOSITORY: u32 = 100;

struct Place {
    folder: TempDir,
    left: u32,
}

static PLACE: Mutex<Option<Place>> = Mutex::new(None);

/// Pieces of the input stand between bytes of 255: a commit's message or the whole of it, then names and contents of
/// files. They are written as raw objects and read as an experiment and as a version; then as what the history itself
/// writes, which must come back as it was.
pub fn history(data: &[u8]) {
    let mut place = PLACE.lock().unwrap_or_else(PoisonError::into_inner);
    if place.as_ref().is_none_or(|place| place.left == 0) {
        let folder = TempDir::new().expect("a temporary folder");
        *place = Some(Place { folder, left: INPUTS_A_REPOSITORY });
    }
    let place = place.as_mut().expect("it was just made");
    place.left -= 1;
    let path = place.folder.path().join("history.git");
    let history = History::open(&path, Durability::Fast).expect("a repository in a folder of its own");
    let pieces: Vec<&[u8]> = data.split(|byte| *byte == 0xff).collect();
    foreign(&history, &path, &pieces);
    own(&history, &pieces);
}

fn id() -> ExperimentId {
    "019aa0b0-0000-7000-8000-000000000001".parse().expect("it is a UUID")
}

/// Objects that the history did not write, behind refs that it reads.
fn foreign(history: &History, path: &Path, pieces: &[&[u8]]) {
    let repository = Repository::open_bare(path).expect("it was just opened");
    let odb = repository.odb().expect("a repository has objects");
    let mut tree = Vec::new();
    for file in pieces[1..].chunks(2).take(8) {
        let content = file.get(1).copied().unwrap_or_default();
        let blob = odb.write(ObjectType::Blob, content).expect("a blob can be written");
        let name: Vec<u8> = file[0].iter().copied().filter(|byte| *byte != 0).collect();
        tree.extend_from_slice(b"100644 ");
        tree.extend_from_slice(&name);
        tree.push(0);
        tree.extend_from_slice(blob.as_bytes());
    }
    let tree = odb.write(ObjectType::Tree, &tree).expect("a tree can be written");
    let mut commit = format!("tree {tree}\n").into_bytes();
    if pieces[0].first().is_none_or(|byte| byte % 4 != 0) {
        commit.extend_from_slice(b"author a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\n");
    }
    commit.extend_from_slice(pieces[0]);
    let commit = odb.write(ObjectType::Commit, &commit).expect("a commit can be written");
    let template = TemplateId::new("quality:fuzz").expect("an id");
    let names = [experiment_ref(id()), template_ref(&template)];
    set(path, &names, commit);

    let _ = history.steps(id());
    let _ = history.versions(&template);
    let _ = history.template_head(&template);
    let _ = history.files(&commit.to_string().parse::<CommitId>().expect("a commit has an id"));
    let experiments = history.experiments().expect("the names of refs are the history's own");
    assert_eq!(experiments, [id()]);
    let verified = history.verify().expect("a history that is wrong is told so");
    let again = history.verify().expect("a history that is wrong is told so");
    assert_eq!(format!("{verified:?}"), format!("{again:?}"));
    for name in names {
        let _ = std::fs::remove_file(path.join(name));
    }
}

/// As a file, because git itself looks at what a ref points to.
fn set(path: &Path, names: &[String], commit: Oid) {
    for name in names {
        let file = path.join(name);
        std::fs::create_dir_all(file.parent().expect("a ref stands below a folder")).expect("a folder");
        std::fs::write(file, format!("{commit}\n")).expect("a ref is a file");
    }
}

/// What the history writes comes back as it was given.
fn own(history: &History, pieces: &[&[u8]]) {
    let text = |piece: &[u8]| String::from_utf8_lossy(piece).into_owned();
    let trailers: Vec<Trailer> = pieces
        .chunks(2)
        .take(4)
        .enumerate()
        .map(|(index, pair)| Trailer { key: format!("Key-{index}"), value: text(pair[pair.len() - 1]) })
        .collect();
    let files: Files = pieces
        .chunks(2)
        .take(8)
        .map(|file| (text(file[0]), Arc::from(file.get(1).copied().unwrap_or_default())))
        .collect::<BTreeMap<_, _>>();
    let step = |step: Step| StepTree {
        step,
        files: files.clone(),
        subject: text(pieces[0]),
        trailers: trailers.clone(),
    };
    let experiment = ExperimentCommits {
        id: id(),
        template: TemplateId::new("quality:fuzz").expect("an id"),
        parent: None,
        time_s: 1,
        steps: vec![step(Step::Checkpoint), step(Step::Candidate)],
        promotion: None,
    };
    let lock = history.lock(|| {}).expect("nobody else has the lock");
    // A path that git does not take, or no subject, is refused before anything is written.
    let Ok(written) = lock.write(&[experiment]) else { return };
    let commits = &written[0].commits;
    let tip = commits[1].commit.clone();
    lock.set_refs(&[RefUpdate { name: experiment_ref(id()), target: tip.clone() }])
        .expect("the commit is there");
    drop(lock);
    let steps = history.steps(id()).expect("what was written can be read");
    assert_eq!(steps.len(), 2);
    assert_eq!(steps.iter().map(|step| step.step).collect::<Vec<_>>(), [Step::Checkpoint, Step::Candidate]);
    assert_eq!(history.files(&tip).expect("what was written can be read"), files);
    for entry in &steps {
        let keys: Vec<&str> = entry.trailers.iter().map(|trailer| trailer.key.as_str()).collect();
        for trailer in &trailers {
            assert_eq!(keys.iter().filter(|key| **key == trailer.key).count(), 1, "{keys:?}");
        }
        assert!(!entry.subject.contains(char::is_control), "{:?}", entry.subject);
    }
}
