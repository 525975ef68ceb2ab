//! From byte offsets to what people read: lines, columns and JSON pointers.

use std::sync::OnceLock;

use genesis_abi::Span;

use super::{Node, NodeValue, TextRange};

/// Characters are counted up to every so many bytes, so that a column in a very long line costs no more than this.
const STRIDE: usize = 1024;

/// Longest pointer that a place carries, in bytes.
const LONGEST_POINTER: usize = 1024;

/// Line starts and character counts of a text, made when the first place is asked for.
#[derive(Debug, Default)]
pub(super) struct LineIndex(OnceLock<Tables>);

#[derive(Debug)]
struct Tables {
    /// Offset of the first byte of each line.
    lines: Vec<u32>,
    /// Characters that begin before byte `index * STRIDE`.
    characters: Vec<u32>,
}

impl LineIndex {
    pub(super) fn span(&self, text: &str, range: TextRange) -> Span {
        let tables = self.0.get_or_init(|| Tables::of(text));
        let line = tables.lines.partition_point(|&start| start <= range.offset);
        let start = tables.lines[line - 1];
        let column = tables.characters_before(text, range.offset) - tables.characters_before(text, start);
        Span {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: column + 1,
            offset: range.offset,
            length: range.length,
        }
    }
}

impl Tables {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a text is at most 4 GiB long, which the reader checks"
    )]
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(breaks.map(|(offset, _)| offset as u32 + 1)).collect();
        let mut count = 0;
        let before = text.as_bytes().chunks(STRIDE).map(|chunk| {
            count += chunk.iter().filter(|&&byte| begins_character(byte)).count() as u32;
            count
        });
        Self { lines, characters: std::iter::once(0).chain(before).collect() }
    }

    fn characters_before(&self, text: &str, offset: u32) -> u32 {
        let offset = (offset as usize).min(text.len());
        let known = offset / STRIDE;
        let rest = text.as_bytes()[known * STRIDE..offset].iter().filter(|&&byte| begins_character(byte));
        self.characters[known] + u32::try_from(rest.count()).expect("at most one stride")
    }
}

/// Every byte of UTF-8 but the continuation bytes.
fn begins_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

/// Pointer to the innermost value (or the member, for its key) that holds the byte at `offset`.
pub(super) fn pointer_at(root: &Node, offset: u32) -> Option<String> {
    let mut pointer = String::new();
    let mut node = root;
    loop {
        match &node.value {
            NodeValue::Array(entries) => {
                let Some((index, entry)) =
                    holder(entries, offset, |entry| (entry.span.offset, entry.span.end()))
                else {
                    break;
                };
                pointer.push('/');
                pointer.push_str(&index.to_string());
                node = entry;
            }
            NodeValue::Object(members) => {
                let Some((_, member)) =
                    holder(members, offset, |member| (member.key_span.offset, member.value.span.end()))
                else {
                    break;
                };
                if pointer.len() + member.key.len() >= LONGEST_POINTER {
                    return None;
                }
                pointer.push('/');
                push_token(&mut pointer, &member.key);
                if offset < member.value.span.offset {
                    break;
                }
                node = &member.value;
            }
            _ => break,
        }
    }
    (pointer.len() <= LONGEST_POINTER).then_some(pointer)
}

/// The one of some consecutive ranges that holds `offset`.
fn holder<T>(items: &[T], offset: u32, range: impl Fn(&T) -> (u32, u32)) -> Option<(usize, &T)> {
    let index = items.partition_point(|item| range(item).0 <= offset).checked_sub(1)?;
    let item = &items[index];
    (offset < range(item).1).then_some((index, item))
}

fn push_token(pointer: &mut String, key: &str) {
    for character in key.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// The range of the text that a piece of a string was read from.
pub(super) fn range_in_string(text: &str, node: &Node, start: usize, length: usize) -> Option<TextRange> {
    let NodeValue::String(value) = &node.value else { return None };
    let end = start.checked_add(length).filter(|&end| end <= value.len())?;
    let first = node.span.offset as usize + 1;
    let raw = text.as_bytes().get(first..(node.span.end() as usize).checked_sub(1)?)?;
    let (from, to) = (raw_offset(raw, start), raw_offset(raw, end));
    Some(TextRange { offset: u32::try_from(first + from).ok()?, length: u32::try_from(to - from).ok()? })
}

/// Offset in the text of the byte that `decoded` is after escapes are resolved.
fn raw_offset(raw: &[u8], decoded: usize) -> usize {
    let (mut at, mut seen) = (0, 0);
    while at < raw.len() && seen < decoded {
        let (width, bytes) = match (raw[at], raw.get(at + 1)) {
            (b'\\', Some(b'u')) => escaped_width(&raw[at..]),
            (b'\\', _) => (2, 1),
            _ => (1, 1),
        };
        at += width;
        seen += bytes;
    }
    at.min(raw.len())
}

/// Bytes that a `\u` escape takes in the text, and bytes of the character that it stands for.
fn escaped_width(raw: &[u8]) -> (usize, usize) {
    let unit = raw.get(2..6).and_then(|digits| std::str::from_utf8(digits).ok());
    match unit.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(0..0x80) => (6, 1),
        Some(0x80..0x800) => (6, 2),
        Some(0xD800..0xE000) => (12, 4),
        _ => (6, 3),
    }
}
