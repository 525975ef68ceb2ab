//! `genesis.lock` beside genesis.toml: which builds of a user's guests may judge.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use genesis_domain::Digest;
use genesis_policy::GuestLock;

use crate::config;
use crate::exit::Failure;
use crate::progress::note;

/// The file's name.
pub(crate) const FILE: &str = "genesis.lock";

/// The project's lock file.
pub(crate) struct Lock {
    /// Folder of the lock file, without links in it.
    folder: PathBuf,
    /// What it pins; nothing when there is no file yet.
    pub(crate) pins: GuestLock,
    /// Whether there is a file.
    exists: bool,
}

impl Lock {
    /// Reads the lock file; `None` outside a project, where nothing is pinned.
    pub(crate) fn open() -> Result<Option<Self>, Failure> {
        let Some(project) = config::project(&config::here()?) else { return Ok(None) };
        let failed = |error: std::io::Error| {
            Failure::usage(format!("{} cannot be read: {error}", project.join(FILE).display()))
        };
        let folder = project.canonicalize().map_err(failed)?;
        let path = folder.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let pins = GuestLock::parse(&path.display().to_string(), &text)?;
                Ok(Some(Self { folder, pins, exists: true }))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Some(Self { folder, pins: GuestLock::default(), exists: false }))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// The file, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// The name of a guest's file in the lock: its path from the lock's folder, with `/`. The file need not exist, its
    /// folder must.
    pub(crate) fn key(&self, path: &Path) -> Result<String, Failure> {
        let wrong = |why: &str| Failure::usage(format!("{} cannot be pinned: {why}", path.display()));
        let name = path.file_name().ok_or_else(|| wrong("it is not a file"))?;
        let above = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let above = above.canonicalize().map_err(|error| wrong(&error.to_string()))?;
        let relative = relative(&self.folder, &above).join(name);
        let parts: Option<Vec<&str>> = relative.iter().map(std::ffi::OsStr::to_str).collect();
        Ok(parts.ok_or_else(|| wrong("its path is not UTF-8"))?.join("/"))
    }

    /// The digest that a file must have, when it is pinned.
    pub(crate) fn digest(&self, path: &Path) -> Option<&Digest> {
        self.pins.digest(&self.key(path).ok()?)
    }

    /// Refuses a guest that is not the pinned one, and tells of one that is not pinned where others are.
    pub(crate) fn verify(&self, path: &Path, wasm: &[u8]) -> Result<(), Failure> {
        let digest = Digest::of(wasm);
        match self.digest(path) {
            Some(pinned) if *pinned != digest => Err(Failure::usage(format!(
                "the guest {} has the digest {digest}, {FILE} pins {pinned}",
                path.display()
            ))
            .with_help(format!(
                "when the change is meant, `genesis guest lock {}` accepts it",
                path.display()
            ))),
            Some(_) => Ok(()),
            None => {
                if self.exists {
                    note(&format!(
                        "note: {} is not pinned in {FILE}; `genesis guest lock {0}` pins it",
                        path.display()
                    ));
                }
                Ok(())
            }
        }
    }

    /// Writes the file, as a whole or not at all.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        let path = self.path();
        let failed = |error: std::io::Error| {
            Failure::infrastructure(format!("{} cannot be written: {error}", path.display()))
        };
        let new = self.folder.join(format!("{FILE}.{}.new", std::process::id()));
        let mut file = std::fs::File::create(&new).map_err(failed)?;
        let written = file
            .write_all(self.pins.to_text().as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::rename(&new, &path));
        if written.is_err() {
            // What could not take the place of the old file is of no use; the failure is told.
            let _gone = std::fs::remove_file(&new);
        }
        written.map_err(failed)
    }
}

/// The way from one folder to another, both absolute and without links.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(Component::ParentDir, from.len() - shared);
    up.chain(to[shared..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_folders_is_found() {
        for (from, to, way) in
            [("/a/b", "/a/b", ""), ("/a/b", "/a/b/c/d", "c/d"), ("/a/b", "/a/x", "../x"), ("/a", "/", "..")]
        {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(way), "{from} {to}");
        }
    }
}
