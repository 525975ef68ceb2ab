//! The guests that take code, run in the sandbox over the samples that lie beside their sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use genesis_abi::{Analysis, CaseFile, CodeInput, CodeReport, Finding, Input, Severity, Subject};
use genesis_policy::Policy;
use genesis_sandbox::{Cancel, Class, Guest, Run, Sandbox, SandboxConfig};
use serde_json::Value;

use crate::support::project;

/// A guest ready to run, with the limits that the default policy gives what it does.
struct Ready {
    sandbox: Sandbox,
    guest: Guest,
    policy: Policy,
}

impl Ready {
    fn new(guest: &genesis_guests::Guest) -> Self {
        let cache_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests"));
        let sandbox = Sandbox::new(SandboxConfig { slots: 2, cache_dir }).unwrap();
        if let Some(why) = guest.missing() {
            panic!("the guest {} is not part of this build: {why}", guest.name);
        }
        let loaded = sandbox.load_trusted(guest.digest, || guest.wasm().into(), Class::Large).unwrap();
        let policy = Policy::load("default", &|_| Err(String::new()), None).unwrap();
        Self { sandbox, guest: loaded, policy }
    }

    fn run(&self, input: &[u8], family: &str) -> Run {
        self.sandbox.run(&self.guest, input, &self.policy.limits_for(family), 0, &Cancel::new()).unwrap()
    }

    fn findings(&self, language: &str, path: &str, text: String) -> (Vec<Finding>, CodeReport) {
        let subject = Subject::Code(CodeInput {
            analysis: Analysis::Syntax,
            language: language.to_owned(),
            files: vec![CaseFile { path: path.to_owned(), text }],
            rules: Vec::new(),
            tests: Vec::new(),
            texts: Vec::new(),
            answers: serde_json::Map::new(),
        });
        let input =
            serde_json::to_vec(&Input { abi: genesis_abi::ABI_VERSION, read: None, subject }).unwrap();
        let run = self.run(&input, "check-syntax");
        assert!(
            run.outcome.is_completed(),
            "{path}: {:?} {}",
            run.outcome,
            String::from_utf8_lossy(&run.stderr)
        );
        let again = self.run(&input, "check-syntax");
        assert_eq!(run.stdout, again.stdout, "{path}: two runs differ");
        assert_eq!(run.usage.fuel, again.usage.fuel, "{path}: two runs differ in fuel");
        let report = run.report.unwrap();
        let data = serde_json::from_str(report.data.unwrap().get()).unwrap();
        (report.findings, data)
    }
}

#[derive(serde::Deserialize)]
struct ExpectedPlace {
    line: u32,
    column: Option<u32>,
}

/// Every sample of every language of a guest: good ones have no error, of broken ones the place of the first is known.
pub(crate) fn syntax_samples(guest: &genesis_guests::Guest) {
    let ready = Ready::new(guest);
    assert!(!guest.languages.is_empty(), "{} names no language", guest.name);
    for language in guest.languages {
        let folder = project(&format!("sandbox-guests/code/tests/samples/{language}"));
        let places: BTreeMap<String, ExpectedPlace> =
            toml::from_str(&std::fs::read_to_string(folder.join("places.toml")).unwrap()).unwrap();
        let (mut good, mut broken) = (0, 0);
        for path in files(&folder) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if name == "places.toml" {
                continue;
            }
            let (findings, data) = ready.findings(language, name, std::fs::read_to_string(&path).unwrap());
            assert!(
                data.by.contains(|c: char| c.is_ascii_digit()),
                "{language}: `{}` has no version",
                data.by
            );
            assert_eq!(data.files, 1, "{language}/{name}");
            // In C and C++ a fault that a macro may explain is a warning.
            let first = findings.iter().find(|finding| finding.severity >= Severity::Warning);
            if name.starts_with("good") {
                good += 1;
                assert!(first.is_none(), "{language}/{name}: {findings:?}");
            } else {
                broken += 1;
                let wanted = &places[name];
                let span = first
                    .unwrap_or_else(|| panic!("{language}/{name}: nothing was found"))
                    .place
                    .span
                    .unwrap();
                assert_eq!(span.line, wanted.line, "{language}/{name}: {findings:?}");
                if let Some(column) = wanted.column {
                    assert_eq!(span.column, column, "{language}/{name}: {findings:?}");
                }
            }
        }
        assert!(good >= 5 && broken >= 5, "{language}: {good} good and {broken} broken samples");
        rules_of_packs_are_ready(&ready, language);
    }
}

/// A lint of nothing costs next to nothing although it is held against a whole pack, because no run reads the pack anew.
/// A rule that differs from the pack's is read as it is given.
fn rules_of_packs_are_ready(ready: &Ready, language: &str) {
    const FUEL: u64 = 8_000_000;
    let mut rules: Vec<Value> =
        genesis_policy::builtin_rules(language).into_iter().map(|rule| rule.value).collect();
    let lint = |rules: &[Value]| {
        let subject = Subject::Code(CodeInput {
            analysis: Analysis::Lint,
            language: language.to_owned(),
            files: vec![CaseFile { path: "empty".to_owned(), text: String::new() }],
            rules: rules.to_vec(),
            tests: Vec::new(),
            texts: Vec::new(),
            answers: serde_json::Map::new(),
        });
        let input =
            serde_json::to_vec(&Input { abi: genesis_abi::ABI_VERSION, read: None, subject }).unwrap();
        let run = ready.run(&input, "lint-code");
        (run.usage.fuel, run.report.unwrap().findings)
    };
    let (fuel, findings) = lint(&rules);
    assert_eq!(findings, [], "{language}");
    assert!(fuel < FUEL, "{language}: {} rules cost {fuel} units of fuel", rules.len());
    if let Some(rule) = rules.first_mut() {
        rule["severity"] = "sometimes".into();
        let (_, findings) = lint(&rules);
        assert_eq!(findings[0].code, genesis_abi::code::RULE_INVALID, "{language}");
    }
}

/// The recorded runs of a language: an input, how it must end, and what its report must hold at least.
pub(crate) fn recorded_runs(guest: &genesis_guests::Guest, language: &str) {
    let ready = Ready::new(guest);
    let folder = project(&format!("tests/code-run/{language}"));
    let mut count = 0;
    for path in files(&folder) {
        let shown = path.display();
        let sample: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let run = ready.run(&serde_json::to_vec(&sample["input"]).unwrap(), "run-tests");
        let stdout = String::from_utf8_lossy(&run.stdout);
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert_eq!(sample["outcome"], run.outcome.name(), "{shown}: {:?}\n{stdout}\n{stderr}", run.outcome);
        if let Some(wanted) = sample.get("report") {
            let report: Value = serde_json::from_slice(&run.stdout).unwrap();
            assert!(holds(&report, wanted), "{shown}: {report:#}\ndoes not hold\n{wanted:#}");
        }
        count += 1;
    }
    assert!(count >= 5, "{}: {count} samples", folder.display());
}

/// Whether a value holds another: objects at least its members, lists its items one for one, all else the same.
fn holds(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(value), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| value.get(key).is_some_and(|value| holds(value, wanted)))
        }
        (Value::Array(value), Value::Array(wanted)) => {
            value.len() == wanted.len()
                && value.iter().zip(wanted).all(|(value, wanted)| holds(value, wanted))
        }
        _ => value == wanted,
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}
