//! What a guest is, before anything is compiled.
//!
//! One pass over the bytes, linear in their number and with little memory: compiling is where a small module can
//! cost minutes (350 KB with 50,000 nested blocks took 38 s). Every entry, operator and target that is looked at is at
//! least one byte, and each is looked at once: [`Inspection::steps`] counts them.

mod component;
mod features;
mod module;

use std::collections::BTreeSet;

use genesis_abi::{FailedReason, LimitHit, LimitName, MANIFEST_SECTION, Manifest, ModuleLimits, RunOutcome};
use wasmparser::{Chunk, Parser, Payload, SectionLimited, Validator};

use crate::engine::{Class, POOL_CORE_INSTANCES, POOL_MEMORIES, POOL_TABLES};
use crate::excerpt::excerpt;
use crate::guest::Shape;

/// Entries of one section that wasm itself allows.
const SECTION_MAX: u32 = 1_000_000;

/// Names that a list shows before it only counts.
const NAMES_MAX: usize = 1_000;

/// Names that one sentence shows before it only counts.
const SENTENCE_NAMES_MAX: usize = 20;

/// Bytes of a name that are shown.
const NAME_BYTES: usize = 128;

/// Bytes of a manifest; a longer one is not read.
const MANIFEST_BYTES: usize = 64 << 10;

/// What a module or component is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Whether it is a component.
    pub component: bool,
    /// Its imports as `module::name`, those of a component as `interface@version`, escaped; after 1,000 only their
    /// number.
    pub imports: Vec<String>,
    /// Those that the host does not give.
    pub denied: Vec<String>,
    /// Its exports; after 1,000 only their number.
    pub exports: Vec<String>,
    /// Features of WebAssembly that it uses and that are off, such as `threads`.
    pub features: Vec<String>,
    /// What it says of itself; `None` when it says nothing, or nothing readable.
    pub manifest: Option<Manifest>,
    /// The tightest limits that let it through.
    pub complexity: ModuleLimits,
    /// Bytes of memory that it starts with.
    pub memory_bytes: u64,
    /// Entries, operators and branch targets that were looked at. Never more than it has bytes.
    pub steps: u64,
    /// Whether it exports `_start` without parameters and results, or `wasi:cli/run`.
    pub has_start: bool,
}

/// Looks at a module or component without compiling or validating it.
///
/// # Errors
/// The outcome `invalid_module` when the bytes cannot be taken apart.
pub fn inspect(wasm: &[u8]) -> Result<Inspection, RunOutcome> {
    let found = match Shape::of(wasm) {
        Shape::Module => module::scan(wasm),
        Shape::Component => component::scan(wasm),
    };
    found.map_err(invalid)
}

/// Decides whether an untrusted module or component may be compiled.
///
/// # Errors
/// The outcome that a run of this module has, with all that it is refused for: `module_too_complex`, `denied_import`,
/// `invalid_module`, or `failed` for want of a start function.
pub(crate) fn check(wasm: &[u8], limits: &ModuleLimits) -> Result<Inspection, RunOutcome> {
    let bytes = wasm.len() as u64;
    if bytes > limits.module_bytes {
        let hit = LimitHit { limit: LimitName::ModuleBytes, value: limits.module_bytes, peak: bytes };
        return Err(RunOutcome::ModuleTooComplex { limits: vec![hit], also: Vec::new() });
    }
    let found = inspect(wasm)?;
    if let Some(refused) = refused(&found, limits) {
        return Err(refused);
    }
    let features = Shape::of(wasm).class(Class::Small).features();
    Validator::new_with_features(features).validate_all(wasm).map_err(|error| invalid(error.into()))?;
    if found.has_start { Ok(found) } else { Err(no_start()) }
}

/// The outcome of a guest that has nothing to start with.
pub(crate) fn no_start() -> RunOutcome {
    RunOutcome::Failed { reason: FailedReason::NoStart, exit_code: None, excerpt: String::new() }
}

/// The manifest of a guest that is trusted to be one; code and what a component is made of are skipped.
pub(crate) fn manifest(mut wasm: &[u8]) -> Option<Manifest> {
    let mut parser = Parser::new(0);
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(wasm, true).ok()? else { return None };
        wasm = &wasm[consumed..];
        match payload {
            Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                return read_manifest(section.data());
            }
            Payload::CodeSectionStart { size, .. } => {
                wasm = wasm.get(size as usize..)?;
                parser.skip_section();
            }
            Payload::ModuleSection { unchecked_range, .. }
            | Payload::ComponentSection { unchecked_range, .. } => {
                wasm = wasm.get(unchecked_range.len()..)?;
            }
            Payload::End(_) => return None,
            _ => {}
        }
    }
}

/// Why bytes are no module.
struct Malformed(String);

impl From<wasmparser::Error> for Malformed {
    fn from(error: wasmparser::Error) -> Self {
        Self(error.to_string())
    }
}

fn invalid(Malformed(message): Malformed) -> RunOutcome {
    RunOutcome::InvalidModule { message: excerpt(message.as_bytes()) }
}

/// The outcome of a module that may not be compiled: named after the first kind of reason, with those of the others.
fn refused(found: &Inspection, limits: &ModuleLimits) -> Option<RunOutcome> {
    let hits = exceeded(&found.complexity, limits);
    let denied = (!found.denied.is_empty())
        .then(|| format!("it imports what the host does not give: {}", sentence(&found.denied)));
    let features = (!found.features.is_empty())
        .then(|| format!("it uses features of WebAssembly that are off: {}", sentence(&found.features)));
    let start = (!found.has_start).then(|| "it has nothing to start with".to_owned());
    if !hits.is_empty() {
        let also = [denied, features, start].into_iter().flatten().collect();
        return Some(RunOutcome::ModuleTooComplex { limits: hits, also });
    }
    if !found.denied.is_empty() {
        let also = [features, start].into_iter().flatten().collect();
        return Some(RunOutcome::DeniedImport { imports: found.denied.clone(), also });
    }
    features.map(|message| RunOutcome::InvalidModule { message })
}

/// Every limit that is passed. The engine's own room for tables, memories and instances holds whatever is allowed.
fn exceeded(has: &ModuleLimits, limits: &ModuleLimits) -> Vec<LimitHit> {
    has.each()
        .zip(limits.each())
        .map(|((limit, peak), (_, allowed))| {
            let value = match limit {
                LimitName::Tables => allowed.min(u64::from(POOL_TABLES)),
                LimitName::Memories => allowed.min(u64::from(POOL_MEMORIES)),
                LimitName::Instances => allowed.min(u64::from(POOL_CORE_INSTANCES)),
                _ => allowed,
            };
            LimitHit { limit, value, peak }
        })
        .filter(|hit| hit.peak > hit.value)
        .collect()
}

/// Names in a row, the first of many.
fn sentence(names: &[String]) -> String {
    let shown = names[..names.len().min(SENTENCE_NAMES_MAX)].join(", ");
    match names.len().saturating_sub(SENTENCE_NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A count in a section's head is a claim; one past what wasm allows is refused before anything is kept.
fn cap<T>(section: &SectionLimited<'_, T>) -> Result<u64, Malformed> {
    if section.count() > SECTION_MAX {
        let (at, count) = (section.original_position(), section.count());
        return Err(Malformed(format!(
            "a section of {count} entries, more than wasm allows (at offset {at:#x})"
        )));
    }
    Ok(u64::from(section.count()))
}

fn read_manifest(data: &[u8]) -> Option<Manifest> {
    (data.len() <= MANIFEST_BYTES).then(|| serde_json::from_slice(data).ok()).flatten()
}

fn shown(name: &str) -> String {
    excerpt(&name.as_bytes()[..name.len().min(NAME_BYTES)])
}

/// Names in order, each once, with an end.
#[derive(Default)]
struct Names {
    names: BTreeSet<String>,
    more: u64,
}

impl Names {
    fn add(&mut self, name: impl FnOnce() -> String) {
        if self.names.len() < NAMES_MAX {
            self.names.insert(name());
        } else {
            self.more += 1;
        }
    }

    fn finish(self) -> Vec<String> {
        let mut names: Vec<String> = self.names.into_iter().collect();
        if self.more > 0 {
            names.push(format!("and {} more", self.more));
        }
        names
    }
}
