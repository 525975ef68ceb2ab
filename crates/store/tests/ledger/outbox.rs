use genesis_domain::{Digest, InboxMessage, RefUpdate};
use genesis_store::Received;

use crate::support::*;

pub(crate) async fn an_announcement_waits_until_the_refs_of_its_experiment_are_set(place: &Place<'_>) {
    let ledger = place.open().await;
    let (first, second) = (promoting(1, "a", None), refused(2, "a"));
    ledger.commit(&[first.clone(), second.clone()]).await.unwrap();
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), []);
    ledger.mark_refs_set(&second.refs).await.unwrap();
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(2)]);
    ledger.mark_refs_set(&first.refs[..1]).await.unwrap();
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(2)]);
    ledger.mark_refs_set(&first.refs[1..]).await.unwrap();
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(1), message(2)]);
    assert_eq!(ledger.unsent(NATS, 1).await.unwrap(), [message(1)]);
    ledger.mark_sent(NATS, &[], &[message(1).message_id], AT_MS).await.unwrap();
    ledger.mark_sent(NATS, &[], &["unknown"], AT_MS).await.unwrap();
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(2)]);
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
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), [message(1)]);
}

/// A request for experiment `number` that came by a broker.
fn came_by(broker: &str, number: u32) -> InboxMessage {
    InboxMessage {
        experiment: id(number),
        sender: "singularity_1".to_owned(),
        request: format!("exp-{number}"),
        broker: broker.to_owned(),
        digest: Digest::of(b"a"),
        received_at_ms: AT_MS,
    }
}

pub(crate) async fn an_announcement_is_sent_when_every_broker_has_it(place: &Place<'_>) {
    const PGMQ: &str = "pgmq";
    let ledger = place.open().await;
    let (first, second) = (refused(1, "a"), refused(2, "b"));
    ledger.commit(&[first.clone(), second.clone()]).await.unwrap();
    ledger.mark_refs_set(&[first.refs, second.refs].concat()).await.unwrap();
    let ids = [message(1).message_id, message(2).message_id];
    let unsent = async |broker: &str| ledger.unsent(broker, 10).await.unwrap();
    ledger.mark_sent(NATS, &[PGMQ], &ids, AT_MS).await.unwrap();
    ledger.mark_sent(NATS, &[PGMQ], &["unknown"], AT_MS).await.unwrap();
    assert_eq!(unsent(NATS).await, []);
    assert_eq!(unsent(PGMQ).await, [message(1), message(2)]);
    ledger.mark_sent(PGMQ, &[NATS], &ids[1..], AT_MS).await.unwrap();
    assert_eq!(unsent(PGMQ).await, [message(1)]);
    // All brokers have it, so even a third one is not sent it.
    assert_eq!(unsent("another").await, [message(1)]);
    // Asked for again by one broker, the other one is not sent it once more.
    ledger.announce_again(PGMQ, id(2)).await.unwrap();
    assert_eq!((unsent(NATS).await, unsent(PGMQ).await), (vec![], vec![message(1), message(2)]));
}

pub(crate) async fn an_announcement_waits_for_the_broker_by_which_its_request_came(place: &Place<'_>) {
    const PGMQ: &str = "pgmq";
    let ledger = place.open().await;
    assert_eq!(ledger.receive(&came_by(NATS, 1)).await.unwrap(), Received::New);
    assert_eq!(ledger.receive(&came_by(PGMQ, 1)).await.unwrap(), Received::Again);
    assert_eq!(ledger.receive(&came_by(NATS, 2)).await.unwrap(), Received::New);
    let (first, second) = (refused(1, "a"), refused(2, "b"));
    ledger.commit(&[first.clone(), second.clone()]).await.unwrap();
    ledger.mark_refs_set(&[first.refs, second.refs].concat()).await.unwrap();
    // By a process that knows the one broker alone.
    let ids = [message(1).message_id, message(2).message_id];
    ledger.mark_sent(NATS, &[], &ids, AT_MS).await.unwrap();
    assert_eq!(ledger.unsent(NATS, 10).await.unwrap(), []);
    assert_eq!(ledger.unsent(PGMQ, 10).await.unwrap(), [message(1)]);
    ledger.mark_sent(PGMQ, &[NATS], &ids[..1], AT_MS).await.unwrap();
    assert_eq!(ledger.unsent(PGMQ, 10).await.unwrap(), []);
    assert_eq!(ledger.unsent("another", 10).await.unwrap(), []);
}
