//! The tags of a Handlebars text, with their places, read before the engine sees it.
//!
//! The engine's own parser is recursive and tells little about places. This scanner is iterative over tags and capped
//! within one, so that hostile text is refused before it can exhaust a stack, and it is stricter than the engine where
//! the end of a tag could be in doubt: what it accepts, the engine cuts into the same tags.

use crate::codes::{Code, quoted, rendering as codes};

mod plain;
mod tag;

pub(crate) use plain::is_plain;

/// Most bytes of one template text.
pub(crate) const MOST_BYTES: usize = 256 * 1024;
/// Most tags in one template text.
pub(crate) const MOST_TAGS: usize = 5_000;
/// The engine's parser counts lines from the beginning for each tag, so bytes times tags is what it costs.
const MOST_WORK: usize = 200_000_000;
/// Most blocks within one another; every `else if` counts as one, because the engine nests them. The engine renders by
/// recursion and overflowed a stack of 256 KiB at 64 in an unoptimised build.
pub(crate) const MOST_DEPTH: usize = 64;

/// One tag.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tag {
    pub(crate) kind: TagKind,
    /// Offset of the first brace.
    pub(crate) start: usize,
    /// Offset behind the last brace.
    pub(crate) end: usize,
    /// What is printed, or the name and arguments of a helper, block or partial; absent for a bare `else`.
    pub(crate) call: Option<Call>,
    /// `as |a b|`
    pub(crate) block_params: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagKind {
    /// `{{x}}`, `{{{x}}}`, `{{&x}}`
    Print,
    /// `{{#if x}}`
    Open,
    /// `{{/if}}`
    Close,
    /// `{{else}}`, `{{^}}`
    Else,
    /// `{{else if x}}`
    ElseChain,
    /// `{{> name}}`
    Partial,
    /// `{{{{raw}}}} … {{{{/raw}}}}`, whole
    Raw,
}

/// A name with arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: Expression,
    pub(crate) params: Vec<Expression>,
    pub(crate) hash: Vec<(String, Expression)>,
}

/// One argument.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expression {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Path(Path),
    /// The largest number of entries of an array or object within it.
    Literal {
        largest: usize,
    },
    Call(Box<Call>),
}

/// `../a.b`, `@root.a`, `@index`, `this.a`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Path {
    /// How many `../`.
    pub(crate) up: usize,
    /// `@root` stands before it.
    pub(crate) root: bool,
    /// `@index` and the like.
    pub(crate) local: bool,
    /// The names; empty for `this`.
    pub(crate) names: Vec<String>,
}

/// Why a text is refused.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: &'static Code,
    pub(crate) message: String,
    pub(crate) start: usize,
    pub(crate) length: usize,
}

impl Problem {
    pub(crate) fn syntax(message: impl Into<String>, start: usize, length: usize) -> Self {
        Self { code: &codes::TEMPLATE_SYNTAX, message: message.into(), start, length }
    }
}

/// Cuts a text into tags.
///
/// # Errors
/// The first thing that cannot be read, with its place.
pub(crate) fn scan(text: &str) -> Result<Vec<Tag>, Problem> {
    if text.len() > MOST_BYTES {
        return Err(too_complex(format!("the text is longer than {MOST_BYTES} bytes"), 0));
    }
    let mut tags = Vec::new();
    let mut open: Vec<OpenBlock> = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(start) = next_braces(text, at) {
        if text[start..].starts_with("{{!") {
            at = end_of_comment(text, start)?;
            continue;
        }
        let tag = tag::read(text, start)?;
        at = tag.end;
        match tag.kind {
            TagKind::Open => {
                depth += 1;
                open.push(OpenBlock {
                    name: block_name(text, &tag),
                    start,
                    depth_inside: 1,
                    saw_else: false,
                });
            }
            TagKind::ElseChain => {
                depth += 1;
                match open.last_mut() {
                    Some(block) if !block.saw_else => block.depth_inside += 1,
                    _ => return Err(stray("else", &tag)),
                }
            }
            TagKind::Else => match open.last_mut() {
                Some(block) if !block.saw_else => block.saw_else = true,
                _ => return Err(stray("else", &tag)),
            },
            TagKind::Close => {
                let name = block_name(text, &tag);
                let Some(block) = open.pop() else { return Err(stray(&format!("/{name}"), &tag)) };
                if block.name != name {
                    let message = format!("block {} is closed by {}", quoted(&block.name), quoted(&name));
                    return Err(Problem::syntax(message, tag.start, tag.end - tag.start));
                }
                depth -= block.depth_inside;
            }
            TagKind::Print | TagKind::Partial | TagKind::Raw => {}
        }
        if depth > MOST_DEPTH {
            return Err(too_complex(format!("blocks are nested more than {MOST_DEPTH} deep"), tag.start));
        }
        tags.push(tag);
        if tags.len() > MOST_TAGS || tags.len().saturating_mul(text.len()) > MOST_WORK {
            return Err(too_complex("the text has too many tags for its size".to_owned(), start));
        }
    }
    match open.pop() {
        Some(block) => {
            Err(Problem::syntax(format!("block {} is never closed", quoted(&block.name)), block.start, 2))
        }
        None => Ok(tags),
    }
}

/// Whether a text holds anything that the engine would treat as a tag.
pub(crate) fn has_tags(text: &str) -> bool {
    find_braces(text).is_some()
}

/// The first `{{`. A single character is looked for several bytes at a time, and a word byte by byte.
fn find_braces(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = text[from..].find('{') {
        let at = from + found;
        if text.as_bytes().get(at + 1) == Some(&b'{') {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

struct OpenBlock {
    name: String,
    start: usize,
    depth_inside: usize,
    saw_else: bool,
}

fn too_complex(message: String, start: usize) -> Problem {
    Problem { code: &codes::TEMPLATE_TOO_COMPLEX, message, start, length: 0 }
}

fn stray(what: &str, tag: &Tag) -> Problem {
    Problem::syntax(format!("{} stands outside of a block", quoted(what)), tag.start, tag.end - tag.start)
}

fn block_name(text: &str, tag: &Tag) -> String {
    tag.call.as_ref().map_or_else(String::new, |call| text[call.name.start..call.name.end].to_owned())
}

/// The next `{{` that is not escaped. One backslash before it makes it text, together with two more braces when they
/// follow; two or more backslashes are a backslash and a tag.
fn next_braces(text: &str, mut at: usize) -> Option<usize> {
    let from = at;
    while let Some(found) = find_braces(&text[at..]) {
        let start = at + found;
        let slashes = text.as_bytes()[from..start].iter().rev().take_while(|byte| **byte == b'\\').count();
        if slashes != 1 {
            return Some(start);
        }
        at = start + 2;
        if text[at..].starts_with("{{") {
            at += 2;
        }
    }
    None
}

/// `{{!-- … --}}` ends at `--}}` and nowhere else; without one, as any other comment, at the next `}}`.
fn end_of_comment(text: &str, start: usize) -> Result<usize, Problem> {
    let body = start + 3;
    if let Some(long) = text[body..].trim_start_matches([' ', '\t', '\n', '\r']).strip_prefix("--") {
        let inside = text.len() - long.len();
        if let Some(found) = long.find("--}}") {
            return Ok(inside + found + 4);
        }
    }
    match text[body..].find("}}") {
        Some(found) => Ok(body + found + 2),
        None => Err(Problem::syntax("a comment is never closed", start, 3)),
    }
}

#[cfg(test)]
mod tests;
