//! One ledger that several repositories use.

use genesis_domain::RefUpdate;
use genesis_store::StoreError;

use crate::support::*;

pub(crate) async fn a_name_belongs_to_one_repository_and_is_kept(place: &Place<'_>) {
    let first = place.open().await.of_repository("id-000000000001", Some("a")).await.unwrap();
    assert_eq!(first.instance(), Some("a"));
    let error = place.open().await.of_repository("id-000000000002", Some("a")).await.unwrap_err();
    assert!(matches!(&error, StoreError::NameTaken { name, .. } if name == "a"), "{error}");
    let again = place.open().await.of_repository("id-000000000001", None).await.unwrap();
    assert_eq!(again.instance(), Some("a"));
    let unnamed = place.open().await.of_repository("id-000000000002", None).await.unwrap();
    assert_eq!(unnamed.instance(), Some("r-000000000002"));
    // A name that was given up can be had.
    place.open().await.of_repository("id-000000000001", Some("b")).await.unwrap();
    let unnamed = place.open().await.of_repository("id-000000000002", Some("a")).await.unwrap();
    assert_eq!(unnamed.instance(), Some("a"));
}

pub(crate) async fn a_repository_has_its_own_refs_to_set_and_knows_where_the_others_are(place: &Place<'_>) {
    let a = place.open().await.of_repository("id-a", Some("a")).await.unwrap();
    let b = place.open().await.of_repository("id-b", Some("b")).await.unwrap();
    a.commit(&[promoting(1, "t", None)]).await.unwrap();
    b.commit(&[promoting(2, "t", Some(1))]).await.unwrap();
    let names = |updates: Vec<RefUpdate>| updates.into_iter().map(|update| update.name).collect::<Vec<_>>();
    let [first, second] = [1, 2].map(|number| format!("refs/experiments/{}", id(number)));
    // The branch is where it was promoted last.
    assert_eq!(names(a.pending_refs().await.unwrap()), std::slice::from_ref(&first));
    assert_eq!(names(b.pending_refs().await.unwrap()), [second.clone(), "refs/heads/templates/t".to_owned()]);
    assert_eq!(place.open().await.pending_refs().await.unwrap().len(), 3, "nobody asks for one of them");
    let elsewhere = a.refs_elsewhere().await.unwrap();
    assert_eq!(
        elsewhere.keys().map(String::as_str).collect::<Vec<_>>(),
        [second.as_str(), "refs/heads/templates/t"]
    );
    assert!(elsewhere.values().all(|known| known.instance == "b"));
    assert_eq!(a.pending_elsewhere().await.unwrap(), elsewhere);
    assert_eq!(elsewhere["refs/heads/templates/t"].target, commit_id(2));
    b.mark_refs_set(&b.pending_refs().await.unwrap()).await.unwrap();
    assert!(a.pending_elsewhere().await.unwrap().is_empty());
    assert_eq!(a.refs_elsewhere().await.unwrap(), elsewhere);
    assert_eq!(b.refs_elsewhere().await.unwrap().keys().collect::<Vec<_>>(), [&first]);
}

pub(crate) async fn what_was_recorded_before_is_in_the_first_repository(place: &Place<'_>) {
    place.open().await.commit(&[promoting(1, "t", None)]).await.unwrap();
    let first = place.open().await.of_repository("id-a", Some("a")).await.unwrap();
    let second = place.open().await.of_repository("id-b", Some("b")).await.unwrap();
    assert_eq!(first.pending_refs().await.unwrap().len(), 2);
    assert_eq!(second.pending_refs().await.unwrap(), []);
    assert_eq!(second.pending_elsewhere().await.unwrap().len(), 2);
}
