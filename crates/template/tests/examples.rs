//! The project's own examples: they validate, compose and render without a finding, and every question is used.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use genesis_abi::{Finding, RenderInput, RenderedKind, Rendering, Severity, TemplateText, ValidateInput};
use genesis_template::{
    CaseOptions, ReadLimits, Selection, candidates, part_requests, plan_cases, render, unused_answers,
    validate, variables_of,
};

const GOOD: [&str; 6] = [
    "python-service/1.0.0.json",
    "python-service/1.1.0.json",
    "elixir-worker/template.json",
    "composed/base.json",
    "composed/service.json",
    "broken/1.0.0.json",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// Loads a template and its parts as a host does.
fn load(path: &str) -> TemplateText {
    let text = fs::read_to_string(root().join(path)).expect("the example exists");
    let mut template = TemplateText { path: path.to_owned(), text, ..TemplateText::default() };
    loop {
        let loaded = template.parts.len();
        for request in part_requests(&template) {
            let found = candidates(&request, path).into_iter().find_map(|path| {
                let text = fs::read_to_string(root().join(&path)).ok()?;
                Some((path, text))
            });
            template.parts.extend(found);
        }
        if template.parts.len() == loaded {
            return template;
        }
    }
}

fn judged(template: TemplateText, baseline: Option<TemplateText>) -> Vec<Finding> {
    let input = ValidateInput { template, baseline, profile: "standard".to_owned(), promoted: Vec::new() };
    validate(&input, &ReadLimits::DEFAULT)
}

fn rendered(template: &TemplateText) -> Vec<(String, Vec<Finding>, Rendering)> {
    let options = CaseOptions {
        selection: Selection::Pairwise,
        most_cases: 256,
        most_questions: 64,
        most_choices: 16,
        most_answer_bytes: 64 * 1024,
        seed: 1,
        recorded: &[],
    };
    let plan = plan_cases(template, None, &options);
    assert_eq!((plan.findings, plan.sampled), (Vec::new(), false), "{}", plan.selection);
    plan.cases
        .into_iter()
        .map(|case| {
            let input =
                RenderInput { template: template.clone(), answers: case.answers, output_bytes: 1 << 20 };
            let (findings, rendering) = render(&input);
            (case.name, findings, rendering)
        })
        .collect()
}

#[test]
fn every_good_example_is_without_a_finding() {
    for path in GOOD {
        assert_eq!(judged(load(path), None), Vec::new(), "{path}");
        assert_eq!(part_requests(&load(path)), Vec::new(), "{path}");
    }
}

#[test]
fn every_case_of_every_good_example_renders_and_every_question_is_used() {
    for path in GOOD {
        let template = load(path);
        let mut used = BTreeSet::new();
        for (case, findings, rendering) in rendered(&template) {
            assert_eq!(findings, Vec::new(), "{path} {case}");
            assert!(!rendering.files.is_empty(), "{path} {case}");
            for file in &rendering.files {
                assert!(!file.text.contains("{{"), "{path} {case}: {}", file.text);
            }
            used.extend(rendering.used_answers);
        }
        assert_eq!(unused_answers(&used, &variables_of(&template)), Vec::new(), "{path}");
    }
}

#[test]
fn the_new_python_service_is_a_legal_minor_version() {
    let findings = judged(load("python-service/1.1.0.json"), Some(load("python-service/1.0.0.json")));
    assert_eq!(findings, Vec::new());
}

#[test]
fn the_python_service_keeps_its_lines_in_every_case() {
    for (case, _, rendering) in rendered(&load("python-service/1.1.0.json")) {
        let code = &rendering.files[0];
        assert_eq!((code.path.as_str(), code.kind), ("service.py", RenderedKind::Code));
        assert_eq!(code.text.contains("import sqlite3"), code.text.contains("sqlite3.connect"), "{case}");
        assert!(code.text.lines().all(|line| line.trim_end() == line), "{case}: {}", code.text);
        assert_eq!(rendering.literal_placeholders, 2, "nothing answers task and code");
    }
}

#[test]
fn the_elixir_worker_draws_in_its_partials_with_their_indentation() {
    let all = rendered(&load("elixir-worker/template.json"));
    let (_, _, defaults) = &all[0];
    let code = &defaults.files[0];
    assert_eq!((code.path.as_str(), code.source.as_str()), ("elixir-worker.ex", "elixir-worker/worker.hbs"));
    assert!(
        code.text.contains(
            "\n  defp schedule do\n    Process.send_after(self(), :work, @interval_ms)\n  end\nend\n"
        ),
        "{}",
        code.text
    );
    assert!(
        all.iter()
            .any(|(_, _, case)| case.files[0].text.contains("\n    :telemetry.execute([:worker, :work]"))
    );
}

#[test]
fn the_composed_prompt_is_base_then_bits_then_its_own_text() {
    let all = rendered(&load("composed/service.json"));
    let text = &all[0].2.files[0].text;
    let order =
        ["You write a small service in Go.", "## Errors", "## Tests", "The Go service keeps every order."];
    let places: Vec<_> = order.iter().map(|piece| text.find(piece)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
}

#[test]
fn the_broken_version_is_refused_for_its_question_and_its_changelog() {
    let findings = judged(load("broken/1.1.0.json"), Some(load("broken/1.0.0.json")));
    let errors: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.code.get(..3).unwrap_or_default())
        .collect();
    assert_eq!(errors, ["T02", "T03"].into(), "{findings:#?}");
    assert!(findings.iter().any(|finding| finding.code == "T0203"), "{findings:#?}");
}
