//! Real templates: their histories, their defects, and a check of all of them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Bench, corpus};

/// The versions of one template, oldest first.
fn versions(corpus: &Path, template: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpus.join("history").join(template))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn verdict(report: &Value) -> (String, String) {
    (
        report["verdict"]["decision"].as_str().unwrap().to_owned(),
        report["verdict"]["reasons"][0]["rule"].as_str().unwrap().to_owned(),
    )
}

#[test]
fn the_transitions_of_the_quality_templates_get_their_verdicts() {
    let Some(corpus) = corpus() else { return };
    let (mut merged, mut changelog, mut same_version, mut no_change) = (0, 0, 0, 0);
    for template in ["elixir_production", "go_production", "rust_production"] {
        for pair in versions(&corpus, template).windows(2) {
            let bench = Bench::new();
            let baseline = pair[0].to_str().unwrap();
            let (code, report) = bench.experiment(&pair[1], &["--baseline", baseline]);
            let (decision, rule) = verdict(&report);
            let codes: Vec<&str> = report["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|finding| finding["severity"] == "error" && finding["inherited"] != true)
                .map(|finding| finding["code"].as_str().unwrap())
                .collect();
            let name = pair[1].file_name().unwrap().to_str().unwrap();
            match (code, rule.as_str()) {
                (0, "no-change") => no_change += 1,
                (0, _) => {
                    merged += 1;
                    let expected = if template == "go_production" && name.contains("_2.6.0_") {
                        "merge_with_adaptations"
                    } else {
                        "merge"
                    };
                    assert_eq!(decision, expected, "{template} {name}: {report:#}");
                }
                (1, "new-errors") if codes.contains(&"T0203") => changelog += 1,
                (1, "new-errors") => same_version += 1,
                _ => panic!("{template} {name}: {code} {decision} {rule}: {report:#}"),
            }
        }
    }
    assert_eq!((merged, changelog, same_version, no_change), (13, 2, 4, 3));
}

#[test]
fn a_history_replayed_version_by_version_is_one_branch() {
    let Some(corpus) = corpus() else { return };
    let bench = Bench::new();
    let mut promoted = 0;
    for file in versions(&corpus, "elixir_production") {
        let (code, report) = bench.experiment(&file, &["--id", "elixir"]);
        assert_eq!(code, 0, "{}: {report:#}", file.display());
        promoted += usize::from(verdict(&report).1 != "no-change");
    }
    let log = bench.git(&["log", "--format=%s", "refs/heads/templates/elixir"]).stdout;
    assert_eq!(log.lines().count(), promoted, "{log}");
    bench.assert_sound();
}

/// What a file deserves: its diagnostic, and the line where that is known.
#[test]
fn known_defects_are_told_with_their_place() {
    let Some(corpus) = corpus() else { return };
    let bench = Bench::new();
    for (file, says) in [
        ("templates/code_generation/patterns/security_vulnerabilities/cwe_400_dos.json", ":36:3"),
        ("invalid/python-django.json", ":22:5"),
        ("templates/code_generation/quality/go_production.json", "scoring_weights"),
        ("templates/quality_standards/elixir/production.json", "security"),
        ("templates/code_generation/quality/g16_gleam_production.json", "version"),
        ("templates/partials/otp/genserver_skeleton.hbs", "genserver_skeleton.hbs:"),
        ("templates/code_generation/patterns/messaging/elixir-nats-consumer-enhanced.hbs", "enhanced.hbs:"),
        ("templates/code_generation/examples/copier-patterns-example.json", "include_tests"),
        ("templates/compliance/iso27001.json", "2022"),
    ] {
        let path = corpus.join(file);
        if !path.exists() {
            println!("skipped: {file} is not in this corpus");
            continue;
        }
        let ran = bench.genesis(&["check", path.to_str().unwrap(), "--policy", "strict"]);
        assert_eq!(ran.code, Some(1), "{file}: {ran:?}");
        assert!(ran.stdout.contains(says), "{file}: `{says}` is not in {}", ran.stdout);
    }
}

#[test]
fn the_whole_corpus_is_checked_without_a_crash() {
    let Some(corpus) = corpus() else { return };
    let bench = Bench::new();
    let args = ["check", corpus.to_str().unwrap(), "--profile", "legacy", "--format", "json"];
    let ran = bench.genesis(&args);
    assert_eq!(ran.code, Some(1), "two files are not JSON: {}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut errors: Vec<String> = Vec::new();
    for file in report["files"].as_array().unwrap() {
        for finding in file["findings"].as_array().unwrap() {
            if finding["severity"] == "error" {
                errors.push(format!("{}: {} {}", file["path"], finding["code"], finding["message"]));
            }
        }
    }
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(errors.iter().all(|error| error.contains("T0101")), "{errors:#?}");
}

#[test]
fn good_real_templates_are_judged_and_merge() {
    let Some(corpus) = corpus() else { return };
    for (file, policy) in [
        ("templates/code_generation/quality/elixir_production.json", "default"),
        ("templates/code_generation/quality/rust_production.json", "default"),
        ("templates/base/elixir-module.json", "default"),
        ("templates/base/elixir-supervisor-nested.json", "default"),
        ("templates/code_generation/patterns/messaging/elixir-nats-consumer.json", "default"),
        ("templates/code_generation/patterns/rust-nats-consumer.json", "default"),
        ("templates/code_generation/patterns/languages/python/fastapi/crud.json", "default"),
        ("templates/code_generation/patterns/languages/rust.json", "default"),
        ("templates/frameworks/nextjs.json", "default"),
        ("templates/architecture_patterns/microservices.json", "default"),
        ("templates/prompt_library/framework_discovery.json", "default"),
        ("composition/composite/elixir_implementation_web_application.json", "legacy"),
    ] {
        let path = corpus.join(file);
        if !path.exists() {
            println!("skipped: {file} is not in this corpus");
            continue;
        }
        let bench = Bench::new();
        let root = corpus.join(file.split('/').next().unwrap());
        let (code, report) = bench.experiment(&path, &["--policy", policy, "--root", root.to_str().unwrap()]);
        assert_eq!(code, 0, "{file}: {report:#}");
    }
}
