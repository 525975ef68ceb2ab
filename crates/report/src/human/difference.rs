//! Two texts side by side, line by line.

use super::{Page, color, escape};
use anstyle::AnsiColor;

/// Lines of either text that are compared; of longer ones, what stands behind is compared as one block.
const MOST_COMPARED: usize = 1_000;
/// Lines that are shown.
const MOST_SHOWN: usize = 60;
/// Lines that are the same, shown before and behind one that differs.
const CONTEXT: usize = 2;
/// Characters of a line that are shown.
const MOST_CHARACTERS: usize = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Same,
    Missing,
    Extra,
}

impl Page {
    /// Adds what differs: `-` was expected and did not come, `+` came and was not expected.
    pub(super) fn difference(&mut self, expected: &str, actual: &str) {
        let lines = compared(expected, actual);
        let mut shown = 0;
        let mut left_out = false;
        for (index, (kind, text)) in lines.iter().enumerate() {
            let near = &lines[index.saturating_sub(CONTEXT)..(index + CONTEXT + 1).min(lines.len())];
            if near.iter().all(|(kind, _)| *kind == Kind::Same) {
                left_out = true;
                continue;
            }
            if shown == MOST_SHOWN {
                return self.line("    ... and more");
            }
            if std::mem::take(&mut left_out) {
                self.line(self.faint("    ..."));
            }
            shown += 1;
            let text = escape::clipped(text, MOST_CHARACTERS);
            self.line(match kind {
                Kind::Same => format!("      {text}"),
                Kind::Missing => self.paint(color(AnsiColor::Red), &format!("    - {text}")),
                Kind::Extra => self.paint(color(AnsiColor::Green), &format!("    + {text}")),
            });
        }
    }
}

/// The lines of both texts in one order.
fn compared<'a>(expected: &'a str, actual: &'a str) -> Vec<(Kind, &'a str)> {
    let (a, b): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let before = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[before..], &b[before..]);
    let behind = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, same_behind) = a.split_at(a.len() - behind);
    let b = &b[..b.len() - behind];

    let mut lines: Vec<(Kind, &str)> = expected.lines().take(before).map(|line| (Kind::Same, line)).collect();
    if a.len() > MOST_COMPARED || b.len() > MOST_COMPARED {
        lines.extend(a.iter().map(|line| (Kind::Missing, *line)));
        lines.extend(b.iter().map(|line| (Kind::Extra, *line)));
    } else {
        lines.extend(aligned(a, b));
    }
    lines.extend(same_behind.iter().map(|line| (Kind::Same, *line)));
    lines
}

/// The longest common subsequence, by the textbook: a table of at most `MOST_COMPARED` squared lengths.
fn aligned<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<(Kind, &'a str)> {
    let width = b.len() + 1;
    let mut longest = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if a[i] == b[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let mut lines = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push((Kind::Same, a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || i < a.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            lines.push((Kind::Missing, a[i]));
            i += 1;
        } else {
            lines.push((Kind::Extra, b[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Style;
    use super::*;

    fn shown(expected: &str, actual: &str) -> String {
        let mut page = Page::new(&Style { color: false, width: 100 });
        page.difference(expected, actual);
        page.text
    }

    #[test]
    fn what_differs_stands_among_a_little_of_what_does_not() {
        let text = shown("1\n2\n3\n4\n5\n6\n7\n8", "1\n2\n3\n4\nfive\n6\n7\n8");
        assert_eq!(text, "    ...\n      3\n      4\n    - 5\n    + five\n      6\n      7\n");
        assert_eq!(shown("a\nb", "a\nb"), "");
    }

    #[test]
    fn a_long_difference_is_capped_and_no_line_commands_the_terminal() {
        let many = (0..5_000).map(|line| format!("{line}\u{1b}[2J\n")).collect::<Vec<_>>().concat();
        let text = shown(&many, "");
        assert_eq!(text.lines().count(), MOST_SHOWN + 1);
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_off_it(a in "[ab\n]{0,20}", b in "[ab\n]{0,20}") {
            let lines = compared(&a, &b);
            let side = |left_out: Kind| -> Vec<&str> {
                lines.iter().filter(|(kind, _)| *kind != left_out).map(|(_, line)| *line).collect()
            };
            prop_assert_eq!(side(Kind::Extra), a.lines().collect::<Vec<_>>());
            prop_assert_eq!(side(Kind::Missing), b.lines().collect::<Vec<_>>());
        }
    }
}
