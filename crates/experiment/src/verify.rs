//! Whether ledger and history agree.

use std::collections::BTreeSet;

use crate::ExperimentError;
use crate::commit::Commits;

/// Most experiments that are compared one by one in one go.
const PAGE: u32 = 1000;

/// What ledger and history say differently, one sentence each; empty when they agree.
///
/// # Errors
/// When one of them cannot be read.
pub async fn disagreements(commits: &Commits) -> Result<Vec<String>, ExperimentError> {
    let mut found = Vec::new();
    let pending = commits.ledger.pending_refs().await?;
    for update in pending {
        found.push(format!("{} is not known to be set", update.name));
    }
    for head in commits.ledger.heads().await? {
        let tip = commits.history.template_head(&head.template)?;
        if tip.as_ref() != Some(&head.commit) {
            let has = tip.map_or("no branch".to_owned(), |tip| tip.to_string());
            found.push(format!(
                "`{}` is at {} in the ledger and has {has} in the history",
                head.template, head.commit
            ));
        }
    }
    let in_history: BTreeSet<_> = commits.history.experiments()?.into_iter().collect();
    let mut in_ledger = BTreeSet::new();
    let mut before = None;
    loop {
        let filter = genesis_store::ListFilter { template: None, limit: PAGE, before };
        let page = commits.ledger.list(&filter).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        in_ledger.extend(page.iter().map(|record| record.id));
    }
    for id in in_history.difference(&in_ledger) {
        found.push(format!("experiment {id} is in the history only"));
    }
    for id in in_ledger.difference(&in_history) {
        found.push(format!("experiment {id} is in the ledger only"));
    }
    let with_heads: BTreeSet<_> =
        commits.ledger.heads().await?.into_iter().map(|head| head.template).collect();
    for template in commits.history.templates()? {
        if !with_heads.contains(&template) {
            found.push(format!(
                "`{template}` has a branch in the history and no version in force in the ledger"
            ));
        }
    }
    Ok(found)
}
