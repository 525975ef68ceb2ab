//! The built-in guests as constants, by digest. They are built for `wasm32-wasip1` by this crate's build script from
//! `sandbox-guests`, offline. This crate knows nothing of how they are run.
//!
//! When the environment variable `GENESIS_SKIP_GUESTS` is set while building (lint and documentation do so), the
//! constants hold no bytes and [`Guest::is_present`] says so.

/// A built-in guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guest {
    /// Its name, as in policies and reports.
    pub name: &'static str,
    /// The module's bytes; empty when the guests were skipped.
    pub wasm: &'static [u8],
    /// `sha256:` and 64 hexadecimal digits over the bytes. The same on every machine with the same toolchain.
    pub digest: &'static str,
}

impl Guest {
    /// Whether the module was built into this program.
    pub fn is_present(&self) -> bool {
        !self.wasm.is_empty()
    }
}

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// The built-in guest of this name.
pub fn guest(name: &str) -> Option<&'static Guest> {
    ALL.iter().find(|guest| guest.name == name)
}
