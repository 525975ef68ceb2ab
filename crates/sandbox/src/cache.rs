//! Compiled built-in guests on disk.
//!
//! A file is the compiled guest; its manifest as JSON, or nothing; the manifest's length, four bytes, the lowest first;
//! and the BLAKE3 of all before. BLAKE3, because hashing is most of what loading costs: SHA-256 took four times as long.
//! Several processes may fill one folder at the same time: each file appears whole, and the last one stays.
//!
//! A compiled guest is machine code: loading one is running it. So the folder and every file in it belong to the
//! user that runs the host and are closed to everyone else, only modules that the host trusts are put there, and
//! each file carries a digest of itself. Anything that is not as the host left it is compiled again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use blake3::{Hash, Hasher};
use genesis_abi::Manifest;
use rustix::fs::OFlags;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use crate::error::SandboxError;
use crate::guest::{Code, Shape};

/// Bytes at the end of a file: the digest of all before them.
const DIGEST_BYTES: usize = blake3::OUT_LEN;

/// Bytes before the digest: the manifest's length.
const LENGTH_BYTES: usize = 4;

/// Bytes that are hashed at a time. They stay in the processor's cache; reading a file whole and hashing it then took
/// half as long again.
const CHUNK_BYTES: usize = 256 << 10;

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

    /// The guest under `key`, if the host wrote it and nobody touched it since.
    pub(crate) fn load(&self, engine: &Engine, key: &str, shape: Shape) -> Option<(Code, Option<Manifest>)> {
        let nofollow = OFlags::NOFOLLOW.bits().cast_signed();
        let path = self.path(key, shape);
        let mut file = OpenOptions::new().read(true).custom_flags(nofollow).open(&path).ok()?;
        let metadata = file.metadata().ok()?;
        let ours = metadata.is_file()
            && metadata.uid() == rustix::process::geteuid().as_raw()
            && metadata.mode() & 0o777 == 0o600
            && metadata.nlink() == 1;
        if !ours {
            return None;
        }
        let hashed = metadata.len().checked_sub(DIGEST_BYTES as u64)?;
        if digest_of(&mut file, hashed).ok()? != digest_at_end(&mut file).ok()? {
            return None;
        }
        let manifest = manifest_before(&mut file, hashed)?;
        Some((deserialize(engine, file, &path, shape).ok()?, manifest))
    }

    /// Keeps a guest under `key`. A cache that cannot be written costs time on the next start and nothing else, so
    /// a failure is not one of the run's.
    pub(crate) fn store(&self, key: &str, code: &Code, manifest: Option<&Manifest>) {
        let manifest = manifest.and_then(|manifest| serde_json::to_vec(manifest).ok()).unwrap_or_default();
        let (Ok(bytes), Ok(length)) = (code.serialize(), u32::try_from(manifest.len())) else { return };
        let parts: [&[u8]; 3] = [&bytes, &manifest, &length.to_le_bytes()];
        let shape = match code {
            Code::Module(_) => Shape::Module,
            Code::Component(_) => Shape::Component,
        };
        let _ = write(&self.path(key, shape), &parts);
    }

    fn path(&self, key: &str, shape: Shape) -> PathBuf {
        self.folder.join(format!("{key}-{}.cwasm", shape.as_str()))
    }
}

/// The file appears whole or not at all, also after a power failure.
fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let unique = NEXT.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}.{unique}.tmp", process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let mut hasher = Hasher::new();
    let written = parts
        .iter()
        .try_for_each(|part| {
            hasher.update(part);
            file.write_all(part)
        })
        .and_then(|()| file.write_all(hasher.finalize().as_bytes()))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// The digest of a file's first bytes.
fn digest_of(file: &mut File, bytes: u64) -> io::Result<Hash> {
    let mut hasher = Hasher::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut left = bytes;
    while left > 0 {
        let length = usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        file.read_exact(&mut chunk[..length])?;
        hasher.update(&chunk[..length]);
        left -= length as u64;
    }
    Ok(hasher.finalize())
}

fn digest_at_end(file: &mut File) -> io::Result<Hash> {
    let mut digest = [0; DIGEST_BYTES];
    file.read_exact(&mut digest)?;
    Ok(Hash::from_bytes(digest))
}

/// The manifest that ends `end` bytes into a file; `None` when the file is not as it was written.
#[expect(clippy::option_option, reason = "that a guest has no manifest is a thing to remember")]
fn manifest_before(file: &mut File, end: u64) -> Option<Option<Manifest>> {
    let mut length = [0; LENGTH_BYTES];
    let end = end.checked_sub(LENGTH_BYTES as u64)?;
    file.seek(SeekFrom::Start(end)).ok()?;
    file.read_exact(&mut length).ok()?;
    let length = u32::from_le_bytes(length);
    if length == 0 {
        return Some(None);
    }
    file.seek(SeekFrom::Start(end.checked_sub(u64::from(length))?)).ok()?;
    let mut manifest = vec![0; length as usize];
    file.read_exact(&mut manifest).ok()?;
    serde_json::from_slice(&manifest).ok().map(Some)
}

#[expect(unsafe_code, reason = "the one place where a compiled guest is taken from disk")]
fn deserialize(engine: &Engine, file: File, path: &Path, shape: Shape) -> wasmtime::Result<Code> {
    // SAFETY: the file was opened without following links, belongs to this user, is closed to others, sits in a
    // folder of which the same holds, and its digest is the one that this host wrote with it. So its content is what
    // `Code::serialize` gave. The engine itself refuses files of another version, with other settings or of the
    // other shape. A component is opened again by its path, for want of a function that takes the file: only this user
    // can put another file there, and what this host puts there under the same name is as good.
    unsafe {
        match shape {
            Shape::Module => Module::deserialize_open_file(engine, file).map(Code::Module),
            Shape::Component => Component::deserialize_file(engine, path).map(Code::Component),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    const KEY: &str = "key";

    fn manifest() -> Manifest {
        let text = br#"{"name":"g","version":"1.0.0","abi":1,"applies":"template"}"#;
        serde_json::from_slice(text).unwrap()
    }

    fn load(cache: &Cache, engine: &Engine) -> Option<(Code, Option<Manifest>)> {
        cache.load(engine, KEY, Shape::Module)
    }

    fn cache() -> (tempfile::TempDir, Cache, Engine) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path().join("cache")).unwrap();
        let engine = Engine::default();
        let module =
            Module::new(&engine, wat::parse_str("(module (func (export \"_start\")))").unwrap()).unwrap();
        cache.store(KEY, &Code::Module(module), Some(&manifest()));
        (folder, cache, engine)
    }

    #[test]
    fn what_was_stored_is_loaded() {
        let (_folder, cache, engine) = cache();
        let (code, manifest) = load(&cache, &engine).unwrap();
        assert!(matches!(code, Code::Module(module) if module.get_export("_start").is_some()));
        assert_eq!(manifest, Some(self::manifest()));
        assert!(cache.load(&engine, "another", Shape::Module).is_none());
        assert!(cache.load(&engine, KEY, Shape::Component).is_none());
        let files: Vec<_> = fs::read_dir(&cache.folder).unwrap().collect();
        assert_eq!(files.len(), 1, "no temporary file is left");
    }

    #[test]
    fn folder_and_files_are_closed_to_others() {
        let (_folder, cache, _engine) = cache();
        assert_eq!(fs::metadata(&cache.folder).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(cache.path(KEY, Shape::Module)).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_with_any_byte_changed_is_ignored() {
        let (_folder, cache, engine) = cache();
        let path = cache.path(KEY, Shape::Module);
        let good = fs::read(&path).unwrap();
        for at in [0, 4, good.len() / 2, good.len() - DIGEST_BYTES - 1, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(load(&cache, &engine).is_none(), "byte {at}");
        }
        for length in [0, DIGEST_BYTES - 1, DIGEST_BYTES, good.len() - 1] {
            fs::write(&path, &good[..length]).unwrap();
            assert!(load(&cache, &engine).is_none(), "{length} bytes");
        }
        fs::write(&path, &good).unwrap();
        assert!(load(&cache, &engine).is_some());
    }

    #[test]
    fn a_file_that_others_could_have_written_is_ignored() {
        let (_folder, cache, engine) = cache();
        let path = cache.path(KEY, Shape::Module);
        for mode in [0o644, 0o660, 0o602, 0o700] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(load(&cache, &engine).is_none(), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let elsewhere = cache.folder.join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert!(load(&cache, &engine).is_none(), "a link");
        fs::remove_file(&path).unwrap();
        fs::hard_link(&elsewhere, &path).unwrap();
        assert!(load(&cache, &engine).is_none(), "a second name");
    }

    #[test]
    fn code_of_another_engine_is_ignored() {
        let (_folder, cache, _engine) = cache();
        let mut config = wasmtime::Config::new();
        config.consume_fuel(true);
        assert!(load(&cache, &Engine::new(&config).unwrap()).is_none());
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
