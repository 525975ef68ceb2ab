//! Python by ruff's parser, which follows CPython's grammar.

use genesis_abi::CaseFile;
use ruff_python_ast::PythonVersion;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::sentence;
use crate::syntax::Fault;

/// The faults of a Python module.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
    let parsed = parse_unchecked(&file.text, options);
    let grammar = parsed.errors().iter().map(|error| (error.location, error.error.to_string()));
    let version = parsed.unsupported_syntax_errors().iter().map(|error| (error.range, error.to_string()));
    grammar
        .chain(version)
        .map(|(range, message)| Fault::wrong(range.start().into(), range.end().into(), sentence(&message)))
        .collect()
}
