//! The sandbox with the built-in guests ready to run.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use genesis_abi::{Limits, RunOutcome};
use genesis_policy::{Class, Isolation, Policy};
use genesis_sandbox::{
    Cancel, Guest, Profiled, Run, Sandbox, SandboxConfig, SandboxError, WorkerCommand, WorkerConfig,
};

use crate::ExperimentError;

/// A guest that can be run, or the outcome that it has without having run.
#[derive(Clone)]
pub enum Loaded {
    /// Ready.
    Ready(Guest),
    /// Refused before it was compiled, such as for a denied import.
    Refused(RunOutcome),
}

/// A module whose fuel is to be counted by function.
#[derive(Debug, Clone, Copy)]
pub struct ProfiledModule<'a> {
    /// The module.
    pub wasm: &'a [u8],
    /// Engine class that the policy gives it.
    pub class: Class,
    /// Whether it is part of this program, so that its own initialisation is run first.
    pub built_in: bool,
}

/// A sandbox shared by all experiments of a process. Guests are prepared once.
pub struct Runner {
    sandbox: Sandbox,
    built_in: Mutex<BTreeMap<(&'static str, bool), Guest>>,
    threads: usize,
    /// Threads beside those that ask which are at work.
    taken: AtomicUsize,
    preparing: Preparing,
    workers: Option<WorkerCommand>,
}

/// Called with a built-in guest's name before it is compiled, which takes seconds for a large one.
pub type Preparing = fn(&str);

impl Runner {
    /// Sets the sandbox up. `threads` runs go on at the same time; `preparing` is told which guest is being compiled,
    /// because no compiled one was in the cache.
    ///
    /// # Errors
    /// When the sandbox cannot be set up.
    pub fn new(config: SandboxConfig, threads: usize, preparing: Preparing) -> Result<Self, ExperimentError> {
        let sandbox = Sandbox::new(config)?;
        Ok(Self {
            sandbox,
            built_in: Mutex::default(),
            threads: threads.max(1),
            taken: AtomicUsize::new(0),
            preparing,
            workers: None,
        })
    }

    /// With what starts a worker, for policies that want guests of the user's own in processes of their own.
    #[must_use]
    pub fn with_workers(mut self, command: WorkerCommand) -> Self {
        self.workers = Some(command);
        self
    }

    /// Runs that go on at the same time.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Everything that changes fuel, for the class that a policy gives a guest.
    pub fn fingerprint(&self, class: Class) -> String {
        self.sandbox.fingerprint(class_of(class))
    }

    /// Everything that changes the fuel of a guest; `None` for one that is not run.
    pub fn engine_of(&self, loaded: &Loaded) -> Option<String> {
        match loaded {
            Loaded::Ready(guest) => Some(self.engine_of_guest(guest)),
            Loaded::Refused(_) => None,
        }
    }

    /// Everything that changes the fuel of a guest.
    pub(crate) fn engine_of_guest(&self, guest: &Guest) -> String {
        self.sandbox.fingerprint(guest.class())
    }

    /// A built-in guest.
    ///
    /// # Errors
    /// When there is none of this name, or it was not built into this program, or the host cannot compile it.
    pub fn built_in(&self, name: &str, class: Class) -> Result<Guest, ExperimentError> {
        let guest = genesis_guests::guest(name).ok_or_else(|| {
            let known: Vec<&str> = genesis_guests::ALL.iter().map(|guest| guest.name).collect();
            ExperimentError::Request(format!(
                "no built-in guest is called `{name}`; there are {}",
                known.join(", ")
            ))
        })?;
        if let Some(why) = guest.missing() {
            return Err(ExperimentError::Request(format!(
                "the guest `{name}` is not part of this program: {why}"
            )));
        }
        let key = (guest.name, class == Class::Large);
        let mut prepared = self.built_in.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = prepared.get(&key) {
            return Ok(ready.clone());
        }
        let wasm = || {
            (self.preparing)(guest.name);
            guest.wasm().into()
        };
        let ready = self.sandbox.load_trusted(guest.digest, wasm, class_of(class))?;
        prepared.insert(key, ready.clone());
        Ok(ready)
    }

    /// A guest of the user's own: looked at, then compiled, in this process or in workers as the policy has it.
    ///
    /// # Errors
    /// When the host fails, or cannot do what the policy requires; a guest that may not run is [`Loaded::Refused`].
    pub fn user_guest(&self, wasm: &[u8], name: &str, policy: &Policy) -> Result<Loaded, ExperimentError> {
        let class = class_of(policy.class_for(name));
        let limits = policy.module_limits();
        let loaded = match policy.isolation() {
            Isolation::InProcess => self.sandbox.load(wasm, class, &limits)?,
            Isolation::Worker { compile_time_ms, required } => {
                let config = WorkerConfig {
                    command: self.workers.clone().ok_or_else(|| {
                        ExperimentError::Request(format!(
                            "policy `{}` runs guests in worker processes, and nothing here starts one",
                            policy.name()
                        ))
                    })?,
                    workers: u32::try_from(self.threads).unwrap_or(u32::MAX),
                    compile_time_ms,
                    largest: policy.largest_limits_for(name),
                    required,
                };
                self.sandbox.load_in_worker(wasm, class, &limits, &config)?
            }
        };
        Ok(match loaded {
            Ok(guest) => Loaded::Ready(guest),
            Err(outcome) => Loaded::Refused(outcome),
        })
    }

    /// Runs a guest once.
    ///
    /// # Errors
    /// When the host fails.
    pub fn run(
        &self,
        guest: &Guest,
        input: &[u8],
        limits: &Limits,
        seed: u64,
        cancel: &Cancel,
    ) -> Result<Run, SandboxError> {
        self.sandbox.run(guest, input, limits, seed, cancel)
    }

    /// Runs a module once, counting fuel by function. It is one that [`Runner::user_guest`] found ready, or that of a
    /// built-in guest.
    ///
    /// # Errors
    /// When it is a component, and when the host fails.
    pub fn profile(
        &self,
        module: &ProfiledModule<'_>,
        input: &[u8],
        limits: &Limits,
        seed: u64,
        cancel: &Cancel,
    ) -> Result<Profiled, SandboxError> {
        let class = class_of(module.class);
        let wasm =
            if module.built_in { self.sandbox.initialized(module.wasm, class)? } else { module.wasm.into() };
        self.sandbox.profile(&wasm, class, input, limits, seed, cancel)
    }

    /// Does `count` pieces of work and gives their results in order, on this thread and on as many others as are free:
    /// work that does the same inside shares them. `work` must not panic.
    pub fn in_parallel<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let others = self.take_free(count.saturating_sub(1));
        if others == 0 {
            return (0..count).map(work).collect();
        }
        let next = AtomicUsize::new(0);
        let results: Mutex<Vec<Option<T>>> = Mutex::new((0..count).map(|_| None).collect());
        let work_on = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    break;
                }
                let result = work(index);
                results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(result);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..others {
                scope.spawn(|| {
                    work_on();
                    self.taken.fetch_sub(1, Ordering::Relaxed);
                });
            }
            work_on();
        });
        let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.into_iter().map(|result| result.expect("the threads have done every piece of work")).collect()
    }

    /// Takes up to `wanted` of the threads that nobody has; each gives itself back.
    fn take_free(&self, wanted: usize) -> usize {
        let mut got = 0;
        // The one that asks works too, so one thread less is there to be taken.
        let most = self.threads - 1;
        let counted = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
            got = wanted.min(most.saturating_sub(taken));
            (got > 0).then_some(taken + got)
        });
        if counted.is_ok() { got } else { 0 }
    }
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("threads", &self.threads).finish_non_exhaustive()
    }
}

fn class_of(class: Class) -> genesis_sandbox::Class {
    match class {
        Class::Small => genesis_sandbox::Class::Small,
        Class::Large => genesis_sandbox::Class::Large,
    }
}
