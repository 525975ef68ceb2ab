//! A fault by byte offsets, before it becomes a finding.

use genesis_abi::{Finding, Severity};

/// Longest piece of the text that a message quotes, in characters.
const QUOTED_CHARS: usize = 40;

/// One fault in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The finding's code.
    pub code: &'static str,
    /// Byte offset of the first character.
    pub start: usize,
    /// Byte offset behind the last character; equal to `start` between two characters.
    pub end: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// How much it weighs.
    pub severity: Severity,
}

impl Fault {
    /// A text that is not of its language.
    pub fn wrong(start: usize, end: usize, message: impl Into<String>) -> Self {
        Self::of(genesis_abi::code::SYNTAX_ERROR, start, end, message.into())
    }

    /// Something required is not there.
    pub fn missing(start: usize, end: usize, message: impl Into<String>) -> Self {
        Self::of(genesis_abi::code::SYNTAX_MISSING, start, end, message.into())
    }

    /// A reserved word in the place of a name.
    pub fn reserved(start: usize, end: usize, message: impl Into<String>) -> Self {
        Self::of(genesis_abi::code::SYNTAX_RESERVED, start, end, message.into())
    }

    fn of(code: &'static str, start: usize, end: usize, message: String) -> Self {
        Self { code, start, end, message, help: None, severity: Severity::Error }
    }

    /// The same as a warning: the language allows it and it is nearly always a mistake.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As a finding in `file`.
    pub(crate) fn finding(self, file: &str, lines: &super::place::Lines<'_>) -> Finding {
        Finding {
            severity: self.severity,
            code: self.code.to_owned(),
            message: self.message,
            place: genesis_abi::Place {
                file: Some(file.to_owned()),
                pointer: None,
                span: Some(lines.span(self.start, self.end)),
            },
            help: self.help,
            inherited: false,
        }
    }
}

/// A piece of text between backticks, shortened, with control characters escaped.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("`");
    for (count, character) in text.chars().enumerate() {
        if count == QUOTED_CHARS {
            out.push('…');
            break;
        }
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out.push('`');
    out
}
