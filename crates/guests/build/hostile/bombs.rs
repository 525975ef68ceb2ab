//! Modules that no hand would write: too deep, too many, too long, or broken in one byte.

use std::fmt::Write as _;

use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, InstructionSink,
    MemorySection, MemoryType, Module, RefType, TableSection, TableType, TypeSection, ValType,
};

use super::calls;

/// The module `bomb` of a size, or a reason why there is none.
pub(super) fn make(bomb: &str, count: u32) -> Result<Vec<u8>, String> {
    let n = count as usize;
    Ok(match bomb {
        "blocks" => command(|code| code.raw([0x02, 0x40].repeat(n)).raw(vec![0x0b; n])),
        "loops" => command(|code| code.raw([0x03, 0x40, 0x0b].repeat(n))),
        "nops" => command(|code| code.raw(vec![0x01; n])),
        "branch_targets" => command(|code| {
            let _ = code.instructions().i32_const(0).br_table(std::iter::repeat_n(0, n), 0);
            code
        }),
        "locals" => with_function(Function::new([(count, ValType::I32)])),
        "claimed_locals" => with_function(Function::new([(u32::MAX, ValType::I32); 5])),
        "functions" => functions(count),
        "types" => types(count),
        "imports" => imports(count),
        "exports" => exports(count),
        "globals" => globals(count),
        "data_segments" => data_segments(count),
        "element_segments" => element_segments(count),
        "custom" => {
            let mut module = parts(&[Function::new([])]);
            module.section(&CustomSection { name: "name".into(), data: vec![0; n].into() });
            module.finish()
        }
        "long_name" => {
            let mut module = Module::new();
            let mut exports = ExportSection::new();
            exports.export(&"n".repeat(n), ExportKind::Func, 0).export("_start", ExportKind::Func, 0);
            module.section(&one_type()).section(&one_function()).section(&exports);
            module.section(&code(&[Function::new([])]));
            module.finish()
        }
        "blocks_of_many_values" => many_values(count, |sink, _| {
            let _ = sink.block(wasm_encoder::BlockType::FunctionType(1)).end();
        }),
        "branches_of_many_values" => many_values(count, |sink, _| {
            let _ = sink.i32_const(0).br_if(0);
        }),
        "calls_of_many_values" => many_values(count, |sink, function| {
            let _ = sink.call(function);
        }),
        "merges" => merges(count),
        "loops_over_locals" => with_function(loops_over_locals(count, 1_000)),
        "many_functions_of_loops" => parts(&vec![loops_over_locals(30, 100); n]).finish(),
        "malformed_number" => {
            // The length of the type section in six bytes, where five are the most.
            [&HEADER[..], &[1, 0x84, 0x80, 0x80, 0x80, 0x80, 0x00, 1, 0x60, 0, 0]].concat()
        }
        "claimed_types" => [&HEADER[..], &[1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]].concat(),
        "section_past_the_end" => [&HEADER[..], &[1, 0xff, 0xff, 0x7f, 1, 0x60, 0, 0]].concat(),
        "half_a_module" => {
            let mut whole = command(|code| code.raw(vec![0x01; n]));
            whole.truncate(whole.len() / 2);
            whole
        }
        "one_name_twice" => {
            let mut module = Module::new();
            let mut exports = ExportSection::new();
            exports.export("_start", ExportKind::Func, 0).export("_start", ExportKind::Func, 0);
            module.section(&one_type()).section(&one_function()).section(&exports);
            module.section(&code(&[Function::new([])]));
            module.finish()
        }
        "every_call" => calls::with_every_argument(),
        "wide_table" => component(&format!("(type (tuple {}))", "u8 ".repeat(n))),
        "deep_type" => component(&deep_type(n)),
        "doubled_types" => component(&doubled(n, |before| format!("(type (tuple {before} {before}))"))),
        "component_entries" => component(&"(type (list u8))".repeat(n)),
        "component_instances" => {
            component(&format!("(core module $empty){}", "(core instance (instantiate $empty))".repeat(n)))
        }
        "doubled_components" => component(&laughs(n)),
        "long_string" => component(&format!("(core module (@custom \"{}\" \"\"))", "x".repeat(n))),
        other => return Err(format!("no bomb is called `{other}`")),
    })
}

const HEADER: [u8; 8] = *b"\0asm\x01\0\0\0";

/// A function body under construction; each step gives it on.
struct Code(Function);

impl Code {
    fn raw(&mut self, bytes: impl IntoIterator<Item = u8>) -> &mut Self {
        self.0.raw(bytes);
        self
    }

    fn instructions(&mut self) -> InstructionSink<'_> {
        self.0.instructions()
    }
}

/// A module whose `_start` has this body.
fn command(body: impl FnOnce(&mut Code) -> &mut Code) -> Vec<u8> {
    let mut code = Code(Function::new([]));
    body(&mut code);
    with_function(code.0)
}

/// A module whose `_start` is this function; its final `end` is added.
fn with_function(function: Function) -> Vec<u8> {
    parts(&[function]).finish()
}

/// A module with these functions, the first of which is `_start`; each final `end` is added.
fn parts(functions: &[Function]) -> Module {
    let mut module = Module::new();
    let mut declared = FunctionSection::new();
    for _ in functions {
        declared.function(0);
    }
    module
        .section(&one_type())
        .section(&declared)
        .section(&memory())
        .section(&start())
        .section(&code(functions));
    module
}

fn one_type() -> TypeSection {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types
}

fn one_function() -> FunctionSection {
    let mut functions = FunctionSection::new();
    functions.function(0);
    functions
}

fn memory() -> MemorySection {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    memories
}

fn start() -> ExportSection {
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("_start", ExportKind::Func, 0);
    exports
}

fn code(functions: &[Function]) -> CodeSection {
    let mut code = CodeSection::new();
    for function in functions {
        let mut function = function.clone();
        function.instructions().end();
        code.function(&function);
    }
    code
}

fn functions(count: u32) -> Vec<u8> {
    let mut declared = FunctionSection::new();
    let mut bodies = CodeSection::new();
    let mut empty = Function::new([]);
    empty.instructions().end();
    for _ in 0..count {
        declared.function(0);
        bodies.function(&empty);
    }
    let mut module = Module::new();
    module.section(&one_type()).section(&declared).section(&memory()).section(&start()).section(&bodies);
    module.finish()
}

fn types(count: u32) -> Vec<u8> {
    let mut types = one_type();
    (1..count).for_each(|_| types.ty().function([], []));
    let mut module = Module::new();
    module.section(&types).section(&one_function()).section(&memory()).section(&start());
    module.section(&code(&[Function::new([])]));
    module.finish()
}

/// Imports of functions that the host has, so that their number alone is wrong.
fn imports(count: u32) -> Vec<u8> {
    let mut types = one_type();
    types.ty().function([], [ValType::I32]);
    let mut imports = ImportSection::new();
    (0..count).for_each(|_| {
        imports.import("wasi_snapshot_preview1", "sched_yield", EntityType::Function(1));
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("_start", ExportKind::Func, count);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&one_function()).section(&memory()).section(&exports);
    module.section(&code(&[Function::new([])]));
    module.finish()
}

fn exports(count: u32) -> Vec<u8> {
    let mut exports = start();
    (0..count).for_each(|n| {
        exports.export(&n.to_string(), ExportKind::Func, 0);
    });
    let mut module = Module::new();
    module.section(&one_type()).section(&one_function()).section(&memory()).section(&exports);
    module.section(&code(&[Function::new([])]));
    module.finish()
}

fn globals(count: u32) -> Vec<u8> {
    let mut globals = GlobalSection::new();
    (0..count).for_each(|_| {
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i32_const(0));
    });
    let mut module = Module::new();
    module
        .section(&one_type())
        .section(&one_function())
        .section(&memory())
        .section(&globals)
        .section(&start());
    module.section(&code(&[Function::new([])]));
    module.finish()
}

fn data_segments(count: u32) -> Vec<u8> {
    let mut module = parts(&[Function::new([])]);
    let mut data = DataSection::new();
    (0..count).for_each(|_| {
        data.active(0, &ConstExpr::i32_const(0), [7]);
    });
    module.section(&data);
    module.finish()
}

fn element_segments(count: u32) -> Vec<u8> {
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: 1,
        maximum: None,
        table64: false,
        shared: false,
    });
    let mut elements = ElementSection::new();
    (0..count).for_each(|_| {
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![0].into()));
    });
    let mut module = Module::new();
    module
        .section(&one_type())
        .section(&one_function())
        .section(&tables)
        .section(&memory())
        .section(&start());
    module.section(&elements).section(&code(&[Function::new([])]));
    module.finish()
}

/// A function that keeps a thousand values on its stack and does `step` with them again and again. Type 1 takes a
/// thousand values and gives as many; `step` is told the function that has this type.
fn many_values(count: u32, step: impl Fn(&mut InstructionSink<'_>, u32)) -> Vec<u8> {
    const VALUES: usize = 1000;
    let mut types = one_type();
    types.ty().function([ValType::I32; VALUES], [ValType::I32; VALUES]);
    let mut declared = FunctionSection::new();
    declared.function(0).function(1);
    let mut body = Function::new([]);
    let mut sink = body.instructions();
    let values = |sink: &mut InstructionSink<'_>| {
        (0..VALUES).for_each(|_| {
            sink.i32_const(7);
        });
    };
    values(&mut sink);
    // A block of its own: a branch to it hands the thousand values over.
    sink.block(wasm_encoder::BlockType::FunctionType(1));
    (0..count).for_each(|_| step(&mut sink, 1));
    sink.end();
    (0..VALUES).for_each(|_| {
        sink.drop();
    });
    let mut other = Function::new([]);
    (0..u32::try_from(VALUES).expect("a thousand")).for_each(|local| {
        other.instructions().local_get(local);
    });
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&memory()).section(&start());
    module.section(&code(&[body, other]));
    module.finish()
}

/// Ten thousand locals, `count` places where two ways meet and one local differs, and a look at each local at the end.
fn merges(count: u32) -> Vec<u8> {
    const LOCALS: u32 = 10_000;
    let mut body = Function::new([(LOCALS, ValType::I32)]);
    let mut sink = body.instructions();
    (0..count).for_each(|n| {
        sink.block(wasm_encoder::BlockType::Empty).local_get(0).br_if(0);
        sink.i32_const(1).local_set(n % LOCALS).end();
    });
    (0..LOCALS).for_each(|local| {
        sink.i32_const(0).local_get(local).i32_store(wasm_encoder::MemArg {
            offset: 0,
            align: 2,
            memory_index: 0,
        });
    });
    with_function(body)
}

/// `depth` loops in one another, the innermost of which changes each of so many locals.
fn loops_over_locals(depth: u32, locals: u32) -> Function {
    let mut body = Function::new([(locals, ValType::I32)]);
    let mut sink = body.instructions();
    (0..depth).for_each(|_| {
        sink.loop_(wasm_encoder::BlockType::Empty);
    });
    (0..locals).for_each(|local| {
        sink.local_get(local).i32_const(1).i32_add().local_set(local);
    });
    (0..depth).for_each(|_| {
        sink.local_get(0).br_if(0).end();
    });
    body
}

/// A command component that does nothing, with these definitions in it.
fn component(definitions: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            {definitions}
            (core module $main (func (export "run") (result i32) (i32.const 0)))
            (core instance $main (instantiate $main))
            (func $run (result (result)) (canon lift (core func $main "run")))
            (instance $command (export "run" (func $run)))
            (export "wasi:cli/run@0.2.3" (instance $command)))"#
    );
    wat::parse_str(text).expect("the text of a component is one")
}

fn deep_type(depth: usize) -> String {
    let mut text = "(type $t0 u8)".to_owned();
    for level in 1..=depth {
        let before = level - 1;
        write!(text, "(type $t{level} (list $t{before}))").expect("writing to a string cannot fail");
    }
    text
}

/// A type of two of the one before, and so on: `2^levels` parts in a few hundred bytes.
fn doubled(levels: usize, next: impl Fn(&str) -> String) -> String {
    let mut text = "(type $t0 u8)".to_owned();
    for level in 1..=levels {
        let of = next(&format!("$t{}", level - 1));
        text.push_str(&of.replacen("(type", &format!("(type $t{level}"), 1));
    }
    text
}

/// A component that holds two of the one before, and so on.
fn laughs(levels: usize) -> String {
    let mut text = "(component $c0)".to_owned();
    for level in 1..=levels {
        let before = level - 1;
        text = format!(
            "(component $c{level} {text} (instance (instantiate $c{before})) (instance (instantiate $c{before})))"
        );
    }
    text
}
