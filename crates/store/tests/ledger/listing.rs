use genesis_store::{ListFilter, StoreError};

use crate::support::*;

pub(crate) async fn pages_follow_each_other_without_gap_newest_first(place: &Place<'_>) {
    let ledger = place.open().await;
    let commits: Vec<_> = (0..25)
        .map(|number| {
            let mut commit = refused(number, if number % 2 == 0 { "even" } else { "odd" });
            // Several at the same moment.
            commit.record.created_at_ms = AT_MS + i64::from(number / 4);
            commit
        })
        .collect();
    ledger.commit(&commits).await.unwrap();
    for (only, expected) in [(None, 25), (Some("even"), 13), (Some("none"), 0)] {
        let mut seen = Vec::new();
        let mut filter = ListFilter { template: only.map(template), limit: 4, before: None };
        loop {
            let page = ledger.list(&filter).await.unwrap();
            let Some(last) = page.last() else { break };
            filter.before = Some(last.id);
            seen.extend(page.into_iter().map(|record| record.id));
        }
        assert_eq!(seen.len(), expected, "{only:?}");
        assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    }
    let unknown = ListFilter { template: None, limit: 4, before: Some(id(999)) };
    assert_eq!(ledger.list(&unknown).await.unwrap(), []);
}

pub(crate) async fn a_row_that_was_tampered_with_is_said_to_be_damaged(place: &Place<'_>) {
    let ledger = place.open().await;
    ledger.commit(&[promoting(1, "a", None)]).await.unwrap();
    for damage in [
        "UPDATE experiment_records SET status = 'perfect'",
        "UPDATE experiment_records SET status = 'success', final_commit = 'x'",
        "UPDATE experiment_records SET final_commit = baseline_commit || 'x', template_id = ''",
        "UPDATE experiment_metrics SET metrics = '{'",
        "UPDATE experiment_metrics SET test_count = -1",
    ] {
        if place.execute(damage).await.is_err() {
            continue;
        }
        let error = ledger.experiment(id(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{damage}: {error}");
    }
}
