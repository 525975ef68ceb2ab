//! The grammar of RFC 8259, by recursive descent with a depth that is capped.

use genesis_abi::Finding;

use super::place::LineIndex;
use super::{Document, Duplicate, Member, Node, NodeValue, ReadLimits, TextRange};
use crate::Profile;
use crate::codes::document::{JSON_NUMBER_RANGE, JSON_SYNTAX, JSON_TOO_DEEP, JSON_TOO_LARGE};
use crate::codes::{Code, quoted};

#[expect(
    clippy::result_large_err,
    reason = "it is made once for a text, and the finding is what callers hand on"
)]
pub(super) fn document(text: &str, limits: &ReadLimits) -> Result<Document, Finding> {
    let most_bytes = limits.bytes.min(u32::MAX as usize);
    if text.len() > most_bytes {
        let message = format!("the text is longer than {most_bytes} bytes");
        return Err(JSON_TOO_LARGE.finding(Profile::Standard, message, genesis_abi::Place::default()));
    }
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        depth: limits.depth.min(ReadLimits::DEEPEST),
        most_depth: limits.depth.min(ReadLimits::DEEPEST),
        nodes: limits.nodes,
        most_nodes: limits.nodes,
        duplicates: Vec::new(),
    };
    match reader.whole() {
        Ok(root) => {
            let mut duplicates = reader.duplicates;
            duplicates.sort_by_key(|duplicate| duplicate.again.offset);
            Ok(Document { text: text.to_owned(), root, duplicates, lines: LineIndex::default() })
        }
        Err(refusal) => Err(refusal.finding(text)),
    }
}

/// Why reading ended, and where.
struct Refusal {
    code: &'static Code,
    message: String,
    help: Option<&'static str>,
    at: usize,
}

impl Refusal {
    fn finding(self, text: &str) -> Finding {
        let offset = u32::try_from(self.at).expect("the text is at most 4 GiB long");
        let length = text[self.at..].chars().next().map_or(0, char::len_utf8);
        let range = TextRange { offset, length: u32::try_from(length).expect("a character is short") };
        let place = genesis_abi::Place {
            span: Some(LineIndex::default().span(text, range)),
            ..genesis_abi::Place::default()
        };
        let help = self.help.unwrap_or(self.code.help);
        self.code.finding_with_help(Profile::Standard, self.message, place, help)
    }
}

type Read<T> = Result<T, Refusal>;

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Levels still allowed.
    depth: usize,
    most_depth: usize,
    /// Values still allowed.
    nodes: usize,
    most_nodes: usize,
    duplicates: Vec<Duplicate>,
}

impl Reader<'_> {
    fn whole(&mut self) -> Read<Node> {
        if self.text.starts_with('\u{feff}') {
            let mut refusal = self.syntax("the text begins with a byte order mark".to_owned(), 0);
            refusal.help = Some("save the file as UTF-8 without a byte order mark");
            return Err(refusal);
        }
        self.skip_space();
        if self.at == self.bytes.len() {
            return Err(self.syntax("the text is empty".to_owned(), self.at));
        }
        let root = self.value()?;
        self.skip_space();
        if self.at < self.bytes.len() {
            return Err(self.syntax(format!("expected the end of the text, found {}", self.here()), self.at));
        }
        Ok(root)
    }

    fn value(&mut self) -> Read<Node> {
        let start = self.at;
        let Some(&byte) = self.bytes.get(start) else { return Err(self.unexpected("a value")) };
        self.nodes = match self.nodes.checked_sub(1) {
            Some(left) => left,
            None => return Err(self.too_many_nodes()),
        };
        let value = match byte {
            b'"' => NodeValue::String(self.string()?),
            b'{' => self.nested(Self::object)?,
            b'[' => self.nested(Self::array)?,
            b'-' | b'0'..=b'9' => NodeValue::Number(self.number()?),
            b't' => self.word("true", NodeValue::Bool(true))?,
            b'f' => self.word("false", NodeValue::Bool(false))?,
            b'n' => self.word("null", NodeValue::Null)?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { span: self.range(start), value })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Read<NodeValue>) -> Read<NodeValue> {
        if self.depth == 0 {
            return Err(Refusal {
                code: &JSON_TOO_DEEP,
                message: format!("values are nested more than {} levels deep", self.most_depth),
                help: None,
                at: self.at,
            });
        }
        self.depth -= 1;
        self.at += 1;
        let value = read(self)?;
        self.depth += 1;
        Ok(value)
    }

    fn array(&mut self) -> Read<NodeValue> {
        let mut entries = Vec::new();
        self.skip_space();
        if self.take(b']') {
            return Ok(NodeValue::Array(entries));
        }
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                return Err(self.trailing_comma());
            }
            entries.push(self.value()?);
            self.skip_space();
            if self.take(b']') {
                return Ok(NodeValue::Array(entries));
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn object(&mut self) -> Read<NodeValue> {
        let mut members: Vec<Member> = Vec::new();
        self.skip_space();
        if self.take(b'}') {
            return Ok(NodeValue::Object(members));
        }
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'"') => {}
                Some(b'}') => return Err(self.trailing_comma()),
                _ => return Err(self.unexpected("a key in double quotes")),
            }
            let start = self.at;
            let key = self.string()?;
            let key_span = self.range(start);
            self.skip_space();
            if !self.take(b':') {
                return Err(self.unexpected("`:`"));
            }
            self.skip_space();
            let value = self.value()?;
            members.push(Member { key, key_span, value });
            self.skip_space();
            if self.take(b'}') {
                self.note_duplicates(&members);
                return Ok(NodeValue::Object(members));
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    fn note_duplicates(&mut self, members: &[Member]) {
        // Small objects are compared pairwise, which spares an allocation an object; large ones are sorted, since
        // comparing 100,000 keys pairwise would take minutes.
        const SMALL: usize = 8;
        if members.len() <= SMALL {
            for (index, member) in members.iter().enumerate() {
                if let Some(first) = members[..index].iter().find(|earlier| earlier.key == member.key) {
                    self.duplicates.push(Duplicate { first: first.key_span, again: member.key_span });
                }
            }
            return;
        }
        let mut sorted: Vec<&Member> = members.iter().collect();
        sorted.sort_by(|a, b| a.key.cmp(&b.key));
        for same in sorted.chunk_by(|a, b| a.key == b.key) {
            for again in &same[1..] {
                self.duplicates.push(Duplicate { first: same[0].key_span, again: again.key_span });
            }
        }
    }

    fn word(&mut self, word: &str, value: NodeValue) -> Read<NodeValue> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.unexpected("a value"))
    }

    fn number(&mut self) -> Read<String> {
        let start = self.at;
        self.take(b'-');
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.skip_digits(),
            _ => return Err(self.unexpected("a digit")),
        }
        if matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.syntax("a number has a leading zero".to_owned(), start));
        }
        if self.take(b'.') {
            self.digits()?;
        }
        let has_exponent = matches!(self.peek(), Some(b'e' | b'E'));
        if has_exponent {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let raw = &self.text[start..self.at];
        // Without an exponent it takes more than 308 digits to leave the range of a float.
        if (has_exponent || raw.len() > 308) && !raw.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(Refusal {
                code: &JSON_NUMBER_RANGE,
                message: format!("the number {} is out of range", quoted(raw)),
                help: None,
                at: start,
            });
        }
        Ok(raw.to_owned())
    }

    fn digits(&mut self) -> Read<()> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected("a digit"));
        }
        self.skip_digits();
        Ok(())
    }

    fn skip_digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Read<String> {
        let start = self.at;
        self.at += 1;
        // Most strings have no escape and are one run.
        let mut out = self.run().to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => {
                    let message = format!("a string holds {}, which must be escaped", self.here());
                    return Err(self.syntax(message, self.at));
                }
                None => return Err(self.syntax("a string is not closed".to_owned(), start)),
            }
            out.push_str(self.run());
        }
    }

    /// The text up to what ends a run of a string: a quote, a backslash or a control character.
    fn run(&mut self) -> &str {
        let start = self.at;
        let rest = &self.bytes[start..];
        let ends = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < 0x20;
        self.at += rest.iter().position(ends).unwrap_or(rest.len());
        &self.text[start..self.at]
    }

    fn escape(&mut self) -> Read<char> {
        let start = self.at;
        self.at += 2;
        Ok(match self.bytes.get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            _ => return Err(self.syntax("a string holds an unknown escape".to_owned(), start)),
        })
    }

    fn unicode_escape(&mut self, start: usize) -> Read<char> {
        let first = self.unit(start)?;
        let scalar = match first {
            0xD800..0xDC00 if self.bytes[self.at..].starts_with(b"\\u") => {
                self.at += 2;
                let second = self.unit(start)?;
                if !(0xDC00..0xE000).contains(&second) {
                    return Err(self.syntax("a string holds half of a surrogate pair".to_owned(), start));
                }
                0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            other => other,
        };
        char::from_u32(scalar)
            .ok_or_else(|| self.syntax("a string holds half of a surrogate pair".to_owned(), start))
    }

    /// Four hexadecimal digits.
    fn unit(&mut self, start: usize) -> Read<u32> {
        let digits = self.bytes.get(self.at..self.at + 4).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else {
            return Err(self.syntax("a `\\u` escape needs four hexadecimal digits".to_owned(), start));
        };
        let unit = digits.iter().fold(0, |unit, &digit| {
            unit * 16 + char::from(digit).to_digit(16).expect("checked to be a hexadecimal digit")
        });
        self.at += 4;
        Ok(unit)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[expect(clippy::cast_possible_truncation, reason = "the text is at most 4 GiB long")]
    fn range(&self, start: usize) -> TextRange {
        TextRange { offset: start as u32, length: (self.at - start) as u32 }
    }

    /// What stands at the current place, for a message.
    fn here(&self) -> String {
        match self.text[self.at..].chars().next() {
            None => "the end of the text".to_owned(),
            Some(character) if character.is_control() => format!("U+{:04X}", u32::from(character)),
            Some(character) => quoted(character.encode_utf8(&mut [0; 4])),
        }
    }

    fn unexpected(&self, wanted: &str) -> Refusal {
        let mut refusal = self.syntax(format!("expected {wanted}, found {}", self.here()), self.at);
        refusal.help = match self.peek() {
            Some(b'\'') => Some("JSON has double quotes only"),
            Some(b'`') => Some("take out the code fence around the document"),
            Some(b'/' | b'#') => Some("JSON has no comments"),
            Some(b'N' | b'I') => Some("JSON has no NaN and no infinity"),
            _ => None,
        };
        refusal
    }

    fn trailing_comma(&self) -> Refusal {
        let mut refusal = self.syntax(format!("expected a value after `,`, found {}", self.here()), self.at);
        refusal.help = Some("take out the comma before it");
        refusal
    }

    fn too_many_nodes(&self) -> Refusal {
        Refusal {
            code: &JSON_TOO_LARGE,
            message: format!("the text holds more than {} values", self.most_nodes),
            help: None,
            at: self.at,
        }
    }

    #[expect(clippy::unused_self, reason = "reads as a word of the reader, as its neighbours do")]
    fn syntax(&self, message: String, at: usize) -> Refusal {
        Refusal { code: &JSON_SYNTAX, message, help: None, at }
    }
}
