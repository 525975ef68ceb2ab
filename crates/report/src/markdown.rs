//! Markdown for a review comment or a job summary: the verdict first, then the templates, then why.
//!
//! Text that comes from a template or a guest stands in code alone, in a span or a fence that it cannot end. GitHub
//! finds mentions, references, links and autolinks in every other text, whatever is escaped there.

use std::fmt::Write as _;

use genesis_domain::{Effect, Experiment, Measured, Metric, Term};

use crate::human::{counted, effect_words, frame, measured_words, metric_rows, versions};
use crate::told::{
    Novelty, Told, Weight, by_importance, counts, joined, of_decision, of_rendered, outcome, passed_over,
    reasons, summary, told, told_of,
};
use crate::{Change, EntryResult, Gate, GateEntry, escape};

/// Characters that GitHub takes in a comment: 65,536. Bytes are counted, of which there are never fewer.
const MOST_IN_COMMENT: usize = 65_536;
/// Bytes that GitHub takes in a step's summary: 1 MiB.
const MOST_IN_SUMMARY: usize = 1 << 20;
/// Kept for the statement of what was left out.
const RESERVE: usize = 512;
/// Most templates in the table.
const MOST_TEMPLATES: usize = 100;
/// Most findings shown of one template.
const MOST_FINDINGS: usize = 20;
/// Most characters of a name.
const MOST_CHARACTERS: usize = 200;

/// A review comment.
pub fn markdown(gate: &Gate<'_>) -> String {
    page(gate, MOST_IN_COMMENT, "a comment may have 65,536 characters")
}

/// A job's summary: the same, with more room.
pub fn github_summary(gate: &Gate<'_>) -> String {
    page(gate, MOST_IN_SUMMARY, "a job summary may have 1 MiB")
}

fn page(gate: &Gate<'_>, most: usize, why: &str) -> String {
    let mut page = Page { text: String::new(), most: most - RESERVE };
    page.headline(gate);
    page.table(gate);
    let mut left_out = page.concerns(gate);
    // What stands in the way before what does not.
    let mut entries: Vec<&GateEntry<'_>> = gate.entries.iter().collect();
    entries.sort_by_key(|entry| match outcome(entry).1 {
        Weight::Bad => 0,
        Weight::Unknown => 1,
        Weight::Mend => 2,
        Weight::Good => 3,
    });
    let mut without_details = 0_u64;
    for entry in entries {
        if let Some(findings) = page.entry(gate, entry) {
            left_out += findings;
        } else {
            without_details += 1;
            left_out += told_of(gate, entry).len() as u64;
        }
    }
    page.skipped(gate);
    if left_out > 0 || without_details > 0 {
        let findings = counted(left_out, "finding", "findings");
        let templates = counted(without_details, "template", "templates");
        writeln!(
            page.text,
            "\n_Left out here: {findings}, and the details of {templates}; {why}. A report as `json` has all._"
        )
        .expect("writing to a string cannot fail");
    }
    page.text
}

/// A page that grows up to a size.
struct Page {
    text: String,
    most: usize,
}

impl Page {
    /// Adds a block that is complete in itself, unless there is no room for it.
    fn block(&mut self, block: &str) -> bool {
        let fits = self.text.len() + block.len() <= self.most;
        if fits {
            self.text.push_str(block);
        }
        fits
    }

    fn headline(&mut self, gate: &Gate<'_>) {
        let all = told(gate, false);
        let [errors, warnings, notes] = counts(&all).map(|count| count as u64);
        let verdict = match gate.decision {
            Some(decision) => {
                let (word, weight) = of_decision(decision);
                format!("{} Genesis: {word}", sign(weight))
            }
            None if gate.entries.is_empty() => "Genesis: nothing to judge".to_owned(),
            None => format!("{} Genesis: checked", sign(if errors > 0 { Weight::Bad } else { Weight::Good })),
        };
        let mut text = format!(
            "## {verdict}\n\n{}; {}, {}, {}.",
            summary(gate),
            counted(errors, "error", "errors"),
            counted(warnings, "warning", "warnings"),
            counted(notes, "note", "notes")
        );
        match (gate.base, gate.head) {
            (Some(base), Some(head)) => write!(text, " From {} to {}.", code(base), code(head)),
            (Some(base), None) => write!(text, " Since {}.", code(base)),
            (None, Some(head)) => write!(text, " At {}.", code(head)),
            (None, None) => Ok(()),
        }
        .expect("writing to a string cannot fail");
        text.push('\n');
        self.block(&text);
    }

    fn table(&mut self, gate: &Gate<'_>) {
        if gate.entries.is_empty() {
            return;
        }
        let judged = gate.entries.iter().any(|entry| matches!(entry.result, EntryResult::Judged { .. }));
        let mut table = if judged {
            "\n| Template | Verdict | Version | Cases that pass | Regression | Errors |\n|---|---|---|---|---|---|\n"
        } else {
            "\n| File | Result | Errors | Warnings |\n|---|---|---|---|\n"
        }
        .to_owned();
        for entry in gate.entries.iter().take(MOST_TEMPLATES) {
            let (word, weight) = outcome(entry);
            let findings = told_of(gate, entry);
            let [errors, warnings, _] = counts(&findings);
            let name = format!("{}{}", code(entry.path), change(entry.change));
            if !judged {
                writeln!(table, "| {name} | {} {word} | {errors} | {warnings} |", sign(weight))
                    .expect("writing to a string cannot fail");
                continue;
            }
            let cells = match entry.result {
                EntryResult::Judged { experiment, cached, .. } => {
                    let subject = &experiment.evidence.subject;
                    let metric = |metric| measured_words(metric, experiment.evidence.metrics.get(metric));
                    let versions = versions(subject.baseline.as_ref(), &subject.candidate);
                    let again = if cached { ", judged before" } else { "" };
                    format!(
                        "{word}{again} | {} | {} | {} | {}",
                        code(&versions),
                        metric(Metric::SuccessRate),
                        metric(Metric::Regression),
                        of_errors(experiment)
                    )
                }
                EntryResult::Deleted => format!("{word} | | | | "),
                _ => format!("{word} | | | | {errors}"),
            };
            writeln!(table, "| {name} | {} {cells} |", sign(weight))
                .expect("writing to a string cannot fail");
        }
        if gate.entries.len() > MOST_TEMPLATES {
            writeln!(table, "\n... and {} more.", gate.entries.len() - MOST_TEMPLATES)
                .expect("writing to a string cannot fail");
        }
        self.block(&table);
    }

    /// Findings of the gate itself. Gives how many had no room.
    fn concerns(&mut self, gate: &Gate<'_>) -> u64 {
        if gate.concerns.is_empty() {
            return 0;
        }
        self.block("\n### The change itself\n");
        let mut findings = told(&Gate { entries: &[], ..*gate }, false);
        self.findings(&mut findings)
    }

    /// The details of a template; none when there is no room. Gives how many findings had no room.
    fn entry(&mut self, gate: &Gate<'_>, entry: &GateEntry<'_>) -> Option<u64> {
        let mut findings = joined(told_of(gate, entry));
        let EntryResult::Judged { experiment, thresholds, .. } = entry.result else {
            if findings.is_empty() {
                return Some(0);
            }
            return self
                .block(&format!("\n### {}\n", code(entry.path)))
                .then(|| self.findings(&mut findings));
        };
        let (word, weight) = outcome(entry);
        let id = code(experiment.evidence.subject.template.as_str());
        let mut text = format!("\n### {} {word}: {id}\n\n", sign(weight));
        for line in reasons(experiment) {
            let (indent, line) = match line.strip_prefix("  ") {
                Some(line) => ("  ", line),
                None => ("", line.as_str()),
            };
            writeln!(text, "{indent}- {}", code(line)).expect("writing to a string cannot fail");
        }
        for remark in &experiment.verdict.remarks {
            writeln!(text, "- {}", code(&format!("{}: {}", remark.code.as_str(), remark.text)))
                .expect("writing to a string cannot fail");
        }
        // Of a change nothing is ever recorded.
        let is_change = !matches!(entry.change, Change::Named);
        if !(is_change && matches!(experiment.effect, Effect::NotRecorded { .. })) {
            writeln!(text, "- {}", code(&effect_words(&experiment.effect)))
                .expect("writing to a string cannot fail");
        }
        if !self.block(&text) {
            return None;
        }
        self.failing_cases(experiment);
        let left_out = self.findings(&mut findings);
        self.metrics(experiment, thresholds);
        Some(left_out)
    }

    fn failing_cases(&mut self, experiment: &Experiment) {
        let failing: Vec<&str> = experiment
            .evidence
            .cases
            .iter()
            .filter(|case| !case.candidate.passed)
            .map(|case| case.name.as_str())
            .collect();
        if failing.is_empty() {
            return;
        }
        let names: Vec<String> = failing.iter().take(10).map(|name| code(name)).collect();
        let more = failing.len().saturating_sub(names.len());
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        self.block(&format!("\nFailing cases: {}{more}.\n", names.join(", ")));
    }

    /// Findings as they look in a terminal. Gives how many are not shown.
    fn findings(&mut self, findings: &mut [Told<'_>]) -> u64 {
        by_importance(findings);
        let mut shown = 0;
        for told in findings.iter().take(MOST_FINDINGS) {
            let novelty = if told.novelty == Novelty::Inherited { "inherited, " } else { "" };
            let place = match told.rendered {
                Some(_) => format!("{novelty}{}\n\n", of_rendered(told)),
                None if novelty.is_empty() => String::new(),
                None => "inherited\n\n".to_owned(),
            };
            let frame = frame(&told.finding, told.path, told.sources);
            if !self.block(&format!("\n{place}{}", fenced(&frame))) {
                break;
            }
            shown += 1;
        }
        findings.iter().skip(shown).map(|told| told.times).sum()
    }

    fn metrics(&mut self, experiment: &Experiment, thresholds: &[Term]) {
        let rows = metric_rows(experiment, thresholds);
        if rows.is_empty() {
            return;
        }
        let mut text = "\n<details><summary>Metrics, and what the rules compare them with</summary>\n\n\
                        | Metric | Measured | Rules |\n|---|---|---|\n"
            .to_owned();
        for (name, measured, rules) in rows {
            let rules = if rules.is_empty() { String::new() } else { code(&rules) };
            writeln!(text, "| {} | {measured} | {rules} |", code(name))
                .expect("writing to a string cannot fail");
        }
        text.push_str("\n</details>\n");
        self.block(&text);
    }

    fn skipped(&mut self, gate: &Gate<'_>) {
        if gate.skipped.is_empty() {
            return;
        }
        let count = counted(gate.skipped.len() as u64, "file was passed over", "files were passed over");
        let mut text = format!("\n<details><summary>{count}</summary>\n\n");
        for line in passed_over(gate, code) {
            writeln!(text, "- {line}").expect("writing to a string cannot fail");
        }
        text.push_str("\n</details>\n");
        self.block(&text);
    }
}

fn sign(weight: Weight) -> &'static str {
    match weight {
        Weight::Good => "✅",
        Weight::Mend => "⚠️",
        Weight::Bad => "❌",
        Weight::Unknown => "❔",
    }
}

/// New errors of an experiment, and those that it has in common with the baseline.
fn of_errors(experiment: &Experiment) -> String {
    let metric = |metric| match experiment.evidence.metrics.get(metric) {
        Some(Measured::Value { .. }) => Some(measured_words(metric, experiment.evidence.metrics.get(metric))),
        _ => None,
    };
    match (metric(Metric::NewErrors), metric(Metric::InheritedErrors)) {
        (Some(new), Some(inherited)) if inherited != "0" => format!("{new} new, {inherited} inherited"),
        (Some(new), _) => new,
        (None, _) => "not measured".to_owned(),
    }
}

fn change(change: Change<'_>) -> String {
    match change {
        Change::Named | Change::Modified => String::new(),
        Change::Added => ", added".to_owned(),
        Change::Deleted => ", deleted".to_owned(),
        Change::Renamed { from } => format!(", was {}", code(from)),
        Change::Through { path } => format!(", through {}", code(path)),
    }
}

/// A text as a code span, on one line, that its own backticks do not end. A `|` would end a cell of a table even in
/// code, so it is shown as an escape.
fn code(text: &str) -> String {
    let text = escape::clipped(text, MOST_CHARACTERS * 5).replace('|', "\\u{7c}").replace("##[", "#\\u{23}[");
    if text.trim().is_empty() {
        return "_none_".to_owned();
    }
    let mark = "`".repeat(longest_run(&text) + 1);
    // A blank on either side is taken off by the reader, so one is put there where the text has its own, or a mark.
    let bare = |edge: Option<char>| edge.is_some_and(|c| c != '`' && c != ' ');
    if bare(text.chars().next()) && bare(text.chars().last()) {
        format!("{mark}{text}{mark}")
    } else {
        format!("{mark} {text} {mark}")
    }
}

/// Lines in a fence that they do not end.
fn fenced(lines: &str) -> String {
    let mark = "`".repeat(longest_run(lines).max(2) + 1);
    let end = if lines.ends_with('\n') { "" } else { "\n" };
    format!("{mark}text\n{lines}{end}{mark}\n")
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_not_ended_by_its_text() {
        assert_eq!(code("plain"), "`plain`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(" x "), "`  x  `");
        assert_eq!(code("a|b"), "`a\\u{7c}b`");
        assert_eq!(code(""), "_none_");
        assert_eq!(code("a\nb"), "`a\\nb`");
    }

    #[test]
    fn a_fence_is_not_ended_by_its_lines() {
        assert_eq!(fenced("x\n"), "```text\nx\n```\n");
        assert_eq!(fenced("````\nx"), "`````text\n````\nx\n`````\n");
    }
}
