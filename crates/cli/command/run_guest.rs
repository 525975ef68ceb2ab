//! `genesis run GUEST`.

use std::io::Read as _;
use std::path::Path;

use genesis_abi::{Limits, Usage};
use genesis_experiment::Loaded;
use genesis_sandbox::Run;

use crate::args::{Format, Global, RunGuest};
use crate::command::print;
use crate::command::run_experiment::style;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::{host, interrupt, policies};

/// Most bytes of an input.
const MOST_INPUT_BYTES: u64 = 64 << 20;

/// Runs one guest and prints what became of it.
pub(crate) fn run(args: &RunGuest, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let cancel = interrupt::cancel_on_interrupt()?;
    let policy = policies::load(args.policy.as_deref().unwrap_or(&config.policy.value))?;
    let input = args.input.as_deref().map(read_input).transpose()?.unwrap_or_default();
    let runner = host::runner(&config)?;
    let path = Path::new(&args.guest);
    let (name, loaded) = if genesis_guests::guest(&args.guest).is_some() && !path.exists() {
        let guest = runner.built_in(&args.guest, policy.class_for(&args.guest))?;
        (args.guest.clone(), Loaded::Ready(guest))
    } else {
        if !path.exists() {
            let known: Vec<&str> = genesis_guests::ALL.iter().map(|guest| guest.name).collect();
            return Err(Failure::usage(format!("{}: no such file", args.guest))
                .with_help(format!("a guest is a .wasm file, or built in: {}", known.join(", "))));
        }
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let wasm = policies::module(path, &policy)?;
        let loaded = runner.user_guest(&wasm, &name, &policy)?;
        (name, loaded)
    };
    let limits: Limits = policy.limits_for(&name);
    let run = match loaded {
        Loaded::Ready(guest) => runner
            .run(&guest, &input, &limits, args.seed, &cancel)
            .map_err(|error| Failure::infrastructure(crate::exit::chain(&error)))?,
        Loaded::Refused(outcome) => {
            Run { outcome, usage: Usage::default(), report: None, stdout: Vec::new(), stderr: Vec::new() }
        }
    };
    let shown = genesis_report::GuestRun {
        guest: &name,
        outcome: &run.outcome,
        usage: &run.usage,
        limits: &limits,
        report: run.report.as_ref(),
        stderr: &run.stderr,
    };
    print(&match args.format {
        Format::Human => genesis_report::human_run(&shown, &style(true)),
        Format::Json => genesis_report::json_run(&shown),
    })?;
    if run.outcome == genesis_abi::RunOutcome::Cancelled {
        return Ok(Exit::Interrupted);
    }
    Ok(if run.outcome.is_completed() { Exit::Success } else { Exit::Rollback })
}

fn read_input(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(MOST_INPUT_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST_INPUT_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::usage(format!("the input {} cannot be read: {error}", path.display())))?;
    if bytes.len() as u64 > MOST_INPUT_BYTES {
        return Err(Failure::usage(format!(
            "the input {} has more than {MOST_INPUT_BYTES} bytes",
            path.display()
        )));
    }
    Ok(bytes)
}
