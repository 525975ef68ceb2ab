//! The experiments of all templates that a change touches, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use genesis_abi::{Finding, Place, Severity, TemplateText};
use genesis_domain::{Decision, Term};
use genesis_experiment::{
    Answer, AnswerSource, BASE_MOVED, Baseline, BaselineOrigin, COST_GREW, COST_NOT_COMPARED,
    ExperimentError, Knowledge, Progress, Request, Runner, VERDICT_CONTRADICTED, VerdictCache, answer,
};
use genesis_policy::{CostFile, Policy};
use genesis_sandbox::Cancel;

use super::authority::Authority;
use super::changes::{How, Scope, Touched};
use super::snapshot::Snapshot;
use crate::command::run_experiment::identity;
use crate::exit::Failure;
use crate::progress::Bar;
use crate::{cost_file, host};

/// Everything that judging takes.
pub(crate) struct Bench<'a, 's, 'r> {
    pub(crate) authority: &'a Authority<'s, 'r>,
    pub(crate) scope: &'a Scope<'a>,
    pub(crate) base: &'a Snapshot<'r>,
    /// Where the change branched off, when that is not the base.
    pub(crate) fork: Option<&'a Snapshot<'r>>,
    pub(crate) runner: &'a Runner,
    /// Known verdicts, with the share in percent that is found out anew.
    pub(crate) known: Option<(&'a VerdictCache, u8)>,
    /// Whether costs are held against what was accepted.
    pub(crate) check_cost: bool,
    pub(crate) cancel: &'a Cancel,
}

/// What became of a template.
pub(crate) struct Judged {
    /// Its experiment; or why there is none.
    pub(crate) answer: Result<Answer, NotJudged>,
    /// The comparisons of its policy.
    pub(crate) thresholds: Vec<Term>,
    /// Where its files lie in the repository.
    pub(crate) files: BTreeMap<String, String>,
    /// What is to be said besides.
    pub(crate) concerns: Vec<Finding>,
    /// Guests that were run, and their fuel.
    pub(crate) runs: (u64, u64),
}

/// Why a template has no verdict.
pub(crate) enum NotJudged {
    /// It cannot be read.
    Unreadable(String),
    /// The host, or what judges, is at fault.
    Failed(String),
}

impl Judged {
    /// The decision; what cannot be read is refused, and what the host failed at says nothing.
    pub(crate) fn decision(&self) -> Decision {
        match &self.answer {
            Ok(answer) => answer.experiment.verdict.decision,
            Err(NotJudged::Unreadable(_)) => Decision::Rollback,
            Err(NotJudged::Failed(_)) => Decision::Inconclusive,
        }
    }
}

/// A request, its policy's comparisons, and the request that measures cost.
struct Prepared {
    request: Request,
    cost: Option<Request>,
}

impl Bench<'_, '_, '_> {
    /// Judges every template. `hears` is told how far each one's runs have come.
    pub(crate) fn judge(
        &self,
        touched: &[Touched],
        hears: &(dyn Fn(&str, Progress) + Sync),
    ) -> Result<Vec<Judged>, Failure> {
        let prepared: Vec<Result<Prepared, NotJudged>> =
            touched.iter().map(|touched| self.prepare(touched)).collect::<Result<_, Failure>>()?;
        let bar = Bar::new("judging");
        let progress: Mutex<Vec<Progress>> = Mutex::new(vec![Progress { done: 0, total: 0 }; touched.len()]);
        let outcomes = self.runner.in_parallel(touched.len(), |index| {
            let told = |now: Progress| {
                let mut all = progress.lock().unwrap_or_else(PoisonError::into_inner);
                all[index] = now;
                let sum = |of: fn(&Progress) -> u64| all.iter().map(of).sum::<u64>();
                bar.show(Progress { done: sum(|one| one.done), total: sum(|one| one.total) });
                hears(&touched[index].path, now);
            };
            match &prepared[index] {
                Ok(prepared) => Some(self.carry_out(prepared, &touched[index].path, &told)),
                Err(_) => None,
            }
        });
        bar.clear();
        let mut judged = Vec::with_capacity(touched.len());
        for ((touched, prepared), outcome) in touched.iter().zip(prepared).zip(outcomes) {
            let mut concerns = Vec::new();
            let mut runs = (0, 0);
            let thresholds = match &prepared {
                Ok(prepared) => genesis_policy::thresholds(prepared.request.policy.rules()),
                Err(_) => Vec::new(),
            };
            let answer = match (prepared, outcome) {
                (Err(why), _) => Err(why),
                (Ok(_), Some(Ok(done))) => {
                    concerns = done.concerns;
                    runs = done.runs;
                    Ok(done.answer)
                }
                (Ok(_), Some(Err(error @ ExperimentError::Cancelled))) => return Err(error.into()),
                (Ok(_), Some(Err(error))) => Err(NotJudged::Failed(crate::exit::chain(&error))),
                (Ok(_), None) => unreachable!("whatever was prepared was carried out"),
            };
            if self.base_moved(touched) {
                concerns.push(base_moved(&touched.path));
            }
            judged.push(Judged { answer, thresholds, files: self.files(touched), concerns, runs });
        }
        Ok(judged)
    }

    fn prepare(&self, touched: &Touched) -> Result<Result<Prepared, NotJudged>, Failure> {
        let candidate = match &touched.text {
            Ok(text) => text,
            Err(error) => return Ok(Err(NotJudged::Unreadable(error.to_string()))),
        };
        let before = match &touched.how {
            How::Renamed { from } => from,
            How::Added | How::Modified | How::Through { .. } => &touched.path,
        };
        let baseline = if self.base.has(before) {
            self.scope.load(self.base, before, &mut BTreeSet::new())?.ok()
        } else {
            None
        };
        let policy = self.authority.policy_for(before)?;
        let mut request = self.request(touched, candidate, policy)?;
        let cost = self.check_cost.then(|| request.clone());
        request.baseline =
            baseline.map(|text| Baseline { text, origin: BaselineOrigin::File(before.clone()) });
        Ok(Ok(Prepared { request, cost }))
    }

    fn request(
        &self,
        touched: &Touched,
        candidate: &TemplateText,
        policy: Policy,
    ) -> Result<Request, Failure> {
        let template = identity(None, candidate, &policy)?;
        let asked = genesis_policy::Request { template: template.as_str().to_owned(), ..Default::default() };
        let tightened = policy.tightened(&asked).map_err(Failure::usage)?;
        Ok(Request {
            id: host::new_experiment_id(),
            created_at_ms: host::now_ms(),
            instance: self.authority.config.instance.value.clone(),
            template,
            candidate: candidate.clone(),
            candidate_path: touched.path.clone(),
            baseline: None,
            promoted: Vec::new(),
            policy,
            profile: tightened.profile,
            risk: tightened.risk,
            seed: None,
            answers: Vec::new(),
            samples: Vec::new(),
            guests: self.authority.guests.clone(),
            promotes: false,
            announces: false,
        })
    }

    fn carry_out(
        &self,
        prepared: &Prepared,
        path: &str,
        told: &(dyn Fn(Progress) + Sync),
    ) -> Result<Done, ExperimentError> {
        let mut done =
            Done { answer: self.ask(&prepared.request, told)?, concerns: Vec::new(), runs: (0, 0) };
        done.count(&prepared.request);
        if let Some(request) = &prepared.cost {
            let measured = self.ask(request, &|_| {})?;
            let mut costs = cost_file::empty(self.runner);
            cost_file::add(&mut costs, &measured.experiment);
            let template = request.template.as_str();
            let case_growth = request.policy.case_growth();
            done.concerns.extend(grown(self.authority.costs.as_ref(), template, &costs, case_growth, path));
            let cost = Done { answer: measured, concerns: Vec::new(), runs: (0, 0) };
            done.add(cost, request);
        }
        Ok(done)
    }

    fn ask(&self, request: &Request, told: &(dyn Fn(Progress) + Sync)) -> Result<Answer, ExperimentError> {
        let program = host::program();
        let knowledge = self.known.map(|(cache, percent)| Knowledge {
            cache,
            program: &program,
            audit: host::falls_into(percent),
        });
        let clock = host::stopwatch();
        answer(request, self.runner, knowledge.as_ref(), self.cancel, told, &clock)
    }

    /// Whether the base has changed what the template is made of since the change branched off.
    fn base_moved(&self, touched: &Touched) -> bool {
        let Some(fork) = self.fork else { return false };
        touched.tried.iter().any(|path| !fork.same(self.base, path))
    }

    fn files(&self, touched: &Touched) -> BTreeMap<String, String> {
        let parts = touched.text.iter().flat_map(|text| text.parts.keys());
        parts.map(|part| (part.clone(), format!("{}{part}", self.scope.root))).collect()
    }
}

struct Done {
    answer: Answer,
    concerns: Vec<Finding>,
    runs: (u64, u64),
}

impl Done {
    /// Counts what was run for the answer, and tells when what was known is not what came out.
    fn count(&mut self, request: &Request) {
        if self.answer.source != AnswerSource::Known {
            let runs = &self.answer.experiment.evidence.runs;
            self.runs = (runs.len() as u64, runs.iter().map(|run| run.usage.fuel).sum());
        }
        if self.answer.source == AnswerSource::Contradicted {
            let path = &request.candidate_path;
            self.concerns.push(concern(
                VERDICT_CONTRADICTED,
                Severity::Error,
                path,
                format!("what was known of `{path}` is not what comes out now"),
                "the entry is forgotten; `genesis doctor` looks at the machine".to_owned(),
            ));
        }
        if let Some(why) = &self.answer.not_believed {
            crate::progress::note(&format!(
                "note: a known verdict on {} is not believed: {why}; it was judged anew",
                request.candidate_path
            ));
        }
    }

    fn add(&mut self, mut other: Self, request: &Request) {
        other.count(request);
        self.runs = (self.runs.0 + other.runs.0, self.runs.1 + other.runs.1);
        self.concerns.extend(other.concerns);
    }
}

/// What a template costs more than was accepted.
fn grown(
    accepted: Option<&CostFile>,
    template: &str,
    measured: &CostFile,
    most: f64,
    path: &str,
) -> Vec<Finding> {
    let anew = "`genesis cost accept` writes what it costs now".to_owned();
    let not_compared = |severity, why: String| concern(COST_NOT_COMPARED, severity, path, why, anew.clone());
    let Some(accepted) = accepted else {
        let why = format!("{} is not there, so no cost was compared", cost_file::FILE);
        return vec![not_compared(Severity::Error, why)];
    };
    let change = accepted.compare(template, measured);
    let mut findings = Vec::new();
    if change.other_engine {
        let why = format!("{} is of another engine, so nothing was compared with it", cost_file::FILE);
        findings.push(not_compared(Severity::Error, why));
    }
    for check in &change.other_guests {
        let why = format!("{} is of another build of the guest of check `{check}`", cost_file::FILE);
        findings.push(not_compared(Severity::Error, why));
    }
    if !change.unknown.is_empty() {
        let why = format!(
            "{} does not have {} of the cases of `{template}`: {}",
            cost_file::FILE,
            change.unknown.len(),
            change.unknown.join(", ")
        );
        findings.push(not_compared(Severity::Note, why));
    }
    for grown in change.grown.iter().filter(|grown| grown.ratio() > most) {
        let message = format!(
            "case `{}` of `{template}` costs {} units of fuel, {:.1} % more than the {} that were accepted (the policy \
             allows {:.1} %)",
            grown.case,
            grown.measured,
            grown.ratio() * 100.0,
            grown.accepted,
            most * 100.0
        );
        let help = format!("make the case cheaper; when it is meant, {anew}");
        findings.push(concern(COST_GREW, Severity::Error, path, message, help));
    }
    findings
}

fn base_moved(path: &str) -> Finding {
    concern(
        BASE_MOVED,
        Severity::Warning,
        path,
        format!("the base has changed `{path}`, or what it is made of, since the change branched off"),
        "rebase the change, or merge the base into it, to judge what a merge makes".to_owned(),
    )
}

pub(crate) fn concern(code: &str, severity: Severity, path: &str, message: String, help: String) -> Finding {
    let place = Place { file: Some(path.to_owned()), ..Place::default() };
    Finding { severity, code: code.to_owned(), message, place, help: Some(help), inherited: false }
}
