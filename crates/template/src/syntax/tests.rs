use genesis_abi::Severity;
use serde_json::{Value, json};

use super::*;
use crate::ReadLimits;

fn checked(text: &Value, parts: &[(&str, &str)], profile: Profile) -> Vec<Finding> {
    let template = TemplateText {
        path: "t.json".into(),
        text: text.to_string(),
        parts: parts.iter().map(|(path, part)| ((*path).to_owned(), (*part).to_owned())).collect(),
    };
    let document = Document::parse(&template.text, &ReadLimits::DEFAULT).expect("the text is JSON");
    check(&document, &template, profile)
}

fn codes_of(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn only_fields_that_are_rendered_are_read() {
    let sample = "{{ name | safe }} {{#if}} {{{x}} {% if y %}";
    let text = json!({"description": sample, "vulnerability_patterns": [{"bad_code": [sample]}], "docs": sample,
        "content": {"docs": sample, "examples": [sample]}, "prompts": {"p": sample}, "questions": [{"name": "a", "hint": sample}]});
    assert_eq!(codes_of(&checked(&text, &[], Profile::Strict)), Vec::<&str>::new());
}

#[test]
fn each_field_that_is_rendered_is_read_and_placed() {
    let fields = [
        (json!({"template_content": "{{x"}), "/template_content"),
        (json!({"prompt_template": "{{x"}), "/prompt_template"),
        (json!({"content": {"code": "{{x"}}), "/content/code"),
        (json!({"content": {"tests": "{{x"}}), "/content/tests"),
        (json!({"generated_files": [{"path": "{{x"}]}), "/generated_files/0/path"),
        (json!({"questions": [{"name": "a", "when": "{{x"}]}), "/questions/0/when"),
        (json!({"questions": [{"name": "a", "validator": "{{x"}]}), "/questions/0/validator"),
        (json!({"content": {"questions": [{"var_name": "a", "when": "{{x"}]}}), "/content/questions/0/when"),
    ];
    for (text, pointer) in fields {
        let findings = checked(&text, &[], Profile::Standard);
        let [finding] = findings.as_slice() else { panic!("{text}: {findings:?}") };
        assert_eq!((finding.code.as_str(), finding.place.pointer.as_deref()), ("T0401", Some(pointer)));
        assert!(finding.place.span.is_some());
    }
}

#[test]
fn what_only_the_engine_can_tell_is_told_with_its_place() {
    let findings = checked(&json!({"content": {"code": "a\n{{len as}}"}}), &[], Profile::Standard);
    assert_eq!(findings[0].code, "T0401");
    assert!(findings[0].place.span.is_some_and(|span| span.offset > 24), "{findings:?}");
}

#[test]
fn other_languages_are_named() {
    let jinja =
        |text: &str| json!({"questions": [{"name": "a", "validator": text}], "content": {"code": text}});
    assert_eq!(
        codes_of(&checked(&jinja("{% if not a %}no{% endif %}"), &[], Profile::Standard)),
        ["T0402", "T0402"]
    );
    assert_eq!(
        codes_of(&checked(&json!({"content": {"code": "{% for x in y %}"}}), &[], Profile::Standard)),
        ["T0403"]
    );
    assert_eq!(
        codes_of(&checked(&json!({"content": {"code": "{% csrf_token %}"}}), &[], Profile::Standard)),
        Vec::<&str>::new()
    );
    assert_eq!(
        codes_of(&checked(&json!({"content": {"code": "{{ a | upper }}"}}), &[], Profile::Standard)),
        ["T0402"]
    );
    assert_eq!(
        codes_of(&checked(
            &json!({"prompts": {"p": "local p = Prompt.new()\nreturn p"}}),
            &[],
            Profile::Standard
        )),
        ["T0404"]
    );
}

#[test]
fn a_variable_that_is_not_declared_is_found_once_and_the_near_one_is_named() {
    let text = json!({"template_variables": {"module_name": {"type": "string"}},
        "content": {"code": "{{modul_name}} {{modul_name}} {{module_name}} {{#if cache}}{{inside}}{{/if}}"}});
    let findings = checked(&text, &[], Profile::Standard);
    assert_eq!(codes_of(&findings), ["T0408", "T0409"]);
    assert_eq!(findings[0].help.as_deref(), Some("did you mean `module_name`?"));
    assert_eq!((findings[0].severity, findings[1].severity), (Severity::Error, Severity::Warning));
}

#[test]
fn a_template_that_declares_nothing_has_its_variables_inferred() {
    let findings = checked(
        &json!({"template_content": "{{#each rows}}{{name}}{{/each}}{{title}}"}),
        &[],
        Profile::Standard,
    );
    assert_eq!(codes_of(&findings), ["T0410", "T0410"]);
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning));
}

#[test]
fn partials_are_checked_in_their_own_file() {
    let text = json!({"content": {"code": "{{> good}}{{> broken}}{{> none}}{{> ../../up}}"}, "variables": {"a": {}}});
    let parts = [("partials/good.hbs", "{{a}}\n{{b}}"), ("partials/broken.hbs", "ok\n {{#if a}}")];
    let findings = checked(&text, &parts, Profile::Standard);
    let mut found: Vec<_> = findings.iter().map(|f| (f.code.as_str(), f.place.file.as_deref())).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("T0401", Some("partials/broken.hbs")),
            ("T0408", Some("partials/good.hbs")),
            ("T0411", None),
            ("T0606", None)
        ]
    );
}

#[test]
fn names_within_blocks_belong_to_what_is_entered() {
    let text = json!({"variables": {"rows": {"type": "array"}, "title": {}, "o": {"type": "object"}},
        "content": {"code": "{{#each rows as |row i|}}{{name}}{{row.x}}{{i}}{{@index}}{{../title}}{{#with ../o}}{{y}}{{/with}}\
            {{else}}{{title}}{{/each}}{{> p x=title}}"}});
    let findings = checked(&text, &[("partials/p.hbs", "{{x}}{{title}}")], Profile::Standard);
    assert_eq!(codes_of(&findings), Vec::<&str>::new());
}

#[test]
fn a_stand_alone_file_is_placed_by_line_and_column() {
    let findings = check_hbs("p/x.hbs", "one\n  {{#if x}}{{> any}}\n{{unknown x}}\n");
    let found: Vec<_> = findings
        .iter()
        .map(|f| (f.code.as_str(), f.place.span.map(|span| (span.line, span.column))))
        .collect();
    assert_eq!(found, [("T0401", Some((2, 3)))]);
    let findings = check_hbs("p/x.hbs", "é {{unknown x}}\n");
    assert_eq!(findings[0].code, "T0407");
    assert_eq!(findings[0].place.file.as_deref(), Some("p/x.hbs"));
    assert_eq!(findings[0].place.span.map(|span| (span.column, span.offset, span.length)), Some((5, 5, 7)));
}
