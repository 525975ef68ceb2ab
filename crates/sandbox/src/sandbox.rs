//! The sandbox: engines, cache, loading.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use genesis_abi::{Limits, ModuleLimits, RunOutcome};

use crate::cache::Cache;
use crate::cancel::Cancel;
use crate::engine::{Class, ClassEngine};
use crate::error::SandboxError;
use crate::excerpt::excerpt;
use crate::guest::{self, Code, Guest, LinkError, Local, Shape};
use crate::run::{self, Run};
use crate::scan;
use crate::snapshot;
use crate::worker::{Pool, WorkerConfig};

/// How a sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Guests of one class that run at the same time; one more waits. At least 1. A slot takes 4 GiB of address
    /// space (one of components 16 GiB) and less than 3 MiB of memory between runs.
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
    component: Mutex<Option<Arc<ClassEngine>>>,
}

impl Sandbox {
    /// Opens the cache. Engines are set up when their class is first used.
    ///
    /// # Errors
    /// [`SandboxError::Cache`] when the cache folder cannot be trusted.
    pub fn new(config: SandboxConfig) -> Result<Self, SandboxError> {
        let SandboxConfig { slots, cache_dir } = config;
        let cache = cache_dir.map(Cache::open).transpose()?;
        Ok(Self {
            slots: slots.max(1),
            cache,
            small: Mutex::default(),
            large: Mutex::default(),
            component: Mutex::default(),
        })
    }

    /// Everything that changes fuel, as one line: figures are compared only under the same one.
    pub fn fingerprint(&self, class: Class) -> String {
        class.fingerprint()
    }

    /// Compiles a built-in guest, or takes it from the cache.
    ///
    /// `digest` is that of the guest's bytes, `sha256:` and 64 hexadecimal digits. The bytes are asked for when the
    /// cache has nothing under it, right before they are compiled, and never else: a caller whose bytes are packed
    /// need not unpack them, and one that wants to say that a guest is being prepared says it there. Compiling takes
    /// from 0.1 s to many seconds.
    ///
    /// A module that exports `wizer-initialize` is run that far, without input and with the seed 0, and what is
    /// compiled and cached is the module as it then was.
    ///
    /// # Errors
    /// When the guest cannot be compiled or run, or its bytes are not those of the digest: the host is broken.
    pub fn load_trusted<'a>(
        &self,
        digest: &str,
        wasm: impl FnOnce() -> Cow<'a, [u8]>,
        class: Class,
    ) -> Result<Guest, SandboxError> {
        let linked = |code: &Code, manifest, engine| {
            let linked = Local::link(code, engine);
            linked
                .map(|local| Guest::here(local, digest.to_owned(), manifest))
                .map_err(|error| SandboxError::BuiltIn(error.to_string()))
        };
        if let Some(cache) = &self.cache {
            // Which of the two it is stands in the bytes, that nobody has yet.
            for shape in [Shape::Module, Shape::Component] {
                let engine = self.engine(shape.class(class))?;
                let key = cache_key(digest, &engine);
                if let Some((code, manifest)) = cache.load(&engine.engine, &key, shape) {
                    return linked(&code, manifest, engine);
                }
            }
        }
        let wasm = wasm();
        if guest::digest(&wasm) != digest {
            return Err(SandboxError::BuiltIn(format!("its bytes are not those of {digest}")));
        }
        let engine = self.engine(Shape::of(&wasm).class(class))?;
        let manifest = scan::manifest(&wasm);
        let initialized = snapshot::initialized(engine.class, &wasm)?;
        let code = Code::compile(&engine.engine, initialized.as_deref().unwrap_or(&wasm))
            .map_err(|error| SandboxError::BuiltIn(format!("{error:#}")))?;
        if let Some(cache) = &self.cache {
            cache.store(&cache_key(digest, &engine), &code, manifest.as_ref());
        }
        linked(&code, manifest, engine)
    }

    /// Compiles an untrusted guest, after a look at its size, nesting and imports. Nothing of it is cached.
    ///
    /// The inner error is the outcome that the guest has without having run: `module_too_complex`, `denied_import`,
    /// `invalid_module`, or `failed` with the reason `no_start`. Nothing of it is run: `wizer-initialize` is a name as
    /// any other.
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
        let engine = self.engine(Shape::of(wasm).class(class))?;
        let local = compile_untrusted(wasm, engine)?;
        Ok(local.map(|local| Guest::here(local, guest::digest(wasm), found.manifest)))
    }

    /// Has an untrusted guest compiled and run by worker processes of its own, after the same look at it as for
    /// [`Sandbox::load`] by this process. The workers end with the guest's last clone.
    ///
    /// One worker is started at once and compiles; more are started when runs wait for longer than that took. A worker
    /// that has to be killed, or dies, is replaced for the next run.
    ///
    /// The inner error is as for [`Sandbox::load`], or `module_too_complex` for a guest that is not compiled in time.
    ///
    /// # Errors
    /// When the host fails: no worker can be started, it dies while it compiles, or the host lacks what
    /// [`WorkerConfig::required`] asks for.
    pub fn load_in_worker(
        &self,
        wasm: &[u8],
        class: Class,
        limits: &ModuleLimits,
        config: &WorkerConfig,
    ) -> Result<Result<Guest, RunOutcome>, SandboxError> {
        let found = match scan::check(wasm, limits) {
            Ok(found) => found,
            Err(outcome) => return Ok(Err(outcome)),
        };
        let class = Shape::of(wasm).class(class);
        let pool = Pool::start(wasm, class, config)?;
        Ok(pool.map(|pool| Guest::in_workers(pool, class, guest::digest(wasm), found.manifest)))
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
            Class::Component => &self.component,
        };
        let mut engine = place.lock().unwrap_or_else(PoisonError::into_inner);
        match &*engine {
            Some(engine) => Ok(Arc::clone(engine)),
            None => Ok(Arc::clone(engine.insert(ClassEngine::new(class, self.slots)?))),
        }
    }
}

/// Compiles a guest that the scan let through, and links it.
pub(crate) fn compile_untrusted(
    wasm: &[u8],
    engine: Arc<ClassEngine>,
) -> Result<Result<Local, RunOutcome>, SandboxError> {
    let code = match Code::compile(&engine.engine, wasm) {
        Ok(code) => code,
        // Want of memory or files is the host's; all else is about a module that is valid and still not one
        // that the compiler takes, such as a function whose code is too large.
        Err(error) if error.is::<io::Error>() || error.is::<wasmtime::OutOfMemory>() => {
            return Err(SandboxError::Compile(format!("{error:#}")));
        }
        Err(error) => {
            return Ok(Err(RunOutcome::InvalidModule { message: excerpt(format!("{error:#}").as_bytes()) }));
        }
    };
    match (Local::link(&code, engine), &code) {
        (Ok(local), _) => Ok(Ok(local)),
        (Err(LinkError::NoStart | LinkError::NoRun), _) => Ok(Err(scan::no_start())),
        // The names of a component's imports are looked at before it is compiled, their types by linking.
        (Err(LinkError::Import(message)), Code::Component(_)) => {
            Ok(Err(RunOutcome::DeniedImport { imports: vec![excerpt(message.as_bytes())], also: Vec::new() }))
        }
        (Err(LinkError::Import(message)), Code::Module(_)) => Err(SandboxError::Compile(message)),
    }
}

/// A compiled guest is that of some bytes, for an engine's settings, on a processor with certain instructions.
fn cache_key(digest: &str, engine: &ClassEngine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.class.fingerprint().hash(&mut hasher);
    snapshot::VERSION.hash(&mut hasher);
    engine.engine.precompile_compatibility_hash().hash(&mut hasher);
    let name: String = digest.trim_start_matches("sha256:").chars().filter(char::is_ascii_hexdigit).collect();
    format!("{name}-{:016x}", hasher.finish())
}
