//! Keeping the number of files small. A batch adds a pack and may add loose refs; every pack in use holds a file
//! open, and a process may open about a thousand.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::Oid;

use crate::error::During;
use crate::{HistoryError, HistoryLock, write};

const MOST_LOOSE_REFS: usize = 256;
const MOST_SMALL_PACKS: usize = 64;
/// A pack from this size on is left as it is, so that the work does not grow with the history.
const SMALL_PACK_BYTES: u64 = 8 << 20;

impl HistoryLock {
    /// Merges loose refs into one file and small packs into one pack, when there are many.
    pub(crate) fn tidy(&self) -> Result<(), HistoryError> {
        let path = self.history.path();
        if count_files(&path.join("refs")).during(path, "count the refs")? > MOST_LOOSE_REFS {
            let repository = self.history.fresh_handle()?;
            repository.refdb_compress().during(path, "pack refs")?;
        }
        let small = small_packs(&path.join("objects/pack")).during(path, "list the packs")?;
        if small.len() > MOST_SMALL_PACKS { self.merge_packs(&small) } else { Ok(()) }
    }

    fn merge_packs(&self, packs: &[PathBuf]) -> Result<(), HistoryError> {
        const ACTION: &str = "merge packs";
        let path = self.history.path();
        let mut ids = BTreeSet::new();
        for pack in packs {
            let index = fs::read(pack.with_extension("idx")).during(path, ACTION)?;
            let listed = listed_ids(&index).ok_or_else(|| {
                HistoryError::Damaged(format!("`{}` has no readable index", pack.display()))
            })?;
            ids.extend(listed);
        }
        let ids: Vec<Oid> = ids.into_iter().collect();
        let merged = write::write_pack(path, &self.history.fresh_handle()?, &ids)?;
        for pack in packs.iter().filter(|pack| pack.file_stem() != merged.as_deref().map(AsRef::as_ref)) {
            // In this order, because recovery removes an index without a pack and leaves everything else.
            fs::remove_file(pack).during(path, ACTION)?;
            fs::remove_file(pack.with_extension("idx")).during(path, ACTION)?;
        }
        Ok(())
    }
}

/// Files below a folder. It has as many levels as ref names have; what is deeper is not counted.
fn count_files(folder: &Path) -> io::Result<usize> {
    let mut files = 0;
    let mut folders = vec![(folder.to_owned(), 0_u8)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                files += 1;
            } else if depth < 8 {
                folders.push((entry.path(), depth + 1));
            }
        }
    }
    Ok(files)
}

/// Packs below the size, that have an index and that nobody has marked to be kept.
fn small_packs(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut packs = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let pack = entry.path();
        let is_small = pack.extension().is_some_and(|extension| extension == "pack")
            && pack.with_extension("idx").exists()
            && !pack.with_extension("keep").exists()
            && entry.metadata()?.len() < SMALL_PACK_BYTES;
        if is_small {
            packs.push(pack);
        }
    }
    packs.sort_unstable();
    Ok(packs)
}

/// The ids that a pack's index of version 2 lists.
fn listed_ids(index: &[u8]) -> Option<Vec<Oid>> {
    const START: usize = 8 + 256 * 4;
    const ID_BYTES: usize = 20;
    if index.get(..8)? != b"\xfftOc\0\0\0\x02" {
        return None;
    }
    let count = u32::from_be_bytes(index.get(START - 4..START)?.try_into().ok()?) as usize;
    let ids = index.get(START..START.checked_add(count.checked_mul(ID_BYTES)?)?)?;
    ids.chunks_exact(ID_BYTES).map(|id| Oid::from_bytes(id).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_that_is_cut_short_lists_nothing() {
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        index.extend([0; 255 * 4]);
        index.extend(2_u32.to_be_bytes());
        index.extend([7; 39]);
        assert_eq!(listed_ids(&index), None);
        index.push(7);
        assert_eq!(listed_ids(&index).map(|ids| ids.len()), Some(2));
        assert_eq!(listed_ids(b"\xfftOc\0\0\0\x03"), None);
    }
}
