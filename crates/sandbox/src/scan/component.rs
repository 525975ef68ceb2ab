//! What a component is made of: its modules, their instances, and what ties them together.

use std::collections::BTreeSet;

use genesis_abi::{MANIFEST_SECTION, Manifest, ModuleLimits};
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentTypeRef, CustomSectionReader,
    Encoding, Instance, Parser, Payload, SectionLimited,
};

use super::module::Scan;
use super::{Inspection, Malformed, Names, cap, read_manifest, shown};
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

struct Walk {
    at: Place,
    modules: Vec<Needs>,
    imports: Names,
    denied: Names,
    exports: Names,
    manifest: Option<Manifest>,
    features: BTreeSet<String>,
    has: ModuleLimits,
    has_run: bool,
    memory_bytes: u64,
    steps: u64,
}

enum Place {
    Outside,
    Root,
    Module(Box<Scan>),
    Nested,
}

/// What each instance of a module takes.
struct Needs {
    memories: u64,
    tables: u64,
    memory_bytes: u64,
}

impl Walk {
    fn new(bytes: u64) -> Self {
        Self {
            at: Place::Outside,
            modules: Vec::new(),
            imports: Names::default(),
            denied: Names::default(),
            exports: Names::default(),
            manifest: None,
            features: BTreeSet::new(),
            has: ModuleLimits { module_bytes: bytes, ..ModuleLimits::of(|_| 0) },
            has_run: false,
            memory_bytes: 0,
            steps: 0,
        }
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<(), Malformed> {
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

    fn module(&mut self, scan: Scan) {
        let found = scan.finish();
        let (sum, has) = (&mut self.has, found.complexity);
        sum.types += has.types;
        sum.imports += has.imports;
        sum.functions += has.functions;
        sum.globals += has.globals;
        sum.exports += has.exports;
        sum.segments += has.segments;
        sum.custom_bytes += has.custom_bytes;
        sum.name_bytes = sum.name_bytes.max(has.name_bytes);
        sum.function_bytes = sum.function_bytes.max(has.function_bytes);
        sum.locals = sum.locals.max(has.locals);
        sum.nesting = sum.nesting.max(has.nesting);
        sum.branch_targets = sum.branch_targets.max(has.branch_targets);
        sum.loops = sum.loops.max(has.loops);
        sum.values = sum.values.max(has.values);
        sum.effort = sum.effort.saturating_add(has.effort);
        self.features.extend(found.features);
        self.steps += found.steps;
        self.modules.push(Needs {
            memories: has.memories,
            tables: has.tables,
            memory_bytes: found.memory_bytes,
        });
    }

    fn root(&mut self, payload: Payload<'_>) -> Result<(), Malformed> {
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
                    self.name(import.name.name);
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
                    self.name(export.name.name);
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
            Payload::CustomSection(section) => {
                self.custom(&section);
                if section.name() == MANIFEST_SECTION {
                    self.manifest = read_manifest(section.data());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn nested(&mut self, payload: Payload<'_>) -> Result<(), Malformed> {
        match payload {
            Payload::ComponentTypeSection(section) => self.count(&section),
            Payload::ComponentImportSection(section) => self.count(&section),
            Payload::ComponentExportSection(section) => self.count(&section),
            Payload::ComponentAliasSection(section) => self.count(&section),
            Payload::CustomSection(section) => {
                self.custom(&section);
                Ok(())
            }
            _ => Err(Malformed(
                "a component within the component that does more than rename: build it as one component"
                    .to_owned(),
            )),
        }
    }

    fn count<T>(&mut self, section: &SectionLimited<'_, T>) -> Result<(), Malformed> {
        let count = cap(section)?;
        self.has.entries += count;
        Ok(())
    }

    fn custom(&mut self, section: &CustomSectionReader<'_>) {
        self.name(section.name());
        self.has.custom_bytes += section.range().len() as u64;
        self.steps += 1;
    }

    fn name(&mut self, name: &str) {
        self.has.name_bytes = self.has.name_bytes.max(name.len() as u64);
        self.steps += 1;
    }

    /// An index past the modules is left to the validator.
    fn instance(&mut self, instance: &Instance<'_>) {
        match instance {
            Instance::Instantiate { module_index, args } => {
                self.has.instances += 1;
                self.has.entries += args.len() as u64;
                if let Some(needs) = self.modules.get(*module_index as usize) {
                    self.has.memories += needs.memories;
                    self.has.tables += needs.tables;
                    self.memory_bytes = self.memory_bytes.saturating_add(needs.memory_bytes);
                }
            }
            Instance::FromExports(exports) => self.has.entries += exports.len() as u64,
        }
    }

    fn finish(self) -> Inspection {
        Inspection {
            component: true,
            imports: self.imports.finish(),
            denied: self.denied.finish(),
            exports: self.exports.finish(),
            manifest: self.manifest,
            features: self.features.into_iter().collect(),
            complexity: self.has,
            memory_bytes: self.memory_bytes,
            steps: self.steps,
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
