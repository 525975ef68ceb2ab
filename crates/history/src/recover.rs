//! Recovery at start: what a killed process left over goes, and refs go to where the ledger says. Nothing that
//! holds content is removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use genesis_domain::RefUpdate;

use crate::error::During;
use crate::{HistoryError, HistoryLock};

/// What recovery found to do. Names are relative to the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Lock files that were removed.
    pub swept_locks: Vec<String>,
    /// Temporary objects and packs that were removed, and indices without a pack.
    pub swept_temporary: Vec<String>,
    /// Files of refs that held nothing, as after a power failure, and were removed.
    pub torn_refs: Vec<String>,
    /// Refs that had to be set.
    pub refs_set: Vec<String>,
}

impl HistoryLock {
    /// Removes stale locks and temporary files, then sets the refs that the ledger wants. Whoever holds the
    /// history's lock is the only writer, so every other lock is stale, unless plain git is at work just now.
    ///
    /// # Errors
    /// As [`HistoryLock::set_refs`].
    pub fn recover(&self, wanted: &[RefUpdate]) -> Result<Recovered, HistoryError> {
        const ACTION: &str = "sweep what was left over";
        let path = self.history.path();
        let mut recovered = Recovered::default();
        for (folder, depth) in [("", 0), ("refs", 8), ("logs", 8), ("objects", 1)] {
            for file in files(&path.join(folder), depth).during(path, ACTION)? {
                let Some(kind) = left_over(&file, folder).during(path, ACTION)? else { continue };
                match fs::remove_file(&file) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    removed => removed.during(path, ACTION)?,
                }
                let name = file.strip_prefix(path).unwrap_or(&file).display().to_string();
                match kind {
                    LeftOver::Lock => recovered.swept_locks.push(name),
                    LeftOver::Temporary => recovered.swept_temporary.push(name),
                    LeftOver::TornRef => recovered.torn_refs.push(name),
                }
            }
        }
        recovered.refs_set = self.move_refs(wanted)?;
        self.tidy()?;
        Ok(recovered)
    }
}

enum LeftOver {
    Lock,
    Temporary,
    TornRef,
}

fn left_over(file: &Path, folder: &str) -> io::Result<Option<LeftOver>> {
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let extension = file.extension().map(|extension| extension.to_string_lossy()).unwrap_or_default();
    // The history's own lock is held just now.
    if extension == "lock" && name != "genesis.lock" {
        return Ok(Some(LeftOver::Lock));
    }
    if folder == "objects" {
        let is_temporary = name.starts_with("tmp_") || name.contains("_git2_");
        let is_lone_index = extension == "idx" && !file.with_extension("pack").exists();
        return Ok((is_temporary || is_lone_index).then_some(LeftOver::Temporary));
    }
    if folder == "refs" && fs::metadata(file)?.len() <= 64 {
        let is_torn = fs::read(file)?.iter().all(|byte| *byte == 0);
        return Ok(is_torn.then_some(LeftOver::TornRef));
    }
    Ok(None)
}

/// Files of a folder and of folders below it down to a depth, sorted.
fn files(folder: &Path, depth: usize) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), depth)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            // A repository that was never logged to has no `logs`.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                files.push(entry.path());
            } else if depth > 0 {
                folders.push((entry.path(), depth - 1));
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}
