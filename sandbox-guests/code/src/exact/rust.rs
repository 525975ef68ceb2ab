//! Rust by syn. What stands within a macro's call is tokens to it, as it is to the compiler's parser.

use genesis_abi::CaseFile;
use proc_macro2::TokenStream;
use syn::parse::{Parse as _, Parser as _};

use super::sentence;
use crate::syntax::Fault;

/// The first fault of a Rust file; its message is empty where the tokens themselves are at fault and the parser says
/// only that.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let text = match shebang(text) {
        Some(length) => &text[length..],
        None => text,
    };
    let skipped = file.text.len() - text.len();
    let tokens: TokenStream = match text.parse() {
        Ok(tokens) => tokens,
        Err(error) => {
            let range = proc_macro2::LexError::span(&error).byte_range();
            return vec![Fault::wrong(skipped + range.start, skipped + range.end, "")];
        }
    };
    let Err(errors) = syn::File::parse.parse2(tokens) else { return Vec::new() };
    errors
        .into_iter()
        .map(|error| {
            let range = error.span().byte_range();
            let message = sentence(&error.to_string());
            if message.starts_with("unexpected end of input") {
                let at = skipped + if range.is_empty() { text.len() } else { range.start };
                return Fault::missing(at, at, message);
            }
            Fault::wrong(skipped + range.start, skipped + range.end, message)
        })
        .collect()
}

/// Length of a first line for the system's shell; `#![attribute]` is none.
fn shebang(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("#!")?;
    if rest.trim_start().starts_with('[') {
        return None;
    }
    Some(text.find('\n').unwrap_or(text.len()))
}
