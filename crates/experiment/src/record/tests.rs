use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use genesis_domain::{
    Decision, Digest, Durability, ExperimentStatus, Head, Metrics, Risk, Step, TemplateId, Trailer,
};
use genesis_history::{BranchCommit, Files, History, StepTree};
use genesis_store::Ledger;
use uuid::Uuid;

use super::*;

const TIME_S: i64 = 1_760_000_000;

/// A first version of a template, in the fewest steps.
fn prepared(number: u128, template: &str, time_s: i64) -> Prepared {
    let content = format!("{template} {number}");
    let files: Files = [("template.json".to_owned(), Arc::from(content.as_bytes()))].into_iter().collect();
    let step = |step, files: &Files| StepTree {
        step,
        files: files.clone(),
        subject: format!("the {step}"),
        trailers: Vec::new(),
    };
    let id = ExperimentId::new(Uuid::from_u128(number));
    let template = TemplateId::new(template).unwrap();
    let digest = Digest::of(content.as_bytes());
    // What only writing tells is filled in by the recorder.
    let unknown: CommitId = "0000000000000000000000000000000000000000".parse().unwrap();
    Prepared {
        commits: ExperimentCommits {
            id,
            template: template.clone(),
            parent: None,
            time_s,
            steps: vec![
                step(Step::Checkpoint, &Files::new()),
                step(Step::Candidate, &files),
                step(Step::Verdict, &files),
                step(Step::Promotion, &files),
            ],
            promotion: Some(BranchCommit {
                files,
                subject: content,
                trailers: vec![Trailer { key: "Genesis-Version".to_owned(), value: "1.0.0".to_owned() }],
                parent: None,
            }),
        },
        record: ExperimentRecord {
            id,
            instance: "test".to_owned(),
            template: template.clone(),
            version: Some("1.0.0".to_owned()),
            kind: None,
            language: None,
            digest: digest.clone(),
            status: ExperimentStatus::Success,
            decision: Decision::Merge,
            rationale: String::new(),
            risk: Risk::Low,
            policy: "default".to_owned(),
            tip: unknown.clone(),
            baseline: None,
            created_at_ms: TIME_S * 1000,
            runtime_ms: 0,
            metrics: Metrics::default(),
            memory_peak_bytes: 0,
            cases: 0,
            cases_failed: 0,
            detail: serde_json::json!({}),
        },
        promotion: Some(Promotion {
            head: Head { template, commit: unknown, version: Some("1.0.0".to_owned()), digest },
            expected: None,
            experiment: Some(id),
            at_ms: TIME_S * 1000,
        }),
        announces: false,
        asked: None,
    }
}

/// A history with its ledger, and the points of commit that were reached.
struct Place {
    commits: Commits,
    runtime: tokio::runtime::Runtime,
    reached: RefCell<Vec<CommitPoint>>,
}

impl Place {
    fn new(folder: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let history = History::open(&folder.join("history.git"), Durability::Fast).unwrap();
        let file = folder.join("ledger.sqlite");
        let ledger = runtime.block_on(Ledger::open(&file, Durability::Fast)).unwrap();
        Self { commits: Commits { history, ledger }, runtime, reached: RefCell::default() }
    }

    fn record(&self, recorder: &mut Recorder, prepared: &[Prepared]) -> Vec<Recorded> {
        let reached = |point| self.reached.borrow_mut().push(point);
        self.runtime.block_on(recorder.record(prepared, &reached, &|| {}))
    }

    fn times(&self, point: CommitPoint) -> usize {
        self.reached.borrow().iter().filter(|reached| **reached == point).count()
    }

    fn assert_holds(&self, experiments: usize) {
        assert_eq!(self.commits.history.experiments().unwrap().len(), experiments);
        assert!(self.commits.history.verify().unwrap().is_clean());
        assert_eq!(self.runtime.block_on(self.commits.ledger.pending_refs()).unwrap(), []);
    }
}

#[test]
fn many_are_one_batch_and_each_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let mut recorder = Recorder::new(place.commits.clone());
    let all: Vec<Prepared> = (0..40).map(|n| prepared(n, &format!("template-{n}"), TIME_S)).collect();
    let outcomes = place.record(&mut recorder, &all);
    assert!(outcomes.iter().all(|one| matches!(one, Ok(Some(_)))), "{outcomes:?}");
    assert_eq!(place.times(CommitPoint::ObjectsWritten), 1);
    assert_eq!(place.times(CommitPoint::Recorded), 1);
    assert!(recorder.is_settled());
    assert_eq!(place.commits.history.templates().unwrap().len(), 40);
    place.assert_holds(40);
}

#[test]
fn one_that_cannot_be_written_keeps_no_other_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let mut recorder = Recorder::new(place.commits.clone());
    let all: Vec<Prepared> = (0..10)
        .map(|n| prepared(n, &format!("template-{n}"), if n == 5 { i64::MIN } else { TIME_S }))
        .collect();
    for (number, one) in place.record(&mut recorder, &all).iter().enumerate() {
        match one {
            Err(ExperimentError::History(_)) => assert_eq!(number, 5, "{one:?}"),
            other => assert!(matches!(other, Ok(Some(_))), "{number}: {other:?}"),
        }
    }
    place.assert_holds(9);
}

#[test]
fn of_many_first_versions_in_one_batch_one_wins_and_the_others_hear_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let mut recorder = Recorder::new(place.commits.clone());
    let all: Vec<Prepared> = (1..5).map(|n| prepared(n, "contended", TIME_S)).collect();
    let outcomes = place.record(&mut recorder, &all);
    assert!(matches!(outcomes[0], Ok(Some(_))), "{outcomes:?}");
    assert!(outcomes[1..].iter().all(|one| matches!(one, Ok(None))), "{outcomes:?}");
    assert!(recorder.is_settled());
    place.assert_holds(1);
}

#[test]
fn the_same_once_more_is_recorded_once_and_another_under_its_id_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let mut recorder = Recorder::new(place.commits.clone());
    let one = prepared(1, "template-1", TIME_S);
    let outcomes = place.record(&mut recorder, &[one.clone(), one.clone()]);
    assert!(outcomes.iter().all(|one| matches!(one, Ok(Some(_)))), "{outcomes:?}");
    let other = prepared(1, "template-2", TIME_S);
    let outcomes = place.record(&mut recorder, std::slice::from_ref(&other));
    assert!(matches!(&outcomes[0], Err(ExperimentError::Request(_))), "{outcomes:?}");
    assert_eq!(place.commits.history.templates().unwrap(), [one.record.template]);
    place.assert_holds(1);
}

/// As when the answer to a transaction was lost, or the disk was full when the refs were to be set.
#[test]
fn refs_that_could_not_be_set_are_set_before_the_next_batch() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let first = prepared(1, "template-1", TIME_S);
    let lock = place.commits.history.lock(|| {}).unwrap();
    let written = lock.write(std::slice::from_ref(&first.commits)).unwrap();
    drop(lock);
    let commit = first.commit(&written[0]);
    place.runtime.block_on(place.commits.ledger.commit(std::slice::from_ref(&commit))).unwrap();
    assert_eq!(place.commits.history.experiments().unwrap(), []);

    let mut recorder = Recorder::new(place.commits.clone());
    recorder.keep_in_mind(&[commit]);
    assert!(!recorder.is_settled());
    let outcomes = place.record(&mut recorder, &[prepared(2, "template-2", TIME_S)]);
    assert!(matches!(outcomes[0], Ok(Some(_))), "{outcomes:?}");
    assert!(recorder.is_settled());
    place.assert_holds(2);
}
