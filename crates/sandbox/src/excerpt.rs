//! Showing a guest's bytes to people.

use std::fmt::Write as _;

/// Bytes of a guest's output that are shown.
const SHOWN: usize = 2048;

/// Most bytes that one byte becomes when it is escaped: `\u{7f}`.
const ESCAPED: usize = 6;

/// The first 2 KiB, escaped: control and formatting characters, backslashes and bytes that are no UTF-8 are written
/// out, so that a terminal shows them rather than obeys them.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().min(SHOWN));
    for chunk in bytes[..bytes.len().min(SHOWN)].utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '\\' || character.is_control() || is_format(character) {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").expect("writing to a string cannot fail");
        }
    }
    text
}

/// Whether text is one that [`excerpt`] can have made: no longer, and with nothing in it that a terminal obeys.
pub(crate) fn is_shown_as_it_is(text: &str) -> bool {
    text.len() <= SHOWN * ESCAPED
        && !text.chars().any(|character| character.is_control() || is_format(character))
}

/// Characters that change how their neighbours look: zero width, direction, separators, tags.
fn is_format(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_holds_no_byte_that_a_terminal_obeys() {
        assert_eq!(excerpt(b"\x1b[31mred\x07\n\\\xff\xc3\x28 ok"), r"\u{1b}[31mred\u{7}\n\\\xff\xc3( ok");
        assert_eq!(excerpt("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(excerpt("grün".as_bytes()), "grün");
    }

    #[test]
    fn what_an_excerpt_shows_is_shown_as_it_is() {
        for bytes in [&b"\x1b[31m\xff"[..], &[0x7f; 10_000], b"", "gr\u{202e}\u{fc}n".as_bytes()] {
            assert!(is_shown_as_it_is(&excerpt(bytes)), "{bytes:?}");
        }
        assert!(!is_shown_as_it_is("\u{7}") && !is_shown_as_it_is("\u{202e}"));
        assert!(!is_shown_as_it_is(&"x".repeat(SHOWN * ESCAPED + 1)));
    }

    #[test]
    fn an_excerpt_is_of_the_first_two_kibibytes() {
        assert_eq!(excerpt(&[b'x'; 10_000]).len(), SHOWN);
        assert!(excerpt(&[0xff; 10_000]).len() <= SHOWN * 4);
        let mut split = vec![b'x'; SHOWN - 1];
        split.extend("ü".as_bytes());
        assert!(excerpt(&split).ends_with("x\\xc3"), "a character cut in two is shown as its bytes");
    }
}
