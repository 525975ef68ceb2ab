//! Reading an [`Input`] from its JSON.
//!
//! `serde_json` reads the same (a test compares them), but calls several functions for each escape of a string, and under
//! fuel a call is dear: it took a quarter of a validation. Only reading is done here; writing is left to `serde_json`.

use std::fmt;

use serde::de::{
    self, Deserialize as _, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
    value::StringDeserializer,
};
use serde::forward_to_deserialize_any;

use crate::{Input, json_string};

/// Most arrays and objects within one another, as `serde_json` has it.
const MOST_DEPTH: usize = 127;

impl Input {
    /// Reads an input from its JSON.
    ///
    /// # Errors
    /// The text is no JSON, or not that of an input.
    pub fn from_json(bytes: &[u8]) -> Result<Self, InputError> {
        let mut reader = Reader { bytes, at: 0, depth: 0 };
        let input = Self::deserialize(&mut reader).map_err(|error| error.or_at(reader.at))?;
        reader.space();
        if reader.at < bytes.len() {
            return Err(reader.error("text behind the end of the document"));
        }
        Ok(input)
    }
}

/// Why a text is not an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    message: String,
    /// Absent when a shape is told that does not know where it is read.
    at: Option<usize>,
}

impl InputError {
    fn new(message: impl fmt::Display, at: usize) -> Self {
        Self { message: message.to_string(), at: Some(at) }
    }

    fn or_at(mut self, at: usize) -> Self {
        self.at = self.at.or(Some(at));
        self
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{} at byte {at}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for InputError {}

impl de::Error for InputError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), at: None }
    }
}

/// Only what stands in strings can be other than ASCII, and each string is checked when it is read.
struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn error(&self, message: &str) -> InputError {
        InputError::new(message, self.at)
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        self.space();
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> Result<(), InputError> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.error("expected a value"))
    }

    fn string(&mut self) -> Result<String, InputError> {
        if !self.take(b'"') {
            return Err(self.error("expected a string"));
        }
        let (text, read) = json_string::read_bytes(&self.bytes[self.at..])
            .map_err(|bad| InputError::new(bad, self.at + bad.at))?;
        self.at += read;
        Ok(text)
    }

    fn number<'de, V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, InputError> {
        let rest = &self.bytes[self.at..];
        let is_part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let end = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let number: serde_json::Number =
            serde_json::from_slice(&rest[..end]).map_err(|_| self.error("expected a number"))?;
        self.at += end;
        match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), _, _) => visitor.visit_u64(number),
            (_, Some(number), _) => visitor.visit_i64(number),
            (_, _, Some(number)) => visitor.visit_f64(number),
            _ => Err(self.error("a number is out of range")),
        }
    }

    /// What stands between an opening bracket or brace and its other half.
    fn nested<T>(
        &mut self,
        close: u8,
        read: impl FnOnce(&mut Self) -> Result<T, InputError>,
    ) -> Result<T, InputError> {
        if self.depth == MOST_DEPTH {
            return Err(self.error("values are nested too deep"));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        if self.take(close) { Ok(value) } else { Err(self.error("an array or object is not closed")) }
    }
}

impl<'de> de::Deserializer<'de> for &mut Reader<'_> {
    type Error = InputError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        match self.peek() {
            Some(b'"') => visitor.visit_string(self.string()?),
            Some(b'{') => {
                self.nested(b'}', |reader| visitor.visit_map(Entries { reader, first: true, close: b'}' }))
            }
            Some(b'[') => {
                self.nested(b']', |reader| visitor.visit_seq(Entries { reader, first: true, close: b']' }))
            }
            Some(b't') => self.word("true").and_then(|()| visitor.visit_bool(true)),
            Some(b'f') => self.word("false").and_then(|()| visitor.visit_bool(false)),
            Some(b'n') => self.word("null").and_then(|()| visitor.visit_unit()),
            Some(b'-' | b'0'..=b'9') => self.number(visitor),
            _ => Err(self.error("expected a value")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        if self.peek() == Some(b'n') {
            self.word("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    /// An object, and nothing that a map would take in its place.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        if self.peek() == Some(b'{') {
            self.deserialize_any(visitor)
        } else {
            Err(self.error("expected an object"))
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, InputError> {
        visitor.visit_newtype_struct(self)
    }

    /// A variant's name, or an object with that name as its only key.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InputError> {
        if self.peek() == Some(b'{') {
            return self.nested(b'}', |reader| visitor.visit_enum(Variant { reader }));
        }
        visitor.visit_enum(StringDeserializer::new(self.string()?))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct struct identifier ignored_any
    }
}

/// The entries of an array or the members of an object.
struct Entries<'r, 't> {
    reader: &'r mut Reader<'t>,
    first: bool,
    close: u8,
}

impl Entries<'_, '_> {
    /// Whether there is another one, which then comes next.
    fn another(&mut self) -> Result<bool, InputError> {
        if self.reader.peek() == Some(self.close) {
            return Ok(false);
        }
        if !std::mem::take(&mut self.first) {
            if !self.reader.take(b',') {
                return Err(self.reader.error("expected `,`"));
            }
            if self.reader.peek() == Some(self.close) {
                return Err(self.reader.error("expected a value behind `,`"));
            }
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Entries<'_, '_> {
    type Error = InputError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, InputError> {
        if !self.another()? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = InputError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, InputError> {
        if !self.another()? {
            return Ok(None);
        }
        let key = self.reader.string()?;
        seed.deserialize(StringDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, InputError> {
        if !self.reader.take(b':') {
            return Err(self.reader.error("expected `:`"));
        }
        seed.deserialize(&mut *self.reader)
    }
}

struct Variant<'r, 't> {
    reader: &'r mut Reader<'t>,
}

impl<'de> EnumAccess<'de> for Variant<'_, '_> {
    type Error = InputError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), InputError> {
        let name = self.reader.string()?;
        let variant = seed.deserialize(StringDeserializer::<InputError>::new(name))?;
        if !self.reader.take(b':') {
            return Err(self.reader.error("expected `:`"));
        }
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_> {
    type Error = InputError;

    fn unit_variant(self) -> Result<(), InputError> {
        de::Deserialize::deserialize(self.reader)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, InputError> {
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, InputError> {
        de::Deserializer::deserialize_any(self.reader, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InputError> {
        de::Deserializer::deserialize_any(self.reader, visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_input_is_told_with_its_byte() {
        let deep = format!(r#"{{"abi":1,"x":{}"#, "[".repeat(100_000));
        let cases = [
            ("", "expected a value at byte 0"),
            ("{", "expected a string at byte 1"),
            (r#"{"abi":"#, "expected a value at byte 7"),
            (r#"{"abi":1}"#, "missing field `subject` at byte 8"),
            (r#"{"abi":1 "subject":2}"#, "expected `,` at byte 9"),
            (r#"{"abi":1,}"#, "expected a value behind `,` at byte 9"),
            (r#"{"abi":"1"}"#, "invalid type: string \"1\", expected u32 at byte 10"),
            (r#"{"abi":01}"#, "expected a number at byte 7"),
            (r#"{"abi":-1}"#, "invalid value: integer `-1`, expected u32 at byte 9"),
            (r#"{"abi":1,"subject":{"other":1}}"#, "unknown variant `other`"),
            (r#"{"abi":1,"a":"\q"}"#, "a string holds an unknown escape at byte 14"),
            (r#"{"abi":1,"a":trueish}"#, "expected `,` at byte 17"),
            (deep.as_str(), "values are nested too deep"),
        ];
        for (text, wanted) in cases {
            let found = Input::from_json(text.as_bytes()).expect_err(text).to_string();
            assert!(found.starts_with(wanted), "{text}: {found}");
            assert!(serde_json::from_str::<Input>(text).is_err(), "{text}");
        }
        let mut text =
            br#"{"abi":1,"subject":{"template":{"template":{"path":"p","text":"t"},"profile":""}}}"#.to_vec();
        text.extend_from_slice(b" \n");
        assert!(Input::from_json(&text).is_ok());
        text.push(b'1');
        assert!(
            Input::from_json(&text).is_err_and(|error| error.to_string().starts_with("text behind the end"))
        );
        text[25] = 0xff;
        assert!(
            Input::from_json(&text)
                .is_err_and(|error| error.to_string().starts_with("a string is not UTF-8"))
        );
    }
}
