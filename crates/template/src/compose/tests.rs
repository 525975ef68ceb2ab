use genesis_abi::Severity;
use serde_json::json;

use super::*;

fn composed(text: &Value, parts: &[(&str, Value)]) -> Composed {
    let template = TemplateText {
        path: "a/t.json".into(),
        text: text.to_string(),
        parts: parts
            .iter()
            .map(|(path, part)| {
                ((*path).to_owned(), part.as_str().map_or_else(|| part.to_string(), str::to_owned))
            })
            .collect(),
    };
    let document = Document::parse(&template.text, &ReadLimits::DEFAULT).expect("the text is JSON");
    compose(&document, &template)
}

fn codes_of(composed: &Composed) -> Vec<&str> {
    composed.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn the_last_parent_wins_and_the_own_field_over_it() {
    let result = composed(
        &json!({"extends": ["one.json", "two"], "id": "me", "c": 3}),
        &[
            ("a/one.json", json!({"id": "one", "version": "1.0.0", "a": 1, "b": 1, "c": 1})),
            ("two.json", json!({"b": 2, "c": 2})),
        ],
    );
    assert_eq!(result.value, json!({"a": 1, "b": 2, "c": 3, "extends": ["one.json", "two"], "id": "me"}));
    assert_eq!(result.origins.get("a").map(String::as_str), Some("a/one.json"));
    assert_eq!(result.origins.get("b").map(String::as_str), Some("two.json"));
    assert_eq!(codes_of(&result), Vec::<&str>::new());
}

#[test]
fn a_parent_is_composed_with_its_own_parents_first() {
    let result = composed(
        &json!({"extends": "child.json"}),
        &[
            ("a/child.json", json!({"extends": "base.json", "a": "child"})),
            ("base.json", json!({"a": "base", "b": "base"})),
        ],
    );
    assert_eq!((&result.value["a"], &result.value["b"]), (&json!("child"), &json!("base")));
}

#[test]
fn overrides_set_dotted_keys_and_merges_join_layers() {
    let result = composed(
        &json!({
            "extends": ["one.json", "two.json"],
            "list": ["c", "a"],
            "overrides": {"deep.x.y": 9, "new.key": true, "flat": "set"},
            "merges": {"list": "append", "map": "merge", "other": "last_wins"}
        }),
        &[
            (
                "one.json",
                json!({"list": ["a", "b"], "map": {"a": 1, "b": {"x": 1}}, "deep": {"x": {"z": 1}}, "other": 1}),
            ),
            ("two.json", json!({"map": {"b": {"y": 2}, "a": 2}, "other": 2})),
        ],
    );
    assert_eq!(result.value["list"], json!(["a", "b", "c"]));
    assert_eq!(result.value["map"], json!({"a": 2, "b": {"x": 1, "y": 2}}));
    assert_eq!(result.value["deep"], json!({"x": {"y": 9, "z": 1}}));
    assert_eq!((&result.value["new"], &result.value["flat"]), (&json!({"key": true}), &json!("set")));
    assert_eq!(result.value["other"], json!(2));
    assert_eq!(codes_of(&result), Vec::<&str>::new());
}

#[test]
fn a_key_that_is_overridden_and_merged_keeps_the_override_and_gains_what_is_missing() {
    let result = composed(
        &json!({"extends": "one.json", "overrides": {"list": ["new"], "map": {"a": 9}},
            "merges": {"list": "append", "map": "merge"}}),
        &[("one.json", json!({"list": ["old", "new"], "map": {"a": 1, "b": 1}}))],
    );
    assert_eq!(result.value["list"], json!(["new", "old"]));
    assert_eq!(result.value["map"], json!({"a": 9, "b": 1}));
    assert_eq!(codes_of(&result), ["T0605", "T0605"]);
}

#[test]
fn circles_end_with_a_finding() {
    let result = composed(
        &json!({"extends": "b.json"}),
        &[("a/b.json", json!({"extends": "c.json"})), ("a/c.json", json!({"extends": "b.json", "kept": 1}))],
    );
    assert_eq!(codes_of(&result), ["T0603"]);
    assert_eq!(result.value["kept"], json!(1));
    let itself = composed(&json!({"extends": "t.json"}), &[("a/t.json", json!({}))]);
    assert_eq!(codes_of(&itself), ["T0603"]);
}

#[test]
fn a_long_line_of_parents_and_a_wide_one_are_cut_off() {
    let line: Vec<(String, Value)> = (0..40)
        .map(|number| (format!("{number}.json"), json!({"extends": format!("{}.json", number + 1)})))
        .collect();
    let line: Vec<(&str, Value)> = line.iter().map(|(path, part)| (path.as_str(), part.clone())).collect();
    assert_eq!(codes_of(&composed(&json!({"extends": "0.json"}), &line)), ["T0604"]);
    let doubling: Vec<(String, Value)> = (0..12)
        .map(|number| {
            let next = format!("{}.json", number + 1);
            (format!("{number}.json"), json!({"extends": [next, next]}))
        })
        .chain([("12.json".to_owned(), json!({}))])
        .collect();
    let doubling: Vec<(&str, Value)> =
        doubling.iter().map(|(path, part)| (path.as_str(), part.clone())).collect();
    assert_eq!(codes_of(&composed(&json!({"extends": "0.json"}), &doubling)), ["T0604"]);
}

#[test]
fn what_is_missing_or_unreadable_is_a_finding_with_its_place() {
    let result = composed(
        &json!({"compose": ["bits/no.md", "bits/yes.md"], "extends": ["no.json", "broken.json", 5], "overrides": [],
            "merges": {"a": "shuffle"}, "metadata": {"template_file": "no.hbs"}}),
        &[("broken.json", json!("not json {")), ("a/bits/yes.md", json!("A bit.\n"))],
    );
    let mut found = codes_of(&result);
    found.sort_unstable();
    assert_eq!(found, ["T0601", "T0602", "T0610", "T0611", "T0612", "T0612", "T0612"]);
    let parent =
        result.findings.iter().find(|finding| finding.code == "T0601").expect("the parent is missing");
    assert_eq!((parent.severity, parent.place.pointer.as_deref()), (Severity::Warning, Some("/extends/0")));
    assert!(parent.place.span.is_some());
    assert_eq!(result.join("The text."), "A bit.\n\nThe text.");
}

#[test]
fn strict_makes_missing_parents_errors_and_legacy_does_not() {
    let template = TemplateText {
        path: "t.json".into(),
        text: json!({"extends": "no.json"}).to_string(),
        ..TemplateText::default()
    };
    let document = Document::parse(&template.text, &ReadLimits::DEFAULT).expect("the text is JSON");
    let severity = |profile| check(&document, &template, profile)[0].severity;
    assert_eq!(severity(Profile::Strict), Severity::Error);
    assert_eq!(severity(Profile::Legacy), Severity::Warning);
}

#[test]
fn every_mechanism_refuses_a_path_that_leaves_the_root() {
    let result = composed(
        &json!({"extends": "../../up.json", "compose": ["/etc/passwd"], "template_file": "a\\b.hbs"}),
        &[("up.json", json!({})), ("etc/passwd", json!("secret"))],
    );
    assert_eq!(codes_of(&result), ["T0606", "T0606", "T0606"]);
    assert_eq!(result.bits, Vec::new());
}
