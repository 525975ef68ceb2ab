//! A reader for JSON that keeps what `serde_json` forgets: places, key order, duplicate keys, the text of numbers.
//!
//! It accepts exactly the texts that `serde_json` accepts (a test compares them), under limits that hold: bytes, depth
//! and number of values. Places are byte ranges; lines, columns and JSON pointers are worked out only for what is
//! reported, so that reading costs nothing for a template without findings.

mod parse;
mod place;

use genesis_abi::{Finding, Place, Span};

use self::place::LineIndex;

/// How much text is read before a document is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// Most bytes of text. Never more than 4 GiB, whatever is set.
    pub bytes: usize,
    /// Most arrays and objects within one another. Never more than [`ReadLimits::DEEPEST`], whatever is set.
    pub depth: usize,
    /// Most values, each member and each array entry counting one.
    pub nodes: usize,
}

impl ReadLimits {
    /// 4 MiB, 64 levels, a million values: twenty times what any known template needs.
    pub const DEFAULT: Self = Self { bytes: 4 << 20, depth: 64, nodes: 1_000_000 };

    /// The tree is walked by recursion, also in guests with a small stack; the depth is therefore capped.
    pub const DEEPEST: usize = 128;
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A range of the document's text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextRange {
    /// Offset of the first byte.
    pub offset: u32,
    /// Length in bytes.
    pub length: u32,
}

impl TextRange {
    /// Offset of the first byte after the range.
    pub fn end(self) -> u32 {
        self.offset + self.length
    }
}

/// One value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// From the first to the last character of the value; a string's quotes are within.
    pub span: TextRange,
    /// The value.
    pub value: NodeValue,
}

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The number as it is written.
    Number(String),
    /// The string with its escapes resolved.
    String(String),
    /// The entries.
    Array(Vec<Node>),
    /// The members in the order of the text, duplicates included.
    Object(Vec<Member>),
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key with its escapes resolved.
    pub key: String,
    /// The key's place, quotes within.
    pub key_span: TextRange,
    /// The value.
    pub value: Node,
}

/// A key that stands more than once in one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// The key's first place.
    pub first: TextRange,
    /// The later place.
    pub again: TextRange,
}

/// A text that was read.
#[derive(Debug)]
pub struct Document {
    text: String,
    root: Node,
    duplicates: Vec<Duplicate>,
    lines: LineIndex,
}

impl Document {
    /// Reads a text.
    ///
    /// # Errors
    /// One finding, with its place, that says why the text cannot be read; it is an error under every profile.
    #[expect(
        clippy::result_large_err,
        reason = "it is made once for a text, and the finding is what callers hand on"
    )]
    pub fn parse(text: &str, limits: &ReadLimits) -> Result<Self, Finding> {
        parse::document(text, limits)
    }

    /// The value that the whole text is.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Keys that stand more than once in one object, in the order of the text.
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// The value that a JSON pointer leads to; of duplicate keys the last one.
    pub fn get(&self, pointer: &str) -> Option<&Node> {
        if pointer.is_empty() {
            return Some(&self.root);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(&self.root, |node, token| match &node.value {
            NodeValue::Object(_) if token.contains('~') => {
                node.get(&token.replace("~1", "/").replace("~0", "~"))
            }
            NodeValue::Object(_) => node.get(token),
            NodeValue::Array(entries) => entries.get(token.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The place that a JSON pointer leads to; without a span when nothing is there.
    pub fn place(&self, pointer: &str) -> Place {
        let span = self.get(pointer).map(|node| self.span(node.span));
        Place { file: None, pointer: Some(pointer.to_owned()), span }
    }

    /// The place of a value of this document.
    pub fn place_of(&self, node: &Node) -> Place {
        self.place_at(node.span)
    }

    /// The place of a member's key; the pointer is the member's.
    pub fn place_of_key(&self, member: &Member) -> Place {
        self.place_at(member.key_span)
    }

    /// The place of a range: its lines and columns, and a pointer to the innermost value that holds its beginning. The
    /// pointer is left out when it is longer than 1,024 bytes: the span says it all, and a report must stay small
    /// whatever the keys are.
    pub fn place_at(&self, range: TextRange) -> Place {
        Place {
            file: None,
            pointer: place::pointer_at(&self.root, range.offset),
            span: Some(self.span(range)),
        }
    }

    /// The place of a piece of a string: `start` and `length` are bytes of the string with its escapes resolved. The
    /// whole value's place when it is not a string or the piece lies outside of it.
    pub fn place_in_string(&self, node: &Node, start: usize, length: usize) -> Place {
        let range = place::range_in_string(&self.text, node, start, length).unwrap_or(node.span);
        Place { span: Some(self.span(range)), ..self.place_of(node) }
    }

    /// Lines and columns of a range.
    pub fn span(&self, range: TextRange) -> Span {
        self.lines.span(&self.text, range)
    }
}

impl Node {
    /// The value of a member; of duplicate keys the last one, as `serde_json` has it. Looks through all members: for
    /// a few known keys, not for a key from data.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.member(key).map(|member| &member.value)
    }

    /// The member with this key; of duplicate keys the last one.
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.as_object()?.iter().rev().find(|member| member.key == key)
    }

    /// The value of a member of a member, and so on.
    pub fn path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The string, when it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, when it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            NodeValue::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number, when it is one, as near as a float comes. Never infinite.
    pub fn as_f64(&self) -> Option<f64> {
        match &self.value {
            NodeValue::Number(raw) => raw.parse().ok(),
            _ => None,
        }
    }

    /// The entries, when it is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match &self.value {
            NodeValue::Array(entries) => Some(entries),
            _ => None,
        }
    }

    /// The members, when it is an object.
    pub fn as_object(&self) -> Option<&[Member]> {
        match &self.value {
            NodeValue::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.value, NodeValue::Null)
    }

    /// What it is, for messages: `string`, `object`, ...
    pub fn type_name(&self) -> &'static str {
        match self.value {
            NodeValue::Null => "null",
            NodeValue::Bool(_) => "boolean",
            NodeValue::Number(_) => "number",
            NodeValue::String(_) => "string",
            NodeValue::Array(_) => "array",
            NodeValue::Object(_) => "object",
        }
    }

    /// The same value as `serde_json` reads it: of duplicate keys the last one, integers exact up to
    /// 64 bits, any other number the nearest float.
    pub fn to_value(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(*value),
            NodeValue::Number(raw) => number(raw).map_or(Value::Null, Value::Number),
            NodeValue::String(text) => Value::String(text.clone()),
            NodeValue::Array(entries) => Value::Array(entries.iter().map(Self::to_value).collect()),
            NodeValue::Object(members) => Value::Object(
                members.iter().map(|member| (member.key.clone(), member.value.to_value())).collect(),
            ),
        }
    }
}

fn number(raw: &str) -> Option<serde_json::Number> {
    if let Ok(integer) = raw.parse::<i64>()
        && raw != "-0"
    {
        return Some(integer.into());
    }
    if let Ok(integer) = raw.parse::<u64>() {
        return Some(integer.into());
    }
    serde_json::Number::from_f64(raw.parse().ok()?)
}

#[cfg(test)]
mod tests;
