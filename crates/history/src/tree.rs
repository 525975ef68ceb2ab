//! Files by path to git trees and back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use git2::{FileMode, ObjectType, Odb, OdbLookupFlags, Oid, Repository, Tree};

use crate::error::During;
use crate::pack::{Entry, Packer};
use crate::{HistoryError, names};

/// Files by path. Any path can be stored: what git or a file system would refuse is percent-encoded on the way in
/// and decoded on the way out. Content that several steps share is hashed and stored once.
pub type Files = BTreeMap<String, Arc<[u8]>>;

/// Most bytes of one file.
pub const MAX_FILE_BYTES: u64 = 64 << 20;
/// Most bytes of all files of one commit.
pub const MAX_TREE_BYTES: u64 = 256 << 20;
/// Most files of one commit.
pub const MAX_FILES: u64 = 50_000;
/// Most bytes of a path.
pub const MAX_PATH_BYTES: u64 = 1024;

/// Most folders within each other; a path is cut there into one long name rather than refused.
const MOST_FOLDERS: usize = 64;

/// Smaller objects are written again rather than looked for: that takes as long as writing them, in each pack. Merging packs
/// drops the second.
const WORTH_A_LOOK_BYTES: usize = 256;

/// Objects on their way into one pack: in memory until it is written.
pub(crate) struct Objects<'r> {
    path: &'r Path,
    repository: &'r Repository,
    odb: Odb<'r>,
    packer: Packer,
    fresh: Vec<Entry>,
    seen: HashSet<Oid>,
    /// By address: shared content is hashed once. The addresses are of values borrowed for the whole batch.
    blobs: HashMap<(usize, usize), Oid>,
}

impl<'r> Objects<'r> {
    pub(crate) fn new(path: &'r Path, repository: &'r Repository) -> Result<Self, HistoryError> {
        let odb = repository.odb().during(path, "open the objects")?;
        Ok(Self {
            path,
            repository,
            odb,
            packer: Packer::new(),
            fresh: Vec::new(),
            seen: HashSet::new(),
            blobs: HashMap::new(),
        })
    }

    /// The objects that are to be written, in the order in which they were made: all that are not on the disk, and small ones that
    /// may be.
    pub(crate) fn into_fresh(self) -> Vec<Entry> {
        self.fresh
    }

    /// How many fresh objects there are.
    pub(crate) fn count(&self) -> usize {
        self.fresh.len()
    }

    /// Forgets what was made since there were so many, when the last commits of it are on the disk: then all of it is.
    pub(crate) fn forget_known(&mut self, count: usize, mut last: impl Iterator<Item = Oid>) {
        if last.all(|commit| self.is_on_disk(commit)) {
            self.fresh.truncate(count);
        }
    }

    fn is_on_disk(&self, id: Oid) -> bool {
        self.odb.exists_ext(id, OdbLookupFlags::NO_REFRESH)
    }

    fn put(&mut self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, HistoryError> {
        const ACTION: &str = "write an object";
        let id = Oid::hash_object(kind, bytes).during(self.path, ACTION)?;
        let is_worth_a_look = kind == ObjectType::Blob && bytes.len() >= WORTH_A_LOOK_BYTES;
        if self.seen.insert(id) && !(is_worth_a_look && self.is_on_disk(id)) {
            self.fresh.push(self.packer.entry(id, kind, bytes).during(self.path, ACTION)?);
        }
        Ok(id)
    }

    /// A commit of a tree, in git's own form. The time is in seconds since the Unix epoch, in UTC.
    pub(crate) fn commit(
        &mut self,
        message: &str,
        time_s: i64,
        tree: Oid,
        parent: Option<Oid>,
    ) -> Result<Oid, HistoryError> {
        let ancestry = match parent {
            None => String::new(),
            Some(parent) => {
                if !self.seen.contains(&parent) {
                    self.repository.find_commit(parent).map_err(|error| {
                        let message = error.message();
                        HistoryError::Damaged(format!("the parent commit cannot be read: {message}"))
                    })?;
                }
                format!("parent {parent}\n")
            }
        };
        let who = format!("{WHO} {time_s} +0000");
        let text = format!("tree {tree}\n{ancestry}author {who}\ncommitter {who}\n\n{message}");
        self.put(ObjectType::Commit, text.as_bytes())
    }

    /// A tree of files.
    pub(crate) fn tree(&mut self, files: &Files) -> Result<Oid, HistoryError> {
        check_amounts(files)?;
        let mut root = Folder::default();
        for (path, content) in files {
            let mut folder = &mut root;
            let parts: Vec<&str> = path.splitn(MOST_FOLDERS, '/').collect();
            let (name, folders) = parts.split_last().expect("splitting gives at least one part");
            for part in folders {
                folder = folder.folders.entry(names::entry_name(part)).or_default();
            }
            folder.files.insert(*name, content);
        }
        self.folder(&root)
    }

    fn folder(&mut self, folder: &Folder<'_>) -> Result<Oid, HistoryError> {
        let mut entries = Vec::new();
        for (name, content) in &folder.files {
            let mut entry = names::entry_name(name);
            if folder.folders.contains_key(&entry) {
                entry = names::entry_name_beside_folder(name);
            }
            entries.push((entry, self.blob(content)?, FileMode::Blob));
        }
        for (entry, inner) in &folder.folders {
            entries.push((entry.clone(), self.folder(inner)?, FileMode::Tree));
        }
        self.tree_of(entries)
    }

    fn blob(&mut self, content: &Arc<[u8]>) -> Result<Oid, HistoryError> {
        let address = (content.as_ptr() as usize, content.len());
        if let Some(id) = self.blobs.get(&address) {
            return Ok(*id);
        }
        let id = self.put(ObjectType::Blob, content)?;
        self.blobs.insert(address, id);
        Ok(id)
    }

    /// A tree in git's own form.
    fn tree_of(&mut self, mut entries: Vec<(String, Oid, FileMode)>) -> Result<Oid, HistoryError> {
        // Git sorts a folder as if its name ended with a slash.
        entries.sort_by(|(a, _, a_mode), (b, _, b_mode)| {
            let slash = |mode: FileMode| if mode == FileMode::Tree { "/" } else { "" };
            a.bytes().chain(slash(*a_mode).bytes()).cmp(b.bytes().chain(slash(*b_mode).bytes()))
        });
        let mut bytes = Vec::new();
        for (name, id, mode) in &entries {
            bytes.extend_from_slice(if *mode == FileMode::Tree { b"40000 " } else { b"100644 " });
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(id.as_bytes());
        }
        self.put(ObjectType::Tree, &bytes)
    }
}

/// Author and committer of every commit. Fixed, so that the same content at the same time is the same commit.
const WHO: &str = "genesis <genesis@localhost>";

#[derive(Default)]
struct Folder<'f> {
    files: BTreeMap<&'f str, &'f Arc<[u8]>>,
    folders: BTreeMap<String, Folder<'f>>,
}

fn check_amounts(files: &Files) -> Result<(), HistoryError> {
    let too_much = |what: String, most: u64, found: u64| Err(HistoryError::TooMuch { what, most, found });
    if files.len() as u64 > MAX_FILES {
        return too_much("files of a commit".to_owned(), MAX_FILES, files.len() as u64);
    }
    let mut all = 0_u64;
    for (path, content) in files {
        if path.len() as u64 > MAX_PATH_BYTES {
            let start: String = path.chars().take(40).collect();
            let what = format!("bytes of the path `{}…`", start.escape_debug());
            return too_much(what, MAX_PATH_BYTES, path.len() as u64);
        }
        let bytes = content.len() as u64;
        if bytes > MAX_FILE_BYTES {
            return too_much(format!("bytes of `{}`", path.escape_debug()), MAX_FILE_BYTES, bytes);
        }
        all = all.saturating_add(bytes);
    }
    if all > MAX_TREE_BYTES {
        return too_much("bytes of a commit's files".to_owned(), MAX_TREE_BYTES, all);
    }
    Ok(())
}

/// The files of a tree, under the same limits as when they are written.
pub(crate) fn files_of(repository: &Repository, tree: &Tree<'_>) -> Result<Files, HistoryError> {
    let mut reading = Reading { repository, files: Files::new(), bytes: 0 };
    reading.folder(tree, "", 0)?;
    Ok(reading.files)
}

struct Reading<'r> {
    repository: &'r Repository,
    files: Files,
    bytes: u64,
}

impl Reading<'_> {
    fn folder(&mut self, tree: &Tree<'_>, prefix: &str, depth: usize) -> Result<(), HistoryError> {
        if depth > MOST_FOLDERS {
            return Err(HistoryError::Damaged(format!(
                "a tree has more than {MOST_FOLDERS} folders within each other"
            )));
        }
        for entry in tree {
            let name = entry.name().ok().and_then(names::component_of).ok_or_else(|| {
                HistoryError::Damaged(format!(
                    "a tree has an entry named `{}`, which is not a name that is written here",
                    String::from_utf8_lossy(entry.name_bytes()).escape_debug()
                ))
            })?;
            let path = format!("{prefix}{name}");
            let damaged = |error: &git2::Error| {
                HistoryError::Damaged(format!(
                    "`{}` cannot be read: {}",
                    path.escape_debug(),
                    error.message()
                ))
            };
            match entry.kind() {
                Some(ObjectType::Tree) => {
                    let inner = self.repository.find_tree(entry.id()).map_err(|error| damaged(&error))?;
                    self.folder(&inner, &format!("{path}/"), depth + 1)?;
                }
                Some(ObjectType::Blob) => {
                    let blob = self.repository.find_blob(entry.id()).map_err(|error| damaged(&error))?;
                    self.bytes = self.bytes.saturating_add(blob.size() as u64);
                    let over = |what: &str, most: u64, found: u64| {
                        Err(HistoryError::TooMuch { what: what.to_owned(), most, found })
                    };
                    if self.bytes > MAX_TREE_BYTES {
                        return over("bytes of a commit's files", MAX_TREE_BYTES, self.bytes);
                    }
                    self.files.insert(path, Arc::from(blob.content()));
                    if self.files.len() as u64 > MAX_FILES {
                        return over("files of a commit", MAX_FILES, self.files.len() as u64);
                    }
                }
                _ => {
                    return Err(HistoryError::Damaged(format!(
                        "`{}` is neither file nor folder",
                        path.escape_debug()
                    )));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use genesis_domain::Durability;
    use proptest::prelude::*;

    use super::*;
    use crate::pack;

    #[test]
    fn a_commit_is_the_one_that_git_makes() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(folder.path()).unwrap();
        let mut objects = Objects::new(folder.path(), &repository).unwrap();
        let tree = objects.tree(&Files::new()).unwrap();
        let first = objects.commit("one\n\nGenesis-Step: é\n", 0, tree, None).unwrap();
        let second = objects.commit("two", 4_294_967_295, tree, Some(first)).unwrap();
        let entries = objects.into_fresh();
        pack::write(&folder.path().join("objects/pack"), &entries, Durability::Fast).unwrap();
        let tree = repository.find_tree(tree).unwrap();
        let made = |message: &str, time_s: i64, parents: &[&git2::Commit<'_>]| {
            let time = git2::Time::new(time_s, 0);
            let who = git2::Signature::new("genesis", "genesis@localhost", &time).unwrap();
            repository.commit(None, &who, &who, message, &tree, parents).unwrap()
        };
        let parent = repository.find_commit(first).unwrap();
        assert_eq!(made("one\n\nGenesis-Step: é\n", 0, &[]), first);
        assert_eq!(made("two", 4_294_967_295, &[&parent]), second);
    }

    #[test]
    fn a_commit_of_a_parent_that_is_not_there_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(folder.path()).unwrap();
        let mut objects = Objects::new(folder.path(), &repository).unwrap();
        let tree = objects.tree(&Files::new()).unwrap();
        let error = objects.commit("x", 0, tree, Some(Oid::ZERO_SHA1)).unwrap_err();
        assert!(error.to_string().contains("the parent commit cannot be read"), "{error}");
    }

    fn round_trip(files: &Files) -> Result<Files, HistoryError> {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(folder.path()).unwrap();
        let mut objects = Objects::new(folder.path(), &repository)?;
        let tree = objects.tree(files)?;
        let entries = objects.into_fresh();
        pack::write(&folder.path().join("objects/pack"), &entries, Durability::Fast).unwrap();
        files_of(&repository, &repository.find_tree(tree).unwrap())
    }

    fn files(paths: &[&str]) -> Files {
        paths.iter().map(|path| ((*path).to_owned(), Arc::from(path.as_bytes()))).collect()
    }

    #[test]
    fn hostile_paths_are_stored_and_read_back() {
        let deep = "a/".repeat(300) + "b";
        let files = files(&[
            "",
            "/",
            "//",
            "a",
            "a/b",
            "a/b/c",
            "../../etc/passwd",
            "/etc/passwd",
            ".git/config",
            ".gitmodules",
            "a\0b",
            "a\nb",
            "C:\\x",
            "日本",
            "a%/b",
            "a%",
            "%",
            "git~1/x",
            "a./b ",
            &deep,
        ]);
        assert_eq!(round_trip(&files).unwrap(), files);
    }

    #[test]
    fn a_path_that_is_too_long_is_refused() {
        let error = round_trip(&files(&[&"a".repeat(1025)])).unwrap_err();
        assert!(error.to_string().ends_with("1025, at most 1024 are stored"), "{error}");
    }

    #[test]
    fn no_files_are_the_empty_tree() {
        assert_eq!(round_trip(&Files::new()).unwrap(), Files::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_files_read_back(paths in prop::collection::btree_set("[ab.%/é]{0,6}", 0..12)) {
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let files = files(&paths);
            prop_assert_eq!(round_trip(&files).unwrap(), files);
        }
    }
}
