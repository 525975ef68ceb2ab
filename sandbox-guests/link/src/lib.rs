//! Link settings for guests. A guest's build script calls [`apply`].
//!
//! The linker's defaults give a guest 1 MiB of stack and a memory that it grows in its first microseconds; every
//! fresh instance then pays for system calls and page faults. With a small stack and an initial memory that holds
//! the whole working set, an instance in a pool that keeps its memory resident pays for neither: measured on the
//! validator, 79 us a run instead of 127.

/// How a guest's memory is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Bytes of the guest's own stack, below its data.
    pub stack_bytes: u32,
    /// Bytes of linear memory at the start; a multiple of 64 KiB, stack and data included.
    pub initial_memory_bytes: u32,
}

impl Settings {
    /// Enough for parsers that recurse to the depth the template reader allows.
    pub const DEFAULT: Self = Self { stack_bytes: 192 << 10, initial_memory_bytes: 1 << 20 };
}

/// Prints the settings for cargo. To be called from a build script. A build for another target than wasm, such as that of a
/// guest's native tests, links as usual.
#[expect(clippy::print_stdout, reason = "printing is how a build script speaks to cargo")]
#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script its target through the environment"
)]
pub fn apply(settings: &Settings) {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_TARGET_ARCH").is_none_or(|arch| arch != "wasm32") {
        return;
    }
    println!("cargo::rustc-link-arg-bins=-zstack-size={}", settings.stack_bytes);
    println!("cargo::rustc-link-arg-bins=--initial-memory={}", settings.initial_memory_bytes);
}
