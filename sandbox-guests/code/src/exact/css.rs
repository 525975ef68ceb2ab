//! CSS by the rules of CSS Syntax Level 3, on which everything else of CSS rests: tokens, blocks, rules, declarations.
//!
//! Values and selectors are not looked into: a reader of CSS skips what it does not know, so nothing there is an error
//! of syntax.

use genesis_abi::CaseFile;

use crate::syntax::{Fault, quoted};

/// The faults of a style sheet.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    let mut sheet =
        Sheet { text: &file.text, at: 0, open: Vec::new(), item: Item::default(), faults: Vec::new() };
    sheet.read();
    sheet.faults
}

struct Sheet<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Open>,
    /// What has been read since the last `{`, `}` or `;` that counts.
    item: Item,
    faults: Vec<Fault>,
}

/// An opening bracket.
struct Open {
    start: usize,
    closer: char,
    /// A block of declarations and rules rather than a part of a value.
    block: bool,
    /// The item around it, for a bracket that is part of one.
    around: Item,
}

/// A declaration, a rule's prelude, or an at-rule, as far as it was read.
#[derive(Default, Clone, Copy)]
struct Item {
    /// Where it begins and what its last token ends with; nothing when there was no token yet.
    range: Option<(usize, usize)>,
    /// End of the name it begins with.
    name: usize,
    at_rule: bool,
    custom: bool,
    /// Where its first colon is.
    colon: Option<usize>,
    /// End of the line before a name that is followed by another colon.
    second: Option<usize>,
    /// A name that began a line, and the end of the token before it.
    fresh: Option<usize>,
    progid: bool,
}

impl Sheet<'_> {
    fn read(&mut self) {
        while let Some(character) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            let start = self.at;
            match character {
                _ if character.is_whitespace() => self.at += character.len_utf8(),
                '/' if rest.starts_with("/*") => {
                    let Some(end) = rest[2..].find("*/") else {
                        self.faults.push(
                            Fault::missing(start, start + 2, "missing `*/` to close `/*`")
                                .help("write `*/` where the comment is to end"),
                        );
                        return;
                    };
                    self.at += end + 4;
                }
                '<' if rest.starts_with("<!--") && self.open.is_empty() => self.at += 4,
                '-' if rest.starts_with("-->") && self.open.is_empty() => self.at += 3,
                '"' | '\'' => self.string(character),
                '{' | '(' | '[' => self.opening(character),
                '}' | ')' | ']' => self.closing(character),
                ';' if self.in_block() => {
                    self.at += 1;
                    self.end_of_item(start);
                    self.item = Item::default();
                }
                _ if is_name(character) || character == '\\' => self.name(),
                '@' if self.item.range.is_none() => {
                    self.at += 1;
                    self.item.at_rule = true;
                    self.token(start);
                }
                ':' => self.colon(),
                _ => {
                    self.at += character.len_utf8();
                    self.token(start);
                }
            }
        }
        self.ended();
    }

    /// Whether what stands here is an item of a block or of the sheet, rather than part of a value.
    fn in_block(&self) -> bool {
        self.open.last().is_none_or(|open| open.block)
    }

    fn token(&mut self, start: usize) {
        self.item.range = Some((self.item.range.map_or(start, |(first, _)| first), self.at));
    }

    fn name(&mut self) {
        let start = self.at;
        let rest = &self.text[start..];
        let mut length = 0;
        let mut characters = rest.chars();
        while let Some(character) = characters.next() {
            if character == '\\' {
                length += 1 + characters.next().map_or(0, char::len_utf8);
            } else if is_name(character) {
                length += character.len_utf8();
            } else {
                break;
            }
        }
        let word = &rest[..length];
        self.at += length;
        if word.eq_ignore_ascii_case("url") && self.text[self.at..].starts_with('(') && self.url() {
            self.token(start);
            return;
        }
        if let Some((_, before)) = self.item.range {
            let begins_line = self.text[before..start].contains('\n');
            self.item.fresh = begins_line.then_some(before);
        } else {
            self.item.name = self.at;
            self.item.custom = word.starts_with("--");
        }
        self.item.progid |= word.eq_ignore_ascii_case("progid");
        self.token(start);
    }

    /// Reads `(` to `)` of an address without quotes; nothing is read when it has quotes.
    fn url(&mut self) -> bool {
        let inside = &self.text[self.at + 1..];
        if inside.trim_start().starts_with(['"', '\'']) {
            return false;
        }
        let mut escaped = false;
        let end = inside.find(|c: char| {
            let found = c == ')' && !escaped;
            escaped = c == '\\' && !escaped;
            found
        });
        let Some(end) = end else { return false };
        self.at += end + 2;
        true
    }

    fn colon(&mut self) {
        let start = self.at;
        self.at += 1;
        if self.item.colon.is_none() {
            self.item.colon = Some(start);
        } else if self.item.second.is_none() {
            self.item.second = self.item.fresh;
        }
        self.token(start);
    }

    fn string(&mut self, quote: char) {
        let start = self.at;
        let mut characters = self.text[start + 1..].char_indices();
        while let Some((offset, character)) = characters.next() {
            match character {
                '\\' => {
                    characters.next();
                }
                '\n' | '\r' | '\u{c}' => {
                    self.at = start + 1 + offset;
                    break;
                }
                _ if character == quote => {
                    self.at = start + 2 + offset;
                    self.token(start);
                    return;
                }
                _ => {}
            }
        }
        if self.at == start {
            self.at = self.text.len();
        }
        self.faults.push(
            Fault::missing(start, start + 1, format!("missing closing {}", quoted(&quote.to_string())))
                .help("close the string in the line that it begins in"),
        );
        self.token(start);
    }

    fn opening(&mut self, bracket: char) {
        let start = self.at;
        self.at += 1;
        let value = self.item.custom && self.item.colon.is_some();
        let block = bracket == '{' && self.in_block() && !value;
        if block && self.item.range.is_none() {
            self.faults.push(
                Fault::missing(start, start, "missing a selector in front of `{`")
                    .help("write what it is for"),
            );
        }
        let closer = match bracket {
            '{' => '}',
            '(' => ')',
            _ => ']',
        };
        self.token(start);
        self.open.push(Open { start, closer, block, around: self.item });
        self.item = Item::default();
    }

    fn closing(&mut self, bracket: char) {
        let start = self.at;
        self.at += 1;
        let found = bracket.to_string();
        let Some(open) = self.open.last() else {
            self.faults.push(
                Fault::wrong(start, start + 1, format!("unexpected {}", quoted(&found)))
                    .help("nothing is open that it could close: remove it"),
            );
            return;
        };
        if open.closer != bracket {
            let opener = &self.text[open.start..=open.start];
            let closer = open.closer.to_string();
            if self.open.iter().any(|open| open.closer == bracket) {
                let message = format!("missing {} to close {}", quoted(&closer), quoted(opener));
                self.faults.push(
                    Fault::missing(open.start, open.start + 1, message)
                        .help(format!("write {} where it is to end", quoted(&closer))),
                );
                while self.open.last().is_some_and(|open| open.closer != bracket) {
                    self.open.pop();
                }
                self.item = Item { at_rule: true, ..Item::default() };
            } else {
                let message = format!("unexpected {}, expected {}", quoted(&found), quoted(&closer));
                self.faults.push(Fault::wrong(start, start + 1, message).help("remove it"));
                return;
            }
        } else if open.block {
            self.end_of_item(start);
        }
        let Some(open) = self.open.pop() else { return };
        if open.block {
            self.item = Item::default();
        } else {
            self.item = open.around;
            self.token(start);
        }
    }

    /// An item that ends without a block: a declaration, or an at-rule that has none.
    fn end_of_item(&mut self, end: usize) {
        let item = self.item;
        let Some((first, last)) = item.range else { return };
        if item.at_rule {
            return;
        }
        if self.open.is_empty() {
            self.faults.push(
                Fault::wrong(end, end + 1, "unexpected `;`, expected `{`")
                    .help("a declaration stands within the braces of a rule"),
            );
        } else if let Some(at) = self.behind_name(item) {
            let found = self.text[at..].split(|c: char| !is_name(c)).next().unwrap_or_default();
            self.faults.push(
                Fault::wrong(at, at + found.len(), format!("unexpected {}, expected `:`", quoted(found)))
                    .help("a property is one name"),
            );
        } else if item.colon.is_none() {
            let at = if item.name > first { item.name } else { last };
            self.faults.push(
                Fault::missing(at, at, "missing `:` behind the property").help("write `property: value`"),
            );
        } else if let (Some(at), false, false) = (item.second, item.progid, item.custom) {
            self.faults
                .push(Fault::missing(at, at, "missing `;`").help("end the declaration before the next one"));
        }
    }

    /// Where a second name stands between a property's name and its colon.
    fn behind_name(&self, item: Item) -> Option<usize> {
        let (first, _) = item.range?;
        let between = self.text.get(item.name..item.colon?)?;
        let at = item.name + between.len() - between.trim_start().len();
        (item.name > first && between.trim_start().starts_with(is_name) && !item.custom).then_some(at)
    }

    fn ended(&mut self) {
        if let Some(open) = self.open.first() {
            let opener = &self.text[open.start..=open.start];
            let closer = open.closer.to_string();
            let message = format!("missing {} to close {}", quoted(&closer), quoted(opener));
            self.faults.push(
                Fault::missing(open.start, open.start + 1, message)
                    .help(format!("write {} where it is to end", quoted(&closer))),
            );
        } else if let Some((_, last)) = self.item.range
            && !self.item.at_rule
        {
            self.faults.push(Fault::missing(last, last, "missing `{`").help("write the rule's declarations"));
        }
    }
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_') || !character.is_ascii()
}
