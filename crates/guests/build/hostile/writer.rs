//! A module that writes what it is told to, and exits.

use serde::Deserialize;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, MemArg, MemorySection, MemoryType, Module, TypeSection, ValType,
};

const WASI: &str = "wasi_snapshot_preview1";

/// Where the text lies: after the list of one piece, and the count.
const TEXT: usize = 16;

/// A text or some bytes in hexadecimal, once or many times over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Piece {
    #[serde(default)]
    text: String,
    #[serde(default)]
    hex: String,
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

/// The module that writes these to standard output and standard error, each in one call, and exits.
pub(super) fn make(stdout: &[Piece], stderr: &[Piece], exit: i32) -> Result<Vec<u8>, String> {
    let [out, err] = [all(stdout)?, all(stderr)?];
    let length = |bytes: &[u8]| i32::try_from(bytes.len()).map_err(|_| "too long".to_owned());
    let (out_bytes, err_bytes) = (length(&out)?, length(&err)?);
    let text = [out, err].concat();

    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32], []);
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    let mut imports = ImportSection::new();
    imports.import(WASI, "fd_write", EntityType::Function(2)).import(
        WASI,
        "proc_exit",
        EntityType::Function(1),
    );
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memories = MemorySection::new();
    let pages = (TEXT + text.len()).div_ceil(64 << 10) as u64;
    memories.memory(MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("_start", ExportKind::Func, 2);

    let mut body = Function::new([]);
    let mut sink = body.instructions();
    let word = |offset| MemArg { offset, align: 2, memory_index: 0 };
    let start = i32::try_from(TEXT).expect("a small number");
    for (descriptor, at, bytes) in [(1, start, out_bytes), (2, start + out_bytes, err_bytes)] {
        if bytes > 0 {
            sink.i32_const(0).i32_const(at).i32_store(word(0));
            sink.i32_const(0).i32_const(bytes).i32_store(word(4));
            sink.i32_const(descriptor).i32_const(0).i32_const(1).i32_const(8).call(0).drop();
        }
    }
    sink.i32_const(exit).call(1).end();
    let mut code = CodeSection::new();
    code.function(&body);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(start), text);

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories).section(&exports);
    module.section(&code).section(&data);
    Ok(module.finish())
}

fn all(pieces: &[Piece]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for piece in pieces {
        let once = [piece.text.as_bytes(), &unhex(&piece.hex)?].concat();
        bytes.extend(once.repeat(piece.times));
    }
    Ok(bytes)
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).map_err(|_| format!("`{byte}` is no byte in hexadecimal")))
        .collect()
}
