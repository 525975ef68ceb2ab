//! `genesis check`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use genesis_abi::{Finding, Place, Severity};
use genesis_experiment::{CheckedFile, LoadError, TemplateRoot, check_files};
use genesis_report::{Change, ChangedLines, EntryResult, Event, Gate, GateEntry};
use genesis_template::Profile;

use crate::args::{Check, Global};
use crate::command::run_experiment::{caps, parts_beside, root, shown};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::progress::Bar;
use crate::reports::{self, Own, Reports};
use crate::{host, interrupt, policies, walk};

/// Validates files and folders.
pub(crate) fn run(args: &Check, global: &Global) -> Result<Exit, Failure> {
    let reports = Reports::of(&args.reporting)?;
    let config = Config::load(global)?;
    let cancel = interrupt::cancel_on_interrupt()?;
    let policy = policies::load(args.policy.as_deref().unwrap_or(&config.policy.value))?;
    let profile = profile(args.profile.as_deref(), &policy)?;
    let caps = caps(&policy);

    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    let mut names = BTreeMap::new();
    for (shown, root, relative) in found(args, &config)? {
        names.insert(shown.clone(), relative.clone());
        match root.load(&relative, &caps) {
            Ok(text) => files.push((shown, text)),
            Err(
                error @ (LoadError::NotUtf8 { .. }
                | LoadError::TooLarge { .. }
                | LoadError::TooManyParts { .. }),
            ) => {
                unreadable.push((shown, error));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if files.is_empty() && unreadable.is_empty() {
        return Err(Failure::nothing("no .json or .hbs file was found in what was given"));
    }
    let runner = host::runner(&config)?;
    let bar = Bar::new("checking");
    let checked = check_files(&files, profile, &policy, &runner, &cancel, &|progress| bar.show(progress));
    bar.clear();
    let mut checked = checked?;
    checked.extend(unreadable.into_iter().map(|(path, error)| CheckedFile {
        path,
        sources: BTreeMap::new(),
        findings: vec![refused(&error)],
    }));
    checked.sort_by(|a, b| a.path.cmp(&b.path));
    let errors =
        checked.iter().flat_map(|file| &file.findings).any(|finding| finding.severity == Severity::Error);
    report(&checked, &names, profile, &reports)?;
    Ok(if errors { Exit::Rollback } else { Exit::Success })
}

/// Reports the files; `names` has the path of each below its root.
fn report(
    checked: &[CheckedFile],
    names: &BTreeMap<String, String>,
    profile: Profile,
    reports: &Reports,
) -> Result<(), Failure> {
    let shown: Vec<genesis_report::CheckedFile<'_>> = checked
        .iter()
        .map(|file| genesis_report::CheckedFile {
            path: &file.path,
            findings: &file.findings,
            sources: &file.sources,
        })
        .collect();
    let parts: Vec<BTreeMap<String, String>> = checked
        .iter()
        .map(|file| {
            let parts = file.sources.keys().filter(|part| !part.is_empty());
            names.get(&file.path).map_or_else(BTreeMap::new, |name| parts_beside(&file.path, name, parts))
        })
        .collect();
    let entries: Vec<GateEntry<'_>> = checked
        .iter()
        .zip(&parts)
        .map(|(file, files)| GateEntry {
            path: &file.path,
            change: Change::Named,
            result: EntryResult::Checked { findings: &file.findings, sources: &file.sources },
            files,
        })
        .collect();
    let changed_lines = ChangedLines::new();
    let codes = reports::codes();
    let gate = Gate {
        decision: None,
        entries: &entries,
        skipped: &[],
        concerns: &[],
        base: None,
        head: None,
        changed_lines: &changed_lines,
        codes: &codes,
    };
    reports.event(&Event::Started { templates: entries.len() as u64, base: None, head: None })?;
    for entry in &entries {
        reports.event(&Event::Template { gate: &gate, entry })?;
    }
    let own = Own {
        human: &|style| genesis_report::human_check(&shown, profile.as_str(), style),
        json: &|| genesis_report::json_check(&shown, profile.as_str()),
    };
    reports.deliver(&gate, &own)
}

fn profile(given: Option<&str>, policy: &genesis_policy::Policy) -> Result<Profile, Failure> {
    let asked = given.map(crate::command::run_experiment::profile).transpose()?;
    let request = genesis_policy::Request { profile: asked, ..genesis_policy::Request::default() };
    let tightened = policy.tightened(&request).map_err(Failure::usage)?;
    for raised in &tightened.raised {
        crate::progress::note(&format!("note: {raised}"));
    }
    tightened.profile.as_str().parse().map_err(Failure::usage)
}

/// Every file with the path to show, its root, and its path below the root.
fn found(args: &Check, config: &Config) -> Result<Vec<(String, std::rc::Rc<TemplateRoot>, String)>, Failure> {
    let mut files: Vec<(String, std::rc::Rc<TemplateRoot>, String)> = Vec::new();
    for path in &args.paths {
        let (root, paths): (TemplateRoot, Vec<PathBuf>) = if path.is_dir() {
            let root = match &args.root {
                Some(root) => TemplateRoot::open(root)?,
                None => TemplateRoot::open(path)?,
            };
            (root, walk::templates(path)?)
        } else {
            (root(args.root.as_deref(), config.project.as_deref(), path)?, vec![path.clone()])
        };
        let root = std::rc::Rc::new(root);
        for file in paths {
            let relative = root.relative(&file)?;
            files.push((shown(&file), std::rc::Rc::clone(&root), relative));
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files.dedup_by(|a, b| a.0 == b.0);
    Ok(files)
}

fn refused(error: &LoadError) -> Finding {
    Finding {
        severity: Severity::Error,
        code: genesis_experiment::UNREADABLE.to_owned(),
        message: format!("the file cannot be read as a template: {error}"),
        place: Place::default(),
        help: None,
        inherited: false,
    }
}
