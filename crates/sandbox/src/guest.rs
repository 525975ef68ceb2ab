//! A compiled guest, ready to run.

use std::fmt;
use std::sync::Arc;

use genesis_abi::Manifest;
use sha2::{Digest, Sha256};
use wasmtime::{ExternType, InstancePre, Module, ModuleExport};

use crate::engine::{Class, ClassEngine};
use crate::run::State;

/// A compiled guest, linked to the host's functions. Clones share it.
#[derive(Clone)]
pub struct Guest(Arc<Compiled>);

struct Compiled {
    digest: String,
    manifest: Option<Manifest>,
    engine: Arc<ClassEngine>,
    instance: InstancePre<State>,
    start: ModuleExport,
}

impl Guest {
    /// Links a module. The error says why it cannot be run, in one sentence.
    pub(crate) fn link(
        module: &Module,
        digest: String,
        manifest: Option<Manifest>,
        engine: Arc<ClassEngine>,
    ) -> Result<Self, String> {
        let runs = match module.get_export(START) {
            Some(ExternType::Func(ty)) => ty.params().len() == 0 && ty.results().len() == 0,
            _ => false,
        };
        let start = runs.then(|| module.get_export_index(START)).flatten();
        let start = start.ok_or("it exports no function `_start` without parameters and results")?;
        let instance = engine.linker.instantiate_pre(module).map_err(|error| format!("{error:#}"))?;
        Ok(Self(Arc::new(Compiled { digest, manifest, engine, instance, start })))
    }

    /// Digest of the module's bytes: `sha256:` and 64 hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// What the guest says of itself; `None` when it says nothing, or nothing readable.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.0.manifest.as_ref()
    }

    /// The class that it was compiled for.
    pub fn class(&self) -> Class {
        self.0.engine.class
    }

    pub(crate) fn engine(&self) -> &ClassEngine {
        &self.0.engine
    }

    pub(crate) fn instance(&self) -> &InstancePre<State> {
        &self.0.instance
    }

    pub(crate) fn start(&self) -> &ModuleExport {
        &self.0.start
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest")
            .field("digest", &self.0.digest)
            .field("class", &self.class())
            .finish_non_exhaustive()
    }
}

/// The function that a command module starts with.
pub(crate) const START: &str = "_start";

/// Digest of bytes as guests are named by it.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
