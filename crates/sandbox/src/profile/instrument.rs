//! A module in which every call is told to the host.
//!
//! Each function `f`, imported ones too, has a wrapper that stands where `f` stood: calls, tables, exports and the start
//! go to it.
//!
//! ```text
//! (func $wrapper (type of f)   ;; 1 for entering it
//!     i32.const <index of f>   ;; 1
//!     call $enter              ;; 1
//!     local.get 0 ...          ;; 1 each
//!     call $f                  ;; 1
//!     call $exit)              ;; 1
//! ```

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ElementSection, EntityType, ExportSection, Function,
    FunctionSection, GlobalSection, ImportSection, Instruction, MemorySection, Module, Section, StartSection,
    TableSection, TypeSection,
};
use wasmparser::{CompositeInnerType, ExternalKind, KnownCustom, Name, Parser, Payload, TypeRef};

use crate::cost;

/// Where the two functions come from. A guest cannot import from here: it would be a denied import.
pub(super) const MODULE: &str = "genesis:profile";
pub(super) const ENTER: &str = "enter";
pub(super) const EXIT: &str = "exit";

/// What the engine takes for entering any function.
const FUNCTION: u64 = 1;

/// Fuel that a wrapper uses up to the call of `enter`.
pub(super) fn cost_of_entering() -> u64 {
    let prices = cost::operators();
    FUNCTION + u64::from(prices.I32Const) + u64::from(prices.Call)
}

/// Fuel that a wrapper uses from there to the function itself.
pub(super) fn cost_of_passing_on(parameters: u32) -> u64 {
    let prices = cost::operators();
    u64::from(parameters) * u64::from(prices.LocalGet) + u64::from(prices.Call)
}

/// Fuel that a wrapper uses after the function.
pub(super) fn cost_of_leaving() -> u64 {
    u64::from(cost::operators().Call)
}

/// A module that tells the host of every call.
#[derive(Debug)]
pub(super) struct Instrumented {
    pub(super) wasm: Vec<u8>,
    /// Name of each function by its index in the module as it was.
    pub(super) names: Vec<String>,
    /// Number of its parameters.
    pub(super) parameters: Vec<u32>,
    /// Whether the module names its functions.
    pub(super) named: bool,
}

/// Wraps every function of a valid module.
///
/// # Errors
/// When it cannot be read, or has more functions than indices.
pub(super) fn instrument(wasm: &[u8]) -> Result<Instrumented, String> {
    let read = Read::of(wasm).map_err(|error| error.to_string())?;
    let imported = read.imports.len();
    let functions = imported + read.defined.len();
    // Imports, the two new ones, wrappers, and the functions themselves must all have an index.
    let shift = u32::try_from(imported + 2 + functions + functions)
        .and_then(|_| u32::try_from(imported + 2))
        .map_err(|_| "it has too many functions".to_owned())?;
    let parameters: Vec<u32> = read
        .imports
        .iter()
        .map(|import| import.ty)
        .chain(read.defined.iter().copied())
        .map(|ty| read.parameters.get(ty as usize).copied().unwrap_or_default())
        .collect();
    let encoded = encode(wasm, &read, Shift(shift), &parameters).map_err(|error| format!("{error:?}"))?;
    let (names, has_names) = read.names(functions);
    Ok(Instrumented { wasm: encoded, names, parameters, named: has_names })
}

/// Where a function goes: its wrapper stands as many places later as there are imports, the new ones among them.
struct Shift(u32);

impl Reencode for Shift {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(function + self.0)
    }
}

/// What must be known before anything is written.
#[derive(Default)]
struct Read<'a> {
    /// Parameters of each type.
    parameters: Vec<u32>,
    imports: Vec<Imported<'a>>,
    /// Type of each function that the module defines.
    defined: Vec<u32>,
    /// Names of the name section.
    named: Vec<(u32, &'a str)>,
    exported: Vec<(u32, &'a str)>,
}

struct Imported<'a> {
    ty: u32,
    module: &'a str,
    name: &'a str,
}

impl<'a> Read<'a> {
    fn of(wasm: &'a [u8]) -> wasmparser::Result<Self> {
        let mut read = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group?.into_types() {
                            let parameters = match ty.composite_type.inner {
                                CompositeInnerType::Func(ty) => ty.params().len(),
                                _ => 0,
                            };
                            read.parameters.push(u32::try_from(parameters).unwrap_or(u32::MAX));
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if let TypeRef::Func(ty) = import.ty {
                            read.imports.push(Imported { ty, module: import.module, name: import.name });
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    read.defined = section.into_iter().collect::<wasmparser::Result<_>>()?;
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            read.exported.push((export.index, export.name));
                        }
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        // A name section that cannot be read names nothing, as for the engine.
                        for name in names.into_iter().map_while(Result::ok) {
                            if let Name::Function(functions) = name {
                                let functions = functions.into_iter().map_while(Result::ok);
                                read.named.extend(functions.map(|naming| (naming.index, naming.name)));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(read)
    }

    /// Names of all functions, and whether the module has any of its own.
    fn names(&self, functions: usize) -> (Vec<String>, bool) {
        let mut names: Vec<String> = (0..functions).map(|index| format!("function {index}")).collect();
        for (index, import) in self.imports.iter().enumerate() {
            names[index] = format!("{}::{}", import.module, import.name);
        }
        let mut set = |index: u32, name: &str| {
            let defined = index as usize >= self.imports.len();
            if let Some(known) = names.get_mut(index as usize).filter(|_| defined && !name.is_empty()) {
                *known = format!("{:#}", rustc_demangle::demangle(name));
            }
        };
        self.exported.iter().for_each(|(index, name)| set(*index, name));
        self.named.iter().for_each(|(index, name)| set(*index, name));
        (names, !self.named.is_empty())
    }
}

fn encode(
    wasm: &[u8],
    read: &Read<'_>,
    mut shift: Shift,
    parameters: &[u32],
) -> Result<Vec<u8>, Error<Infallible>> {
    let imported = read.imports.len();
    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    let mut functions = FunctionSection::new();
    let mut tables = TableSection::new();
    let mut memories = MemorySection::new();
    let mut globals = GlobalSection::new();
    let mut exports = ExportSection::new();
    let mut start = None;
    let mut elements = ElementSection::new();
    let mut data_count = None;
    let mut code = CodeSection::new();
    let mut data = DataSection::new();

    // Every index fits: the sum of them all was looked at.
    let index = |function: usize| u32::try_from(function).unwrap_or(u32::MAX);
    let enter = index(imported);
    let exit = enter + 1;
    for (function, &count) in parameters.iter().enumerate() {
        // An import keeps its index; a function of the module's own stands after all wrappers.
        let inner = if function < imported {
            function
        } else {
            imported + 2 + parameters.len() + (function - imported)
        };
        code.function(&wrapper(index(function), count, enter, exit, index(inner)));
    }
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => shift.parse_type_section(&mut types, section)?,
            Payload::ImportSection(section) => shift.parse_import_section(&mut imports, section)?,
            Payload::TableSection(section) => shift.parse_table_section(&mut tables, section)?,
            Payload::MemorySection(section) => shift.parse_memory_section(&mut memories, section)?,
            Payload::GlobalSection(section) => shift.parse_global_section(&mut globals, section)?,
            Payload::ExportSection(section) => shift.parse_export_section(&mut exports, section)?,
            Payload::StartSection { func, .. } => start = Some(shift.function_index(func)?),
            Payload::ElementSection(section) => shift.parse_element_section(&mut elements, section)?,
            Payload::DataCountSection { count, .. } => data_count = Some(count),
            Payload::CodeSectionEntry(body) => shift.parse_function_body(&mut code, body)?,
            Payload::DataSection(section) => shift.parse_data_section(&mut data, section)?,
            _ => {}
        }
    }
    let ty = types.len();
    types.ty().function([wasm_encoder::ValType::I32], []);
    types.ty().function([], []);
    imports.import(MODULE, ENTER, EntityType::Function(ty));
    imports.import(MODULE, EXIT, EntityType::Function(ty + 1));
    let own = read.defined.iter().copied();
    for ty in read.imports.iter().map(|import| import.ty).chain(own.clone()).chain(own) {
        functions.function(ty);
    }

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions);
    section(&mut module, &tables, tables.is_empty());
    section(&mut module, &memories, memories.is_empty());
    section(&mut module, &globals, globals.is_empty());
    section(&mut module, &exports, exports.is_empty());
    if let Some(function_index) = start {
        module.section(&StartSection { function_index });
    }
    section(&mut module, &elements, elements.is_empty());
    if let Some(count) = data_count {
        module.section(&DataCountSection { count });
    }
    module.section(&code);
    section(&mut module, &data, data.is_empty());
    Ok(module.finish())
}

fn section(module: &mut Module, section: &impl Section, empty: bool) {
    if !empty {
        module.section(section);
    }
}

fn wrapper(function: u32, parameters: u32, enter: u32, exit: u32, inner: u32) -> Function {
    let mut wrapper = Function::new([]);
    wrapper.instruction(&Instruction::I32Const(function.cast_signed()));
    wrapper.instruction(&Instruction::Call(enter));
    for parameter in 0..parameters {
        wrapper.instruction(&Instruction::LocalGet(parameter));
    }
    wrapper.instruction(&Instruction::Call(inner));
    wrapper.instruction(&Instruction::Call(exit));
    wrapper.instruction(&Instruction::End);
    wrapper
}
