//! Real templates: what can be rendered renders, and what is broken is found at its place.

use std::fs;
use std::path::PathBuf;

use genesis_abi::{Finding, Place, RenderInput, Rendering, Severity, TemplateText};
use genesis_template::{
    CaseOptions, Composed, Document, Profile, ReadLimits, ReferenceIndex, Selection, candidates, compose,
    outline, part_requests, plan_cases, references, render, resolve, syntax,
};

/// The folder of real templates, which is not part of the project.
#[expect(clippy::disallowed_methods, reason = "tests find the corpus by this variable")]
#[expect(clippy::print_stdout, reason = "what is skipped is said")]
fn corpus() -> Option<PathBuf> {
    let found = std::env::var("GENESIS_CORPUS").ok().map(PathBuf::from);
    if found.is_none() {
        println!("skipped: GENESIS_CORPUS is not set");
    }
    found
}

fn load(root: &std::path::Path, path: &str) -> TemplateText {
    let text = fs::read_to_string(root.join(path)).expect("the file exists");
    let mut template = TemplateText { path: path.to_owned(), text, ..TemplateText::default() };
    loop {
        let loaded = template.parts.len();
        for request in part_requests(&template) {
            let found = candidates(&request, path).into_iter().find_map(|path| {
                let text = fs::read_to_string(root.join(&path)).ok()?;
                Some((path, text))
            });
            template.parts.extend(found);
        }
        if template.parts.len() == loaded {
            return template;
        }
    }
}

fn first_case(template: &TemplateText) -> (Vec<Finding>, Rendering) {
    let options = CaseOptions {
        selection: Selection::EachAlone,
        most_cases: 64,
        most_questions: 64,
        most_choices: 16,
        most_answer_bytes: 64 * 1024,
        seed: 1,
        recorded: &[],
    };
    let plan = plan_cases(template, None, &options);
    let case = plan.cases.into_iter().next().expect("there is a case");
    render(&RenderInput { template: template.clone(), answers: case.answers, output_bytes: 1 << 20 })
}

#[test]
fn real_templates_render() {
    let Some(root) = corpus().map(|root| root.join("templates")) else { return };
    let expected = [
        ("base/elixir-module.json", 1, "defmodule SampleModuleName do"),
        ("base/elixir-supervisor-nested.json", 1, "SampleModuleName"),
        ("partials/messaging/nats_consumer.hbs", 1, "sample_task_supervisor"),
        ("partials/base/moduledoc_production.hbs", 1, "sample_overview"),
        ("code_generation/patterns/messaging/elixir-nats-consumer.json", 2, "SampleModuleName"),
        ("code_generation/patterns/messaging/elixir-nats-consumer.hbs", 1, "SampleModuleName"),
        ("code_generation/patterns/rust-nats-consumer.json", 1, "SampleMessageType"),
        (
            "code_generation/patterns/languages/python/fastapi/crud.json",
            4,
            "app/routes/sample_entity_name.py",
        ),
        ("prompt_library/framework_discovery.json", 1, "SvelteKit"),
        ("prompt_library/todos/execute-task.hbs", 1, "sample_title"),
    ];
    for (path, files, text) in expected {
        let template = load(&root, path);
        let (findings, rendering) = first_case(&template);
        assert_eq!(findings, Vec::new(), "{path}");
        assert_eq!(rendering.files.len(), files, "{path}");
        assert!(rendering.files[0].text.contains(text), "{path}: {}", rendering.files[0].text);
    }
}

#[test]
fn a_module_with_its_partials_renders_as_far_as_they_are_sound() {
    let Some(root) = corpus().map(|root| root.join("templates")) else { return };
    let mut template = load(&root, "base/elixir-module.hbs");
    assert_eq!(template.parts.len(), 3, "{:?}", template.parts.keys());
    let (findings, _) = first_case(&template);
    assert!(
        findings
            .iter()
            .all(|finding| finding.place.file.as_deref() == Some("partials/otp/genserver_skeleton.hbs"))
    );
    assert!(!findings.is_empty());
    template.parts.insert("partials/otp/genserver_skeleton.hbs".into(), "use GenServer\n".into());
    let (findings, rendering) = first_case(&template);
    assert_eq!(findings, Vec::new());
    assert!(rendering.files[0].text.contains("use GenServer"));
}

#[test]
fn broken_files_are_found_at_their_place() {
    let Some(root) = corpus().map(|root| root.join("templates")) else { return };
    for (path, tag) in [
        ("partials/otp/genserver_skeleton.hbs", "{{{registry_name}}"),
        ("code_generation/patterns/messaging/elixir-nats-consumer-enhanced.hbs", "["),
    ] {
        let text = fs::read_to_string(root.join(path)).expect("the file exists");
        let findings = syntax::check_hbs(path, &text);
        let [finding] = findings.as_slice() else { panic!("{path}: {findings:?}") };
        assert_eq!((finding.code.as_str(), finding.severity), ("T0401", Severity::Error));
        let Place { file, span: Some(span), .. } = &finding.place else { panic!("{finding:?}") };
        assert_eq!(file.as_deref(), Some(path));
        assert!(text[span.offset as usize..].starts_with(tag), "{}", &text[span.offset as usize..][..40]);
    }
}

#[test]
fn every_other_stand_alone_file_is_sound() {
    let Some(root) = corpus().map(|root| root.join("templates")) else { return };
    let mut folders = vec![root.clone()];
    let mut sound = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)
            .expect("the folder exists")
            .map(|entry| entry.expect("it is readable").path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "hbs") {
                let path = entry.strip_prefix(&root).expect("it is below").to_string_lossy().into_owned();
                if path.ends_with("genserver_skeleton.hbs") || path.ends_with("-enhanced.hbs") {
                    continue;
                }
                let text = fs::read_to_string(&entry).expect("it is text");
                assert_eq!(syntax::check_hbs(&path, &text), Vec::new(), "{path}");
                let (findings, rendering) = first_case(&load(&root, &path));
                assert!(findings.is_empty() || path == "base/elixir-module.hbs", "{path}: {findings:?}");
                sound += rendering.files.len();
            }
        }
    }
    assert!(sound > 10, "{sound}");
}

#[test]
fn sample_code_is_never_a_template() {
    let Some(root) = corpus().map(|root| root.join("templates")) else { return };
    for path in [
        "code_generation/patterns/security_vulnerabilities/owasp_xss.json",
        "code_generation/patterns/security_vulnerabilities/owasp_code_injection.json",
        "code_generation/frameworks/django_security.json",
        "code_generation/frameworks/fastapi_security.json",
    ] {
        let template = load(&root, path);
        let document = Document::parse(&template.text, &ReadLimits::DEFAULT).expect("it is JSON");
        assert_eq!(syntax::check(&document, &template, Profile::Strict), Vec::new(), "{path}");
        assert_eq!(first_case(&template), (Vec::new(), Rendering::default()), "{path}");
    }
}

#[test]
fn quality_templates_render_their_prompts_and_leave_braces_of_code_alone() {
    let Some(root) = corpus().map(|root| root.join("templates/code_generation/quality")) else { return };
    for (path, prompts) in
        [("elixir_production.json", 3), ("rust_production.json", 3), ("go_production.json", 1)]
    {
        let (findings, rendering) = first_case(&load(&root, path));
        assert_eq!((findings, rendering.files.len()), (Vec::new(), prompts), "{path}");
        assert!(rendering.literal_placeholders > 0);
    }
}

#[test]
fn the_composite_of_three_parents_composes() {
    let Some(root) = corpus().map(|root| root.join("composition")) else { return };
    let template = load(&root, "composite/elixir_implementation_web_application.json");
    assert_eq!(template.parts.len(), 3);
    let document = Document::parse(&template.text, &ReadLimits::DEFAULT).expect("it is JSON");
    let Composed { value, origins, findings, .. } = compose(&document, &template);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["T0605"], "the checklist is both overridden and appended to");
    assert_eq!(value["language"], "elixir");
    assert_eq!(origins.get("phase").map(String::as_str), Some("phases/implementation.json"));
    assert_eq!(origins.get("requirements").map(String::as_str), Some("domains/web_application.json"));
    let own =
        document.get("/overrides/quality_checklist").and_then(|node| node.as_array()).expect("a list").len();
    assert!(value["quality_checklist"].as_array().expect("a list").len() > own);
    assert!(value["relationship_annotations"]["patterns"]["web_endpoint"].is_string());
}

#[test]
fn references_of_real_templates_are_followed() {
    let Some(root) = corpus().map(|root| root.join("templates")) else { return };
    let path = "architecture_patterns/event-driven.json";
    let mut index = ReferenceIndex::default();
    let template = load(&root, path);
    index.add(path, outline(&template, &ReadLimits::DEFAULT).ok().as_ref());
    let findings = resolve(&references(&template), &index, Profile::Standard);
    let parent = findings.iter().find(|finding| finding.message.contains("publish-subscribe"));
    assert!(parent.is_some_and(|finding| finding.severity == Severity::Warning), "{findings:?}");
    let crud = load(&root, "code_generation/patterns/languages/python/fastapi/crud.json");
    assert_eq!(crud.parts.len(), 5, "{:?}", crud.parts.keys());
}
