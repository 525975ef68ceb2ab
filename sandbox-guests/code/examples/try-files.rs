//! Prints what is found in files: `try-files LANGUAGE < paths`. The figures of the README come from it.

use std::io::{BufRead as _, Write as _};

use genesis_abi::{Analysis, CaseFile, CodeInput, Input, Subject};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let language = std::env::args().nth(1).ok_or("usage: try-files LANGUAGE < paths")?;
    let mut out = std::io::stdout().lock();
    for path in std::io::stdin().lock().lines() {
        let path = path?;
        let Ok(text) = std::fs::read_to_string(&path) else {
            writeln!(out, "skip\t{path}")?;
            continue;
        };
        let subject = Subject::Code(CodeInput {
            analysis: Analysis::Syntax,
            language: language.clone(),
            files: vec![CaseFile { path: path.clone(), text }],
            rules: Vec::new(),
            tests: Vec::new(),
            texts: Vec::new(),
            answers: serde_json::Map::new(),
        });
        let input = Input { abi: genesis_abi::ABI_VERSION, read: None, subject };
        let report = genesis_code::answer(&genesis_code::languages::ALL, input)?;
        let errors = || report.findings.iter().filter(|one| one.severity == genesis_abi::Severity::Error);
        match errors().next() {
            None => writeln!(out, "good\t{path}")?,
            Some(first) => {
                let span = first.place.span;
                let (line, column) = span.map_or((0, 0), |span| (span.line, span.column));
                let count = errors().count();
                writeln!(out, "{count}\t{path}:{line}:{column}\t{}\t{}", first.code, first.message)?;
            }
        }
    }
    Ok(())
}
