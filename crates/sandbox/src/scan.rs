//! What a guest is, before anything is compiled.
//!
//! One pass over the bytes, linear in their number and with little memory: compiling is where a small module can
//! cost minutes (350 KB with 50,000 nested blocks took 38 s).

mod component;

use std::collections::BTreeSet;

use genesis_abi::{FailedReason, LimitHit, LimitName, MANIFEST_SECTION, Manifest, ModuleLimits, RunOutcome};
use wasmparser::{
    Chunk, ExternalKind, FuncType, FunctionBody, Import, Operator, Parser, Payload, SectionLimited, TypeRef,
    Validator,
};

use crate::engine::{Class, FEATURES, POOL_CORE_INSTANCES, POOL_MEMORIES, POOL_TABLES};
use crate::excerpt::excerpt;
use crate::guest::{START, Shape};
use crate::wasi;

/// Types, imports or functions of one module that wasm itself allows.
const SECTION_MAX: u32 = 1_000_000;

/// Loops and bulk operations that one function may have. The compiler puts a check of the fuel at each, and its time
/// grows with the square of their number: 1,000 take 0.6 s, 8,000 (a function of 56 KB) 29 s. Interpreters and parsers
/// of real size have a few hundred.
const CHECKS_MAX: u64 = 1_000;

/// Entries that a component may have of its own: types, imports, exports, calls, arguments. The engine compiles a
/// function for many of them. CPython has 4,000.
const ENTRIES_MAX: u64 = 20_000;

/// Names that a list shows before it only counts.
const NAMES_MAX: usize = 1_000;

/// Bytes of a name that are shown.
const NAME_BYTES: usize = 128;

/// Bytes of a manifest; a longer one is not read.
const MANIFEST_BYTES: usize = 64 << 10;

const PAGE_BYTES: u64 = 64 << 10;

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
    /// What it says of itself; `None` when it says nothing, or nothing readable.
    pub manifest: Option<Manifest>,
    /// The tightest limits that let it through. Functions are those of all modules of a component.
    pub complexity: ModuleLimits,
    /// Core instances: 1 but for components.
    pub instances: u64,
    /// Memories of all instances, imported ones not counted.
    pub memories: u64,
    /// Tables of all instances, imported ones not counted.
    pub tables: u64,
    /// Entries of a component's own sections; 0 for modules.
    pub entries: u64,
    /// Most loops and bulk operations of one function.
    pub checks: u64,
    /// Bytes of memory that it starts with.
    pub memory_bytes: u64,
    /// Whether it exports `_start` without parameters and results, or `wasi:cli/run`.
    pub has_start: bool,
}

/// Looks at a module or component without compiling or validating it.
///
/// # Errors
/// The outcome `invalid_module` when the bytes cannot be taken apart.
pub fn inspect(wasm: &[u8]) -> Result<Inspection, RunOutcome> {
    let found = match Shape::of(wasm) {
        Shape::Module => scan(wasm),
        Shape::Component => component::scan(wasm),
    };
    found.map_err(invalid)
}

/// Decides whether an untrusted module or component may be compiled.
///
/// # Errors
/// The outcome that a run of this module has: `module_too_complex`, `denied_import`, `invalid_module`, or `failed`
/// for want of a start function.
pub(crate) fn check(wasm: &[u8], limits: &ModuleLimits) -> Result<Inspection, RunOutcome> {
    let bytes = wasm.len() as u64;
    if bytes > limits.module_bytes {
        let hit = LimitHit { limit: LimitName::ModuleBytes, value: limits.module_bytes, peak: bytes };
        return Err(RunOutcome::ModuleTooComplex { limits: vec![hit] });
    }
    let found = inspect(wasm)?;
    let hits = exceeded(&found, limits);
    if !hits.is_empty() {
        return Err(RunOutcome::ModuleTooComplex { limits: hits });
    }
    if !found.denied.is_empty() {
        return Err(RunOutcome::DeniedImport { imports: found.denied });
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

fn exceeded(found: &Inspection, limits: &ModuleLimits) -> Vec<LimitHit> {
    let has = &found.complexity;
    [
        (LimitName::Functions, limits.functions, has.functions),
        (LimitName::Locals, limits.locals, has.locals),
        (LimitName::Nesting, limits.nesting, has.nesting),
        (LimitName::FunctionBytes, limits.function_bytes, has.function_bytes),
        (LimitName::Items, u64::from(POOL_TABLES), found.tables),
        (LimitName::Items, u64::from(POOL_MEMORIES), found.memories),
        (LimitName::Items, u64::from(POOL_CORE_INSTANCES), found.instances),
        (LimitName::Items, ENTRIES_MAX, found.entries),
        (LimitName::Items, CHECKS_MAX, found.checks),
    ]
    .into_iter()
    .filter(|(_, value, peak)| peak > value)
    .map(|(limit, value, peak)| LimitHit { limit, value, peak })
    .collect()
}

fn scan(wasm: &[u8]) -> Result<Inspection, Malformed> {
    let mut scan = Scan::new(wasm.len() as u64);
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    for payload in parser.parse_all(wasm) {
        scan.payload(payload?)?;
    }
    Ok(scan.finish())
}

/// What is known so far. Sections come in a fixed order, so that types are there when imports name them.
struct Scan<'a> {
    types: Vec<FuncType>,
    functions: Option<SectionLimited<'a, u32>>,
    bodies: Option<wasmparser::SectionLimitedIntoIter<'a, u32>>,
    imported_functions: u32,
    start: Option<u32>,
    imports: Names,
    denied: Names,
    exports: Names,
    manifest: Option<Manifest>,
    complexity: ModuleLimits,
    memories: u64,
    tables: u64,
    checks: u64,
    memory_bytes: u64,
}

impl<'a> Scan<'a> {
    fn new(module_bytes: u64) -> Self {
        let complexity =
            ModuleLimits { module_bytes, functions: 0, locals: 0, nesting: 0, function_bytes: 0 };
        Self {
            types: Vec::new(),
            functions: None,
            bodies: None,
            imported_functions: 0,
            start: None,
            imports: Names::default(),
            denied: Names::default(),
            exports: Names::default(),
            manifest: None,
            complexity,
            memories: 0,
            tables: 0,
            checks: 0,
            memory_bytes: 0,
        }
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<(), Malformed> {
        match payload {
            Payload::TypeSection(section) => {
                cap(&section)?;
                for ty in section.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                cap(&section)?;
                for import in section.into_imports() {
                    self.import(&import?);
                }
            }
            Payload::FunctionSection(section) => {
                self.complexity.functions = u64::from(section.count());
                self.bodies = Some(section.clone().into_iter());
                self.functions = Some(section);
            }
            Payload::TableSection(section) => self.tables += u64::from(section.count()),
            Payload::MemorySection(section) => {
                self.memories += u64::from(section.count());
                for memory in section {
                    self.memory_bytes =
                        self.memory_bytes.saturating_add(memory?.initial.saturating_mul(PAGE_BYTES));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.name == START && export.kind == ExternalKind::Func {
                        self.start = Some(export.index);
                    }
                    self.exports.add(|| shown(export.name));
                }
            }
            Payload::CodeSectionEntry(body) => self.body(&body)?,
            Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                self.manifest = read_manifest(section.data());
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: &Import<'_>) {
        if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
            self.imported_functions += 1;
        }
        let name = || format!("{}::{}", shown(import.module), shown(import.name));
        self.imports.add(name);
        let given = (import.module == wasi::MODULE).then(|| wasi::signature(import.name)).flatten();
        match given {
            None => self.denied.add(name),
            Some(signature) if !self.has_signature(import.ty, signature) => {
                self.denied.add(|| format!("{} (of another type)", name()));
            }
            Some(_) => {}
        }
    }

    fn has_signature(
        &self,
        ty: TypeRef,
        signature: (&[wasmparser::ValType], &[wasmparser::ValType]),
    ) -> bool {
        match ty {
            TypeRef::Func(index) => {
                self.types.get(index as usize).is_some_and(|ty| (ty.params(), ty.results()) == signature)
            }
            _ => false,
        }
    }

    fn body(&mut self, body: &FunctionBody<'_>) -> Result<(), Malformed> {
        let bytes = body.range().len() as u64;
        self.complexity.function_bytes = self.complexity.function_bytes.max(bytes);

        let ty = self.bodies.as_mut().and_then(Iterator::next).transpose()?;
        let ty = ty.and_then(|index| self.types.get(index as usize));
        let mut locals = ty.map_or(0, |ty| ty.params().len() as u64);
        for declared in body.get_locals_reader()? {
            locals += u64::from(declared?.0);
        }
        self.complexity.locals = self.complexity.locals.max(locals);

        let (mut depth, mut checks) = (0_u64, 0_u64);
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Block { .. } | Operator::If { .. } => depth += 1,
                Operator::Loop { .. } => {
                    depth += 1;
                    checks += 1;
                }
                Operator::End => depth = depth.saturating_sub(1),
                Operator::MemoryGrow { .. }
                | Operator::MemoryFill { .. }
                | Operator::MemoryCopy { .. }
                | Operator::MemoryInit { .. }
                | Operator::TableGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. } => checks += 1,
                _ => {}
            }
            self.complexity.nesting = self.complexity.nesting.max(depth);
        }
        self.checks = self.checks.max(checks);
        Ok(())
    }

    fn has_start(&self) -> bool {
        let index = self.start.and_then(|start| start.checked_sub(self.imported_functions));
        let Some((index, functions)) = index.zip(self.functions.clone()) else { return false };
        let ty = functions.into_iter().nth(index as usize).and_then(Result::ok);
        ty.and_then(|ty| self.types.get(ty as usize))
            .is_some_and(|ty| ty.params().is_empty() && ty.results().is_empty())
    }

    fn finish(self) -> Inspection {
        Inspection {
            has_start: self.has_start(),
            imports: self.imports.finish(),
            denied: self.denied.finish(),
            exports: self.exports.finish(),
            manifest: self.manifest,
            complexity: self.complexity,
            component: false,
            instances: 1,
            memories: self.memories,
            entries: 0,
            tables: self.tables,
            checks: self.checks,
            memory_bytes: self.memory_bytes,
        }
    }
}

/// A count in a section's head is a claim; one past what wasm allows is refused before anything is kept.
fn cap<T>(section: &SectionLimited<'_, T>) -> Result<(), Malformed> {
    if section.count() > SECTION_MAX {
        let (at, count) = (section.original_position(), section.count());
        return Err(Malformed(format!(
            "a section of {count} entries, more than wasm allows (at offset {at:#x})"
        )));
    }
    Ok(())
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
