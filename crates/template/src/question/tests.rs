use serde_json::json;

use super::*;
use crate::json::ReadLimits;

fn document(text: &str) -> Document {
    Document::parse(text, &ReadLimits::DEFAULT).unwrap()
}

#[test]
fn both_models_are_read() {
    let found = questions(&document(
        r#"{"questions": [
            {"name": "store", "type": "choice", "choices": ["none", "disk"], "default": "none", "when": "{{x}}"},
            {"name": "count", "type": "number", "default": 5}],
        "content": {"questions": [
            {"var_name": "tests", "type": "str", "choices": {"Unit": "unit", "All": "all"}, "multiselect": true},
            {"var_name": "token", "type": "yaml", "secret": true, "when": false, "validator": "x"}]}}"#,
    ));
    let names: Vec<_> = found.iter().map(|q| (q.name.as_str(), q.answer)).collect();
    assert_eq!(
        names,
        [
            ("store", AnswerType::Choice),
            ("count", AnswerType::Number),
            ("tests", AnswerType::Text),
            ("token", AnswerType::Structured)
        ]
    );
    assert_eq!(found[0].choices, [json!("none"), json!("disk")]);
    assert_eq!(found[0].when.as_deref(), Some("{{x}}"));
    assert_eq!(found[1].default, Some(json!(5)));
    assert_eq!(found[2].choices, [json!("unit"), json!("all")]);
    assert!(found[2].multiselect && found[3].secret);
    assert_eq!((found[3].when.as_deref(), found[3].validator.as_deref()), (Some("false"), Some("x")));
}

#[test]
fn what_has_no_name_is_left_out() {
    assert_eq!(questions(&document(r#"{"questions": [7, {"type": "boolean"}, {"name": "a"}]}"#)).len(), 1);
    assert_eq!(questions(&document(r#"{"questions": {"a": {}}}"#)), []);
}

#[test]
fn yes_has_four_words_and_a_validator_accepts_silence() {
    for yes in ["true", "YES", " 1 ", "y\n"] {
        assert!(says_yes(yes), "{yes}");
    }
    for no in ["", "false", "0", "on", "truee"] {
        assert!(!says_yes(no), "{no}");
    }
    assert!(is_accepted(" \n") && is_accepted("true"));
    assert!(!is_accepted("false") && !is_accepted("must not be empty"));
}
