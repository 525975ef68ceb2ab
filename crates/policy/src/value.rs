//! Values of settings: numbers with units, words, text.

use std::fmt::Write as _;

use toml::de::{DeInteger, DeValue};

/// A setting's value in its base unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Setting {
    /// A count, bytes or milliseconds.
    Number(u64),
    /// A ratio.
    Ratio(f64),
    /// True or false.
    Flag(bool),
    /// One of the words of its kind.
    Word(&'static str),
}

/// What values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// A whole number of at least and at most these.
    Count {
        /// Least.
        least: u64,
        /// Most.
        most: u64,
    },
    /// Bytes, at least 1 and at most this, as a number or with a unit: `"64 MiB"`.
    Bytes {
        /// Most.
        most: u64,
    },
    /// Milliseconds, at least 1 and at most this, as a number or with a unit: `"10 s"`.
    Millis {
        /// Most.
        most: u64,
    },
    /// A number of at least 0.
    Ratio,
    /// True or false.
    Flag,
    /// One of these words, in an order that means something to their reader.
    Word(&'static [&'static str]),
}

const BYTE_UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
const TIME_UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)];

impl Kind {
    /// Takes a value of a policy file. The error is what is wrong, and help.
    pub(crate) fn read(self, value: &DeValue<'_>) -> Result<Setting, (String, Option<String>)> {
        let wrong_type = || (format!("expected {}, found {}", self.expected(), found(value)), self.example());
        match (self, value) {
            (Self::Count { least, most }, DeValue::Integer(number)) => {
                within(integer(number), least, most).map(Setting::Number)
            }
            (Self::Bytes { most } | Self::Millis { most }, DeValue::Integer(number)) => {
                within(integer(number), 1, most).map(Setting::Number)
            }
            (Self::Bytes { most }, DeValue::String(text)) => {
                within(with_unit(text, &BYTE_UNITS)?, 1, most).map(Setting::Number)
            }
            (Self::Millis { most }, DeValue::String(text)) => {
                within(with_unit(text, &TIME_UNITS)?, 1, most).map(Setting::Number)
            }
            (Self::Ratio, DeValue::Integer(_) | DeValue::Float(_)) => match float(value) {
                Some(ratio) if ratio >= 0.0 => Ok(Setting::Ratio(ratio)),
                _ => Err(("expected a number of at least 0".to_owned(), None)),
            },
            (Self::Flag, DeValue::Boolean(flag)) => Ok(Setting::Flag(*flag)),
            (Self::Word(words), DeValue::String(text)) => {
                words.iter().find(|word| *word == text).map(|word| Setting::Word(word)).ok_or_else(|| {
                    (
                        format!("`{text}` is none of {}", quoted(words)),
                        suggestion(text, words.iter().copied()),
                    )
                })
            }
            _ => Err(wrong_type()),
        }
    }

    fn expected(self) -> String {
        match self {
            Self::Count { .. } => "a whole number".to_owned(),
            Self::Bytes { .. } => "bytes as a number or as text with a unit".to_owned(),
            Self::Millis { .. } => "milliseconds as a number or as text with a unit".to_owned(),
            Self::Ratio => "a number".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Word(words) => format!("one of {}", quoted(words)),
        }
    }

    fn example(self) -> Option<String> {
        match self {
            Self::Bytes { .. } => {
                Some("such as 65536 or \"64 KiB\"; units are B, KiB, MiB and GiB".to_owned())
            }
            Self::Millis { .. } => Some("such as 1500 or \"10 s\"; units are ms, s, min and h".to_owned()),
            _ => None,
        }
    }

    /// The value for people: the largest unit that shows it exactly.
    pub(crate) fn show(self, setting: &Setting) -> String {
        match (self, setting) {
            (Self::Bytes { .. }, Setting::Number(bytes)) => with_largest_unit(*bytes, &BYTE_UNITS),
            (Self::Millis { .. }, Setting::Number(ms)) => with_largest_unit(*ms, &TIME_UNITS),
            (_, Setting::Number(number)) => grouped(*number),
            (_, Setting::Ratio(ratio)) => ratio.to_string(),
            (_, Setting::Flag(flag)) => flag.to_string(),
            (_, Setting::Word(word)) => (*word).to_owned(),
        }
    }
}

impl Setting {
    /// The value as TOML in its base unit.
    pub(crate) fn to_toml(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Ratio(ratio) => format!("{ratio:?}"),
            Self::Flag(flag) => flag.to_string(),
            Self::Word(word) => quote(word),
        }
    }
}

/// A number that is an integer or a float and finite.
pub(crate) fn float(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok()?,
        DeValue::Integer(number) => integer(number)? as f64,
        DeValue::Float(number) => number.as_str().parse::<f64>().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// What a value is, for messages.
pub(crate) fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// `did you mean` for a word that is near one of those known.
pub(crate) fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    // Longer text is no slip of a known word, and its distance is quadratic in its length.
    if word.len() > 100 {
        return None;
    }
    known
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min()
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// Text as a TOML basic string on one line.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                write!(out, "\\U{:08X}", u32::from(c)).expect("writing to a string cannot fail");
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn integer(number: &DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn within(number: Option<u64>, least: u64, most: u64) -> Result<u64, (String, Option<String>)> {
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| (format!("out of range: from {} to {}", grouped(least), grouped(most)), None))
}

/// A whole number and a unit; `None` when it does not fit 64 bits.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Result<Option<u64>, (String, Option<String>)> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (number, unit) = (text[..digits].replace('_', ""), text[digits..].trim());
    let names = units.iter().rev().map(|(name, _)| *name).collect::<Vec<_>>();
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit).filter(|_| !number.is_empty())
    else {
        return Err((
            format!("`{text}` is no whole number with a unit"),
            Some(format!("units are {}, such as \"64 {}\"", names.join(", "), names[1])),
        ));
    };
    Ok(number.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor)))
}

fn with_largest_unit(number: u64, units: &[(&str, u64)]) -> String {
    let (name, factor) = units
        .iter()
        .find(|(_, factor)| number.is_multiple_of(*factor) && number >= *factor)
        .unwrap_or(&units[units.len() - 1]);
    format!("{} {name}", number / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, text: &str) -> Result<Setting, String> {
        let document = format!("v = {text}");
        let table = toml::de::DeTable::parse(&document).unwrap();
        let value = table.get_ref().get("v").unwrap().get_ref().clone();
        kind.read(&value).map_err(|(message, help)| format!("{message}; {}", help.unwrap_or_default()))
    }

    const BYTES: Kind = Kind::Bytes { most: 1 << 40 };
    const MILLIS: Kind = Kind::Millis { most: 3_600_000 };

    #[test]
    fn a_size_is_a_number_or_text_with_a_unit() {
        for (text, bytes) in [
            ("1", 1),
            ("1_000", 1000),
            ("0x10", 16),
            ("\"1 B\"", 1),
            ("\"64 KiB\"", 65_536),
            ("\"64KiB\"", 65_536),
            ("\"1_024 MiB\"", 1 << 30),
            ("\"2 GiB\"", 2 << 30),
        ] {
            assert_eq!(read(BYTES, text), Ok(Setting::Number(bytes)), "{text}");
        }
        for text in [
            "0",
            "-1",
            "1.5",
            "\"1 KB\"",
            "\"64\"",
            "\"KiB\"",
            "\"-1 KiB\"",
            "\"1.5 KiB\"",
            "\"99999999999999999999 B\"",
            "\"18446744073709551615 GiB\"",
            "true",
            "[]",
        ] {
            assert!(read(BYTES, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_milliseconds_or_text_with_a_unit() {
        for (text, ms) in [
            ("1500", 1500),
            ("\"1500 ms\"", 1500),
            ("\"10 s\"", 10_000),
            ("\"2 min\"", 120_000),
            ("\"1 h\"", 3_600_000),
        ] {
            assert_eq!(read(MILLIS, text), Ok(Setting::Number(ms)), "{text}");
        }
        assert!(read(MILLIS, "\"2 h\"").unwrap_err().contains("out of range: from 1 to 3_600_000"));
        assert!(read(MILLIS, "\"2 m\"").unwrap_err().contains("units are ms, s, min, h"));
    }

    #[test]
    fn a_word_is_suggested_when_it_is_near() {
        let kind = Kind::Word(&["standard", "strict", "legacy"]);
        assert_eq!(read(kind, "\"strict\""), Ok(Setting::Word("strict")));
        assert!(read(kind, "\"stict\"").unwrap_err().contains("did you mean `strict`?"));
        assert!(!read(kind, "\"banana\"").unwrap_err().contains("did you mean"));
    }

    #[test]
    fn a_ratio_is_finite_and_not_negative() {
        assert_eq!(read(Kind::Ratio, "0.25"), Ok(Setting::Ratio(0.25)));
        assert_eq!(read(Kind::Ratio, "1"), Ok(Setting::Ratio(1.0)));
        for text in ["nan", "inf", "-0.1", "\"1\""] {
            assert!(read(Kind::Ratio, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_shows_in_the_largest_unit_that_is_exact() {
        assert_eq!(BYTES.show(&Setting::Number(64 << 20)), "64 MiB");
        assert_eq!(BYTES.show(&Setting::Number(1025)), "1025 B");
        assert_eq!(MILLIS.show(&Setting::Number(90_000)), "90 s");
        assert_eq!(Kind::Count { least: 0, most: 9 }.show(&Setting::Number(1_000_000)), "1_000_000");
    }

    #[test]
    fn quoted_text_reads_back_as_it_was() {
        for text in
            ["", "plain", "a\"b\\c", "line\nbreak\ttab", "\u{0}\u{1b}\u{7f}\u{85}", "\u{202e}é\u{10ffff}"]
        {
            let document = format!("v = {}", quote(text));
            let table = toml::de::DeTable::parse(&document).unwrap();
            assert_eq!(table.get_ref().get("v").unwrap().get_ref().as_str(), Some(text), "{document}");
        }
    }
}
