use proptest::prelude::*;

use super::*;
use crate::codes;

fn parse(text: &str) -> Document {
    Document::parse(text, &ReadLimits::DEFAULT).unwrap()
}

fn refusal(text: &str) -> Finding {
    Document::parse(text, &ReadLimits::DEFAULT).unwrap_err()
}

#[test]
fn a_syntax_error_is_placed_at_what_was_not_expected() {
    let cases = [
        ("{\n  \"a\": [\n    1\n  },\n}", "expected `,` or `]`, found `}`", 4, 3),
        ("[1, 2", "expected `,` or `]`, found the end of the text", 1, 6),
        ("{'a': 1}", "expected a key in double quotes, found `'`", 1, 2),
        ("[1,]", "expected a value after `,`, found `]`", 1, 4),
        ("{\"a\": 1,\n}", "expected a value after `,`, found `}`", 2, 1),
        ("[NaN]", "expected a value, found `N`", 1, 2),
        ("```json\n{}\n```", "expected a value, found ```", 1, 1),
        ("{} x", "expected the end of the text, found `x`", 1, 4),
        ("\"ä\u{1}\"", "a string holds U+0001, which must be escaped", 1, 3),
        ("\"a", "a string is not closed", 1, 1),
        ("[\"ä\", \"\\x\"]", "a string holds an unknown escape", 1, 8),
        ("\"\\ud800\"", "a string holds half of a surrogate pair", 1, 2),
        ("\"\\ud800\\u0041\"", "a string holds half of a surrogate pair", 1, 2),
        ("\"\\u00g0\"", "a `\\u` escape needs four hexadecimal digits", 1, 2),
        ("[01]", "a number has a leading zero", 1, 2),
        ("[1.]", "expected a digit, found `]`", 1, 4),
        ("[-]", "expected a digit, found `]`", 1, 3),
        ("", "the text is empty", 1, 1),
        ("\u{feff}{}", "the text begins with a byte order mark", 1, 1),
        ("tru", "expected a value, found `t`", 1, 1),
    ];
    for (text, message, line, column) in cases {
        let finding = refusal(text);
        let span = finding.place.span.unwrap();
        assert_eq!(finding.code, codes::document::JSON_SYNTAX.code, "{text}");
        assert_eq!((finding.message.as_str(), span.line, span.column), (message, line, column), "{text}");
    }
}

#[test]
fn nesting_beyond_the_limit_is_refused_whatever_its_depth() {
    for open in ["[", "{\"a\":"] {
        let finding = refusal(&open.repeat(100_000));
        assert_eq!(finding.code, codes::document::JSON_TOO_DEEP.code);
        assert_eq!(finding.message, "values are nested more than 64 levels deep");
    }
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let limits = ReadLimits { depth: usize::MAX, ..ReadLimits::DEFAULT };
    assert!(Document::parse(&nested(ReadLimits::DEEPEST), &limits).is_ok());
    assert!(Document::parse(&nested(ReadLimits::DEEPEST + 1), &limits).is_err());
    assert!(Document::parse("[[]]", &ReadLimits { depth: 1, ..limits }).is_err());
    assert!(Document::parse("[[1], [2], [3]]", &ReadLimits { depth: 2, ..limits }).is_ok());
}

#[test]
fn bytes_and_values_beyond_the_limit_are_refused() {
    let limits = ReadLimits { bytes: 10, depth: 8, nodes: 3 };
    assert!(Document::parse("[1, 2]", &limits).is_ok());
    for text in ["[1, 2, 34]x", "[1,2,3]"] {
        let finding = Document::parse(text, &limits).unwrap_err();
        assert_eq!(finding.code, codes::document::JSON_TOO_LARGE.code);
    }
}

#[test]
fn a_number_without_a_value_is_refused() {
    let long = format!("1{}", "0".repeat(400));
    for text in ["1e400", "-1E+999999999999", long.as_str()] {
        assert_eq!(refusal(text).code, codes::document::JSON_NUMBER_RANGE.code, "{text}");
    }
    assert!(Document::parse("[1e-400, 0e999999, 1e308]", &ReadLimits::DEFAULT).is_ok());
}

#[test]
fn duplicate_keys_are_kept_and_the_last_one_counts() {
    let document = parse(r#"{"a": 1, "b": {"x": 1, "x": 2}, "a": 3}"#);
    assert_eq!(document.root().as_object().unwrap().len(), 3);
    assert_eq!(document.root().get("a").unwrap().as_f64(), Some(3.0));
    let places: Vec<_> =
        document.duplicates().iter().map(|d| document.place_at(d.again).pointer.unwrap()).collect();
    assert_eq!(places, ["/b/x", "/a"]);
}

#[test]
fn many_keys_are_searched_for_duplicates_in_no_time() {
    let members: Vec<String> = (0..200_000).map(|n| format!("\"k{}\":0", n % 199_999)).collect();
    assert_eq!(parse(&format!("{{{}}}", members.join(","))).duplicates().len(), 1);
}

#[test]
fn a_place_has_a_pointer_a_line_and_a_column_in_characters() {
    let document = parse("{\n  \"grüße\": [\"ä\", {\"a/b~c\": null}]\n}");
    let node = document.get("/grüße/1/a~1b~0c").unwrap();
    let place = document.place_of(node);
    assert_eq!(place.pointer.as_deref(), Some("/grüße/1/a~1b~0c"));
    let span = place.span.unwrap();
    assert_eq!((span.line, span.column, span.length), (2, 28, 4));
    assert_eq!(place, document.place("/grüße/1/a~1b~0c"));
    assert_eq!(document.place("/absent").span, None);
}

#[test]
fn the_place_in_a_string_is_found_through_its_escapes() {
    let document = parse("[\"a\\n\\u00e4\\ud83d\\ude00{{x}}\"]");
    let node = document.get("/0").unwrap();
    let start = node.as_str().unwrap().find("{{").unwrap();
    let span = document.place_in_string(node, start, 5).span.unwrap();
    assert_eq!(&document.text()[span.offset as usize..][..span.length as usize], "{{x}}");
    assert_eq!(document.place_in_string(node, 100, 5), document.place_of(node));
}

#[test]
fn a_pointer_that_would_be_huge_is_left_out() {
    let document = parse(&format!("{{\"{}\": {{\"a\": 1, \"a\": 2}}}}", "k".repeat(5_000)));
    let place = document.place_at(document.duplicates()[0].again);
    assert_eq!(place.pointer, None);
    assert!(place.span.is_some());
}

/// Any JSON value as text, in a spelling that varies.
fn json_text() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(|f| format!("{f:e}")),
        Just("-0".to_owned()),
        Just("1.50E+2".to_owned()),
    ];
    let text = any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap());
    let leaf = prop_oneof![Just("null".to_owned()), Just("true".to_owned()), number, text.clone()];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|v| format!("[ {} ]", v.join(",\n"))),
            prop::collection::vec((text.clone(), inner), 0..6).prop_map(|members| {
                let members: Vec<_> = members.into_iter().map(|(k, v)| format!("{k} :\t{v}")).collect();
                format!("{{{}}}", members.join(" , "))
            }),
        ]
    })
}

/// Equal, but for the last digit of a float: `serde_json` does not always read the nearest one.
fn alike(ours: &serde_json::Value, theirs: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= a.abs() * 1e-15
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| alike(value, other)))
        }
        _ => ours == theirs,
    }
}

proptest! {
    #[test]
    fn every_json_text_is_read_as_serde_reads_it(text in json_text()) {
        let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert!(alike(&parse(&text).root().to_value(), &theirs));
    }

    #[test]
    fn accepts_and_refuses_what_serde_does(text in json_text(), at in any::<prop::sample::Index>(), with in "[\\[\\]{}:,\"0-9eE.\\\\tu \\-]?") {
        // One character replaced makes most texts invalid, and some valid in another way.
        let characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len());
        let damaged: String = characters[..at].iter().copied().chain(with.chars()).chain(characters[at + 1..].iter().copied()).collect();
        let ours = Document::parse(&damaged, &ReadLimits::DEFAULT);
        let theirs = serde_json::from_str::<serde_json::Value>(&damaged);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{} {:?} {:?}", damaged, ours.err(), theirs.err());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = Document::parse(&text, &ReadLimits::DEFAULT);
    }

    #[test]
    fn no_text_of_json_characters_makes_the_reader_panic(text in "[\\[\\]{}:,\"\\\\utrfn0-9eE.+\\- äl\n]{0,60}") {
        if let Ok(document) = Document::parse(&text, &ReadLimits::DEFAULT) {
            for duplicate in document.duplicates() {
                let place = document.place_at(duplicate.again);
                prop_assert!(document.get(place.pointer.as_deref().unwrap()).is_some());
            }
        }
    }

    #[test]
    fn every_column_counts_characters(text in "[aä😀\n]{0,3000}", at in any::<prop::sample::Index>()) {
        let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let offset = boundaries[at.index(boundaries.len())];
        let range = TextRange { offset: u32::try_from(offset).unwrap(), length: 0 };
        let span = place::LineIndex::default().span(&text, range);
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        prop_assert_eq!(span.line as usize, before.matches('\n').count() + 1);
        prop_assert_eq!(span.column as usize, before[line_start..].chars().count() + 1);
    }
}
