//! `genesis doctor`.

mod process;
mod services;

use genesis_abi::LimitName;
use genesis_experiment::{Examination, HostState, Progress, Tried};
use genesis_guests::hostile::{self, Hostile};
use genesis_policy::{Isolation, Policy};
use genesis_report::{Examined, Layer, Resources};
use genesis_sandbox::{Cancel, Lockdown, WorkerCommand, WorkerConfig, available_lockdown};

use crate::args::{Doctor, Format, Global};
use crate::command::print;
use crate::command::run_experiment::style;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::progress::Bar;
use crate::{host, interrupt};

/// Tries this host with guests that misbehave, looks at what else the program needs, and tells what it found.
pub(crate) fn run(args: &Doctor, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let guests = chosen(&args.guests)?;
    let cancel = interrupt::cancel_on_interrupt()?;
    let mut services = services::look_at(&config);

    let look = process::look();
    let command = host::worker_command()?;
    let lockdown = available_lockdown(&worker(command.clone())?);
    services.push(services::of_workers(lockdown.as_ref()));
    let loosened = loosened()?;
    let examination = Examination::new(&look, None, loosened, &cancel)?;
    let in_workers = match &lockdown {
        Ok(_) => Some(Examination::new(&look, Some(command), loosened, &cancel)?),
        Err(_) => None,
    };
    let before = look();
    let here = try_all("in this process", &guests, &examination, &cancel)?;
    let there = match &in_workers {
        Some(in_workers) => try_all("in workers", &guests, in_workers, &cancel)?,
        None => Vec::new(),
    };
    let after = look();

    let engines = ["small", "large", "component"].map(|class| (class, examination.fingerprint(class)));
    let engines = engines.each_ref().map(|(class, fingerprint)| (*class, fingerprint.as_str()));
    let tried =
        here.iter().map(|tried| (tried, "in-process")).chain(there.iter().map(|tried| (tried, "worker")));
    let examined: Vec<Examined<'_>> = tried.map(|(tried, isolation)| examined(tried, isolation)).collect();
    let layers: Vec<Layer<'_>> = lockdown
        .iter()
        .flat_map(Lockdown::layers)
        .map(|(name, layer)| Layer { name, is_on: layer.is_on(), detail: layer.detail() })
        .collect();
    let shown = genesis_report::Doctor {
        engines: &engines,
        guests: &examined,
        before: resources(before),
        after: resources(after),
        layers: &layers,
        services: &services.iter().map(services::Found::shown).collect::<Vec<_>>(),
    };
    let format = if args.json { Format::Json } else { args.format };
    print(&match format {
        Format::Human => genesis_report::human_doctor(&shown, args.all, &style(true)),
        Format::Json => genesis_report::json_doctor(&shown),
    })?;
    Ok(if shown.is_well() { Exit::Success } else { Exit::Rollback })
}

/// A worker for a guest of the user's own under the default policy.
fn worker(command: WorkerCommand) -> Result<WorkerConfig, Failure> {
    let policy = Policy::load("default", &|_| Err("it is part of the program".to_owned()), None)?;
    let (compile_time_ms, required) = match policy.isolation() {
        Isolation::Worker { compile_time_ms, required } => (compile_time_ms, required),
        Isolation::InProcess => (0, false),
    };
    let largest = policy.largest_limits_for("");
    Ok(WorkerConfig { command, workers: 1, compile_time_ms, largest, required })
}

fn try_all(
    place: &str,
    guests: &[&'static Hostile],
    examination: &Examination<'_>,
    cancel: &Cancel,
) -> Result<Vec<Tried>, Failure> {
    let bar = Bar::new(&format!("guests that misbehave, {place}"));
    let total = guests.len() as u64;
    let mut all = Vec::with_capacity(guests.len());
    for (done, guest) in (0..).zip(guests.iter().copied()) {
        bar.show(Progress { done, total });
        all.push(examination.try_guest(guest, cancel)?);
    }
    bar.clear();
    Ok(all)
}

/// The guests of these names; all of them when none is named.
fn chosen(names: &[String]) -> Result<Vec<&'static Hostile>, Failure> {
    if names.is_empty() {
        return Ok(hostile::ALL.iter().collect());
    }
    let known = |name: &String| {
        hostile::hostile(name).ok_or_else(|| {
            let all: Vec<&str> = hostile::ALL.iter().map(|guest| guest.name).collect();
            Failure::usage(format!("no guest that misbehaves is called `{name}`"))
                .with_help(format!("there are {}", all.join(", ")))
        })
    };
    names.iter().map(known).collect()
}

/// The limit that the variable `GENESIS_DOCTOR_LOOSEN` names is three times what it should be. For tests of the
/// examination: it must find that this limit does not bite.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn loosened() -> Result<Option<LimitName>, Failure> {
    let Some(name) = std::env::var_os("GENESIS_DOCTOR_LOOSEN").filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let name = serde_json::Value::String(name.to_string_lossy().into_owned());
    serde_json::from_value(name)
        .map(Some)
        .map_err(|error| Failure::usage(format!("the variable GENESIS_DOCTOR_LOOSEN: {error}")))
}

fn examined<'a>(tried: &'a Tried, isolation: &'a str) -> Examined<'a> {
    let change = tried.after.resident_bytes.zip(tried.before.resident_bytes);
    Examined {
        name: tried.guest.name,
        does: tried.guest.does,
        isolation,
        outcome: &tried.outcome,
        limit: tried.limit(),
        asked: tried.asked,
        stopped_at: tried.stopped_at,
        overshoot_percent: tried.overshoot_percent(),
        load_us: tried.load_us,
        run_us: tried.run_us,
        resident_change_bytes: change
            .map(|(after, before)| after.cast_signed().wrapping_sub(before.cast_signed())),
        problems: &tried.problems,
    }
}

fn resources(state: HostState) -> Resources {
    Resources { resident_bytes: state.resident_bytes, descriptors: state.descriptors, threads: state.threads }
}
