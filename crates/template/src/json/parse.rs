//! The grammar of RFC 8259, by recursive descent with a depth that is capped.

use genesis_abi::Finding;
use genesis_abi::json_string::{self, BadStringKind};

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
        members: Vec::new(),
        entries: Vec::new(),
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

/// Why reading ended, and where. It is made once for a text, and values many times: boxed, it does not make each of them
/// larger.
struct Refusal(Box<Reason>);

struct Reason {
    code: &'static Code,
    message: String,
    help: Option<&'static str>,
    at: usize,
}

impl Refusal {
    fn new(code: &'static Code, message: String, at: usize) -> Self {
        Self(Box::new(Reason { code, message, help: None, at }))
    }

    fn with_help(mut self, help: &'static str) -> Self {
        self.0.help = Some(help);
        self
    }

    fn finding(self, text: &str) -> Finding {
        let Reason { code, message, help, at } = *self.0;
        let offset = u32::try_from(at).expect("the text is at most 4 GiB long");
        let length = text[at..].chars().next().map_or(0, char::len_utf8);
        let range = TextRange { offset, length: u32::try_from(length).expect("a character is short") };
        let place = genesis_abi::Place {
            span: Some(LineIndex::default().span(text, range)),
            ..genesis_abi::Place::default()
        };
        code.finding_with_help(Profile::Standard, message, place, help.unwrap_or(code.help))
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
    /// Members and entries of what is not closed yet, the innermost last: each list is made once, as long as it is.
    members: Vec<Member>,
    entries: Vec<Node>,
}

impl Reader<'_> {
    fn whole(&mut self) -> Read<Node> {
        if self.text.starts_with('\u{feff}') {
            let refusal = self.syntax("the text begins with a byte order mark".to_owned(), 0);
            return Err(refusal.with_help("save the file as UTF-8 without a byte order mark"));
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
            return Err(Refusal::new(
                &JSON_TOO_DEEP,
                format!("values are nested more than {} levels deep", self.most_depth),
                self.at,
            ));
        }
        self.depth -= 1;
        self.at += 1;
        let value = read(self)?;
        self.depth += 1;
        Ok(value)
    }

    fn array(&mut self) -> Read<NodeValue> {
        let outside = self.entries.len();
        self.skip_space();
        if self.take(b']') {
            return Ok(NodeValue::Array(Vec::new()));
        }
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                return Err(self.trailing_comma());
            }
            let entry = self.value()?;
            self.entries.push(entry);
            self.skip_space();
            if self.take(b']') {
                return Ok(NodeValue::Array(self.entries.split_off(outside)));
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn object(&mut self) -> Read<NodeValue> {
        let outside = self.members.len();
        self.skip_space();
        if self.take(b'}') {
            return Ok(NodeValue::Object(Vec::new()));
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
            self.members.push(Member { key, key_span, value });
            self.skip_space();
            if self.take(b'}') {
                let members = self.members.split_off(outside);
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
            return Err(Refusal::new(
                &JSON_NUMBER_RANGE,
                format!("the number {} is out of range", quoted(raw)),
                start,
            ));
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
        let inside = start + 1;
        let (text, read) = json_string::read(&self.text[inside..]).map_err(|bad| {
            self.at = inside + bad.at;
            match bad.kind {
                BadStringKind::NotClosed => self.syntax(bad.to_string(), start),
                BadStringKind::Control => {
                    let message = format!("a string holds {}, which must be escaped", self.here());
                    self.syntax(message, self.at)
                }
                _ => self.syntax(bad.to_string(), self.at),
            }
        })?;
        self.at = inside + read;
        Ok(text)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            // Behind a line's end stands the next one's indentation.
            self.at += 1;
            self.at += json_string::blanks(&self.bytes[self.at..]);
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
        let refusal = self.syntax(format!("expected {wanted}, found {}", self.here()), self.at);
        match self.peek() {
            Some(b'\'') => refusal.with_help("JSON has double quotes only"),
            Some(b'`') => refusal.with_help("take out the code fence around the document"),
            Some(b'/' | b'#') => refusal.with_help("JSON has no comments"),
            Some(b'N' | b'I') => refusal.with_help("JSON has no NaN and no infinity"),
            _ => refusal,
        }
    }

    fn trailing_comma(&self) -> Refusal {
        let refusal = self.syntax(format!("expected a value after `,`, found {}", self.here()), self.at);
        refusal.with_help("take out the comma before it")
    }

    fn too_many_nodes(&self) -> Refusal {
        Refusal::new(&JSON_TOO_LARGE, format!("the text holds more than {} values", self.most_nodes), self.at)
    }

    #[expect(clippy::unused_self, reason = "reads as a word of the reader, as its neighbours do")]
    fn syntax(&self, message: String, at: usize) -> Refusal {
        Refusal::new(&JSON_SYNTAX, message, at)
    }
}
