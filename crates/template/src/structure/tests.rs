use genesis_abi::{TemplateText, ValidateInput};

use crate::{ReadLimits, validate};

fn messages(code: &str, text: &str) -> Vec<String> {
    let template =
        TemplateText { path: "x.json".to_owned(), text: text.to_owned(), ..TemplateText::default() };
    let input =
        ValidateInput { template, baseline: None, profile: "standard".to_owned(), promoted: Vec::new() };
    let found = validate(&input, &ReadLimits::DEFAULT).into_iter().filter(|finding| finding.code == code);
    found.map(|finding| finding.message).collect()
}

#[test]
fn each_rule_of_a_claimed_schema_is_a_finding_of_its_own() {
    let text = r#"{"$schema": "https://example.org/schemas/template/v1", "version": "1.0", "type": "workspace",
        "metadata": {"id": "x-y", "name": "Workspace", "description": "what it is", "language": "polyglot", "tags": ["a"]},
        "content": {"dependencies": {}}, "quality": {"rules": ["must_be_nice"], "score": 0.9}}"#;
    let found = messages("T0706", text);
    assert_eq!(
        found,
        [
            "claims template/v1 and breaks its rule: `type` has no value `workspace`",
            "claims template/v1 and breaks its rule: `metadata.language` has no value `polyglot`",
            "claims template/v1 and breaks its rule: `content.code` is required",
            "claims template/v1 and breaks its rule: `content.dependencies` is a list of texts",
            "claims template/v1 and breaks its rule: `quality.rules` has no value `must_be_nice`",
        ]
    );
}

#[test]
fn a_code_pattern_needs_tests_and_a_score() {
    let text = |content: &str, score: &str| {
        format!(
            r#"{{"$schema": "https://example.org/schemas/template/v1", "version": "1.0.0", "type": "code_pattern",
            "metadata": {{"id": "x", "name": "Name", "description": "what it is", "language": "go"}},
            "content": {{"code": "package main"{content}}}, "quality": {{"score": {score}}}}}"#
        )
    };
    assert_eq!(messages("T0706", &text(r#", "tests": "x""#, "0.8")), [""; 0]);
    assert_eq!(messages("T0706", &text("", "0.7")).len(), 2);
}

#[test]
fn the_unified_schema_is_checked_by_the_type_of_its_content() {
    let text = |content: &str| {
        format!(
            r#"{{"$schema": "../UNIFIED_TEMPLATE_SCHEMA.json", "id": "x", "category": "base",
            "metadata": {{"name": "x", "version": "1.0.0", "description": "x"}}, "content": {content}}}"#
        )
    };
    assert_eq!(messages("T0706", &text(r#"{"type": "code", "code": "x"}"#)), [""; 0]);
    assert_eq!(messages("T0706", &text(r#"{"type": "prompt", "system": "x", "user": "y"}"#)), [""; 0]);
    assert_eq!(
        messages("T0706", &text(r#"{"type": "snippets", "snippets": {"a": {"code": "x"}}}"#)),
        [""; 0]
    );
    for broken in [r#"{"type": "code"}"#, r#"{"type": "prose"}"#, r#"{"code": "x"}"#, "7", "null"] {
        assert_eq!(messages("T0706", &text(broken)).len(), 1, "{broken}");
    }
}

#[test]
fn a_weight_is_a_number_from_0_to_1() {
    let text = r#"{"spec_version": "1.0.0", "scoring_weights": {"a": 0, "b": 1.0, "c": 1.1, "d": -0.1, "e": "1", "f": null}}"#;
    assert_eq!(messages("T0801", text).len(), 4);
}

#[test]
fn every_field_that_names_an_id_is_judged() {
    let text = r#"{"category": "base", "id": "x", "template_id": "../x", "metadata": {"id": "/y"}}"#;
    assert_eq!(messages("T0704", text).len(), 2);
    assert_eq!(messages("T0705", r#"{"name": "Apache Kafka", "detector_signatures": {}}"#), [""; 0]);
}

#[test]
fn a_schema_is_never_judged_as_a_template() {
    let text = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "version": 7, "id": "../x", "content": {"code": "{{#if"}}"#;
    let template =
        TemplateText { path: "x.json".to_owned(), text: text.to_owned(), ..TemplateText::default() };
    let input =
        ValidateInput { template, baseline: None, profile: "strict".to_owned(), promoted: Vec::new() };
    let found: Vec<_> =
        validate(&input, &ReadLimits::DEFAULT).into_iter().map(|finding| finding.code).collect();
    assert_eq!(found, ["T0707"]);
}
