//! The files of a repository as one revision, the index or the folder of files has them. They are read from git's objects
//! wherever they are there, so nothing is checked out and no path of the repository is opened on the disk; only what the
//! folder of files has besides is read there, below its top.

use std::collections::BTreeMap;

use genesis_experiment::{LoadError, TemplateRoot, into_text};

use crate::exit::Failure;
use crate::git::{Blob, Listed, ListedKind, Repository, Revision};

/// Most files of a snapshot.
const MOST_FILES: usize = 1_000_000;
/// Most bytes of a file that is compared.
const MOST_COMPARED_BYTES: u64 = 64 << 20;

/// Files by path from the top of the repository.
pub(crate) struct Snapshot<'r> {
    repository: &'r Repository,
    /// For people.
    shown: String,
    entries: BTreeMap<String, Entry>,
    /// The folder of files, when some are read there.
    folder: Option<TemplateRoot>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    /// In git's objects, by name.
    Object(String),
    /// In the folder of files.
    File { tracked: bool },
    /// A link, or another repository: never followed.
    NoFile(&'static str),
}

impl<'r> Snapshot<'r> {
    /// The files of a revision.
    pub(crate) fn of_revision(repository: &'r Repository, revision: &Revision) -> Result<Self, Failure> {
        Self::of(repository, revision.shown(), repository.tree(revision)?)
    }

    /// The files that the next commit would have.
    pub(crate) fn of_index(repository: &'r Repository) -> Result<Self, Failure> {
        Self::of(repository, "the index".to_owned(), repository.index()?)
    }

    /// The files as they lie there, those that git ignores left out.
    pub(crate) fn of_files(repository: &'r Repository) -> Result<Self, Failure> {
        let mut snapshot = Self::of(repository, "the files".to_owned(), repository.index()?)?;
        let top = repository.top().expect("the index was read where the files are");
        for path in repository.dirty()? {
            let tracked = snapshot.entries.remove(&path).is_some();
            let Ok(metadata) = std::fs::symlink_metadata(top.join(&path)) else { continue };
            let entry = if metadata.is_symlink() {
                Entry::NoFile("a link")
            } else if metadata.is_file() {
                Entry::File { tracked }
            } else {
                continue;
            };
            snapshot.entries.insert(path, entry);
        }
        snapshot.folder = Some(TemplateRoot::open(top)?);
        Ok(snapshot)
    }

    fn of(repository: &'r Repository, shown: String, listed: Vec<Listed>) -> Result<Self, Failure> {
        if listed.len() > MOST_FILES {
            return Err(Failure::usage(format!("{shown} has more than {MOST_FILES} files")));
        }
        let entries = listed.into_iter().map(|listed| {
            let entry = match listed.kind {
                ListedKind::File => Entry::Object(listed.id),
                ListedKind::Link => Entry::NoFile("a link"),
                ListedKind::Submodule => Entry::NoFile("a submodule"),
                ListedKind::NotUtf8 => Entry::NoFile("a path that is not UTF-8"),
            };
            (listed.path, entry)
        });
        Ok(Self { repository, shown, entries: entries.collect(), folder: None })
    }

    /// What it is, for people.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Every path, files and others.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Paths that git keeps.
    pub(crate) fn tracked(&self) -> impl Iterator<Item = &str> {
        let tracked = |entry: &Entry| !matches!(entry, Entry::File { tracked: false });
        self.entries.iter().filter(move |(_, entry)| tracked(entry)).map(|(path, _)| path.as_str())
    }

    /// What stands at a path, when it is no file.
    pub(crate) fn no_file(&self, path: &str) -> Option<&'static str> {
        match self.entries.get(path) {
            Some(Entry::NoFile(what)) => Some(*what),
            _ => None,
        }
    }

    /// Whether a file stands at a path.
    pub(crate) fn has(&self, path: &str) -> bool {
        matches!(self.entries.get(path), Some(Entry::Object(_) | Entry::File { .. }))
    }

    /// A text file. `key` is the policy's key for the cap.
    pub(crate) fn text(&self, path: &str, most: u64, key: &'static str) -> Result<String, LoadError> {
        into_text(self.bytes(path, most, key)?, || path.to_owned())
    }

    /// A file's bytes. `key` is the policy's key for the cap.
    pub(crate) fn bytes(&self, path: &str, most: u64, key: &'static str) -> Result<Vec<u8>, LoadError> {
        let shown = || path.to_owned();
        let id = match self.entries.get(path) {
            None => return Err(LoadError::NotFound { path: shown() }),
            Some(Entry::NoFile(what)) => return Err(LoadError::NotAFile { path: shown(), what }),
            Some(Entry::File { .. }) => {
                let folder = self.folder.as_ref().expect("only the folder of files has files of its own");
                return folder.read(path, most, key).map(String::into_bytes);
            }
            Some(Entry::Object(id)) => id,
        };
        let failed = |source: std::io::Error| LoadError::Io { path: shown(), source };
        match self.repository.blob(id, most) {
            Ok(Blob::Bytes(bytes)) => Ok(bytes),
            Ok(Blob::TooLarge(bytes)) => Err(LoadError::TooLarge { path: shown(), bytes, most, key }),
            Ok(Blob::Missing) => {
                Err(failed(std::io::Error::other(format!("the repository lacks the object {id}"))))
            }
            Err(failure) => Err(failed(std::io::Error::other(failure.to_string()))),
        }
    }

    /// Whether a path has the same content in both; also when neither has it.
    pub(crate) fn same(&self, other: &Snapshot<'_>, path: &str) -> bool {
        let (one, two) = (self.entries.get(path), other.entries.get(path));
        match (one, two) {
            (Some(Entry::File { .. }), Some(_)) | (Some(_), Some(Entry::File { .. })) => {
                let content = |of: &Snapshot<'_>| of.bytes(path, MOST_COMPARED_BYTES, "template_bytes").ok();
                let content = (content(self), content(other));
                content.0.is_some() && content.0 == content.1
            }
            _ => one == two,
        }
    }

    /// A name for a path's content, the same wherever it is read; none when there is nothing.
    pub(crate) fn content(&self, path: &str) -> Option<genesis_domain::Digest> {
        let bytes = self.bytes(path, MOST_COMPARED_BYTES, "template_bytes").ok()?;
        Some(genesis_domain::Digest::of(&bytes))
    }
}
