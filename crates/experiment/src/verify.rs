//! Whether ledger and history agree.

use std::collections::{BTreeMap, BTreeSet};

use genesis_domain::{CommitId, ExperimentId};
use genesis_history::{Mirror, experiment_ref, template_ref};
use genesis_store::Ledger;

use crate::ExperimentError;
use crate::commit::Commits;

/// Most experiments that are compared one by one in one go.
const PAGE: u32 = 1000;

/// How ledger and history compare, one sentence each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What they say differently; empty when they agree.
    pub disagreements: Vec<String>,
    /// What the ledger has that is in the repositories of other instances.
    pub elsewhere: Vec<String>,
}

/// Compares ledger and history. What other repositories recorded is no disagreement.
///
/// # Errors
/// When one of them cannot be read.
pub async fn compare(commits: &Commits) -> Result<Comparison, ExperimentError> {
    let mut found = Comparison::default();
    let elsewhere = commits.ledger.refs_elsewhere().await?;
    let pending = commits.ledger.pending_refs().await?;
    for update in pending {
        found.disagreements.push(format!("{} is not known to be set", update.name));
    }
    let heads = commits.ledger.heads().await?;
    for head in &heads {
        let tip = commits.history.template_head(&head.template)?;
        if tip.as_ref() == Some(&head.commit) {
            continue;
        }
        let owner = elsewhere.get(&template_ref(&head.template));
        // Behind the others, but on the same line.
        let was_in_force = match &tip {
            None => true,
            Some(tip) => {
                commits.ledger.promoted(&head.template).await?.iter().any(|known| known.commit == *tip)
            }
        };
        let has = tip.map_or("no branch".to_owned(), |tip| tip.to_string());
        match owner {
            Some(owner) if was_in_force => found.elsewhere.push(format!(
                "`{}` is at {}, promoted by `{}`; this repository has {has}",
                head.template, head.commit, owner.instance
            )),
            _ => found.disagreements.push(format!(
                "`{}` is at {} in the ledger and has {has} in the history",
                head.template, head.commit
            )),
        }
    }
    let in_history: BTreeSet<_> = commits.history.experiments()?.into_iter().collect();
    let in_ledger = recorded(&commits.ledger).await?;
    for id in in_history.iter().filter(|id| !in_ledger.contains_key(id)) {
        found.disagreements.push(format!("experiment {id} is in the history only"));
    }
    let mut of_others: BTreeMap<&str, u64> = BTreeMap::new();
    for id in in_ledger.keys().filter(|id| !in_history.contains(id)) {
        match elsewhere.get(&experiment_ref(*id)) {
            Some(known) => *of_others.entry(&known.instance).or_default() += 1,
            None => found.disagreements.push(format!("experiment {id} is in the ledger only")),
        }
    }
    for (instance, count) in of_others {
        found.elsewhere.push(format!("{count} experiments are in the repository of `{instance}`"));
    }
    let with_heads: BTreeSet<_> = heads.into_iter().map(|head| head.template).collect();
    for template in commits.history.templates()? {
        if !with_heads.contains(&template) {
            found.disagreements.push(format!(
                "`{template}` has a branch in the history and no version in force in the ledger"
            ));
        }
    }
    Ok(found)
}

/// What ledger and mirror say differently: every experiment and every version in force has to be in the mirror, as the ledger
/// has it.
///
/// # Errors
/// When one of them cannot be read.
pub async fn compare_mirror(ledger: &Ledger, mirror: &Mirror) -> Result<Comparison, ExperimentError> {
    let mut found = Comparison::default();
    let branches = mirror.branches()?;
    for head in ledger.heads().await? {
        let tips = branches.get(&head.template).map(Vec::as_slice).unwrap_or_default();
        if !mirror.reaches(tips, &head.commit)? {
            let (template, commit) = (&head.template, &head.commit);
            found
                .disagreements
                .push(format!("`{template}` is at {commit} in the ledger, and the mirror does not have it"));
        }
    }
    let mut mirrored: BTreeMap<ExperimentId, Vec<CommitId>> = BTreeMap::new();
    for (id, tip) in mirror.experiments()? {
        mirrored.entry(id).or_default().push(tip);
    }
    let in_ledger = recorded(ledger).await?;
    for (id, tip) in &in_ledger {
        match mirrored.get(id).map(Vec::as_slice) {
            None => found.disagreements.push(format!("experiment {id} is not in the mirror")),
            Some(tips) if tips.iter().all(|known| known == tip) => {}
            Some(_) => found.disagreements.push(format!("experiment {id} is another one in the mirror")),
        }
    }
    for id in mirrored.keys().filter(|id| !in_ledger.contains_key(id)) {
        found.disagreements.push(format!("experiment {id} is in the mirror only"));
    }
    Ok(found)
}

/// Every experiment of the ledger with its last commit.
async fn recorded(ledger: &Ledger) -> Result<BTreeMap<ExperimentId, CommitId>, ExperimentError> {
    let mut recorded = BTreeMap::new();
    let mut before = None;
    loop {
        let filter = genesis_store::ListFilter { template: None, limit: PAGE, before };
        let page = ledger.list(&filter).await?;
        let Some(last) = page.last() else { return Ok(recorded) };
        before = Some(last.id);
        recorded.extend(page.into_iter().map(|record| (record.id, record.tip)));
    }
}
