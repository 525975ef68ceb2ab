//! JSON strings, eight bytes at a time.
//!
//! A template's text comes to a guest as one JSON string with an escape on nearly every line, and is JSON itself: reading
//! strings is most of what a validation computes. Under fuel each turn of a loop is paid for, so that fewer turns count
//! twice.

use std::fmt;

/// Why a string cannot be read, and at which byte behind its opening quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadString {
    /// The byte.
    pub at: usize,
    /// What is wrong there.
    pub kind: BadStringKind,
}

/// What is wrong with a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadStringKind {
    /// A character below U+0020 that is not escaped.
    Control,
    /// The text ends within the string.
    NotClosed,
    /// A backslash before something else than `"`, `\`, `/`, `b`, `f`, `n`, `r`, `t` or `u`.
    UnknownEscape,
    /// A `\u` without four hexadecimal digits.
    Digits,
    /// One half of a surrogate pair without the other.
    HalfPair,
    /// Bytes that are not UTF-8, somewhere in the string.
    NotUtf8,
}

impl fmt::Display for BadString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            BadStringKind::Control => "a string holds a control character that is not escaped",
            BadStringKind::NotClosed => "a string is not closed",
            BadStringKind::UnknownEscape => "a string holds an unknown escape",
            BadStringKind::Digits => "a `\\u` escape needs four hexadecimal digits",
            BadStringKind::HalfPair => "a string holds half of a surrogate pair",
            BadStringKind::NotUtf8 => "a string is not UTF-8",
        })
    }
}

/// Reads the string whose opening quote stands before `rest`. Gives the text with its escapes resolved, and how many bytes
/// of `rest` it takes, the closing quote included.
///
/// # Errors
/// The first thing in the string that RFC 8259 does not allow.
pub fn read(rest: &str) -> Result<(String, usize), BadString> {
    let bytes = rest.as_bytes();
    let run = run_of_string(bytes);
    // Most strings have no escape.
    if bytes.get(run) == Some(&b'"') {
        return Ok((rest[..run].to_owned(), run + 1));
    }
    let (out, read) = unescaped(bytes, run)?;
    Ok((String::from_utf8(out).expect("runs of a text and whole characters are a text"), read))
}

/// As [`read`], of bytes that may be no text.
pub(crate) fn read_bytes(rest: &[u8]) -> Result<(String, usize), BadString> {
    let run = run_of_string(rest);
    let (out, read) = match rest.get(run) {
        Some(b'"') => (rest[..run].to_vec(), run + 1),
        _ => unescaped(rest, run)?,
    };
    let text = String::from_utf8(out).map_err(|_| BadString { at: 0, kind: BadStringKind::NotUtf8 })?;
    Ok((text, read))
}

/// The text with its escapes resolved, of which the first is at `run`, and the bytes that it takes with its closing quote.
fn unescaped(bytes: &[u8], run: usize) -> Result<(Vec<u8>, usize), BadString> {
    // A turn writes a word whole and a character behind what of it belongs to the string.
    const SPARE: usize = 12;
    let mut out = vec![0; 2 * run + 8 * SPARE];
    out[..run].copy_from_slice(&bytes[..run]);
    let (mut at, mut length) = (run, run);
    loop {
        if length + SPARE > out.len() {
            out.resize(2 * out.len(), 0);
        }
        match bytes[at..].first_chunk::<8>() {
            Some(word) => {
                let marks = ends(u64::from_le_bytes(*word));
                out[length..length + 8].copy_from_slice(word);
                if marks == 0 {
                    (at, length) = (at + 8, length + 8);
                    continue;
                }
                (at, length) = (at + before(marks), length + before(marks));
            }
            None => {
                if let Some(&byte) = bytes.get(at)
                    && !ends_run(byte)
                {
                    out[length] = byte;
                    (at, length) = (at + 1, length + 1);
                    continue;
                }
            }
        }
        match bytes.get(at) {
            Some(b'\\') => {
                let simple = bytes.get(at + 1).map_or(0, |byte| SIMPLE[usize::from(*byte)]);
                if simple == 0 {
                    let (character, read) =
                        unicode_escape(&bytes[at..]).map_err(|kind| BadString { at, kind })?;
                    length += character.encode_utf8(&mut out[length..]).len();
                    at += read;
                } else {
                    out[length] = simple;
                    (at, length) = (at + 2, length + 1);
                }
            }
            Some(b'"') => {
                out.truncate(length);
                out.shrink_to_fit();
                return Ok((out, at + 1));
            }
            Some(_) => return Err(BadString { at, kind: BadStringKind::Control }),
            None => return Err(BadString { at, kind: BadStringKind::NotClosed }),
        }
    }
}

/// What an escape of one character stands for; zero when it is none.
const SIMPLE: [u8; 256] = {
    let mut table = [0; 256];
    let pairs = [
        (b'"', b'"'),
        (b'\\', b'\\'),
        (b'/', b'/'),
        (b'b', 8),
        (b'f', 12),
        (b'n', b'\n'),
        (b'r', b'\r'),
        (b't', b'\t'),
    ];
    let mut index = 0;
    while index < pairs.len() {
        table[pairs[index].0 as usize] = pairs[index].1;
        index += 1;
    }
    table
};

/// Eight times the same byte.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The high bit of each byte that is less than `bound`, which is 128 at most. Above the lowest such byte others may be
/// marked as well.
const fn below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(all(bound)) & !word & all(0x80)
}

/// The high bit of the first byte that ends a run of a string, and of others behind it.
const fn ends(word: u64) -> u64 {
    below(word, 0x20) | below(word ^ all(b'"'), 1) | below(word ^ all(b'\\'), 1)
}

/// The bytes before the lowest one that is marked.
const fn before(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// How many bytes come before a quote, a backslash or a control character.
fn run_of_string(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        let marks = ends(u64::from_le_bytes(*word));
        if marks != 0 {
            return bytes.len() - rest.len() + before(marks);
        }
        rest = after;
    }
    bytes.len() - rest.len() + rest.iter().position(|byte| ends_run(*byte)).unwrap_or(rest.len())
}

fn ends_run(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// How many blanks stand at the beginning.
pub fn blanks(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        let others = u64::from_le_bytes(*word) ^ all(b' ');
        if others != 0 {
            return bytes.len() - rest.len() + before(others);
        }
        rest = after;
    }
    bytes.len() - rest.len() + rest.iter().take_while(|byte| **byte == b' ').count()
}

/// What an escape of four hexadecimal digits, or two of them, stands for, and how many bytes it has.
fn unicode_escape(bytes: &[u8]) -> Result<(char, usize), BadStringKind> {
    if bytes.get(1) != Some(&b'u') {
        return Err(BadStringKind::UnknownEscape);
    }
    let first = unit(&bytes[2..])?;
    let (scalar, read) = match first {
        0xD800..0xDC00 if bytes[6..].starts_with(b"\\u") => {
            let second = unit(&bytes[8..])?;
            if !(0xDC00..0xE000).contains(&second) {
                return Err(BadStringKind::HalfPair);
            }
            (0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00), 12)
        }
        other => (other, 6),
    };
    char::from_u32(scalar).map(|character| (character, read)).ok_or(BadStringKind::HalfPair)
}

/// Four hexadecimal digits.
fn unit(bytes: &[u8]) -> Result<u32, BadStringKind> {
    let digits = bytes.first_chunk::<4>().ok_or(BadStringKind::Digits)?;
    digits.iter().try_fold(0, |unit, &digit| {
        let digit = char::from(digit).to_digit(16).ok_or(BadStringKind::Digits)?;
        Ok(unit * 16 + digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_byte() {
        let cases = [
            (r"ab", 2, BadStringKind::NotClosed),
            ("a\nb\"", 1, BadStringKind::Control),
            (r#"a\n\x""#, 3, BadStringKind::UnknownEscape),
            (r#"a\u12""#, 1, BadStringKind::Digits),
            (r#"a\uD83D""#, 1, BadStringKind::HalfPair),
            (r#"a\uD83D\u0041""#, 1, BadStringKind::HalfPair),
            (r#"a\uDE00""#, 1, BadStringKind::HalfPair),
            ("a\\q\n", 1, BadStringKind::UnknownEscape),
            (r"a\", 1, BadStringKind::UnknownEscape),
            (r"a\n", 3, BadStringKind::NotClosed),
        ];
        for (rest, at, kind) in cases {
            assert_eq!(read(rest), Err(BadString { at, kind }), "{rest:?}");
        }
    }
}
