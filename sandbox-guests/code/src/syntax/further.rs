//! From the parser's stop and its tree to faults.

use tree_sitter::{Node, Tree};

use super::fault::{Fault, quoted};
use super::place::Lines;
use super::stop::Stop;
use super::tokens::{Token, walk};
use super::{unclosed, words};
use crate::grammar::Grammar;

/// Lines that an error in the tree may span and still be told after the first fault: a longer one is the shadow of it.
const LINES_OF_A_FURTHER_ERROR: usize = 3;

/// What a text is looked at with.
struct Looking<'a, 't> {
    grammar: &'a Grammar,
    text: &'a str,
    lines: &'a Lines<'a>,
    tokens: &'a [Token<'t>],
}

/// The first fault, exactly, and those further ones that are not its consequence.
pub(crate) fn faults<'t>(
    grammar: &Grammar,
    tree: &'t Tree,
    text: &str,
    lines: &Lines<'_>,
    tokens: &[Token<'t>],
    stop: Option<&Stop>,
) -> Vec<Fault> {
    let looking = Looking { grammar, text, lines, tokens };
    let marks = marks(tree);
    let Some(stop) = stop else {
        return marks.first().map(|node| looking.mark(*node)).into_iter().collect();
    };
    let (first, ends) = looking.first(stop, &marks);
    let mut line = lines.line_of(first.start.max(stop.after));
    let mut faults = vec![first];
    if ends {
        return faults;
    }
    for node in marks {
        let at = lines.line_of(node.start_byte());
        let last = lines.line_of(node.end_byte());
        if at > line && last - at <= LINES_OF_A_FURTHER_ERROR {
            faults.push(looking.mark(node));
            line = last;
        }
    }
    faults
}

/// Errors and missing tokens of the tree, in the order of the text; within an error only the outermost.
fn marks(tree: &Tree) -> Vec<Node<'_>> {
    let mut marks: Vec<Node<'_>> = Vec::new();
    walk(tree, |node, parent| {
        let inside = marks.last().is_some_and(|last| last.is_error() && node.end_byte() <= last.end_byte());
        let around = node.is_error() && parent.is_none();
        if (node.is_error() || node.is_missing()) && !inside && !around {
            marks.push(node);
        }
    });
    marks
}

impl Looking<'_, '_> {
    /// The fault at the parser's stop, and whether the text was over there.
    fn first(&self, stop: &Stop, marks: &[Node<'_>]) -> (Fault, bool) {
        let start = self.token_start(stop.after);
        if start >= self.text.len() {
            return (self.ended(stop), true);
        }
        if let Some(fault) = self.comment(start) {
            return (fault, true);
        }
        let words = self.grammar.words;
        let open = unclosed::open(words, self.tokens, start, self.lines);
        let found = self.token_text(start, &stop.found);
        if let Some(last) = open.last() {
            if last.quote && self.lines.line_of(start) > self.lines.line_of(last.token.start) {
                return (unclosed_block(last), false);
            }
            if unclosed::is_closer(words, found) && last.closer != found && !last.quote {
                let end = start + found.len();
                let fault = if open.iter().any(|one| one.closer == found) {
                    // What was opened in the last line before belongs closed in that line.
                    let same_line = self.lines.line_of(last.token.start) == self.lines.line_of(stop.after)
                        && self.lines.line_of(stop.after) < self.lines.line_of(start);
                    let (start, end) = if same_line { (stop.after, stop.after) } else { (start, end) };
                    Fault::missing(
                        start,
                        end,
                        format!(
                            "missing {} to close {} before {}",
                            quoted(last.closer),
                            quoted(last.token.kind),
                            quoted(found)
                        ),
                    )
                    .help(format!("write {} before it", quoted(last.closer)))
                } else {
                    Fault::wrong(
                        start,
                        end,
                        format!("unexpected {}, expected {}", quoted(found), quoted(last.closer)),
                    )
                    .help(format!("{} was opened and is not closed yet", quoted(last.token.kind)))
                };
                return (fault, false);
            }
        }
        if let Some(missing) =
            marks.iter().find(|node| node.is_missing() && (stop.after..=start).contains(&node.start_byte()))
        {
            let closes = open.last().filter(|last| last.closer == missing.kind());
            return (self.missing(*missing, stop.after, start, closes), false);
        }
        (self.unexpected(stop, start, found, open.is_empty()), false)
    }

    /// A comment that is opened here and nowhere closed.
    fn comment(&self, start: usize) -> Option<Fault> {
        [("/*", "*/"), ("<!--", "-->"), ("--[[", "]]")].iter().find_map(|(opener, closer)| {
            // A grammar may have taken the first characters of the opener for an operator.
            let from = super::place::floor(self.text, start.saturating_sub(opener.len() - 1));
            let at = from + self.text[from..].find(opener).filter(|at| from + at <= start)?;
            let known = match *opener {
                "<!--" => self.grammar.id == "html",
                "--[[" => self.grammar.id == "lua",
                _ => !matches!(
                    self.grammar.id,
                    "bash" | "elixir" | "erlang" | "clojure" | "html" | "lua" | "gleam"
                ),
            };
            (known && !self.text[at..].contains(closer)).then(|| {
                Fault::missing(
                    at,
                    at + opener.len(),
                    format!("missing {} to close {}", quoted(closer), quoted(opener)),
                )
                .help(format!("write {} where the comment is to end", quoted(closer)))
            })
        })
    }

    /// The text ended although something was to follow.
    fn ended(&self, stop: &Stop) -> Fault {
        let before = self.text.len();
        if let Some(open) = unclosed::guilty(self.grammar.words, self.tokens, before, self.lines) {
            return unclosed_block(&open);
        }
        let expected = words::expected(&(self.grammar.language)(), &stop.states);
        let message = if expected.is_empty() {
            "the text ends too early".to_owned()
        } else {
            format!("the text ends too early, expected {}", words::listed(&expected))
        };
        Fault::missing(stop.after, stop.after, message).help("write the rest of it")
    }

    /// A token that the parser put in to go on. It belongs behind the last token, unless that is in another line.
    fn missing(
        &self,
        node: Node<'_>,
        after: usize,
        start: usize,
        closes: Option<&unclosed::Open<'_>>,
    ) -> Fault {
        let at = if self.lines.line_of(after) == self.lines.line_of(start) { start } else { after };
        let what = words::kind(node.kind(), node.is_named());
        let message = match closes {
            Some(open) => format!("missing {what} to close {}", quoted(open.token.kind)),
            None => format!("missing {what}"),
        };
        Fault::missing(at, at, message).help(format!("write {what} here"))
    }

    fn unexpected(&self, stop: &Stop, start: usize, found: &str, nothing_open: bool) -> Fault {
        let line_ended = self.lines.line_of(stop.after) < self.lines.line_of(start);
        let by_layout = ["newline", "line_break", "automatic", "terminator", "dedent", "\\n", "\n"]
            .iter()
            .any(|part| stop.found.contains(part));
        let expected = words::expected(&(self.grammar.language)(), &stop.states);
        let tail = if expected.is_empty() {
            String::new()
        } else {
            format!(", expected {}", words::listed(&expected))
        };
        if by_layout && line_ended {
            return Fault::wrong(stop.after, stop.after, format!("unexpected end of the line{tail}"))
                .help("complete the line");
        }
        let end = start + found.len();
        if unclosed::is_closer(self.grammar.words, found) && nothing_open {
            return Fault::wrong(start, end, format!("unexpected {}", quoted(found)))
                .help("nothing is open that it could close: remove it, or write what it is to close");
        }
        let help = match expected.as_slice() {
            [one] => format!("write {} before it, or remove it", quoted(one)),
            _ => "remove it, or complete what stands before it".to_owned(),
        };
        Fault::wrong(start, end, format!("unexpected {}{tail}", quoted(found))).help(help)
    }

    /// A fault behind the first one.
    fn mark(&self, node: Node<'_>) -> Fault {
        let start = node.start_byte();
        if node.is_missing() {
            return self.missing(node, start, start, None);
        }
        let start = self.token_start(start);
        let found = self.token_text(start, "");
        if found.is_empty() {
            return Fault::wrong(start, start, "the text is not of its language here");
        }
        Fault::wrong(start, start + found.len(), format!("unexpected {}", quoted(found)))
            .help("remove it, or complete what stands before it")
    }

    /// The first character behind white space.
    fn token_start(&self, after: usize) -> usize {
        let rest = &self.text[super::place::floor(self.text, after)..];
        self.text.len() - rest.trim_start().len()
    }

    /// The token that begins at `start`: what the parser says it is, a word, a leaf of the tree, or one character.
    fn token_text(&self, start: usize, said: &str) -> &str {
        let rest = &self.text[start..];
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if word > 0 {
            return &rest[..word];
        }
        if !said.is_empty() && rest.starts_with(said) {
            return &rest[..said.len()];
        }
        let leaf = self.tokens.partition_point(|token| token.start < start);
        if let Some(token) = self.tokens.get(leaf)
            && token.start == start
            && !token.named
        {
            return &self.text[start..token.end];
        }
        let one = rest.chars().next().map_or(0, char::len_utf8);
        &rest[..one]
    }
}

fn unclosed_block(open: &unclosed::Open<'_>) -> Fault {
    let token = open.token;
    let message = if open.quote {
        format!("missing closing {}", quoted(open.closer))
    } else {
        format!("missing {} to close {}", quoted(open.closer), quoted(token.kind))
    };
    Fault::missing(token.start, token.end, message)
        .help(format!("write {} where it is to end", quoted(open.closer)))
}
