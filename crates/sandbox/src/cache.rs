//! Compiled built-in guests on disk.
//!
//! A compiled guest is machine code: loading one is running it. So the folder and every file in it belong to the
//! user that runs the host and are closed to everyone else, only modules that the host trusts are put there, and
//! each file carries a digest of itself. Anything that is not as the host left it is compiled again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};
use wasmtime::{Engine, Module};

use crate::error::SandboxError;

/// Bytes at the end of a file: the SHA-256 of all before them.
const TRAILER: usize = 32;

/// A folder of compiled guests.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Makes the folder when it is not there.
    ///
    /// # Errors
    /// When it cannot be made, is not a folder, belongs to another user or is open to others.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, SandboxError> {
        let refused = |reason: String| SandboxError::Cache { path: folder.display().to_string(), reason };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|error| refused(error.to_string()))?;
        let metadata = fs::symlink_metadata(&folder).map_err(|error| refused(error.to_string()))?;
        if !metadata.is_dir() {
            return Err(refused("it is not a folder".to_owned()));
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(refused("it belongs to another user".to_owned()));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(refused(format!(
                "others may enter it: its mode is {:o}, not 700",
                metadata.mode() & 0o777
            )));
        }
        Ok(Self { folder })
    }

    /// The module under `key`, if the host wrote it and nobody touched it since.
    pub(crate) fn load(&self, engine: &Engine, key: &str) -> Option<Module> {
        let nofollow = OFlags::NOFOLLOW.bits().cast_signed();
        let mut file = OpenOptions::new().read(true).custom_flags(nofollow).open(self.path(key)).ok()?;
        let metadata = file.metadata().ok()?;
        let ours = metadata.is_file()
            && metadata.uid() == rustix::process::geteuid().as_raw()
            && metadata.mode() & 0o777 == 0o600
            && metadata.nlink() == 1;
        if !ours {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
        file.read_to_end(&mut bytes).ok()?;
        let (code, digest) = bytes.split_at_checked(bytes.len().checked_sub(TRAILER)?)?;
        if Sha256::digest(code)[..] != *digest {
            return None;
        }
        deserialize(engine, file).ok()
    }

    /// Keeps a module under `key`. A cache that cannot be written costs time on the next start and nothing else, so
    /// a failure is not one of the run's.
    pub(crate) fn store(&self, key: &str, module: &Module) {
        if let Ok(code) = module.serialize() {
            let _ = self.write(key, &code);
        }
    }

    /// The file appears whole or not at all, also after a power failure.
    fn write(&self, key: &str, code: &[u8]) -> io::Result<()> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let unique = NEXT.fetch_add(1, Ordering::Relaxed);
        let temporary = self.folder.join(format!("{key}.{}.{unique}.tmp", process::id()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        let written = file
            .write_all(code)
            .and_then(|()| file.write_all(&Sha256::digest(code)))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&temporary, self.path(key)));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.cwasm"))
    }
}

#[expect(unsafe_code, reason = "the one place where a compiled guest is taken from disk")]
fn deserialize(engine: &Engine, file: File) -> wasmtime::Result<Module> {
    // SAFETY: the file was opened without following links, belongs to this user, is closed to others, sits in a
    // folder of which the same holds, and its digest is the one that this host wrote with it. So its content is what
    // `Module::serialize` gave. The engine itself refuses files of another version or with other settings.
    unsafe { Module::deserialize_open_file(engine, file) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    const KEY: &str = "key";

    fn cache() -> (tempfile::TempDir, Cache, Engine) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path().join("cache")).unwrap();
        let engine = Engine::default();
        let module =
            Module::new(&engine, wat::parse_str("(module (func (export \"_start\")))").unwrap()).unwrap();
        cache.store(KEY, &module);
        (folder, cache, engine)
    }

    #[test]
    fn what_was_stored_is_loaded() {
        let (_folder, cache, engine) = cache();
        assert!(cache.load(&engine, KEY).unwrap().get_export("_start").is_some());
        assert!(cache.load(&engine, "another").is_none());
        let files: Vec<_> = fs::read_dir(&cache.folder).unwrap().collect();
        assert_eq!(files.len(), 1, "no temporary file is left");
    }

    #[test]
    fn folder_and_files_are_closed_to_others() {
        let (_folder, cache, _engine) = cache();
        assert_eq!(fs::metadata(&cache.folder).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(cache.path(KEY)).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_with_any_byte_changed_is_ignored() {
        let (_folder, cache, engine) = cache();
        let path = cache.path(KEY);
        let good = fs::read(&path).unwrap();
        for at in [0, 4, good.len() / 2, good.len() - TRAILER - 1, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(cache.load(&engine, KEY).is_none(), "byte {at}");
        }
        for length in [0, TRAILER - 1, TRAILER, good.len() - 1] {
            fs::write(&path, &good[..length]).unwrap();
            assert!(cache.load(&engine, KEY).is_none(), "{length} bytes");
        }
        fs::write(&path, &good).unwrap();
        assert!(cache.load(&engine, KEY).is_some());
    }

    #[test]
    fn a_file_that_others_could_have_written_is_ignored() {
        let (_folder, cache, engine) = cache();
        let path = cache.path(KEY);
        for mode in [0o644, 0o660, 0o602, 0o700] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(cache.load(&engine, KEY).is_none(), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let elsewhere = cache.folder.join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert!(cache.load(&engine, KEY).is_none(), "a link");
        fs::remove_file(&path).unwrap();
        fs::hard_link(&elsewhere, &path).unwrap();
        assert!(cache.load(&engine, KEY).is_none(), "a second name");
    }

    #[test]
    fn code_of_another_engine_is_ignored() {
        let (_folder, cache, _engine) = cache();
        let mut config = wasmtime::Config::new();
        config.consume_fuel(true);
        assert!(cache.load(&Engine::new(&config).unwrap(), KEY).is_none());
    }

    #[test]
    fn a_folder_that_others_may_enter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("open");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let error = Cache::open(path).unwrap_err();
        assert!(error.to_string().ends_with("others may enter it: its mode is 755, not 700"), "{error}");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Cache::open(file).is_err());
        let link = folder.path().join("link");
        symlink(folder.path(), &link).unwrap();
        assert!(Cache::open(link).is_err(), "a link to a folder");
    }
}
