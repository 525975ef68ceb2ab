//! Modules that are looked at before they are compiled.

use std::time::{Duration, Instant};

use genesis_abi::{LimitHit, LimitName, MANIFEST_SECTION, RunOutcome};
use genesis_sandbox::{Class, digest, inspect};
use proptest::prelude::*;

use crate::guests::{
    EMPTY_REPORT, MODULE_LIMITS, SANDBOX, busy, fixture, load, outcome, says, trusted, wasm,
};

pub(crate) fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

pub(crate) fn section(id: u8, body: &[u8]) -> Vec<u8> {
    [vec![id], leb(body.len()), body.to_vec()].concat()
}

/// A module whose `_start` has this body, without locals and `end`.
fn module(body: &[u8]) -> Vec<u8> {
    let function = [&[0][..], body, &[0x0b]].concat();
    let code = [leb(1), leb(function.len()), function].concat();
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[1, 0x60, 0, 0]),
        section(3, &[1, 0]),
        section(7, b"\x01\x06_start\x00\x00"),
        section(10, &code),
    ]
    .concat()
}

/// Loops in loops around many locals: 12 KB that the compiler needs minutes for.
pub(crate) fn slow_to_compile() -> Vec<u8> {
    let locals: String = (0..1_000).flat_map(|local| [added_to(local), "\n".to_owned()]).collect();
    let (begin, end) = ("loop\n".repeat(500), "local.get 0 br_if 0 end\n".repeat(500));
    wasm(&format!(
        "(module (func (export \"_start\") (local {}) {begin} {locals} {end}))",
        "i32 ".repeat(1_000)
    ))
}

fn added_to(local: u32) -> String {
    format!("local.get {local} i32.const 1 i32.add local.set {local}")
}

/// Blocks in blocks.
pub(crate) fn nested(depth: usize) -> Vec<u8> {
    module(&[[0x02, 0x40].repeat(depth), vec![0x0b; depth]].concat())
}

fn hits(wasm: &[u8]) -> Vec<LimitHit> {
    match load(wasm).unwrap_err() {
        RunOutcome::ModuleTooComplex { limits, .. } => limits,
        other => panic!("{other:?}"),
    }
}

fn hit(limit: LimitName, value: u64, peak: u64) -> LimitHit {
    LimitHit { limit, value, peak }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is about time")]
fn deep_nesting_is_refused_in_no_time() {
    let bomb = nested(50_000);
    let started = Instant::now();
    let limits = hits(&bomb);
    let took = started.elapsed();
    assert_eq!(limits[0], hit(LimitName::Nesting, MODULE_LIMITS.nesting, 50_000));
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[test]
fn a_limit_of_a_module_is_the_largest_value_allowed() {
    assert!(load(&nested(256)).is_ok());
    assert_eq!(hits(&nested(257)), [hit(LimitName::Nesting, 256, 257)]);
}

#[test]
fn every_limit_that_a_module_passes_is_named() {
    let functions = "(func)".repeat(1_001);
    let locals = "(local i32)".repeat(501);
    let text = format!(r#"(module (memory 1) {functions} (func (export "_start") {locals}))"#);
    assert_eq!(
        hits(&wasm(&text)),
        [hit(LimitName::Functions, 1_000, 1_002), hit(LimitName::Locals, 500, 501)]
    );
}

#[test]
fn parameters_count_as_locals() {
    let text =
        format!("(module (func {} (local i32)) (func (export \"_start\")))", "(param i32)".repeat(500));
    assert_eq!(hits(&wasm(&text)), [hit(LimitName::Locals, 500, 501)]);
}

#[test]
fn locals_are_counted_and_not_believed() {
    // Five groups of 4,294,967,295 locals each: 30 bytes that claim 21 thousand million.
    let function = [&[5][..], &[0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f].repeat(5), &[0x0b]].concat();
    let code = [leb(1), leb(function.len()), function].concat();
    let bomb = [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[1, 0x60, 0, 0]),
        section(3, &[1, 0]),
        section(7, b"\x01\x06_start\x00\x00"),
        section(10, &code),
    ]
    .concat();
    assert!(matches!(outcome(&bomb), RunOutcome::InvalidModule { .. } | RunOutcome::ModuleTooComplex { .. }));
}

#[test]
fn large_modules_and_large_functions_are_refused() {
    let long = module(&[0x01].repeat((1 << 20) + 1));
    assert!(matches!(hits(&long)[..], [LimitHit { limit: LimitName::FunctionBytes, .. }]));
    let larger = [long, section(0, &vec![0; 2 << 20])].concat();
    assert_eq!(hits(&larger), [hit(LimitName::ModuleBytes, 2 << 20, larger.len() as u64)]);
}

/// Linear time, counted: whatever is looked at is at least one byte, and twice the module is twice the steps.
#[test]
fn a_scan_takes_no_more_steps_than_there_are_bytes() {
    for guest in genesis_guests::hostile::ALL {
        let wasm = guest.wasm();
        if let Ok(found) = inspect(&wasm) {
            assert!(
                found.steps <= wasm.len() as u64,
                "{}: {} steps of {} bytes",
                guest.name,
                found.steps,
                wasm.len()
            );
        }
    }
    let steps = |body: &[u8], times: usize| inspect(&module(&body.repeat(times))).unwrap().steps;
    for body in [&[0x01][..], &[0x03, 0x40, 0x0b], &[0x41, 0, 0x0e, 3, 0, 0, 0, 0], &[0x10, 0]] {
        let (once, twice) = (steps(body, 100_000), steps(body, 200_000));
        assert_eq!(twice - once, once - steps(body, 0), "{body:?}");
    }
}

#[test]
fn values_that_are_handed_over_are_counted() {
    let values = |text: &str| inspect(&wasm(text)).unwrap().complexity.values;
    let function = "(func $f (param i32 i32) (result i32) (i32.const 0))";
    let start = |body: &str| format!(r#"(module {function} (func (export "_start") {body}))"#);
    assert_eq!(values(&start("")), 0);
    assert_eq!(values(&start("(drop (call $f (i32.const 1) (i32.const 2)))")), 3);
    assert_eq!(values(&start("(drop (block (result i32) (br 0 (i32.const 1))))")), 1 + 1);
    assert_eq!(values(&start("(loop (br 0))")), 0);
    let of_two = "(type $t (func (param i32 i32) (result i32 i32)))";
    let block = "(i32.const 1) (i32.const 2) (block (type $t) (br_if 0 (i32.const 1))) drop drop";
    assert_eq!(values(&format!(r#"(module {of_two} (func (export "_start") {block}))"#)), 4 + 2);
    let repeat = "(i32.const 1) (i32.const 2) (loop (type $t) (br_if 0 (i32.const 1))) drop drop";
    assert_eq!(values(&format!(r#"(module {of_two} (func (export "_start") {repeat}))"#)), 4 + 2);
    let table = "(drop (block (result i32) (br_table 0 0 0 0 (i32.const 1) (i32.const 2))))";
    let found = inspect(&wasm(&start(table))).unwrap().complexity;
    assert_eq!((found.values, found.branch_targets), (1 + 4, 4));
    let back = r#"(func (export "run") (result i32) (if (i32.const 1) (then (return (i32.const 2)))) (br 0 (i32.const 3)))"#;
    assert_eq!(values(&format!("(module {back})")), 1 + 1);
}

#[test]
fn what_makes_compiling_slow_is_counted_over_all_functions() {
    let effort = |body: &str| {
        let text = format!(r#"(module (func (export "_start") (local i32 i32 i32) {body}))"#);
        inspect(&wasm(&text)).unwrap().complexity.effort
    };
    assert_eq!(effort(""), 0);
    assert_eq!(effort("(block) (block (block))"), 3 * 3);
    assert_eq!(effort("(loop) (loop)"), 3 * (8 + 8) + 2 * 4);
    assert_eq!(effort("(loop (block (loop (loop)))) (loop)"), 3 * (8 + 1 + 16 + 24 + 8) + 2 * 16);
    assert_eq!(effort("(if (i32.const 1) (then (loop)) (else (loop)))"), 3 * (1 + 8 + 8) + 2 * 4);
    assert_eq!(effort(&format!("{}{}", "block ".repeat(10), "end ".repeat(10))), 3 * 10 + 100 / 25);
    assert_eq!(effort("(drop (block (result i32) (br 0 (i32.const 1))))"), 3 + 4 * 2);
    let function = "(func (local i32 i32 i32) (block) (block))";
    let text = format!(r#"(module {function} {function} (func (export "_start")))"#);
    assert_eq!(inspect(&wasm(&text)).unwrap().complexity.effort, 2 * 3 * 2);
}

#[test]
fn too_many_tables_are_refused() {
    assert_eq!(hits(&fixture("many_tables")), [hit(LimitName::Tables, 8, 9)]);
}

#[test]
fn a_function_of_nothing_but_checks_is_refused() {
    for (operation, tables) in [
        ("(loop)", ""),
        ("(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))", ""),
        ("(drop (memory.grow (i32.const 0)))", ""),
        ("(table.copy (i32.const 0) (i32.const 0) (i32.const 0))", "(table 1 funcref)"),
    ] {
        let text = |n: usize| {
            wasm(&format!(r#"(module (memory 1) {tables} (func (export "_start") {}))"#, operation.repeat(n)))
        };
        assert_eq!(inspect(&text(1_000)).unwrap().complexity.loops, 1_000, "{operation}");
        assert_eq!(hits(&text(1_001)), [hit(LimitName::Loops, 1_000, 1_001)], "{operation}");
    }
}

#[test]
fn every_denied_import_is_named() {
    let RunOutcome::DeniedImport { imports, .. } = outcome(&fixture("denied_import")) else {
        panic!("not denied")
    };
    assert_eq!(
        imports,
        [
            "env::system",
            "wasi_snapshot_preview1::fd_close (of another type)",
            "wasi_snapshot_preview1::fd_dup",
        ]
    );
}

#[test]
fn names_of_imports_are_escaped_cut_and_counted() {
    let imports: Vec<_> = (0..2_000).map(|n| format!(r#"(import "\1b[31m" "f{n}" (func))"#)).collect();
    let RunOutcome::DeniedImport { imports, .. } = outcome(&wasm(&format!("(module {})", imports.concat())))
    else {
        panic!("not denied")
    };
    assert_eq!(imports.len(), 1_001);
    assert_eq!(imports[0], r"\u{1b}[31m::f0");
    assert_eq!(imports[1_000], "and 1000 more");
}

#[test]
fn every_feature_that_is_off_is_named() {
    let start = r#"(func (export "_start"))"#;
    let said = |text: &str| match outcome(&wasm(text)) {
        RunOutcome::InvalidModule { message } => message,
        other => panic!("{text}: {other:?}"),
    };
    for (text, word) in [
        (format!("(module (memory 1) (memory 1) {start})"), "multi-memory"),
        (format!("(module (memory i64 1) {start})"), "memory64"),
        (format!("(module (table i64 1 funcref) {start})"), "memory64"),
        (format!("(module (memory 1 1 shared) {start})"), "threads"),
        (format!("(module (func (atomic.fence)) {start})"), "threads"),
        (format!("(module (memory 1 (pagesize 1)) {start})"), "custom page sizes"),
        (format!("(module (func $f return_call $f) {start})"), "tail calls"),
        (format!("(module (tag) {start})"), "exceptions"),
        (format!("(module (func (param exnref)) {start})"), "exceptions"),
        (format!("(module (type (struct)) {start})"), "gc"),
        (format!("(module (rec (type (func))) {start})"), "gc"),
        (format!("(module (func (param anyref)) {start})"), "gc"),
        (format!("(module (global anyref (ref.null any)) {start})"), "gc"),
        (format!("(module (type $f (func)) (func (param (ref $f))) {start})"), "function references"),
        (format!("(module (func (param (ref func))) {start})"), "function references"),
        (
            format!(
                "(module (func (local i64) (drop (i64.add128 (local.get 0) (local.get 0) (local.get 0) (local.get 0))) drop) {start})"
            ),
            "wide arithmetic",
        ),
        (
            format!(
                "(module (func (param v128) (result v128) \
                 (f32x4.relaxed_min (local.get 0) (local.get 0))) {start})"
            ),
            "relaxed SIMD",
        ),
    ] {
        let message = said(&text);
        assert_eq!(message, format!("it uses features of WebAssembly that are off: {word}"), "{text}");
        assert_eq!(inspect(&wasm(&text)).unwrap().features, [word], "{text}");
    }
    let many = format!("(module (memory i64 1 2 shared) (func $f return_call $f) (tag) {start})");
    assert!(said(&many).ends_with("exceptions, memory64, tail calls, threads"), "{}", said(&many));
}

#[test]
fn what_is_on_is_not_named() {
    let text = r#"(module
        (type $two (func (param i32 i64) (result i32 i64)))
        (memory (export "memory") 1)
        (table 1 funcref) (table $t 1 funcref)
        (elem declare func $f)
        (global (mut funcref) (ref.func $f)) (global i32 (i32.add (i32.const 1) (i32.const 2)))
        (data $d "x")
        (func $f (type $two) (local.get 0) (local.get 1))
        (func (export "_start") (local v128)
            (drop (i32.extend8_s (i32.const 1)))
            (drop (i64.trunc_sat_f64_s (f64.const 1)))
            (local.set 0 (i8x16.add (local.get 0) (local.get 0)))
            (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))
            (table.set $t (i32.const 0) (ref.func $f))
            (drop (select (result funcref) (ref.func $f) (ref.null func) (i32.const 1)))))"#;
    assert_eq!(inspect(&wasm(text)).unwrap().features, Vec::<String>::new());
    assert!(load(&wasm(text)).is_ok(), "{:?}", load(&wasm(text)));
}

#[test]
fn every_reason_is_told_at_once() {
    let guest = genesis_guests::hostile::hostile("everything_wrong_at_once").unwrap();
    let refused = SANDBOX.load(&guest.wasm(), Class::Small, &guest.module).unwrap().unwrap_err();
    let RunOutcome::ModuleTooComplex { limits, also } = refused else { panic!("{refused:?}") };
    assert_eq!(limits, [hit(LimitName::Functions, 2, 3), hit(LimitName::Nesting, 3, 4)]);
    assert_eq!(
        also,
        [
            "it imports what the host does not give: env::open_the_door",
            "it uses features of WebAssembly that are off: threads",
            "it has nothing to start with",
        ]
    );
    let refused = SANDBOX.load(&guest.wasm(), Class::Small, &MODULE_LIMITS).unwrap().unwrap_err();
    let RunOutcome::DeniedImport { imports, also } = refused else { panic!("{refused:?}") };
    assert_eq!((imports.len(), also.len()), (1, 2), "{also:?}");
}

#[test]
fn what_is_no_module_is_invalid() {
    for bytes in
        [&b""[..], b"\0asm", b"not wasm at all", b"\0asm\x0d\0\x01\0\x0b", b"\x7fELF", b"\0asm\x01\0\0\0\x0a"]
    {
        assert!(matches!(outcome(bytes), RunOutcome::InvalidModule { .. }), "{bytes:?}");
    }
}

#[test]
fn a_built_in_guest_that_cannot_run_is_the_hosts_fault() {
    for file in ["no_start", "type_mismatch", "denied_import"] {
        let wasm = fixture(file);
        let error = SANDBOX.load_trusted(&digest(&wasm), || wasm.into(), Class::Small).unwrap_err();
        assert!(error.to_string().starts_with("the built-in guest cannot be run: "), "{error}");
    }
}

#[test]
fn the_manifest_is_read_by_every_way_in() {
    let manifest = br#"{"name":"echo","version":"1.2.3","abi":1,"applies":"template"}"#;
    let custom = [leb(MANIFEST_SECTION.len()), MANIFEST_SECTION.into(), manifest.to_vec()].concat();
    let wasm = [says(EMPTY_REPORT.as_bytes(), b"", 0), section(0, &custom)].concat();
    let name = |manifest: Option<&genesis_abi::Manifest>| manifest.map(|manifest| manifest.name.clone());
    assert_eq!(name(load(&wasm).unwrap().manifest()).as_deref(), Some("echo"));
    assert_eq!(name(trusted(&SANDBOX, &wasm, Class::Small).manifest()).as_deref(), Some("echo"));
    assert_eq!(name(inspect(&wasm).unwrap().manifest.as_ref()).as_deref(), Some("echo"));
    let broken = [leb(MANIFEST_SECTION.len()), MANIFEST_SECTION.into(), b"{".to_vec()].concat();
    let wasm = [says(b"", b"", 0), section(0, &broken)].concat();
    assert!(load(&wasm).unwrap().manifest().is_none());
}

#[test]
fn an_inspection_gives_the_tightest_limits_that_let_a_module_through() {
    let wasm = busy();
    let found = inspect(&wasm).unwrap();
    assert!(found.has_start && found.denied.is_empty());
    assert_eq!(found.memory_bytes, 64 << 10);
    assert_eq!(found.exports, ["_start", "memory"]);
    assert!(found.imports.contains(&"wasi_snapshot_preview1::poll_oneoff".to_owned()));
    let tight = found.complexity;
    assert!(SANDBOX.load(&wasm, Class::Small, &tight).unwrap().is_ok());
    for (name, has) in tight.each().filter(|(_, has)| *has > 0) {
        let mut limits = tight;
        *limits.get_mut(name).unwrap() = has - 1;
        let refused = SANDBOX.load(&wasm, Class::Small, &limits).unwrap().unwrap_err();
        let RunOutcome::ModuleTooComplex { limits, .. } = refused else { panic!("{name}: {refused:?}") };
        assert_eq!(limits, [hit(name, has - 1, has)]);
    }
    assert!(tight.each().filter(|(_, has)| *has > 0).count() > 10, "{tight:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_the_scan_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = load(&[b"\0asm\x01\0\0\0", &bytes[..]].concat());
        let _ = inspect(&bytes);
    }

    #[test]
    fn a_module_with_a_byte_changed_has_an_outcome(at in 0_usize..2_000, byte in any::<u8>()) {
        let mut wasm = busy();
        let length = wasm.len();
        wasm[at % length] = byte;
        let _ = outcome(&wasm);
    }
}
