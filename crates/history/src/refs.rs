//! Moving refs to where the ledger says.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use genesis_domain::{Durability, RefUpdate};
use git2::{ObjectType, Oid, Repository};

use crate::error::During;
use crate::{HistoryError, HistoryLock, names, read};

/// From so many new refs on they are written into the file of packed refs at once: one sync instead of two a ref. One more for each
/// so many bytes of that file, because all of it is written anew.
const PACK_FROM: usize = 3;
const BYTES_A_REF: u64 = 512 << 10;

const ACTION: &str = "set refs";
const PACKED_HEADER: &str = "# pack-refs with: peeled fully-peeled sorted ";

impl HistoryLock {
    /// Makes refs point to where the ledger says. A ref that is there already, or further on, is left alone, so
    /// that setting the same refs again changes nothing. Then many small files are merged: loose refs into one
    /// file, small packs into one pack.
    ///
    /// # Errors
    /// [`HistoryError::Damaged`] when a target is not there: no ref is set then. [`HistoryError::Diverged`] when a
    /// ref points to something that the target does not descend from. Otherwise what the system says; some refs may
    /// be set then, and setting all again is safe.
    pub fn set_refs(&self, updates: &[RefUpdate]) -> Result<(), HistoryError> {
        self.move_refs(updates)?;
        self.tidy()
    }

    /// Sets refs and gives the names of those that had to be set.
    pub(crate) fn move_refs(&self, updates: &[RefUpdate]) -> Result<Vec<String>, HistoryError> {
        let path = self.history.path();
        let repository = self.history.fresh_handle()?;
        let mut created = BTreeMap::new();
        let mut moved = Vec::new();
        for (name, target) in wanted(&repository, updates)? {
            match read::target(path, &repository, name)? {
                None => {
                    created.insert(name, target);
                }
                Some(current) if current == target || descends(path, &repository, current, target)? => {}
                Some(current) if descends(path, &repository, target, current)? => {
                    moved.push((name, current, target));
                }
                Some(current) => {
                    return Err(HistoryError::Diverged {
                        name: name.to_owned(),
                        current: read::commit_id(current),
                        target: read::commit_id(target),
                    });
                }
            }
        }
        let set =
            created.keys().copied().chain(moved.iter().map(|(name, ..)| *name)).map(str::to_owned).collect();
        // Branches before experiments, so that whoever reads an experiment's ref first and the branch after it
        // finds there what the experiment promoted.
        for (name, current, target) in moved {
            repository
                .reference_matching(name, target, true, current, "genesis: move")
                .during(path, ACTION)?;
        }
        if created.len() < pack_from(path) || !add_to_packed_refs(path, self.history.durability(), &created)?
        {
            for (name, target) in created.into_iter().rev() {
                repository.reference(name, target, false, "genesis: set").during(path, ACTION)?;
            }
        }
        Ok(set)
    }
}

fn pack_from(path: &Path) -> usize {
    let bytes = fs::metadata(path.join("packed-refs")).map_or(0, |file| file.len());
    PACK_FROM.saturating_add(usize::try_from(bytes / BYTES_A_REF).unwrap_or(usize::MAX))
}

/// The updates by name, the last one of a name counting, with targets that are commits.
fn wanted<'u>(
    repository: &Repository,
    updates: &'u [RefUpdate],
) -> Result<BTreeMap<&'u str, Oid>, HistoryError> {
    let odb = repository.odb().map_err(|error| HistoryError::Damaged(error.message().to_owned()))?;
    let mut wanted = BTreeMap::new();
    for update in updates {
        let name = update.name.as_str();
        if names::template_of(name).is_none() && names::experiment_of(name).is_none() {
            return Err(HistoryError::Invalid(format!("`{}` is no ref of a history", name.escape_debug())));
        }
        let target = read::oid(&update.target)?;
        match odb.read_header(target) {
            Ok((_, ObjectType::Commit)) => wanted.insert(name, target),
            Ok((_, kind)) => {
                return Err(HistoryError::Damaged(format!("{target}, wanted for `{name}`, is a {kind}")));
            }
            Err(error) => {
                let message = error.message();
                return Err(HistoryError::Damaged(format!(
                    "{target}, wanted for `{name}`, cannot be read: {message}"
                )));
            }
        };
    }
    Ok(wanted)
}

fn descends(path: &Path, repository: &Repository, later: Oid, earlier: Oid) -> Result<bool, HistoryError> {
    repository.graph_descendant_of(later, earlier).during(path, ACTION)
}

/// Adds new refs to the file of packed refs. `false` when the file is not in the form that this function keeps;
/// then nothing is done.
fn add_to_packed_refs(
    path: &Path,
    durability: Durability,
    created: &BTreeMap<&str, Oid>,
) -> Result<bool, HistoryError> {
    let file = path.join("packed-refs");
    let lock = path.join("packed-refs.lock");
    // Plain git takes the same lock.
    let mut draft = match OpenOptions::new().write(true).create_new(true).open(&lock) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(HistoryError::Locked {
                path: path.to_owned(),
                action: ACTION,
                message: "packed-refs.lock exists".to_owned(),
            });
        }
        opened => opened.during(path, ACTION)?,
    };
    let replaced = replace(path, durability, &file, (&lock, &mut draft), created).during(path, ACTION);
    if !matches!(replaced, Ok(true)) && lock.exists() {
        // The first error is the one to tell; a lock that stays is swept by recovery.
        let _ = fs::remove_file(&lock);
    }
    replaced
}

fn replace(
    path: &Path,
    durability: Durability,
    file: &Path,
    (lock, draft): (&Path, &mut File),
    created: &BTreeMap<&str, Oid>,
) -> io::Result<bool> {
    let Some(text) = merged(file, created)? else { return Ok(false) };
    draft.write_all(text.as_bytes())?;
    if durability == Durability::Durable {
        draft.sync_all()?;
    }
    fs::rename(lock, file)?;
    if durability == Durability::Durable {
        File::open(path)?.sync_all()?;
    }
    Ok(true)
}

/// The text of the file with new refs merged in, in order; `None` when the file is of another form.
fn merged(file: &Path, created: &BTreeMap<&str, Oid>) -> io::Result<Option<String>> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => format!("{PACKED_HEADER}\n"),
        read => read?,
    };
    let Some((header, body)) = text.split_once('\n') else { return Ok(None) };
    if !header.starts_with("# pack-refs with:")
        || !header.contains(" sorted")
        || !header.contains(" fully-peeled")
    {
        return Ok(None);
    }
    let mut lines = BTreeMap::new();
    for line in body.lines() {
        let Some((id, name)) = line.split_once(' ') else { return Ok(None) };
        lines.insert(name, id.to_owned());
    }
    lines.extend(created.iter().map(|(name, id)| (*name, id.to_string())));
    let mut out = format!("{PACKED_HEADER}\n");
    for (name, id) in lines {
        writeln!(out, "{id} {name}").map_err(io::Error::other)?;
    }
    Ok(Some(out))
}
