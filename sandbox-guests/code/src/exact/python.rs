//! Python by ruff's parser, which follows CPython's grammar.

use genesis_abi::CaseFile;
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Mod, PythonVersion};
use ruff_python_parser::{Mode, ParseErrorType, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::Ranged as _;

use super::sentence;
use crate::syntax::{Fault, quoted};

/// The faults of a Python module.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
    let parsed = parse_unchecked(&file.text, options);
    let grammar = parsed.errors().iter().map(|error| (error.location, error.error.to_string()));
    let version = parsed.unsupported_syntax_errors().iter().map(|error| (error.range, error.to_string()));
    let first = parsed.errors().iter().min_by_key(|error| error.location.start());
    if let (Some(first), Some(fault)) = (first, bracket(&parsed))
        && !matches!(first.error, ParseErrorType::Lexical(_))
        && fault.start <= usize::from(first.location.start())
    {
        return vec![fault];
    }
    grammar
        .chain(version)
        .map(|(range, message)| Fault::wrong(range.start().into(), range.end().into(), sentence(&message)))
        .collect()
}

/// The bracket that is never closed, or the one that closes another kind than was opened: behind it the parser only
/// guesses.
fn bracket(parsed: &Parsed<Mod>) -> Option<Fault> {
    let mut open: Vec<(usize, &str, &str)> = Vec::new();
    for token in parsed.tokens() {
        let start = usize::from(token.start());
        let found = match token.kind() {
            TokenKind::Lpar => {
                open.push((start, "(", ")"));
                continue;
            }
            TokenKind::Lsqb => {
                open.push((start, "[", "]"));
                continue;
            }
            TokenKind::Lbrace => {
                open.push((start, "{", "}"));
                continue;
            }
            TokenKind::Rpar => ")",
            TokenKind::Rsqb => "]",
            TokenKind::Rbrace => "}",
            _ => continue,
        };
        match open.pop() {
            None => {
                return Some(
                    Fault::wrong(start, start + 1, format!("unexpected {}", quoted(found)))
                        .help("nothing is open that it could close: remove it"),
                );
            }
            Some((_, opener, closer)) if closer != found => {
                let message = format!("unexpected {}, expected {}", quoted(found), quoted(closer));
                return Some(
                    Fault::wrong(start, start + 1, message)
                        .help(format!("{} was opened and is not closed yet", quoted(opener))),
                );
            }
            Some(_) => {}
        }
    }
    let (start, opener, closer) = open.pop()?;
    Some(
        Fault::missing(start, start + 1, format!("missing {} to close {}", quoted(closer), quoted(opener)))
            .help(format!("write {} where it is to end", quoted(closer))),
    )
}
