//! The findings of a gate, each with the place where a reader of the repository is sent.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use genesis_abi::{Finding, Place, Severity, Span};
use genesis_domain::{Decision, Experiment};

use crate::{EntryResult, Gate, GateEntry, escape};

/// Code of a host that failed, as in the experiment's own codes.
const HOST_FAILED: &str = "G0101";
/// Code of a file that cannot be read as a template, as in the experiment's own codes.
const UNREADABLE: &str = "G0102";

/// Most paths with one reason that get a line each.
const MOST_WITH_ONE_REASON: usize = 5;
/// Paths that are named of more than those.
const NAMED_OF_MANY: usize = 3;
/// Most lines on runs that did not complete.
const MOST_INCOMPLETE: usize = 10;
/// Most lines on what was passed over.
const MOST_PASSED_OVER: usize = 20;

/// Whether the baseline has a finding too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Novelty {
    /// The candidate brings it, or there is no baseline.
    New,
    /// The baseline has it too.
    Inherited,
    /// Only the baseline has it.
    Removed,
}

/// One finding with its place.
#[derive(Debug, Clone)]
pub(crate) struct Told<'a> {
    /// The finding.
    pub(crate) finding: Cow<'a, Finding>,
    /// Where it is told: a path in the repository.
    pub(crate) path: &'a str,
    /// Where in that file, when the file is what the finding's span is of.
    pub(crate) range: Option<Range>,
    /// The rendered file that it is in, which lies in no repository.
    pub(crate) rendered: Option<&'a str>,
    /// The template that it belongs to; none for a finding of the gate itself.
    pub(crate) template: Option<&'a str>,
    /// Texts that its span points into.
    pub(crate) sources: &'a BTreeMap<String, String>,
    /// Whether the baseline has it too.
    pub(crate) novelty: Novelty,
    /// Whether the change touches its line.
    pub(crate) on_changed_line: bool,
    /// How many findings it stands for: itself, and those that were joined with it.
    pub(crate) times: u64,
}

/// Lines and columns from 1; the end column is one past the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// First line.
    pub(crate) line: u32,
    /// First column.
    pub(crate) column: u32,
    /// Last line.
    pub(crate) end_line: u32,
    /// End column.
    pub(crate) end_column: u32,
}

static NO_SOURCES: BTreeMap<String, String> = BTreeMap::new();

/// Every finding of a gate: its own first, then the templates' in their order. `removed` adds what only baselines have.
pub(crate) fn told<'a>(gate: &Gate<'a>, removed: bool) -> Vec<Told<'a>> {
    let mut all: Vec<Told<'a>> = gate.concerns.iter().map(|concern| of_gate(gate, concern)).collect();
    for entry in gate.entries {
        of_entry(gate, entry, removed, &mut all);
    }
    all
}

/// The findings of one template.
pub(crate) fn told_of<'a>(gate: &Gate<'a>, entry: &GateEntry<'a>) -> Vec<Told<'a>> {
    let mut all = Vec::new();
    of_entry(gate, entry, false, &mut all);
    all
}

/// The most important first: errors, what the change brings, lines that it touches. Otherwise the order stays.
pub(crate) fn by_importance(told: &mut [Told<'_>]) {
    told.sort_by_key(|told| (std::cmp::Reverse(told.finding.severity), told.novelty, !told.on_changed_line));
}

/// Findings in what was rendered that say the same of the same file, as one: most cases render much the same text, and
/// none of these places is in the repository. The order stays.
pub(crate) fn joined(told: Vec<Told<'_>>) -> Vec<Told<'_>> {
    let mut joined: Vec<Told<'_>> = Vec::with_capacity(told.len());
    let mut first: BTreeMap<(Option<&str>, &str, Novelty, Finding), usize> = BTreeMap::new();
    for told in told {
        let Some(rendered) = told.rendered else {
            joined.push(told);
            continue;
        };
        let same = Finding { place: Place::default(), ..Finding::clone(&told.finding) };
        match first.entry((told.template, rendered, told.novelty, same)) {
            Entry::Occupied(known) => joined[*known.get()].times += told.times,
            Entry::Vacant(new) => {
                new.insert(joined.len());
                joined.push(told);
            }
        }
    }
    joined
}

/// `2 errors, 1 warning, 0 notes` of what is there; what only baselines have is not counted.
pub(crate) fn counts(told: &[Told<'_>]) -> [usize; 3] {
    let count = |severity| {
        told.iter()
            .filter(|told| told.novelty != Novelty::Removed && told.finding.severity == severity)
            .count()
    };
    [count(Severity::Error), count(Severity::Warning), count(Severity::Note)]
}

fn of_gate<'a>(gate: &Gate<'a>, concern: &'a Finding) -> Told<'a> {
    let path = concern.place.file.as_deref().filter(|path| !path.is_empty()).unwrap_or(".");
    let range = concern.place.span.and_then(|span| range(span, None));
    Told {
        finding: Cow::Borrowed(concern),
        path,
        range,
        rendered: None,
        template: None,
        sources: &NO_SOURCES,
        novelty: Novelty::New,
        on_changed_line: touched(gate, path, range),
        times: 1,
    }
}

fn of_entry<'a>(gate: &Gate<'a>, entry: &GateEntry<'a>, removed: bool, all: &mut Vec<Told<'a>>) {
    let mut add = |finding: Cow<'a, Finding>, sources: &'a BTreeMap<String, String>, novelty| {
        all.push(of_finding(gate, entry, finding, sources, novelty));
    };
    match entry.result {
        EntryResult::Judged { experiment, .. } => {
            let evidence = &experiment.evidence;
            for finding in &evidence.findings {
                let novelty = if finding.inherited { Novelty::Inherited } else { Novelty::New };
                add(Cow::Borrowed(finding), &experiment.sources, novelty);
            }
            if removed {
                for finding in &evidence.removed_findings {
                    add(Cow::Borrowed(finding), &NO_SOURCES, Novelty::Removed);
                }
            }
        }
        EntryResult::Checked { findings, sources } => {
            for finding in findings {
                add(Cow::Borrowed(finding), sources, Novelty::New);
            }
        }
        EntryResult::Unreadable { error } => {
            let finding = own(UNREADABLE, "the file cannot be read as a template", error);
            add(Cow::Owned(finding), &NO_SOURCES, Novelty::New);
        }
        EntryResult::Failed { error } => {
            let finding = own(HOST_FAILED, "the host failed, so nothing is known of the template", error);
            add(Cow::Owned(finding), &NO_SOURCES, Novelty::New);
        }
        EntryResult::Deleted => {}
    }
}

fn own(code: &str, what: &str, error: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        code: code.to_owned(),
        message: format!("{what}: {error}"),
        place: Place::default(),
        help: None,
        inherited: false,
    }
}

fn of_finding<'a>(
    gate: &Gate<'a>,
    entry: &GateEntry<'a>,
    finding: Cow<'a, Finding>,
    sources: &'a BTreeMap<String, String>,
    novelty: Novelty,
) -> Told<'a> {
    let file = finding.place.file.as_deref().unwrap_or_default();
    let known = sources.get_key_value(file);
    let in_repository =
        if file.is_empty() { Some(entry.path) } else { entry.files.get(file).map(String::as_str) };
    // A span of the baseline's text, or of a rendered file, is none of the file that the reader is sent to.
    let span = finding.place.span.filter(|_| in_repository.is_some() && novelty != Novelty::Removed);
    let range = span.and_then(|span| range(span, known.map(|(_, text)| text.as_str())));
    let path = in_repository.unwrap_or(entry.path);
    let rendered = if in_repository.is_some() { None } else { known.map(|(name, _)| name.as_str()) };
    Told {
        path,
        range,
        rendered,
        template: Some(entry.path),
        sources,
        novelty,
        on_changed_line: novelty != Novelty::Removed && touched(gate, path, range),
        times: 1,
        finding,
    }
}

/// Where a span ends, by the text that it is of. The span comes from a guest: no part of it is taken on trust.
fn range(span: Span, text: Option<&str>) -> Option<Range> {
    if span.line == 0 || span.column == 0 {
        return None;
    }
    let marked = text.and_then(|text| {
        let from = usize::try_from(span.offset).ok()?;
        let to = from.saturating_add(usize::try_from(span.length).ok()?).min(text.len());
        text.get(from..text.floor_char_boundary(to))
    });
    let marked = marked.unwrap_or_default();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let (end_line, end_column) = match marked.rsplit_once('\n') {
        None => (span.line, span.column.saturating_add(number(marked.chars().count()))),
        Some((before, last)) => (
            span.line.saturating_add(number(before.matches('\n').count() + 1)),
            number(last.chars().count() + 1),
        ),
    };
    Some(Range { line: span.line, column: span.column, end_line, end_column })
}

/// Whether the change touches a line of the range.
fn touched(gate: &Gate<'_>, path: &str, range: Option<Range>) -> bool {
    let (Some(lines), Some(range)) = (gate.changed_lines.get(path), range) else { return false };
    lines.iter().any(|&(first, last)| first <= range.end_line && range.line <= last)
}

impl Told<'_> {
    /// Message, and the rendered file when there is one, on one line.
    pub(crate) fn message(&self) -> String {
        let message = escape::clipped(&self.finding.message, 2000);
        match self.rendered {
            Some(file) => {
                let times = if self.times > 1 { format!(", {} times", self.times) } else { String::new() };
                format!("{message} (in the rendered {}{times})", escape::clipped(file, 200))
            }
            None => message,
        }
    }

    /// JSON pointer, when there is one.
    pub(crate) fn pointer(&self) -> Option<&str> {
        self.finding.place.pointer.as_deref().filter(|pointer| !pointer.is_empty())
    }
}

/// Where a finding in a rendered file is, in words: its cases may render it in several places.
pub(crate) fn of_rendered(told: &Told<'_>) -> String {
    match told.times {
        1 => "in what was rendered".to_owned(),
        times => format!("in what was rendered, {times} times; this is the first"),
    }
}

/// What became of a template, in one word, and whether it stands in the way.
pub(crate) fn outcome(entry: &GateEntry<'_>) -> (&'static str, Weight) {
    match entry.result {
        EntryResult::Judged { experiment, .. } => of_decision(experiment.verdict.decision),
        EntryResult::Checked { findings, .. } => {
            if findings.iter().any(|finding| finding.severity == Severity::Error) {
                ("errors", Weight::Bad)
            } else {
                ("no errors", Weight::Good)
            }
        }
        EntryResult::Unreadable { .. } => ("unreadable", Weight::Bad),
        EntryResult::Failed { .. } => ("host failed", Weight::Unknown),
        EntryResult::Deleted => ("deleted", Weight::Good),
    }
}

/// Whether something stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Nothing does.
    Good,
    /// Something is left to be mended.
    Mend,
    /// Something does.
    Bad,
    /// It is not known.
    Unknown,
}

/// A decision in words.
pub(crate) fn of_decision(decision: Decision) -> (&'static str, Weight) {
    match decision {
        Decision::Merge => ("merge", Weight::Good),
        Decision::MergeWithAdaptations => ("merge with adaptations", Weight::Mend),
        Decision::Rollback => ("rollback", Weight::Bad),
        Decision::Inconclusive => ("inconclusive", Weight::Unknown),
    }
}

/// The one line under a gate's verdict: how many templates came to what.
pub(crate) fn summary(gate: &Gate<'_>) -> String {
    let mut words: Vec<(&str, usize)> = Vec::new();
    for (word, _) in gate.entries.iter().map(outcome) {
        match words.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => words.push((word, 1)),
        }
    }
    let mut parts: Vec<String> = words.iter().map(|(word, count)| format!("{count} {word}")).collect();
    if !gate.skipped.is_empty() {
        parts.push(format!("{} passed over", gate.skipped.len()));
    }
    let templates = crate::human::counted(gate.entries.len() as u64, "template", "templates");
    if parts.is_empty() { templates } else { format!("{templates}: {}", parts.join(", ")) }
}

/// What was passed over and why, a line each, or a line for all that have one reason when there are many of them; at most
/// twenty lines.
pub(crate) fn passed_over(gate: &Gate<'_>, shown: fn(&str) -> String) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for skipped in gate.skipped {
        match reasons.iter_mut().find(|(why, _)| *why == skipped.why) {
            Some((_, paths)) => paths.push(skipped.path),
            None => reasons.push((skipped.why, vec![skipped.path])),
        }
    }
    let mut lines = Vec::new();
    for (why, paths) in &reasons {
        if paths.len() <= MOST_WITH_ONE_REASON {
            lines.extend(paths.iter().map(|path| format!("{}: {}", shown(path), shown(why))));
        } else {
            let named: Vec<String> = paths.iter().take(NAMED_OF_MANY).map(|path| shown(path)).collect();
            let more = paths.len() - named.len();
            lines.push(format!("{} and {more} more: {}", named.join(", "), shown(why)));
        }
    }
    let more = lines.len().saturating_sub(MOST_PASSED_OVER);
    if more > 0 {
        lines.truncate(MOST_PASSED_OVER);
        lines.push(format!("... and {more} lines more"));
    }
    lines
}

/// The rules and comparisons that decided an experiment, in words, a line each; then the runs that did not complete, with
/// what they would have taken.
pub(crate) fn reasons(experiment: &Experiment) -> Vec<String> {
    let mut lines = Vec::new();
    for reason in &experiment.verdict.reasons {
        lines.push(format!(
            "{}: {}",
            escape::clipped(&reason.rule, 200),
            escape::clipped(&reason.text, 1000)
        ));
        lines.extend(reason.terms.iter().map(|term| format!("  {}", crate::human::term_words(term))));
    }
    let incomplete = crate::human::incomplete(experiment);
    for group in incomplete.iter().take(MOST_INCOMPLETE) {
        let shadow = group.shadow.as_ref().map(|shadow| format!("; {shadow}")).unwrap_or_default();
        lines.push(format!("  {}{shadow}", group.ended));
    }
    if incomplete.len() > MOST_INCOMPLETE {
        lines.push(format!("  ... and {} more that did not complete", incomplete.len() - MOST_INCOMPLETE));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: u32, column: u32, offset: u32, length: u32, text: &str) -> Option<(u32, u32, u32, u32)> {
        range(Span { line, column, offset, length }, Some(text))
            .map(|range| (range.line, range.column, range.end_line, range.end_column))
    }

    #[test]
    fn a_range_ends_one_past_its_last_character() {
        assert_eq!(of(1, 2, 1, 2, "abcd"), Some((1, 2, 1, 4)));
        assert_eq!(of(1, 2, 1, 0, "abcd"), Some((1, 2, 1, 2)));
        assert_eq!(of(1, 1, 0, 4, "日本"), Some((1, 1, 1, 2)));
        assert_eq!(of(1, 2, 1, 6, "ab\ncd\nef"), Some((1, 2, 3, 2)));
    }

    #[test]
    fn a_span_that_no_text_has_ends_where_it_begins() {
        assert_eq!(of(1, 2, 100, 5, "ab"), Some((1, 2, 1, 2)));
        assert_eq!(of(u32::MAX, u32::MAX, 0, u32::MAX, "a\nb"), Some((u32::MAX, u32::MAX, u32::MAX, 2)));
        assert_eq!(of(1, 2, 1, 1, "é"), Some((1, 2, 1, 2)));
        assert_eq!(of(0, 1, 0, 1, "ab"), None);
        assert_eq!(of(1, 0, 0, 1, "ab"), None);
    }
}
