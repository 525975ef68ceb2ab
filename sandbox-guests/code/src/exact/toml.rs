//! TOML by the parser of Cargo.

use genesis_abi::CaseFile;
use toml::de::DeTable;

use super::sentence;
use crate::syntax::Fault;

/// The faults of a TOML document.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    let (_, errors) = DeTable::parse_recoverable(&file.text);
    errors
        .iter()
        .map(|error| {
            let range = error.span().unwrap_or(0..0);
            let message = sentence(error.message());
            if message == "recursion limit" {
                return Fault {
                    code: genesis_abi::code::SYNTAX_TOO_LARGE,
                    ..Fault::wrong(range.start, range.end, "the value is nested too deeply to be read")
                };
            }
            Fault::wrong(range.start, range.end, message)
        })
        .collect()
}
