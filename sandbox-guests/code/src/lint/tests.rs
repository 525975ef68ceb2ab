//! The engine, and every rule pack on its own samples.

mod derived;
mod engine;
mod packs;

use genesis_abi::{Analysis, CaseFile, CodeInput, CodeReport, Finding};
use serde_json::Value;

use crate::grammar::Grammar;

/// Grammars of the languages that have a rule pack.
const GRAMMARS: [Grammar; 14] = [
    grammar("bash", '$', || tree_sitter_bash::LANGUAGE.into()),
    grammar("c", '\u{10000}', || tree_sitter_c::LANGUAGE.into()),
    grammar("cpp", '\u{10000}', || tree_sitter_cpp::LANGUAGE.into()),
    grammar("csharp", 'µ', || tree_sitter_c_sharp::LANGUAGE.into()),
    grammar("elixir", 'µ', || tree_sitter_elixir::LANGUAGE.into()),
    grammar("go", 'µ', || tree_sitter_go::LANGUAGE.into()),
    grammar("java", '$', || tree_sitter_java::LANGUAGE.into()),
    grammar("javascript", '$', || tree_sitter_javascript::LANGUAGE.into()),
    grammar("php", 'µ', || tree_sitter_php::LANGUAGE_PHP.into()),
    grammar("python", 'µ', || tree_sitter_python::LANGUAGE.into()),
    grammar("ruby", 'µ', || tree_sitter_ruby::LANGUAGE.into()),
    grammar("rust", 'µ', || tree_sitter_rust::LANGUAGE.into()),
    grammar("tsx", '$', || tree_sitter_typescript::LANGUAGE_TSX.into()),
    grammar("typescript", '$', || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into()),
];

const fn grammar(id: &'static str, expando: char, language: fn() -> tree_sitter::Language) -> Grammar {
    Grammar { id, by: "tests", expando, language }
}

fn grammar_of(language: &str) -> &'static Grammar {
    GRAMMARS
        .iter()
        .find(|grammar| grammar.id == language)
        .unwrap_or_else(|| panic!("no grammar of {language}"))
}

fn lint(language: &str, rules: &[Value], text: &str) -> (Vec<Finding>, CodeReport) {
    let file = CaseFile { path: "src/sample".to_owned(), text: text.to_owned() };
    let given = CodeInput {
        analysis: Analysis::Lint,
        language: language.to_owned(),
        files: vec![file],
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
