//! Every rule of every pack matches each sample that it should, and none that it should not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use genesis_abi::CaseFile;
use serde_json::Value;

use super::{documents, lint_files};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policies/lint")
}

fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .map(|items| items.iter().map(|item| item.as_str().unwrap().to_owned()).collect())
        .unwrap_or_default()
}

#[test]
fn every_rule_of_every_pack_does_what_its_samples_say() {
    let mut wrong = Vec::new();
    let mut counted = BTreeMap::new();
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "yml")) {
        let pack = file.file_stem().unwrap().to_str().unwrap();
        let rules = documents(&fs::read_to_string(file).unwrap());
        let samples =
            documents(&fs::read_to_string(folder().join("tests").join(file.file_name().unwrap())).unwrap());
        counted.insert(pack.to_owned(), rules.len());
        // What is written for JavaScript holds for TypeScript too.
        let languages: &[&str] = match pack {
            "javascript" => &["javascript", "typescript", "tsx"],
            "typescript" => &["typescript", "tsx"],
            other => &[other],
        };
        let mut tested = BTreeSet::new();
        for sample in &samples {
            let id = sample["id"].as_str().unwrap();
            assert!(tested.insert(id.to_owned()), "{pack}: {id} has two sets of samples");
            let Some(rule) = rules.iter().find(|rule| rule["id"] == id) else {
                wrong.push(format!("{pack}: samples of {id}, which is no rule"));
                continue;
            };
            let (valid, invalid) = (strings(&sample["valid"]), strings(&sample["invalid"]));
            if valid.is_empty() || invalid.is_empty() {
                wrong.push(format!("{pack} {id}: has no valid or no invalid sample"));
            }
            for language in languages {
                let expected =
                    valid.iter().map(|text| (text, false)).chain(invalid.iter().map(|text| (text, true)));
                let expected: Vec<_> = expected.enumerate().collect();
                let file = |(n, (text, _)): &(usize, (&String, bool))| CaseFile {
                    path: n.to_string(),
                    text: (*text).clone(),
                };
                // Reading a rule costs more than applying it to a sample.
                let files = expected.iter().map(file).collect();
                let (findings, _) = lint_files(language, std::slice::from_ref(rule), files);
                if let Some(refused) = findings.iter().find(|finding| finding.code.starts_with("C0")) {
                    wrong.push(format!("{language}: {} at {:?}", refused.message, refused.place));
                    continue;
                }
                for (n, (text, expected)) in expected {
                    let path = n.to_string();
                    let matched = findings.iter().any(|finding| finding.place.file.as_deref() == Some(&path));
                    if matched != expected {
                        let what = if expected { "misses" } else { "matches" };
                        wrong.push(format!("{language} {id} {what}: {text}"));
                    }
                }
            }
        }
        for rule in &rules {
            let id = rule["id"].as_str().unwrap();
            let analysis = rule["metadata"]["analysis"].as_str().unwrap_or_default();
            if !tested.contains(id) {
                wrong.push(format!("{pack} {id}: has no samples"));
            }
            if rule["language"] != pack || !["security", "quality", "style"].contains(&analysis) {
                wrong.push(format!("{pack} {id}: is of another language or of no known analysis"));
            }
            if !rule["metadata"]["source"].is_string()
                || !rule["message"].is_string()
                || !rule["severity"].is_string()
            {
                wrong.push(format!("{pack} {id}: does not say its message, severity or source"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(counted.len() >= 18, "{counted:?}");
}
