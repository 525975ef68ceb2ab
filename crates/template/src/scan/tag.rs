//! One tag: a lexer and parser for what stands between the braces.

use super::{Call, Expression, Path, Problem, Tag, TagKind, Value};
use crate::codes::{quoted, rendering as codes};

/// Most parentheses, brackets and braces within one another in one tag.
const MOST_NESTING: usize = 16;

/// Reads the tag that begins at `start`, where `{{` stands.
pub(super) fn read(text: &str, start: usize) -> Result<Tag, Problem> {
    if text[start..].starts_with("{{{{") {
        return raw(text, start);
    }
    let mut reader = Reader { text, at: start + 2, start };
    reader.eat("~");
    reader.space();
    let (kind, close) = if reader.eat("{") {
        (TagKind::Print, "}}}")
    } else if reader.eat("#") {
        reader.space();
        if reader.eat("*") || reader.eat(">") {
            return Err(
                reader.unsupported("inline partials, partial blocks and decorators are not supported")
            );
        }
        (TagKind::Open, "}}")
    } else if reader.eat("*") {
        return Err(reader.unsupported("decorators are not supported"));
    } else if reader.eat("/") {
        (TagKind::Close, "}}")
    } else if reader.eat(">") {
        (TagKind::Partial, "}}")
    } else if reader.eat("^") || reader.eat_word("else") {
        (TagKind::Else, "}}")
    } else if reader.rest().starts_with("else") {
        // The engine cuts the name after `else` and takes the rest for a block's condition.
        return Err(Problem::syntax("a name cannot begin with `else`", start, reader.length_to_close()));
    } else {
        reader.eat("&");
        (TagKind::Print, "}}")
    };
    reader.space();
    if kind == TagKind::Else {
        if reader.at_close(close) {
            return Ok(Tag { kind, start, end: reader.close(close)?, call: None, block_params: Vec::new() });
        }
        let (call, block_params) = reader.call(TagKind::ElseChain)?;
        return Ok(Tag {
            kind: TagKind::ElseChain,
            start,
            end: reader.close(close)?,
            call: Some(call),
            block_params,
        });
    }
    let (call, block_params) = reader.call(kind)?;
    Ok(Tag { kind, start, end: reader.close(close)?, call: Some(call), block_params })
}

/// `{{{{raw}}}} … {{{{/raw}}}}`: the text between is no template. An escaped `\{{{{` does not end it.
fn raw(text: &str, start: usize) -> Result<Tag, Problem> {
    let unclosed = || Problem::syntax("a raw block is never closed", start, 4);
    let mut reader = Reader { text, at: start + 4, start };
    reader.space();
    let name = reader.word()?;
    if &text[name.start..name.end] != "raw" {
        return Err(reader.unsupported("the only block with four braces is `raw`"));
    }
    reader.space();
    if !reader.eat("}}}}") {
        return Err(reader.unexpected());
    }
    let mut at = reader.at;
    loop {
        let found = at + text[at..].find("{{{{").ok_or_else(unclosed)?;
        if text[..found].ends_with('\\') {
            at = found + 4;
            continue;
        }
        let mut reader = Reader { text, at: found + 4, start: found };
        reader.space();
        let closed = reader.eat("/") && {
            reader.space();
            reader.eat("raw")
        };
        reader.space();
        if !closed || !reader.eat("}}}}") {
            return Err(unclosed());
        }
        return Ok(Tag { kind: TagKind::Raw, start, end: reader.at, call: None, block_params: Vec::new() });
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where the tag begins.
    start: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// A word that is not the beginning of a longer one.
    fn eat_word(&mut self, word: &str) -> bool {
        let found =
            self.rest().strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c| is_word(c) || c == '='));
        if found {
            self.at += word.len();
        }
        found
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn at_close(&self, close: &str) -> bool {
        let rest = self.rest().strip_prefix('~').unwrap_or(self.rest());
        rest.starts_with(close) || (close == "}}}" && rest.starts_with("}~}}"))
    }

    fn close(&mut self, close: &str) -> Result<usize, Problem> {
        self.space();
        self.eat("~");
        if self.eat(close) || (close == "}}}" && self.eat("}~}}")) {
            return Ok(self.at);
        }
        if close == "}}}" && self.rest().starts_with("}}") {
            return Err(Problem::syntax(
                "a tag that opens with three braces is closed by two",
                self.start,
                self.at + 2 - self.start,
            ));
        }
        Err(self.unexpected())
    }

    /// A name with arguments, up to the closing braces.
    fn call(&mut self, kind: TagKind) -> Result<(Call, Vec<String>), Problem> {
        let name = if kind == TagKind::Partial {
            self.partial_name()?
        } else if self.peek() == Some('(') {
            self.parameter(0)?
        } else {
            self.word()?
        };
        let mut call = Call { name, params: Vec::new(), hash: Vec::new() };
        let mut block_params = Vec::new();
        loop {
            self.space();
            if self.peek().is_none_or(|next| next == '}' || next == '~') {
                return Ok((call, block_params));
            }
            if kind == TagKind::Print && self.peek() == Some('|') {
                return Err(Problem {
                    code: &codes::JINJA_SYNTAX,
                    message: format!(
                        "{} is piped through a Jinja filter",
                        quoted(&self.text[call.name.start..call.name.end])
                    ),
                    start: self.start,
                    length: self.length_to_close(),
                });
            }
            if matches!(kind, TagKind::Open | TagKind::ElseChain) && self.eat_word("as") {
                block_params = self.block_params()?;
                continue;
            }
            self.argument(&mut call, 0)?;
        }
    }

    fn argument(&mut self, call: &mut Call, depth: usize) -> Result<(), Problem> {
        if let Some(key) = self.hash_key() {
            let value = self.parameter(depth)?;
            call.hash.push((key, value));
        } else {
            let value = self.parameter(depth)?;
            call.params.push(value);
        }
        Ok(())
    }

    /// `key=`, when it stands here.
    fn hash_key(&mut self) -> Option<String> {
        let rest = self.rest();
        let key = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        let after = rest[key.len()..].trim_start_matches([' ', '\t', '\n', '\r']);
        if key.is_empty() || !after.starts_with('=') {
            return None;
        }
        let key = key.to_owned();
        self.at += rest.len() - after.len() + 1;
        self.space();
        Some(key)
    }

    fn block_params(&mut self) -> Result<Vec<String>, Problem> {
        self.space();
        let mut names = Vec::new();
        if !self.eat("|") {
            return Err(self.unexpected());
        }
        loop {
            self.space();
            if !names.is_empty() && self.eat("|") {
                return Ok(names);
            }
            let rest = self.rest();
            let name = rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())].to_owned();
            if name.is_empty() || names.len() == 2 {
                return Err(self.unexpected());
            }
            self.at += name.len();
            names.push(name);
        }
    }

    fn parameter(&mut self, depth: usize) -> Result<Expression, Problem> {
        if depth >= MOST_NESTING {
            return Err(Problem {
                code: &codes::TEMPLATE_TOO_COMPLEX,
                message: format!("a tag is nested more than {MOST_NESTING} deep"),
                start: self.start,
                length: 2,
            });
        }
        let start = self.at;
        let value = match self.peek() {
            Some('(') => {
                self.at += 1;
                self.space();
                let name = self.word()?;
                let mut call = Call { name, params: Vec::new(), hash: Vec::new() };
                loop {
                    self.space();
                    if self.eat(")") {
                        break Value::Call(Box::new(call));
                    }
                    self.argument(&mut call, depth + 1)?;
                }
            }
            Some(quote @ ('"' | '\'')) => {
                self.string(quote)?;
                Value::Literal { largest: 0 }
            }
            Some('{') => self.json_literal()?,
            Some('[') if self.bracket_is_literal() => self.json_literal()?,
            _ => return self.word(),
        };
        Ok(Expression { start, end: self.at, value })
    }

    fn string(&mut self, quote: char) -> Result<(), Problem> {
        let mut escaped = false;
        for (offset, character) in self.rest().char_indices().skip(1) {
            if escaped {
                escaped = false;
            } else if character == '\\' {
                escaped = true;
            } else if character == quote {
                self.at += offset + 1;
                return Ok(());
            }
        }
        Err(Problem::syntax("a string in a tag is never closed", self.at, 1))
    }

    /// Whether a bracket begins an array rather than a name in brackets.
    fn bracket_is_literal(&self) -> bool {
        let inside = self.rest()[1..].trim_start();
        inside.starts_with(['"', '\'', '[', '{', ']', '-'])
            || inside.starts_with(|c: char| c.is_ascii_digit())
    }

    /// An array or object. It must be JSON: the engine takes single quotes as well, but falls back to reading a name
    /// in brackets when the array is none, and then the two readings end at different places.
    fn json_literal(&mut self) -> Result<Value, Problem> {
        let no_json = |offset: usize| {
            Problem::syntax(
                "an array or object in a tag is not JSON: names and strings take double quotes",
                offset,
                1,
            )
        };
        let rest = self.rest();
        let mut depth = 0_usize;
        let mut in_string = false;
        let mut escaped = false;
        let mut before = ' ';
        for (offset, character) in rest.char_indices() {
            if in_string {
                match character {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => in_string = false,
                    _ => {}
                }
                continue;
            }
            match character {
                '"' => in_string = true,
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                'e' | 'E' if before.is_ascii_digit() => return Err(no_json(self.at + offset)),
                _ => {}
            }
            before = character;
            if depth > MOST_NESTING {
                return Err(no_json(self.at + offset));
            }
            if depth == 0 {
                let literal = &rest[..=offset];
                let value =
                    serde_json::from_str::<serde_json::Value>(literal).map_err(|_| no_json(self.at))?;
                self.at += literal.len();
                return Ok(Value::Literal { largest: largest(&value) });
            }
        }
        Err(no_json(self.at))
    }

    /// A partial's name: a path with slashes, or a string in single quotes.
    fn partial_name(&mut self) -> Result<Expression, Problem> {
        let start = self.at;
        if self.peek() == Some('(') {
            return Err(self.unsupported("a partial whose name is computed is not supported"));
        }
        let rest = self.rest();
        let name = &rest[..rest.find(|c| !is_word(c) && !matches!(c, '/' | '.' | '@')).unwrap_or(rest.len())];
        if name.is_empty() {
            return Err(self.unexpected());
        }
        if name.starts_with('@') {
            return Err(self.unsupported("partial blocks are not supported"));
        }
        let path = Path { names: vec![name.to_owned()], ..Path::default() };
        self.at += name.len();
        Ok(Expression { start, end: self.at, value: Value::Path(path) })
    }

    /// A path, a number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Expression, Problem> {
        let start = self.at;
        let mut path = Path::default();
        while self.eat("../") {
            path.up += 1;
        }
        if path.up == 0 {
            self.eat("./");
        }
        if self.eat("@root") {
            path.root = true;
            if !self.eat(".") && !self.eat("/") {
                return Ok(Expression { start, end: self.at, value: Value::Path(path) });
            }
        }
        path.local = self.eat("@");
        while self.eat("../") {
            path.up += 1;
        }
        if path.up > 0 && self.peek().is_none_or(|next| !is_word(next) && next != '[' && next != '@') {
            return Err(self.unexpected());
        }
        loop {
            let name = self.segment()?;
            if name != "this" || !path.names.is_empty() {
                path.names.push(name);
            }
            if !(self.eat(".") || self.eat("/")) {
                break;
            }
            if path.names.len() > MOST_NESTING {
                return Err(self.unexpected());
            }
        }
        let written = &self.text[start..self.at];
        let value = if is_literal(written) { Value::Literal { largest: 0 } } else { Value::Path(path) };
        Ok(Expression { start, end: self.at, value })
    }

    fn segment(&mut self) -> Result<String, Problem> {
        if self.eat("[") {
            let rest = self.rest();
            let end = rest.find(']').ok_or_else(|| self.unexpected())?;
            let name = &rest[..end];
            if name.contains(['"', '\'', '[', '{', '}', '\n']) {
                return Err(Problem::syntax("a name in brackets holds quotes or braces", self.at, end));
            }
            let name = name.to_owned();
            self.at += end + 1;
            return Ok(name);
        }
        let rest = self.rest();
        let name = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        if name.is_empty() {
            return Err(self.unexpected());
        }
        let name = name.to_owned();
        self.at += name.len();
        Ok(name)
    }

    fn unexpected(&self) -> Problem {
        match self.peek() {
            Some(found) => {
                let message = format!("unexpected {} in a tag", quoted(&found.to_string()));
                Problem::syntax(message, self.at, found.len_utf8())
            }
            None => Problem::syntax("a tag is never closed", self.start, 2),
        }
    }

    fn unsupported(&self, message: &str) -> Problem {
        Problem {
            code: &codes::UNSUPPORTED_CONSTRUCT,
            message: message.to_owned(),
            start: self.start,
            length: self.length_to_close(),
        }
    }

    fn length_to_close(&self) -> usize {
        self.text[self.start..].find("}}").map_or(2, |end| end + 2)
    }
}

/// The characters of the engine's identifiers.
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '$' | ':') || character >= '\u{80}'
}

fn is_literal(word: &str) -> bool {
    matches!(word, "true" | "false" | "null")
        || (word.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
            && word.parse::<f64>().is_ok())
}

fn largest(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(entries) => {
            entries.iter().map(largest).max().unwrap_or(0).max(entries.len())
        }
        serde_json::Value::Object(members) => {
            members.values().map(largest).max().unwrap_or(0).max(members.len())
        }
        _ => 0,
    }
}
