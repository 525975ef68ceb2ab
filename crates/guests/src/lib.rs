//! The built-in guests as constants, by digest. They are built for `wasm32-wasip1` by this crate's build script from
//! `sandbox-guests`, offline. This crate knows nothing of how they are run.
//!
//! A guest that could not be built is there by name, without bytes: [`Guest::missing`] says why. When the environment
//! variable `GENESIS_SKIP_GUESTS` is set while building (lint and documentation do so), that is all of them.
//!
//! [`hostile`] holds guests that misbehave, with what must become of each; they are always there.

pub mod hostile;

/// A built-in guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guest {
    /// Its name, as in policies and reports.
    pub name: &'static str,
    /// `sha256:` and 64 hexadecimal digits over the module's bytes.
    pub digest: &'static str,
    /// The module, deflated; empty when it was left out.
    packed: &'static [u8],
    /// Bytes of the module.
    pub size: usize,
    /// What its manifest says that it is applied to.
    pub applies: &'static str,
    /// Languages that its manifest names, for one that takes code.
    pub languages: &'static [&'static str],
    /// What it does with code: `syntax`, `lint`, `run`.
    pub analyses: &'static [&'static str],
    /// Its manifest, as JSON; empty when it was left out.
    pub manifest: &'static str,
    /// Whether the same sources give the same digest on every machine with the same compilers.
    pub reproducible: bool,
    /// The compiler of the C in it, in its own words; empty when there is none.
    pub c_compiler: &'static str,
    /// Why it was left out; empty when it is there.
    missing: &'static str,
}

impl Guest {
    /// Why the guest is not part of this program, and what to do about it; `None` when it is.
    pub fn missing(&self) -> Option<&'static str> {
        (!self.missing.is_empty()).then_some(self.missing)
    }

    /// The module's bytes, inflated anew by each call; empty when the guest was left out.
    pub fn wasm(&self) -> Vec<u8> {
        if self.packed.is_empty() {
            return Vec::new();
        }
        miniz_oxide::inflate::decompress_to_vec_zlib(self.packed).expect("the build script packed this")
    }
}

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// The built-in guest of this name.
pub fn guest(name: &str) -> Option<&'static Guest> {
    ALL.iter().find(|guest| guest.name == name)
}

/// The guest that does `analysis` (`syntax`, `lint` or `run`) with code of `language`. Where several do, the one that
/// runs the language comes first: its parser is the language's own.
pub fn for_code(analysis: &str, language: &str) -> Option<&'static Guest> {
    let takes = |guest: &&Guest| guest.languages.contains(&language) && guest.analyses.contains(&analysis);
    let mut guests: Vec<&'static Guest> = ALL.iter().filter(takes).collect();
    guests.sort_by_key(|guest| !guest.analyses.contains(&"run"));
    guests.first().copied()
}
