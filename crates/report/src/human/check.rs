//! Files that were validated without an experiment.

use std::collections::BTreeMap;

use genesis_abi::{Finding, Severity};

use super::finding::explained;
use super::snippet::Sources;
use super::{Page, Style, counted, escape, of_severity};
use crate::CheckedFile;

/// Most findings shown of one file; the summary counts all.
const MOST_SHOWN: usize = 50;

/// Findings file by file, with a summary by code.
pub fn human_check(files: &[CheckedFile<'_>], profile: &str, style: &Style) -> String {
    let mut page = Page::new(style);
    for file in files {
        let mut sources = Sources::new(file.sources);
        for finding in file.findings.iter().take(MOST_SHOWN) {
            page.finding(finding, file.path, &mut sources);
            page.gap();
        }
        let more = file.findings.len().saturating_sub(MOST_SHOWN);
        if more > 0 {
            page.line(format!("... and {more} more in {}", escape::line(file.path)));
            page.gap();
        }
    }
    let findings = || files.iter().flat_map(|file| file.findings);
    page.summary(findings());
    let clean = files.iter().filter(|file| file.findings.is_empty()).count() as u64;
    let many = files.len() as u64;
    page.line(format!(
        "{} in profile {}: {}, {clean} without findings",
        counted(many, "file", "files"),
        escape::line(profile),
        counts(findings())
    ));
    if let Some(code) = explained(findings()).first() {
        page.line(page.faint(&format!("genesis explain {code} says what a code means")));
    }
    page.text
}

impl Page {
    /// How often each code was found, the heaviest and most frequent first.
    pub(super) fn summary<'a>(&mut self, findings: impl Iterator<Item = &'a Finding>) {
        let mut by_code: BTreeMap<(Severity, &str), u64> = BTreeMap::new();
        for finding in findings {
            *by_code.entry((finding.severity, &finding.code)).or_default() += 1;
        }
        let mut rows: Vec<((Severity, &str), u64)> = by_code.into_iter().collect();
        rows.sort_by_key(|&((severity, code), count)| (std::cmp::Reverse((severity, count)), code));
        for ((severity, code), count) in &rows {
            let (paint, word) = of_severity(*severity);
            self.line(format!(
                "{count:>6}  {}",
                self.paint(paint, &format!("{word}[{}]", escape::clipped(code, 64)))
            ));
        }
        if !rows.is_empty() {
            self.gap();
        }
    }
}

/// `2 errors, 1 warning, 0 notes`.
pub(super) fn counts<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut counts = [0_u64; 3];
    for finding in findings {
        counts[match finding.severity {
            Severity::Error => 0,
            Severity::Warning => 1,
            Severity::Note => 2,
        }] += 1;
    }
    let [errors, warnings, notes] = counts;
    [
        counted(errors, "error", "errors"),
        counted(warnings, "warning", "warnings"),
        counted(notes, "note", "notes"),
    ]
    .join(", ")
}
