//! `genesis run GUEST`.

use std::io::Read as _;
use std::path::Path;

use genesis_abi::{Limits, Usage};
use genesis_experiment::{EndedRun, Loaded, Runner};
use genesis_policy::Policy;
use genesis_sandbox::Run;

use crate::args::{Format, Global, RunGuest};
use crate::command::print;
use crate::command::profile::{Picture, profile};
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
    let named = named(&args.guest, &policy, &runner)?;
    let limits: Limits = policy.limits_for(&named.name);
    let engine = runner.engine_of(&named.loaded);
    let mut profiled = None;
    let mut shadow = None;
    let mut isolation = None;
    let run = match &named.loaded {
        Loaded::Ready(guest) => {
            let run = if args.profile {
                let done = profile(&named, &policy, &runner, &input, args.seed, &cancel)?;
                profiled = Some(Picture::new(&done, &named.name, args.output.as_deref())?);
                isolation = Some("in-process");
                done.run
            } else {
                isolation = Some(if guest.lockdown().is_some() { "worker" } else { "in-process" });
                runner
                    .run(guest, &input, &limits, args.seed, &cancel)
                    .map_err(|error| Failure::infrastructure(crate::exit::chain(&error)))?
            };
            shadow = policy.shadow().and_then(|budget| {
                let ended = EndedRun {
                    guest,
                    input: &input,
                    limits: &limits,
                    seed: args.seed,
                    outcome: &run.outcome,
                };
                genesis_experiment::shadow(&ended, &budget, &runner, &cancel)
            });
            run
        }
        Loaded::Refused(outcome) => Run {
            outcome: outcome.clone(),
            usage: Usage::default(),
            report: None,
            stdout: Vec::new(),
            stderr: Vec::new(),
        },
    };
    let stacks = profiled.as_ref().map(Picture::stacks).unwrap_or_default();
    let profile = profiled.as_ref().map(|picture| picture.shown(&stacks));
    let shown = genesis_report::GuestRun {
        guest: &named.name,
        outcome: &run.outcome,
        usage: &run.usage,
        limits: &limits,
        engine: engine.as_deref(),
        report: run.report.as_ref(),
        stderr: &run.stderr,
        isolation,
        shadow: shadow.as_ref(),
        profile: profile.as_ref(),
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

/// A guest that was named on the command line.
pub(crate) struct Named {
    /// Its name, by which a policy may give it limits of its own.
    pub(crate) name: String,
    /// The module.
    pub(crate) wasm: Vec<u8>,
    /// The guest, ready or refused.
    pub(crate) loaded: Loaded,
    /// Whether it is part of this program.
    pub(crate) built_in: bool,
}

/// Finds a guest by its file, or by the name of a built-in one.
pub(crate) fn named(guest: &str, policy: &Policy, runner: &Runner) -> Result<Named, Failure> {
    let path = Path::new(guest);
    if let Some(built_in) = genesis_guests::guest(guest).filter(|_| !path.exists()) {
        let loaded = Loaded::Ready(runner.built_in(guest, policy.class_for(guest))?);
        return Ok(Named { name: guest.to_owned(), wasm: built_in.wasm(), loaded, built_in: true });
    }
    must_exist(guest)?;
    let wasm = policies::module(path, policy)?;
    let name = stem(path);
    let loaded = runner.user_guest(&wasm, &name, policy)?;
    Ok(Named { name, wasm, loaded, built_in: false })
}

/// Refuses what is neither a file nor a built-in guest.
pub(crate) fn must_exist(guest: &str) -> Result<(), Failure> {
    if Path::new(guest).exists() {
        return Ok(());
    }
    let known: Vec<&str> = genesis_guests::ALL.iter().map(|guest| guest.name).collect();
    Err(Failure::usage(format!("{guest}: no such file"))
        .with_help(format!("a guest is a .wasm file, or built in: {}", known.join(", "))))
}

/// The name that a file gives a guest.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
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
