//! Histories of real templates as a repository of pull requests.

use std::path::PathBuf;

use super::{Repo, became};
use crate::support::corpus;

const TEMPLATES: [&str; 3] = ["elixir_production", "go_production", "rust_production"];

#[test]
fn real_histories_are_judged_step_by_step_as_one_change_each() {
    let Some(corpus) = corpus() else { return };
    let repo = Repo::new();
    let versions: Vec<Vec<PathBuf>> = TEMPLATES
        .iter()
        .map(|template| {
            let folder = std::fs::read_dir(corpus.join("history").join(template)).unwrap();
            let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
            files.sort();
            files
        })
        .collect();
    let steps = versions.iter().map(Vec::len).max().unwrap();
    let mut decisions = Vec::new();
    for step in 0..steps {
        for (template, files) in TEMPLATES.iter().zip(&versions) {
            if let Some(file) = files.get(step) {
                repo.write(&format!("quality/{template}.json"), std::fs::read(file).unwrap());
            }
        }
        repo.commit(&format!("step {step}"));
        if step == 0 {
            continue;
        }
        let (code, report) = repo.ci(&["--base", "HEAD~1", "--allow-empty"]);
        let judged = report["templates"].as_array().unwrap();
        let decision = |entry: &serde_json::Value| entry["decision"].as_str().unwrap().to_owned();
        let bad = judged.iter().filter(|entry| decision(entry) == "rollback").count();
        assert_eq!(code, i32::from(bad > 0), "step {step}: {report:#}");
        for entry in judged {
            assert_eq!(became(&report, entry["path"].as_str().unwrap()).0, "modified");
            decisions.push(decision(entry));
        }
    }
    // The same transitions as one experiment each gives them, without those that do not change a byte.
    let count = |decision: &str| decisions.iter().filter(|other| *other == decision).count();
    assert_eq!(count("rollback"), 6, "{decisions:?}");
    assert_eq!(count("inconclusive"), 0, "{decisions:?}");
    assert!(count("merge") + count("merge_with_adaptations") >= 13, "{decisions:?}");
}
