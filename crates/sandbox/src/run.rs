//! One run of one guest.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use genesis_abi::{FailedReason, LimitHit, LimitName, Limits, Report, ReportError, RunOutcome, Usage};
use wasmtime::{Engine, Memory, OutOfMemory, PoolConcurrencyLimitError, Store, Trap};

use crate::cancel::Cancel;
use crate::clock::Watch;
use crate::engine::Class;
use crate::error::SandboxError;
use crate::excerpt::excerpt;
use crate::guest::{Guest, Linked, Local, Place};
use crate::meter::Meter;
use crate::profile::Recorder;
use crate::stop::Stop;
use crate::wasi::{CallLog, HANDLES_MAX, MOVED_MAX, Pollables, SplitMix64, Stdio};

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// How it ended.
    pub outcome: RunOutcome,
    /// What it used.
    pub usage: Usage,
    /// The report; there is one exactly when the outcome is `completed`.
    pub report: Option<Report>,
    /// Standard output, as far as its limit.
    pub stdout: Vec<u8>,
    /// Standard error, as far as its limit.
    pub stderr: Vec<u8>,
}

/// All that belongs to one run, where the host's functions find it.
pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) stdio: Stdio,
    pub(crate) random: SplitMix64,
    pub(crate) pollables: Pollables,
    pub(crate) log: CallLog,
    pub(crate) meter: Meter,
    pub(crate) watch: Arc<Watch>,
    /// The exported memory, once the guest has made a call.
    pub(crate) memory: Option<Memory>,
    pub(crate) host_calls: u64,
    /// Fuel given at the start: one more than the limit, because the engine ends a run that has used all of it.
    pub(crate) fuel_budget: u64,
    /// Fuel used when a host call last looked at the clock.
    pub(crate) fuel_at_check: u64,
    /// Where the fuel goes, when somebody wants to know.
    pub(crate) recorder: Option<Box<Recorder>>,
}

impl State {
    pub(crate) fn new(input: &[u8], limits: &Limits, seed: u64, watch: Arc<Watch>) -> Self {
        Self {
            limits: *limits,
            stdio: Stdio::new(input, limits),
            random: SplitMix64::new(seed),
            pollables: Pollables::default(),
            log: CallLog::new(),
            meter: Meter::new(limits),
            watch,
            memory: None,
            host_calls: 0,
            fuel_budget: limits.fuel.saturating_add(1),
            fuel_at_check: 0,
            recorder: None,
        }
    }

    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let limits = Limits {
            fuel: 0,
            wall_time_ms: 0,
            memory_bytes: 0,
            table_elements: 0,
            stdout_bytes: 0,
            stderr_bytes: 0,
            host_calls: 0,
        };
        Self::new(&[], &limits, 0, Arc::new(Watch::start(0, Cancel::new())))
    }
}

/// Runs a guest where it was compiled. Blocks until it ends.
pub(crate) fn run(
    guest: &Guest,
    input: &[u8],
    limits: &Limits,
    seed: u64,
    cancel: &Cancel,
) -> Result<Run, SandboxError> {
    match guest.place() {
        Place::Here(local) => {
            let Some(_slot) = local.engine.slot(cancel) else {
                return Ok(never_started());
            };
            Ok(carry_out(local, input, limits, seed, cancel)?.judged(limits))
        }
        Place::Workers(pool) => pool.run(guest.class(), input, limits, seed, cancel),
    }
}

/// What came of a run, before anybody looks at what the guest wrote. It is the same whether the run was in this process
/// or in a worker, and only this process looks at it further.
pub(crate) struct Raw {
    pub(crate) ending: Ending,
    /// Fuel used; one more than the limit when that was passed.
    pub(crate) used: u64,
    /// All but fuel and bytes written.
    pub(crate) usage: Usage,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Runs a guest in this process. The caller holds a slot.
pub(crate) fn carry_out(
    local: &Local,
    input: &[u8],
    limits: &Limits,
    seed: u64,
    cancel: &Cancel,
) -> Result<Raw, SandboxError> {
    let watch = Arc::new(Watch::start(limits.wall_time_ms, cancel.clone()));
    let failed = |error: wasmtime::Error| SandboxError::Run(format!("{error:#}"));
    let state = State::new(input, limits, seed, Arc::clone(&watch));
    let mut store = store(&local.engine.engine, state).map_err(failed)?;
    let ended = match local.first.is_within(limits) {
        Ok(()) => drive(call_start(&local.linked, &mut store), &watch),
        Err(stop) => Err(Ended::Stop(stop)),
    };
    collect(store, ended, &watch, local.engine.class)
}

/// Takes apart a store whose run has ended.
pub(crate) fn collect(
    store: Store<State>,
    ended: Result<(), Ended>,
    watch: &Watch,
    class: Class,
) -> Result<Raw, SandboxError> {
    let failed = |error: wasmtime::Error| SandboxError::Run(format!("{error:#}"));
    let elapsed = watch.elapsed();
    let used = store.data().fuel_budget - store.get_fuel().map_err(failed)?;
    let state = store.into_data();
    let ending = match (state.meter.stop(), ended) {
        (Some(stop), _) => Ending::from_stop(stop.clone())?,
        (None, ended) => Ending::new(ended, class)?,
    };
    let usage = Usage {
        peak_memory_bytes: state.meter.peak_memory_bytes(),
        peak_table_elements: state.meter.peak_table_elements(),
        host_calls: state.host_calls,
        host_call_log: state.log.finish(),
        wall_time_us: Some(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)),
        ..Usage::default()
    };
    let (stdout, stderr) = state.stdio.into_captures();
    Ok(Raw { ending, used, usage, stdout, stderr })
}

impl Raw {
    /// The run as callers see it: what the guest wrote is read as a report.
    pub(crate) fn judged(self, limits: &Limits) -> Run {
        let Self { ending, used, usage, stdout, stderr } = self;
        let usage = Usage {
            fuel: used.min(limits.fuel),
            stdout_bytes: stdout.len() as u64,
            stderr_bytes: stderr.len() as u64,
            ..usage
        };
        let (outcome, report) = match ending {
            // Straight-line code can pass the limit after its last check.
            Ending::Exit(_) if used > limits.fuel => (Ending::out_of_fuel(limits.fuel, used), None),
            Ending::OutOfFuel => (Ending::out_of_fuel(limits.fuel, used), None),
            Ending::Outcome(outcome) => (outcome, None),
            Ending::Exit(code) => judge(code, &stdout, &stderr),
        };
        Run { outcome, usage, report, stdout, stderr }
    }
}

/// A store whose limits are those of the state that it holds.
pub(crate) fn store(engine: &Engine, state: State) -> wasmtime::Result<Store<State>> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.meter);
    store.set_fuel(store.data().fuel_budget)?;
    store.fuel_async_yield_interval(Some(Watch::SLICE))?;
    store.set_hostcall_fuel(MOVED_MAX);
    store.set_max_component_handles(HANDLES_MAX);
    Ok(store)
}

async fn call_start(linked: &Linked, store: &mut Store<State>) -> wasmtime::Result<()> {
    match linked {
        Linked::Module { instance, start } => {
            let instance = instance.instantiate_async(&mut *store).await?;
            let start = instance
                .get_module_export(&mut *store, start)
                .and_then(wasmtime::Extern::into_func)
                .expect("linking made sure that `_start` is an exported function")
                .typed::<(), ()>(&*store)?;
            start.call_async(&mut *store, ()).await
        }
        Linked::Component { instance, run } => {
            let instance = instance.instantiate_async(&mut *store).await?;
            let run = instance.get_typed_func::<(), (Result<(), ()>,)>(&mut *store, run)?;
            match run.call_async(&mut *store, ()).await? {
                (Ok(()),) => Ok(()),
                (Err(()),) => Err(wasmtime::Error::from(Stop::Exit(1))),
            }
        }
    }
}

/// Polls a run to its end. It yields after each slice of fuel; dropping it in between unwinds the guest.
///
/// Slices of fuel on a fiber rather than epochs: the code then carries one kind of counter instead of two, no thread
/// has to tick, and the guest's stack does not depend on that of the thread that runs it.
pub(crate) fn drive<T>(run: impl Future<Output = wasmtime::Result<T>>, watch: &Watch) -> Result<T, Ended> {
    let mut run = pin!(run);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match run.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result.map_err(Ended::Error),
            Poll::Pending => watch.check().map_err(Ended::Stop)?,
        }
    }
}

/// Why a run did not return from its start.
pub(crate) enum Ended {
    Error(wasmtime::Error),
    Stop(Stop),
}

/// How a run ended, before its output is looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By itself, with an exit code.
    Exit(i32),
    OutOfFuel,
    Outcome(RunOutcome),
}

impl Ending {
    /// Total over everything that the engine can come back with.
    fn new(ended: Result<(), Ended>, class: Class) -> Result<Self, SandboxError> {
        let error = match ended {
            Ok(()) => return Ok(Self::Exit(0)),
            Err(Ended::Stop(stop)) => return Self::from_stop(stop),
            Err(Ended::Error(error)) => error,
        };
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return Self::from_stop(stop.clone());
        }
        Ok(match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Self::OutOfFuel,
            Some(Trap::StackOverflow) => {
                let (limit, value) = (LimitName::StackBytes, class.stack_bytes());
                Self::Outcome(RunOutcome::StackOverflow(LimitHit { limit, value, peak: value }))
            }
            Some(trap) => {
                let words = trap.to_string();
                let trap = words.strip_prefix("wasm trap: ").unwrap_or(&words).to_owned();
                Self::Outcome(RunOutcome::Trapped { trap })
            }
            None if class == Class::Component && !is_of_the_host(&error) => {
                // The rules of the component model are the engine's words: a handle that does not exist, a list
                // outside of memory, more bytes or handles than the host takes.
                Self::Outcome(RunOutcome::Trapped {
                    trap: excerpt(error.root_cause().to_string().as_bytes()),
                })
            }
            None => return Err(SandboxError::Run(format!("{error:#}"))),
        })
    }

    fn from_stop(stop: Stop) -> Result<Self, SandboxError> {
        let hit = match stop {
            Stop::Exit(code) => return Ok(Self::Exit(code)),
            Stop::Cancelled => return Ok(Self::Outcome(RunOutcome::Cancelled)),
            Stop::Trap(rule) => return Ok(Self::Outcome(RunOutcome::Trapped { trap: rule.to_owned() })),
            Stop::Host(reason) => return Err(SandboxError::Run(reason)),
            Stop::Limit(hit) => hit,
        };
        Ok(Self::Outcome(match hit.limit {
            LimitName::Fuel => RunOutcome::OutOfFuel(hit),
            LimitName::WallTimeMs => RunOutcome::TimedOut(hit),
            LimitName::MemoryBytes => RunOutcome::MemoryExceeded(hit),
            LimitName::TableElements => RunOutcome::TableExceeded(hit),
            LimitName::StackBytes => RunOutcome::StackOverflow(hit),
            LimitName::StdoutBytes | LimitName::StderrBytes => RunOutcome::OutputExceeded(hit),
            LimitName::HostCalls => RunOutcome::HostCallExceeded(hit),
            // The others are of modules, which are refused before they run.
            _ => RunOutcome::ModuleTooComplex { limits: vec![hit], also: Vec::new() },
        }))
    }

    fn out_of_fuel(value: u64, peak: u64) -> RunOutcome {
        RunOutcome::OutOfFuel(LimitHit { limit: LimitName::Fuel, value, peak })
    }
}

/// Want of memory, files or slots.
fn is_of_the_host(error: &wasmtime::Error) -> bool {
    error.is::<io::Error>() || error.is::<OutOfMemory>() || error.is::<PoolConcurrencyLimitError>()
}

/// What a guest that ended by itself has to show for it.
fn judge(code: i32, stdout: &[u8], stderr: &[u8]) -> (RunOutcome, Option<Report>) {
    let reason = if code != 0 {
        FailedReason::ExitCode
    } else if stdout.is_empty() {
        FailedReason::NoOutput
    } else {
        match Report::from_slice(stdout) {
            Ok(report) => return (RunOutcome::Completed, Some(report)),
            Err(ReportError::NotJson(_)) => FailedReason::NotJson,
            Err(ReportError::WrongShape(_)) => FailedReason::WrongShape,
        }
    };
    let shown = if stdout.is_empty() { stderr } else { stdout };
    (RunOutcome::Failed { reason, exit_code: Some(code), excerpt: excerpt(shown) }, None)
}

/// The host was asked to stop before there was a slot.
pub(crate) fn never_started() -> Run {
    let usage = Usage { host_call_log: CallLog::new().finish(), wall_time_us: Some(0), ..Usage::default() };
    Run { outcome: RunOutcome::Cancelled, usage, report: None, stdout: Vec::new(), stderr: Vec::new() }
}
