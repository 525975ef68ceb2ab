//! `genesis watch`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use genesis_abi::{Finding, PromotedVersion, TemplateText};
use genesis_domain::{Experiment, Side, TemplateId, Term};
use genesis_experiment::{
    Baseline, BaselineOrigin, ExperimentError, Request, Runner, TemplateRoot, UserGuest, baseline_in_force,
    dry_run, promoted_versions,
};
use genesis_policy::Policy;
use genesis_sandbox::Cancel;
use notify::{RecursiveMode, Watcher as _};

use crate::args::{Global, Watch};
use crate::command::run_experiment::{caps, identity, root, style, with_suites_beside};
use crate::command::{print, runtime};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::progress::note;
use crate::{host, interrupt, policies, state};

/// Nothing must have happened for so long before a file counts as saved: editors write in several steps.
const QUIET: Duration = Duration::from_millis(25);
/// How often it is looked whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);
/// Most findings that are listed as new or gone.
const MOST_LISTED: usize = 20;

/// Judges a template again whenever it, or anything that it is made of, is saved.
pub(crate) fn run(args: &Watch, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let cancel = interrupt::cancel_on_interrupt()?;
    let policy = policies::load(args.policy.as_deref().unwrap_or(&config.policy.value))?;
    let root = root(args.root.as_deref(), config.project.as_deref(), &args.template)?;
    let bench = Bench {
        path: root.relative(&args.template)?,
        guests: policies::guests(&policy)?,
        runner: host::runner(&config)?,
        policy,
        root,
        config,
        args,
        cancel,
        in_force: RefCell::new(None),
    };
    let (sender, events) = channel();
    let mut watcher = notify::recommended_watcher(move |event: Result<notify::Event, notify::Error>| {
        // Reading is not saving. When nobody listens any more, it ends.
        if event.as_ref().map_or(true, |event| !event.kind.is_access()) {
            let _ended = sender.send(());
        }
    })
    .map_err(|error| cannot_watch(&bench.args.template, &error))?;

    let mut known_folders: BTreeSet<PathBuf> = BTreeSet::new();
    let mut last: Option<(TemplateText, Experiment)> = None;
    loop {
        let text = bench.load();
        let folders = bench.folders(text.as_ref().ok());
        for folder in folders.difference(&known_folders) {
            watcher
                .watch(folder, RecursiveMode::NonRecursive)
                .map_err(|error| cannot_watch(folder, &error))?;
        }
        let newly_watched = !folders.is_subset(&known_folders);
        known_folders.extend(folders);
        match text {
            Ok(text) if last.as_ref().is_none_or(|(known, _)| *known != text) => match bench.judge(&text) {
                Ok(experiment) => {
                    let thresholds = genesis_policy::thresholds(bench.policy.rules());
                    print(&told(last.as_ref().map(|(_, before)| before), &experiment, &thresholds))?;
                    last = Some((text, experiment));
                }
                Err(ExperimentError::Cancelled) => return Ok(Exit::Interrupted),
                Err(error) => note(&format!("not judged: {}", crate::exit::chain(&error))),
            },
            Ok(_) => {}
            Err(failure) => note(&format!("not judged: {failure}")),
        }
        // A folder that was not watched while its file was read may have changed in between.
        if !newly_watched && !next_save(&events, &bench.cancel) {
            return Ok(Exit::Interrupted);
        }
    }
}

struct Bench<'a> {
    args: &'a Watch,
    config: Config,
    policy: Policy,
    guests: Vec<UserGuest>,
    root: TemplateRoot,
    path: String,
    runner: Runner,
    cancel: Cancel,
    /// What is in force, as it was when watching began; opening the ledger would be most of a run.
    in_force: RefCell<Option<InForce>>,
}

/// The version in force of a template, and all that ever were.
#[derive(Clone)]
struct InForce {
    template: TemplateId,
    baseline: Option<Baseline>,
    promoted: Vec<PromotedVersion>,
}

impl Bench<'_> {
    fn load(&self) -> Result<TemplateText, Failure> {
        Ok(self.root.load(&self.path, &caps(&self.policy))?)
    }

    /// The folders that hold what the template is made of.
    fn folders(&self, text: Option<&TemplateText>) -> BTreeSet<PathBuf> {
        let parts = text.into_iter().flat_map(|text| text.parts.keys().map(String::as_str));
        let files = parts.chain([self.path.as_str()]).map(|path| self.root.path().join(path));
        files.filter_map(|file| file.parent().map(Path::to_owned)).collect()
    }

    fn judge(&self, text: &TemplateText) -> Result<Experiment, ExperimentError> {
        let request = self.request(text).map_err(|failure| ExperimentError::Request(failure.to_string()))?;
        let clock = host::stopwatch();
        dry_run(&request, &self.runner, &self.cancel, &|_| {}, &clock)
    }

    fn request(&self, text: &TemplateText) -> Result<Request, Failure> {
        let policy = with_suites_beside(self.policy.clone(), &self.args.template)?;
        let template = identity(None, text, &policy)?;
        let asked = genesis_policy::Request { template: template.as_str().to_owned(), ..Default::default() };
        let tightened = policy.tightened(&asked).map_err(Failure::usage)?;
        let InForce { mut baseline, promoted, .. } = self.in_force(&template)?;
        if let Some(given) = &self.args.baseline {
            let root = root(None, None, given)?;
            let text = root.load(&root.relative(given)?, &caps(&policy))?;
            let origin = BaselineOrigin::File(given.display().to_string());
            baseline = Some(Baseline { text, origin });
        }
        Ok(Request {
            id: host::new_experiment_id(),
            created_at_ms: host::now_ms(),
            instance: self.config.instance.value.clone(),
            template,
            candidate: text.clone(),
            candidate_path: self.args.template.display().to_string(),
            baseline,
            promoted,
            policy,
            profile: tightened.profile,
            risk: tightened.risk,
            seed: None,
            answers: Vec::new(),
            samples: Vec::new(),
            guests: self.guests.clone(),
            promotes: false,
            announces: false,
        })
    }
}

impl Bench<'_> {
    fn in_force(&self, template: &TemplateId) -> Result<InForce, Failure> {
        let known = self.in_force.borrow().clone().filter(|known| known.template == *template);
        if let Some(known) = known {
            return Ok(known);
        }
        let mut found = InForce { template: template.clone(), baseline: None, promoted: Vec::new() };
        if self.args.baseline.is_none() && self.config.state.value.join(state::HISTORY).exists() {
            let runtime = runtime()?;
            let commits = runtime.block_on(state::open(&self.config))?;
            found.promoted = runtime.block_on(promoted_versions(&commits, template))?;
            found.baseline = runtime.block_on(baseline_in_force(&commits, template))?;
        }
        *self.in_force.borrow_mut() = Some(found.clone());
        Ok(found)
    }
}

/// Waits until something was saved; false when it is to stop.
fn next_save(events: &Receiver<()>, cancel: &Cancel) -> bool {
    loop {
        match events.recv_timeout(LOOK) {
            Ok(()) => break,
            Err(RecvTimeoutError::Timeout) if !cancel.is_cancelled() => {}
            Err(_) => return false,
        }
    }
    while events.recv_timeout(QUIET).is_ok() {
        if cancel.is_cancelled() {
            return false;
        }
    }
    !cancel.is_cancelled()
}

fn cannot_watch(path: &Path, error: &notify::Error) -> Failure {
    Failure::infrastructure(format!("{} cannot be watched: {error}", path.display()))
}

/// The whole report at first; from then on what is another than before.
fn told(before: Option<&Experiment>, now: &Experiment, thresholds: &[Term]) -> String {
    let Some(before) = before else {
        return genesis_report::human(now, thresholds, &style(true));
    };
    let mut text = String::new();
    let mut line = |line: String| writeln!(text, "{line}").expect("writing to a string cannot fail");
    let (was, is) = (before.verdict.decision, now.verdict.decision);
    let verdict = if was == is { is.to_string() } else { format!("{was} -> {is}") };
    let rule = now.verdict.reasons.first().map_or("", |reason| reason.rule.as_str());
    line(format!("\n{verdict}  by rule {rule}, {} ms", now.measured_us / 1000));
    let passed = |of: &Experiment| {
        let cases = &of.evidence.cases;
        let passed = cases.iter().filter(|case| case.candidate.passed).count();
        format!("{passed} of {} pass", cases.len())
    };
    line(changed("cases", &passed(before), &passed(now)));
    line(changed("fuel", &fuel(before).to_string(), &fuel(now).to_string()));
    for (sign, findings) in [
        ("gone", missing(&before.evidence.findings, &now.evidence.findings)),
        ("new", missing(&now.evidence.findings, &before.evidence.findings)),
    ] {
        let findings = by_words(&findings);
        for (finding, times) in findings.iter().take(MOST_LISTED) {
            let severity = match finding.severity {
                genesis_abi::Severity::Error => "error",
                genesis_abi::Severity::Warning => "warning",
                genesis_abi::Severity::Note => "note",
            };
            let place = finding.place.span.map(|span| format!("{}:{}: ", span.line, span.column));
            let file = finding.place.file.as_ref().map(|file| format!("{file}:"));
            let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
            line(crate::exit::escape_controls(&format!(
                "  {sign:<4} {severity}[{}] {}{}{}{times}",
                finding.code,
                file.unwrap_or_default(),
                place.unwrap_or_default(),
                finding.message.replace('\n', "\\n")
            )));
        }
        if findings.len() > MOST_LISTED {
            line(format!("  {sign:<4} ... and {} more", findings.len() - MOST_LISTED));
        }
    }
    text
}

fn changed(what: &str, was: &str, is: &str) -> String {
    if was == is { format!("  {what:<5} {is}") } else { format!("  {what:<5} {was} -> {is}") }
}

/// What the candidate's runs cost.
fn fuel(experiment: &Experiment) -> u64 {
    let of_candidate = experiment.evidence.runs.iter().filter(|run| run.side == Side::Candidate);
    of_candidate.map(|run| run.usage.fuel).sum()
}

/// The findings that others do not have, each as often as it is missing there.
fn missing<'a>(findings: &'a [Finding], others: &[Finding]) -> Vec<&'a Finding> {
    let mut left: Vec<&Finding> = others.iter().collect();
    findings
        .iter()
        .filter(|finding| match left.iter().position(|other| other.identity() == finding.identity()) {
            Some(same) => {
                left.swap_remove(same);
                false
            }
            None => true,
        })
        .collect()
}

/// Findings that say the same of the same file as one, the first of them, and how often it is said: most cases render
/// much the same text.
fn by_words<'a>(findings: &[&'a Finding]) -> Vec<(&'a Finding, usize)> {
    let mut said: Vec<(&Finding, usize)> = Vec::new();
    for &finding in findings {
        let same = |other: &Finding| {
            other.identity() == finding.identity()
                && other.severity == finding.severity
                && other.place.file == finding.place.file
                && other.place.pointer == finding.place.pointer
        };
        match said.iter_mut().find(|(other, _)| same(other)) {
            Some((_, times)) => *times += 1,
            None => said.push((finding, 1)),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_compared_as_often_as_they_stand() {
        let finding = |message: &str| Finding {
            severity: genesis_abi::Severity::Note,
            code: "X".to_owned(),
            message: message.to_owned(),
            place: genesis_abi::Place::default(),
            help: None,
            inherited: false,
        };
        let (one, two) = ([finding("a"), finding("a"), finding("b")], [finding("a")]);
        let left: Vec<&str> = missing(&one, &two).iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(left, ["a", "b"]);
        assert!(missing(&two, &one).is_empty());
        let said: Vec<usize> =
            by_words(&one.iter().collect::<Vec<_>>()).iter().map(|(_, times)| *times).collect();
        assert_eq!(said, [2, 1]);
    }
}
