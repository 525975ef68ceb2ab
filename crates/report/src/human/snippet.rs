//! The line that a finding points to, with a mark under the words meant.

use std::collections::BTreeMap;

use genesis_abi::Span;
use unicode_width::UnicodeWidthChar as _;

use super::escape;

/// Columns of a tab.
const TAB_COLUMNS: usize = 4;
/// Columns shown before the mark at least, when a long line is clipped.
const LEAD_COLUMNS: usize = 24;
/// Fewest columns that a source line gets, however narrow the terminal.
const LEAST_COLUMNS: usize = 40;

/// Texts with an index of their lines, made when first asked for.
pub(super) struct Sources<'a> {
    texts: &'a BTreeMap<String, String>,
    lines: BTreeMap<&'a str, Vec<usize>>,
}

/// A source line as it is shown, and the mark under it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Snippet {
    pub(super) line: String,
    pub(super) mark: String,
}

impl<'a> Sources<'a> {
    pub(super) fn new(texts: &'a BTreeMap<String, String>) -> Self {
        Self { texts, lines: BTreeMap::new() }
    }

    /// The line of a span in a file, clipped to `width` columns; `None` when the text does not have that line, or when
    /// line and offset are not of one place: the span is then of another case's text. It comes from a guest: no part of
    /// it is taken on trust.
    pub(super) fn snippet(&mut self, file: &str, span: Span, width: usize) -> Option<Snippet> {
        let (file, text) = self.texts.get_key_value(file)?;
        let starts = self.lines.entry(file).or_insert_with(|| {
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
        });
        let index = usize::try_from(span.line).ok()?.checked_sub(1)?;
        let start = *starts.get(index)?;
        let end = starts.get(index + 1).map_or(text.len(), |next| next - 1);
        let line = text[start..end].trim_end_matches('\r');
        let from = place_in(line, start, span)?;
        let length = usize::try_from(span.length).unwrap_or(usize::MAX);
        let to = line.floor_char_boundary(from.saturating_add(length).min(line.len())).max(from);
        Some(shown(line, from, to, width.max(LEAST_COLUMNS)))
    }
}

/// Where the span begins in its line: at its column, and its offset must say the same. A guest that knows no offsets
/// leaves them at zero.
fn place_in(line: &str, start: usize, span: Span) -> Option<usize> {
    let column = usize::try_from(span.column).unwrap_or(usize::MAX).saturating_sub(1);
    let by_column = line.char_indices().map(|(at, _)| at).chain([line.len()]).nth(column);
    if span.offset == 0 {
        return Some(by_column.unwrap_or(line.len()));
    }
    by_column.filter(|at| usize::try_from(span.offset).is_ok_and(|offset| offset == start + at))
}

/// A line with a mark from one byte to another, clipped around the mark. Looks at no more of the line than is shown.
fn shown(line: &str, from: usize, to: usize, width: usize) -> Snippet {
    // Marks that combine with the letter before them take no column, and a line may consist of them.
    let most = width * 4;
    let mut left = from;
    let mut columns = 0;
    for (at, c) in line[..from].char_indices().rev().take(most) {
        columns += cell(c).1;
        if columns > width {
            break;
        }
        left = at;
    }
    // When the mark and all before it do not fit, only a lead is kept before the mark.
    let marked = columns_of(&line[from..to], width);
    if left > 0 || columns + marked > width {
        let mut lead = 0;
        left = from;
        for (at, c) in line[..from].char_indices().rev().take(most) {
            lead += cell(c).1;
            if lead > LEAD_COLUMNS {
                break;
            }
            left = at;
        }
    }
    let mut out = String::new();
    let mut mark = String::new();
    let mut used = 0;
    if left > 0 {
        out.push_str("...");
        mark.push_str("   ");
        used += 3;
    }
    let mut carets = 0;
    for (shown, (at, c)) in line[left..].char_indices().enumerate() {
        let at = left + at;
        let (text, columns) = cell(c);
        if used + columns > width || shown >= most {
            out.push_str("...");
            break;
        }
        out.push_str(&text);
        used += columns;
        if at < from {
            mark.extend(std::iter::repeat_n(' ', columns));
        } else if at < to {
            carets += columns;
        }
    }
    mark.extend(std::iter::repeat_n('^', carets.max(1)));
    Snippet { line: out, mark }
}

/// A character as it is shown in a source line, and the columns it takes.
fn cell(c: char) -> (String, usize) {
    if c == '\t' {
        return (" ".repeat(TAB_COLUMNS), TAB_COLUMNS);
    }
    let mut text = String::new();
    escape::push(&mut text, c);
    let columns = text.chars().map(|c| c.width().unwrap_or(0)).sum();
    (text, columns)
}

/// Columns of a text, counted no further than `most`.
fn columns_of(text: &str, most: usize) -> usize {
    let mut columns = 0;
    for c in text.chars().take(most * 4) {
        columns += cell(c).1;
        if columns >= most {
            return most;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(line: u32, column: u32, offset: u32, length: u32) -> Span {
        Span { line, column, offset, length }
    }

    fn of(text: &str, span: Span, width: usize) -> Option<Snippet> {
        let texts = BTreeMap::from([(String::new(), text.to_owned())]);
        Sources::new(&texts).snippet("", span, width)
    }

    #[test]
    fn the_mark_stands_under_the_words() {
        let snippet = of("{\n  \"version\": 2\n}\n", span(2, 3, 4, 9), 80).unwrap();
        assert_eq!(snippet.line, "  \"version\": 2");
        assert_eq!(snippet.mark, "  ^^^^^^^^^");
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_mark_in_place() {
        let snippet = of("\t日本 x", span(1, 5, 8, 1), 80).unwrap();
        assert_eq!(snippet.line, "    日本 x");
        assert_eq!(snippet.mark, "         ^");
    }

    #[test]
    fn a_long_line_is_clipped_around_the_mark() {
        let text = format!("{}NEEDLE{}", "a".repeat(1000), "b".repeat(1000));
        let snippet = of(&text, span(1, 1001, 1000, 6), 60).unwrap();
        assert!(snippet.line.starts_with("...a") && snippet.line.ends_with("b..."), "{}", snippet.line);
        let at = snippet.line.find("NEEDLE").unwrap();
        assert_eq!(snippet.mark.find("^^^^^^"), Some(at));
        assert!(snippet.line.len() <= 66 && snippet.mark.len() == at + 6);
    }

    #[test]
    fn a_span_over_several_lines_is_marked_to_the_end_of_the_first() {
        let snippet = of("ab\ncd", span(1, 2, 1, 4), 80).unwrap();
        assert_eq!(snippet.mark, " ^");
    }

    #[test]
    fn a_span_that_no_text_has_is_not_shown_or_pulled_into_its_line() {
        assert_eq!(of("ab", span(2, 1, 0, 1), 80), None);
        assert_eq!(of("ab", span(0, 1, 0, 1), 80), None);
        assert_eq!(of("ab", span(u32::MAX, u32::MAX, u32::MAX, u32::MAX), 80), None);
        assert_eq!(of("ab", span(1, u32::MAX, u32::MAX, u32::MAX), 80), None);
        assert_eq!(of("ab", span(1, u32::MAX, 0, u32::MAX), 80).unwrap().mark, "  ^");
        assert_eq!(of("é", span(1, 2, 1, 1), 80), None);
        assert_eq!(of("", span(1, 1, 0, 0), 80).unwrap().mark, "^");
    }

    #[test]
    fn a_line_of_another_text_is_not_shown_for_the_spans_own() {
        assert_eq!(of("ab\ncd\n", span(2, 2, 0, 1), 80).unwrap().mark, " ^", "a guest without offsets");
        assert_eq!(of("ab\ncd\n", span(2, 2, 4, 1), 80).unwrap().mark, " ^");
        assert_eq!(of("ab\ncd\n", span(2, 2, 3, 1), 80), None);
        assert_eq!(of("ab\ncd\n", span(2, 2, 9, 1), 80), None);
    }

    #[test]
    fn a_line_of_marks_without_width_is_clipped_too() {
        let marks = "\u{301}".repeat(100_000);
        let snippet = of(&marks, span(1, 50_001, 100_000, 10_000), 60).unwrap();
        assert!(snippet.line.chars().count() < 1000, "{}", snippet.line.chars().count());
    }

    #[test]
    fn a_source_line_cannot_command_the_terminal() {
        let snippet = of("\u{1b}[31m\u{202e}x", span(1, 7, 8, 1), 80).unwrap();
        assert_eq!(snippet.line, "\\u{1b}[31m\\u{202e}x");
        assert_eq!(snippet.mark.find('^'), snippet.line.find('x'));
    }
}
