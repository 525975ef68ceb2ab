//! From runs to evidence: findings, cases, metrics. Pure; the order in which runs ended plays no part.

use std::collections::{BTreeMap, BTreeSet};

use genesis_abi::{Applies, Finding, Place, Rendering, Severity, Usage};
use genesis_domain::{
    CaseRecord, CaseSide, CheckSpent, CodeSummary, Digest, Evidence, GuestRef, Judged, Measured, Metric,
    Metrics, NotApplicable, RunRecord, Side, Subject,
};
use genesis_policy::Policy;

use crate::codes::HOST_FAILED;
use crate::measure::{Done, Finished, Measurement, Rendered};
use crate::plan::Plan;
use crate::request::Request;
use crate::runner::Runner;

/// Turns runs into evidence. `done` is sorted by check, side and case.
pub(crate) fn collect(request: &Request, plan: &Plan, runner: &Runner, done: Vec<Done>) -> Measurement {
    let mut sides = BTreeMap::from([(Side::Candidate, OneSide::of(Side::Candidate, request, plan, &done))]);
    if request.baseline.is_some() {
        sides.insert(Side::Baseline, OneSide::of(Side::Baseline, request, plan, &done));
    }
    let baseline = sides.remove(&Side::Baseline);
    let mut candidate = sides.remove(&Side::Candidate).expect("the candidate's side was just made");
    let removed =
        mark_inherited(&mut candidate.findings, baseline.as_ref().map(|side| side.findings.as_slice()));
    candidate.settle_validation(plan, request);

    let cases = plan
        .cases
        .iter()
        .enumerate()
        .map(|(index, case)| CaseRecord {
            name: case.name.clone(),
            answers: case.answers.clone(),
            candidate: candidate.cases[index].clone(),
            baseline: baseline
                .as_ref()
                .filter(|_| plan.sample(index).is_none())
                .map(|side| CaseSide { findings: Vec::new(), ..side.cases[index].clone() }),
        })
        .collect::<Vec<_>>();
    let renderings = distinct(plan, &done);
    let sources = sources(request, &candidate, &renderings);
    let metrics = metrics(request, plan, &done, &candidate.findings, &removed, &cases, renderings.len());
    let subject = Subject {
        template: request.template.clone(),
        candidate: plan.candidate.clone(),
        baseline: plan.baseline.clone(),
        policy: request.policy.name().to_owned(),
        policy_digest: request.policy.digest(),
        profile: request.profile.as_str().to_owned(),
        risk: request.risk,
        seed: plan.seed,
        engine: runner.fingerprint(request.policy.class_for("render-template")),
        guests: plan
            .checks
            .iter()
            .map(|check| {
                let engine = check.loaded.as_ref().ok().and_then(|loaded| runner.engine_of(loaded));
                GuestRef { engine, ..check.guest.clone() }
            })
            .collect(),
    };
    let spent = spent(plan, &done);
    let code = code_summaries(plan, &done);
    let runs = done.into_iter().filter_map(|run| record(plan, run)).collect();
    let evidence = Evidence {
        subject,
        plan: plan.summary.clone(),
        cases,
        runs,
        findings: candidate.findings,
        removed_findings: removed,
        code,
        metrics,
    };
    Measurement { evidence, renderings, spent, sources, unfinished: Vec::new() }
}

/// Findings and cases of one side.
struct OneSide {
    findings: Vec<Finding>,
    cases: Vec<CaseSide>,
}

impl OneSide {
    fn of(side: Side, request: &Request, plan: &Plan, done: &[Done]) -> Self {
        let mut findings = Vec::new();
        let mut known = Known::default();
        let mut cases: Vec<CaseSide> = plan
            .cases
            .iter()
            .map(|_| CaseSide { passed: true, output: None, findings: Vec::new() })
            .collect();
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut rendered_any = false;
        for run in done.iter().filter(|run| run.side == side) {
            let planned = &plan.checks[run.check];
            let finished = match &run.result {
                Ok(finished) => finished,
                Err(why) => {
                    findings.push(host_failed(&planned.name, why));
                    if let Some(case) = run.case {
                        cases[case].passed = false;
                    }
                    continue;
                }
            };
            let Some(case) = run.case else {
                findings.extend(finished.findings.iter().cloned());
                continue;
            };
            if planned.required && !finished.outcome.is_completed() {
                cases[case].passed = false;
            }
            if let Some(rendering) = &finished.rendering {
                rendered_any = true;
                used.extend(rendering.used_answers.iter().cloned());
                cases[case].output = Some(output_digest(rendering));
            }
            for finding in &finished.findings {
                if counts_as_error(finding, &request.policy) {
                    cases[case].passed = false;
                }
                // The same finding in many cases is one finding, and each case names it.
                let of_rendered = matches!(planned.applies, Applies::Case | Applies::Code);
                let index = known.index(&mut findings, finding, case, &cases[case].findings, of_rendered);
                cases[case].findings.push(index);
            }
        }
        let text = match (side, &request.baseline) {
            (Side::Baseline, Some(baseline)) => &baseline.text,
            _ => &request.candidate,
        };
        if rendered_any {
            findings.extend(genesis_template::unused_answers(&used, &genesis_template::variables_of(text)));
        }
        if side == Side::Candidate {
            findings.extend(plan.findings.iter().cloned());
        }
        for case in &mut cases {
            case.findings.sort_unstable();
            case.findings.dedup();
        }
        Self { findings, cases }
    }

    /// A template that renders nothing has one case, the template itself: it passes when every required check of the
    /// template completed and found no error that the baseline does not have.
    fn settle_validation(&mut self, plan: &Plan, request: &Request) {
        if plan.summary.judged != Judged::ValidationOnly {
            return;
        }
        let new_error = self
            .findings
            .iter()
            .any(|finding| !finding.inherited && counts_as_error(finding, &request.policy));
        for case in &mut self.cases {
            case.passed &= !new_error;
        }
    }
}

/// Findings on cases that are known already.
#[derive(Default)]
struct Known {
    /// With the case, where the place differs from case to case.
    exactly: BTreeMap<(Option<usize>, Finding), u32>,
    /// By everything but the place within the file.
    anywhere: BTreeMap<Finding, Vec<u32>>,
}

impl Known {
    /// The index of a finding on a case, which is added when it is new. `of_case` are those that the case has named so
    /// far.
    ///
    /// In a rendered file a fault stands behind what differs from case to case, so its place within the file does not
    /// make it another; two faults in one case stay two, however alike they are.
    fn index(
        &mut self,
        findings: &mut Vec<Finding>,
        finding: &Finding,
        case: usize,
        of_case: &[u32],
        of_rendered: bool,
    ) -> u32 {
        let exact = (of_rendered.then_some(case), finding.clone());
        if let Some(index) = self.exactly.get(&exact) {
            return *index;
        }
        let mut anywhere = finding.clone();
        if of_rendered {
            anywhere.place.span = None;
        }
        let alike = self.anywhere.entry(anywhere).or_default();
        let unnamed = alike.iter().find(|index| of_rendered && !of_case.contains(index)).copied();
        let index = unnamed.unwrap_or_else(|| {
            findings.push(finding.clone());
            let index = index_of(findings.len() - 1);
            alike.push(index);
            index
        });
        self.exactly.insert(exact, index);
        index
    }
}

pub(crate) fn index_of(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn host_failed(check: &str, why: &str) -> Finding {
    Finding {
        severity: Severity::Note,
        code: HOST_FAILED.to_owned(),
        message: format!("the host could not carry out a run of check `{check}`: {why}"),
        place: Place::default(),
        help: Some("this says nothing about the candidate; run it again, or run `genesis doctor`".to_owned()),
        inherited: false,
    }
}

/// Whether a finding counts as an error: one that the policy waives does not.
fn counts_as_error(finding: &Finding, policy: &Policy) -> bool {
    finding.severity == Severity::Error && policy.waiver(&finding.code).is_none()
}

/// Marks findings that the baseline has too, each of the baseline's at most once, and gives those that are left.
fn mark_inherited(candidate: &mut [Finding], baseline: Option<&[Finding]>) -> Vec<Finding> {
    let mut left: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in baseline.unwrap_or_default().iter().rev() {
        left.entry(finding.identity()).or_default().push(finding);
    }
    for finding in candidate {
        if let Some(same) = left.get_mut(&(finding.code.as_str(), finding.message.as_str())) {
            finding.inherited = same.pop().is_some();
        }
    }
    let mut removed: Vec<Finding> = left.into_values().flatten().cloned().collect();
    removed.sort();
    removed
}

fn distinct(plan: &Plan, done: &[Done]) -> Vec<Rendered> {
    let mut renderings: Vec<Rendered> = Vec::new();
    let mut known: BTreeMap<Digest, usize> = BTreeMap::new();
    for run in done.iter().filter(|run| run.side == Side::Candidate) {
        let (Some(case), Ok(Finished { rendering: Some(rendering), .. })) = (run.case, &run.result) else {
            continue;
        };
        if plan.checks[run.check].applies != Applies::Render {
            continue;
        }
        let index = *known.entry(output_digest(rendering)).or_insert_with(|| {
            renderings.push(Rendered { cases: Vec::new(), rendering: rendering.clone() });
            renderings.len() - 1
        });
        renderings[index].cases.push(case);
    }
    renderings
}

/// Digest of what was rendered: the files, not what was looked at on the way.
fn output_digest(rendering: &Rendering) -> Digest {
    let bytes = serde_json::to_vec(&rendering.files).expect("files hold only strings");
    Digest::of(&bytes)
}

/// Texts that findings point into. Of a file that differs from case to case it is the one in which the first of its
/// findings stands.
fn sources(request: &Request, candidate: &OneSide, renderings: &[Rendered]) -> BTreeMap<String, String> {
    let mut sources = BTreeMap::from([(String::new(), request.candidate.text.clone())]);
    for (index, finding) in candidate.findings.iter().enumerate() {
        let Some(file) = finding.place.file.as_ref().filter(|file| !sources.contains_key(*file)) else {
            continue;
        };
        let case = candidate.cases.iter().position(|case| case.findings.contains(&index_of(index)));
        let of_case =
            renderings.iter().filter(|rendered| case.is_some_and(|case| rendered.cases.contains(&case)));
        let text = request.candidate.parts.get(file).or_else(|| {
            let mut files = of_case.chain(renderings).flat_map(|rendered| &rendered.rendering.files);
            files.find(|rendered| rendered.path == *file).map(|rendered| &rendered.text)
        });
        if let Some(text) = text {
            sources.insert(file.clone(), text.clone());
        }
    }
    sources
}

fn metrics(
    request: &Request,
    plan: &Plan,
    done: &[Done],
    findings: &[Finding],
    removed: &[Finding],
    cases: &[CaseRecord],
    distinct_outputs: usize,
) -> Metrics {
    let mut metrics = Metrics::default();
    let mut count = |metric, value: usize| metrics.record(metric, Measured::count(value as u64));
    let errors = |inherited: bool| {
        findings
            .iter()
            .filter(|finding| finding.inherited == inherited && counts_as_error(finding, &request.policy))
            .count()
    };
    let incomplete = incomplete(plan, done, request.baseline.is_some());
    count(Metric::HostFailures, done.iter().filter(|run| run.result.is_err()).count());
    count(Metric::IncompleteUnattributed, incomplete.unattributed);
    count(Metric::IncompleteCandidateOnly, incomplete.candidate_only);
    count(Metric::NewErrors, errors(false));
    count(Metric::InheritedErrors, errors(true));
    let added = findings.iter().filter(|finding| !finding.inherited && finding.severity != Severity::Note);
    count(Metric::FindingsAdded, added.clone().count());
    count(Metric::NewWarnings, added.filter(|finding| finding.severity == Severity::Warning).count());
    count(Metric::FindingsRemoved, removed.len());
    count(Metric::ChecksRun, done.iter().filter(|run| run.side == Side::Candidate && completed(run)).count());
    count(Metric::Cases, cases.len());
    let changed = plan.baseline.as_ref().is_none_or(|baseline| baseline.digest != plan.candidate.digest);
    count(Metric::Changed, usize::from(changed));
    let lacks_samples = plan.summary.judged == Judged::Prompts
        && request.policy.requires_generated_code()
        && plan.samples == 0;
    count(Metric::MissingSamples, usize::from(lacks_samples));
    if plan.summary.judged == Judged::ValidationOnly {
        let nothing = Measured::NotApplicable(NotApplicable::NothingRendered);
        metrics.record(Metric::DistinctOutputs, nothing);
    } else {
        metrics.record(Metric::DistinctOutputs, Measured::count(distinct_outputs as u64));
    }

    let passed = cases.iter().filter(|case| case.candidate.passed).count() as u64;
    if let Some(rate) = Measured::ratio(passed, cases.len() as u64) {
        metrics.record(Metric::SuccessRate, rate);
    }
    if let Some(regression) = regression(request.baseline.is_some(), cases) {
        metrics.record(Metric::Regression, regression);
    }
    if let Some(growth) = fuel_growth(plan, done, request.baseline.is_some()) {
        metrics.record(Metric::FuelGrowth, growth);
    }
    metrics
}

fn completed(run: &Done) -> bool {
    run.result.as_ref().is_ok_and(|finished| finished.outcome.is_completed())
}

struct Incomplete {
    unattributed: usize,
    candidate_only: usize,
}

/// A run that does not complete is the candidate's doing only when the same run completes on the baseline.
fn incomplete(plan: &Plan, done: &[Done], has_baseline: bool) -> Incomplete {
    let on_baseline: BTreeMap<(usize, Option<usize>), bool> = done
        .iter()
        .filter(|run| run.side == Side::Baseline)
        .map(|run| ((run.check, run.case), completed(run)))
        .collect();
    let mut incomplete = Incomplete { unattributed: 0, candidate_only: 0 };
    for run in done.iter().filter(|run| run.side == Side::Candidate && plan.checks[run.check].required) {
        if run.result.is_err() || completed(run) {
            continue;
        }
        if has_baseline && on_baseline.get(&(run.check, run.case)) == Some(&true) {
            incomplete.candidate_only += 1;
        } else {
            incomplete.unattributed += 1;
        }
    }
    incomplete
}

fn regression(has_baseline: bool, cases: &[CaseRecord]) -> Option<Measured> {
    if !has_baseline {
        return Some(Measured::NotApplicable(NotApplicable::FirstVersion));
    }
    if cases.is_empty() {
        return None;
    }
    let passing: Vec<&CaseRecord> =
        cases.iter().filter(|case| case.baseline.as_ref().is_some_and(|side| side.passed)).collect();
    let worse = passing.iter().filter(|case| !case.candidate.passed).count() as u64;
    let nothing = Measured::NotApplicable(NotApplicable::BaselinePassesNothing);
    Some(Measured::ratio(worse, passing.len() as u64).unwrap_or(nothing))
}

/// Growth over the runs of cases that completed on both sides. The template's own validation is left out: the
/// candidate is compared with the baseline there, which the baseline is not.
fn fuel_growth(plan: &Plan, done: &[Done], has_baseline: bool) -> Option<Measured> {
    if plan.summary.judged == Judged::ValidationOnly {
        return Some(Measured::NotApplicable(NotApplicable::NothingRendered));
    }
    if !has_baseline {
        return Some(Measured::NotApplicable(NotApplicable::FirstVersion));
    }
    let fuel = |side: Side| -> BTreeMap<(usize, usize), u64> {
        done.iter()
            .filter(|run| run.side == side && completed(run))
            .filter_map(|run| Some(((run.check, run.case?), run.result.as_ref().ok()?.usage.fuel)))
            .collect()
    };
    let baseline = fuel(Side::Baseline);
    let (mut before, mut after, mut samples) = (0u64, 0u64, 0u64);
    for (run, fuel) in fuel(Side::Candidate) {
        if let Some(fuel_before) = baseline.get(&run) {
            before += fuel_before;
            after += fuel;
            samples += 1;
        }
    }
    (before > 0).then(|| Measured::Value { value: after as f64 / before as f64 - 1.0, samples })
}

fn spent(plan: &Plan, done: &[Done]) -> Vec<CheckSpent> {
    let mut spent: BTreeMap<(usize, Side), CheckSpent> = BTreeMap::new();
    for run in done {
        let Ok(finished) = &run.result else { continue };
        let planned = &plan.checks[run.check];
        let entry = spent.entry((run.check, run.side)).or_insert_with(|| CheckSpent {
            check: planned.name.clone(),
            side: run.side,
            runs: 0,
            limits: planned.limits,
            peak: Usage::default(),
        });
        entry.runs += 1;
        let peak = &mut entry.peak;
        let usage = &finished.usage;
        peak.fuel = peak.fuel.max(usage.fuel);
        peak.peak_memory_bytes = peak.peak_memory_bytes.max(usage.peak_memory_bytes);
        peak.peak_table_elements = peak.peak_table_elements.max(usage.peak_table_elements);
        peak.stdout_bytes = peak.stdout_bytes.max(usage.stdout_bytes);
        peak.stderr_bytes = peak.stderr_bytes.max(usage.stderr_bytes);
        peak.host_calls = peak.host_calls.max(usage.host_calls);
        peak.wall_time_us = peak.wall_time_us.max(usage.wall_time_us);
    }
    spent.into_values().collect()
}

fn code_summaries(plan: &Plan, done: &[Done]) -> Vec<CodeSummary> {
    let mut summaries: BTreeMap<usize, CodeSummary> = BTreeMap::new();
    for run in done.iter().filter(|run| run.side == Side::Candidate) {
        let planned = &plan.checks[run.check];
        let (Some(task), Ok(Finished { code: Some(report), .. })) = (&planned.code, &run.result) else {
            continue;
        };
        let summary = summaries.entry(run.check).or_insert_with(|| CodeSummary {
            check: planned.name.clone(),
            analysis: task.analysis,
            language: task.language.clone(),
            by: report.by.clone(),
            exact: report.exact,
            cases: 0,
            files: 0,
            lines: 0,
            rules: report.rules.len() as u64,
            tests: None,
        });
        summary.cases += 1;
        summary.files = summary.files.saturating_add(report.files);
        summary.lines = summary.lines.saturating_add(report.lines);
        if let Some(run) = &report.run {
            summary.tests.get_or_insert_default().add(&run.tests);
        }
    }
    summaries.into_values().collect()
}

fn record(plan: &Plan, run: Done) -> Option<RunRecord> {
    let planned = &plan.checks[run.check];
    let finished = run.result.ok()?;
    Some(RunRecord {
        check: planned.name.clone(),
        guest: planned.guest.digest.clone(),
        side: run.side,
        case: run.case.map(index_of),
        outcome: finished.outcome,
        usage: finished.usage.without_wall_time(),
        report: finished.report,
    })
}

#[cfg(test)]
mod tests {
    use genesis_abi::Span;

    use super::*;

    fn at(message: &str, offset: u32) -> Finding {
        let span = Span { line: 1, column: 1 + offset, offset, length: 1 };
        Finding {
            severity: Severity::Error,
            code: "C0101".to_owned(),
            message: message.to_owned(),
            place: Place { file: Some("a.py".to_owned()), pointer: None, span: Some(span) },
            help: None,
            inherited: false,
        }
    }

    /// The indices that each case names, and the findings.
    fn named(cases: &[&[Finding]], of_rendered: bool) -> (Vec<Vec<u32>>, Vec<Finding>) {
        let (mut findings, mut known) = (Vec::new(), Known::default());
        let of_cases = cases.iter().enumerate().map(|(case, found)| {
            let mut of_case = Vec::new();
            for finding in *found {
                let index = known.index(&mut findings, finding, case, &of_case, of_rendered);
                of_case.push(index);
            }
            of_case
        });
        (of_cases.collect(), findings)
    }

    #[test]
    fn a_fault_that_stands_elsewhere_in_each_case_is_one_finding() {
        let (cases, findings) = named(&[&[at("x", 1)], &[at("x", 5)], &[at("y", 5)], &[at("x", 9)]], true);
        assert_eq!(cases, [[0], [0], [1], [0]]);
        assert_eq!(findings, [at("x", 1), at("y", 5)]);
    }

    #[test]
    fn two_faults_in_one_case_stay_two_and_one_told_twice_is_one() {
        let (cases, findings) =
            named(&[&[at("x", 1), at("x", 3), at("x", 1)], &[at("x", 4), at("x", 8)]], true);
        assert_eq!(cases, [vec![0, 1, 0], vec![0, 1]]);
        assert_eq!(findings.len(), 2);
    }

    #[test]
    fn what_stands_elsewhere_in_the_template_itself_is_another_finding() {
        let (cases, findings) = named(&[&[at("x", 1)], &[at("x", 1)], &[at("x", 5)]], false);
        assert_eq!(cases, [[0], [0], [1]]);
        assert_eq!(findings.len(), 2);
    }
}
