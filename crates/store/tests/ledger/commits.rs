use std::future::{Future, poll_fn};
use std::task::Poll;

use genesis_domain::{Head, Promotion, RefUpdate};
use genesis_store::{Committed, StoreError};

use crate::support::*;

pub(crate) async fn what_is_recorded_reads_back(place: &Place<'_>) {
    let ledger = place.open().await;
    let commit = promoting(1, "a", None);
    assert_eq!(ledger.commit(std::slice::from_ref(&commit)).await.unwrap(), [Committed::Recorded]);
    assert_eq!(ledger.experiment(id(1)).await.unwrap(), Some(commit.record.clone()));
    let promotion = commit.promotion.unwrap();
    assert_eq!(ledger.head(&template("a")).await.unwrap(), Some(promotion.head.clone()));
    assert_eq!(ledger.heads().await.unwrap(), [promotion.head]);
    let promoted = ledger.promoted(&template("a")).await.unwrap();
    assert_eq!(promoted.len(), 1);
    assert_eq!((promoted[0].experiment, promoted[0].at_ms), (Some(id(1)), AT_MS + 6));
    assert_eq!(ledger.head(&template("b")).await.unwrap(), None);
    assert_eq!(ledger.experiment(id(2)).await.unwrap(), None);
}

pub(crate) async fn a_loser_leaves_nothing_and_the_others_go_through(place: &Place<'_>) {
    let ledger = place.open().await;
    let batch = [promoting(1, "a", None), promoting(2, "a", None), promoting(3, "b", None), refused(4, "a")];
    let outcomes = ledger.commit(&batch).await.unwrap();
    let in_force = batch[0].promotion.as_ref().unwrap().head.clone();
    assert_eq!(
        outcomes,
        [
            Committed::Recorded,
            Committed::HeadMoved { actual: Some(in_force.clone()) },
            Committed::Recorded,
            Committed::Recorded,
        ]
    );
    assert_eq!(ledger.experiment(id(2)).await.unwrap(), None);
    assert_eq!(ledger.head(&template("a")).await.unwrap(), Some(in_force));
    assert_eq!(ledger.promoted(&template("a")).await.unwrap().len(), 1);
    let pending = ledger.pending_refs().await.unwrap();
    assert_eq!(pending.len(), 5);
    assert!(
        !pending.iter().any(|update| update.target == commit_id(2) || update.target == commit_id(10_002))
    );
    // The loser is judged again against the new head, under the same id.
    let again = promoting(2, "a", Some(1));
    assert_eq!(ledger.commit(&[again]).await.unwrap(), [Committed::Recorded]);
    let versions: Vec<_> =
        ledger.promoted(&template("a")).await.unwrap().into_iter().map(|v| v.commit).collect();
    assert_eq!(versions, [commit_id(2), commit_id(1)]);
}

pub(crate) async fn a_head_that_is_expected_and_not_there_is_refused(place: &Place<'_>) {
    let ledger = place.open().await;
    let outcomes = ledger.commit(&[promoting(2, "a", Some(1))]).await.unwrap();
    assert_eq!(outcomes, [Committed::HeadMoved { actual: None }]);
    assert_eq!(ledger.experiment(id(2)).await.unwrap(), None);
}

pub(crate) async fn of_two_ledgers_that_promote_at_once_exactly_one_wins(place: &Place<'_>) {
    let (one, other) = (place.open().await, place.open().await);
    let mut expected = None;
    for round in 0..40_u32 {
        let (a, b) = (promoting(2 * round + 1, "a", expected), promoting(2 * round + 2, "a", expected));
        let tasks = [(one.clone(), a), (other.clone(), b)].map(|(ledger, commit)| {
            tokio::spawn(async move { ledger.commit(&[commit]).await.unwrap().remove(0) })
        });
        let mut outcomes = Vec::new();
        for task in tasks {
            outcomes.push(task.await.unwrap());
        }
        let winner = outcomes.iter().position(|outcome| *outcome == Committed::Recorded).unwrap();
        let winner = 2 * round + 1 + u32::try_from(winner).unwrap();
        let head = one.head(&template("a")).await.unwrap().unwrap();
        assert_eq!(head.commit, commit_id(winner));
        assert_eq!(
            outcomes
                .iter()
                .filter(|outcome| **outcome == Committed::HeadMoved { actual: Some(head.clone()) })
                .count(),
            1
        );
        expected = Some(winner);
    }
    assert_eq!(other.promoted(&template("a")).await.unwrap().len(), 40);
}

pub(crate) async fn the_same_id_again_changes_nothing(place: &Place<'_>) {
    let ledger = place.open().await;
    ledger.commit(&[promoting(1, "a", None)]).await.unwrap();
    ledger.mark_refs_set(&ledger.pending_refs().await.unwrap()).await.unwrap();

    let mut slower = promoting(1, "a", None);
    slower.record.runtime_ms += 1;
    slower.record.detail = serde_json::Value::Null;
    assert_eq!(ledger.commit(&[slower]).await.unwrap(), [Committed::AlreadyRecorded]);
    assert_eq!(ledger.pending_refs().await.unwrap(), []);
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap().len(), 1);

    let mut other = promoting(1, "a", Some(1));
    other.record.digest = genesis_domain::Digest::of(b"other");
    let mut stricter = promoting(1, "a", Some(1));
    "strict".clone_into(&mut stricter.record.policy);
    let outcomes = ledger.commit(&[other, stricter, promoting(1, "b", None)]).await.unwrap();
    assert_eq!(outcomes, [Committed::Conflict, Committed::Conflict, Committed::Conflict]);
    assert_eq!(ledger.head(&template("b")).await.unwrap(), None);
}

pub(crate) async fn a_batch_of_any_size_is_as_each_alone(place: &Place<'_>) {
    let ledger = place.open().await;
    // Every number of rows that a statement has, some of them more than once, and some left over.
    let count = 2 * 64 + 3 * 16 + 3 * 4 + 3;
    let of = |number: u32| format!("t-{number}");
    let mut batch: Vec<_> = (1..=count).map(|number| promoting(number, &of(number), None)).collect();
    let mut other = batch[6].clone();
    other.record.digest = genesis_domain::Digest::of(b"other");
    batch.extend([batch[5].clone(), other]);
    let outcomes = ledger.commit(&batch).await.unwrap();
    let (recorded, again) = outcomes.split_at(batch.len() - 2);
    assert!(recorded.iter().all(|outcome| *outcome == Committed::Recorded), "{outcomes:?}");
    assert_eq!(again, [Committed::AlreadyRecorded, Committed::Conflict]);
    for commit in &batch[..batch.len() - 2] {
        assert_eq!(ledger.experiment(commit.record.id).await.unwrap().as_ref(), Some(&commit.record));
    }
    assert_eq!(ledger.heads().await.unwrap().len(), count as usize);
    let pending = ledger.pending_refs().await.unwrap();
    assert_eq!(pending.len(), 2 * count as usize);
    ledger.mark_refs_set(&pending[1..]).await.unwrap();
    assert_eq!(ledger.pending_refs().await.unwrap(), pending[..1]);
    ledger.mark_refs_set(&pending).await.unwrap();
    let unsent = ledger.unsent(NATS, 1000).await.unwrap();
    let ids: Vec<_> = unsent.iter().map(|message| message.experiment.unwrap()).collect();
    assert_eq!(ids, (1..=count).map(id).collect::<Vec<_>>(), "in the order in which they were recorded");
}

pub(crate) async fn of_one_ref_in_a_batch_the_last_counts(place: &Place<'_>) {
    let ledger = place.open().await;
    let (mut one, mut other) = (refused(1, "a"), refused(2, "a"));
    let shared =
        |number: u32| RefUpdate { name: "refs/heads/templates/a".to_owned(), target: commit_id(number) };
    one.refs.push(shared(7));
    other.refs.push(shared(8));
    assert_eq!(ledger.commit(&[one, other]).await.unwrap(), [Committed::Recorded, Committed::Recorded]);
    let pending = ledger.pending_refs().await.unwrap();
    assert!(pending.contains(&shared(8)) && pending.len() == 3, "{pending:?}");
}

pub(crate) async fn a_persons_rollback_changes_the_head_and_leaves_refs_to_be_set(place: &Place<'_>) {
    let ledger = place.open().await;
    ledger.commit(&[promoting(1, "a", None), promoting(2, "a", Some(1))]).await.unwrap();
    ledger.mark_refs_set(&ledger.pending_refs().await.unwrap()).await.unwrap();
    let head = Head { commit: commit_id(3), ..promoting(1, "a", None).promotion.unwrap().head };
    let refs = [RefUpdate { name: "refs/heads/templates/a".to_owned(), target: commit_id(3) }];
    let rollback =
        Promotion { head: head.clone(), expected: Some(commit_id(1)), experiment: None, at_ms: AT_MS };
    let refused = ledger.set_head(&rollback, &refs).await.unwrap();
    assert!(
        matches!(refused, Committed::HeadMoved { actual: Some(actual) } if actual.commit == commit_id(2))
    );
    assert_eq!(ledger.pending_refs().await.unwrap(), []);

    let rollback = Promotion { expected: Some(commit_id(2)), ..rollback };
    assert_eq!(ledger.set_head(&rollback, &refs).await.unwrap(), Committed::Recorded);
    assert_eq!(ledger.head(&template("a")).await.unwrap(), Some(head));
    assert_eq!(ledger.pending_refs().await.unwrap(), refs);
    assert_eq!(ledger.promoted(&template("a")).await.unwrap()[0].experiment, None);
}

pub(crate) async fn a_commit_that_contradicts_itself_records_nothing_of_the_batch(place: &Place<'_>) {
    let ledger = place.open().await;
    let mut other_experiment = promoting(2, "b", None);
    other_experiment.promotion.as_mut().unwrap().experiment = None;
    let mut other_template = promoting(2, "b", None);
    other_template.promotion.as_mut().unwrap().head.template = template("c");
    let mut other_message = promoting(2, "b", None);
    other_message.outbox.push(message(9));
    let mut twice = promoting(2, "b", None);
    twice.outbox.push(message(2));
    let mut too_large = promoting(2, "b", None);
    too_large.record.memory_peak_bytes = u64::MAX;
    for bad in [other_experiment, other_template, other_message, twice, too_large] {
        let error = ledger.commit(&[promoting(1, "a", None), bad]).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid(_)), "{error}");
        assert_eq!(ledger.experiment(id(1)).await.unwrap(), None);
        assert_eq!(ledger.heads().await.unwrap(), []);
    }
}

pub(crate) async fn a_commit_dropped_at_any_point_is_there_whole_or_not_at_all(place: &Place<'_>) {
    let ledger = place.open().await;
    let mut finished = 0;
    let mut dropped = 0;
    for polls in 0..120_u32 {
        let number = 2 * polls + 1;
        let batch = [
            promoting(number, &format!("t{number}"), None),
            promoting(number + 1, &format!("t{number}"), Some(number)),
        ];
        {
            let mut left = polls;
            let mut commit = std::pin::pin!(ledger.commit(&batch));
            let outcome = poll_fn(|context| {
                if left == 0 {
                    return Poll::Ready(None);
                }
                left -= 1;
                commit.as_mut().poll(context).map(Some)
            })
            .await;
            match outcome {
                Some(outcome) => {
                    outcome.unwrap();
                    finished += 1;
                }
                None => dropped += 1,
            }
        }
        let found = [
            ledger.experiment(id(number)).await.unwrap().is_some(),
            ledger.experiment(id(number + 1)).await.unwrap().is_some(),
            ledger.head(&template(&format!("t{number}"))).await.unwrap().is_some(),
        ];
        assert!(found == [true; 3] || found == [false; 3], "after {polls} polls: {found:?}");
    }
    assert!(finished > 0 && dropped > 0, "{finished} finished, {dropped} dropped");
    assert_eq!(ledger.commit(&[refused(9999, "z")]).await.unwrap(), [Committed::Recorded]);
}
