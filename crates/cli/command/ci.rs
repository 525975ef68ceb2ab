//! `genesis ci`.

use std::collections::BTreeMap;

use genesis_abi::{Finding, Severity};
use genesis_domain::Decision;
use genesis_experiment::{AnswerSource, COST_NOT_COMPARED, VERDICT_CONTRADICTED};
use genesis_report::{Change, ChangedLines, EntryResult, Event, Gate, GateEntry, Skipped};

use crate::args::{Ci, Global};
use crate::command::run_experiment::{caps, read_limits};
use crate::config;
use crate::exit::{Exit, Failure};
use crate::gate::authority::{Authority, from_top};
use crate::gate::changes::{Changes, How, Scope, UNTOUCHED, changes};
use crate::gate::judging::{Bench, Judged, NotJudged};
use crate::gate::lines::changed_lines;
use crate::gate::range::Range;
use crate::gate::snapshot::Snapshot;
use crate::git::Repository;
use crate::progress::note;
use crate::reports::{self, Own, Reports, Ticks};
use crate::{host, interrupt};

/// Judges every template that a change touches.
pub(crate) fn run(args: &Ci, global: &Global) -> Result<Exit, Failure> {
    let reports = Reports::of(&args.reporting)?;
    let cancel = interrupt::cancel_on_interrupt()?;
    let repository = Repository::find(&config::here()?)?;
    let Some(range) = Range::of(&repository, args.base.as_deref(), &args.head)? else {
        note("nothing to judge: the branch is deleted");
        return Ok(nothing(args));
    };
    let base = Snapshot::of_revision(&repository, &range.base)?;
    let fork_apart = if range.fork.id == range.base.id {
        None
    } else {
        Some(Snapshot::of_revision(&repository, &range.fork)?)
    };
    let fork = fork_apart.as_ref().unwrap_or(&base);
    let judge_apart = match &args.policy_from {
        None => None,
        Some(named) => {
            let missing =
                || Failure::usage(format!("--policy-from: `{named}` is no revision of this repository"));
            let revision = repository.revision(named)?.ok_or_else(missing)?;
            Some(Snapshot::of_revision(&repository, &revision)?)
        }
    };
    let judge = judge_apart.as_ref().unwrap_or(&base);
    let authority = Authority::of(&repository, judge, args.policy.as_deref(), global)?;
    let accepted =
        [args.accept_gate.clone(), config::accepted_gates()?, repository.configured("genesis.acceptGate")?]
            .concat();
    let mut concerns = authority.disputed(fork, &range.files, &accepted);

    let (root, paths) = below(args, &repository, &authority)?;
    let scope = Scope {
        root: &root,
        paths: &paths,
        caps: caps(&authority.policy),
        limits: read_limits(&authority.policy),
    };
    let changes = changes(&scope, fork, &range.files)?;
    let (base_shown, head_shown) = (range.base.shown(), range.files.shown().to_owned());
    reports.event(&Event::Started {
        templates: (changes.touched.len() + changes.deleted.len()) as u64,
        base: Some(&base_shown),
        head: Some(&head_shown),
    })?;
    let runner = host::runner(&authority.config)?;
    let verdicts = if args.no_cache { None } else { host::verdicts() };
    let bench = Bench {
        authority: &authority,
        scope: &scope,
        base: &base,
        fork: fork_apart.as_ref(),
        runner: &runner,
        known: verdicts.as_ref().map(|verdicts| (verdicts, args.audit_cache)),
        check_cost: args.check_cost,
        cancel: &cancel,
    };
    let ticks: BTreeMap<&str, Ticks<'_>> =
        changes.touched.iter().map(|touched| (touched.path.as_str(), reports.ticks(&touched.path))).collect();
    let judged = bench.judge(&changes.touched, &|path, now| {
        if let Some(ticks) = ticks.get(path) {
            ticks.show(now);
        }
    })?;
    if let Some(verdicts) = &verdicts {
        verdicts.tidy();
    }
    concerns.extend(judged.iter().flat_map(|judged| judged.concerns.iter().cloned()));
    let decision = decision(&judged, &concerns);
    let lines = match &range.head {
        Some(head) => changed_lines(&repository.changed_lines(&range.fork, head)?),
        None => ChangedLines::new(),
    };
    report(
        &Found {
            changes: &changes,
            judged: &judged,
            concerns: &concerns,
            decision,
            base: &base_shown,
            head: &head_shown,
            lines: &lines,
        },
        &reports,
    )?;
    note(&in_numbers(&changes, &judged));
    let Some(decision) = decision else {
        note(&format!("nothing was judged: {}", why_nothing(&changes, &base_shown, &head_shown)));
        return Ok(nothing(args));
    };
    Ok(Exit::of(decision, args.fail_on_adaptations))
}

/// The template root, and the paths that were given, from the top of the repository.
fn below(
    args: &Ci,
    repository: &Repository,
    authority: &Authority<'_, '_>,
) -> Result<(String, Vec<String>), Failure> {
    let resolved = |given: &String| {
        from_top(given, repository.prefix(), repository.top())
            .ok_or_else(|| Failure::usage(format!("{given} lies outside the repository")))
    };
    let root = match &args.root {
        None => authority.project.clone(),
        Some(given) => match resolved(given)? {
            top if top.is_empty() => top,
            folder => format!("{folder}/"),
        },
    };
    Ok((root, args.paths.iter().map(resolved).collect::<Result<_, _>>()?))
}

/// One verdict of all: the worst. `None` when nothing was there to be judged.
fn decision(judged: &[Judged], concerns: &[Finding]) -> Option<Decision> {
    let says_nothing =
        |finding: &Finding| [COST_NOT_COMPARED, VERDICT_CONTRADICTED].contains(&finding.code.as_str());
    let of_concerns = concerns
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| if says_nothing(finding) { Decision::Inconclusive } else { Decision::Rollback });
    let weight = |decision: &Decision| match decision {
        Decision::Merge => 0,
        Decision::MergeWithAdaptations => 1,
        Decision::Inconclusive => 2,
        Decision::Rollback => 3,
    };
    judged.iter().map(Judged::decision).chain(of_concerns).max_by_key(weight)
}

fn nothing(args: &Ci) -> Exit {
    if args.allow_empty { Exit::Success } else { Exit::NothingChecked }
}

fn why_nothing(changes: &Changes, base: &str, head: &str) -> String {
    if !changes.deleted.is_empty() {
        format!("{head} only deletes templates that {base} has")
    } else if changes.templates == 0 {
        format!("{head} has no template in what was looked at")
    } else {
        format!("no template differs between {base} and {head}")
    }
}

/// What was done and what was not, in one line.
fn in_numbers(changes: &Changes, judged: &[Judged]) -> String {
    let known = judged
        .iter()
        .filter(|judged| judged.answer.as_ref().is_ok_and(|answer| answer.source == AnswerSource::Known))
        .count();
    let (runs, fuel) =
        judged.iter().fold((0, 0), |(runs, fuel), judged| (runs + judged.runs.0, fuel + judged.runs.1));
    let untouched = changes.skipped.iter().filter(|(_, why)| *why == UNTOUCHED).count();
    format!(
        "{} of {} templates touched, {untouched} passed over; {known} known before; {runs} runs, {fuel} units of fuel",
        judged.len(),
        changes.templates
    )
}

struct Found<'a> {
    changes: &'a Changes,
    judged: &'a [Judged],
    concerns: &'a [Finding],
    decision: Option<Decision>,
    base: &'a str,
    head: &'a str,
    lines: &'a ChangedLines,
}

fn report(found: &Found<'_>, reports: &Reports) -> Result<(), Failure> {
    let no_files = BTreeMap::new();
    let touched = found.changes.touched.iter().zip(found.judged).map(|(touched, judged)| GateEntry {
        path: &touched.path,
        change: match &touched.how {
            How::Added => Change::Added,
            How::Modified => Change::Modified,
            How::Renamed { from } => Change::Renamed { from },
            How::Through { path } => Change::Through { path },
        },
        result: match &judged.answer {
            Ok(answer) => EntryResult::Judged {
                experiment: &answer.experiment,
                thresholds: &judged.thresholds,
                cached: answer.source == AnswerSource::Known,
            },
            Err(NotJudged::Unreadable(error)) => EntryResult::Unreadable { error },
            Err(NotJudged::Failed(error)) => EntryResult::Failed { error },
        },
        files: &judged.files,
    });
    let deleted = found.changes.deleted.iter().map(|path| GateEntry {
        path,
        change: Change::Deleted,
        result: EntryResult::Deleted,
        files: &no_files,
    });
    let entries: Vec<GateEntry<'_>> = touched.chain(deleted).collect();
    // What was looked at and is no template comes before what was not touched.
    let mut skipped: Vec<Skipped<'_>> =
        found.changes.skipped.iter().map(|(path, why)| Skipped { path, why }).collect();
    skipped.sort_by_key(|skipped| skipped.why == UNTOUCHED);
    let codes = reports::codes();
    let gate = Gate {
        decision: found.decision,
        entries: &entries,
        skipped: &skipped,
        concerns: found.concerns,
        base: Some(found.base),
        head: Some(found.head),
        changed_lines: found.lines,
        codes: &codes,
    };
    for entry in &entries {
        reports.event(&Event::Template { gate: &gate, entry })?;
    }
    let own = Own {
        human: &|style| genesis_report::human_gate(&gate, style),
        json: &|| genesis_report::json_gate(&gate),
    };
    reports.deliver(&gate, &own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::judging::concern;

    #[test]
    fn the_worst_decides_and_nothing_decides_nothing() {
        let error = |code| concern(code, Severity::Error, "a", String::new(), String::new());
        assert_eq!(decision(&[], &[]), None);
        let note = concern(COST_NOT_COMPARED, Severity::Note, "a", String::new(), String::new());
        assert_eq!(decision(&[], &[note]), None);
        assert_eq!(decision(&[], &[error(COST_NOT_COMPARED)]), Some(Decision::Inconclusive));
        let both = [error(genesis_experiment::GATE_CHANGED), error(COST_NOT_COMPARED)];
        assert_eq!(decision(&[], &both), Some(Decision::Rollback));
    }
}
