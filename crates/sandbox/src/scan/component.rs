//! What a component is made of: its modules, their instances, and what ties them together.

use genesis_abi::{MANIFEST_SECTION, Manifest, ModuleLimits};
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentTypeRef, Encoding, Instance,
    Parser, Payload, SectionLimited,
};

use super::{Inspection, Malformed, Names, Scan, cap, read_manifest, shown};
use crate::engine::COMPONENT_FEATURES;
use crate::guest::RUN;
use crate::wasi;

/// Walks a component.
///
/// A component within it may rename what it is given, as the tools' output does for its exports, and nothing else:
/// no module, no instance, no call. So the number of instances is what stands in the file, rather than a power of it,
/// and no call goes from one component to another, of which the engine's copying of text is not metered.
pub(super) fn scan(wasm: &[u8]) -> Result<Inspection, Malformed> {
    let mut walk = Walk::new(wasm.len() as u64);
    let mut parser = Parser::new(0);
    parser.set_features(COMPONENT_FEATURES);
    for payload in parser.parse_all(wasm) {
        walk.payload(payload?)?;
    }
    Ok(walk.finish())
}

struct Walk<'a> {
    at: Place<'a>,
    modules: Vec<Needs>,
    imports: Names,
    denied: Names,
    exports: Names,
    manifest: Option<Manifest>,
    complexity: ModuleLimits,
    has_run: bool,
    checks: u64,
    instances: u64,
    memories: u64,
    tables: u64,
    memory_bytes: u64,
    entries: u64,
}

enum Place<'a> {
    Outside,
    Root,
    Module(Box<Scan<'a>>),
    Nested,
}

/// What each instance of a module takes.
struct Needs {
    memories: u64,
    tables: u64,
    memory_bytes: u64,
}

impl<'a> Walk<'a> {
    fn new(bytes: u64) -> Self {
        Self {
            at: Place::Outside,
            modules: Vec::new(),
            imports: Names::default(),
            denied: Names::default(),
            exports: Names::default(),
            manifest: None,
            complexity: ModuleLimits {
                module_bytes: bytes,
                functions: 0,
                locals: 0,
                nesting: 0,
                function_bytes: 0,
            },
            has_run: false,
            checks: 0,
            instances: 0,
            memories: 0,
            tables: 0,
            memory_bytes: 0,
            entries: 0,
        }
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<(), Malformed> {
        match (&mut self.at, payload) {
            (Place::Root, Payload::Version { encoding: Encoding::Module, .. }) => {
                self.at = Place::Module(Box::new(Scan::new(0)));
            }
            (Place::Root, Payload::Version { encoding: Encoding::Component, .. }) => self.at = Place::Nested,
            (Place::Module(scan), Payload::End(_)) => {
                let found = std::mem::replace(&mut **scan, Scan::new(0));
                self.module(found);
                self.at = Place::Root;
            }
            (Place::Module(scan), payload) => scan.payload(payload)?,
            (Place::Outside, Payload::Version { .. }) | (Place::Nested, Payload::End(_)) => {
                self.at = Place::Root;
            }
            (Place::Nested, payload) => self.nested(payload)?,
            (Place::Outside | Place::Root, payload) => self.root(payload)?,
        }
        Ok(())
    }

    fn module(&mut self, scan: Scan<'_>) {
        let memories = scan.memories;
        let found = scan.finish();
        let (sum, has) = (&mut self.complexity, found.complexity);
        sum.functions += has.functions;
        sum.locals = sum.locals.max(has.locals);
        sum.nesting = sum.nesting.max(has.nesting);
        sum.function_bytes = sum.function_bytes.max(has.function_bytes);
        self.checks = self.checks.max(found.checks);
        self.modules.push(Needs { memories, tables: found.tables, memory_bytes: found.memory_bytes });
    }

    fn root(&mut self, payload: Payload<'a>) -> Result<(), Malformed> {
        match payload {
            Payload::InstanceSection(section) => {
                cap(&section)?;
                for instance in section {
                    self.instance(&instance?);
                }
            }
            Payload::ComponentImportSection(section) => {
                self.count(&section)?;
                for import in section {
                    let import = import?;
                    let name = || shown(import.name.name);
                    self.imports.add(name);
                    let given = matches!(import.ty, ComponentTypeRef::Instance(_));
                    if !(given && wasi::is_given(import.name.name)) {
                        self.denied.add(name);
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                self.count(&section)?;
                for export in section {
                    let export = export?;
                    self.has_run |=
                        export.kind == ComponentExternalKind::Instance && is_run(export.name.name);
                    self.exports.add(|| shown(export.name.name));
                }
            }
            Payload::ComponentAliasSection(section) => {
                self.count(&section)?;
                for alias in section {
                    if is_of_a_module(&alias?) {
                        return Err(Malformed("a module under a second name".to_owned()));
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => self.count(&section)?,
            Payload::ComponentTypeSection(section) => self.count(&section)?,
            Payload::CoreTypeSection(section) => self.count(&section)?,
            Payload::ComponentCanonicalSection(section) => self.count(&section)?,
            Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                self.manifest = read_manifest(section.data());
            }
            _ => {}
        }
        Ok(())
    }

    fn nested(&mut self, payload: Payload<'a>) -> Result<(), Malformed> {
        match payload {
            Payload::ComponentTypeSection(section) => self.count(&section),
            Payload::ComponentImportSection(section) => self.count(&section),
            Payload::ComponentExportSection(section) => self.count(&section),
            Payload::ComponentAliasSection(section) => self.count(&section),
            Payload::CustomSection(_) => Ok(()),
            _ => Err(Malformed(
                "a component within the component that does more than rename: build it as one component"
                    .to_owned(),
            )),
        }
    }

    fn count<T>(&mut self, section: &SectionLimited<'_, T>) -> Result<(), Malformed> {
        cap(section)?;
        self.entries += u64::from(section.count());
        Ok(())
    }

    /// An index past the modules is left to the validator.
    fn instance(&mut self, instance: &Instance<'_>) {
        match instance {
            Instance::Instantiate { module_index, args } => {
                self.instances += 1;
                self.entries += args.len() as u64;
                if let Some(needs) = self.modules.get(*module_index as usize) {
                    self.memories += needs.memories;
                    self.tables += needs.tables;
                    self.memory_bytes = self.memory_bytes.saturating_add(needs.memory_bytes);
                }
            }
            Instance::FromExports(exports) => self.entries += exports.len() as u64,
        }
    }

    fn finish(self) -> Inspection {
        Inspection {
            component: true,
            imports: self.imports.finish(),
            denied: self.denied.finish(),
            exports: self.exports.finish(),
            manifest: self.manifest,
            complexity: self.complexity,
            instances: self.instances,
            memories: self.memories,
            tables: self.tables,
            entries: self.entries,
            checks: self.checks,
            memory_bytes: self.memory_bytes,
            has_start: self.has_run,
        }
    }
}

/// Modules are counted by their place in the file, which an alias would shift.
fn is_of_a_module(alias: &ComponentAlias<'_>) -> bool {
    match alias {
        ComponentAlias::InstanceExport { kind, .. } => *kind == ComponentExternalKind::Module,
        ComponentAlias::Outer { kind, .. } => *kind == ComponentOuterAliasKind::CoreModule,
        ComponentAlias::CoreInstanceExport { .. } => false,
    }
}

fn is_run(name: &str) -> bool {
    let interface = |name: &'static str| name.split_once('@').map_or(name, |(interface, _)| interface);
    name.split_once('@')
        .is_some_and(|(found, version)| found == interface(RUN) && version.starts_with("0.2."))
}
