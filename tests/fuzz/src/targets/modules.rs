//! WebAssembly under limits.

use std::sync::LazyLock;

use arbitrary::Unstructured;
use genesis_abi::{Limits, ModuleLimits, RunOutcome, Usage};
use genesis_sandbox::{Cancel, Class, Guest, Sandbox, SandboxConfig, inspect};
use wasm_smith::{Config, Module};

const LIMITS: Limits = Limits {
    fuel: 200_000,
    wall_time_ms: 20_000,
    memory_bytes: 16 << 20,
    table_elements: 10_000,
    stdout_bytes: 64 << 10,
    stderr_bytes: 64 << 10,
    host_calls: 1_000,
};

const MODULE_LIMITS: ModuleLimits = ModuleLimits {
    module_bytes: 1 << 20,
    types: 1_000,
    imports: 2_000,
    functions: 1_000,
    tables: 8,
    memories: 4,
    globals: 1_000,
    exports: 1_000,
    segments: 1_000,
    custom_bytes: 4 << 20,
    name_bytes: 1_000,
    function_bytes: 64 << 10,
    locals: 500,
    nesting: 100,
    branch_targets: 10_000,
    loops: 1_000,
    values: 100_000,
    effort: 20_000_000,
    instances: 128,
    entries: 20_000,
};

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    Sandbox::new(SandboxConfig { slots: 1, cache_dir: None }).expect("a sandbox without a cache")
});

/// What a made module may import: (params, results) of functions of the interface. In the binary format: the module's
/// header, seven types, nine imports.
static IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(imports);

/// The smallest module with an exported memory and `_start`.
const EXPORTS: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x04\x01\x60\0\0\
    \x03\x02\x01\0\
    \x05\x03\x01\0\x01\
    \x07\x13\x02\x06memory\x02\0\x06_start\0\0\
    \x0a\x04\x01\x02\0\x0b";

/// Bytes that begin as wasm does are a module as they are; of others a valid module is made.
pub fn modules(data: &[u8]) {
    let _ = outcome(data);
}

/// The same, with what became of the module; `None` when the bytes are too few to make one.
pub fn outcome(data: &[u8]) -> Option<RunOutcome> {
    let made;
    let wasm = if data.starts_with(b"\0asm") {
        data
    } else {
        made = module(data)?;
        &made
    };
    let _ = inspect(wasm);
    let guest = match SANDBOX.load(wasm, Class::Small, &MODULE_LIMITS).expect("the host does not fail") {
        Ok(guest) => guest,
        Err(outcome) => {
            let refused = ["module_too_complex", "denied_import", "invalid_module", "failed"];
            assert!(refused.contains(&outcome.name()), "{outcome:?}");
            return Some(outcome);
        }
    };
    let first = see(&guest);
    let second = see(&guest);
    if matches!(first.0, RunOutcome::StackOverflow(_)) {
        // How deep a stack is depends on the machine's code, so a profile may well end otherwise.
        assert_eq!(second.0, first.0);
        return Some(first.0);
    }
    assert_eq!(first, second, "the same guest, input, seed and limits give the same run");
    if wasm.starts_with(b"\0asm\x0d") {
        return Some(first.0);
    }
    let profiled = SANDBOX
        .profile(wasm, Class::Small, b"{}", &LIMITS, 7, &Cancel::new())
        .expect("what runs can be profiled");
    let fuel: u64 = profiled.stacks.iter().map(|stack| stack.fuel).sum();
    assert_eq!(fuel, profiled.run.usage.fuel, "each unit of fuel is some function's");
    // A deep stack can end the one and not the other.
    if !matches!(profiled.run.outcome, RunOutcome::StackOverflow(_)) {
        assert_eq!(profiled.run.outcome.name(), first.0.name());
        assert_eq!((fuel, &profiled.run.stdout), (first.1.fuel, &first.2));
    }
    Some(first.0)
}

type Seen = (RunOutcome, Usage, Vec<u8>, Vec<u8>);

fn see(guest: &Guest) -> Seen {
    let run = SANDBOX.run(guest, b"{}", &LIMITS, 7, &Cancel::new()).expect("the host does not fail");
    assert!(run.usage.fuel <= LIMITS.fuel);
    assert!(run.usage.peak_memory_bytes <= LIMITS.memory_bytes);
    assert!(run.usage.peak_table_elements <= LIMITS.table_elements);
    assert!(run.stdout.len() as u64 <= LIMITS.stdout_bytes && run.stderr.len() as u64 <= LIMITS.stderr_bytes);
    (run.outcome, run.usage.without_wall_time(), run.stdout, run.stderr)
}

/// A valid module made of the bytes: most often one that the sandbox takes, now and then of any feature.
fn module(data: &[u8]) -> Option<Vec<u8>> {
    let (&kind, rest) = data.split_first()?;
    let mut config = Config {
        available_imports: Some(IMPORTS.clone()),
        exports: Some(EXPORTS.to_vec()),
        allow_start_export: true,
        max_memory32_bytes: 64 << 20,
        min_funcs: 1,
        max_funcs: 20,
        ..Config::default()
    };
    if !kind.is_multiple_of(8) {
        config = Config {
            gc_enabled: false,
            exceptions_enabled: false,
            memory64_enabled: false,
            relaxed_simd_enabled: false,
            tail_call_enabled: false,
            threads_enabled: false,
            // The sandbox takes references to functions, in tables, and no others.
            reference_types_enabled: false,
            // The exported one is added.
            max_memories: 0,
            ..config
        };
    }
    Module::new(config, &mut Unstructured::new(rest)).ok().map(|module| module.to_bytes())
}

fn imports() -> Vec<u8> {
    const I32: u8 = 0x7f;
    const I64: u8 = 0x7e;
    let types: [(&[u8], &[u8]); 7] = [
        (&[I32], &[]),
        (&[I32, I32], &[I32]),
        (&[I32, I32, I32, I32], &[I32]),
        (&[I32, I64, I32], &[I32]),
        (&[I32, I64, I32, I32], &[I32]),
        (&[I32], &[I32]),
        (&[], &[I32]),
    ];
    let functions = [
        ("proc_exit", 0),
        ("random_get", 1),
        ("args_get", 1),
        ("fd_fdstat_get", 1),
        ("fd_renumber", 1),
        ("fd_read", 2),
        ("fd_write", 2),
        ("poll_oneoff", 2),
        ("clock_time_get", 3),
        ("fd_seek", 4),
        ("fd_close", 5),
        ("sched_yield", 6),
    ];
    let mut types_section = vec![7];
    for (params, results) in types {
        types_section.push(0x60);
        for list in [params, results] {
            types_section.push(u8::try_from(list.len()).expect("a short list"));
            types_section.extend_from_slice(list);
        }
    }
    let mut import_section = vec![u8::try_from(functions.len()).expect("a short list")];
    for (name, ty) in functions {
        for text in ["wasi_snapshot_preview1", name] {
            import_section.push(u8::try_from(text.len()).expect("a short name"));
            import_section.extend_from_slice(text.as_bytes());
        }
        import_section.extend_from_slice(&[0, ty]);
    }
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    for (id, section) in [(1, types_section), (2, import_section)] {
        wasm.push(id);
        // Sizes of less than 2^14, in two bytes of seven bits.
        let size = section.len();
        wasm.push(u8::try_from(size & 0x7f).expect("seven bits") | 0x80);
        wasm.push(u8::try_from(size >> 7).expect("a section is short"));
        wasm.extend_from_slice(&section);
    }
    wasm
}
