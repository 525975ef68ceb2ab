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

/// What was done with rendered code: the checks' names and the files that each looked at.
fn looked_at(report: &Value) -> Vec<(String, u64)> {
    let code = report["code"].as_array().map(Vec::as_slice).unwrap_or_default();
    code.iter()
        .map(|one| (one["check"].as_str().unwrap().to_owned(), one["files"].as_u64().unwrap()))
        .collect()
}

#[test]
fn code_of_real_handlebars_templates_is_parsed_and_linted() {
    let Some(corpus) = corpus() else { return };
    let templates = corpus.join("templates");
    let bench = Bench::new();
    let root = bench.path().join("root");
    let copy = |from: &str, to: &str| {
        let (from, to) = (templates.join(from), root.join(to));
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&from, &to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    };
    for part in ["base/moduledoc_production.hbs", "base/telemetry.hbs"] {
        copy(&format!("partials/{part}"), &format!("partials/{part}"));
    }
    bench.write("root/partials/otp/genserver_skeleton.hbs", "  use GenServer\n");
    for (file, as_file, cases) in [
        ("base/elixir-module.hbs", "elixir-module.hbs", 6),
        // Neither its name nor its place tells the language of this one.
        ("partials/messaging/nats_consumer.hbs", "nats_consumer.ex.hbs", 3),
        ("code_generation/patterns/messaging/elixir-nats-consumer.hbs", "elixir-nats-consumer.hbs", 2),
        ("partials/base/telemetry.hbs", "telemetry.ex.hbs", 4),
        ("partials/base/error_handling.hbs", "error_handling.ex.hbs", 4),
    ] {
        copy(file, as_file);
        let (code, report) = bench.experiment(&root.join(as_file), &["--root", root.to_str().unwrap()]);
        assert_eq!(code, 0, "{file}: {report:#}");
        let looked = looked_at(&report);
        for check in ["syntax (elixir)", "lint (elixir)"] {
            assert!(looked.contains(&(check.to_owned(), cases)), "{file}: {looked:?}");
        }
        let weighty: Vec<&Value> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["severity"] == "error" || finding["code"] == "G0201")
            .collect();
        assert!(weighty.is_empty(), "{file}: {weighty:#?}");
    }
}

/// What is neither parsed nor linted is said, with what would change that, and once that is done the code is parsed.
#[test]
fn real_code_whose_language_nothing_tells_is_said_to_be_unparsed() {
    let Some(corpus) = corpus() else { return };
    let templates = corpus.join("templates");
    let bench = Bench::new();
    let unparsed = |report: &Value| -> Vec<Value> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.filter(|finding| finding["code"] == "G0201").cloned().collect()
    };
    for (file, help) in [
        ("partials/messaging/nats_consumer.hbs", "name it in the file's name, as in `worker.ex.hbs`"),
        ("partials/frameworks/phoenix/liveview_skeleton.hbs", "name it in the file's name"),
        ("code_generation/patterns/rust-nats-consumer.json", "name it in the template's `language`"),
    ] {
        let path = templates.join(file);
        if !path.exists() {
            println!("skipped: {file} is not in this corpus");
            continue;
        }
        let (code, report) = bench.experiment(&path, &["--root", templates.to_str().unwrap(), "--dry-run"]);
        assert_eq!(code, 0, "{file}: {report:#}");
        let found = unparsed(&report);
        assert_eq!(found.len(), 1, "{file}: {report:#}");
        let message = found[0]["message"].as_str().unwrap();
        assert!(message.ends_with("it was neither parsed nor linted"), "{file}: {message}");
        assert!(found[0]["help"].as_str().unwrap().starts_with(help), "{file}: {:#}", found[0]);
        assert!(looked_at(&report).is_empty(), "{file}: {report:#}");
    }
    let text = std::fs::read(templates.join("code_generation/patterns/rust-nats-consumer.json")).unwrap();
    let mut named: Value = serde_json::from_slice(&text).unwrap();
    named["language"] = "rust".into();
    let (code, report) = bench.experiment(&bench.template("named.json", &named), &["--dry-run"]);
    assert_eq!((code, unparsed(&report).len()), (0, 0), "{report:#}");
    for check in ["syntax (rust)", "lint (rust)"] {
        assert!(looked_at(&report).contains(&(check.to_owned(), 1)), "{report:#}");
    }
}

#[test]
fn a_broken_partial_of_a_real_template_is_one_finding_at_its_place() {
    let Some(corpus) = corpus() else { return };
    let templates = corpus.join("templates");
    let bench = Bench::new();
    let template = templates.join("base/elixir-module.hbs");
    let args =
        ["run-experiment", template.to_str().unwrap(), "--root", templates.to_str().unwrap(), "--dry-run"];
    let ran = bench.genesis(&args);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for says in [
        "1 error\n",
        "--> partials/otp/genserver_skeleton.hbs:96:20",
        "= in all 6 cases",
        "= help: mend the tag",
        "genesis explain T0401",
    ] {
        assert!(ran.stdout.contains(says), "`{says}` is not in {}", ran.stdout);
    }
}
