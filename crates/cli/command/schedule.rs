//! `genesis schedule`.

use std::fmt::Write as _;
use std::time::Duration;

use genesis_bus::Links;
use genesis_domain::{Firing, FiringState};
use genesis_serve::{CronExpression, Fired, Task, Tasks, fire_now, last_firings};
use genesis_store::Ledger;
use serde_json::{Value, json};

use crate::args::{Format, Global, Schedule, ScheduleCommand, Serve, TaskName};
use crate::command::bus::{SECONDS_A_DAY, retention};
use crate::command::{print, runtime};
use crate::config::Config;
use crate::exit::{Exit, Failure, escape_controls};
use crate::{broker, host, state};

const INFALLIBLE: &str = "writing to a string cannot fail";

/// Shows the tasks, or does one.
pub(crate) fn run(args: &Schedule, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    runtime()?.block_on(async {
        let ledger = state::open_existing(&config).await?.ledger;
        match &args.command {
            ScheduleCommand::List { limit, format } => {
                let now_ms = host::now_ms();
                let firings = last_firings(&ledger, *limit).await?;
                let rows: Vec<Row<'_>> = config
                    .schedule
                    .iter()
                    .map(|(task, times)| Row {
                        task: *task,
                        times: times.value.as_ref().map(CronExpression::as_str),
                        origin: times.origin.to_string(),
                        next_ms: times.value.as_ref().and_then(|times| times.next_after(now_ms)),
                        firings: firings.get(task).map(Vec::as_slice).unwrap_or_default(),
                    })
                    .collect();
                print(&match format {
                    Format::Human => listed(&rows),
                    Format::Json => as_json(&rows),
                })?;
                Ok(Exit::Success)
            }
            ScheduleCommand::Run { task, bus, format } => {
                let task = task_of(*task);
                let buses = match task {
                    Task::QueueRetention => Some(broker::links(bus, &config)?),
                    Task::Cleanup | Task::Trends | Task::Metrics => None,
                };
                let lag = Duration::from_secs(Serve::TIMEOUT_SECONDS);
                let tasks = tasks(&config, ledger, buses, lag)?;
                let holder = host::process(&config.instance.value);
                told(task, fire_now(&tasks, task, &holder, host::now_ms).await?, *format)
            }
        }
    })
}

/// What tasks are done with.
pub(crate) fn tasks(
    config: &Config,
    ledger: Ledger,
    buses: Option<Links>,
    lag: Duration,
) -> Result<Tasks, Failure> {
    Ok(Tasks {
        ledger,
        buses,
        instance: config.instance.value.clone(),
        hostname: host::hostname(),
        keep: Duration::from_secs(u64::from(config.retention_days.value.get()) * SECONDS_A_DAY),
        keep_messages: retention(None)?,
        lag,
    })
}

fn task_of(name: TaskName) -> Task {
    match name {
        TaskName::Cleanup => Task::Cleanup,
        TaskName::Trends => Task::Trends,
        TaskName::Metrics => Task::Metrics,
        TaskName::QueueRetention => Task::QueueRetention,
    }
}

struct Row<'f> {
    task: Task,
    times: Option<&'f str>,
    origin: String,
    next_ms: Option<i64>,
    firings: &'f [Firing],
}

fn listed(rows: &[Row<'_>]) -> String {
    let mut text = String::new();
    for row in rows {
        let next = row.next_ms.map_or_else(|| "never".to_owned(), host::date_and_time);
        writeln!(
            text,
            "{:<16} {:<16} next {next}  # {}",
            row.task.as_str(),
            row.times.unwrap_or("off"),
            row.origin
        )
        .expect(INFALLIBLE);
        if row.firings.is_empty() {
            text.push_str("  not done yet\n");
        }
        for firing in row.firings {
            let due = host::date_and_time(firing.due_at_ms);
            let holder = escape_controls(&firing.holder);
            let failure = escape_controls(firing.failure.as_deref().unwrap_or_default());
            match (firing.state, firing.ended_at_ms) {
                (FiringState::Done, Some(ended_at_ms)) => {
                    let ended = host::date_and_time(ended_at_ms);
                    writeln!(text, "  {due} done {ended} by {holder}: {}", in_short(firing))
                }
                (FiringState::Failed, _) => {
                    writeln!(text, "  {due} FAILED after {} attempts: {failure}", firing.attempt)
                }
                _ if failure.is_empty() => {
                    writeln!(text, "  {due} attempt {} is under way by {holder}", firing.attempt)
                }
                _ => {
                    let again = host::date_and_time(firing.held_until_ms);
                    writeln!(text, "  {due} attempt {} from {again} on: {failure}", firing.attempt + 1)
                }
            }
            .expect(INFALLIBLE);
        }
    }
    text
}

/// A result on one line: its numbers, and how many there are of what is a list.
fn in_short(firing: &Firing) -> String {
    let Some(Value::Object(result)) = &firing.result else { return "nothing".to_owned() };
    let shown: Vec<String> = result
        .iter()
        .filter_map(|(name, value)| match value {
            Value::Array(items) => Some(format!("{name} {}", items.len())),
            Value::Number(_) | Value::String(_) => {
                let value = value.as_str().map_or_else(|| value.to_string(), escape_controls);
                Some(format!("{name} {value}"))
            }
            _ => None,
        })
        .collect();
    shown.join(", ")
}

fn as_json(rows: &[Row<'_>]) -> String {
    let tasks: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "task": row.task.as_str(),
                "times": row.times,
                "origin": row.origin,
                "next_ms": row.next_ms,
                "firings": row.firings,
            })
        })
        .collect();
    format!("{:#}\n", json!({ "format_version": 1, "tasks": tasks }))
}

fn told(task: Task, fired: Fired, format: Format) -> Result<Exit, Failure> {
    match fired {
        Fired::Done(result) => {
            print(&match format {
                Format::Human => format!("{task} is done\n{result:#}\n"),
                Format::Json => {
                    format!("{:#}\n", json!({ "format_version": 1, "task": task.as_str(), "result": result }))
                }
            })?;
            Ok(Exit::Success)
        }
        Fired::Failed(why) => Err(Failure::findings(format!("{task} has failed: {why}"))),
        Fired::Lost => Err(Failure::findings(format!("{task} was done by another process meanwhile"))),
        Fired::Busy(firing) => Err(Failure::findings(format!(
            "{task} is under way, or waits to be tried again: by {}, at attempt {}, until {}",
            firing.holder,
            firing.attempt,
            host::date_and_time(firing.held_until_ms)
        ))),
    }
}
