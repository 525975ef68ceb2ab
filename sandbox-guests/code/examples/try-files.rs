//! Prints what is found in files: `try-files LANGUAGE < paths`. The false alarms of the README come from it.

use std::io::{BufRead as _, Write as _};

mod common;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let language = std::env::args().nth(1).ok_or("usage: try-files LANGUAGE < paths")?;
    let checker = common::Checker::new(&language)?;
    let mut out = std::io::stdout().lock();
    for path in std::io::stdin().lock().lines() {
        let path = path?;
        let Ok(text) = std::fs::read_to_string(&path) else {
            writeln!(out, "skip\t{path}")?;
            continue;
        };
        let told = checker.faults(&path, text)?;
        match told.first() {
            None => writeln!(out, "good\t{path}")?,
            Some(first) => {
                let (line, column) = first.place.span.map_or((0, 0), |span| (span.line, span.column));
                let count = told.len();
                writeln!(out, "{count}\t{path}:{line}:{column}\t{}\t{}", first.code, first.message)?;
            }
        }
    }
    Ok(())
}
