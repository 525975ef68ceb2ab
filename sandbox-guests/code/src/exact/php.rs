//! PHP by mago's parser.

use bumpalo::Bump;
use genesis_abi::CaseFile;
use mago_database::file::FileId;
use mago_span::HasSpan as _;
use mago_syntax::error::ParseError;
use mago_syntax::parser::parse_file_content;

use super::sentence;
use crate::syntax::Fault;

/// The faults of a PHP file.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    let arena = Bump::new();
    let program = parse_file_content(&arena, FileId::zero(), file.text.as_bytes());
    program.errors.iter().map(fault).collect()
}

fn fault(error: &ParseError) -> Fault {
    let span = error.span();
    let (start, end) = (span.start.offset as usize, span.end.offset as usize);
    let message = sentence(&error.to_string());
    match error {
        ParseError::UnclosedLiteralString(..) | ParseError::UnexpectedEndOfFile(..) => {
            Fault::missing(start, end, message)
        }
        _ => Fault::wrong(start, end, message),
    }
}
