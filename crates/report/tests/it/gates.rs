//! Gates to show.

use std::collections::BTreeMap;

use genesis_abi::{Finding, Severity, Span};
use genesis_domain::{Decision, Experiment, TemplateId};
use genesis_report::{Change, ChangedLines, CodeText, EntryResult, Gate, GateEntry, Skipped};

use crate::fixture::{self, finding, place};

pub(crate) const CODES: [CodeText<'static>; 2] = [
    CodeText {
        code: "T0203",
        name: "changelog-top",
        summary: "the newest changelog entry is not the version",
        explanation: "The first entry of the changelog tells what the version changes.",
        help: "add an entry for the version at the top",
    },
    CodeText {
        code: "G0101",
        name: "host-failed",
        summary: "the host could not carry out a run",
        explanation: "The machine failed, not the guest.",
        help: "",
    },
];

/// One experiment without a diff.
pub(crate) fn one<T>(experiment: &Experiment, look: impl FnOnce(&Gate<'_>) -> T) -> T {
    let (thresholds, files, lines) = (fixture::thresholds(), BTreeMap::new(), ChangedLines::new());
    let entry = GateEntry {
        path: &experiment.candidate_path,
        change: Change::Named,
        result: EntryResult::Judged { experiment, thresholds: &thresholds, cached: false },
        files: &files,
    };
    look(&Gate {
        decision: Some(experiment.verdict.decision),
        entries: &[entry],
        skipped: &[],
        concerns: &[],
        base: None,
        head: None,
        changed_lines: &lines,
        codes: &CODES,
    })
}

#[test]
fn what_many_cases_render_alike_is_told_once_and_counted_as_often_as_it_is() {
    let mut experiment = fixture::rollback_with_findings();
    let rendered = "one.py".to_owned();
    experiment.sources.insert(rendered.clone(), "a = (\n".to_owned());
    let at = |offset| {
        let span = Span { line: 1, column: offset + 1, offset, length: 1 };
        finding(Severity::Error, "C0101", "never closed", place(Some(&rendered), "", Some(span)), None)
    };
    experiment.evidence.findings = vec![at(4), at(2), at(0)];
    let errors = |text: &str| text.matches("never closed").count();
    one(&experiment, |gate| {
        let style = genesis_report::Style { color: false, width: 100 };
        let human = genesis_report::human_gate(gate, &style);
        assert!(errors(&human) == 1 && human.contains("3 times") && human.contains("3 errors"), "{human}");
        assert!(human.contains("1 | a = (\n  |     ^\n"), "the first one's line: {human}");
        let markdown = genesis_report::markdown(gate);
        assert!(errors(&markdown) == 1 && markdown.contains("3 times"), "{markdown}");
        let github = genesis_report::github(gate);
        assert!(errors(&github) == 1 && github.contains("3 times"), "{github}");
    });
}

#[test]
fn what_is_passed_over_for_one_reason_is_a_line() {
    let paths: Vec<String> = (0..100).map(|number| format!("t/{number}.json")).collect();
    let mut skipped: Vec<Skipped<'_>> =
        paths.iter().map(|path| Skipped { path, why: "nothing differs" }).collect();
    skipped.push(Skipped { path: "package.json", why: "no template" });
    one(&fixture::merge_first_version(), |gate| {
        let gate = Gate { skipped: &skipped, ..*gate };
        let style = genesis_report::Style { color: false, width: 100 };
        let human = genesis_report::human_gate(&gate, &style);
        assert!(human.contains("  t/0.json, t/1.json, t/2.json and 97 more: nothing differs\n"), "{human}");
        assert!(
            human.contains("  package.json: no template\n") && human.contains("101 passed over"),
            "{human}"
        );
        let markdown = genesis_report::markdown(&gate);
        assert!(markdown.contains("- `t/0.json`, `t/1.json`, `t/2.json` and 97 more: `nothing differs`\n"));
    });
}

/// Every kind of entry, with a diff.
pub(crate) fn mixed<T>(look: impl FnOnce(&Gate<'_>) -> T) -> T {
    let thresholds = fixture::thresholds();
    let named = |mut experiment: Experiment, path: &str, id: &str| {
        path.clone_into(&mut experiment.candidate_path);
        experiment.evidence.subject.template = TemplateId::new(id).unwrap();
        experiment
    };
    let rollback = named(fixture::rollback_with_findings(), "templates/service.json", "service");
    let merge = named(fixture::merge_first_version(), "templates/worker.json", "worker");
    let inherited = named(fixture::adaptations_with_inherited(), "templates/web.json", "web");
    let unknown = named(fixture::inconclusive_out_of_fuel(), "templates/moved.json", "moved");
    let none = BTreeMap::new();
    let files = BTreeMap::from([("partials/head.hbs".to_owned(), "templates/partials/head.hbs".to_owned())]);
    let judged = |experiment, cached| EntryResult::Judged { experiment, thresholds: &thresholds, cached };
    let entry = |path, change, result| GateEntry { path, change, result, files: &none };
    let entries = [
        GateEntry {
            files: &files,
            ..entry("templates/service.json", Change::Modified, judged(&rollback, false))
        },
        entry("templates/worker.json", Change::Added, judged(&merge, false)),
        entry(
            "templates/web.json",
            Change::Through { path: "templates/partials/nav.hbs" },
            judged(&inherited, true),
        ),
        entry(
            "templates/moved.json",
            Change::Renamed { from: "templates/old.json" },
            judged(&unknown, false),
        ),
        entry(
            "templates/huge.json",
            Change::Modified,
            EntryResult::Unreadable { error: "it has 9 MiB, the policy allows 1 MiB" },
        ),
        entry("templates/unlucky.json", Change::Modified, EntryResult::Failed { error: "out of memory" }),
        entry("templates/gone.json", Change::Deleted, EntryResult::Deleted),
    ];
    let skipped = [
        Skipped { path: "package.json", why: "it is no template" },
        Skipped { path: "fixtures/a.json", why: "genesis.toml leaves it out" },
    ];
    let span = Some(Span { line: 7, column: 1, offset: 0, length: 0 });
    let concerns = [finding(
        Severity::Warning,
        "policy-changed",
        "the change loosens the policy by which it would be judged; that of the base was taken",
        place(Some("policies/default.toml"), "", span),
        Some("change the policy on its own"),
    )];
    let lines = ChangedLines::from([
        ("templates/service.json".to_owned(), vec![(4, 4)]),
        ("policies/default.toml".to_owned(), vec![(1, 20)]),
    ]);
    look(&Gate {
        decision: Some(Decision::Rollback),
        entries: &entries,
        skipped: &skipped,
        concerns: &concerns,
        base: Some("0a1b2c3d4e5f"),
        head: Some("HEAD"),
        changed_lines: &lines,
        codes: &CODES,
    })
}

/// Files that were checked without an experiment.
pub(crate) fn checked<T>(look: impl FnOnce(&Gate<'_>) -> T) -> T {
    let source = "{ \"version\": 2,\n  \"naem\": \"x\" }\n";
    let sources = BTreeMap::from([(String::new(), source.to_owned())]);
    let findings = [finding(
        Severity::Error,
        "T0201",
        "the version is no text",
        place(None, "/version", Some(fixture::span(source, "2"))),
        Some("write it as \"2.0.0\""),
    )];
    let (files, lines) = (BTreeMap::new(), ChangedLines::new());
    let entry = |path, findings| GateEntry {
        path,
        change: Change::Named,
        result: EntryResult::Checked { findings, sources: &sources },
        files: &files,
    };
    let none: &[Finding] = &[];
    look(&Gate {
        decision: None,
        entries: &[entry("a/one.json", &findings), entry("a/two.json", none)],
        skipped: &[],
        concerns: &[],
        base: None,
        head: None,
        changed_lines: &lines,
        codes: &CODES,
    })
}

/// Every text that comes from outside is this one, in every kind of entry.
pub(crate) fn hostile<T>(text: &str, look: impl FnOnce(&Gate<'_>) -> T) -> T {
    let thresholds = fixture::thresholds();
    let mut experiment = fixture::hostile(text);
    if let Ok(id) = TemplateId::new(text) {
        experiment.evidence.subject.template = id;
    }
    experiment.evidence.removed_findings = experiment.evidence.findings.clone();
    let own = vec![finding(Severity::Error, text, text, place(Some(text), text, None), Some(text))];
    let sources = experiment.sources.clone();
    let (none, files) = (BTreeMap::new(), BTreeMap::from([(text.to_owned(), text.to_owned())]));
    let span = Some(Span { line: 1, column: 1, offset: 0, length: 3 });
    let judged = EntryResult::Judged { experiment: &experiment, thresholds: &thresholds, cached: false };
    let results = [
        (Change::Renamed { from: text }, judged, &files),
        (Change::Through { path: text }, judged, &none),
        (Change::Named, EntryResult::Checked { findings: &own, sources: &sources }, &none),
        (Change::Added, EntryResult::Unreadable { error: text }, &none),
        (Change::Modified, EntryResult::Failed { error: text }, &none),
        (Change::Deleted, EntryResult::Deleted, &none),
    ];
    let entries = results.map(|(change, result, files)| GateEntry { path: text, change, result, files });
    look(&Gate {
        decision: Some(Decision::Rollback),
        entries: &entries,
        skipped: &[Skipped { path: text, why: text }],
        concerns: &[finding(Severity::Error, text, text, place(Some(text), text, span), Some(text))],
        base: Some(text),
        head: Some(text),
        changed_lines: &ChangedLines::from([(text.to_owned(), vec![(1, 1)])]),
        codes: &CODES,
    })
}
