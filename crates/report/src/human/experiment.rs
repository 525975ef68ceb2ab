//! An experiment: the verdict first, then why, then what was found and what it cost.

use genesis_abi::{Analysis, Finding, Severity};
use genesis_domain::{
    CaseRecord, CommitId, Decision, Effect, Evidence, Experiment, Judged, Measured, Metric, Side, Term,
    VersionRef,
};

use super::finding::explained;
use super::incomplete::incomplete;
use super::snippet::Sources;
use super::{Page, Style, counted, escape, of_decision, outcome, quantity};

/// Most findings shown of one severity.
const MOST_FINDINGS: usize = 20;
/// Most failing cases, and runs that did not complete, that are shown.
const MOST_ROWS: usize = 10;
/// Most characters of a name that stands in a row.
const MOST_CHARACTERS: usize = 200;

/// The experiment for people. `thresholds` are the comparisons of the policy's rules, shown beside the metrics.
pub fn human(experiment: &Experiment, thresholds: &[Term], style: &Style) -> String {
    let mut page = Page::new(style);
    page.verdict(experiment);
    page.subject(experiment);
    page.incomplete(experiment);
    page.failing_cases(experiment);
    page.findings(experiment);
    page.metrics(experiment, thresholds);
    page.code(experiment);
    page.limits(experiment);
    page.next(experiment);
    page.text
}

impl Page {
    fn verdict(&mut self, experiment: &Experiment) {
        let (paint, word) = of_decision(experiment.verdict.decision);
        let subject = &experiment.evidence.subject;
        let headline = format!(
            "{}  {}  {}",
            self.paint(paint, word),
            escape::line(subject.template.as_str()),
            versions(subject.baseline.as_ref(), &subject.candidate)
        );
        self.line(headline);
        for reason in &experiment.verdict.reasons {
            self.line(format!("  {}: {}", escape::line(&reason.rule), escape::line(&reason.text)));
            for term in &reason.terms {
                self.line(format!("    {}", term_words(term)));
            }
        }
        for remark in &experiment.verdict.remarks {
            self.line(format!("  {}: {}", remark.code.as_str(), escape::line(&remark.text)));
        }
        self.line(format!("  {}", effect_words(&experiment.effect)));
    }

    fn subject(&mut self, experiment: &Experiment) {
        let subject = &experiment.evidence.subject;
        let plan = &experiment.evidence.plan;
        self.gap();
        self.line(format!(
            "checked  {}, a template of kind {}",
            escape::line(&experiment.candidate_path),
            escape::clipped(&subject.candidate.kind, MOST_CHARACTERS)
        ));
        self.line(format!(
            "under    policy {} ({}), profile {}, risk {}, seed {}",
            escape::line(&subject.policy),
            subject.policy_digest.short(),
            escape::line(&subject.profile),
            subject.risk.as_str(),
            subject.seed.0
        ));
        let cases = match plan.judged {
            Judged::ValidationOnly => {
                "none: a template of this kind renders nothing and is validated alone".to_owned()
            }
            Judged::Rendered | Judged::Prompts => {
                let what = if plan.judged == Judged::Prompts { " (prompts, no generated code)" } else { "" };
                let cases = counted(plan.cases_run, "case", "cases");
                let of = if plan.cases_possible > plan.cases_run {
                    format!(" of {}", quantity::whole(plan.cases_possible))
                } else {
                    String::new()
                };
                let outputs = match experiment.evidence.metrics.get(Metric::DistinctOutputs) {
                    Some(Measured::Value { value, .. }) => {
                        let many = if (value - 1.0).abs() < 0.5 { "output" } else { "outputs" };
                        format!(", {} distinct {many}", quantity::number(value))
                    }
                    _ => String::new(),
                };
                format!("{cases}{of}{outputs}{what}: {}", escape::line(&plan.selection))
            }
        };
        self.line(format!("cases    {cases}"));
        let recorded = if experiment.commits.is_empty() {
            String::new()
        } else {
            format!(", recorded in {}", quantity::micros(experiment.committed_us))
        };
        self.line(format!("time     measured in {}{recorded}", quantity::micros(experiment.measured_us)));
    }

    fn incomplete(&mut self, experiment: &Experiment) {
        let groups = incomplete(experiment);
        if groups.is_empty() {
            return;
        }
        self.heading("runs that did not complete");
        for group in groups.iter().take(MOST_ROWS) {
            self.line(format!("  {}", group.ended));
            if let Some(shadow) = &group.shadow {
                self.line(format!("    {shadow}"));
            }
        }
        self.more(groups.len(), MOST_ROWS);
    }

    fn failing_cases(&mut self, experiment: &Experiment) {
        let evidence = &experiment.evidence;
        let failing: Vec<&CaseRecord> = evidence.cases.iter().filter(|case| !case.candidate.passed).collect();
        if failing.is_empty() {
            return;
        }
        let all = evidence.cases.len() as u64;
        self.heading(&format!(
            "failing cases ({} of {})",
            quantity::whole(failing.len() as u64),
            quantity::whole(all)
        ));
        for case in failing.iter().take(MOST_ROWS) {
            let passed_before = case.baseline.as_ref().is_some_and(|baseline| baseline.passed);
            let before = if passed_before { ", passes on the baseline" } else { "" };
            let mut codes: Vec<&str> = Vec::new();
            for finding in
                case.candidate.findings.iter().filter_map(|index| finding_at(&evidence.findings, *index))
            {
                if !codes.contains(&finding.code.as_str()) {
                    codes.push(&finding.code);
                }
            }
            let codes: Vec<String> = codes.iter().take(5).map(|code| escape::clipped(code, 64)).collect();
            let codes = if codes.is_empty() { String::new() } else { format!(": {}", codes.join(", ")) };
            self.line(format!("  {}{before}{codes}", escape::clipped(&case.name, MOST_CHARACTERS)));
        }
        self.more(failing.len(), MOST_ROWS);
    }

    fn findings(&mut self, experiment: &Experiment) {
        let evidence = &experiment.evidence;
        let mut sources = Sources::new(&experiment.sources);
        for (severity, one, many) in [
            (Severity::Error, "error", "errors"),
            (Severity::Warning, "warning", "warnings"),
            (Severity::Note, "note", "notes"),
        ] {
            // What the candidate brings comes before what it inherits.
            let mut findings: Vec<(u32, &Finding)> =
                (0..).zip(&evidence.findings).filter(|(_, finding)| finding.severity == severity).collect();
            findings.sort_by_key(|(_, finding)| finding.inherited);
            if findings.is_empty() {
                continue;
            }
            let inherited = findings.iter().filter(|(_, finding)| finding.inherited).count();
            let inherited = if inherited > 0 { format!(", {inherited} inherited") } else { String::new() };
            self.heading(&format!("{}{inherited}", counted(findings.len() as u64, one, many)));
            for (index, finding) in findings.iter().take(MOST_FINDINGS) {
                let cases = cases_words(evidence, *index);
                self.finding_in(finding, cases.as_deref(), &experiment.candidate_path, &mut sources);
                self.gap();
            }
            self.more(findings.len(), MOST_FINDINGS);
        }
        if !evidence.removed_findings.is_empty() {
            let removed = evidence.removed_findings.len() as u64;
            self.gap();
            self.line(format!("{} of the baseline no longer there", counted(removed, "finding", "findings")));
        }
    }

    fn metrics(&mut self, experiment: &Experiment, thresholds: &[Term]) {
        let rows = metric_rows(experiment, thresholds);
        if rows.is_empty() {
            return;
        }
        self.heading("metrics, and what the rules compare them with");
        let names = rows.iter().map(|(name, _, _)| name.len()).max().unwrap_or_default();
        let values = rows.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or_default();
        for (name, value, rules) in rows {
            self.line(format!("  {name:<names$}  {value:<values$}  {}", self.faint(&rules)));
        }
    }

    fn limits(&mut self, experiment: &Experiment) {
        if experiment.spent.is_empty() {
            return;
        }
        self.heading("most that one run of a check used, of what it was allowed");
        let label = |check: &str, side| format!("{} {}", escape::clipped(check, 64), side_word(side));
        let width =
            experiment.spent.iter().map(|spent| label(&spent.check, spent.side).chars().count()).max();
        let width = width.unwrap_or_default();
        for spent in &experiment.spent {
            let runs = counted(spent.runs, "run", "runs");
            let label = label(&spent.check, spent.side);
            self.line(format!("  {label:<width$}  {}; {runs}", outcome::spent(&spent.peak, &spent.limits)));
        }
    }

    fn code(&mut self, experiment: &Experiment) {
        if experiment.evidence.code.is_empty() {
            return;
        }
        self.heading("code that was rendered");
        for summary in &experiment.evidence.code {
            let by = escape::line(&summary.by);
            let by =
                if summary.exact { by } else { format!("{by}, a grammar that is laxer than a compiler") };
            let looked = format!(
                "{} with {} in {}",
                counted(summary.files, "file", "files"),
                counted(summary.lines, "line", "lines"),
                counted(summary.cases, "case", "cases")
            );
            let did = match (summary.analysis, &summary.tests) {
                (Analysis::Syntax, _) => "parsed".to_owned(),
                (Analysis::Lint, _) => format!("held against {}", counted(summary.rules, "rule", "rules")),
                (Analysis::Run, Some(tests)) => format!(
                    "run: {} of {} passed, {} failed, {} raised, {} skipped",
                    tests.passed,
                    counted(tests.passed + tests.failed + tests.errored + tests.skipped, "test", "tests"),
                    tests.failed,
                    tests.errored,
                    tests.skipped
                ),
                (Analysis::Run, None) => "run, without a test".to_owned(),
            };
            self.line(format!("  {}: {looked} {did}, by {by}", escape::clipped(&summary.check, 64)));
        }
    }

    fn next(&mut self, experiment: &Experiment) {
        let mut steps: Vec<(String, &str)> = Vec::new();
        let weighty =
            experiment.evidence.findings.iter().filter(|finding| finding.severity != Severity::Note);
        for code in explained(weighty).into_iter().take(3) {
            steps.push((format!("genesis explain {code}"), "what it means and how to mend it"));
        }
        let limited = experiment.evidence.runs.iter().any(|run| run.outcome.limit_hit().is_some());
        if limited {
            let policy = escape::line(&experiment.evidence.subject.policy);
            steps.push((format!("genesis policy show {policy}"), "the limits in force and who set them"));
        }
        if !experiment.commits.is_empty() {
            steps.push((format!("genesis history show {}", experiment.id), "every step of it"));
            if experiment.verdict.decision != Decision::Merge {
                steps.push((format!("genesis replay {}", experiment.id), "run it again, bit for bit"));
            }
        }
        if steps.is_empty() {
            return;
        }
        self.heading("next");
        let width = steps.iter().map(|(command, _)| command.chars().count()).max().unwrap_or_default();
        for (command, why) in steps {
            self.line(format!("  {command:<width$}  {}", self.faint(why)));
        }
    }

    /// Says how many were left out.
    fn more(&mut self, all: usize, shown: usize) {
        if all > shown {
            self.line(format!("  ... and {} more; --format json has all", all - shown));
        }
    }
}

/// Metrics by name, with what was measured and what the rules compare it with, in words. Counts of nothing are left out
/// where they say nothing.
pub(crate) fn metric_rows(
    experiment: &Experiment,
    thresholds: &[Term],
) -> Vec<(&'static str, String, String)> {
    let brief = experiment.verdict.decision == Decision::Merge;
    let mut rows = Vec::new();
    for metric in Metric::ALL {
        let measured = experiment.evidence.metrics.get(metric);
        let rules: Vec<String> = thresholds
            .iter()
            .filter(|term| term.metric == metric)
            .map(|term| format!("{} {}", term.operator.as_str(), quantity::number(term.threshold)))
            .collect();
        // Of a merge, a count of nothing is no news; what was not measured or does not apply is.
        let nothing = matches!(measured, Some(Measured::Value { value, .. }) if value.abs() < f64::EPSILON);
        if (rules.is_empty() && (measured.is_none() || nothing)) || (brief && nothing && !is_ratio(metric)) {
            continue;
        }
        rows.push((metric.as_str(), measured_words(metric, measured), rules.join(", ")));
    }
    rows
}

fn finding_at(findings: &[Finding], index: u32) -> Option<&Finding> {
    findings.get(usize::try_from(index).ok()?)
}

/// In which cases a finding is; nothing when it is of the template itself, or there is only one case.
fn cases_words(evidence: &Evidence, finding: u32) -> Option<String> {
    let all = evidence.cases.len() as u64;
    let many = evidence.cases_with(finding).count() as u64;
    let first = evidence.cases_with(finding).next().filter(|_| all > 1)?;
    if many == all {
        return Some(format!("in all {} cases", quantity::whole(all)));
    }
    let place = if many == 1 { ":" } else { ", first in" };
    let name = escape::clipped(&first.name, MOST_CHARACTERS);
    Some(format!("in {} of {} cases{place} {name}", quantity::whole(many), quantity::whole(all)))
}

/// From which version to which, in words.
pub(crate) fn versions(baseline: Option<&VersionRef>, candidate: &VersionRef) -> String {
    let version = |of: &VersionRef| match &of.version {
        Some(version) => escape::clipped(version, 64),
        None => of.digest.short().to_owned(),
    };
    match baseline {
        Some(baseline) => format!("{} -> {}", version(baseline), version(candidate)),
        None => format!("{} (first version)", version(candidate)),
    }
}

/// What became of the version in force, in words.
pub(crate) fn effect_words(effect: &Effect) -> String {
    let short = |commit: &CommitId| commit.as_str()[..12].to_owned();
    match effect {
        Effect::Promoted { branch, commit } => {
            format!("now in force: {} on {}", short(commit), escape::line(branch))
        }
        Effect::RolledBack { in_force: Some(commit) } => {
            format!("rolled back; {} stays in force", short(commit))
        }
        Effect::RolledBack { in_force: None } => "rolled back; no version is in force".to_owned(),
        Effect::Unchanged { why } => format!("the version in force is what it was: {}", escape::line(why)),
        Effect::NotRecorded { why } => format!("nothing was recorded: {}", escape::line(why)),
    }
}

pub(super) fn side_word(side: Side) -> &'static str {
    match side {
        Side::Candidate => "candidate",
        Side::Baseline => "baseline",
    }
}

/// A comparison of a rule, in words.
pub(crate) fn term_words(term: &Term) -> String {
    let threshold = format!("{} {}", term.operator.as_str(), quantity::number(term.threshold));
    match term.measured {
        Some(Measured::Value { .. }) => {
            format!(
                "{} is {}, the rule compares {threshold}",
                term.metric,
                measured_words(term.metric, term.measured)
            )
        }
        Some(Measured::NotApplicable(reason)) => {
            format!("{} {threshold} is left out: {}", term.metric, reason.as_str())
        }
        None => format!("{} {threshold}: not measured", term.metric),
    }
}

/// What was measured, in words.
pub(crate) fn measured_words(metric: Metric, measured: Option<Measured>) -> String {
    match measured {
        None => "not measured".to_owned(),
        Some(Measured::NotApplicable(reason)) => format!("not applicable ({})", reason.as_str()),
        Some(Measured::Value { value, samples }) if is_ratio(metric) => {
            let of = part_of(value, samples)
                .filter(|_| metric != Metric::FuelGrowth)
                .map_or_else(|| counted(samples, "sample", "samples"), |part| format!("{part} of {samples}"));
            format!("{} ({of})", quantity::number(value))
        }
        Some(Measured::Value { value, .. }) => quantity::number(value),
    }
}

/// The count that a ratio over samples comes from, when it is one exactly.
fn part_of(ratio: f64, samples: u64) -> Option<f64> {
    let part = (ratio * samples as f64).round();
    (samples > 0 && (part / samples as f64 - ratio).abs() < f64::EPSILON).then_some(part)
}

/// Whether a metric is a ratio over samples rather than a count.
fn is_ratio(metric: Metric) -> bool {
    matches!(metric, Metric::SuccessRate | Metric::Regression | Metric::FuelGrowth)
}
