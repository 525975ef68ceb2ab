//! Openers without a closer: brackets, quotes, and words such as `do`.

use super::place::Lines;
use super::tokens::Token;
use crate::grammar::Words;

/// Opening punctuation and what closes it, in all languages: a language that does not know one has no such token.
const BRACKETS: [(&str, &str); 17] = [
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("#{", "}"),
    ("${", "}"),
    ("%{", "}"),
    ("{{", "}}"),
    ("@{", "}"),
    ("$(", ")"),
    ("((", "))"),
    ("$((", "))"),
    ("[[", "]]"),
    ("<(", ")"),
    (">(", ")"),
    ("#(", ")"),
    ("#[", "]"),
    ("\\(", ")"),
];

const QUOTES: [&str; 7] = ["\"", "'", "`", "\"\"\"", "'''", "$\"", "@\""];

/// One opener that is still open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open<'t> {
    pub(crate) token: Token<'t>,
    pub(crate) closer: &'t str,
    /// Whether it is a quote.
    pub(crate) quote: bool,
}

/// What is open in front of byte `before`, outermost first.
pub(crate) fn open<'t>(
    words: &'static Words,
    tokens: &[Token<'t>],
    before: usize,
    lines: &Lines<'_>,
) -> Vec<Open<'t>> {
    scan(words, tokens, before, lines).0
}

/// The opener that most likely lacks its closer in a text that ends too early: the last one whose closer, by count,
/// stands further to the left than the line that it opens; else the innermost one that is open at the end.
pub(crate) fn guilty<'t>(
    words: &'static Words,
    tokens: &[Token<'t>],
    before: usize,
    lines: &Lines<'_>,
) -> Option<Open<'t>> {
    let (open, misfit) = scan(words, tokens, before, lines);
    let innermost = open.last()?;
    if innermost.quote {
        return Some(*innermost);
    }
    misfit.or(Some(*innermost))
}

/// What is open, and the first opener whose closer has less indentation than its line.
fn scan<'t>(
    words: &'static Words,
    tokens: &[Token<'t>],
    before: usize,
    lines: &Lines<'_>,
) -> (Vec<Open<'t>>, Option<Open<'t>>) {
    let mut open: Vec<Open<'t>> = Vec::new();
    let mut misfit = None;
    for token in tokens.iter().take_while(|token| token.start < before) {
        if token.named {
            continue;
        }
        if open.last().is_some_and(|last| last.closer == token.kind) {
            let Some(closed) = open.pop() else { continue };
            let line = lines.line_of(closed.token.start);
            if misfit.is_none()
                && lines.line_of(token.start) > line
                && lines.begins_line(token.start)
                && lines.indent_of(lines.line_of(token.start)) < lines.indent_of(line)
            {
                misfit = Some(closed);
            }
        } else if let Some((closer, quote)) = closer(words, token, lines) {
            open.push(Open { token: *token, closer, quote });
        }
    }
    (open, misfit)
}

/// What closes a token, and whether it is a quote; nothing when it opens nothing.
fn closer(words: &'static Words, token: &Token<'_>, lines: &Lines<'_>) -> Option<(&'static str, bool)> {
    if let Some((_, closer)) = BRACKETS.iter().find(|(opener, _)| *opener == token.kind) {
        return Some((closer, false));
    }
    if let Some(quote) = QUOTES.iter().find(|quote| **quote == token.kind) {
        let closer = quote.trim_start_matches(['$', '@']);
        return ["string", "char", "quot", "sigil", "ERROR", "atom", "heredoc", "attribute", "value"]
            .iter()
            .any(|part| token.parent.contains(part))
            .then_some((closer, true));
    }
    let (_, closer) = words.blocks.iter().find(|(opener, _)| *opener == token.kind)?;
    // `x = y if z` opens nothing; in an error nobody has told the two apart, but a modifier never begins a line.
    let modifier = token.parent.ends_with("_modifier")
        || (token.parent == "ERROR" && matches!(token.kind, "if" | "unless" | "while" | "until"))
            && !lines.begins_line(token.start);
    (!modifier).then_some((closer, false))
}

/// Whether a token closes something in some place.
pub(crate) fn is_closer(words: &'static Words, kind: &str) -> bool {
    BRACKETS.iter().any(|(_, closer)| *closer == kind)
        || words.blocks.iter().any(|(_, closer)| *closer == kind)
}
