//! A module that calls every function of `wasi_snapshot_preview1` with every argument that a host could trip over.

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    InstructionSink, MemorySection, MemoryType, Module, TypeSection, ValType,
};

const MODULE: &str = "wasi_snapshot_preview1";

/// The functions that return an errno, with their parameters: `i` is 32 bits, `l` is 64. What waits or closes what the
/// others need comes last.
const FUNCTIONS: &[(&str, &str)] = &[
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("sched_yield", ""),
    ("random_get", "ii"),
    ("proc_raise", "i"),
    ("fd_read", "iiii"),
    ("fd_write", "iiii"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_seek", "ilii"),
    ("fd_tell", "ii"),
    ("fd_pread", "iiili"),
    ("fd_pwrite", "iiili"),
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_sync", "i"),
    ("fd_datasync", "i"),
    ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_readdir", "iiili"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiillii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
    ("fd_renumber", "ii"),
    ("fd_close", "i"),
];

/// Numbers at which hosts have tripped: ends of ranges, of a page, of the descriptors.
const NUMBERS: [i64; 12] = [0, 1, 2, 3, 7, 65_528, 65_535, 65_536, 0x7fff_ffff, -0x8000_0000, -2, -1];

/// Errno values end here; more is no errno.
const LAST_ERRNO: i32 = 76;

/// What it exits with when every call has returned.
const DONE: i32 = 42;

/// Each function with one number for all of its arguments, then with each argument alone at each number, the others 1.
/// Its memory is written by what it calls; it traps when something other than an errno comes back.
pub(super) fn with_every_argument() -> Vec<u8> {
    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    let mut declared = FunctionSection::new();
    let mut bodies = CodeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32], []);
    let at = |index: usize| u32::try_from(index).expect("a hundred functions");
    for (index, (name, parameters)) in FUNCTIONS.iter().enumerate() {
        let parameters: Vec<ValType> = parameters.chars().map(ty).collect();
        types.ty().function(parameters, [ValType::I32]);
        imports.import(MODULE, name, EntityType::Function(at(index + 2)));
    }
    imports.import(MODULE, "proc_exit", EntityType::Function(1));
    let exit = at(FUNCTIONS.len());
    let (check, first) = (exit + 1, exit + 2);

    // Traps for what is no errno.
    declared.function(1);
    let mut body = Function::new([]);
    let _ = body.instructions().local_get(0).i32_const(LAST_ERRNO).i32_gt_u();
    let _ = body.instructions().if_(wasm_encoder::BlockType::Empty).unreachable().end().end();
    bodies.function(&body);

    // One function for each, so that none is large.
    for (index, (_, parameters)) in FUNCTIONS.iter().enumerate() {
        declared.function(0);
        let mut body = Function::new([]);
        let mut sink = body.instructions();
        let mut call = |arguments: &[i64]| {
            for (kind, number) in parameters.chars().zip(arguments) {
                push(&mut sink, kind, *number);
            }
            let _ = sink.call(at(index)).call(check);
        };
        for number in NUMBERS {
            call(&vec![number; parameters.len()]);
        }
        for place in 0..parameters.len() {
            for number in NUMBERS {
                let mut arguments = vec![1; parameters.len()];
                arguments[place] = number;
                call(&arguments);
            }
        }
        body.instructions().end();
        bodies.function(&body);
    }
    declared.function(0);
    let mut body = Function::new([]);
    (0..FUNCTIONS.len()).for_each(|index| {
        body.instructions().call(first + at(index));
    });
    let _ = body.instructions().i32_const(DONE).call(exit).end();
    bodies.function(&body);

    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("_start", ExportKind::Func, first + at(FUNCTIONS.len()));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&declared).section(&memories).section(&exports);
    module.section(&bodies);
    module.finish()
}

fn ty(kind: char) -> ValType {
    if kind == 'l' { ValType::I64 } else { ValType::I32 }
}

fn push(sink: &mut InstructionSink<'_>, kind: char, number: i64) {
    if kind == 'l' {
        sink.i64_const(number);
    } else {
        // Numbers of 32 bits, whatever their sign.
        sink.i32_const(i32::try_from(number).unwrap_or(i32::MIN));
    }
}
