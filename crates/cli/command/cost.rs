//! `genesis cost`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use genesis_experiment::{Progress, Request, TemplateRoot, dry_run};
use genesis_policy::{CostFile, Policy};

use crate::args::{Cost, CostAccept, CostCommand, Global};
use crate::command::print;
use crate::command::run_experiment::{caps, identity, read_limits, with_suites_beside};
use crate::config::{self, Config};
use crate::exit::{Exit, Failure};
use crate::gate::changes::is_template;
use crate::git::Repository;
use crate::progress::{Bar, note};
use crate::{cost_file, host, interrupt, policies, walk};

/// Accepts what templates cost.
pub(crate) fn run(args: &Cost, global: &Global) -> Result<Exit, Failure> {
    let CostCommand::Accept(args) = &args.command;
    accept(args, global)
}

fn accept(args: &CostAccept, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let cancel = interrupt::cancel_on_interrupt()?;
    let policy = policies::load(args.policy.as_deref().unwrap_or(&config.policy.value))?;
    let folder = folder(&config)?;
    let root = TemplateRoot::open(args.root.as_deref().unwrap_or(&folder))?;
    let all = [folder.clone()];
    let paths = if args.paths.is_empty() { &all[..] } else { &args.paths[..] };
    let requests = requests(paths, &root, &policy, &config)?;
    if requests.is_empty() {
        return Err(Failure::nothing("no template was found in what was given"));
    }

    let runner = host::runner(&config)?;
    let bar = Bar::new("measuring templates");
    let total = requests.len() as u64;
    let done = std::sync::atomic::AtomicU64::new(0);
    let clock = host::stopwatch();
    let measured = runner.in_parallel(requests.len(), |index| {
        let experiment = dry_run(&requests[index], &runner, &cancel, &|_| {}, &clock);
        let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        bar.show(Progress { done, total });
        experiment
    });
    bar.clear();
    let mut costs = cost_file::empty(&runner);
    for experiment in measured {
        cost_file::add(&mut costs, &experiment?);
    }

    let path = folder.join(cost_file::FILE);
    let before = read(&path)?;
    if !args.paths.is_empty() {
        costs = joined(before.as_ref(), costs)?;
    }
    let before = before.unwrap_or_default();
    if before == costs {
        print(&format!("{} is up to date: {}\n", path.display(), in_numbers(&costs)))?;
        return Ok(Exit::Success);
    }
    print(&told(&before, &costs))?;
    if args.check {
        note(&format!("{} is out of date; `genesis cost accept` writes it", path.display()));
        return Ok(Exit::Rollback);
    }
    std::fs::write(&path, costs.to_text())
        .map_err(|error| Failure::infrastructure(format!("{} cannot be written: {error}", path.display())))?;
    print(&format!("wrote {}: {}\n", path.display(), in_numbers(&costs)))?;
    Ok(Exit::Success)
}

/// Where the file lies: beside genesis.toml, else at the top of the repository, else here. `genesis ci` looks there.
fn folder(config: &Config) -> Result<PathBuf, Failure> {
    if let Some(project) = &config.project {
        return Ok(project.clone());
    }
    let here = config::here()?;
    let top = Repository::find(&here).ok().and_then(|repository| repository.top().map(Path::to_owned));
    Ok(top.unwrap_or(here))
}

fn requests(
    paths: &[PathBuf],
    root: &TemplateRoot,
    policy: &Policy,
    config: &Config,
) -> Result<Vec<Request>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let found = walk::templates(path)?.into_iter();
            files.extend(found.filter(|file| file.extension().is_some_and(|ending| ending == "json")));
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    files.dedup();
    let guests = policies::guests(policy)?;
    let mut requests = Vec::new();
    for file in files {
        let candidate = root.load(&root.relative(&file)?, &caps(policy))?;
        let outline = genesis_template::outline(&candidate, &read_limits(policy));
        if !outline.is_ok_and(|outline| is_template(&outline)) {
            note(&format!("note: {} is no template that can be measured", file.display()));
            continue;
        }
        let policy = with_suites_beside(policy.clone(), &file)?;
        let template = identity(None, &candidate, &policy)?;
        let asked = genesis_policy::Request { template: template.as_str().to_owned(), ..Default::default() };
        let tightened = policy.tightened(&asked).map_err(Failure::usage)?;
        requests.push(Request {
            id: host::new_experiment_id(),
            created_at_ms: host::now_ms(),
            instance: config.instance.value.clone(),
            template,
            candidate,
            candidate_path: file.display().to_string(),
            baseline: None,
            promoted: Vec::new(),
            policy,
            profile: tightened.profile,
            risk: tightened.risk,
            seed: None,
            answers: Vec::new(),
            samples: Vec::new(),
            guests: guests.clone(),
            promotes: false,
            announces: false,
        });
    }
    Ok(requests)
}

fn read(path: &Path) -> Result<Option<CostFile>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => CostFile::parse(&path.display().to_string(), &text).map(Some).map_err(Failure::usage),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::usage(format!("{} cannot be read: {error}", path.display()))),
    }
}

/// What was accepted before, with some templates measured anew. Figures of two engines or guests cannot stand in one file.
fn joined(before: Option<&CostFile>, measured: CostFile) -> Result<CostFile, Failure> {
    let Some(before) = before else { return Ok(measured) };
    let other_guest = measured
        .guests
        .iter()
        .any(|(check, digest)| before.guests.get(check).is_some_and(|known| known != digest));
    if other_guest || before.engines != measured.engines {
        return Err(Failure::usage(format!("{} is of another engine or of other guests", cost_file::FILE))
            .with_help("`genesis cost accept` without paths measures everything anew"));
    }
    let mut all = before.clone();
    all.guests.extend(measured.guests);
    all.templates.extend(measured.templates);
    Ok(all)
}

fn told(before: &CostFile, now: &CostFile) -> String {
    let mut text = String::new();
    let mut line = |line: String| writeln!(text, "{line}").expect("writing to a string cannot fail");
    for (template, cases) in &now.templates {
        let known = before.templates.get(template);
        let sum =
            |cases: &genesis_policy::TemplateCost| cases.values().flat_map(|case| case.values()).sum::<u64>();
        let template = template.escape_debug();
        match known {
            None => {
                line(format!("new      {template}: {} units of fuel in {} cases", sum(cases), cases.len()));
            }
            Some(known) if known != cases => {
                line(format!("changed  {template}: {} units of fuel, was {}", sum(cases), sum(known)));
            }
            Some(_) => {}
        }
    }
    for template in before.templates.keys().filter(|template| !now.templates.contains_key(*template)) {
        line(format!("gone     {}", template.escape_debug()));
    }
    text
}

fn in_numbers(costs: &CostFile) -> String {
    let cases: usize = costs.templates.values().map(std::collections::BTreeMap::len).sum();
    format!("{} templates, {cases} cases", costs.templates.len())
}
