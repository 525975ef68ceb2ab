//! Several templates under one verdict.

use genesis_abi::Finding;

use super::finding::explained;
use super::snippet::Sources;
use super::{Page, Style, counted, escape, of_decision};
use crate::told::{
    Told, Weight, by_importance, counts, joined, of_rendered, outcome, passed_over, reasons, summary, told,
    told_of,
};
use crate::{Change, EntryResult, Gate, GateEntry};
use anstyle::AnsiColor;

/// Most findings shown of one template.
const MOST_FINDINGS: usize = 20;

/// A gate for people: the verdict, a line a template, then what stands in the way.
pub fn human_gate(gate: &Gate<'_>, style: &Style) -> String {
    let mut page = Page::new(style);
    page.headline(gate);
    page.templates(gate);
    page.concerns(gate);
    for entry in gate.entries {
        page.details(gate, entry);
    }
    page.passed_over(gate);
    let all = told(gate, false);
    let [errors, warnings, notes] = counts(&all).map(|count| count as u64);
    page.gap();
    page.line(format!(
        "{}; {}, {}, {}",
        summary(gate),
        counted(errors, "error", "errors"),
        counted(warnings, "warning", "warnings"),
        counted(notes, "note", "notes")
    ));
    let findings: Vec<&Finding> = all.iter().map(|told| &*told.finding).collect();
    if let Some(code) = explained(findings).first() {
        page.line(page.faint(&format!("genesis explain {code} says what a code means")));
    }
    page.text
}

impl Page {
    fn headline(&mut self, gate: &Gate<'_>) {
        let verdict = match gate.decision {
            Some(decision) => {
                let (paint, word) = of_decision(decision);
                self.paint(paint, word)
            }
            None if gate.entries.is_empty() => "NOTHING TO JUDGE".to_owned(),
            None => "CHECKED".to_owned(),
        };
        let range = match (gate.base, gate.head) {
            (Some(base), Some(head)) => format!("  {} -> {}", escape::line(base), escape::line(head)),
            (Some(one), None) | (None, Some(one)) => format!("  {}", escape::line(one)),
            (None, None) => String::new(),
        };
        self.line(format!("{verdict}{range}"));
    }

    fn templates(&mut self, gate: &Gate<'_>) {
        self.gap();
        let width = gate.entries.iter().map(|entry| outcome(entry).0.len()).max().unwrap_or_default();
        for entry in gate.entries {
            let (word, weight) = outcome(entry);
            let color = super::color(match weight {
                Weight::Good => AnsiColor::Green,
                Weight::Mend => AnsiColor::Yellow,
                Weight::Bad => AnsiColor::Red,
                Weight::Unknown => AnsiColor::Magenta,
            });
            let change = match entry.change {
                Change::Named | Change::Modified => String::new(),
                Change::Added => ", added".to_owned(),
                Change::Deleted => ", deleted".to_owned(),
                Change::Renamed { from } => format!(", was {}", escape::line(from)),
                Change::Through { path } => format!(", through {}", escape::line(path)),
            };
            let known = match entry.result {
                EntryResult::Judged { experiment, cached, .. } => {
                    let subject = &experiment.evidence.subject;
                    let versions = super::versions(subject.baseline.as_ref(), &subject.candidate);
                    format!("  {versions}{}", if cached { ", judged before" } else { "" })
                }
                _ => String::new(),
            };
            let padding = " ".repeat(width - word.len());
            self.line(format!(
                "  {}{padding}  {}{change}{}",
                self.paint(color, word),
                escape::line(entry.path),
                self.faint(&known)
            ));
        }
    }

    fn concerns(&mut self, gate: &Gate<'_>) {
        if gate.concerns.is_empty() {
            return;
        }
        self.heading("the change itself");
        let mut findings = told(&Gate { entries: &[], ..*gate }, false);
        self.told(&mut findings);
    }

    fn details(&mut self, gate: &Gate<'_>, entry: &GateEntry<'_>) {
        let mut findings = joined(told_of(gate, entry));
        let lines = match entry.result {
            EntryResult::Judged { experiment, .. } => reasons(experiment),
            _ => Vec::new(),
        };
        if findings.is_empty() && outcome(entry).1 == Weight::Good {
            return;
        }
        self.heading(&format!("{} {}", outcome(entry).0, escape::line(entry.path)));
        for line in lines {
            self.line(format!("  {line}"));
        }
        self.told(&mut findings);
    }

    fn told(&mut self, findings: &mut [Told<'_>]) {
        by_importance(findings);
        for told in findings.iter().take(MOST_FINDINGS) {
            self.gap();
            self.finding(&told.finding, told.path, &mut Sources::new(told.sources));
            if told.rendered.is_some() {
                self.line(format!("  = {}", of_rendered(told)));
            }
        }
        let more: u64 = findings.iter().skip(MOST_FINDINGS).map(|told| told.times).sum();
        if more > 0 {
            self.line(format!("  ... and {more} more; --format json has all"));
        }
    }

    fn passed_over(&mut self, gate: &Gate<'_>) {
        if gate.skipped.is_empty() {
            return;
        }
        self.heading("passed over");
        for line in passed_over(gate, escape::line) {
            self.line(format!("  {line}"));
        }
    }
}
