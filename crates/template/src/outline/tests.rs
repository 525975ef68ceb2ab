use super::*;

fn outline_at(path: &str, text: &str) -> Outline {
    let template = TemplateText { path: path.to_owned(), text: text.to_owned(), ..TemplateText::default() };
    outline(&template, &ReadLimits::DEFAULT).unwrap()
}

fn id(text: &str) -> Option<String> {
    outline_at("x.json", text).id
}

#[test]
fn a_quality_template_is_known_by_language_and_level() {
    let text = r#"{"spec_version": "1.0.0", "requirements": {}, "language": "elixir", "quality_level": "production"}"#;
    assert_eq!(id(text).as_deref(), Some("quality_template:elixir-production"));
    assert_eq!(id(r#"{"spec_version": "1.0.0", "language": "elixir"}"#), None);
    assert_eq!(id(r#"{"spec_version": "1.0.0", "language": "../x", "quality_level": "y"}"#), None);
}

#[test]
fn an_id_comes_from_the_kinds_own_field() {
    assert_eq!(id(r#"{"pattern_id": "sql", "cwe": "CWE-89", "id": "other"}"#).as_deref(), Some("sql"));
    assert_eq!(id(r#"{"framework_id": "gdpr", "compliance_controls": []}"#).as_deref(), Some("gdpr"));
    assert_eq!(id(r#"{"category": "base", "id": "x", "content": {}}"#).as_deref(), Some("x"));
    assert_eq!(id(r#"{"name": "Kafka", "detector_signatures": {}}"#).as_deref(), Some("Kafka"));
}

#[test]
fn an_id_that_leads_elsewhere_is_none() {
    for bad in
        ["../../etc/passwd", "/etc", "a\\\\b", "", " ", "a\\u0000", "a\\u202eb", &"x".repeat(201), "./a"]
    {
        assert_eq!(id(&format!("{{\"category\": \"base\", \"id\": \"{bad}\"}}")), None, "{bad}");
    }
    assert_eq!(id(r#"{"category": "base", "id": 7}"#), None);
}

#[test]
fn the_version_is_told_as_written() {
    assert_eq!(outline_at("x.json", r#"{"version": 2}"#).version.as_deref(), Some("2"));
    assert_eq!(
        outline_at("x.json", r#"{"version": "2", "spec_version": "2.0"}"#).version.as_deref(),
        Some("2.0")
    );
}

#[test]
fn what_is_rendered_is_told() {
    for (text, renders) in [
        (r#"{"category": "base", "content": {"type": "code", "code": "x"}}"#, Renders::Files),
        (r#"{"spec_version": "1.0.0", "prompts": {"code_generation": "x"}}"#, Renders::Prompts),
        (r#"{"id": "x", "prompt_template": "x"}"#, Renders::Prompts),
        (r#"{"id": "x", "template_content": "x"}"#, Renders::Files),
        (r#"{"name": "Kafka", "detector_signatures": {}}"#, Renders::Nothing),
        (r#"{"$schema": "http://json-schema.org/x", "content": {"code": "x"}}"#, Renders::Nothing),
    ] {
        assert_eq!(outline_at("x.json", text).renders, renders, "{text}");
    }
    let text = outline_at("partials/x.hbs", "{{x}}");
    assert_eq!((text.kind, text.renders, text.id), (Kind::BareText, Renders::Files, None));
}

#[test]
fn questions_are_counted_in_both_places() {
    let questions = r#"{"questions": [{"name": "a"}], "content": {"questions": [{"var_name": "b"}, 7]}}"#;
    assert_eq!(outline_at("x.json", questions).questions, 3);
}
