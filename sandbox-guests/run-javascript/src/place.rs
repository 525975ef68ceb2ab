//! Lines, columns and offsets to spans.

use genesis_guest_sdk::{Place, Span};

/// The span between two byte offsets; offsets outside or within a character are moved inside and to its start.
pub(crate) fn between(text: &str, start: usize, end: usize) -> Span {
    let start = text.floor_char_boundary(start);
    let end = text.floor_char_boundary(end.max(start));
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Span {
        line: number(before.bytes().filter(|byte| *byte == b'\n').count() + 1),
        column: number(before[line_start..].chars().count() + 1),
        offset: number(start),
        length: number(end - start),
    }
}

/// The span of what stands at a line and a column, both from 1, up to the end of the word there.
pub(crate) fn at(text: &str, line: u32, column: u32) -> Span {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let rest = &text[start..];
    let inside = rest.lines().next().unwrap_or_default();
    let skipped: usize = inside.chars().take(column.saturating_sub(1) as usize).map(char::len_utf8).sum();
    let word: usize = inside[skipped..]
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
        .map(char::len_utf8)
        .sum();
    between(text, start + skipped, start + skipped + word)
}

/// A place in a file.
pub(crate) fn place(file: &str, span: Option<Span>) -> Place {
    Place { file: Some(file.to_owned()), pointer: None, span }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
