//! The layer as a whole: its signatures, and hostile arguments to every function.

use std::fmt::Write as _;

use genesis_abi::{FailedReason, Limits, ModuleLimits, RunOutcome};
use wasmtime::Store;

use super::*;
use crate::engine::{Class, ClassEngine};
use crate::{Cancel, Sandbox, SandboxConfig};

/// Numbers that pointers, lengths and descriptors go wrong at, for one page of memory.
const HOSTILE: [u64; 12] =
    [0, 1, 2, 3, 7, 65_532, 65_535, 65_536, 0x7fff_ffff, 0xffff_fff8, 0xffff_ffff, u64::MAX];

const ROUNDS: usize = 400;

#[test]
fn every_function_of_the_interface_links_with_the_signature_that_the_scan_expects() {
    let class = ClassEngine::new(Class::Small, 1).unwrap();
    let mut store = Store::new(&class.engine, State::for_tests());
    let linked: Vec<_> = class
        .linker
        .iter(&mut store)
        .map(|(module, name, item)| (module.to_owned(), name.to_owned(), item))
        .collect();
    assert_eq!(linked.len(), 46, "the functions of wasi_snapshot_preview1");
    for (module, name, item) in linked {
        let (params, results) = signature(&name).unwrap();
        let ty = item.into_func().unwrap().ty(&store);
        let kind = |ty: wasmtime::ValType| if ty.is_i64() { ValType::I64 } else { ValType::I32 };
        assert_eq!(module, MODULE);
        assert_eq!(ty.params().map(kind).collect::<Vec<_>>(), params, "{name}");
        assert_eq!(ty.results().map(kind).collect::<Vec<_>>(), results, "{name}");
    }
}

#[test]
fn an_unknown_name_has_no_signature() {
    assert!(signature("fd_dup").is_none());
}

/// A module that calls one function again and again with hostile arguments, and a report at the end.
fn attack(name: &str, exports_memory: bool) -> Vec<u8> {
    let (params, results) = signature(name).unwrap();
    let word = |ty: &ValType| if *ty == ValType::I64 { "i64" } else { "i32" };
    let types = params.iter().map(word).collect::<Vec<_>>().join(" ");
    let result = if results.is_empty() { "" } else { "(result i32)" };
    let export = if exports_memory { "(export \"memory\")" } else { "" };
    let mut random = SplitMix64::new(name.len() as u64);
    let mut calls = String::new();
    for _ in 0..ROUNDS {
        let mut call = "(call $attacked".to_owned();
        for ty in params {
            let value = HOSTILE[usize::try_from(random.next() % HOSTILE.len() as u64).unwrap()];
            let value =
                if *ty == ValType::I64 { value.to_string() } else { (value & 0xffff_ffff).to_string() };
            write!(call, " ({}.const {value})", word(ty)).unwrap();
        }
        call.push(')');
        let call = if results.is_empty() { call } else { format!("(drop {call})") };
        calls.push_str(&call);
    }
    wat::parse_str(format!(
        r#"(module
            (import "wasi_snapshot_preview1" "{name}" (func $attacked (param {types}) {result}))
            (memory {export} 1)
            (func (export "_start") {calls}))"#
    ))
    .unwrap()
}

#[test]
fn no_arguments_break_any_function() {
    let sandbox = Sandbox::new(SandboxConfig { slots: 1, cache_dir: None }).unwrap();
    let limits = Limits {
        fuel: 100_000_000,
        wall_time_ms: 60_000,
        memory_bytes: 1 << 20,
        table_elements: 0,
        stdout_bytes: 1 << 20,
        stderr_bytes: 1 << 20,
        host_calls: 1_000,
    };
    let module = ModuleLimits::of(|_| 1 << 20);
    let names: Vec<&str> = SIGNATURES.iter().map(|(name, _)| *name).chain(["proc_exit"]).collect();
    for name in names {
        for exports_memory in [true, false] {
            let guest = sandbox.load(&attack(name, exports_memory), Class::Small, &module).unwrap().unwrap();
            let run = sandbox.run(&guest, b"some input", &limits, 0, &Cancel::new()).unwrap();
            let (calls, outcome) = (run.usage.host_calls, run.outcome);
            match (name, &outcome) {
                ("proc_exit", _) => assert_eq!(calls, 1),
                ("poll_oneoff", RunOutcome::TimedOut(_)) | ("fd_write", RunOutcome::OutputExceeded(_)) => {}
                (_, RunOutcome::Failed { reason, .. }) => {
                    assert_eq!(calls, ROUNDS as u64, "{name}");
                    assert_ne!(*reason, FailedReason::ExitCode, "{name}");
                }
                (_, other) => panic!("{name}: {other:?}"),
            }
        }
    }
}
