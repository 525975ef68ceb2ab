//! The sandbox: engines, cache, loading.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use genesis_abi::{Limits, ModuleLimits, RunOutcome};
use wasmtime::{Engine, Module};

use crate::cache::Cache;
use crate::cancel::Cancel;
use crate::engine::{Class, ClassEngine};
use crate::error::SandboxError;
use crate::excerpt::excerpt;
use crate::guest::{self, Guest};
use crate::run::{self, Run};
use crate::scan;

/// How a sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Guests of one class that run at the same time; one more waits. At least 1. A slot takes 4 GiB of address
    /// space and less than 1 MiB of memory between runs.
    pub slots: u32,
    /// Folder for compiled built-in guests, made when it is not there, and closed to other users. `None` compiles
    /// them anew in each process.
    pub cache_dir: Option<PathBuf>,
}

/// Compiles and runs guests. Shared by all threads.
///
/// Secure by default, without a way to loosen it: no files, no network, no environment, no real clock, no real
/// randomness; wasm features that no guest needs are off; signals-based traps, guard pages and Spectre mitigations
/// are on.
pub struct Sandbox {
    slots: u32,
    cache: Option<Cache>,
    small: Mutex<Option<Arc<ClassEngine>>>,
    large: Mutex<Option<Arc<ClassEngine>>>,
}

impl Sandbox {
    /// Opens the cache. Engines are set up when their class is first used.
    ///
    /// # Errors
    /// [`SandboxError::Cache`] when the cache folder cannot be trusted.
    pub fn new(config: SandboxConfig) -> Result<Self, SandboxError> {
        let SandboxConfig { slots, cache_dir } = config;
        let cache = cache_dir.map(Cache::open).transpose()?;
        Ok(Self { slots: slots.max(1), cache, small: Mutex::default(), large: Mutex::default() })
    }

    /// Everything that changes fuel, as one line: figures are compared only under the same one.
    pub fn fingerprint(&self, class: Class) -> String {
        class.fingerprint()
    }

    /// Compiles a built-in guest, or takes it from the cache.
    ///
    /// # Errors
    /// When the module cannot be compiled or run: the host is broken.
    pub fn load_trusted(&self, wasm: &[u8], class: Class) -> Result<Guest, SandboxError> {
        let engine = self.engine(class)?;
        let digest = guest::digest(wasm);
        let key = cache_key(&digest, class, &engine.engine);
        let cached = self.cache.as_ref().and_then(|cache| cache.load(&engine.engine, &key));
        let module = if let Some(module) = cached {
            module
        } else {
            let module = Module::from_binary(&engine.engine, wasm)
                .map_err(|error| SandboxError::BuiltIn(format!("{error:#}")))?;
            if let Some(cache) = &self.cache {
                cache.store(&key, &module);
            }
            module
        };
        Guest::link(&module, digest, scan::manifest(wasm), engine).map_err(SandboxError::BuiltIn)
    }

    /// Compiles an untrusted guest, after a look at its size, nesting and imports. Nothing of it is cached.
    ///
    /// The inner error is the outcome that the guest has without having run: `module_too_complex`, `denied_import`,
    /// `invalid_module`, or `failed` with the reason `no_start`.
    ///
    /// # Errors
    /// When the host fails.
    pub fn load(
        &self,
        wasm: &[u8],
        class: Class,
        limits: &ModuleLimits,
    ) -> Result<Result<Guest, RunOutcome>, SandboxError> {
        let found = match scan::check(wasm, limits) {
            Ok(found) => found,
            Err(outcome) => return Ok(Err(outcome)),
        };
        let engine = self.engine(class)?;
        let module = match Module::from_binary(&engine.engine, wasm) {
            Ok(module) => module,
            // Want of memory or files is the host's; all else is about a module that is valid and still not one
            // that the compiler takes, such as a function whose code is too large.
            Err(error) if error.is::<io::Error>() || error.is::<wasmtime::OutOfMemory>() => {
                return Err(SandboxError::Compile(format!("{error:#}")));
            }
            Err(error) => {
                return Ok(Err(RunOutcome::InvalidModule {
                    message: excerpt(format!("{error:#}").as_bytes()),
                }));
            }
        };
        let linked = Guest::link(&module, guest::digest(wasm), found.manifest, engine);
        Ok(Ok(linked.map_err(SandboxError::Compile)?))
    }

    /// Runs a guest to its end. Blocks, and waits for a slot when all are taken; safe to call from many threads.
    ///
    /// `seed` is what `random_get` gives its bytes from.
    ///
    /// # Errors
    /// Only when the host fails: whatever the guest does is an outcome.
    pub fn run(
        &self,
        guest: &Guest,
        input: &[u8],
        limits: &Limits,
        seed: u64,
        cancel: &Cancel,
    ) -> Result<Run, SandboxError> {
        run::run(guest, input, limits, seed, cancel)
    }

    fn engine(&self, class: Class) -> Result<Arc<ClassEngine>, SandboxError> {
        let place = match class {
            Class::Small => &self.small,
            Class::Large => &self.large,
        };
        let mut engine = place.lock().unwrap_or_else(PoisonError::into_inner);
        match &*engine {
            Some(engine) => Ok(Arc::clone(engine)),
            None => Ok(Arc::clone(engine.insert(ClassEngine::new(class, self.slots)?))),
        }
    }
}

/// A compiled guest is that of a module, for an engine's settings, on a processor with certain instructions.
fn cache_key(digest: &str, class: Class, engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    class.fingerprint().hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}-{:016x}", digest.trim_start_matches("sha256:"), hasher.finish())
}
