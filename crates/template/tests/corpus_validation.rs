//! The validator on real templates and their histories, found by `GENESIS_CORPUS`. They are not ours and not part of
//! the project; without them these tests say so and check nothing.

use std::fs;
use std::path::{Path, PathBuf};

use genesis_abi::{Finding, Severity, TemplateText, ValidateInput};
use genesis_template::{ReadLimits, canonically_equal, validate};

#[expect(clippy::disallowed_methods, reason = "tests find the corpus by this variable")]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn corpus() -> Option<PathBuf> {
    let root = std::env::var_os("GENESIS_CORPUS").map(PathBuf::from);
    if root.is_none() {
        println!("skipped: GENESIS_CORPUS is not set");
    }
    root
}

fn read(root: &Path, path: &str) -> TemplateText {
    let text = fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    TemplateText { path: path.to_owned(), text, ..TemplateText::default() }
}

fn judge(template: TemplateText, baseline: Option<TemplateText>, profile: &str) -> Vec<Finding> {
    let input = ValidateInput { template, baseline, profile: profile.to_owned(), promoted: Vec::new() };
    validate(&input, &ReadLimits::DEFAULT)
}

fn errors(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.severity == Severity::Error).collect()
}

fn relative(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).expect("the path lies in the corpus");
    path.to_str().expect("the corpus has plain names").to_owned()
}

fn json_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("the corpus can be read");
    let mut entries: Vec<_> = entries.map(|entry| entry.expect("the corpus can be read").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// Replays a history: for each step the errors that the version before does not have, and whether nothing changed.
fn replay(root: &Path, history: &str) -> Vec<(String, Vec<String>, bool)> {
    let mut versions = Vec::new();
    json_files(&root.join("history").join(history), &mut versions);
    let versions: Vec<TemplateText> = versions
        .iter()
        .map(|path| read(root, &relative(path, root)))
        // A template keeps its path over its history; the files of the corpus are named by version.
        .map(|version| TemplateText { path: format!("quality/{history}.json"), ..version })
        .collect();
    let step = |pair: &[TemplateText]| {
        let before = judge(pair[0].clone(), None, "standard");
        let after = judge(pair[1].clone(), Some(pair[0].clone()), "standard");
        let is_new = |finding: &&&Finding| !before.iter().any(|old| old.identity() == finding.identity());
        let new: Vec<String> =
            errors(&after).iter().filter(is_new).map(|finding| finding.code.clone()).collect();
        let version =
            pair[1].text.split('"').skip_while(|word| !word.ends_with("version")).nth(2).unwrap_or_default();
        (version.to_owned(), new, canonically_equal(&pair[0], &pair[1]))
    };
    versions.windows(2).map(step).collect()
}

#[test]
fn histories_are_replayed_as_they_should_have_been_judged() {
    let Some(root) = corpus() else { return };
    let (legal, same): (&[&str], &[&str]) = (&[], &["="]);
    let expected: [(&str, &[&[&str]]); 5] = [
        ("elixir_production", &[legal, legal, legal, legal, legal, legal, same, legal]),
        ("go_production", &[legal, same, &["T0203"], &["T0206"], &["T0102", "T0206"], legal]),
        ("rust_production", &[legal, legal, legal, same, &["T0203"], &["T0206"], &["T0206"], legal]),
        ("elixir-module", &[legal, same]),
        ("elixir-nats-consumer", &[&["T0206"], same]),
    ];
    for (history, steps) in expected {
        let replayed = replay(&root, history);
        assert_eq!(replayed.len(), steps.len(), "{history}");
        for ((version, new, is_same), wanted) in replayed.into_iter().zip(steps) {
            assert_eq!(is_same, *wanted == same, "{history} {version}");
            let mut new = new;
            new.sort();
            assert_eq!(new, if is_same { legal } else { wanted }, "{history} {version}");
        }
    }
}

/// File, code, a word of the message or the end of the pointer, and the line and column when they are known.
type Expected = (&'static str, &'static str, &'static str, Option<(u32, u32)>);

#[test]
fn what_is_wrong_is_found_at_its_place() {
    let Some(root) = corpus() else { return };
    let expected: &[Expected] = &[
        (
            "templates/code_generation/patterns/security_vulnerabilities/cwe_400_dos.json",
            "T0101",
            "",
            Some((36, 3)),
        ),
        ("invalid/python-django.json", "T0101", "", Some((22, 5))),
        ("templates/code_generation/quality/go_production.json", "T0102", "/scoring_weights", None),
        ("templates/quality_standards/elixir/production.json", "T0102", "/requirements/security", None),
        ("composition/composite/elixir_implementation_web_application.json", "T0102", "evolves", None),
        ("history/rust_production/2025-10-26T1956_2.5.0_7c0bb924.json", "T0203", "2.3.0", None),
        ("templates/code_generation/quality/g16_gleam_production.json", "T0201", "/version", None),
        ("templates/code_generation/quality/g16_gleam_production.json", "T0701", "`name`", None),
        ("templates/code_generation/quality/g16_gleam_production.json", "T0701", "`spec_version`", None),
        ("templates/code_generation/quality/g16_gleam_production.json", "T0701", "`requirements`", None),
        ("templates/base/elixir-module-meta.json", "T0706", "`content` is required", None),
        ("templates/code_generation/quality/elixir_production.json", "T0308", "use_genserver", None),
        ("templates/code_generation/examples/copier-patterns-example.json", "T0306", "include_tests", None),
        ("templates/code_generation/examples/copier-patterns-example.json", "T0802", "1.5.0", None),
        ("templates/code_generation/examples/copier-patterns-example.json", "T0803", "2.6.0", None),
        ("templates/code_generation/examples/copier-patterns-example.json", "T0708", "", None),
        ("templates/compliance/iso27001.json", "T0201", "2022", None),
        ("templates/code_generation/patterns/workspaces/bun-workspace.json", "T0706", "`type`", None),
        ("templates/code_generation/patterns/workspaces/bun-workspace.json", "T0706", "`content.code`", None),
        (
            "templates/code_generation/patterns/workspaces/bun-workspace.json",
            "T0706",
            "`content.dependencies`",
            None,
        ),
        (
            "templates/code_generation/patterns/workspaces/bun-workspace.json",
            "T0706",
            "`quality.rules`",
            None,
        ),
        ("history/go_production/2025-10-09T2305_2.0_70a7e092.json", "T0213", "`2`", None),
        ("templates/code_generation/quality/registry.json", "T0707", "registry", None),
        ("templates/schema.json", "T0707", "schema", None),
    ];
    for (path, code, word, place) in expected {
        let findings = judge(read(&root, path), None, "standard");
        let found = findings.iter().find(|finding| {
            let pointer = finding.place.pointer.as_deref().unwrap_or_default();
            finding.code == *code && (finding.message.contains(word) || pointer.ends_with(word))
        });
        let found = found.unwrap_or_else(|| panic!("{path} has no {code} {word}: {findings:#?}"));
        if let Some(place) = place {
            let span = found.place.span.unwrap();
            assert_eq!((span.line, span.column), *place, "{path}");
        }
    }
    let xss = "templates/code_generation/patterns/security_vulnerabilities/owasp_xss.json";
    let findings = judge(read(&root, xss), None, "strict");
    assert!(findings.iter().all(|finding| !finding.code.starts_with("T04")), "{findings:#?}");
}

#[test]
fn good_templates_have_no_error() {
    let Some(root) = corpus() else { return };
    for path in [
        "templates/code_generation/quality/elixir_production.json",
        "history/elixir_production/2025-10-24T1224_2.4.0_f1446a44.json",
        "history/elixir_production/2025-10-24T2210_2.5.0_e13d7cb9.json",
        "templates/code_generation/quality/rust_production.json",
        "templates/base/elixir-module.json",
        "templates/base/elixir-supervisor-nested.json",
        "templates/code_generation/patterns/messaging/elixir-nats-consumer.json",
        "templates/code_generation/patterns/rust-nats-consumer.json",
        "templates/code_generation/patterns/languages/python/fastapi/crud.json",
        "templates/code_generation/patterns/languages/rust.json",
        "templates/frameworks/nextjs.json",
        "templates/architecture_patterns/microservices.json",
        "templates/prompt_library/framework_discovery.json",
        "templates/code_snippets/fastapi/authenticated_api_endpoint.json",
        "templates/workflows/sparc/3b-performance.json",
        "templates/code_generation/patterns/security_vulnerabilities/owasp_xss.json",
    ] {
        let findings = judge(read(&root, path), None, "standard");
        assert!(errors(&findings).is_empty(), "{path}: {:#?}", errors(&findings));
    }
    for path in [
        "templates/base/elixir-module.json",
        "templates/base/elixir-supervisor-nested.json",
        "templates/code_generation/patterns/messaging/elixir-nats-consumer.json",
    ] {
        let findings = judge(read(&root, path), None, "standard");
        assert!(
            findings.iter().all(|finding| finding.code != "T0706"),
            "{path} keeps its schema: {findings:#?}"
        );
    }
}

#[test]
fn the_whole_corpus_is_imported_without_an_error_but_what_is_not_json() {
    let Some(root) = corpus() else { return };
    let mut files = Vec::new();
    json_files(&root, &mut files);
    assert!(files.len() > 100, "the corpus is there");
    let mut refused = Vec::new();
    for path in files {
        let path = relative(&path, &root);
        let findings = judge(read(&root, &path), None, "legacy");
        for error in errors(&findings) {
            assert_eq!(error.code, "T0101", "{path}: {error:#?}");
            refused.push(path.clone());
        }
    }
    assert_eq!(
        refused,
        [
            "invalid/python-django.json",
            "templates/code_generation/patterns/security_vulnerabilities/cwe_400_dos.json"
        ]
    );
}
