//! SARIF 2.1.0, as code scanning services read it: one run, a place for every result, fingerprints that survive a
//! shifted line.

mod shape;

use std::collections::BTreeMap;

use genesis_abi::Severity;
use genesis_domain::{Decision, Digest};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::json::document;
use crate::told::{Novelty, Told, by_importance, of_decision, reasons, told};
use crate::{EntryResult, Gate, escape};
use shape::{
    ArtifactLocation, Driver, Invocation, Location, Log, LogicalLocation, Notification, PhysicalLocation,
    Properties, Region, ReportingDescriptor, Run, SarifResult, Text, Tool,
};

/// Most results of a run. Services refuse or cut longer runs; the last one says how many were left out.
const MOST_RESULTS: usize = 1_000;
/// Rule of the results that say what became of a template.
const VERDICT: &str = "verdict";
/// Rule of the result that says how many were left out.
const LEFT_OUT: &str = "results-left-out";
/// What may stand in a path of a URI as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The findings of a gate as a SARIF 2.1.0 log. Verdicts other than merge are results too, so that a log without a
/// result is of a gate that everything passed.
pub fn sarif(gate: &Gate<'_>) -> String {
    let mut findings = told(gate, true);
    by_importance(&mut findings);
    let judged = gate.entries.iter().any(|entry| matches!(entry.result, EntryResult::Judged { .. }));
    let mut draft = Draft { gate, judged, rules: Vec::new(), seen: BTreeMap::new(), results: Vec::new() };
    draft.verdicts();
    let all = draft.results.len() + findings.len();
    let room = if all > MOST_RESULTS { MOST_RESULTS - 1 } else { MOST_RESULTS };
    draft.results.truncate(room);
    for told in findings.iter().take(room - draft.results.len()) {
        draft.finding(told);
    }
    if all > room {
        draft.left_out(all - room);
    }
    let failures: Vec<Notification> = gate
        .entries
        .iter()
        .filter_map(|entry| match entry.result {
            EntryResult::Failed { error } => Some(Notification {
                level: "error",
                message: text(&format!("{}: {}", escape::line(entry.path), escape::clipped(error, 2000))),
            }),
            _ => None,
        })
        .collect();
    document(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "genesis",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: draft.rules,
                },
            },
            invocations: [Invocation {
                execution_successful: failures.is_empty(),
                tool_execution_notifications: failures,
            }],
            column_kind: "unicodeCodePoints",
            results: draft.results,
        }],
    })
}

/// Results as they are gathered.
struct Draft<'g, 'a> {
    gate: &'g Gate<'a>,
    judged: bool,
    rules: Vec<ReportingDescriptor>,
    /// How often each fingerprint came, so that the second of two alike has one of its own.
    seen: BTreeMap<String, u64>,
    results: Vec<SarifResult>,
}

impl Draft<'_, '_> {
    fn verdicts(&mut self) {
        for entry in self.gate.entries {
            let EntryResult::Judged { experiment, .. } = entry.result else { continue };
            let level = match experiment.verdict.decision {
                Decision::Merge => continue,
                Decision::MergeWithAdaptations => "note",
                Decision::Rollback => "error",
                Decision::Inconclusive => "warning",
            };
            let (word, _) = of_decision(experiment.verdict.decision);
            let id = experiment.evidence.subject.template.as_str();
            let reasons = reasons(experiment);
            let reasons: Vec<&str> = reasons.iter().map(|line| line.trim_start()).collect();
            let message = format!("{word} of {}; {}", escape::line(id), reasons.join("; "));
            let rule = self.rule(VERDICT);
            let result = SarifResult {
                rule_id: VERDICT.to_owned(),
                rule_index: rule,
                kind: "fail",
                level,
                message: text(&message),
                locations: [location(entry.path, None, None)],
                partial_fingerprints: BTreeMap::new(),
                baseline_state: Some("new"),
                properties: Properties { template: Some(escape::line(entry.path)), file: None, help: None },
            };
            self.push(result, word);
        }
    }

    fn finding(&mut self, told: &Told<'_>) {
        let code = code(&told.finding.code);
        let rule = self.rule(&code);
        let removed = told.novelty == Novelty::Removed;
        let region = told.range.map(|range| Region {
            start_line: range.line,
            start_column: range.column,
            end_line: range.end_line,
            end_column: range.end_column,
        });
        let help = told.finding.help.as_deref().map(|help| escape::clipped(help, 2000));
        let mut message = told.message();
        if let Some(help) = &help {
            message = format!("{message}; {help}");
        }
        let result = SarifResult {
            rule_id: code,
            rule_index: rule,
            kind: if removed { "informational" } else { "fail" },
            level: if removed { "none" } else { level(told.finding.severity) },
            message: text(&message),
            locations: [location(told.path, region, told.pointer())],
            partial_fingerprints: BTreeMap::new(),
            baseline_state: self.judged.then_some(match told.novelty {
                Novelty::New => "new",
                Novelty::Inherited => "unchanged",
                Novelty::Removed => "absent",
            }),
            properties: Properties {
                template: told.template.map(escape::line),
                file: told.rendered.map(escape::line),
                help,
            },
        };
        self.push(result, &told.finding.message);
    }

    fn left_out(&mut self, count: usize) {
        let rule = self.rule(LEFT_OUT);
        let path = self.gate.entries.first().map_or(".", |entry| entry.path);
        let result = SarifResult {
            rule_id: LEFT_OUT.to_owned(),
            rule_index: rule,
            kind: "fail",
            level: "warning",
            message: text(&format!(
                "{count} more results are left out, the least important ones; a report as json has all"
            )),
            locations: [location(path, None, None)],
            partial_fingerprints: BTreeMap::new(),
            baseline_state: self.judged.then_some("new"),
            properties: Properties { template: None, file: None, help: None },
        };
        self.push(result, "");
    }

    /// Adds a result with its fingerprint: of rule, file, place in the document and what it says, without numbers, so
    /// that it is the same when lines or list entries move.
    fn push(&mut self, mut result: SarifResult, says: &str) {
        let [location] = &result.locations;
        let place =
            location.logical_locations.first().map_or("", |logical| logical.fully_qualified_name.as_str());
        let uri = &location.physical_location.artifact_location.uri;
        let (place, says) = (without_numbers(place), without_numbers(says));
        let parts = [result.rule_id.as_str(), uri.as_str(), place.as_str(), says.as_str()]
            .map(|part| format!("{}:{part}", part.len()));
        let digest = Digest::of(parts.concat().as_bytes());
        let fingerprint = digest.as_str().trim_start_matches("sha256:")[..32].to_owned();
        let count = self.seen.entry(fingerprint.clone()).or_default();
        *count += 1;
        let fingerprint = format!("{fingerprint}:{count}");
        // The second name is the one that GitHub reads.
        result.partial_fingerprints = ["genesisFinding/v1", "primaryLocationLineHash"]
            .into_iter()
            .map(|name| (name, fingerprint.clone()))
            .collect();
        self.results.push(result);
    }

    /// The index of a rule, which is added when it is new.
    fn rule(&mut self, id: &str) -> usize {
        if let Some(index) = self.rules.iter().position(|rule| rule.id == id) {
            return index;
        }
        self.rules.push(self.described(id));
        self.rules.len() - 1
    }

    fn described(&self, id: &str) -> ReportingDescriptor {
        let known = self.gate.codes.iter().find(|code| code.code == id);
        let (name, summary, explanation, help) = match (id, known) {
            (_, Some(known)) => (Some(known.name), known.summary, known.explanation, known.help),
            (VERDICT, None) => (
                None,
                "a template may not come into force as it is",
                "The policy's rules decided so; the message names them with what was measured.",
                "The metrics, and what the rules compare them with, stand in the report as markdown or json.",
            ),
            (LEFT_OUT, None) => (
                None,
                "there were more results than a log may have",
                "The least important ones are left out.",
                "A report as json has all.",
            ),
            _ => return ReportingDescriptor::unknown(id),
        };
        let plain = |part: &str| {
            let words: Vec<&str> = part.split_whitespace().collect();
            Text { text: escape::line(&words.join(" ")) }
        };
        ReportingDescriptor {
            id: id.to_owned(),
            name: name.map(escape::line),
            short_description: Some(plain(summary)),
            full_description: Some(plain(explanation)),
            help: Some(plain(if help.is_empty() { explanation } else { help })),
        }
    }
}

/// A code as the id of a rule. A guest chooses its own.
fn code(code: &str) -> String {
    if code.is_empty() { "unnamed".to_owned() } else { escape::clipped(code, 100) }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// A message. `[text](target)` would be a link, and is none.
fn text(text: &str) -> Text {
    Text { text: text.replace("](", "]\\u{28}") }
}

fn location(path: &str, region: Option<Region>, pointer: Option<&str>) -> Location {
    Location {
        physical_location: PhysicalLocation { artifact_location: artifact(path), region },
        logical_locations: pointer
            .map(|pointer| LogicalLocation {
                fully_qualified_name: escape::clipped(pointer, 500),
                kind: "value",
            })
            .into_iter()
            .collect(),
    }
}

/// A path as a URI: relative to the sources' root, or of a file when it is absolute.
fn artifact(path: &str) -> ArtifactLocation {
    let mut relative = path;
    while let Some(rest) = relative.strip_prefix("./") {
        relative = rest;
    }
    let encoded = utf8_percent_encode(relative, PATH).to_string();
    if relative.starts_with('/') {
        ArtifactLocation { uri: format!("file://{encoded}"), uri_base_id: None }
    } else {
        let uri = if encoded.is_empty() { ".".to_owned() } else { encoded };
        ArtifactLocation { uri, uri_base_id: Some("%SRCROOT%") }
    }
}

/// The text with `#` for each number.
fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_number = false;
    for c in text.chars() {
        let digit = c.is_ascii_digit();
        if digit && !in_number {
            out.push('#');
        } else if !digit {
            out.push(c);
        }
        in_number = digit;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uris() {
        let uri = |path| artifact(path).uri;
        assert_eq!(uri("./a b/c:d.json"), "a%20b/c%3Ad.json");
        assert_eq!(uri("/tmp/ü.json"), "file:///tmp/%C3%BC.json");
        assert_eq!(uri(""), ".");
        assert_eq!(uri("javascript:alert(1)//"), "javascript%3Aalert%281%29//");
    }

    #[test]
    fn numbers_do_not_tell_two_messages_apart() {
        assert_eq!(without_numbers("/questions/12/choices/3"), without_numbers("/questions/7/choices/44"));
        assert_ne!(without_numbers("a1b"), without_numbers("ab"));
    }
}
