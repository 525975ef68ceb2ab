//! What a guest written in Rust needs: its manifest, its `main`, and an allocator made for short lives.
//!
//! ```ignore
//! genesis_guest_sdk::guest! {
//!     manifest: r#"{"name":"no-tabs","version":"0.1.0","abi":1,"applies":"case","description":"refuses tabs"}"#,
//!     run: check,
//! }
//!
//! fn check(input: Input) -> Result<Report, String> { … }
//! ```
//!
//! A guest reads one [`Input`] from standard input and writes one [`Report`] to standard output. An `Err` from the
//! guest's function goes to standard error and ends the guest with exit code 2: the run has failed, and nothing is
//! said about the template.

mod bump;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

pub use genesis_abi::{
    ABI_VERSION, Analysis, CaseFile, CaseInput, CodeInput, CodeReport, CodeRun, Finding, Input, Place,
    RenderInput, Rendering, Report, RuleUse, Severity, Span, Subject, TemplateText, TestOutcome, TestResult,
    ValidateInput,
};

#[doc(hidden)]
pub use bump::Bump;

/// Declares a guest: the manifest as a constant JSON text, and the function `fn(Input) -> Result<Report, String>`.
///
/// A guest gets an allocator that never frees, which is right for short lives. One that links code in C must say
/// `allocator: system`: C's allocator and that one would hand out the same memory.
#[macro_export]
macro_rules! guest {
    (manifest: $manifest:expr, run: $run:path $(,)?) => {
        #[cfg(target_arch = "wasm32")]
        #[global_allocator]
        static ALLOCATOR: $crate::Bump = $crate::Bump;

        $crate::guest! { manifest: $manifest, run: $run, allocator: system }
    };
    (manifest: $manifest:expr, run: $run:path, allocator: system $(,)?) => {
        const MANIFEST_TEXT: &str = $manifest;

        #[cfg(target_arch = "wasm32")]
        #[expect(unsafe_code, reason = "a static in a custom section is the only way to embed the manifest")]
        // SAFETY: the section holds plain bytes and no other object file defines it.
        #[unsafe(link_section = "genesis:guest")]
        #[used]
        static MANIFEST: [u8; MANIFEST_TEXT.len()] = *$crate::as_array(MANIFEST_TEXT);

        fn main() -> ::std::process::ExitCode {
            $crate::run($run)
        }
    };
}

/// A text's bytes as an array, for a static.
#[doc(hidden)]
pub const fn as_array<const N: usize>(text: &'static str) -> &'static [u8; N] {
    text.as_bytes().first_chunk::<N>().expect("the array is as long as the text")
}

/// Reads the input, calls the guest's function, writes the report.
#[doc(hidden)]
pub fn run(guest: fn(Input) -> Result<Report, String>) -> ExitCode {
    match answer(guest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // When standard error is closed as well there is nobody left to tell.
            let _closed = writeln!(std::io::stderr(), "{message}");
            ExitCode::from(2)
        }
    }
}

fn answer(guest: fn(Input) -> Result<Report, String>) -> Result<(), String> {
    let mut bytes = Vec::with_capacity(64 << 10);
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot read standard input: {error}"))?;
    bytes.shrink_to_fit();
    let input = Input::from_json(&bytes)
        .map_err(|error| format!("the input is not of ABI {ABI_VERSION}: {error}"))?;
    if input.abi != ABI_VERSION {
        return Err(format!("the input is of ABI {}, this guest is of ABI {ABI_VERSION}", input.abi));
    }
    let report = guest(input)?;
    let bytes = serde_json::to_vec(&report).map_err(|error| format!("cannot write the report: {error}"))?;
    let mut out = std::io::stdout().lock();
    out.write_all(&bytes)
        .and_then(|()| out.flush())
        .map_err(|error| format!("cannot write standard output: {error}"))
}
