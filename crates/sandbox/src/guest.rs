//! A compiled guest, ready to run.

use std::fmt;
use std::sync::Arc;

use genesis_abi::{LimitName, Limits, Manifest};
use sha2::{Digest, Sha256};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{self, Component, ComponentExportIndex, Type};
use wasmtime::{Engine, ExternType, InstancePre, Module, ModuleExport, ResourcesRequired};

use crate::engine::{Class, ClassEngine};
use crate::run::State;
use crate::stop::Stop;
use crate::worker::{Lockdown, Pool};

/// A compiled guest, a module or a component, linked to the host's functions. Clones share it.
#[derive(Clone)]
pub struct Guest(Arc<Compiled>);

struct Compiled {
    digest: String,
    manifest: Option<Manifest>,
    class: Class,
    place: Place,
}

/// Where a guest was compiled and runs.
pub(crate) enum Place {
    /// In this process.
    Here(Local),
    /// In workers.
    Workers(Box<Pool>),
}

/// A guest that runs in this process.
pub(crate) struct Local {
    pub(crate) engine: Arc<ClassEngine>,
    pub(crate) linked: Linked,
    pub(crate) first: First,
}

/// The largest memory and the largest table that a guest starts with.
///
/// The engine sets them aside before it asks whether they may be had, and then a system that has no such room speaks
/// first. What several come to together is counted while they are made, each of them within the limit by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct First {
    memory_bytes: u64,
    table_elements: u64,
}

/// The two shapes that a guest has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Module,
    Component,
}

impl Shape {
    /// Of bytes that may be anything: what does not say that it is a component is taken for a module.
    pub(crate) fn of(wasm: &[u8]) -> Self {
        const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
        if wasm.starts_with(COMPONENT) { Self::Component } else { Self::Module }
    }

    /// The class that a guest of this shape runs under when another is asked for.
    pub(crate) fn class(self, asked: Class) -> Class {
        match self {
            Self::Module => asked,
            Self::Component => Class::Component,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Component => "component",
        }
    }
}

/// Machine code of either shape.
pub(crate) enum Code {
    Module(Module),
    Component(Component),
}

impl Code {
    pub(crate) fn compile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Self> {
        match Shape::of(wasm) {
            Shape::Module => Module::from_binary(engine, wasm).map(Self::Module),
            Shape::Component => Component::from_binary(engine, wasm).map(Self::Component),
        }
    }

    pub(crate) fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        match self {
            Self::Module(module) => module.serialize(),
            Self::Component(component) => component.serialize(),
        }
    }
}

/// Code linked to the host's functions, and where it starts.
pub(crate) enum Linked {
    Module { instance: InstancePre<State>, start: ModuleExport },
    Component { instance: component::InstancePre<State>, run: ComponentExportIndex },
}

/// Why code cannot be run, each in one sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("it exports no function `{START}` without parameters and results")]
    NoStart,
    #[error("it exports no function `run` of `{RUN}`")]
    NoRun,
    #[error("{0}")]
    Import(String),
}

impl Local {
    /// Links code to the host's functions.
    pub(crate) fn link(code: &Code, engine: Arc<ClassEngine>) -> Result<Self, LinkError> {
        let import = |error: wasmtime::Error| LinkError::Import(format!("{error:#}"));
        let linked = match code {
            Code::Module(module) => {
                let start = start(module).ok_or(LinkError::NoStart)?;
                Linked::Module { instance: engine.linker.instantiate_pre(module).map_err(import)?, start }
            }
            Code::Component(component) => {
                let run = run(component).ok_or(LinkError::NoRun)?;
                Linked::Component {
                    instance: engine.components.instantiate_pre(component).map_err(import)?,
                    run,
                }
            }
        };
        Ok(Self { engine, linked, first: First::of(code) })
    }
}

impl First {
    fn of(code: &Code) -> Self {
        const PAGE_BYTES: u64 = 64 << 10;
        let required = match code {
            Code::Module(module) => Some(module.resources_required()),
            // `None` for modules that are handed in from outside: there is nobody to hand them in.
            Code::Component(component) => component.resources_required(),
        };
        let (pages, elements) = required.map_or((None, None), |required: ResourcesRequired| {
            (required.max_initial_memory_size, required.max_initial_table_size)
        });
        Self {
            memory_bytes: pages.unwrap_or_default().saturating_mul(PAGE_BYTES),
            table_elements: elements.unwrap_or_default(),
        }
    }

    /// # Errors
    /// When one of them alone is past its limit.
    pub(crate) fn is_within(self, limits: &Limits) -> Result<(), Stop> {
        for (name, limit, asked) in [
            (LimitName::MemoryBytes, limits.memory_bytes, self.memory_bytes),
            (LimitName::TableElements, limits.table_elements, self.table_elements),
        ] {
            if asked > limit {
                return Err(Stop::limit(name, limit, asked));
            }
        }
        Ok(())
    }
}

impl Guest {
    /// A guest that runs in this process.
    pub(crate) fn here(local: Local, digest: String, manifest: Option<Manifest>) -> Self {
        let class = local.engine.class;
        Self(Arc::new(Compiled { digest, manifest, class, place: Place::Here(local) }))
    }

    /// A guest that runs in workers.
    pub(crate) fn in_workers(pool: Pool, class: Class, digest: String, manifest: Option<Manifest>) -> Self {
        Self(Arc::new(Compiled { digest, manifest, class, place: Place::Workers(Box::new(pool)) }))
    }

    /// Digest of the guest's bytes: `sha256:` and 64 hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// What the guest says of itself; `None` when it says nothing, or nothing readable.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.0.manifest.as_ref()
    }

    /// The class that it was compiled for.
    pub fn class(&self) -> Class {
        self.0.class
    }

    /// What its workers are kept from; `None` when it runs in this process.
    pub fn lockdown(&self) -> Option<&Lockdown> {
        match &self.0.place {
            Place::Here(_) => None,
            Place::Workers(pool) => Some(pool.lockdown()),
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.0.place
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

fn start(module: &Module) -> Option<ModuleExport> {
    match module.get_export(START) {
        Some(ExternType::Func(ty)) if ty.params().len() == 0 && ty.results().len() == 0 => {
            module.get_export_index(START)
        }
        _ => None,
    }
}

fn run(component: &Component) -> Option<ComponentExportIndex> {
    let interface = component.get_export_index(None, RUN)?;
    let (item, index) = component.get_export(Some(&interface), "run")?;
    let ComponentItem::ComponentFunc(ty) = item else { return None };
    let mut results = ty.results();
    let (Some(Type::Result(result)), None) = (results.next(), results.next()) else { return None };
    let fits = ty.params().len() == 0 && result.ok().is_none() && result.err().is_none() && !ty.async_();
    fits.then_some(index)
}

/// The function that a command module starts with.
pub(crate) const START: &str = "_start";

/// The interface that a command component exports, in any 0.2.
pub(crate) const RUN: &str = "wasi:cli/run@0.2.0";

/// Digest of bytes as guests are named by it: `sha256:` and 64 hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
