//! Text for people.

use std::collections::BTreeMap;

use genesis_abi::{FailedReason, Finding, LimitHit, LimitName, Place, Report, RunOutcome, Severity, Span};
use genesis_domain::{Experiment, Need, RunShadow, ShadowFound, Side};
use genesis_report::{CheckedFile, GuestRun, Profile, ProfiledStack, Style, human, human_check, human_run};
use insta::assert_snapshot;
use proptest::prelude::*;

use crate::fixture::{self, finding, place, span};

const PLAIN: Style = Style { color: false, width: 100 };
const COLOR: Style = Style { color: true, width: 100 };

fn shown(experiment: &Experiment) -> String {
    human(experiment, &fixture::thresholds(), &PLAIN)
}

#[test]
fn a_first_version_that_merges_is_short() {
    let text = shown(&fixture::merge_first_version());
    assert!(text.lines().count() <= 30, "{text}");
    assert_snapshot!(text);
}

#[test]
fn a_change_that_merges_is_short() {
    assert_snapshot!(shown(&fixture::merge_with_change()));
}

#[test]
fn a_rollback_shows_each_finding_at_its_line() {
    assert_snapshot!(shown(&fixture::rollback_with_findings()));
}

#[test]
fn an_inconclusive_experiment_says_which_limit_was_passed_and_what_was_not_measured() {
    assert_snapshot!(shown(&fixture::inconclusive_out_of_fuel()));
}

#[test]
fn an_inherited_error_is_marked() {
    assert_snapshot!(shown(&fixture::adaptations_with_inherited()));
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    let text = shown(&fixture::hostile("\u{1b}[2J\u{202e}evil\u{7}\r\nMERGE\t\u{200b}日本"));
    assert!(
        !text.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}' || c == '\u{200b}')),
        "{text}"
    );
    assert_eq!(text.lines().filter(|line| line.starts_with("MERGE")).count(), 0);
    assert_snapshot!(text);
}

#[test]
fn the_verdict_stands_in_the_first_line() {
    let words = ["MERGE  ", "MERGE  ", "ROLLBACK  ", "INCONCLUSIVE  ", "MERGE WITH ADAPTATIONS  "];
    for (experiment, word) in fixture::all().iter().zip(words) {
        assert!(shown(experiment).starts_with(word));
    }
}

#[test]
fn colour_adds_escape_sequences_and_nothing_else() {
    for experiment in fixture::all() {
        let colored = human(&experiment, &fixture::thresholds(), &COLOR);
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some(at) = rest.find('\u{1b}') {
            plain.push_str(&rest[..at]);
            let end = rest[at..].find('m').expect("a colour's escape sequence ends in m");
            assert!(rest[at + 1..at + end].chars().all(|c| "[;0123456789".contains(c)));
            rest = &rest[at + end + 1..];
        }
        plain.push_str(rest);
        let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert_eq!(trimmed(&plain), trimmed(&shown(&experiment)));
        assert!(colored.contains('\u{1b}'));
    }
}

#[test]
fn many_findings_are_counted_but_not_all_shown() {
    let mut experiment = fixture::rollback_with_findings();
    let one = experiment.evidence.findings[0].clone();
    experiment.evidence.findings.extend(std::iter::repeat_n(one, 500));
    let text = shown(&experiment);
    assert!(text.contains("502 errors") && text.contains("... and 482 more; --format json has all"));
    assert!(text.lines().count() < 250);
}

#[test]
fn what_the_candidate_brings_comes_before_what_it_inherits() {
    let mut experiment = fixture::rollback_with_findings();
    experiment.evidence.findings[0].inherited = true;
    let text = shown(&experiment);
    assert!(text.find("error[T0401]").unwrap() < text.find("error[T0203]").unwrap());
    assert!(text.contains("2 errors, 1 inherited"));
}

fn files() -> Vec<(String, Vec<Finding>, BTreeMap<String, String>)> {
    let source = "{ \"version\": 2,\n  \"naem\": \"x\" }\n";
    let at = |word| place(None, "/version", Some(span(source, word)));
    let partial = "{{#if x}}\n";
    vec![
        (
            "a/one.json".to_owned(),
            vec![
                finding(
                    Severity::Error,
                    "T0201",
                    "the version is no version",
                    at("2,"),
                    Some("write three parts"),
                ),
                finding(Severity::Warning, "T0701", "unknown member `naem`", at("\"naem\""), None),
                finding(
                    Severity::Error,
                    "T0401",
                    "`if` is not closed",
                    place(Some("p/head.hbs"), "", Some(span(partial, "{{#if"))),
                    None,
                ),
            ],
            BTreeMap::from([
                (String::new(), source.to_owned()),
                ("p/head.hbs".to_owned(), partial.to_owned()),
            ]),
        ),
        ("a/two.json".to_owned(), Vec::new(), BTreeMap::new()),
        (
            "b/three.json".to_owned(),
            vec![finding(Severity::Error, "T0201", "the version is no version", Place::default(), None)],
            BTreeMap::new(),
        ),
    ]
}

#[test]
fn checked_files_end_with_a_summary_by_code() {
    let files = files();
    let checked: Vec<CheckedFile<'_>> =
        files.iter().map(|(path, findings, sources)| CheckedFile { path, findings, sources }).collect();
    assert_snapshot!(human_check(&checked, "standard", &PLAIN));
}

#[test]
fn clean_files_are_one_line() {
    let none = BTreeMap::new();
    let files = [CheckedFile { path: "a.json", findings: &[], sources: &none }];
    let text = human_check(&files, "strict", &PLAIN);
    assert_eq!(text, "1 file in profile strict: 0 errors, 0 warnings, 0 notes, 1 without findings\n");
}

fn run_text(outcome: &RunOutcome, report: Option<&Report>, stderr: &[u8]) -> String {
    let (usage, limits) = (fixture::usage(), fixture::limits());
    human_run(
        &GuestRun {
            guest: "echo.wasm",
            outcome,
            usage: &usage,
            limits: &limits,
            engine: report.map(|_| "wasmtime 1.2.3; class small"),
            report,
            stderr,
            isolation: None,
            shadow: None,
            profile: None,
        },
        &PLAIN,
    )
}

#[test]
fn a_completed_run_shows_what_it_found_and_used() {
    let found = finding(
        Severity::Warning,
        "my-lint",
        "a tab",
        place(Some("x.py"), "", Some(Span { line: 3, column: 1, offset: 9, length: 1 })),
        None,
    );
    let report = Report::with_data(vec![found], &serde_json::json!({ "lines": 3 })).unwrap();
    assert_snapshot!(run_text(&RunOutcome::Completed, Some(&report), b"started\n\x1b[31mred\n"));
}

#[test]
fn every_outcome_says_what_happened() {
    let hit = |limit, value, peak| LimitHit { limit, value, peak };
    let outcomes = [
        RunOutcome::Completed,
        RunOutcome::Failed {
            reason: FailedReason::ExitCode,
            exit_code: Some(3),
            excerpt: "panicked\n".to_owned(),
        },
        RunOutcome::Failed { reason: FailedReason::NoOutput, exit_code: Some(0), excerpt: String::new() },
        RunOutcome::Failed {
            reason: FailedReason::NotJson,
            exit_code: Some(0),
            excerpt: "<html>".to_owned(),
        },
        RunOutcome::Failed { reason: FailedReason::WrongShape, exit_code: Some(0), excerpt: "{}".to_owned() },
        RunOutcome::Failed { reason: FailedReason::NoStart, exit_code: None, excerpt: String::new() },
        RunOutcome::Trapped { trap: "integer divide by zero".to_owned() },
        RunOutcome::OutOfFuel(hit(LimitName::Fuel, 1_000_000, 1_000_000)),
        RunOutcome::TimedOut(hit(LimitName::WallTimeMs, 10_000, 10_002)),
        RunOutcome::MemoryExceeded(hit(LimitName::MemoryBytes, 64 << 20, 65 << 20)),
        RunOutcome::TableExceeded(hit(LimitName::TableElements, 100_000, 4_000_000_000)),
        RunOutcome::StackOverflow(hit(LimitName::StackBytes, 512 << 10, 512 << 10)),
        RunOutcome::OutputExceeded(hit(LimitName::StderrBytes, 1 << 20, (1 << 20) + 1)),
        RunOutcome::HostCallExceeded(hit(LimitName::HostCalls, 1_000_000, 1_000_001)),
        RunOutcome::DeniedImport {
            imports: (0..10).map(|n| format!("env::f{n}")).collect(),
            also: Vec::new(),
        },
        RunOutcome::InvalidModule { message: "unexpected end".to_owned() },
        RunOutcome::ModuleTooComplex {
            limits: vec![
                hit(LimitName::Nesting, 512, 50_000),
                hit(LimitName::FunctionBytes, 2 << 20, 3 << 20),
            ],
            also: vec!["it uses features of WebAssembly that are off: threads".to_owned()],
        },
        RunOutcome::Cancelled,
    ];
    let lines: Vec<String> = outcomes
        .iter()
        .map(|outcome| run_text(outcome, None, b"").lines().next().unwrap().to_owned())
        .collect();
    assert_snapshot!(lines.join("\n"));
}

/// How a run out of fuel shows its shadow.
fn shadow_line(found: ShadowFound) -> String {
    let shadow = fixture::shadow(found);
    let (usage, limits) = (fixture::usage(), fixture::limits());
    let hit = LimitHit { limit: LimitName::Fuel, value: limits.fuel, peak: limits.fuel };
    let run = GuestRun {
        guest: "g",
        outcome: &RunOutcome::OutOfFuel(hit),
        usage: &usage,
        limits: &limits,
        engine: None,
        isolation: None,
        report: None,
        stderr: b"",
        shadow: Some(&shadow),
        profile: None,
    };
    let text = human_run(&run, &PLAIN);
    text.lines().find_map(|line| line.strip_prefix("shadow  ")).unwrap().to_owned()
}

#[test]
fn a_shadow_run_says_what_would_have_been_enough() {
    let fuel = Need { limit: LimitName::Fuel, allowed: 1_000_000_000, needed: 1_234_567_890 };
    let memory = Need { limit: LimitName::MemoryBytes, allowed: 64 << 20, needed: 96 << 20 };
    let ended = |outcome, needs| ShadowFound::Ended { outcome, needs };
    let lines = [
        ended(RunOutcome::Completed, vec![fuel]),
        ended(RunOutcome::Completed, vec![memory]),
        ended(RunOutcome::Completed, vec![fuel, memory]),
        ended(RunOutcome::Trapped { trap: "unreachable\u{1b}".to_owned() }, vec![fuel]),
        ShadowFound::NoEnd { limit: LimitName::Fuel },
        ShadowFound::NoEnd { limit: LimitName::MemoryBytes },
        ShadowFound::Otherwise {
            outcome: RunOutcome::TimedOut(LimitHit {
                limit: LimitName::WallTimeMs,
                value: 10_000,
                peak: 10_001,
            }),
        },
        ShadowFound::Otherwise {
            outcome: RunOutcome::HostCallExceeded(LimitHit {
                limit: LimitName::HostCalls,
                value: 1_000_000,
                peak: 1_000_001,
            }),
        },
        ShadowFound::NotTried { why: "the host\u{1b} failed".to_owned() },
    ]
    .map(shadow_line);
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_shadow_run_stands_beside_the_outcome_of_its_run_and_changes_no_verdict() {
    let mut experiment = fixture::inconclusive_out_of_fuel();
    let before = shown(&experiment);
    experiment.shadows = vec![RunShadow {
        check: "render".to_owned(),
        side: Side::Candidate,
        case: Some(3),
        shadow: fixture::shadow(ShadowFound::NoEnd { limit: LimitName::Fuel }),
    }];
    let after = shown(&experiment);
    let added: Vec<&str> = after.lines().filter(|line| !before.lines().any(|other| other == *line)).collect();
    assert_eq!(added, ["    no end in sight within 4 times the fuel"]);
    let at = after.lines().position(|line| line == added[0]).unwrap();
    assert!(after.lines().nth(at - 1).unwrap().contains("render on the candidate, case port=3"), "{after}");
}

#[test]
fn a_profile_says_what_was_counted_and_where_it_is() {
    let (usage, limits) = (fixture::usage(), fixture::limits());
    let stacks = [
        ProfiledStack { caller: None, function: "function 0", fuel: 1 },
        ProfiledStack { caller: Some(0), function: "function 1", fuel: 1_234_566 },
    ];
    let profile = Profile {
        file: "g\u{1b}.svg",
        stacks: &stacks,
        calls: 12_345,
        functions: 2,
        merged_calls: 3,
        named: false,
    };
    let run = GuestRun {
        guest: "g",
        outcome: &RunOutcome::Completed,
        usage: &usage,
        limits: &limits,
        engine: None,
        isolation: None,
        report: None,
        stderr: b"",
        shadow: None,
        profile: Some(&profile),
    };
    assert_snapshot!(human_run(&run, &PLAIN));
}

proptest! {
    #[test]
    fn no_text_reaches_the_terminal_as_a_command(text in any::<String>(), width in 0_usize..200) {
        let experiment = fixture::hostile(&text);
        let shown = human(&experiment, &fixture::thresholds(), &Style { color: false, width });
        prop_assert!(!shown.contains(|c: char| c != '\n' && c.is_control()));
        let lines = shown.lines().count();
        prop_assert!(lines < 200, "{} lines", lines);
    }

    #[test]
    fn no_span_makes_showing_it_panic(line in 0_u32..6, column: u32, offset in 0_u32..120, length: u32) {
        let mut experiment = fixture::rollback_with_findings();
        experiment.evidence.findings[0].place.span = Some(Span { line, column, offset, length });
        prop_assert!(shown(&experiment).starts_with("ROLLBACK"));
    }
}
