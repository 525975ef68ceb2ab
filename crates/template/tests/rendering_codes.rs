//! Every code about syntax, rendering, composition and references has a text that brings it about.

use std::collections::BTreeSet;

use genesis_abi::{Finding, RenderInput, TemplateText};
use genesis_template::compose;
use genesis_template::syntax;
use genesis_template::{
    CaseOptions, Document, Profile, ReadLimits, ReferenceIndex, Selection, all_codes, cross_check, outline,
    plan_cases, references, registry_check, render, resolve, unused_answers, variables_of,
};
use serde_json::{Value, json};

fn template(text: &Value, parts: &[(&str, &str)]) -> TemplateText {
    TemplateText {
        path: "t.json".into(),
        text: text.to_string(),
        parts: parts.iter().map(|(path, part)| ((*path).to_owned(), (*part).to_owned())).collect(),
    }
}

fn checked(text: &Value, parts: &[(&str, &str)]) -> Vec<Finding> {
    let template = template(text, parts);
    let document = Document::parse(&template.text, &ReadLimits::DEFAULT).expect("the text is JSON");
    let mut found = syntax::check(&document, &template, Profile::Standard);
    found.extend(compose::check(&document, &template, Profile::Standard));
    found
}

fn body(text: &str) -> Vec<Finding> {
    checked(&json!({"content": {"code": text}, "variables": {"a": {}}}), &[])
}

fn rendered(text: &Value, answers: &Value) -> Vec<Finding> {
    let answers = answers.as_object().expect("an object").clone();
    render(&RenderInput { template: template(text, &[]), answers, output_bytes: 100 }).0
}

fn planned(text: &Value, most_answer_bytes: usize) -> Vec<Finding> {
    let options = CaseOptions {
        selection: Selection::Defaults,
        most_cases: 1,
        most_questions: 1,
        most_choices: 1,
        most_answer_bytes,
        seed: 0,
        recorded: &[],
    };
    plan_cases(&template(text, &[]), None, &options).findings
}

fn triggers() -> Vec<(&'static str, Vec<Finding>)> {
    let with_id = |path: &str| {
        let text = TemplateText { path: path.into(), ..template(&json!({"id": "a", "language": "go"}), &[]) };
        (path.to_owned(), outline(&text, &ReadLimits::DEFAULT).expect("the text is JSON"))
    };
    let registry =
        json!({"template_registry": {"templates": {"q": {"a": {"path": "a.json", "language": "rust"}}}}});
    let line: Vec<(String, String)> = (0..40)
        .map(|n| (format!("{n}.json"), json!({"extends": format!("{}.json", n + 1)}).to_string()))
        .collect();
    let line: Vec<(&str, &str)> = line.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let question = json!({"questions": [{"name": "a", "type": "boolean"}]});
    let one = |text: &str| json!({"template_content": text});
    vec![
        ("T0401", body("{{a")),
        ("T0402", body("{{ a | upper }}")),
        ("T0403", body("{% for x in y %}")),
        ("T0404", body("local p = Prompt.new()")),
        ("T0405", body(&"{{#if a}}".repeat(10_000))),
        ("T0406", body("{{> (lookup a 'b')}}")),
        ("T0407", body("{{underscore a}}")),
        ("T0408", body("{{b}}")),
        ("T0409", body("{{#if b}}x{{/if}}")),
        ("T0410", checked(&one("{{b}}"), &[])),
        ("T0411", body("{{> none}}")),
        ("T0412", checked(&one("{{> a}}"), &[("partials/a.hbs", "{{> a}}")])),
        ("T0501", rendered(&one("{{a}}"), &json!({}))),
        ("T0502", rendered(&one("{{a.b}}"), &json!({"a": [1]}))),
        ("T0503", rendered(&one("{{a}}"), &json!({"a": "x".repeat(101)}))),
        ("T0504", unused_answers(&BTreeSet::new(), &variables_of(&template(&question, &[])))),
        ("T0505", planned(&json!({"variables": {"a": {"required": true}}}), 1000)),
        ("T0506", planned(&question, 3)),
        ("T0507", rendered(&json!({"generated_files": [{"path": "{{a}}"}]}), &json!({"a": "../x"}))),
        ("T0601", checked(&json!({"extends": "none.json"}), &[])),
        ("T0602", checked(&json!({"compose": ["none.md"]}), &[])),
        ("T0603", checked(&json!({"extends": "a.json"}), &[("a.json", r#"{"extends": "a.json"}"#)])),
        ("T0604", checked(&json!({"extends": "0.json"}), &line)),
        ("T0605", checked(&json!({"overrides": {"a": [1]}, "merges": {"a": "append"}, "a": [2]}), &[])),
        ("T0606", checked(&json!({"extends": "../a.json"}), &[])),
        (
            "T0607",
            resolve(
                &references(&template(&json!({"parent_pattern": "x"}), &[])),
                &ReferenceIndex::default(),
                Profile::Standard,
            ),
        ),
        ("T0608", cross_check(&[with_id("a.json"), with_id("b.json")], Profile::Standard)),
        ("T0609", registry_check(&template(&registry, &[]), &[with_id("a.json")], Profile::Standard)),
        ("T0610", checked(&json!({"extends": "a.json"}), &[("a.json", "[1, 2")])),
        ("T0611", checked(&json!({"template_file": "none.hbs"}), &[])),
        ("T0612", checked(&json!({"extends": 5}), &[])),
    ]
}

#[test]
fn every_code_about_rendering_can_come_about() {
    let triggers = triggers();
    for (code, findings) in &triggers {
        let found: Vec<_> = findings.iter().map(|finding| finding.code.as_str()).collect();
        assert!(found.contains(code), "{code}: {found:?}");
        for finding in findings {
            assert!(!finding.message.contains('\n') && finding.help.is_some(), "{finding:?}");
        }
    }
    let triggered: BTreeSet<&str> = triggers.iter().map(|(code, _)| *code).collect();
    let known: BTreeSet<&str> =
        all_codes().map(|code| code.code).filter(|code| ("T04".."T07").contains(&&code[..3])).collect();
    assert_eq!(triggered, known);
}
