use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::evaluate_text;

fn rendered(text: &Value, parts: &[(&str, &str)], answers: &Value) -> (Vec<Finding>, Rendering) {
    rendered_at("a/t.json", &text.to_string(), parts, answers, 1 << 20)
}

fn rendered_at(
    path: &str,
    text: &str,
    parts: &[(&str, &str)],
    answers: &Value,
    output_bytes: u64,
) -> (Vec<Finding>, Rendering) {
    let template = TemplateText {
        path: path.into(),
        text: text.into(),
        parts: parts.iter().map(|(path, part)| ((*path).to_owned(), (*part).to_owned())).collect(),
    };
    let answers = answers.as_object().expect("answers are an object").clone();
    render(&RenderInput { template, answers, output_bytes })
}

fn codes_of(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn every_field_is_rendered_and_nothing_else() {
    let (findings, rendering) = rendered(
        &json!({
            "id": "svc", "language": "python", "description": "{{not}} {{a template",
            "content": {"code": "name = '{{name}}'  # <{{name}}>", "tests": "assert {{name}}", "docs": "{{broken"},
            "template_content": "text {{name}}",
            "prompt_template": "prompt {{name}}",
            "generated_files": [{"path": "src/{{name}}.py"}],
            "prompts": {"code_generation": "Do {task} with {name} and {code}"}
        }),
        &[],
        &json!({"name": "x & y", "task": "it"}),
    );
    assert_eq!(codes_of(&findings), Vec::<&str>::new());
    let files: Vec<_> = rendering
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.source.as_str(), file.kind, file.text.as_str()))
        .collect();
    assert_eq!(
        files,
        [
            ("svc.py", "/content/code", RenderedKind::Code, "name = 'x & y'  # <x & y>"),
            ("svc_test.py", "/content/tests", RenderedKind::Code, "assert x & y"),
            ("template_content", "/template_content", RenderedKind::Text, "text x & y"),
            ("prompt_template", "/prompt_template", RenderedKind::Prompt, "prompt x & y"),
            ("src/x & y.py", "/generated_files/0/path", RenderedKind::Path, "src/x & y.py"),
            (
                "prompts/code_generation.md",
                "/prompts/code_generation",
                RenderedKind::Prompt,
                "Do it with {name} and {code}"
            ),
        ]
    );
    assert_eq!(rendering.used_answers, ["name", "task"]);
    assert_eq!(rendering.literal_placeholders, 1);
}

#[test]
fn a_missing_answer_is_found_at_its_tag() {
    let text = "{\n  \"template_content\": \"one\\nä {{miss}} {{there}}\"\n}";
    let (findings, rendering) = rendered_at("t.json", text, &[], &json!({"there": 1}), 1000);
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(
        (finding.code.as_str(), finding.message.as_str()),
        ("T0501", "template_content needs `miss`, which has no value")
    );
    let span = finding.place.span.expect("the place is known");
    assert_eq!((span.line, span.column), (2, 31));
    assert_eq!(&text[span.offset as usize..(span.offset + span.length) as usize], "{{miss}}");
    assert_eq!(rendering.files, Vec::new());
}

#[test]
fn a_missing_answer_in_a_partial_is_found_in_its_file() {
    let parts =
        [("partials/one.hbs", "first\n  {{> two}}\n"), ("partials/two.hbs", "{{#if x}}\n  {{miss}}{{/if}}")];
    let (findings, _) = rendered(&json!({"content": {"code": "{{> one}}"}}), &parts, &json!({"x": true}));
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    let span = finding.place.span.expect("the place is known");
    assert_eq!(finding.place.file.as_deref(), Some("partials/two.hbs"));
    assert_eq!((finding.code.as_str(), span.line, span.column), ("T0501", 2, 3));
}

#[test]
fn a_skipped_question_may_be_asked_about_and_not_printed() {
    let template = |body: &str| {
        json!({"questions": [{"name": "a", "type": "boolean"}, {"name": "b", "type": "choice", "choices": ["x"], "when": "{{a}}"}],
            "content": {"code": body}})
    };
    let guarded = "{{#if b}}{{b}}{{/if}}{{#if (eq b \"x\")}}!{{/if}}{{#unless b}}none{{/unless}}{{a}}";
    let (findings, rendering) = rendered(&template(guarded), &[], &json!({"a": false}));
    assert_eq!((codes_of(&findings), rendering.files[0].text.as_str()), (vec![], "nonefalse"));
    let (findings, _) = rendered(&template("{{b}}"), &[], &json!({"a": false}));
    assert_eq!(codes_of(&findings), ["T0501"]);
}

#[test]
fn an_optional_variable_without_an_answer_is_empty() {
    let text = json!({"variables": {"s": {"type": "string"}, "l": {"type": "array"}, "o": {"type": "object"}},
        "content": {"code": "[{{s}}]{{#each l}}x{{/each}}{{#each o}}y{{/each}}"}});
    let (findings, rendering) = rendered(&text, &[], &json!({}));
    assert_eq!((codes_of(&findings), rendering.files[0].text.as_str()), (vec![], "[]"));
}

#[test]
fn bits_come_between_the_parents_text_and_the_own_one() {
    let parts =
        [("base.json", r#"{"template_content": "base {{x}}"}"#), ("bits/one.md", "bit {{not a template\n")];
    let own = json!({"extends": "base.json", "compose": ["bits/one.md"], "template_content": "own {{x}}"});
    let (findings, rendering) = rendered(&own, &parts, &json!({"x": 1}));
    assert_eq!(codes_of(&findings), Vec::<&str>::new());
    assert_eq!(rendering.files[0].text, "base 1\n\nbit {{not a template\n\nown 1");
    let without = json!({"compose": ["bits/one.md"], "instruction": "do it"});
    let (_, rendering) = rendered(&without, &parts, &json!({}));
    let file = &rendering.files[0];
    assert_eq!(
        (file.path.as_str(), file.kind, file.text.as_str()),
        ("composed.md", RenderedKind::Prompt, "bit {{not a template\n\ndo it")
    );
}

#[test]
fn a_template_file_is_the_body() {
    let text = json!({"id": "worker", "language": "elixir", "template_file": "worker.hbs"});
    let (findings, rendering) =
        rendered(&text, &[("a/worker.hbs", "defmodule {{m}} do\nend\n")], &json!({"m": "W"}));
    assert_eq!(codes_of(&findings), Vec::<&str>::new());
    let file = &rendering.files[0];
    assert_eq!(
        (file.path.as_str(), file.source.as_str(), file.text.as_str()),
        ("worker.ex", "a/worker.hbs", "defmodule W do\nend\n")
    );
}

#[test]
fn a_prompt_with_tags_about_questions_is_rendered_without_reading_answers_again() {
    let text = json!({"questions": [{"name": "cache", "type": "boolean"}],
        "prompts": {"p": "Do {task}.{{#if cache}} Cache {code}.{{/if}}", "q": "style={{ color: 'red' }} {task}"}});
    let (findings, rendering) =
        rendered(&text, &[], &json!({"cache": true, "task": "{{cache}} {code}", "code": "c"}));
    assert_eq!(codes_of(&findings), Vec::<&str>::new());
    assert_eq!(rendering.files[0].text, "Do {{cache}} {code}. Cache c.");
    assert_eq!(rendering.files[1].text, "style={{ color: 'red' }} {{cache}} {code}");
    assert_eq!(rendering.used_answers, ["cache", "code", "task"]);
}

#[test]
fn a_rendered_path_stays_in_the_target_folder() {
    let text = json!({"generated_files": [{"path": "src/{{name}}.py"}]});
    let (findings, _) = rendered(&text, &[], &json!({"name": "../../etc/cron"}));
    assert_eq!(codes_of(&findings), ["T0507"]);
}

#[test]
fn output_beyond_the_limit_is_a_finding() {
    let text =
        json!({"template_content": "{{#each l}}{{this}}{{/each}}", "prompts": {"p": "more"}}).to_string();
    let (findings, rendering) =
        rendered_at("t.json", &text, &[], &json!({"l": ["aaaaaaaaaa", "bbbbbbbbbb"]}), 15);
    assert_eq!(codes_of(&findings), ["T0503"]);
    assert_eq!(rendering.files.len(), 1, "the prompt fits");
}

#[test]
fn partials_that_include_one_another_and_loops_that_multiply_are_refused() {
    let circle = [("partials/a.hbs", "{{> b}}"), ("partials/b.hbs", "{{#if x}}{{> a}}{{/if}}")];
    let (findings, _) = rendered(&json!({"content": {"code": "{{> a}}"}}), &circle, &json!({"x": true}));
    assert_eq!(codes_of(&findings), ["T0412"]);

    let doubling: Vec<(String, String)> = (0..40)
        .map(|n| (format!("partials/p{n}.hbs"), format!("{{{{> p{0}}}}}{{{{> p{0}}}}}", n + 1)))
        .collect();
    let mut doubling: Vec<(&str, &str)> =
        doubling.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    doubling.push(("partials/p40.hbs", "x"));
    let (findings, _) = rendered(&json!({"content": {"code": "{{> p0}}"}}), &doubling, &json!({}));
    assert!(codes_of(&findings).contains(&"T0405"), "{findings:?}");

    let loops = format!("{}x{}", "{{#each @root.l}}".repeat(20), "{{/each}}".repeat(20));
    let (findings, _) = rendered(&json!({"content": {"code": loops}}), &[], &json!({"l": [1, 2, 3]}));
    assert_eq!(codes_of(&findings), ["T0405"]);
}

#[test]
fn the_deepest_text_that_is_accepted_renders_on_a_small_stack() {
    let levels = scan::MOST_DEPTH;
    let partial = format!("{}x{}", "{{#if a}}".repeat(30), "{{/if}}".repeat(30));
    let text = format!("{}{{{{> deep}}}}{}", "{{#if a}}".repeat(levels), "{{/if}}".repeat(levels));
    let run = move || {
        rendered(&json!({"content": {"code": text}}), &[("partials/deep.hbs", &partial)], &json!({"a": 1}))
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread starts");
    let (findings, rendering) = thread.join().expect("it does not overflow");
    assert_eq!((codes_of(&findings), rendering.files[0].text.as_str()), (vec![], "x"));
}

#[test]
fn conditions_see_absent_answers_as_nothing() {
    let answers = json!({"yes": true, "list": ["a"], "n": 3}).as_object().expect("an object").clone();
    let cases = [
        ("{{yes}}", Ok("true")),
        ("{{no}}", Ok("")),
        ("plain", Ok("plain")),
        ("\\{{yes}}", Ok("{{yes}}")),
        ("{{#if no}}a{{else}}b{{/if}}", Ok("b")),
        ("{{#if (and yes (gt n 2))}}true{{/if}}", Ok("true")),
        ("{{#if (lt no 2)}}true{{/if}}", Ok("")),
        ("{{#if (includes list 'a')}}true{{/if}}", Ok("true")),
        ("{{#if (ne no 'x')}}true{{/if}}", Ok("true")),
        ("{{> partial}}", Err("partial `partial` does not exist")),
        ("{{broken", Err("a tag is never closed")),
        ("{{unknown yes}}", Err("there is no helper `unknown`")),
    ];
    for (text, expected) in cases {
        let found = evaluate_text(text, &answers);
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
    }
}

#[test]
fn a_condition_cannot_run_for_long() {
    let list: Vec<Value> = (0..1000).map(Value::from).collect();
    let answers = json!({"l": list}).as_object().expect("an object").clone();
    let text = "{{#each l}}{{#each @root.l}}{{#each @root.l}}{{/each}}{{/each}}{{/each}}";
    assert_eq!(evaluate_text(text, &answers), Err("it takes too many steps".to_owned()));
}

/// Text that looks like Handlebars more often than chance would have it.
fn handlebars_like() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{{",
        "}}",
        "{{{",
        "}}}",
        "{{{{raw}}}}",
        "{{{{/raw}}}}",
        "{{#if a}}",
        "{{#each l}}",
        "{{#with o}}",
        "{{/if}}",
        "{{/each}}",
        "{{/with}}",
        "{{else}}",
        "{{else if b}}",
        "{{^}}",
        "{{> p}}",
        "{{!--",
        "--}}",
        "{{! x }}",
        "{{a}}",
        "{{this}}",
        "{{../a}}",
        "{{@index}}",
        "{{@root.a}}",
        "{{l.0}}",
        "{{l.x}}",
        "{{[a b]}}",
        "{{lookup l 0}}",
        "{{len l}}",
        "(eq a 'b')",
        "a=",
        "[1, \"x\"]",
        "{\"k\": 1}",
        "as |x y|",
        "{{#each l as |x y|}}",
        "{{~a~}}",
        "\\",
        "\"",
        "'",
        "|",
        " ",
        "\n",
        "a",
        "é",
        "\u{0}",
        "{% if a %}",
        "~",
        "{{#if (eq a \"b\")}}",
        "{{eq}}",
        "{{if}}",
        "{{#if}}",
        "{{..}}",
        "{{.}}",
        "{{./a}}",
        "{{@}}",
        "{{@../index}}",
        "{{a.b.c}}",
        "{{elsewhere}}",
        "{{&a}}",
        "{{-1}}",
        "{{\"s\"}}",
        "{{(eq a b)}}",
        "{{#x}}{{/x}}",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_rendering_panic(text in prop_oneof![handlebars_like(), any::<String>()], partial in handlebars_like()) {
        let answers = json!({"a": "x", "b": true, "l": [1, {"a": 2}], "o": {"a": {"b": 1}}});
        let template = json!({"content": {"code": text}, "questions": [{"name": "a", "when": text, "validator": text}],
            "prompts": {"p": text}, "generated_files": [{"path": text}]});
        let (findings, rendering) = rendered(&template, &[("partials/p.hbs", &partial)], &answers);
        prop_assert!(findings.len() + rendering.files.len() > 0);
        let _ = evaluate_text(&text, answers.as_object().expect("an object"));
        let _ = crate::syntax::check_hbs("x.hbs", &text);
    }

    #[test]
    fn no_document_makes_rendering_panic(text: String) {
        let _ = rendered_at("t.json", &text, &[], &json!({}), 100);
        let _ = rendered_at("t.hbs", &text, &[], &json!({}), 100);
    }
}
