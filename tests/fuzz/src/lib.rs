//! Fuzzing. The targets are plain functions from bytes; here libFuzzer drives them, guided by coverage, and in the
//! ordinary tests (`tests/it/fuzz.rs`) their corpus and random inputs do.
//!
//! A workspace of its own, because what libFuzzer is linked with is instrumented: `cargo xtask fuzz` builds and runs it,
//! and so does `cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none TARGET`.

pub mod targets;
