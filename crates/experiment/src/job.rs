//! Jobs: code in one language, looked at without a template or a history.

mod request;

use genesis_abi::{
    ABI_VERSION, Analysis, CaseFile, CodeInput, CodeReport, Finding, Input, LimitHit, LimitName, RunOutcome,
    Severity, Subject,
};
use genesis_domain::{
    AnalysisReply, AnalysisStatus, Digest, JobAnalysis, JobRecord, JobReply, JobStatus, JobUsage, TestCounts,
};
use genesis_policy::Policy;
use genesis_sandbox::Cancel;
use genesis_store::Ledger;
use genesis_template::{Language, language_named};

pub use request::{JobError, JobRequest};

use crate::ExperimentError;
use crate::code::rules::{self, Wanted};
use crate::code::{Taker, family_of, second, taker};
use crate::runner::Runner;

/// A job under a policy, ready to be run.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// What was asked.
    pub request: &'a JobRequest,
    /// The policy whose limits and rules hold.
    pub policy: &'a Policy,
    /// The instance that asks.
    pub instance: String,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

/// A reply, and whether the job was run for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Answered {
    /// The job was run.
    Run(JobRecord),
    /// The same job was recorded before under this id; this is what was recorded then.
    Known(JobRecord),
    /// Another job is recorded under this id; nothing was run.
    Conflict,
}

impl Job<'_> {
    /// Digest of what the reply depends on: the code, the language, the analyses and the policy.
    pub fn digest(&self) -> Digest {
        let JobRequest { code, language, analysis, file, .. } = self.request;
        let parts = [code.as_str(), language, analysis.as_str(), file, self.policy.digest().as_str()]
            .map(|part| format!("{}:{part}", part.len()));
        Digest::of(parts.concat().as_bytes())
    }

    /// Runs the job, or gives the reply that is recorded under its id, and records it.
    ///
    /// # Errors
    /// When the sandbox or the ledger fails, or it was asked to stop. Nothing is recorded then.
    pub async fn answer(
        &self,
        runner: &Runner,
        ledger: &Ledger,
        cancel: &Cancel,
        clock_us: &dyn Fn() -> u64,
    ) -> Result<Answered, ExperimentError> {
        let request = self.digest();
        let known = |record: JobRecord| {
            if record.request == request { Answered::Known(record) } else { Answered::Conflict }
        };
        if let Some(record) = ledger.job(&self.request.id).await? {
            return Ok(known(record));
        }
        let started = clock_us();
        let reply = self.run(runner, cancel)?;
        let record = JobRecord {
            instance: self.instance.clone(),
            request: request.clone(),
            analysis: self.request.analysis,
            reply,
            runtime_ms: clock_us().saturating_sub(started) / 1000,
            created_at_ms: self.created_at_ms,
        };
        Ok(ledger.record_job(&record).await?.map_or_else(|| Answered::Run(record), known))
    }

    /// Runs the job.
    ///
    /// # Errors
    /// When the sandbox fails, or it was asked to stop.
    pub fn run(&self, runner: &Runner, cancel: &Cancel) -> Result<JobReply, ExperimentError> {
        let request = self.request;
        let language = language_named(&request.language).ok_or_else(|| {
            ExperimentError::Request(JobError::UnsupportedLanguage(request.language.clone()).to_string())
        })?;
        let mut bench =
            Bench { job: self, language, runner, cancel, findings: Vec::new(), usage: JobUsage::default() };
        bench.usage.lines = request.code.lines().count() as u64;
        let analyses = request
            .analysis
            .parts()
            .iter()
            .map(|part| bench.analyse(*part))
            .collect::<Result<Vec<_>, _>>()?;
        let Bench { findings, usage, .. } = bench;
        let (status, error) = conclude(language, &analyses);
        Ok(JobReply {
            request_id: request.id.clone(),
            status,
            language: language.id.to_owned(),
            output: output(language, &analyses, &findings),
            error,
            analyses,
            findings,
            usage,
        })
    }
}

struct Bench<'a> {
    job: &'a Job<'a>,
    language: &'static Language,
    runner: &'a Runner,
    cancel: &'a Cancel,
    findings: Vec<Finding>,
    usage: JobUsage,
}

impl Bench<'_> {
    fn analyse(&mut self, wanted: JobAnalysis) -> Result<AnalysisReply, ExperimentError> {
        let (analysis, wanted_rules) = match wanted {
            JobAnalysis::Syntax | JobAnalysis::All => (Analysis::Syntax, None),
            JobAnalysis::Lint => (Analysis::Lint, Some(Wanted::StyleAndQuality)),
            JobAnalysis::Security => (Analysis::Lint, Some(Wanted::Security)),
            JobAnalysis::Quality => (Analysis::Lint, Some(Wanted::Quality)),
            JobAnalysis::Tests => (Analysis::Run, None),
        };
        let mut reply = AnalysisReply {
            analysis: wanted,
            status: AnalysisStatus::Unsupported,
            by: None,
            exact: None,
            rules: None,
            tests: None,
            outcome: None,
            reason: None,
        };
        let guest = match taker(analysis, self.language.id) {
            Taker::Guest(guest) => guest,
            Taker::LeftOut(why) => {
                reply.reason = Some(why.to_owned());
                return Ok(reply);
            }
            Taker::Nobody => {
                reply.reason = Some(match analysis {
                    Analysis::Syntax | Analysis::Lint => format!("no guest parses {}", self.language.name),
                    Analysis::Run => format!("{} is parsed, not run: no guest runs it", self.language.name),
                });
                return Ok(reply);
            }
        };
        let rules = wanted_rules.map(|wanted| rules::of_policy(self.job.policy, self.language.id, wanted));
        if rules.as_ref().is_some_and(Vec::is_empty) {
            reply.reason = Some(format!("there is no {} rule for {}", wanted.as_str(), self.language.name));
            return Ok(reply);
        }
        self.run(guest, analysis, rules.unwrap_or_default(), reply)
    }

    fn run(
        &mut self,
        guest: &'static genesis_guests::Guest,
        analysis: Analysis,
        rules: Vec<serde_json::Value>,
        mut reply: AnalysisReply,
    ) -> Result<AnalysisReply, ExperimentError> {
        let family = family_of(analysis);
        let policy = self.job.policy;
        let loaded = self.runner.built_in(guest.name, policy.class_for(family))?;
        let input = self.input(analysis, rules);
        let run = self.runner.run(&loaded, &input, &policy.limits_for(family), 0, self.cancel)?;
        if run.outcome == RunOutcome::Cancelled {
            return Err(ExperimentError::Cancelled);
        }
        self.usage.runs += 1;
        self.usage.engines.insert(self.runner.engine_of_guest(&loaded));
        self.usage.fuel = self.usage.fuel.saturating_add(run.usage.fuel);
        self.usage.peak_memory_bytes = self.usage.peak_memory_bytes.max(run.usage.peak_memory_bytes);
        let report = run.report.filter(|_| run.outcome.is_completed());
        let data = report.as_ref().and_then(|report| report.data.as_deref());
        let (Some(report), Some(Ok(data))) =
            (&report, data.map(|data| serde_json::from_str::<CodeReport>(data.get())))
        else {
            reply.status = AnalysisStatus::Incomplete;
            reply.reason = Some(incomplete(guest.name, &run.outcome));
            reply.outcome = Some(run.outcome);
            return Ok(reply);
        };
        let mut findings = report.findings.clone();
        second::explain(
            &mut findings,
            &self.given(analysis, Vec::new()),
            self.runner,
            policy,
            0,
            self.cancel,
        );
        // What two analyses found alike is said once.
        for finding in findings {
            let finding = Finding { inherited: false, ..finding };
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
        reply.status = AnalysisStatus::Done;
        reply.by = Some(data.by);
        reply.exact = Some(data.exact);
        reply.rules = (analysis == Analysis::Lint).then_some(data.rules.len() as u64);
        reply.tests = data.run.map(|run| {
            let mut counts = TestCounts::default();
            counts.add(&run.tests);
            counts
        });
        Ok(reply)
    }

    fn input(&self, analysis: Analysis, rules: Vec<serde_json::Value>) -> Vec<u8> {
        let subject = Subject::Code(self.given(analysis, rules));
        let input = Input { abi: ABI_VERSION, read: None, subject };
        serde_json::to_vec(&input).expect("an input holds no map with keys that are no strings")
    }

    fn given(&self, analysis: Analysis, rules: Vec<serde_json::Value>) -> CodeInput {
        let request = self.job.request;
        let file = CaseFile { path: request.file.clone(), text: request.code.clone() };
        let (files, tests) =
            if analysis == Analysis::Run { (Vec::new(), vec![file]) } else { (vec![file], Vec::new()) };
        CodeInput {
            analysis,
            language: self.language.id.to_owned(),
            files,
            rules,
            tests,
            texts: Vec::new(),
            answers: serde_json::Map::new(),
        }
    }
}

fn incomplete(guest: &str, outcome: &RunOutcome) -> String {
    match outcome.limit_hit() {
        Some(hit) => {
            format!(
                "the guest {guest} was stopped: {} (the limit {} is {})",
                reason(hit),
                hit.limit,
                hit.value
            )
        }
        None => format!("the guest {guest} gave no report that can be used: {}", outcome.name()),
    }
}

/// What a guest did when it reached a limit, in words.
fn reason(hit: &LimitHit) -> &'static str {
    match hit.limit {
        LimitName::Fuel => "it takes more steps than it is allowed",
        LimitName::WallTimeMs => "it takes more time than it is allowed",
        LimitName::MemoryBytes => "it needs more memory than it is allowed",
        LimitName::StackBytes => "it nests or calls itself deeper than its stack holds",
        LimitName::StdoutBytes | LimitName::StderrBytes => "it writes more than it is allowed",
        LimitName::HostCalls => "it calls the host more often than it is allowed",
        _ => "it needs more than it is allowed",
    }
}

/// A job has failed when anything did not come to an end, and is unsupported when nothing of it can be done.
fn conclude(language: &Language, analyses: &[AnalysisReply]) -> (JobStatus, Option<String>) {
    let reasons = |status: AnalysisStatus| {
        let of_status = analyses.iter().filter(move |analysis| analysis.status == status);
        let reasons = of_status.map(|analysis| {
            let reason = analysis.reason.as_deref().unwrap_or("no reason is known");
            format!("{}: {reason}", analysis.analysis.as_str())
        });
        reasons.collect::<Vec<_>>().join("; ")
    };
    if analyses.iter().any(|analysis| analysis.status == AnalysisStatus::Incomplete) {
        return (JobStatus::Failed, Some(reasons(AnalysisStatus::Incomplete)));
    }
    if analyses.iter().all(|analysis| analysis.status == AnalysisStatus::Unsupported) {
        let why = reasons(AnalysisStatus::Unsupported);
        return (JobStatus::Unsupported, Some(format!("unsupported for {}: {why}", language.name)));
    }
    (JobStatus::Completed, None)
}

/// A few lines for people: what was done, by what, and what it found.
fn output(language: &Language, analyses: &[AnalysisReply], findings: &[Finding]) -> String {
    let mut lines: Vec<String> = analyses.iter().map(|analysis| analysis_line(language, analysis)).collect();
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    lines.push(format!(
        "{} errors, {} warnings, {} notes",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note)
    ));
    lines.join("\n")
}

fn analysis_line(language: &Language, reply: &AnalysisReply) -> String {
    let name = reply.analysis.as_str();
    let by = reply.by.as_deref().unwrap_or("nobody");
    match (reply.status, reply.rules, &reply.tests) {
        (AnalysisStatus::Unsupported, ..) => {
            format!("{name}: unsupported: {}", reply.reason.as_deref().unwrap_or("nobody does it"))
        }
        (AnalysisStatus::Incomplete, ..) => {
            format!("{name}: not completed: {}", reply.reason.as_deref().unwrap_or("no reason is known"))
        }
        (AnalysisStatus::Done, _, Some(tests)) => format!(
            "{name}: run by {by}: {} passed, {} failed, {} raised, {} skipped",
            tests.passed, tests.failed, tests.errored, tests.skipped
        ),
        (AnalysisStatus::Done, Some(rules), None) => format!("{name}: held against {rules} rules by {by}"),
        (AnalysisStatus::Done, None, None) => {
            let exact =
                if reply.exact == Some(true) { "" } else { ", a grammar that is laxer than a compiler" };
            format!("{name}: parsed as {} by {by}{exact}", language.name)
        }
    }
}
