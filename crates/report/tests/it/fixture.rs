//! Experiments to show.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use genesis_abi::{Finding, LimitHit, LimitName, Limits, Place, RunOutcome, Severity, Span, Usage};
use genesis_domain::{
    CaseRecord, CaseSide, CheckSpent, CommitId, Digest, Effect, Evidence, Experiment, GuestRef, Judged,
    Measured, Metric, Metrics, NotApplicable, PlanSummary, Remark, RemarkCode, Risk, RunRecord, Seed, Shadow,
    ShadowFound, Side, Step, StepCommit, Subject, TemplateId, Term, VersionRef,
};
use genesis_policy::{Policy, decide};

const SOURCE: &str = "{\n  \"spec_version\": \"2.5.0\",\n\t\"changelog\": { \"2.3.0\": \"überarbeitet\" },\n  \"prompt\": \"Write {{ naem }}\"\n}\n";

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    Policy::load("default", &|path| Err(format!("{path} is not built in")), None).expect("it is built in")
});

pub(crate) fn policy() -> &'static Policy {
    &POLICY
}

pub(crate) fn thresholds() -> Vec<Term> {
    genesis_policy::thresholds(policy().rules())
}

/// A candidate with a baseline, 20 cases that all pass, promoted.
pub(crate) fn merge_with_change() -> Experiment {
    let mut metrics = Metrics::default();
    for metric in Metric::ALL {
        metrics.record(metric, Measured::count(0));
    }
    metrics.record(Metric::Changed, Measured::count(1));
    metrics.record(Metric::ChecksRun, Measured::count(41));
    metrics.record(Metric::Cases, Measured::count(20));
    metrics.record(Metric::DistinctOutputs, Measured::count(12));
    metrics.record(Metric::SuccessRate, Measured::Value { value: 1.0, samples: 20 });
    metrics.record(Metric::Regression, Measured::Value { value: 0.0, samples: 20 });
    metrics.record(Metric::FuelGrowth, Measured::Value { value: 0.031_25, samples: 41 });
    let side = |letter: &str| CaseSide { passed: true, output: Some(digest(letter)), findings: Vec::new() };
    let cases = (0..20).map(|index| CaseRecord {
        name: if index == 0 { "defaults".to_owned() } else { format!("port={index}") },
        answers: serde_json::Map::from_iter([("port".to_owned(), index.into())]),
        candidate: side("rendered"),
        baseline: Some(side("rendered")),
    });
    let evidence = Evidence {
        subject: subject(Some("2.4.0"), "2.5.0"),
        plan: PlanSummary {
            judged: Judged::Rendered,
            cases_possible: 20,
            cases_run: 20,
            selection: "defaults, and each answer varied alone".to_owned(),
        },
        cases: cases.collect(),
        runs: vec![
            run("validate", Side::Candidate, None, RunOutcome::Completed),
            run("render", Side::Candidate, Some(0), RunOutcome::Completed),
        ],
        findings: Vec::new(),
        removed_findings: Vec::new(),
        code: Vec::new(),
        metrics,
    };
    let mut experiment = Experiment {
        id: "019aa0b0-0000-7000-8000-000000000001".parse().unwrap(),
        created_at_ms: 1_763_596_800_000,
        candidate_path: "templates/service.json".to_owned(),
        verdict: decide(policy().rules(), &evidence.metrics),
        evidence,
        effect: Effect::Promoted { branch: "refs/heads/templates/service".to_owned(), commit: commit('a') },
        commits: [
            Step::Checkpoint,
            Step::Candidate,
            Step::Rendered,
            Step::Evidence,
            Step::Verdict,
            Step::Promotion,
        ]
        .into_iter()
        .zip('0'..)
        .map(|(step, digit)| StepCommit { step, commit: commit(digit) })
        .collect(),
        spent: vec![
            spent("validate", Side::Candidate, 1),
            spent("render", Side::Candidate, 20),
            spent("render", Side::Baseline, 20),
        ],
        shadows: Vec::new(),
        sources: BTreeMap::from([(String::new(), SOURCE.to_owned())]),
        measured_us: 12_345,
        committed_us: 6_789,
    };
    judge(&mut experiment);
    experiment
}

/// Nothing was in force before.
pub(crate) fn merge_first_version() -> Experiment {
    let mut experiment = merge_with_change();
    experiment.evidence.subject.baseline = None;
    for case in &mut experiment.evidence.cases {
        case.baseline = None;
    }
    experiment.spent.retain(|spent| spent.side == Side::Candidate);
    let metrics = &mut experiment.evidence.metrics;
    for metric in [Metric::Regression, Metric::FuelGrowth] {
        metrics.record(metric, Measured::NotApplicable(NotApplicable::FirstVersion));
    }
    metrics.record(Metric::DistinctOutputs, Measured::count(1));
    judge(&mut experiment);
    let text = "no version was in force before".to_owned();
    experiment.verdict.remarks.push(Remark { code: RemarkCode::FirstVersion, text });
    experiment
}

/// New errors, a warning in a part, a failing case.
pub(crate) fn rollback_with_findings() -> Experiment {
    let mut experiment = merge_with_change();
    experiment.evidence.findings = vec![
        finding(
            Severity::Error,
            "T0203",
            "the newest changelog entry is 2.3.0, but the version is 2.5.0",
            place(None, "/changelog", Some(span(SOURCE, "\"2.3.0\""))),
            Some("add an entry for 2.5.0 at the top"),
        ),
        finding(
            Severity::Error,
            "T0401",
            "`naem` is no question",
            place(None, "/prompt", Some(span(SOURCE, "naem"))),
            None,
        ),
        finding(
            Severity::Warning,
            "T0602",
            "the partial is longer than a page",
            place(Some("partials/head.hbs"), "", Some(Span { line: 1, column: 3, offset: 2, length: 0 })),
            None,
        ),
        finding(Severity::Note, "my-lint", "no language is named", Place::default(), None),
    ];
    experiment.evidence.removed_findings =
        vec![finding(Severity::Warning, "T0801", "a weight is above 1", Place::default(), None)];
    experiment.sources.insert("partials/head.hbs".to_owned(), "{{> head}}\r\nmore".to_owned());
    let case = &mut experiment.evidence.cases[3];
    case.candidate = CaseSide { passed: false, output: None, findings: vec![1, 1, 99] };
    let metrics = &mut experiment.evidence.metrics;
    metrics.record(Metric::NewErrors, Measured::count(2));
    metrics.record(Metric::NewWarnings, Measured::count(1));
    metrics.record(Metric::SuccessRate, Measured::ratio(19, 20).unwrap());
    metrics.record(Metric::Regression, Measured::ratio(1, 20).unwrap());
    experiment.effect = Effect::RolledBack { in_force: Some(commit('b')) };
    experiment.commits.last_mut().unwrap().step = Step::Rollback;
    judge(&mut experiment);
    experiment
}

/// A run used up its fuel on both sides, so that success could not be measured.
pub(crate) fn inconclusive_out_of_fuel() -> Experiment {
    let mut experiment = merge_with_change();
    let hit = LimitHit { limit: LimitName::Fuel, value: 1_000_000_000, peak: 1_000_000_000 };
    for side in [Side::Candidate, Side::Baseline] {
        for case in [3, 4] {
            experiment.evidence.runs.push(run(
                "render",
                side,
                Some(case),
                RunOutcome::OutOfFuel(hit.clone()),
            ));
        }
    }
    experiment.spent[1].peak.fuel = 1_000_000_000;
    let metrics = &mut experiment.evidence.metrics;
    metrics.record(Metric::IncompleteUnattributed, Measured::count(2));
    for metric in [Metric::SuccessRate, Metric::Regression, Metric::FuelGrowth] {
        metrics.0.remove(&metric);
    }
    experiment.effect = Effect::Unchanged { why: "the verdict is inconclusive".to_owned() };
    experiment.commits.pop();
    judge(&mut experiment);
    experiment
}

/// An error that the version in force has too; compared without recording.
pub(crate) fn adaptations_with_inherited() -> Experiment {
    let mut experiment = merge_with_change();
    let mut inherited = finding(
        Severity::Error,
        "T0301",
        "the default of `port` is none of its choices",
        place(None, "/questions/port", None),
        Some("choose one of them"),
    );
    inherited.inherited = true;
    experiment.evidence.findings = vec![inherited];
    experiment.evidence.metrics.record(Metric::InheritedErrors, Measured::count(1));
    experiment.evidence.plan.cases_possible = 1_000;
    experiment.effect = Effect::NotRecorded { why: "dry run".to_owned() };
    experiment.commits.clear();
    judge(&mut experiment);
    let text = "980 cases beyond the policy's cap were left out".to_owned();
    experiment.verdict.remarks.push(Remark { code: RemarkCode::CasesSampled, text });
    experiment
}

/// Every text that comes from a template or a guest tries to command the terminal.
pub(crate) fn hostile(text: &str) -> Experiment {
    let mut experiment = rollback_with_findings();
    experiment.candidate_path = text.into();
    experiment.sources =
        BTreeMap::from([(String::new(), format!("{text}\n{text}\n")), (text.to_owned(), text.to_owned())]);
    let evidence = &mut experiment.evidence;
    let version = VersionRef { kind: text.to_owned(), version: Some(text.to_owned()), digest: digest("x") };
    evidence.subject.candidate = version.clone();
    evidence.subject.baseline = Some(version);
    evidence.subject.profile = text.into();
    evidence.subject.policy = text.into();
    evidence.plan.selection = text.into();
    let wild = Span { line: 1, column: 2, offset: 1, length: u32::MAX };
    for finding in &mut evidence.findings {
        finding.code = text.into();
        finding.message = text.into();
        finding.help = Some(text.to_owned());
        finding.place = place(Some(text), text, Some(wild));
    }
    evidence.findings[0].place.file = None;
    for case in &mut evidence.cases {
        case.name = text.into();
        case.candidate.passed = false;
    }
    let imports = vec![text.to_owned(); 20];
    evidence.runs.push(run(
        text,
        Side::Candidate,
        Some(u32::MAX),
        RunOutcome::DeniedImport { imports, also: Vec::new() },
    ));
    evidence.runs.push(run(text, Side::Candidate, Some(1), RunOutcome::Trapped { trap: text.to_owned() }));
    experiment.spent[0].check = text.into();
    for reason in &mut experiment.verdict.reasons {
        reason.rule = text.into();
        reason.text = text.into();
    }
    experiment.verdict.remarks = vec![Remark { code: RemarkCode::CasesSampled, text: text.to_owned() }];
    experiment.effect = Effect::NotRecorded { why: text.to_owned() };
    experiment
}

pub(crate) fn all() -> Vec<Experiment> {
    vec![
        merge_first_version(),
        merge_with_change(),
        rollback_with_findings(),
        inconclusive_out_of_fuel(),
        adaptations_with_inherited(),
        hostile("\u{1b}[2J\u{202e}\r\n\t日本"),
    ]
}

pub(crate) fn limits() -> Limits {
    policy().limits_for("any")
}

/// The shadow of a run under the usual limits.
pub(crate) fn shadow(found: ShadowFound) -> Shadow {
    let allowed = limits();
    let tried = Limits { fuel: 4 * allowed.fuel, memory_bytes: 4 * allowed.memory_bytes, ..allowed };
    Shadow { allowed, tried, found }
}

pub(crate) fn usage() -> Usage {
    Usage {
        fuel: 1_234_567,
        peak_memory_bytes: 1_245_184,
        peak_table_elements: 12,
        stdout_bytes: 321,
        stderr_bytes: 0,
        host_calls: 7,
        host_call_log: "ab".repeat(32),
        wall_time_us: Some(830),
    }
}

pub(crate) fn finding(
    severity: Severity,
    code: &str,
    message: &str,
    place: Place,
    help: Option<&str>,
) -> Finding {
    Finding {
        severity,
        code: code.to_owned(),
        message: message.to_owned(),
        place,
        help: help.map(str::to_owned),
        inherited: false,
    }
}

pub(crate) fn place(file: Option<&str>, pointer: &str, span: Option<Span>) -> Place {
    Place { file: file.map(str::to_owned), pointer: Some(pointer.to_owned()), span }
}

/// The span of the first occurrence of a word.
pub(crate) fn span(text: &str, word: &str) -> Span {
    let at = text.find(word).unwrap();
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    Span {
        line: u32::try_from(text[..start].matches('\n').count()).unwrap() + 1,
        column: u32::try_from(text[start..at].chars().count()).unwrap() + 1,
        offset: u32::try_from(at).unwrap(),
        length: u32::try_from(word.len()).unwrap(),
    }
}

fn judge(experiment: &mut Experiment) {
    experiment.verdict = decide(policy().rules(), &experiment.evidence.metrics);
}

fn subject(baseline: Option<&str>, candidate: &str) -> Subject {
    let version = |version: &str| VersionRef {
        kind: "quality".to_owned(),
        version: Some(version.to_owned()),
        digest: digest(version),
    };
    Subject {
        template: TemplateId::new("quality_template:elixir-production").unwrap(),
        candidate: version(candidate),
        baseline: baseline.map(version),
        policy: "default".to_owned(),
        policy_digest: digest("policy"),
        profile: "standard".to_owned(),
        risk: Risk::Medium,
        seed: Seed(u64::MAX),
        engine: "engine 1".to_owned(),
        guests: vec![GuestRef {
            name: "validate-template".to_owned(),
            digest: digest("guest"),
            built_in: true,
            engine: Some("engine 1".to_owned()),
        }],
    }
}

fn run(check: &str, side: Side, case: Option<u32>, outcome: RunOutcome) -> RunRecord {
    RunRecord {
        check: check.to_owned(),
        guest: digest("guest"),
        side,
        case,
        report: outcome.is_completed().then(|| digest("report")),
        outcome,
        usage: usage().without_wall_time(),
    }
}

fn spent(check: &str, side: Side, runs: u64) -> CheckSpent {
    CheckSpent { check: check.to_owned(), side, runs, limits: limits(), peak: usage() }
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn commit(digit: char) -> CommitId {
    String::from(digit).repeat(40).parse().unwrap()
}
