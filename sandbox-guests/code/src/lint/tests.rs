//! The engine, and every rule pack on its own samples.

mod derived;
mod engine;
mod packs;

use genesis_abi::{Analysis, CaseFile, CodeInput, CodeReport, Finding};
use serde_json::Value;

use crate::grammar::Grammar;
use crate::languages;

fn grammar_of(language: &str) -> &'static Grammar {
    languages::ALL
        .iter()
        .find(|grammar| grammar.id == language)
        .unwrap_or_else(|| panic!("no grammar of {language}"))
}

fn lint(language: &str, rules: &[Value], text: &str) -> (Vec<Finding>, CodeReport) {
    lint_files(language, rules, vec![CaseFile { path: "src/sample".to_owned(), text: text.to_owned() }])
}

fn lint_files(language: &str, rules: &[Value], files: Vec<CaseFile>) -> (Vec<Finding>, CodeReport) {
    let given = CodeInput {
        analysis: Analysis::Lint,
        language: language.to_owned(),
        files,
        rules: rules.to_vec(),
        tests: Vec::new(),
        texts: Vec::new(),
        answers: serde_json::Map::new(),
    };
    let report = super::check(grammar_of(language), &given).unwrap();
    let data = serde_json::from_str(report.data.unwrap().get()).unwrap();
    (report.findings, data)
}

fn documents(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(yaml).unwrap()
}
