//! Guests that misbehave, each with the limits that it runs under and what must become of it: what `genesis doctor`
//! tries a host with. They are described in `sandbox-guests/hostile/hostile.toml`.

use genesis_abi::{LimitName, Limits, ModuleLimits};

/// A guest that misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hostile {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub does: &'static str,
    /// The module, deflated.
    packed: &'static [u8],
    /// Bytes of the module.
    pub size: usize,
    /// Class of engine that it runs under.
    pub class: &'static str,
    /// What it runs under.
    pub limits: Limits,
    /// What it is measured by before it is compiled.
    pub module: ModuleLimits,
    /// What must become of it.
    pub expected: Expected,
}

/// What must become of a guest that misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// Name of the outcome.
    pub outcome: &'static str,
    /// The limit that speaks, or is among those that do.
    pub limit: Option<LimitName>,
    /// What was used or asked for, exactly.
    pub asked: Option<u64>,
    /// What was used or asked for, at least.
    pub asked_at_least: Option<u64>,
    /// Why it failed.
    pub reason: Option<&'static str>,
    /// What it exited with.
    pub exit_code: Option<i32>,
    /// Words that must stand in what is said of the outcome.
    pub says: &'static [&'static str],
}

impl Hostile {
    /// The module's bytes, inflated anew by each call.
    pub fn wasm(&self) -> Vec<u8> {
        miniz_oxide::inflate::decompress_to_vec_zlib(self.packed).expect("the build script packed this")
    }

    /// Whether it runs into its wall time while it works, rather than by asking for a sleep: when it is stopped depends
    /// on the host, and nothing else of the run is the same twice.
    pub fn is_against_the_clock(&self) -> bool {
        self.expected.limit == Some(LimitName::WallTimeMs) && self.limits.fuel == i64::MAX.cast_unsigned()
    }
}

/// The guest of this name.
pub fn hostile(name: &str) -> Option<&'static Hostile> {
    ALL.iter().find(|guest| guest.name == name)
}

include!(concat!(env!("OUT_DIR"), "/hostile.rs"));
