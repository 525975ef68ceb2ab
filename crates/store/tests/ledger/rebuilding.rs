use genesis_store::{Committed, ListFilter, Rebuild, Rebuilt, StoreError};

use crate::support::*;

const ALL: ListFilter = ListFilter { template: None, limit: 1000, before: None };

pub(crate) async fn a_rebuilt_ledger_equals_the_original(place: &Place<'_>) {
    let original = place.open().await;
    let batch =
        [promoting(1, "a", None), promoting(2, "b", None), promoting(3, "a", Some(1)), refused(4, "c")];
    original.commit(&batch).await.unwrap();
    original.mark_refs_set(&original.pending_refs().await.unwrap()).await.unwrap();

    let mut rebuild = Rebuild { experiments: original.list(&ALL).await.unwrap(), promoted: Vec::new() };
    for name in ["a", "b"] {
        for promoted in original.promoted(&template(name)).await.unwrap().into_iter().rev() {
            rebuild.promoted.push((template(name), promoted));
        }
    }
    let anew = place.elsewhere().await;
    let told = anew.rebuild(&rebuild).await.unwrap();
    assert_eq!(told, Rebuilt { experiments: 4, heads: 2, outbox_kept: 0, outbox_dropped: 0 });
    // Rebuilding what is there already changes nothing but keeps what git does not hold.
    let told = original.rebuild(&rebuild).await.unwrap();
    assert_eq!(told, Rebuilt { experiments: 4, heads: 2, outbox_kept: 4, outbox_dropped: 0 });
    for ledger in [&original, &anew] {
        assert_eq!(ledger.list(&ALL).await.unwrap(), rebuild.experiments);
        assert_eq!(ledger.pending_refs().await.unwrap(), []);
        assert_eq!(ledger.heads().await.unwrap().len(), 2);
        for commit in [&batch[1], &batch[2]] {
            let head = commit.promotion.as_ref().unwrap().head.clone();
            assert_eq!(ledger.head(&head.template).await.unwrap(), Some(head));
        }
        assert_eq!(
            ledger.promoted(&template("a")).await.unwrap(),
            original.promoted(&template("a")).await.unwrap()
        );
    }
    assert_eq!(original.unsent(NATS, 10).await.unwrap().len(), 4);
    assert_eq!(anew.commit(&[promoting(5, "a", Some(3))]).await.unwrap(), [Committed::Recorded]);
}

pub(crate) async fn announcements_of_experiments_that_history_does_not_have_are_counted(place: &Place<'_>) {
    let ledger = place.open().await;
    ledger.commit(&[refused(1, "a"), refused(2, "a")]).await.unwrap();
    let rebuild = Rebuild { experiments: vec![record(1, "a")], promoted: Vec::new() };
    let told = ledger.rebuild(&rebuild).await.unwrap();
    assert_eq!((told.outbox_kept, told.outbox_dropped), (1, 1));
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(1)]);
}

pub(crate) async fn a_rebuild_that_fails_changes_nothing(place: &Place<'_>) {
    let ledger = place.open().await;
    ledger.commit(&[promoting(1, "a", None)]).await.unwrap();
    let before = ledger.list(&ALL).await.unwrap();
    let mut too_large = record(2, "a");
    too_large.cases = u64::MAX;
    let error =
        ledger.rebuild(&Rebuild { experiments: vec![too_large], promoted: Vec::new() }).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid(_)), "{error}");
    assert_eq!(ledger.list(&ALL).await.unwrap(), before);
    assert_eq!(ledger.heads().await.unwrap().len(), 1);
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), []);
    assert_eq!(ledger.pending_refs().await.unwrap().len(), 2);
}
