//! JUnit XML as Jenkins' schema describes it: one suite a template, one test a case.
//!
//! Written by hand, because the crates that write it put attributes on the root element that the schema refuses.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use genesis_abi::Severity;
use genesis_domain::{CaseRecord, Decision, Experiment, Measured, Metric, RunRecord, Side};

use crate::human::{frame, outcome_words};
use crate::told::{Novelty, Told, outcome, reasons, told_of};
use crate::{EntryResult, Gate, GateEntry, escape};

/// Most findings whose text is in one test; the rest are counted.
const MOST_FINDINGS: usize = 20;
/// Most characters of a name.
const MOST_CHARACTERS: usize = 200;

/// A gate as JUnit XML. A template's suite has a test for the verdict, one for the template itself and one for each
/// case. What is wrong is a failure; what could not be measured is an error, never a pass.
pub fn junit(gate: &Gate<'_>) -> String {
    let mut suites: Vec<Suite> = gate.entries.iter().map(|entry| of_entry(gate, entry)).collect();
    if !gate.concerns.is_empty() {
        suites.push(of_concerns(gate));
    }
    if !gate.skipped.is_empty() {
        let mut suite = Suite::new("files passed over".to_owned());
        for skipped in gate.skipped {
            let why = escape::clipped(skipped.why, 1000);
            suite.add(escape::line(skipped.path), Status::Skipped { why });
        }
        suites.push(suite);
    }
    document(&suites)
}

/// A suite of tests.
struct Suite {
    name: String,
    seconds: Option<f64>,
    properties: Vec<(&'static str, String)>,
    tests: Vec<Test>,
}

struct Test {
    name: String,
    status: Status,
}

enum Status {
    Passed { notes: String },
    Failed { kind: String, message: String, details: String },
    Error { kind: String, message: String, details: String },
    Skipped { why: String },
}

impl Suite {
    fn new(name: String) -> Self {
        Self { name, seconds: None, properties: Vec::new(), tests: Vec::new() }
    }

    fn add(&mut self, name: impl Into<String>, status: Status) {
        self.tests.push(Test { name: name.into(), status });
    }

    fn count(&self, of: fn(&Status) -> bool) -> usize {
        self.tests.iter().filter(|test| of(&test.status)).count()
    }
}

fn of_entry(gate: &Gate<'_>, entry: &GateEntry<'_>) -> Suite {
    let mut suite = Suite::new(escape::line(entry.path));
    let findings = told_of(gate, entry);
    let broken = |error: &str| (escape::clipped(error, MOST_CHARACTERS), escape::clipped(error, 2000));
    match entry.result {
        EntryResult::Judged { experiment, .. } => judged(&mut suite, experiment, &findings),
        EntryResult::Checked { .. } => {
            let all: Vec<&Told<'_>> = findings.iter().collect();
            let failed = all.iter().any(|told| told.finding.severity == Severity::Error);
            suite.add("template", with_findings(failed, &all));
        }
        EntryResult::Unreadable { error } => {
            let (message, details) = broken(error);
            suite.add("template", Status::Failed { kind: outcome(entry).0.to_owned(), message, details });
        }
        EntryResult::Failed { error } => {
            let (message, details) = broken(error);
            suite.add("template", Status::Error { kind: outcome(entry).0.to_owned(), message, details });
        }
        EntryResult::Deleted => {
            suite.add("template", Status::Skipped { why: "it is deleted".to_owned() });
        }
    }
    suite
}

fn of_concerns(gate: &Gate<'_>) -> Suite {
    let mut suite = Suite::new("the change itself".to_owned());
    let own = Gate { entries: &[], ..*gate };
    for told in crate::told::told(&own, false) {
        let failed = told.finding.severity == Severity::Error;
        let name = format!(
            "{} {}",
            escape::clipped(&told.finding.code, 64),
            escape::clipped(told.path, MOST_CHARACTERS)
        );
        suite.add(name, with_findings(failed, &[&told]));
    }
    suite
}

fn judged(suite: &mut Suite, experiment: &Experiment, findings: &[Told<'_>]) {
    let subject = &experiment.evidence.subject;
    suite.seconds = Some(experiment.measured_us as f64 / 1_000_000.0);
    suite.properties = vec![
        ("template", escape::line(subject.template.as_str())),
        ("version", crate::human::versions(subject.baseline.as_ref(), &subject.candidate)),
        ("policy", escape::line(&subject.policy)),
        ("experiment", experiment.id.to_string()),
    ];
    suite.add("verdict", verdict(experiment));
    suite.add("template", template(experiment, findings));
    for (index, case) in experiment.evidence.cases.iter().enumerate() {
        let name = format!("case {}", escape::clipped(&case.name, MOST_CHARACTERS));
        let index = u32::try_from(index).ok();
        suite.add(name, self::case(experiment, index, case, findings));
    }
}

/// The policy's decision.
fn verdict(experiment: &Experiment) -> Status {
    let decision = experiment.verdict.decision;
    let lines = reasons(experiment);
    let message = lines.first().cloned().unwrap_or_default();
    let (kind, details) = (decision.as_str().to_owned(), lines.join("\n"));
    match decision {
        Decision::Merge | Decision::MergeWithAdaptations => Status::Passed { notes: details },
        Decision::Rollback => Status::Failed { kind, message, details },
        Decision::Inconclusive => Status::Error { kind, message, details },
    }
}

/// What checks of the template itself found and how they ended.
fn template(experiment: &Experiment, findings: &[Told<'_>]) -> Status {
    let evidence = &experiment.evidence;
    let of_cases: BTreeSet<u32> =
        evidence.cases.iter().flat_map(|case| case.candidate.findings.iter().copied()).collect();
    let own: Vec<&Told<'_>> = findings
        .iter()
        .enumerate()
        .filter(|(index, _)| u32::try_from(*index).is_ok_and(|index| !of_cases.contains(&index)))
        .map(|(_, told)| told)
        .collect();
    if let Some(error) = incomplete(evidence.runs.iter().filter(|run| run.case.is_none())) {
        return error;
    }
    // An error that the policy waives is none; the metric counts without those.
    let counted = match evidence.metrics.get(Metric::NewErrors) {
        Some(Measured::Value { value, .. }) => value > 0.0,
        _ => true,
    };
    let new_error =
        own.iter().any(|told| told.finding.severity == Severity::Error && told.novelty == Novelty::New);
    with_findings(new_error && counted, &own)
}

/// How the candidate did on a case.
fn case(experiment: &Experiment, index: Option<u32>, case: &CaseRecord, findings: &[Told<'_>]) -> Status {
    let runs = experiment.evidence.runs.iter();
    if let Some(error) = incomplete(runs.filter(|run| run.case.is_some() && run.case == index)) {
        return error;
    }
    let own: Vec<&Told<'_>> = case
        .candidate
        .findings
        .iter()
        .filter_map(|index| findings.get(usize::try_from(*index).ok()?))
        .collect();
    with_findings(!case.candidate.passed, &own)
}

/// The candidate's runs that did not complete, if any.
fn incomplete<'a>(runs: impl Iterator<Item = &'a RunRecord>) -> Option<Status> {
    let runs: Vec<&RunRecord> =
        runs.filter(|run| run.side == Side::Candidate && !run.outcome.is_completed()).collect();
    let line = |run: &RunRecord| {
        format!("check {}: {}", escape::clipped(&run.check, 64), outcome_words(&run.outcome))
    };
    let first = runs.first()?;
    let lines: Vec<String> = runs.iter().take(MOST_FINDINGS).map(|run| line(run)).collect();
    Some(Status::Error {
        kind: first.outcome.name().to_owned(),
        message: line(first),
        details: lines.join("\n"),
    })
}

fn with_findings(failed: bool, findings: &[&Told<'_>]) -> Status {
    let mut details = String::new();
    for told in findings.iter().take(MOST_FINDINGS) {
        details.push_str(&frame(&told.finding, told.path, told.sources));
    }
    if findings.len() > MOST_FINDINGS {
        writeln!(details, "... and {} more", findings.len() - MOST_FINDINGS)
            .expect("writing to a string cannot fail");
    }
    if !failed {
        return Status::Passed { notes: details };
    }
    let heaviest = findings.iter().max_by_key(|told| (told.finding.severity, told.novelty == Novelty::New));
    match heaviest {
        Some(told) => {
            Status::Failed { kind: escape::clipped(&told.finding.code, 64), message: told.message(), details }
        }
        None => Status::Failed { kind: "failed".to_owned(), message: "it failed".to_owned(), details },
    }
}

fn document(suites: &[Suite]) -> String {
    let failures = |suite: &Suite| suite.count(|status| matches!(status, Status::Failed { .. }));
    let errors = |suite: &Suite| suite.count(|status| matches!(status, Status::Error { .. }));
    let skipped = |suite: &Suite| suite.count(|status| matches!(status, Status::Skipped { .. }));
    let sum = |of: &dyn Fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>().to_string();
    let mut xml = Xml::default();
    xml.open(
        "testsuites",
        &[
            ("name", "genesis"),
            ("tests", &sum(&|suite| suite.tests.len())),
            ("failures", &sum(&failures)),
            ("errors", &sum(&errors)),
        ],
    );
    for suite in suites {
        let (tests, failures, errors, skipped) = (
            suite.tests.len().to_string(),
            failures(suite).to_string(),
            errors(suite).to_string(),
            skipped(suite).to_string(),
        );
        let mut attributes = vec![
            ("name", suite.name.as_str()),
            ("tests", tests.as_str()),
            ("failures", failures.as_str()),
            ("errors", errors.as_str()),
            ("skipped", skipped.as_str()),
        ];
        let seconds = suite.seconds.map(|seconds| format!("{seconds:.3}"));
        attributes.extend(seconds.as_deref().map(|seconds| ("time", seconds)));
        xml.open("testsuite", &attributes);
        if !suite.properties.is_empty() {
            xml.open("properties", &[]);
            for (name, value) in &suite.properties {
                xml.empty("property", &[("name", name), ("value", value)]);
            }
            xml.close("properties");
        }
        for test in &suite.tests {
            xml.test(&suite.name, test);
        }
        xml.close("testsuite");
    }
    xml.close("testsuites");
    xml.text
}

/// XML that grows, an element a line.
struct Xml {
    text: String,
    depth: usize,
}

impl Default for Xml {
    fn default() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), depth: 0 }
    }
}

impl Xml {
    fn test(&mut self, suite: &str, test: &Test) {
        let attributes = [("name", test.name.as_str()), ("classname", suite)];
        let (element, kind, message, details) = match &test.status {
            Status::Passed { notes } if notes.is_empty() => return self.empty("testcase", &attributes),
            Status::Passed { notes } => ("system-out", None, None, notes.as_str()),
            Status::Failed { kind, message, details } => {
                ("failure", Some(kind.as_str()), Some(message.as_str()), details.as_str())
            }
            Status::Error { kind, message, details } => {
                ("error", Some(kind.as_str()), Some(message.as_str()), details.as_str())
            }
            Status::Skipped { why } => ("skipped", None, Some(why.as_str()), ""),
        };
        let inner: Vec<(&str, &str)> = kind
            .map(|kind| ("type", kind))
            .into_iter()
            .chain(message.map(|message| ("message", message)))
            .collect();
        self.open("testcase", &attributes);
        if details.is_empty() {
            self.empty(element, &inner);
        } else {
            self.start(element, &inner);
            self.text.push('>');
            escaped(&mut self.text, details);
            self.end(element);
        }
        self.close("testcase");
    }

    fn open(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.start(element, attributes);
        self.text.push_str(">\n");
        self.depth += 1;
    }

    fn empty(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.start(element, attributes);
        self.text.push_str("/>\n");
    }

    fn close(&mut self, element: &str) {
        self.depth -= 1;
        self.text.extend(std::iter::repeat_n("  ", self.depth));
        self.end(element);
    }

    fn start(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
        self.text.push('<');
        self.text.push_str(element);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            escaped(&mut self.text, value);
            self.text.push('"');
        }
    }

    fn end(&mut self, element: &str) {
        self.text.push_str("</");
        self.text.push_str(element);
        self.text.push_str(">\n");
    }
}

/// Text in an element or an attribute. Only what XML 1.0 can hold is left: other characters, which no reference can
/// stand for either, are shown as escapes. `::` and `##[` are broken up, because a CI runner may see this in its log.
fn escaped(out: &mut String, text: &str) {
    let mut before = None;
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            ':' if before == Some(':') => out.push_str("&#58;"),
            '[' if before == Some('#') => out.push_str("&#91;"),
            '\n' => out.push('\n'),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
        before = Some(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_shown_as_an_escape() {
        let mut out = String::new();
        escaped(&mut out, "<a b=\"c\">&'\u{0}\u{1b}\u{ffff}]]>\n::x ##[y]");
        assert_eq!(
            out,
            "&lt;a b=&quot;c&quot;&gt;&amp;&apos;\\u{0}\\u{1b}\\u{ffff}]]&gt;\n:&#58;x ##&#91;y]"
        );
    }
}
