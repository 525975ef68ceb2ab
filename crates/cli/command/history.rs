//! `genesis history`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use genesis_domain::{CommitId, ExperimentId, ExperimentRecord, Step, TemplateId};
use genesis_experiment::{Commits, Comparison};
use genesis_history::{Mirror, VerifyReport};
use genesis_store::ListFilter;
use serde_json::json;

use crate::args::{Format, Global, History, HistoryCommand};
use crate::command::{print, runtime, trends};
use crate::config::{Config, here, repository_from};
use crate::exit::{Exit, Failure};
use crate::{host, mirror, state};

/// Lists, shows, compares, verifies or rebuilds.
pub(crate) fn run(args: &History, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    runtime()?.block_on(async {
        let commits = state::open_existing(&config).await?;
        match &args.command {
            HistoryCommand::List { template, limit, format } => {
                list(&commits, template.as_deref(), *limit, *format).await
            }
            HistoryCommand::Show { id, format } => show(&commits, id, *format).await,
            HistoryCommand::Diff { from, to } => diff(&commits, from, to.as_deref()),
            HistoryCommand::Verify { mirror: None, format } => verify(&commits, *format).await,
            HistoryCommand::Verify { mirror: Some(given), format } => {
                let given = Some(given.as_str()).filter(|given| !given.is_empty());
                verify_mirror(&commits, &config, given, *format).await
            }
            HistoryCommand::Trends { days, format } => trends::run(&commits.ledger, *days, *format).await,
            HistoryCommand::RebuildLedger => rebuild(&commits).await,
        }
    })
}

async fn list(
    commits: &Commits,
    template: Option<&str>,
    limit: u32,
    format: Format,
) -> Result<Exit, Failure> {
    let template = template.map(TemplateId::new).transpose().map_err(Failure::usage)?;
    let records = commits.ledger.list(&ListFilter { template, limit, before: None }).await?;
    let mut text = String::new();
    match format {
        Format::Json => {
            let rows: Vec<serde_json::Value> = records.iter().map(row).collect();
            writeln!(text, "{:#}", json!({ "format_version": 1, "experiments": rows })).expect(INFALLIBLE);
        }
        Format::Human if records.is_empty() => text.push_str("no experiment yet\n"),
        Format::Human => {
            for record in &records {
                writeln!(
                    text,
                    "{}  {}  {:<22} {} {}",
                    record.id,
                    host::date_and_time(record.created_at_ms),
                    record.decision.as_str(),
                    record.template,
                    record.version.as_deref().unwrap_or("-")
                )
                .expect(INFALLIBLE);
            }
        }
    }
    print(&text)?;
    Ok(Exit::Success)
}

const INFALLIBLE: &str = "writing to a string cannot fail";

fn row(record: &ExperimentRecord) -> serde_json::Value {
    json!({
        "experiment": record.id,
        "template": record.template,
        "version": record.version,
        "decision": record.decision,
        "rationale": record.rationale,
        "created_at_ms": record.created_at_ms,
        "tip": record.tip,
    })
}

async fn show(commits: &Commits, id: &str, format: Format) -> Result<Exit, Failure> {
    if let Ok(id) = id.parse::<ExperimentId>() {
        return show_experiment(commits, id, format).await;
    }
    let template = TemplateId::new(id).map_err(Failure::usage)?;
    let versions = commits.history.versions(&template)?;
    if versions.is_empty() {
        return Err(Failure::usage(format!(
            "`{template}` is neither an experiment nor a template with a version in force"
        ))
        .with_help("`genesis history list` shows both"));
    }
    let mut text = String::new();
    match format {
        Format::Json => {
            let rows: Vec<serde_json::Value> = versions
                .iter()
                .map(|entry| {
                    json!({
                        "commit": entry.commit,
                        "version": entry.version,
                        "experiment": entry.experiment,
                        "subject": entry.subject,
                        "time_s": entry.time_s,
                    })
                })
                .collect();
            writeln!(text, "{:#}", json!({ "format_version": 1, "template": template, "versions": rows }))
                .expect(INFALLIBLE);
        }
        Format::Human => {
            writeln!(text, "{template}: versions in force, newest first").expect(INFALLIBLE);
            for (position, entry) in versions.iter().enumerate() {
                writeln!(
                    text,
                    "{} {:<12} {}  {}  {}",
                    if position == 0 { "*" } else { " " },
                    entry.version.as_deref().unwrap_or("-"),
                    host::date_and_time(entry.time_s * 1000),
                    &entry.commit.as_str()[..12],
                    entry.experiment.map_or_else(|| "by hand".to_owned(), |id| id.to_string())
                )
                .expect(INFALLIBLE);
            }
        }
    }
    print(&text)?;
    Ok(Exit::Success)
}

async fn show_experiment(commits: &Commits, id: ExperimentId, format: Format) -> Result<Exit, Failure> {
    let steps = commits.history.steps(id)?;
    let record = commits.ledger.experiment(id).await?;
    let mut text = String::new();
    match format {
        Format::Json => {
            let rows: Vec<serde_json::Value> = steps
                .iter()
                .map(|entry| json!({ "step": entry.step, "commit": entry.commit, "subject": entry.subject }))
                .collect();
            let record = record.as_ref().map(row);
            writeln!(text, "{:#}", json!({ "format_version": 1, "record": record, "steps": rows }))
                .expect(INFALLIBLE);
        }
        Format::Human => {
            writeln!(text, "experiment {id}").expect(INFALLIBLE);
            if let Some(record) = &record {
                writeln!(
                    text,
                    "  {} {}, {}\n  {}: {}",
                    record.template,
                    record.version.as_deref().unwrap_or("-"),
                    host::date_and_time(record.created_at_ms),
                    record.decision,
                    record.rationale
                )
                .expect(INFALLIBLE);
            }
            for entry in &steps {
                writeln!(
                    text,
                    "  {:<11} {}  {}",
                    entry.step.as_str(),
                    &entry.commit.as_str()[..12],
                    entry.subject
                )
                .expect(INFALLIBLE);
            }
            writeln!(
                text,
                "\nfiles of a step: git --git-dir={} show --stat <commit>",
                commits.history.path().display()
            )
            .expect(INFALLIBLE);
        }
    }
    print(&text)?;
    Ok(Exit::Success)
}

fn diff(commits: &Commits, from: &str, to: Option<&str>) -> Result<Exit, Failure> {
    let (from, to) = if let (Ok(id), None) = (from.parse::<ExperimentId>(), to) {
        let steps = commits.history.steps(id)?;
        let commit =
            |step: Step| steps.iter().find(|entry| entry.step == step).map(|entry| entry.commit.clone());
        commit(Step::Checkpoint)
            .zip(commit(Step::Candidate))
            .ok_or_else(|| Failure::usage(format!("experiment {id} has no candidate step")))?
    } else {
        let to = to.ok_or_else(|| {
            Failure::usage("a commit is compared with a second one: genesis history diff COMMIT COMMIT")
        })?;
        let commit = |text: &str| text.parse::<CommitId>().map_err(Failure::usage);
        (commit(from)?, commit(to)?)
    };
    print(&commits.history.diff(&from, &to)?)?;
    Ok(Exit::Success)
}

async fn verify(commits: &Commits, format: Format) -> Result<Exit, Failure> {
    let report = commits.history.verify()?;
    let compared = genesis_experiment::compare(commits).await?;
    let help = "`genesis history rebuild-ledger` makes the ledger anew from the history";
    show_verified(&report, &compared, help, format)
}

/// Verifies what all instances have mirrored; a mirror that has no path here is fetched first.
async fn verify_mirror(
    commits: &Commits,
    config: &Config,
    given: Option<&str>,
    format: Format,
) -> Result<Exit, Failure> {
    let configured = || config.mirror.as_ref().map(|mirror| mirror.value.clone());
    let given =
        given.map(|given| Ok::<_, Failure>(repository_from(&here()?, given.to_owned()))).transpose()?;
    let address = given.or_else(configured).ok_or_else(|| {
        Failure::usage("no mirror is named").with_help(
            "name one after --mirror, in GENESIS_MIRROR, or as `mirror` of [serve] in genesis.toml",
        )
    })?;
    let path = Path::new(&address);
    if path.is_absolute() {
        return compare_mirror(commits, path, format).await;
    }
    let folder = config.state.value.join(format!("mirror-{}", std::process::id()));
    let fetched = Fetched(folder);
    let instance = commits.ledger.instance().unwrap_or_default();
    let mirror = mirror::Mirror::new(commits.history.path(), instance, &address)?;
    mirror.fetch_all(&fetched.0).map_err(|why| {
        Failure::infrastructure(format!("the mirror {} cannot be fetched: {why}", mirror.shown()))
    })?;
    compare_mirror(commits, &fetched.0, format).await
}

/// A folder that is removed when it has been looked at.
struct Fetched(PathBuf);

impl Drop for Fetched {
    fn drop(&mut self) {
        // What cannot be removed is in nobody's way.
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

async fn compare_mirror(commits: &Commits, path: &Path, format: Format) -> Result<Exit, Failure> {
    let mirror = Mirror::open(path)?;
    let report = mirror.verify()?;
    let mut compared = genesis_experiment::compare_mirror(&commits.ledger, &mirror).await?;
    for (instance, count) in mirror.instances()? {
        compared.elsewhere.push(format!("{count} experiments are mirrored by `{instance}`"));
    }
    show_verified(&report, &compared, "what was recorded last may still be on its way", format)
}

fn show_verified(
    report: &VerifyReport,
    compared: &Comparison,
    help: &str,
    format: Format,
) -> Result<Exit, Failure> {
    let Comparison { disagreements, elsewhere } = compared;
    let clean = report.is_clean() && disagreements.is_empty();
    let mut text = String::new();
    match format {
        Format::Json => {
            let problems: Vec<serde_json::Value> = report
                .problems
                .iter()
                .map(|problem| json!({ "name": problem.name, "text": problem.text }))
                .collect();
            let value = json!({
                "format_version": 1,
                "clean": clean,
                "experiments": report.experiments,
                "templates": report.templates,
                "objects": report.objects,
                "problems": problems,
                "further_problems": report.further_problems,
                "disagreements": disagreements,
                "elsewhere": elsewhere,
            });
            writeln!(text, "{value:#}").expect(INFALLIBLE);
        }
        Format::Human => {
            for problem in &report.problems {
                writeln!(text, "{}: {}", problem.name, problem.text).expect(INFALLIBLE);
            }
            if report.further_problems > 0 {
                writeln!(text, "and {} more", report.further_problems).expect(INFALLIBLE);
            }
            for disagreement in disagreements {
                writeln!(text, "ledger: {disagreement}").expect(INFALLIBLE);
            }
            for known in elsewhere {
                writeln!(text, "elsewhere: {known}").expect(INFALLIBLE);
            }
            writeln!(
                text,
                "{}: {} experiments, {} templates, {} objects",
                if clean { "clean" } else { "NOT clean" },
                report.experiments,
                report.templates,
                report.objects
            )
            .expect(INFALLIBLE);
            if !disagreements.is_empty() {
                writeln!(text, "{help}").expect(INFALLIBLE);
            }
        }
    }
    print(&text)?;
    Ok(if clean { Exit::Success } else { Exit::Rollback })
}

async fn rebuild(commits: &Commits) -> Result<Exit, Failure> {
    let rebuilt = genesis_experiment::rebuild_ledger(commits, &state::waiting).await?;
    print(&format!(
        "the ledger was made anew: {} experiments, {} templates with a version in force; \
         announcements kept {}, dropped {}\n",
        rebuilt.experiments, rebuilt.heads, rebuilt.outbox_kept, rebuilt.outbox_dropped
    ))?;
    Ok(Exit::Success)
}
