//! PHP by mago's parser.

use bumpalo::Bump;
use genesis_abi::CaseFile;
use mago_database::file::FileId;
use mago_span::HasSpan as _;
use mago_syntax::error::ParseError;
use mago_syntax::parser::parse_file_content;
use mago_syntax::token::TokenKind;

use super::sentence;
use crate::syntax::{Fault, quoted};

/// Most tokens that a message lists as expected.
const LISTED: usize = 4;

/// The faults of a PHP file.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    let arena = Bump::new();
    let program = parse_file_content(&arena, FileId::zero(), file.text.as_bytes());
    program.errors.iter().map(|error| fault(error, &file.text)).collect()
}

fn fault(error: &ParseError, text: &str) -> Fault {
    let span = error.span();
    let (start, end) = (span.start.offset as usize, span.end.offset as usize);
    match error {
        ParseError::UnclosedLiteralString(..) => Fault::missing(start, end, sentence(&error.to_string())),
        ParseError::UnexpectedEndOfFile(expected, ..) => {
            Fault::missing(start, end, format!("the text ends too early{}", list(expected)))
        }
        ParseError::UnexpectedToken(expected, ..) => {
            let found = text.get(start..end).unwrap_or_default();
            Fault::wrong(start, end, format!("unexpected {}{}", quoted(found), list(expected)))
        }
        ParseError::RecursionLimitExceeded(_) => Fault {
            code: genesis_abi::code::SYNTAX_TOO_LARGE,
            ..Fault::wrong(start, end, "the expression is nested too deeply to be read")
        },
        ParseError::SyntaxError(_) => Fault::wrong(start, end, sentence(&error.to_string())),
    }
}

/// Tokens that are expected, when they are few.
fn list(expected: &[TokenKind]) -> String {
    if expected.is_empty() || expected.len() > LISTED {
        return String::new();
    }
    let names: Vec<String> = expected.iter().map(|kind| name(*kind)).collect();
    format!(", expected {}", names.join(" or "))
}

/// A token as it is written; the parser's own name for it where that is no fixed text.
fn name(kind: TokenKind) -> String {
    let mark = match kind {
        TokenKind::Semicolon => ";",
        TokenKind::CloseTag => "?>",
        TokenKind::LeftBrace => "{",
        TokenKind::RightBrace => "}",
        TokenKind::LeftParenthesis => "(",
        TokenKind::RightParenthesis => ")",
        TokenKind::LeftBracket => "[",
        TokenKind::RightBracket => "]",
        TokenKind::Comma => ",",
        TokenKind::Colon => ":",
        TokenKind::Equal => "=",
        TokenKind::EqualGreaterThan => "=>",
        TokenKind::Identifier => return "a name".to_owned(),
        TokenKind::Variable => return "a variable".to_owned(),
        other => return quoted(&other.to_string().to_lowercase()),
    };
    quoted(mark)
}
