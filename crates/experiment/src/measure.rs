//! Carrying a plan out: every run of candidate and baseline, on all cores, with results in the plan's order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use genesis_abi::{
    ABI_VERSION, Analysis, Applies, CaseFile, CaseInput, CodeInput, CodeReport, FailedReason, Finding, Input,
    ReadCaps, RenderInput, RenderedFile, RenderedKind, Rendering, RunOutcome, Subject, TemplateText, Usage,
    ValidateInput,
};
use genesis_domain::{CheckSpent, Digest, Evidence, Side};
use genesis_sandbox::{Cancel, Run};
use serde_json::{Map, Value};

use crate::ExperimentError;
use crate::code;
use crate::evidence;
use crate::once::each_once;
use crate::part::{Part, Watch, begin};
use crate::plan::{Plan, PlannedCheck, read_limits};
use crate::request::Request;
use crate::runner::{Loaded, Runner};
use crate::shadow::Unfinished;

/// How far measuring has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Runs done.
    pub done: u64,
    /// Runs planned, as far as it is known.
    pub total: u64,
}

/// What was measured.
pub struct Measurement {
    /// The evidence.
    pub evidence: Evidence,
    /// Distinct renderings of the candidate, in the order of the first case that gave each.
    pub renderings: Vec<Rendered>,
    /// What each check was allowed and used at most.
    pub spent: Vec<CheckSpent>,
    /// Texts that findings point into.
    pub sources: BTreeMap<String, String>,
    /// The first run of each check, side and outcome that a budget ended.
    pub(crate) unfinished: Vec<Unfinished>,
}

/// One distinct rendering.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// Indices of the cases that gave it.
    pub cases: Vec<usize>,
    /// What was rendered.
    pub rendering: Rendering,
}

/// One run as it went.
pub(crate) struct Done {
    pub(crate) check: usize,
    pub(crate) side: Side,
    pub(crate) case: Option<usize>,
    pub(crate) result: Result<Finished, String>,
}

/// A run that the host carried out.
#[derive(Clone)]
pub(crate) struct Finished {
    pub(crate) outcome: RunOutcome,
    pub(crate) usage: Usage,
    pub(crate) report: Option<Digest>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) rendering: Option<Rendering>,
    pub(crate) code: Option<CodeReport>,
}

struct Job {
    check: usize,
    side: Side,
    case: Option<usize>,
}

/// Runs everything that the plan asks for. The plan grows by the checks of code, once it is known which languages the
/// cases render.
///
/// # Errors
/// [`ExperimentError::Cancelled`] when it was asked to stop. A run that the host could not carry out is part of the
/// evidence.
pub fn measure(
    request: &Request,
    plan: &mut Plan,
    runner: &Runner,
    cancel: &Cancel,
    progress: &(dyn Fn(Progress) + Sync),
    watch: Option<Watch<'_>>,
) -> Result<Measurement, ExperimentError> {
    let output_bytes = share_of_output(request, plan);
    let bench = Bench { request, plan, runner, cancel, output_bytes, rules: Rules::new(), watch };
    let first = bench.jobs(&[Applies::Template, Applies::Render]);
    let counter = AtomicU64::new(0);
    let step = |total: u64| progress(Progress { done: counter.fetch_add(1, Ordering::Relaxed) + 1, total });
    let total = (first.len() + bench.jobs(&[Applies::Case]).len()) as u64;
    progress(Progress { done: 0, total });

    let first: Vec<(Job, Option<&Rendering>)> = first.into_iter().map(|job| (job, None)).collect();
    let mut done = bench.carry_out(&first, &|| step(total));
    let samples: Vec<Rendering> = request.samples.iter().map(as_rendering).collect();
    let rendered = rendered(&done, &samples, plan);
    let renderings: Vec<&Rendering> = rendered.values().copied().collect();
    let (checks, notes) = code::planned::checks(plan, request, runner, &renderings)?;
    plan.checks.extend(checks);
    plan.findings.extend(notes);
    let rules = lint_rules(request, plan);
    let bench = Bench { request, plan, runner, cancel, output_bytes, rules, watch };
    // A case that did not render has failed already; there is nothing that a further check could be given.
    let later: Vec<(Job, Option<&Rendering>)> = bench
        .jobs(&[Applies::Case, Applies::Code])
        .into_iter()
        .filter_map(|job| Some((rendered.get(&(job.side, job.case?)).copied()?, job)))
        .filter(|(rendering, job)| bench.concerns(job, rendering))
        .map(|(rendering, job)| (job, Some(rendering)))
        .collect();
    let total = (first.len() + later.len()) as u64;
    done.extend(bench.carry_out(&later, &|| step(total)));
    if cancel.is_cancelled() {
        return Err(ExperimentError::Cancelled);
    }
    done.sort_by_key(|run| (run.check, run.side, run.case));
    let unfinished = bench.unfinished(&done, &samples);
    Ok(Measurement { unfinished, ..evidence::collect(request, plan, runner, done) })
}

/// What each case rendered, samples among it.
fn rendered<'a>(
    done: &'a [Done],
    samples: &'a [Rendering],
    plan: &Plan,
) -> BTreeMap<(Side, usize), &'a Rendering> {
    let from_samples = (0..plan.cases.len())
        .filter_map(|case| Some(((Side::Candidate, case), samples.get(plan.sample(case)?)?)));
    done.iter()
        .filter_map(|run| Some(((run.side, run.case?), run.result.as_ref().ok()?.rendering.as_ref()?)))
        .chain(from_samples)
        .collect()
}

/// No case may render more than its share of what the experiment may render, so that the sum holds in whatever
/// order the cases run.
fn share_of_output(request: &Request, plan: &Plan) -> u64 {
    let max = request.policy.max();
    let sides = if request.baseline.is_some() { 2 } else { 1 };
    let renderings = (plan.cases.len() as u64 * sides).max(1);
    max.rendered_bytes.min(max.experiment_bytes / renderings)
}

/// Lint rules by the side whose code they are for and the language.
type Rules = BTreeMap<(Side, String), Vec<Value>>;

/// The policy's rules for each language that is linted, and those that each version's own requirements make.
fn lint_rules(request: &Request, plan: &Plan) -> Rules {
    let versions = [
        (Side::Candidate, Some(&request.candidate)),
        (Side::Baseline, request.baseline.as_ref().map(|baseline| &baseline.text)),
    ];
    let tasks = plan.checks.iter().filter_map(|check| check.code.as_ref());
    let mut all = Rules::new();
    for task in tasks.filter(|task| task.analysis == Analysis::Lint) {
        let of_policy = code::rules::of_policy(&request.policy, &task.language, code::rules::Wanted::All);
        for (side, text) in versions.iter().filter_map(|(side, text)| Some((*side, (*text)?))) {
            let mut rules = of_policy.clone();
            rules.extend(code::rules::of_template(text, &task.language).rules);
            all.insert((side, task.language.clone()), rules);
        }
    }
    all
}

struct Bench<'a> {
    request: &'a Request,
    plan: &'a Plan,
    runner: &'a Runner,
    cancel: &'a Cancel,
    output_bytes: u64,
    rules: Rules,
    watch: Option<Watch<'a>>,
}

impl Bench<'_> {
    fn jobs(&self, kinds: &[Applies]) -> Vec<Job> {
        let sides: &[Side] = if self.request.baseline.is_some() {
            &[Side::Candidate, Side::Baseline]
        } else {
            &[Side::Candidate]
        };
        let renders = self.plan.summary.judged != genesis_domain::Judged::ValidationOnly;
        let mut jobs = Vec::new();
        for (check, planned) in self.plan.checks.iter().enumerate() {
            if !kinds.contains(&planned.applies) {
                continue;
            }
            for &side in sides {
                match planned.applies {
                    Applies::Template => jobs.push(Job { check, side, case: None }),
                    Applies::Render | Applies::Case | Applies::Code => {
                        let cases = (0..self.plan.cases.len()).filter(|&case| match self.plan.sample(case) {
                            Some(_) => planned.applies != Applies::Render && side == Side::Candidate,
                            None => renders,
                        });
                        jobs.extend(cases.map(|case| Job { check, side, case: Some(case) }));
                    }
                }
            }
        }
        jobs
    }

    /// Whether a rendering holds anything for a job to look at.
    fn concerns(&self, job: &Job, rendering: &Rendering) -> bool {
        let planned = &self.plan.checks[job.check];
        planned.applies != Applies::Code || self.code_input(planned, rendering).is_some()
    }

    fn code_input(&self, planned: &PlannedCheck, rendering: &Rendering) -> Option<CodeInput> {
        let task = planned.code.as_ref()?;
        let suite = task.suite.and_then(|index| self.request.policy.suites().get(index));
        code::input(task, rendering, self.plan.told(), suite)
    }

    /// Carries jobs out and gives what came of them, in order.
    ///
    /// Jobs of one check that are given the same bytes ask the same question, because guest, limits and seed are the
    /// check's: cases whose code is the same, and two versions that render a case alike. It is asked once, since the
    /// answer would be the same to the bit. What is shared is the answer, never an instance; an answer without that
    /// promise, or a failure of the host, is not.
    fn carry_out(&self, jobs: &[(Job, Option<&Rendering>)], step: &(dyn Fn() + Sync)) -> Vec<Done> {
        let asked = AtomicUsize::new(0);
        let results = each_once(
            self.runner,
            jobs.len(),
            |index| {
                let (job, rendering) = &jobs[index];
                (job.check, Digest::of(&self.input(job, *rendering)))
            },
            |index| {
                let (job, rendering) = &jobs[index];
                let result = self.ask(job, *rendering);
                asked.fetch_add(1, Ordering::Relaxed);
                step();
                result
            },
            |result| result.as_ref().is_ok_and(|finished| is_repeatable(&finished.outcome)),
        );
        (asked.into_inner()..jobs.len()).for_each(|_| step());
        let done = |((job, _), result): (&(Job, _), _)| Done {
            check: job.check,
            side: job.side,
            case: job.case,
            result,
        };
        jobs.iter().zip(results).map(done).collect()
    }

    fn ask(&self, job: &Job, rendering: Option<&Rendering>) -> Result<Finished, String> {
        let planned = &self.plan.checks[job.check];
        match &planned.loaded {
            Err(why) => Err(why.clone()),
            Ok(Loaded::Refused(outcome)) => Ok(Finished {
                outcome: outcome.clone(),
                usage: Usage::default(),
                report: None,
                findings: Vec::new(),
                rendering: None,
                code: None,
            }),
            Ok(Loaded::Ready(guest)) => {
                let part = Part::Run { check: &planned.name, side: job.side, case: job.case };
                let _running = begin(self.watch, part);
                let input = self.input(job, rendering);
                let run = || {
                    self.runner
                        .run(guest, &input, &planned.limits, self.plan.seed.0, self.cancel)
                        .map_err(|error| error.to_string())
                };
                run().and_then(|first| {
                    if self.plan.repeat {
                        must_repeat(&first, &run()?)?;
                    }
                    let mut finished = finish(first, planned.applies);
                    if let Some(given) = rendering.and_then(|rendering| self.code_input(planned, rendering)) {
                        let Self { request, plan, runner, cancel, .. } = self;
                        let findings = &mut finished.findings;
                        code::second::explain(findings, &given, runner, &request.policy, plan.seed.0, cancel);
                    }
                    Ok(finished)
                })
            }
        }
    }

    /// The first run of each check, side and outcome of which a shadow run can say what it would have taken.
    fn unfinished(&self, done: &[Done], samples: &[Rendering]) -> Vec<Unfinished> {
        let Some(budget) = self.request.policy.shadow() else { return Vec::new() };
        let mut seen = BTreeSet::new();
        let mut unfinished = Vec::new();
        for run in done {
            let planned = &self.plan.checks[run.check];
            let (Ok(finished), Ok(Loaded::Ready(guest))) = (&run.result, &planned.loaded) else { continue };
            if budget.limits(&planned.limits, &finished.outcome).is_none()
                || !seen.insert((run.check, run.side, finished.outcome.name()))
            {
                continue;
            }
            let rendered = rendered(done, samples, self.plan);
            let rendering = run.case.and_then(|case| rendered.get(&(run.side, case)).copied());
            unfinished.push(Unfinished {
                check: planned.name.clone(),
                side: run.side,
                case: run.case.map(evidence::index_of),
                guest: guest.clone(),
                input: self.input(&Job { check: run.check, side: run.side, case: run.case }, rendering),
                limits: planned.limits,
                outcome: finished.outcome.clone(),
            });
        }
        unfinished
    }

    fn input(&self, job: &Job, rendering: Option<&Rendering>) -> Vec<u8> {
        let planned = &self.plan.checks[job.check];
        if let Some(mut given) = rendering.and_then(|rendering| self.code_input(planned, rendering)) {
            match given.analysis {
                Analysis::Syntax => {}
                Analysis::Lint => {
                    let rules = self.rules.get(&(job.side, given.language.clone()));
                    given.rules = rules.cloned().unwrap_or_default();
                }
                Analysis::Run => {
                    given.answers = job.case.map(|case| self.answers(job.side, case)).unwrap_or_default();
                }
            }
            return self.document(Subject::Code(given));
        }
        let subject = match (planned.applies, job.case) {
            (Applies::Template, _) | (_, None) => Subject::Template(self.validate_input(job.side)),
            (Applies::Render, Some(case)) => Subject::Render(RenderInput {
                template: self.text(job.side).clone(),
                answers: self.answers(job.side, case),
                output_bytes: self.output_bytes,
            }),
            (Applies::Case | Applies::Code, Some(case)) => Subject::Case(CaseInput {
                case: self.plan.cases[case].name.clone(),
                answers: self.answers(job.side, case),
                files: rendering
                    .into_iter()
                    .flat_map(|rendering| &rendering.files)
                    .map(|file| CaseFile { path: file.path.clone(), text: file.text.clone() })
                    .collect(),
                language: self.plan.language.clone(),
            }),
        };
        self.document(subject)
    }

    fn document(&self, subject: Subject) -> Vec<u8> {
        let caps = read_limits(&self.request.policy);
        let read = ReadCaps { bytes: caps.bytes as u64, depth: caps.depth as u64, nodes: caps.nodes as u64 };
        let input = Input { abi: ABI_VERSION, read: Some(read), subject };
        serde_json::to_vec(&input).expect("an input holds no map with keys that are no strings")
    }

    /// The candidate is validated against the baseline, the baseline by itself.
    fn validate_input(&self, side: Side) -> ValidateInput {
        let of_candidate = side == Side::Candidate;
        ValidateInput {
            template: self.text(side).clone(),
            baseline: self
                .request
                .baseline
                .as_ref()
                .filter(|_| of_candidate)
                .map(|baseline| baseline.text.clone()),
            profile: self.request.profile.as_str().to_owned(),
            promoted: if of_candidate { self.request.promoted.clone() } else { Vec::new() },
        }
    }

    fn text(&self, side: Side) -> &TemplateText {
        match (side, &self.request.baseline) {
            (Side::Baseline, Some(baseline)) => &baseline.text,
            _ => &self.request.candidate,
        }
    }

    fn answers(&self, side: Side, case: usize) -> Map<String, Value> {
        let answers = &self.plan.cases[case].answers;
        match (side, &self.request.baseline) {
            (Side::Baseline, Some(baseline)) => {
                genesis_template::answers_for_baseline(answers, &self.request.candidate, &baseline.text)
            }
            _ => answers.clone(),
        }
    }
}

/// A sample, as if a case had rendered it.
fn as_rendering((path, text): &(String, String)) -> Rendering {
    let file = RenderedFile {
        path: path.clone(),
        source: format!("samples/{path}"),
        kind: RenderedKind::Code,
        text: text.clone(),
    };
    Rendering { files: vec![file], ..Rendering::default() }
}

/// Whether the same question ends this way each time. Stack overflow and wall time carry no such promise.
fn is_repeatable(outcome: &RunOutcome) -> bool {
    !matches!(outcome, RunOutcome::StackOverflow(_) | RunOutcome::TimedOut(_) | RunOutcome::Cancelled)
}

/// Two runs of the same question must give the same bytes.
pub(crate) fn must_repeat(first: &Run, second: &Run) -> Result<(), String> {
    if !is_repeatable(&first.outcome) || !is_repeatable(&second.outcome) {
        return Ok(());
    }
    let what = if first.outcome != second.outcome {
        "outcome"
    } else if first.usage.without_wall_time() != second.usage.without_wall_time() {
        "use of resources"
    } else if first.stdout != second.stdout {
        "report"
    } else {
        return Ok(());
    };
    Err(format!("two runs of the same question differ in their {what}"))
}

fn finish(run: Run, applies: Applies) -> Finished {
    let mut outcome = run.outcome;
    let mut rendering = None;
    let mut code = None;
    let mut findings = Vec::new();
    if let Some(report) = run.report.filter(|_| outcome.is_completed()) {
        findings = report.findings;
        for finding in &mut findings {
            finding.inherited = false;
        }
        if applies == Applies::Render {
            match report.data.as_deref().map(|data| serde_json::from_str(data.get())) {
                Some(Ok(data)) => rendering = Some(data),
                Some(Err(error)) => outcome = wrong_shape(error.to_string()),
                None => outcome = wrong_shape("the report has no data".to_owned()),
            }
        } else if applies == Applies::Code {
            match report.data.as_deref().map(|data| serde_json::from_str(data.get())) {
                Some(Ok(data)) => code = Some(data),
                Some(Err(error)) => outcome = wrong_shape(error.to_string()),
                None => outcome = wrong_shape("the report has no data".to_owned()),
            }
        }
    }
    Finished {
        report: outcome.is_completed().then(|| Digest::of(&run.stdout)),
        outcome,
        usage: run.usage,
        findings,
        rendering,
        code,
    }
}

fn wrong_shape(excerpt: String) -> RunOutcome {
    RunOutcome::Failed { reason: FailedReason::WrongShape, exit_code: Some(0), excerpt }
}
