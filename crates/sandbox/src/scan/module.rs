//! What a module is made of.

use genesis_abi::{MANIFEST_SECTION, Manifest, ModuleLimits};
use wasmparser::{
    BlockType, CompositeInnerType, DataKind, ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody,
    Import, Operator, Parser, Payload, TableInit, TypeRef, ValType, WasmFeatures,
};

use super::features::Features;
use super::{Inspection, Malformed, Names, SECTION_MAX, cap, read_manifest, shown};
use crate::guest::START;
use crate::wasi;

const PAGE_BYTES: u64 = 64 << 10;

/// How many times a loop counts where values meet, for each loop that it lies in and itself. With that, functions that
/// count alike take about as long to compile: 10,000 blocks with 1,000 locals 3.3 s, 900 loops with 5,000 locals 4.7 s, 100
/// loops in one another with 1,000 locals 0.8 s, and 500 with 1,000 locals, 12 KB of text, more than 100 s.
const LOOP_MERGES: u64 = 8;

/// Labels of which the values are known; beyond, a function is too deep for any policy.
const LABELS_MAX: usize = 1 << 16;

pub(super) fn scan(wasm: &[u8]) -> Result<Inspection, Malformed> {
    let mut scan = Scan::new(wasm.len() as u64);
    let mut parser = Parser::new(0);
    // What is off is read as well, so that it is named rather than taken for garbage.
    parser.set_features(WasmFeatures::all());
    for payload in parser.parse_all(wasm) {
        scan.payload(payload?)?;
    }
    Ok(scan.finish())
}

/// What is known so far. Sections come in a fixed order, so that types are there when imports and bodies name them.
pub(super) struct Scan {
    /// `None` for a type that is of no function.
    types: Vec<Option<FuncType>>,
    /// Type of each function, the imported ones first.
    functions: Vec<u32>,
    imported_functions: usize,
    /// Bodies looked at.
    bodies: usize,
    start: Option<u32>,
    imports: Names,
    denied: Names,
    exports: Names,
    features: Features,
    manifest: Option<Manifest>,
    has: ModuleLimits,
    memory_bytes: u64,
    steps: u64,
    /// The open labels of the function at hand; kept for its room.
    labels: Vec<Label>,
}

impl Scan {
    pub(super) fn new(module_bytes: u64) -> Self {
        Self {
            types: Vec::new(),
            functions: Vec::new(),
            imported_functions: 0,
            bodies: 0,
            start: None,
            imports: Names::default(),
            denied: Names::default(),
            exports: Names::default(),
            features: Features::default(),
            manifest: None,
            has: ModuleLimits { module_bytes, instances: 1, ..ModuleLimits::of(|_| 0) },
            memory_bytes: 0,
            steps: 0,
            labels: Vec::new(),
        }
    }

    pub(super) fn payload(&mut self, payload: Payload<'_>) -> Result<(), Malformed> {
        match payload {
            Payload::TypeSection(section) => {
                cap(&section)?;
                for group in section {
                    let group = group?;
                    if group.is_explicit_rec_group() {
                        self.features.uses("gc");
                    }
                    for ty in group.into_types() {
                        self.features.ty(&ty);
                        self.ty(ty.composite_type.inner)?;
                    }
                }
            }
            Payload::ImportSection(section) => {
                cap(&section)?;
                for import in section.into_imports() {
                    self.import(&import?)?;
                }
            }
            Payload::FunctionSection(section) => {
                self.has.functions += cap(&section)?;
                for ty in section {
                    self.functions.push(ty?);
                    self.steps += 1;
                }
            }
            Payload::TableSection(section) => {
                self.has.tables += cap(&section)?;
                for table in section {
                    let table = table?;
                    self.steps += 1;
                    self.features.table(&table.ty);
                    if let TableInit::Expr(expression) = &table.init {
                        self.features.uses("function references");
                        self.steps += self.features.constant(expression)?;
                    }
                }
            }
            Payload::MemorySection(section) => {
                self.has.memories += cap(&section)?;
                for memory in section {
                    let memory = memory?;
                    self.steps += 1;
                    self.features.memory(&memory);
                    let bytes = memory.initial.saturating_mul(PAGE_BYTES);
                    self.memory_bytes = self.memory_bytes.saturating_add(bytes);
                }
                if self.has.memories > 1 {
                    self.features.uses("multi-memory");
                }
            }
            Payload::TagSection(_) => self.features.uses("exceptions"),
            Payload::GlobalSection(section) => {
                self.has.globals += cap(&section)?;
                for global in section {
                    let global = global?;
                    self.features.value(global.ty.content_type);
                    if global.ty.shared {
                        self.features.uses("shared-everything threads");
                    }
                    self.steps += 1 + self.features.constant(&global.init_expr)?;
                }
            }
            Payload::ExportSection(section) => {
                self.has.exports += cap(&section)?;
                for export in section {
                    let export = export?;
                    if export.name == START && export.kind == ExternalKind::Func {
                        self.start = Some(export.index);
                    }
                    self.steps += 1;
                    self.name(export.name);
                    self.exports.add(|| shown(export.name));
                }
            }
            Payload::ElementSection(section) => {
                self.has.segments += cap(&section)?;
                for element in section {
                    let element = element?;
                    self.steps += 1;
                    if let ElementKind::Active { offset_expr, .. } = &element.kind {
                        self.steps += self.features.constant(offset_expr)?;
                    }
                    if let ElementItems::Expressions(reference, expressions) = element.items {
                        self.features.reference(reference);
                        for expression in expressions {
                            self.steps += self.features.constant(&expression?)?;
                        }
                    }
                }
            }
            Payload::DataSection(section) => {
                self.has.segments += cap(&section)?;
                for data in section {
                    self.steps += 1;
                    if let DataKind::Active { offset_expr, .. } = data?.kind {
                        self.steps += self.features.constant(&offset_expr)?;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.body(&body)?,
            Payload::CustomSection(section) => {
                self.steps += 1;
                self.name(section.name());
                self.has.custom_bytes += section.range().len() as u64;
                if section.name() == MANIFEST_SECTION {
                    self.manifest = read_manifest(section.data());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn ty(&mut self, ty: CompositeInnerType) -> Result<(), Malformed> {
        if self.types.len() == SECTION_MAX as usize {
            return Err(Malformed(format!("more than {SECTION_MAX} types, more than wasm allows")));
        }
        self.has.types += 1;
        self.steps += 1;
        self.types.push(match ty {
            CompositeInnerType::Func(ty) => {
                self.steps += (ty.params().len() + ty.results().len()) as u64;
                Some(ty)
            }
            _ => None,
        });
        Ok(())
    }

    fn import(&mut self, import: &Import<'_>) -> Result<(), Malformed> {
        if self.has.imports == u64::from(SECTION_MAX) {
            return Err(Malformed(format!("more than {SECTION_MAX} imports, more than wasm allows")));
        }
        self.has.imports += 1;
        self.steps += 1;
        self.name(import.module);
        self.name(import.name);
        match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.functions.push(ty);
                self.imported_functions += 1;
            }
            TypeRef::Memory(memory) => self.features.memory(&memory),
            TypeRef::Table(table) => self.features.table(&table),
            TypeRef::Global(global) => self.features.value(global.content_type),
            TypeRef::Tag(_) => self.features.uses("exceptions"),
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
        Ok(())
    }

    fn name(&mut self, name: &str) {
        self.has.name_bytes = self.has.name_bytes.max(name.len() as u64);
    }

    fn has_signature(&self, ty: TypeRef, signature: (&[ValType], &[ValType])) -> bool {
        match ty {
            TypeRef::Func(index) => {
                self.of_function(index).is_some_and(|ty| (ty.params(), ty.results()) == signature)
            }
            _ => false,
        }
    }

    fn of_function(&self, ty: u32) -> Option<&FuncType> {
        self.types.get(ty as usize)?.as_ref()
    }

    /// Parameters and results of a function's type; an index past the types is left to the validator.
    fn arity(&self, ty: Option<u32>) -> (u64, u64) {
        ty.and_then(|ty| self.of_function(ty))
            .map_or((0, 0), |ty| (ty.params().len() as u64, ty.results().len() as u64))
    }

    fn arity_of_block(&self, ty: BlockType) -> (u64, u64) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(ty) => self.arity(Some(ty)),
        }
    }

    fn body(&mut self, body: &FunctionBody<'_>) -> Result<(), Malformed> {
        let ty = self.functions.get(self.imported_functions + self.bodies).copied();
        self.bodies += 1;
        let (parameters, results) = self.arity(ty);
        let mut locals = parameters;
        for declared in body.get_locals_reader()? {
            let (count, value) = declared?;
            locals += u64::from(count);
            self.steps += 1;
            self.features.value(value);
        }
        let mut shape = Shape { labels: std::mem::take(&mut self.labels), depth: 0, ..Shape::default() };
        shape.labels.clear();
        shape.labels.push(Label { values: results, is_loop: false });
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            self.steps += 1;
            self.features.operator(&operator);
            self.operator(&operator, &mut shape)?;
        }
        let has = &mut self.has;
        has.function_bytes = has.function_bytes.max(body.range().len() as u64);
        has.locals = has.locals.max(locals);
        has.nesting = has.nesting.max(shape.deepest);
        has.branch_targets = has.branch_targets.max(shape.targets);
        has.loops = has.loops.max(shape.loops);
        has.values = has.values.max(shape.values);
        has.effort = has.effort.saturating_add(shape.effort(locals));
        self.labels = shape.labels;
        Ok(())
    }

    fn operator(&mut self, operator: &Operator<'_>, shape: &mut Shape) -> Result<(), Malformed> {
        match operator {
            Operator::Block { blockty }
            | Operator::If { blockty }
            | Operator::Try { blockty }
            | Operator::TryTable { try_table: wasmparser::TryTable { ty: blockty, .. } } => {
                let (parameters, results) = self.arity_of_block(*blockty);
                shape.open(parameters + results, Label { values: results, is_loop: false });
            }
            Operator::Loop { blockty } => {
                let (parameters, results) = self.arity_of_block(*blockty);
                shape.open(parameters + results, Label { values: parameters, is_loop: true });
                shape.loops += 1;
            }
            Operator::End => shape.close(),
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                shape.branch(*relative_depth);
            }
            Operator::BrTable { targets } => {
                shape.targets += u64::from(targets.len()) + 1;
                self.steps += u64::from(targets.len());
                shape.branch(targets.default());
                for target in targets.targets() {
                    shape.branch(target?);
                }
            }
            Operator::Return => shape.values += shape.labels[0].values,
            Operator::Call { function_index } => {
                let ty = self.functions.get(*function_index as usize).copied();
                let (parameters, results) = self.arity(ty);
                shape.values += parameters + results;
            }
            Operator::CallIndirect { type_index, .. } => {
                let (parameters, results) = self.arity(Some(*type_index));
                shape.values += parameters + results;
            }
            Operator::MemoryGrow { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. } => shape.loops += 1,
            _ => {}
        }
        Ok(())
    }

    fn has_start(&self) -> bool {
        let Some(start) = self.start.map(|start| start as usize) else { return false };
        start >= self.imported_functions
            && self
                .functions
                .get(start)
                .and_then(|ty| self.of_function(*ty))
                .is_some_and(|ty| ty.params().is_empty() && ty.results().is_empty())
    }

    pub(super) fn finish(self) -> Inspection {
        Inspection {
            component: false,
            has_start: self.has_start(),
            imports: self.imports.finish(),
            denied: self.denied.finish(),
            exports: self.exports.finish(),
            features: self.features.finish(),
            manifest: self.manifest,
            complexity: self.has,
            memory_bytes: self.memory_bytes,
            steps: self.steps,
        }
    }
}

/// Something that a branch can go to.
#[derive(Clone, Copy)]
struct Label {
    /// Values that a branch to it hands over.
    values: u64,
    is_loop: bool,
}

/// What one function is made of.
#[derive(Default)]
struct Shape {
    labels: Vec<Label>,
    depth: u64,
    deepest: u64,
    /// Loops that are open.
    loop_depth: u64,
    /// Places where two ways meet, each loop counted [`LOOP_MERGES`] times for each loop around it and itself.
    merges: u64,
    loops: u64,
    targets: u64,
    values: u64,
}

impl Shape {
    /// What compiling a function of this shape costs, as [`ModuleLimits::effort`] has it. The check of the fuel at each loop
    /// costs the square of their number (8,000: 29 s), nesting its own (50,000: 38 s), and 200,000 values 0.7 s.
    fn effort(&self, locals: u64) -> u64 {
        let square = |number: u64| number.saturating_mul(number);
        let merges = locals.saturating_mul(self.merges);
        let checks = square(self.loops).saturating_mul(2);
        let values = self.values.saturating_mul(4);
        [merges, checks, square(self.deepest) / 25, values].into_iter().fold(0, u64::saturating_add)
    }

    fn open(&mut self, values: u64, label: Label) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        self.values += values;
        if self.labels.len() < LABELS_MAX {
            self.labels.push(label);
            self.loop_depth += u64::from(label.is_loop);
        }
        self.merges += if label.is_loop { LOOP_MERGES * self.loop_depth } else { 1 };
    }

    fn close(&mut self) {
        // The function's own label stays: a return is a branch to it.
        if self.depth > 0 && self.depth < self.labels.len() as u64 {
            let closed = self.labels.pop();
            self.loop_depth -= u64::from(closed.is_some_and(|label| label.is_loop));
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn branch(&mut self, relative_depth: u32) {
        let label = self.depth.checked_sub(u64::from(relative_depth)).and_then(|at| usize::try_from(at).ok());
        self.values += label.and_then(|at| self.labels.get(at)).map_or(0, |label| label.values);
    }
}
