//! Lines and columns of byte offsets.

use genesis_abi::Span;

/// Where the lines of a text begin. A line ends with a line feed, a carriage return, or both.
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Reads a text once.
    pub(crate) fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Self { text, starts }
    }

    /// Lines of text; a last one without any character does not count.
    pub(crate) fn count(&self) -> usize {
        match self.starts.last() {
            Some(last) if *last == self.text.len() => self.starts.len() - 1,
            _ => self.starts.len(),
        }
    }

    /// The line that a byte is in, from 0.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Byte offset of the first character of a line, from 0.
    pub(crate) fn start_of(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// Byte offset behind the last character of a line, its end not included.
    pub(crate) fn end_of(&self, line: usize) -> usize {
        let end = self.start_of(line + 1);
        let line = &self.text[self.start_of(line)..end];
        end - (line.len() - line.trim_end_matches(['\n', '\r']).len())
    }

    /// Width of the white space at the beginning of a line, a tabulator counting as one.
    pub(crate) fn indent_of(&self, line: usize) -> usize {
        let line = &self.text[self.start_of(line)..self.end_of(line)];
        line.len() - line.trim_start_matches([' ', '\t']).len()
    }

    /// Whether nothing but white space stands before a byte in its line.
    pub(crate) fn begins_line(&self, offset: usize) -> bool {
        let line = self.line_of(offset);
        self.start_of(line) + self.indent_of(line) == offset
    }

    /// The place of a range. Offsets behind the text, or within a character, are moved to the left.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let start = floor(self.text, start);
        let end = floor(self.text, end).max(start);
        let line = self.line_of(start);
        let column = self.text[self.start_of(line)..start].chars().count();
        Span {
            line: whole(line + 1),
            column: whole(column + 1),
            offset: whole(start),
            length: whole(end - start),
        }
    }
}

/// The next offset to the left that is no part of a character.
pub(crate) fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn whole(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_counts_characters_and_every_kind_of_line_end_counts_once() {
        let lines = Lines::new("a\r\nµb\rc\nd");
        assert_eq!(lines.count(), 4);
        assert_eq!(lines.span(5, 6), Span { line: 2, column: 2, offset: 5, length: 1 });
        assert_eq!(lines.span(7, 8), Span { line: 3, column: 1, offset: 7, length: 1 });
        assert_eq!(lines.span(99, 99), Span { line: 4, column: 2, offset: 10, length: 0 });
    }

    #[test]
    fn an_offset_within_a_character_is_moved_to_its_start() {
        assert_eq!(Lines::new("µ").span(1, 2), Span { line: 1, column: 1, offset: 0, length: 2 });
    }
}
