//! Where a run's fuel goes, function by function and stack by stack.
//!
//! Nothing is sampled. Every function gets a wrapper that tells the host when it is entered and left; the host reads the
//! fuel at both, and gives back what the wrapper itself costs. So the guest sees the same fuel and the same clock as in
//! any other run, ends the same way, and each unit of its fuel is some function's. Sampling the engine's stack was the
//! other way: the engine keeps a guest's fuel in a register between calls, so what a sample can see of it is that of
//! the last call, and a fiber that yielded has no stack to walk.

mod instrument;
mod recorder;

use std::borrow::Cow;
use std::sync::Arc;

use genesis_abi::Limits;
use wasmtime::{Caller, Linker, Module};

use self::instrument::{ENTER, EXIT, MODULE};
pub(crate) use self::recorder::Recorder;
use crate::cancel::Cancel;
use crate::clock::Watch;
use crate::engine::{Class, ClassEngine};
use crate::error::SandboxError;
use crate::guest::{START, Shape};
use crate::run::{self, Run, State};
use crate::sandbox::Sandbox;
use crate::snapshot;

/// A run, and where its fuel went.
#[derive(Debug)]
pub struct Profiled {
    /// The run; all but its wall time is what it is without a profile.
    pub run: Run,
    /// Stacks of functions in the order of their first call, so that callers come first. The sum of their fuel is the
    /// run's.
    pub stacks: Vec<ProfiledStack>,
    /// Calls that were counted, of the guest's functions and of the host's.
    pub calls: u64,
    /// Distinct functions that were called.
    pub functions: u64,
    /// Calls beyond the deepest stack or the largest number of stacks that a profile holds: their fuel is their
    /// caller's.
    pub merged_calls: u64,
    /// Whether the guest names its functions. Without names they are shown by their index.
    pub named: bool,
}

/// A function that was called by a stack of others, and what it used there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfiledStack {
    /// Index of the stack that called it; it is smaller than its own. `None` for what the host calls.
    pub caller: Option<usize>,
    /// The function, as the guest names it: text that may hold anything.
    pub function: String,
    /// Units of fuel used by the function itself, without those that it called.
    pub fuel: u64,
}

impl Sandbox {
    /// A built-in guest as [`Sandbox::load_trusted`] compiles it: after its initialisation, when it has one.
    ///
    /// # Errors
    /// When its initialisation fails: the build is broken.
    pub fn initialized<'a>(&self, wasm: &'a [u8], class: Class) -> Result<Cow<'a, [u8]>, SandboxError> {
        Ok(snapshot::initialized(class, wasm)?.map_or(Cow::Borrowed(wasm), Cow::Owned))
    }

    /// Runs a module, counting fuel by function. The module is one that [`Sandbox::load`] has let through, or a built-in
    /// one. It is compiled anew for this, fast rather than well, and a call costs tens of nanoseconds more than else.
    ///
    /// # Errors
    /// [`SandboxError::Profile`] for a component, and when the host fails. Whatever the guest does is an outcome.
    pub fn profile(
        &self,
        wasm: &[u8],
        class: Class,
        input: &[u8],
        limits: &Limits,
        seed: u64,
        cancel: &Cancel,
    ) -> Result<Profiled, SandboxError> {
        if Shape::of(wasm) == Shape::Component {
            return Err(SandboxError::Profile("it is a component, and only modules can".to_owned()));
        }
        let failed = |error: wasmtime::Error| SandboxError::Profile(format!("{error:#}"));
        let instrumented = instrument::instrument(wasm).map_err(SandboxError::Profile)?;
        let engine = ClassEngine::for_profile(class)?;
        let module = Module::from_binary(&engine.engine, &instrumented.wasm).map_err(failed)?;
        let mut linker = engine.linker.clone();
        link(&mut linker).map_err(failed)?;

        let watch = Arc::new(Watch::start(limits.wall_time_ms, cancel.clone()));
        let mut state = State::new(input, limits, seed, Arc::clone(&watch));
        state.recorder = Some(Box::new(Recorder::new(instrumented.parameters)));
        let mut store = run::store(&engine.engine, state).map_err(failed)?;
        let started = async {
            let instance = linker.instantiate_async(&mut store, &module).await?;
            let start = instance.get_typed_func::<(), ()>(&mut store, START)?;
            start.call_async(&mut store, ()).await
        };
        let ended = run::drive(started, &watch);
        let recorder = store.data_mut().recorder.take();
        let run = run::collect(store, ended, &watch, class)?.judged(limits);
        let mut recorder = recorder.expect("the recorder was there from the start");
        recorder.end(run.usage.fuel);
        Ok(Profiled {
            stacks: recorder.stacks(&instrumented.names),
            calls: recorder.calls(),
            functions: recorder.functions(),
            merged_calls: recorder.merged_calls(),
            named: instrumented.named,
            run,
        })
    }
}

fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap(
        MODULE,
        ENTER,
        |mut caller: Caller<'_, State>, function: u32| -> wasmtime::Result<()> {
            let left = caller.get_fuel()?;
            let state = caller.data_mut();
            let recorder = state.recorder.as_mut().expect("this function is linked only where one records");
            // What the wrapper has cost so far comes back, and what it will cost before the function begins is paid.
            let before = left.saturating_add(instrument::cost_of_entering());
            let used = state.fuel_budget.saturating_sub(before);
            recorder.enter(function, used);
            let after = before.saturating_add(instrument::cost_of_passing_on(recorder.parameters(function)));
            look_at_the_clock(state, used)?;
            caller.set_fuel(after)
        },
    )?;
    linker.func_wrap(MODULE, EXIT, |mut caller: Caller<'_, State>| -> wasmtime::Result<()> {
        let before = caller.get_fuel()?.saturating_add(instrument::cost_of_leaving());
        let state = caller.data_mut();
        let used = state.fuel_budget.saturating_sub(before);
        state.recorder.as_mut().expect("this function is linked only where one records").leave(used);
        look_at_the_clock(state, used)?;
        caller.set_fuel(before)
    })?;
    Ok(())
}

/// Setting the fuel anew puts the guest's next yield off, so the clock is looked at here as often as in host calls.
fn look_at_the_clock(state: &mut State, used: u64) -> wasmtime::Result<()> {
    if used.saturating_sub(state.fuel_at_check) >= Watch::SLICE {
        state.fuel_at_check = used;
        state.watch.check()?;
    }
    Ok(())
}
