//! The repository: how it is opened and made.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use genesis_domain::Durability;
use git2::{Config, ConfigLevel, Repository, RepositoryInitOptions};

use crate::error::During;
use crate::{HistoryError, names};

/// A layer of configuration of its own, read by durable handles only. In the repository's own `config` it would
/// bind fast ones too, and plain git would warn on every command that the key is deprecated.
const DURABLE_CONFIG: &str = "genesis-durable.config";

/// One bare repository of experiments. Cheap to clone; all clones are one handle.
///
/// Reading needs no lock. Writing is done through a [`crate::HistoryLock`].
#[derive(Clone)]
pub struct History {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    durability: Durability,
    reader: Mutex<Repository>,
}

impl History {
    /// Opens the repository at `path`, or makes it when nothing is there or the folder is empty.
    ///
    /// Neither the user's nor the system's git configuration is obeyed.
    ///
    /// # Errors
    /// [`HistoryError::NotAHistory`] when the folder holds something else: a working copy, a repository with other
    /// refs, any other files. Otherwise what the system says.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, HistoryError> {
        if is_absent_or_empty(path)? {
            create(path, durability)?;
        }
        let reader = handle(path, durability)?;
        refuse_foreign(path, &reader)?;
        let inner = Inner { path: path.to_owned(), durability, reader: Mutex::new(reader) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The repository's folder.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Reads with the shared handle. A pack may have been merged into another one by another process since this
    /// handle listed them; then the handle is opened anew and the reading done once more.
    pub(crate) fn read<T>(
        &self,
        action: &'static str,
        reading: impl Fn(&Repository) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let mut reader = self.inner.reader.lock().unwrap_or_else(PoisonError::into_inner);
        match reading(&reader) {
            Err(HistoryError::Damaged(_) | HistoryError::Failed { .. }) => {
                *reader = self.fresh_handle().map_err(|error| match error {
                    HistoryError::Failed { path, message, .. } => {
                        HistoryError::Failed { path, action, message }
                    }
                    error => error,
                })?;
                reading(&reader)
            }
            answer => answer,
        }
    }

    /// A handle of its own, that knows of everything that is on the disk now.
    pub(crate) fn fresh_handle(&self) -> Result<Repository, HistoryError> {
        handle(self.path(), self.inner.durability)
    }

    pub(crate) fn durability(&self) -> Durability {
        self.inner.durability
    }

    /// Writes the durable layer of configuration where it is missing, as in a clone that was made into a backup.
    pub(crate) fn ensure_durable_config(&self) -> Result<(), HistoryError> {
        if self.durability() == Durability::Fast || self.path().join(DURABLE_CONFIG).exists() {
            return Ok(());
        }
        write_durable_config(self.path())?;
        *self.inner.reader.lock().unwrap_or_else(PoisonError::into_inner) = self.fresh_handle()?;
        Ok(())
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("path", &self.inner.path)
            .field("durability", &self.inner.durability)
            .finish_non_exhaustive()
    }
}

fn is_absent_or_empty(path: &Path) -> Result<bool, HistoryError> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(HistoryError::NotAHistory { path: path.to_owned(), why: "it is a file".to_owned() })
        }
        Err(error) => Err(error).during(path, "read the folder"),
    }
}

/// Makes the repository beside its place and moves it there, so that no killed process leaves half of one.
fn create(path: &Path, durability: Durability) -> Result<(), HistoryError> {
    const ACTION: &str = "make the repository";
    let name = path.file_name().ok_or_else(|| HistoryError::NotAHistory {
        path: path.to_owned(),
        why: "the path has no name".to_owned(),
    })?;
    let mut draft_name = name.to_owned();
    draft_name.push(format!(".new-{}", std::process::id()));
    let draft = path.with_file_name(draft_name);
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).during(path, ACTION)?;
    let is_durable = durability == Durability::Durable;
    let made = fill(&draft).and_then(|()| {
        if is_durable {
            sync_folder(&draft).during(path, ACTION)?;
        }
        match fs::rename(&draft, path) {
            // Another process was faster: its repository is as good.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
            Ok(()) if is_durable => sync_one(parent).during(path, ACTION),
            moved => moved.during(path, ACTION),
        }
    });
    if draft.exists() {
        // What cannot be removed is in nobody's way, and the error above says more than a second one would.
        let _ = fs::remove_dir_all(&draft);
    }
    made
}

fn fill(draft: &Path) -> Result<(), HistoryError> {
    const ACTION: &str = "make the repository";
    let mut options = RepositoryInitOptions::new();
    options.bare(true).external_template(false).mkdir(true).initial_head("templates");
    Repository::init_opts(draft, &options).during(draft, ACTION)?;
    let mut config = Config::open(&draft.join("config")).during(draft, ACTION)?;
    config.set_bool("core.logAllRefUpdates", true).during(draft, ACTION)?;
    // Collecting would drop objects that are written and not yet pointed to.
    config.set_i32("gc.auto", 0).during(draft, ACTION)?;
    // Who a ref's log says has moved it.
    config.set_str("user.name", "genesis").during(draft, ACTION)?;
    config.set_str("user.email", "genesis@localhost").during(draft, ACTION)?;
    // Made here once, so that a ref in them does not need its folder synced as well.
    for folder in ["refs/experiments", "refs/heads/templates"] {
        fs::create_dir_all(draft.join(folder)).during(draft, ACTION)?;
    }
    write_durable_config(draft)
}

/// Syncs a folder that was just made here, with all that is in it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folder(&entry.path())?;
        } else {
            sync_one(&entry.path())?;
        }
    }
    sync_one(folder)
}

fn sync_one(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn write_durable_config(path: &Path) -> Result<(), HistoryError> {
    fs::write(path.join(DURABLE_CONFIG), "[core]\n\tfsyncObjectFiles = true\n")
        .during(path, "write the configuration")
}

fn handle(path: &Path, durability: Durability) -> Result<Repository, HistoryError> {
    const ACTION: &str = "open the repository";
    let repository = match Repository::open_bare(path) {
        Err(error) if error.code() == git2::ErrorCode::NotFound => {
            let why = if path.join(".git").exists() {
                "it is the working copy of a git repository"
            } else {
                "it holds other files"
            };
            return Err(HistoryError::NotAHistory { path: path.to_owned(), why: why.to_owned() });
        }
        opened => opened.during(path, ACTION)?,
    };
    let mut config = Config::new().during(path, ACTION)?;
    config.add_file(&path.join("config"), ConfigLevel::Local, false).during(path, ACTION)?;
    if durability == Durability::Durable {
        config.add_file(&path.join(DURABLE_CONFIG), ConfigLevel::App, false).during(path, ACTION)?;
    }
    repository.set_config(&config).during(path, ACTION)?;
    Ok(repository)
}

/// A repository counts as a history when it has no refs but a history's.
fn refuse_foreign(path: &Path, repository: &Repository) -> Result<(), HistoryError> {
    const ACTION: &str = "list the refs";
    for name in repository.references().during(path, ACTION)?.names() {
        // A name that cannot be read is for verify to report.
        let Ok(name) = name else { continue };
        if !name.starts_with(names::TEMPLATES) && !name.starts_with(names::EXPERIMENTS) {
            let why = format!("it is a git repository with the ref `{}`", name.escape_debug());
            return Err(HistoryError::NotAHistory { path: path.to_owned(), why });
        }
    }
    Ok(())
}
