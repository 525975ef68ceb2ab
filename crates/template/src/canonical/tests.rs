use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn template(text: &str) -> TemplateText {
    TemplateText { text: text.to_owned(), ..TemplateText::default() }
}

fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (template(a), template(b));
    let equal = canonically_equal(&a, &b);
    assert_eq!(equal, content_digest(&a) == content_digest(&b), "the digest and the comparison agree");
    equal
}

#[test]
fn spelling_is_no_change() {
    for (a, b) in [
        (r#"{"a": 1, "b": 2}"#, "{\n\"b\":2,\"a\":1}"),
        (r#"{"a": 1}"#, r#"{"a": 1, "parent_pattern": null}"#),
        (r#"{"a": {"b": null}}"#, r#"{"a": {}}"#),
        (r#"{"a": [1.0, 1e2, -0, 10]}"#, r#"{"a": [1, 100.00, 0, 1.0E1]}"#),
        (r#"{"a": "\u00e4\/"}"#, r#"{"a": "ä/"}"#),
        (r#"{"a": 123456789012345678901234567890}"#, r#"{"a": 12345678901234567890123456789.0e1}"#),
        (
            r#"{"changelog": {"2.0.0": {"date": "d", "changes": ["x"]}, "1.0.0": ["y"]}}"#,
            r#"{"changelog": [{"version": "2.0.0", "changes": ["x"], "date": "d"}, {"version": "1.0.0", "changes": ["y"]}]}"#,
        ),
    ] {
        assert!(equal(a, b), "{a} {b}");
    }
}

#[test]
fn content_is_a_change() {
    for (a, b) in [
        (r#"{"a": 1}"#, r#"{"a": "1"}"#),
        (r#"{"a": [1, 2]}"#, r#"{"a": [2, 1]}"#),
        (r#"{"a": [null]}"#, r#"{"a": []}"#),
        (r#"{"a": false}"#, r"{}"),
        (r#"{"a": ["x", "y"]}"#, r#"{"a": ["xy"]}"#),
        (r#"{"a": 1}"#, r#"{"a": 1, "a": 1}"#),
        (r#"{"a": 1, "a": 2}"#, r#"{"a": 2, "a": 1}"#),
        (r#"{"a": 1}"#, r#"{"a": 1, "a": null}"#),
        (r#"{"a": 9007199254740993}"#, r#"{"a": 9007199254740992}"#),
        (r#"{"a": 123456789012345678901234567890}"#, r#"{"a": 123456789012345678901234567891}"#),
        (r#"{"a": 1}"#, r#"{"a": -1}"#),
        (
            r#"{"changelog": {"2.0.0": ["x"], "1.0.0": ["y"]}}"#,
            r#"{"changelog": {"1.0.0": ["y"], "2.0.0": ["x"]}}"#,
        ),
        ("{}", "not json"),
        ("not json", "not json "),
    ] {
        assert!(!equal(a, b), "{a} {b}");
    }
}

#[test]
fn parts_belong_to_the_content() {
    let with = |path: &str, text: &str| TemplateText {
        parts: [(path.to_owned(), text.to_owned())].into(),
        ..template("{}")
    };
    assert!(canonically_equal(&with("a.json", "{}"), &with("a.json", "{ }")));
    assert!(!canonically_equal(&with("a.hbs", "{}"), &with("a.hbs", "{ }")));
    assert!(!canonically_equal(&with("a.hbs", "x"), &with("b.hbs", "x")));
    assert!(!canonically_equal(&with("a.hbs", "x"), &template("{}")));
}

#[test]
fn a_digest_is_stable() {
    // Digests are kept in ledgers and commits: a change of the form makes every promoted version look new.
    let digest = content_digest(&template(r#"{"a": [1, "x", null, true], "changelog": {"1.0.0": ["y"]}}"#));
    assert_eq!(digest, "sha256:371f7a4f04bee975a740339b92845722870ee3d15d5c497b54846487e5ef92c8");
}

/// A value, and the same one with keys turned around and other whitespace.
fn twins() -> impl Strategy<Value = (String, String)> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    let value = leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    value.prop_map(|value| (value.to_string(), turned(&value)))
}

fn turned(value: &Value) -> String {
    match value {
        Value::Array(entries) => {
            format!("[ {} ]", entries.iter().map(turned).collect::<Vec<_>>().join(" ,\n"))
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .rev()
                .map(|(key, value)| format!("{} : {}", Value::from(key.as_str()), turned(value)));
            format!("{{\n{}\n}}", members.collect::<Vec<_>>().join(",\t"))
        }
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn whitespace_and_key_order_mean_nothing((a, b) in twins()) {
        prop_assert!(equal(&a, &b));
    }

    #[test]
    fn two_documents_with_one_form_mean_the_same((a, _) in twins(), (b, _) in twins()) {
        fn strip(value: Value) -> Value {
            match value {
                Value::Array(entries) => entries.into_iter().map(strip).collect(),
                Value::Object(members) => Value::Object(
                    members.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, strip(v))).collect(),
                ),
                other => other,
            }
        }
        let same = strip(serde_json::from_str(&a).unwrap()) == strip(serde_json::from_str(&b).unwrap());
        prop_assert_eq!(equal(&a, &b), same);
    }

    #[test]
    fn no_text_makes_the_form_panic(text in any::<String>()) {
        content_digest(&template(&text));
    }
}
