//! Python by ruff's parser, which follows CPython's grammar.

use genesis_abi::CaseFile;
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Mod, PythonVersion};
use ruff_python_parser::lexer::lex;
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

/// Whether a module surely nests no deeper than this, by its tokens alone, which is found without recursion.
///
/// Each level of nesting takes a column of white space, a bracket, or a mark or keyword that nothing has ended yet. Where
/// brackets do not match, the parser reads the rest in another way than its tokens are here, and nothing is sure.
pub fn is_shallow(text: &str, depth: usize) -> bool {
    let columns = |line: &str| line.len() - line.trim_start_matches([' ', '\t', '\u{c}']).len();
    let indented = text.split(['\n', '\r']).map(columns).max().unwrap_or_default();
    // A block is two levels of a tree: the statement, and the block within it.
    let Some(left) = depth.checked_sub(indented * 2) else { return false };
    let mut marks = Marks::default();
    let mut lexer = lex(text, Mode::Module);
    loop {
        let token = lexer.next_token();
        if token == TokenKind::EndOfFile {
            return marks.open.is_empty();
        }
        if !marks.take(token) || marks.all > left {
            return false;
        }
    }
}

/// Tokens that may stand for a level each.
#[derive(Default)]
struct Marks {
    /// For each bracket that is open, what closes it, and the marks around it.
    open: Vec<(TokenKind, Level)>,
    /// Those within the innermost bracket.
    inner: Level,
    all: usize,
}

#[derive(Default)]
struct Level {
    /// Ended by a comma.
    short: usize,
    /// Ended by the line or the bracket alone.
    long: usize,
}

impl Marks {
    /// Whether the brackets match so far.
    fn take(&mut self, token: TokenKind) -> bool {
        match token {
            TokenKind::Lpar => self.open(TokenKind::Rpar),
            TokenKind::Lsqb => self.open(TokenKind::Rsqb),
            TokenKind::Lbrace => self.open(TokenKind::Rbrace),
            TokenKind::FStringStart => self.open(TokenKind::FStringEnd),
            TokenKind::TStringStart => self.open(TokenKind::TStringEnd),
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => match self.open.pop() {
                Some((closer, around)) if closer == token => {
                    self.all -= self.inner.short + self.inner.long;
                    self.inner = around;
                }
                _ => return false,
            },
            TokenKind::Comma => self.all -= std::mem::take(&mut self.inner.short),
            TokenKind::Newline => {
                self.all -= self.inner.short + self.inner.long;
                self.inner = Level::default();
            }
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::Indent
            | TokenKind::Dedent => {}
            // A lambda's parameters have commas, and so has what stands before the colon of a statement.
            TokenKind::Lambda => self.long(),
            TokenKind::Colon if self.open.is_empty() => self.long(),
            _ => self.short(),
        }
        true
    }

    /// The bracket stands for a level itself, and what it belongs to, such as a call, for another one.
    fn open(&mut self, closer: TokenKind) {
        self.short();
        self.open.push((closer, std::mem::take(&mut self.inner)));
        self.short();
    }

    fn short(&mut self) {
        self.inner.short += 1;
        self.all += 1;
    }

    fn long(&mut self) {
        self.inner.long += 1;
        self.all += 1;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const DEPTH: usize = 400;

    #[test]
    fn ordinary_text_is_shallow_however_long_it_is() {
        let function = "def a(b, c=1):\n    if not b:\n        return [d.e(f'{c:>{b}}') for d in c if d]\n    return -1\n";
        let table = format!("A = {{\n{}}}\n", "    'a': [1, 2, lambda x, y: x + y],\n".repeat(5_000));
        assert!(is_shallow(&function.repeat(1_000), DEPTH));
        assert!(is_shallow(&table, DEPTH));
    }

    #[test]
    fn whatever_nests_deeply_is_not() {
        let deep = |part: &str| part.repeat(DEPTH);
        let blocks: String = (0..DEPTH).map(|level| format!("{}if a:\n", " ".repeat(level))).collect();
        for text in [
            format!("{}1{}", deep("("), deep(")")),
            format!("a = {}1", deep("-")),
            format!("a = {}1", deep("not ")),
            format!("a = {}1", deep("1**")),
            format!("a = {}1", deep("1 + ")),
            format!("a = {}1", deep("lambda a, b: ")),
            format!("a = {}1", deep("1 if a else ")),
            format!("a = a{}", deep(".b")),
            format!("a = a{}", deep("(b)")),
            format!("a = [a{}, 1]", deep("[b]")),
            format!("a = {}1{}", deep("f'{"), deep("}'")),
            deep("with a, b: "),
            blocks,
        ] {
            assert!(!is_shallow(&text, DEPTH), "{}", &text[..40]);
            assert!(!is_shallow(&format!("x = 1\n{text}\nx = 1\n"), DEPTH), "{}", &text[..40]);
        }
    }

    #[test]
    fn nothing_is_sure_where_brackets_do_not_match() {
        for text in ["a = (", "a = )", "a = (]", "a = f'{'"] {
            assert!(!is_shallow(text, DEPTH), "{text}");
        }
    }
}
