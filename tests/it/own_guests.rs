//! Guests of a user's own: making, inspecting, testing and pinning them.

mod inspecting;
mod making;
mod pinning;
mod testing;

use std::fmt::Write as _;

/// A manifest of a guest that is applied so.
fn manifest(applies: &str) -> String {
    format!(r#"{{"name":"said","version":"0.1.0","abi":1,"applies":"{applies}"}}"#)
}

/// A guest that reports the same whatever it is given.
fn saying(report: &str, manifest: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (@custom "genesis:guest" "{}")
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 64) "{}")
            (func (export "_start")
                (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const {}))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
        escaped(manifest),
        escaped(report),
        report.len()
    );
    wat::parse_str(text).unwrap()
}

/// Bytes as a string of the text format.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "\\{byte:02x}").unwrap();
        out
    })
}

const NOTHING: &str = r#"{"abi":1,"findings":[]}"#;
const ONE_ERROR: &str = r#"{"abi":1,"findings":[{"severity":"error","code":"X1","message":"wrong","place":{"file":"greet.py"}}]}"#;
const LOOP: &str = r#"(module (memory (export "memory") 1) (func (export "_start") (loop br 0)))"#;
