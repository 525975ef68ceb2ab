//! The state folder: history and ledger.

use std::path::Path;

use genesis_domain::Durability;
use genesis_experiment::{Commits, RecoveryNote};
use genesis_history::History;
use genesis_store::Ledger;

use crate::config::Config;
use crate::exit::Failure;
use crate::host;
use crate::progress::note;

/// The history's folder below the state folder.
pub(crate) const HISTORY: &str = "history.git";
/// The ledger's file below the state folder.
pub(crate) const LEDGER: &str = "ledger.sqlite";

/// Opens history and ledger, makes them when they are not there, and mends what a process that died left behind.
pub(crate) async fn open(config: &Config) -> Result<Commits, Failure> {
    open_as(config, None).await
}

/// The same, and calls the repository by this name from then on where others use the same ledger or mirror.
pub(crate) async fn open_as(config: &Config, instance: Option<&str>) -> Result<Commits, Failure> {
    let folder = &config.state.value;
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::infrastructure(format!("the state folder {} cannot be made: {error}", folder.display()))
            .with_help("name another with --state DIR or GENESIS_STATE")
    })?;
    ignore_in_git(folder);
    let durability = if config.durable.value { Durability::Durable } else { Durability::Fast };
    let history = History::open(&folder.join(HISTORY), durability)?;
    let ledger = match &config.database {
        Some(url) => Ledger::connect(&url.value, durability).await?,
        None => Ledger::open(&folder.join(LEDGER), durability).await?,
    };
    let identity = match history.identity()? {
        Some(identity) => identity,
        None => history.lock(waiting)?.identify(&host::new_repository_id())?,
    };
    let ledger = ledger.of_repository(&identity, instance).await?;
    let commits = Commits { history, ledger };
    for mended in genesis_experiment::recover(&commits, &waiting).await? {
        tell(&mended);
    }
    Ok(commits)
}

/// Opens them only when they are there already.
pub(crate) async fn open_existing(config: &Config) -> Result<Commits, Failure> {
    let folder = &config.state.value;
    if !folder.join(HISTORY).exists() {
        return Err(Failure::usage(format!("there is no history in {}", folder.display()))
            .with_help("run an experiment first, or name the state folder with --state DIR"));
    }
    open(config).await
}

/// Said when another process holds the history's lock.
pub(crate) fn waiting() {
    note("waiting: another genesis process is writing to the history");
}

fn tell(mended: &RecoveryNote) {
    note(&format!("recovered: {mended}"));
}

/// The state folder is nobody's source: git is told to leave it alone.
fn ignore_in_git(folder: &Path) {
    let file = folder.join(".gitignore");
    if !file.exists() {
        // Not being able to write this one is found out, with its reason, by what comes next.
        let _unwritable = std::fs::write(file, "*\n");
    }
}
