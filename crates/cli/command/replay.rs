//! `genesis replay`.

use std::fmt::Write as _;

use genesis_domain::ExperimentId;
use genesis_experiment::{Hooks, Replayed};

use crate::args::{Format, Global, Replay};
use crate::command::{print, runtime};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::progress::Bar;
use crate::{host, interrupt, state};

/// Most differences that are told in full.
const MOST_SHOWN: usize = 10;

/// Runs an experiment again and says the first difference.
pub(crate) fn run(args: &Replay, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let cancel = interrupt::cancel_on_interrupt()?;
    let id: ExperimentId = args.id.parse().map_err(Failure::usage)?;
    let runtime = runtime()?;
    let commits = runtime.block_on(state::open_existing(&config))?;
    let runner = host::runner(&config)?;
    let bar = Bar::new("replaying");
    let clock = host::stopwatch();
    let hooks = Hooks {
        progress: &|progress| bar.show(progress),
        reached: &|_| {},
        waiting: &state::waiting,
        clock_us: &clock,
        watch: None,
    };
    let replayed = genesis_experiment::replay(id, &runner, &commits, &cancel, &hooks);
    bar.clear();
    let replayed = replayed?;
    print(&match args.format {
        Format::Human => human(&replayed),
        Format::Json => json(&replayed),
    })?;
    Ok(if replayed.is_same() { Exit::Success } else { Exit::Rollback })
}

fn human(replayed: &Replayed) -> String {
    let mut text = String::new();
    let mut line = |line: String| writeln!(text, "{line}").expect("writing to a string cannot fail");
    if let Some(first) = replayed.differences.first() {
        line(format!("replay of {} differs", replayed.id));
        line(format!("first difference: {}", first.what));
        line(format!("  recorded: {}", first.recorded));
        line(format!("  replayed: {}", first.replayed));
        for difference in replayed.differences.iter().skip(1).take(MOST_SHOWN) {
            line(format!(
                "also: {} was {}, is {}",
                difference.what, difference.recorded, difference.replayed
            ));
        }
        if replayed.differences.len() > MOST_SHOWN + 1 {
            line(format!("and {} more", replayed.differences.len() - MOST_SHOWN - 1));
        }
    } else {
        line(format!("replay of {} is the same", replayed.id));
        line(format!(
            "  {} runs: outcome, fuel ({} in all), host-call log and report of each",
            replayed.runs, replayed.fuel
        ));
        line(format!("  {} commits: the same ids", replayed.recorded.len()));
        for step in &replayed.recorded {
            line(format!("    {:<11} {}", step.step.as_str(), step.commit));
        }
    }
    text
}

fn json(replayed: &Replayed) -> String {
    let differences: Vec<serde_json::Value> = replayed
        .differences
        .iter()
        .map(|difference| {
            serde_json::json!({
                "what": difference.what,
                "recorded": difference.recorded,
                "replayed": difference.replayed,
            })
        })
        .collect();
    let value = serde_json::json!({
        "format_version": 1,
        "experiment": replayed.id,
        "same": replayed.is_same(),
        "runs": replayed.runs,
        "fuel": replayed.fuel,
        "recorded": replayed.recorded,
        "replayed": replayed.replayed,
        "differences": differences,
    });
    format!("{value:#}\n")
}
