use genesis_domain::RefUpdate;

use crate::support::*;

pub(crate) async fn an_announcement_waits_until_the_refs_of_its_experiment_are_set(place: &Place<'_>) {
    let ledger = place.open().await;
    let (first, second) = (promoting(1, "a", None), refused(2, "a"));
    ledger.commit(&[first.clone(), second.clone()]).await.unwrap();
    assert_eq!(ledger.unsent(10).await.unwrap(), []);
    ledger.mark_refs_set(&second.refs).await.unwrap();
    assert_eq!(ledger.unsent(10).await.unwrap(), [message(2)]);
    ledger.mark_refs_set(&first.refs[..1]).await.unwrap();
    assert_eq!(ledger.unsent(10).await.unwrap(), [message(2)]);
    ledger.mark_refs_set(&first.refs[1..]).await.unwrap();
    assert_eq!(ledger.unsent(10).await.unwrap(), [message(1), message(2)]);
    assert_eq!(ledger.unsent(1).await.unwrap(), [message(1)]);
    ledger.mark_sent(&[message(1).message_id], AT_MS).await.unwrap();
    ledger.mark_sent(&["unknown"], AT_MS).await.unwrap();
    assert_eq!(ledger.unsent(10).await.unwrap(), [message(2)]);
}

pub(crate) async fn an_overtaken_update_is_neither_wanted_nor_marked(place: &Place<'_>) {
    let ledger = place.open().await;
    let (first, second) = (promoting(1, "a", None), promoting(2, "a", Some(1)));
    ledger.commit(std::slice::from_ref(&first)).await.unwrap();
    ledger.commit(std::slice::from_ref(&second)).await.unwrap();
    let branch = "refs/heads/templates/a";
    let pending = || async {
        let pending = ledger.pending_refs().await.unwrap();
        pending.into_iter().find(|update| update.name == branch).map(|update| update.target)
    };
    assert_eq!(pending().await, Some(commit_id(2)));
    // Whoever sets the first one's refs late does not hide that the second one's are still to be set.
    ledger.mark_refs_set(&first.refs).await.unwrap();
    assert_eq!(pending().await, Some(commit_id(2)));
    ledger.mark_refs_set(&[RefUpdate { name: branch.to_owned(), target: commit_id(2) }]).await.unwrap();
    assert_eq!(pending().await, None);
    assert_eq!(ledger.unsent(10).await.unwrap(), [message(1)]);
}
