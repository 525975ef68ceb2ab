//! `genesis run-experiment`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use genesis_domain::{Experiment, Risk, Seed, TemplateId};
use genesis_experiment::{
    Baseline, BaselineOrigin, Commits, Hooks, LoadCaps, Request, TemplateRoot, UserGuest, baseline_in_force,
    promoted_versions,
};
use genesis_policy::{Policy, Profile};
use genesis_report::{Change, ChangedLines, EntryResult, Event, Gate, GateEntry, Style};

use crate::args::{self, Global, RunExperiment};
use crate::command::runtime;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::lock::Lock;
use crate::progress::{Bar, note};
use crate::reports::{self, Own, Reports};
use crate::{host, interrupt, mirror, policies, state};

/// Runs an experiment and reports it.
pub(crate) fn run(args: &RunExperiment, global: &Global) -> Result<Exit, Failure> {
    let reports = Reports::of(&args.reporting)?;
    let config = Config::load(global)?;
    let cancel = interrupt::cancel_on_interrupt()?;
    let policy = policies::load(args.policy.as_deref().unwrap_or(&config.policy.value))?;
    let policy = with_suites_beside(policy, &args.template)?;
    let caps = caps(&policy);
    let root = root(args.root.as_deref(), config.project.as_deref(), &args.template)?;
    let relative = root.relative(&args.template)?;
    let candidate = root.load(&relative, &caps)?;
    let path = shown(&args.template);
    let files = parts_beside(&path, &relative, candidate.parts.keys());
    let template = identity(args.id.as_deref(), &candidate, &policy)?;
    let guests = guests(args, &policy)?;
    let answers = args.answers.as_deref().map(answers).transpose()?.unwrap_or_default();
    let samples =
        args.samples.as_deref().map(|folder| samples(folder, &caps)).transpose()?.unwrap_or_default();
    if !samples.is_empty() && !checks_code(&guests, &policy) {
        return Err(Failure::usage("no check looks at generated code, so the samples would go unseen")
            .with_help("name a guest that does with --guest, or in the policy with applies = \"code\""));
    }
    let tightened = policy
        .tightened(&genesis_policy::Request {
            template: template.as_str().to_owned(),
            publisher: None,
            risk: args.risk.map(risk),
            profile: args.profile.as_deref().map(profile).transpose()?,
        })
        .map_err(Failure::usage)?;
    for raised in &tightened.raised {
        note(&format!("note: {raised}"));
    }

    let runtime = runtime()?;
    let commits = if args.dry_run && !config.state.value.join(state::HISTORY).exists() {
        None
    } else {
        Some(runtime.block_on(state::open(&config))?)
    };
    let (baseline, promoted) = match (&args.baseline, &commits) {
        (Some(given), commits) => {
            (Some(given_baseline(given, &template, commits.as_ref(), &root, &caps)?), Vec::new())
        }
        (None, Some(commits)) => (
            runtime.block_on(mirror::with_version(&config, commits, async || {
                baseline_in_force(commits, &template).await
            }))?,
            runtime.block_on(promoted_versions(commits, &template))?,
        ),
        (None, None) => (None, Vec::new()),
    };
    let request = Request {
        id: host::new_experiment_id(),
        created_at_ms: host::now_ms(),
        instance: config.instance.value.clone(),
        template,
        candidate,
        candidate_path: args.template.display().to_string(),
        baseline,
        promoted,
        policy: policy.clone(),
        profile: tightened.profile,
        risk: tightened.risk,
        seed: args.seed.map(Seed),
        answers,
        samples,
        guests,
        promotes: args.baseline.is_none() && !args.dry_run,
        announces: args.announce,
    };
    let runner = host::runner(&config)?;
    let bar = Bar::new(&format!("measuring {}", request.template));
    let clock = host::stopwatch();
    reports.event(&Event::Started { templates: 1, base: None, head: None })?;
    let ticks = reports.ticks(&path);
    let hooks = Hooks {
        progress: &|progress| {
            bar.show(progress);
            ticks.show(progress);
        },
        reached: &|point| {
            bar.clear();
            host::crash_at(point.as_str());
        },
        waiting: &state::waiting,
        clock_us: &clock,
        watch: None,
    };
    let recorded = commits.as_ref().filter(|_| !args.dry_run);
    let experiment = runtime.block_on(genesis_experiment::run(request, &runner, recorded, &cancel, &hooks));
    bar.clear();
    let experiment = experiment?;
    report(&experiment, &policy, &path, &files, &reports)?;
    Ok(Exit::of(experiment.verdict.decision, args.fail_on_adaptations))
}

fn report(
    experiment: &Experiment,
    policy: &Policy,
    path: &str,
    files: &BTreeMap<String, String>,
    reports: &Reports,
) -> Result<(), Failure> {
    let thresholds = genesis_policy::thresholds(policy.rules());
    let entry = GateEntry {
        path,
        change: Change::Named,
        result: EntryResult::Judged { experiment, thresholds: &thresholds, cached: false },
        files,
    };
    let changed_lines = ChangedLines::new();
    let codes = reports::codes();
    let gate = Gate {
        decision: Some(experiment.verdict.decision),
        entries: &[entry],
        skipped: &[],
        concerns: &[],
        base: None,
        head: None,
        changed_lines: &changed_lines,
        codes: &codes,
    };
    reports.event(&Event::Template { gate: &gate, entry: &entry })?;
    let own = Own {
        human: &|style| genesis_report::human(experiment, &thresholds, style),
        json: &|| genesis_report::json(experiment, &thresholds),
    };
    reports.deliver(&gate, &own)
}

/// A path as reports have it, with `/` between folders.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string().replace(std::path::MAIN_SEPARATOR, "/")
}

/// Where the parts of a template lie, as the user would name them, by their names below the root. None is known when the
/// template was named by a path that does not tell where the root is.
pub(crate) fn parts_beside<'a>(
    given: &str,
    relative: &str,
    parts: impl Iterator<Item = &'a String>,
) -> BTreeMap<String, String> {
    let Some(before) = given.strip_suffix(relative) else { return BTreeMap::new() };
    parts.map(|part| (part.clone(), format!("{before}{part}"))).collect()
}

/// The policy with the suites that lie beside a template: in `<template>.suite.toml`, else in `suite.toml`.
pub(crate) fn with_suites_beside(policy: Policy, template: &Path) -> Result<Policy, Failure> {
    let own = template.with_extension("suite.toml");
    let of_folder = template.with_file_name("suite.toml");
    let Some(file) = [own, of_folder].into_iter().find(|file| file.is_file()) else { return Ok(policy) };
    let shown = file.to_string_lossy();
    let suites = genesis_policy::suites(&shown, &policies::read)?;
    policy.with_suites(suites).map_err(|name| {
        Failure::usage(format!("{shown}: the policy has a suite `{name}` already"))
            .with_help("give it another name")
    })
}

/// How reports for people look; colour is taken out again when standard output is no terminal.
pub(crate) fn style(to_terminal: bool) -> Style {
    Style { color: to_terminal, width: 100 }
}

/// What a policy allows to be read.
pub(crate) fn caps(policy: &Policy) -> LoadCaps {
    let max = policy.max();
    LoadCaps {
        template_bytes: max.template_bytes,
        part_bytes: max.part_bytes,
        total_part_bytes: max.total_part_bytes,
        parts: usize::try_from(max.parts).unwrap_or(usize::MAX),
    }
}

/// What a policy allows a document to be.
pub(crate) fn read_limits(policy: &Policy) -> genesis_template::ReadLimits {
    let max = policy.max();
    genesis_template::ReadLimits {
        bytes: usize::try_from(max.template_bytes).unwrap_or(usize::MAX),
        depth: usize::try_from(max.depth).unwrap_or(usize::MAX),
        nodes: usize::try_from(max.nodes).unwrap_or(usize::MAX),
    }
}

/// The root that was given, else the folder of genesis.toml when the template lies in it, else the template's folder.
pub(crate) fn root(
    given: Option<&Path>,
    project: Option<&Path>,
    template: &Path,
) -> Result<TemplateRoot, Failure> {
    if let Some(given) = given {
        return Ok(TemplateRoot::open(given)?);
    }
    if let Some(project) = project {
        let root = TemplateRoot::open(project)?;
        if root.relative(template).is_ok() {
            return Ok(root);
        }
    }
    let folder = match template.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Ok(TemplateRoot::open(folder)
        .map_err(|_| genesis_experiment::LoadError::NotFound { path: template.display().to_string() })?)
}

/// The id that was given, else the template's own, else its path below the root.
pub(crate) fn identity(
    given: Option<&str>,
    candidate: &genesis_abi::TemplateText,
    policy: &Policy,
) -> Result<TemplateId, Failure> {
    if let Some(given) = given {
        return TemplateId::new(given).map_err(Failure::usage);
    }
    let own = genesis_template::outline(candidate, &read_limits(policy)).ok().and_then(|outline| outline.id);
    if let Some(id) = own.and_then(|own| TemplateId::new(&own).ok()) {
        return Ok(id);
    }
    TemplateId::new(&candidate.path).map_err(|error| {
        Failure::usage(format!("the template's path is no id: {error}")).with_help("give one with --id")
    })
}

fn guests(args: &RunExperiment, policy: &Policy) -> Result<Vec<UserGuest>, Failure> {
    let mut guests = policies::guests(policy)?;
    let lock = Lock::open()?;
    for path in &args.guest {
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let name: String = stem
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
            .collect();
        let taken = |name: &str| {
            guests.iter().any(|guest| guest.name == name)
                || policy.checks().iter().any(|check| check.name == name)
        };
        let mut unique = name.clone();
        let mut number = 2;
        while unique.is_empty() || taken(&unique) {
            unique = format!("{name}-{number}");
            number += 1;
        }
        let wasm = policies::module(path, policy)?;
        if let Some(lock) = &lock {
            lock.verify(path, &wasm)?;
        }
        guests.push(UserGuest { name: unique, wasm, required: true });
    }
    Ok(guests)
}

/// Whether anything may look at generated code: a check of the policy, or a guest whose manifest is read later.
fn checks_code(guests: &[UserGuest], policy: &Policy) -> bool {
    !guests.is_empty()
        || policy
            .checks()
            .iter()
            .any(|check| matches!(check.applies, genesis_abi::Applies::Case | genesis_abi::Applies::Code))
}

fn given_baseline(
    given: &str,
    template: &TemplateId,
    commits: Option<&Commits>,
    root: &TemplateRoot,
    caps: &LoadCaps,
) -> Result<Baseline, Failure> {
    let path = Path::new(given);
    if path.is_file() {
        let own;
        let root = if root.relative(path).is_ok() {
            root
        } else {
            own = self::root(None, None, path)?;
            &own
        };
        let text = root.load(&root.relative(path)?, caps)?;
        return Ok(Baseline { text, origin: BaselineOrigin::File(given.to_owned()) });
    }
    let missing = || {
        Failure::usage(format!(
            "the baseline `{given}` is neither a file nor a version or commit of {template}"
        ))
        .with_help("`genesis history show TEMPLATE` lists the versions that were in force")
    };
    let commits = commits.ok_or_else(missing)?;
    genesis_experiment::revision(commits, template, given)?.ok_or_else(missing)
}

fn answers(path: &Path) -> Result<Vec<serde_json::Map<String, serde_json::Value>>, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("the answers {} cannot be read: {error}", path.display())))?;
    let value: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("the answers {} are not JSON: {error}", path.display())))?;
    let sets = match value {
        serde_json::Value::Array(sets) => sets,
        one => vec![one],
    };
    sets.into_iter()
        .map(|set| match set {
            serde_json::Value::Object(set) => Ok(set),
            _ => Err(Failure::usage(format!(
                "the answers {} hold something that is no object; an answer set is {{\"question\": answer, …}}",
                path.display()
            ))),
        })
        .collect()
}

fn samples(folder: &Path, caps: &LoadCaps) -> Result<Vec<(String, String)>, Failure> {
    let root = TemplateRoot::open(folder)?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| {
            Failure::usage(format!("the samples {} cannot be listed: {error}", folder.display()))
        })?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(Failure::usage(format!("the samples folder {} holds no file", folder.display())));
    }
    if files.len() > caps.parts {
        return Err(Failure::usage(format!(
            "the samples folder {} holds {} files, the policy allows {} (key `parts` in [max])",
            folder.display(),
            files.len(),
            caps.parts
        )));
    }
    files
        .iter()
        .map(|path| {
            let relative = root.relative(path)?;
            let text = root.read(&relative, caps.part_bytes, "part_bytes")?;
            Ok((relative, text))
        })
        .collect()
}

fn risk(risk: args::Risk) -> Risk {
    match risk {
        args::Risk::Low => Risk::Low,
        args::Risk::Medium => Risk::Medium,
        args::Risk::High => Risk::High,
    }
}

/// A validator profile by name.
pub(crate) fn profile(name: &str) -> Result<Profile, Failure> {
    name.parse().map_err(|()| {
        Failure::usage(format!("`{name}` is no profile; there are legacy, standard and strict"))
    })
}
