//! Keeping the number of files small. A batch adds a pack and may add loose refs; every pack in use holds a file
//! open, and a process may open about a thousand.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::During;
use crate::pack::{self, Packer, Unreadable};
use crate::write::PACKS;
use crate::{HistoryError, HistoryLock};

const MOST_LOOSE_REFS: usize = 256;
const MOST_SMALL_PACKS: usize = 64;
/// A pack from this size on is left as it is, so that the work does not grow with the history.
const SMALL_PACK_BYTES: u64 = 8 << 20;
/// Most bytes of packs that are merged at once: they are held in memory.
const MERGED_BYTES: u64 = 8 * SMALL_PACK_BYTES;

impl HistoryLock {
    /// Merges loose refs into one file and small packs into one pack, when there are many.
    pub(crate) fn tidy(&self) -> Result<(), HistoryError> {
        let path = self.history.path();
        if count_files(&path.join("refs")).during(path, "count the refs")? > MOST_LOOSE_REFS {
            let repository = self.history.fresh_handle()?;
            repository.refdb_compress().during(path, "pack refs")?;
        }
        let small = small_packs(&path.join(PACKS)).during(path, "list the packs")?;
        if small.len() > MOST_SMALL_PACKS { self.merge_packs(&that_fit(small)) } else { Ok(()) }
    }

    fn merge_packs(&self, packs: &[PathBuf]) -> Result<(), HistoryError> {
        const ACTION: &str = "merge packs";
        let path = self.history.path();
        let repository = self.history.fresh_handle()?;
        let odb = repository.odb().during(path, ACTION)?;
        let (mut seen, mut entries, mut packer) = (HashSet::new(), Vec::new(), Packer::new());
        for file in packs {
            let read = match pack::entries(file, &odb, &mut packer) {
                Ok(read) => read,
                Err(Unreadable::Io(error)) => return Err(error).during(path, ACTION),
                Err(Unreadable::Git(error)) => return Err(error).during(path, ACTION),
            };
            let read = read.ok_or_else(|| {
                HistoryError::Damaged(format!("`{}` and its index do not fit together", file.display()))
            })?;
            entries.extend(read.into_iter().filter(|entry| seen.insert(entry.id())));
        }
        let merged =
            pack::write(&path.join(PACKS), &entries, self.history.durability()).during(path, ACTION)?;
        for pack in packs.iter().filter(|pack| pack.file_stem() != merged.as_deref().map(AsRef::as_ref)) {
            // In this order, because recovery removes an index without a pack and leaves everything else.
            fs::remove_file(pack).during(path, ACTION)?;
            fs::remove_file(pack.with_extension("idx")).during(path, ACTION)?;
        }
        Ok(())
    }
}

/// The first packs that are merged at once without taking much memory: eight at least, since none is larger than an eighth of it.
fn that_fit(packs: Vec<(u64, PathBuf)>) -> Vec<PathBuf> {
    let mut bytes = 0;
    let fit = |(size, pack)| {
        bytes += size;
        (bytes <= MERGED_BYTES).then_some(pack)
    };
    packs.into_iter().map_while(fit).collect()
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

/// Packs below the size, that have an index and that nobody has marked to be kept, with their size, the smallest first.
fn small_packs(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut packs = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let pack = entry.path();
        let is_pack = pack.extension().is_some_and(|extension| extension == "pack")
            && pack.with_extension("idx").exists()
            && !pack.with_extension("keep").exists();
        if is_pack {
            let bytes = entry.metadata()?.len();
            packs.extend((bytes < SMALL_PACK_BYTES).then_some((bytes, pack)));
        }
    }
    packs.sort_unstable();
    Ok(packs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_packs_are_merged_as_memory_allows() {
        let packs = |sizes: &[u64]| sizes.iter().map(|size| (*size, PathBuf::from("pack"))).collect();
        assert_eq!(that_fit(packs(&[1; 100])).len(), 100);
        assert_eq!(that_fit(packs(&[SMALL_PACK_BYTES - 1; 100])).len(), 8);
        assert_eq!(that_fit(packs(&[1, MERGED_BYTES, 1])).len(), 1);
    }
}
