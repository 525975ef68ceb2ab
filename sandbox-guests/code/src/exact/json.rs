//! JSON as RFC 8259 has it, with keys that stand twice told; and the JSON with comments of some programs' settings.

use std::collections::HashSet;

use genesis_abi::CaseFile;

use crate::syntax::{Fault, quoted};

/// The faults of a JSON text: the first that keeps it from being JSON, and every key that stands twice.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    let mut reading = Reading {
        text: &file.text,
        at: if file.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
        comments: has_comments(&file.path),
        faults: Vec::new(),
    };
    if let Err(fault) = reading.document() {
        reading.faults.push(fault);
    }
    reading.faults
}

/// Whether a file is one of those that may hold comments and trailing commas.
fn has_comments(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let tsconfig = (name.starts_with("tsconfig") || name.starts_with("jsconfig")) && name.ends_with(".json");
    tsconfig
        || name.ends_with(".jsonc")
        || name.ends_with(".code-workspace")
        || path.contains(".vscode/")
        || matches!(
            name,
            "devcontainer.json" | ".eslintrc.json" | ".eslintrc" | ".jshintrc" | "api-extractor.json"
        )
}

struct Reading<'t> {
    text: &'t str,
    at: usize,
    comments: bool,
    faults: Vec<Fault>,
}

/// One array or object that is open.
struct Level {
    opener: usize,
    /// The keys so far; nothing for an array.
    keys: Option<HashSet<String>>,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A value; the array may also end when it is empty so far.
    Value { may_close: bool },
    /// A key; the object may also end when it is empty so far.
    Key { may_close: bool },
    /// A comma or the end of what is open.
    Comma,
}

impl Reading<'_> {
    /// Reads without recursion: nesting costs memory, never stack.
    fn document(&mut self) -> Result<(), Fault> {
        let mut open: Vec<Level> = Vec::new();
        let mut next = Next::Value { may_close: false };
        loop {
            self.space()?;
            if next == Next::Comma && open.is_empty() {
                return if self.at == self.text.len() {
                    Ok(())
                } else {
                    Err(self.unexpected("the end of the text: a JSON text is one value"))
                };
            }
            next = match (next, self.peek()) {
                (_, None) => return Err(self.ended(open.last())),
                (Next::Value { may_close: true }, Some(b']'))
                | (Next::Key { may_close: true }, Some(b'}')) => {
                    self.close(&mut open);
                    Next::Comma
                }
                (Next::Value { .. }, Some(byte)) => self.value(byte, &mut open)?,
                (Next::Key { .. }, Some(b'"')) => {
                    self.key(&mut open)?;
                    Next::Value { may_close: false }
                }
                (Next::Key { .. }, Some(b'}')) => return Err(self.trailing_comma()),
                (Next::Key { .. }, Some(_)) => return Err(self.unexpected("a key in double quotes")),
                (Next::Comma, Some(byte)) => self.after_value(byte, &mut open)?,
            };
        }
    }

    fn close(&mut self, open: &mut Vec<Level>) {
        self.at += 1;
        open.pop();
    }

    fn value(&mut self, byte: u8, open: &mut Vec<Level>) -> Result<Next, Fault> {
        match byte {
            b'{' => {
                open.push(Level { opener: self.at, keys: Some(HashSet::new()) });
                self.at += 1;
                Ok(Next::Key { may_close: true })
            }
            b'[' => {
                open.push(Level { opener: self.at, keys: None });
                self.at += 1;
                Ok(Next::Value { may_close: true })
            }
            b'"' => self.string().map(|_| Next::Comma),
            b'-' | b'0'..=b'9' => self.number().map(|()| Next::Comma),
            b']' if open.last().is_some_and(|level| level.keys.is_none()) => Err(self.trailing_comma()),
            _ => {
                let word = self.word();
                if matches!(word, "true" | "false" | "null") {
                    self.at += word.len();
                    return Ok(Next::Comma);
                }
                Err(self.unexpected("a value"))
            }
        }
    }

    fn key(&mut self, open: &mut [Level]) -> Result<(), Fault> {
        let start = self.at;
        let key = self.string()?;
        if let Some(keys) = open.last_mut().and_then(|level| level.keys.as_mut())
            && !keys.insert(key.clone())
        {
            self.faults.push(
                Fault::wrong(start, self.at, format!("the key {} stands twice in one object", quoted(&key)))
                    .help("remove one: readers disagree on which of the two counts")
                    .warning(),
            );
        }
        self.space()?;
        match self.peek() {
            Some(b':') => {
                self.at += 1;
                Ok(())
            }
            None => Err(self.ended(open.last())),
            Some(_) => Err(self.unexpected("`:` behind the key")),
        }
    }

    fn after_value(&mut self, byte: u8, open: &mut Vec<Level>) -> Result<Next, Fault> {
        let object = open.last().is_some_and(|level| level.keys.is_some());
        match (byte, object) {
            (b'}', true) | (b']', false) => {
                self.close(open);
                Ok(Next::Comma)
            }
            (b',', _) => {
                self.at += 1;
                let may_close = self.comments;
                Ok(if object { Next::Key { may_close } } else { Next::Value { may_close } })
            }
            (_, true) => Err(self.unexpected("`,` or `}`")),
            (_, false) => Err(self.unexpected("`,` or `]`")),
        }
    }

    /// Reads a string. What it gives tells keys apart: escapes of printable characters are resolved.
    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        let mut key = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let Some(character) = rest.chars().next() else { break };
            match character {
                '"' => {
                    self.at += 1;
                    return Ok(key);
                }
                '\\' => self.escape(&mut key)?,
                '\n' | '\r' => break,
                control if control < ' ' => {
                    return Err(Fault::wrong(self.at, self.at + 1, "a control character in a string")
                        .help("write it as an escape such as `\\t`"));
                }
                other => {
                    key.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        Err(Fault::missing(start, start + 1, "missing closing `\"`")
            .help("write `\"` where the string is to end"))
    }

    fn escape(&mut self, key: &mut String) -> Result<(), Fault> {
        let start = self.at;
        let rest = &self.text[start + 1..];
        match rest.chars().next() {
            Some('u') => {
                let digits = rest.get(1..5).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
                let Some(digits) = digits else {
                    return Err(Fault::wrong(
                        start,
                        start + 2,
                        "`\\u` is not followed by four hexadecimal digits",
                    ));
                };
                match u32::from_str_radix(digits, 16).ok().and_then(char::from_u32) {
                    Some(resolved) => key.push(resolved),
                    None => key.extend(["\\u", digits]),
                }
                self.at += 6;
            }
            Some(plain @ ('"' | '\\' | '/')) => {
                key.push(plain);
                self.at += 2;
            }
            Some(letter @ ('b' | 'f' | 'n' | 'r' | 't')) => {
                key.extend(['\\', letter]);
                self.at += 2;
            }
            Some(other) => {
                let end = start + 1 + other.len_utf8();
                return Err(Fault::wrong(
                    start,
                    end,
                    format!("{} is no escape of JSON", quoted(&self.text[start..end])),
                )
                .help("write `\\\\` for a backslash"));
            }
            None => self.at += 1,
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')))
            .unwrap_or(rest.len());
        let number = &rest[..length];
        self.at += length;
        if is_number(number) {
            return Ok(());
        }
        Err(Fault::wrong(start, start + length, format!("{} is no number of JSON", quoted(number)))
            .help("a number has no leading zero or plus sign, and digits on both sides of its point"))
    }

    /// Skips white space, and comments where they are allowed.
    fn space(&mut self) -> Result<(), Fault> {
        loop {
            let rest = &self.text[self.at..];
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
            let rest = &self.text[self.at..];
            let comment = rest.starts_with("//") || rest.starts_with("/*");
            if !comment {
                return Ok(());
            }
            if !self.comments {
                return Err(Fault::wrong(self.at, self.at + 2, "a comment, and JSON has none")
                    .help("remove it, or name the file `.jsonc` if its reader allows comments"));
            }
            if rest.starts_with("//") {
                self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            } else {
                let Some(end) = rest[2..].find("*/") else {
                    return Err(Fault::missing(self.at, self.at + 2, "missing `*/` to close `/*`"));
                };
                self.at += end + 4;
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The word, or else the one character, that stands here.
    fn word(&self) -> &str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if end > 0 { &rest[..end] } else { &rest[..rest.chars().next().map_or(0, char::len_utf8)] }
    }

    fn unexpected(&self, expected: &str) -> Fault {
        let found = self.word();
        Fault::wrong(
            self.at,
            self.at + found.len(),
            format!("unexpected {}, expected {expected}", quoted(found)),
        )
        .help(match found {
            "'" => "strings stand in double quotes",
            "True" | "False" => "write `true` and `false` in small letters",
            "None" | "undefined" | "nil" => "write `null`",
            _ => "remove it, or complete what stands before it",
        })
    }

    fn trailing_comma(&self) -> Fault {
        let comma = self.text[..self.at].trim_end_matches([' ', '\t', '\n', '\r']);
        let at = comma.len().saturating_sub(1);
        Fault::wrong(at, comma.len(), "a comma with nothing behind it").help("remove the comma")
    }

    fn ended(&self, open: Option<&Level>) -> Fault {
        match open {
            Some(level) => {
                let (opener, closer) = if level.keys.is_some() { ("{", "}") } else { ("[", "]") };
                Fault::missing(
                    level.opener,
                    level.opener + 1,
                    format!("missing {} to close {}", quoted(closer), quoted(opener)),
                )
                .help(format!("write {} where it is to end", quoted(closer)))
            }
            None => Fault::missing(self.at, self.at, "the text ends before there is a value"),
        }
    }
}

/// Whether a text is a number by JSON's grammar.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}
