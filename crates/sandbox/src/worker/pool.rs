//! The workers of one guest.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use genesis_abi::{LimitHit, LimitName, Limits, RunOutcome, Usage};

use super::process::{NoAnswer, Patience, Worker};
use super::starter::Starter;
use super::{Lockdown, Orders, WorkerConfig};
use crate::cancel::Cancel;
use crate::clock;
use crate::engine::Class;
use crate::error::SandboxError;
use crate::run::{Run, never_started};

/// How long a wait is before the wish to stop is looked at again.
const LOOK: Duration = Duration::from_millis(20);

/// Private memory of a worker besides what its guest may have, at least and at most: for the engine's tables and stacks,
/// which are set aside in full (8 tables of 10,000,000 elements) and mostly never touched, and for the compiler.
const OWN_BYTES: u64 = 3 << 30;
const MOST_OWN_BYTES: u64 = 8 << 30;

/// Files in memory are images of a guest's memory as it starts: no larger than this or twice the guest itself.
const IMAGE_BYTES: u64 = 64 << 20;

/// How long a worker runs guests before it makes room for a new one, so that its processor time can be bounded.
const RETIRES_AFTER: Duration = Duration::from_mins(10);

/// Workers that have compiled one guest, or will when they are needed. Dropping it ends them all.
pub(crate) struct Pool {
    wasm: Vec<u8>,
    orders: Orders,
    config: WorkerConfig,
    lockdown: Lockdown,
    places: Mutex<Places>,
    freed: Condvar,
    // Last, because workers end with it.
    starter: Starter,
}

struct Places {
    idle: Vec<Worker>,
    /// Workers that run or are being started, and those that are idle.
    taken: u32,
    /// What starting the first one took, and how long runs have waited since the last one was started.
    start_cost: Duration,
    waited: Duration,
}

impl Pool {
    /// Starts one worker and has it compile the guest. The inner error is the outcome of a guest that cannot be.
    pub(crate) fn start(
        wasm: &[u8],
        class: Class,
        config: &WorkerConfig,
    ) -> Result<Result<Self, RunOutcome>, SandboxError> {
        let starter = Starter::new()?;
        let orders = orders(wasm, class, config);
        let began = clock::now();
        let (mut worker, lockdown) = Worker::start(&starter, &config.command, &orders)?;
        if config.required && !lockdown.is_enough() {
            return Err(SandboxError::Lockdown(lockdown.missing()));
        }
        if let Err(outcome) = compile(&mut worker, wasm, config)? {
            return Ok(Err(outcome));
        }
        let start_cost = clock::now().duration_since(began);
        let places = Places { idle: vec![worker], taken: 1, start_cost, waited: Duration::ZERO };
        Ok(Ok(Self {
            wasm: wasm.to_vec(),
            orders,
            config: config.clone(),
            lockdown,
            places: Mutex::new(places),
            freed: Condvar::new(),
            starter,
        }))
    }

    /// What keeps its workers from the rest of the system.
    pub(crate) fn lockdown(&self) -> &Lockdown {
        &self.lockdown
    }

    /// Runs the guest in one of the workers. Blocks until it ends, and waits for a worker when all are taken.
    pub(crate) fn run(
        &self,
        class: Class,
        input: &[u8],
        limits: &Limits,
        seed: u64,
        cancel: &Cancel,
    ) -> Result<Run, SandboxError> {
        let Some(mut place) = self.place(cancel) else { return Ok(never_started()) };
        let mut worker = match place.worker.take() {
            Some(worker) => worker,
            None => self.another()?,
        };
        let started = clock::now();
        match worker.run(class, input, limits, seed, cancel) {
            Ok(raw) => {
                if worker.busy() < RETIRES_AFTER {
                    place.give_back(worker);
                }
                Ok(raw.judged(limits))
            }
            Err(NoAnswer::Late) => {
                let elapsed = clock::now().duration_since(started);
                let value = limits.wall_time_ms;
                let peak = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                let hit = LimitHit { limit: LimitName::WallTimeMs, value, peak };
                Ok(killed(RunOutcome::TimedOut(hit), elapsed))
            }
            Err(NoAnswer::Cancelled) => {
                Ok(killed(RunOutcome::Cancelled, clock::now().duration_since(started)))
            }
            Err(why) => Err(worker.failure(&why)),
        }
    }

    /// A place to run in, with an idle worker or the right to start one. `None` when the host is asked to stop meanwhile.
    ///
    /// A further worker costs as much as the first one did, nearly all of it for compiling. So it is started once runs
    /// have waited for as long: whatever is to come, that takes at most twice the time of the best choice.
    fn place(&self, cancel: &Cancel) -> Option<Place<'_>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if cancel.is_cancelled() {
                return None;
            }
            while let Some(mut worker) = places.idle.pop() {
                if worker.is_alive() {
                    return Some(Place { pool: self, worker: Some(worker) });
                }
                places.taken -= 1;
            }
            let has_room = places.taken < self.config.workers.max(1);
            let left = places.start_cost.saturating_sub(places.waited);
            if places.taken == 0 || (has_room && left.is_zero()) {
                places.taken += 1;
                places.waited = Duration::ZERO;
                return Some(Place { pool: self, worker: None });
            }
            let wait = if has_room { left.min(LOOK) } else { LOOK };
            let began = clock::now();
            places = self.freed.wait_timeout(places, wait).unwrap_or_else(PoisonError::into_inner).0;
            places.waited += clock::now().duration_since(began);
        }
    }

    /// One more worker that has compiled the guest.
    fn another(&self) -> Result<Worker, SandboxError> {
        let (mut worker, _) = Worker::start(&self.starter, &self.config.command, &self.orders)?;
        match compile(&mut worker, &self.wasm, &self.config)? {
            Ok(()) => Ok(worker),
            Err(outcome) => {
                let name = outcome.name();
                Err(SandboxError::Worker(format!("one compiled the guest, another says {name}")))
            }
        }
    }
}

/// One of the places of a pool, taken. Dropped, it is free for another worker.
struct Place<'a> {
    pool: &'a Pool,
    worker: Option<Worker>,
}

impl Place<'_> {
    fn give_back(mut self, worker: Worker) {
        self.worker = Some(worker);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut places = self.pool.places.lock().unwrap_or_else(PoisonError::into_inner);
        match self.worker.take() {
            Some(worker) => places.idle.push(worker),
            None => places.taken -= 1,
        }
        drop(places);
        self.pool.freed.notify_one();
    }
}

fn compile(
    worker: &mut Worker,
    wasm: &[u8],
    config: &WorkerConfig,
) -> Result<Result<(), RunOutcome>, SandboxError> {
    let started = clock::now();
    let cancel = Cancel::new();
    let until = clock::after(started, Duration::from_millis(config.compile_time_ms));
    match worker.compile(wasm, &Patience { until, cancel: &cancel }) {
        Ok(compiled) => Ok(compiled),
        Err(NoAnswer::Late) => {
            let elapsed = clock::now().duration_since(started);
            let peak = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            let hit = LimitHit { limit: LimitName::CompileTimeMs, value: config.compile_time_ms, peak };
            Ok(Err(RunOutcome::ModuleTooComplex { limits: vec![hit], also: Vec::new() }))
        }
        Err(why) => Err(worker.failure(&why)),
    }
}

/// What is known of a run whose worker was killed: how long it took, and nothing else.
fn killed(outcome: RunOutcome, elapsed: Duration) -> Run {
    let wall_time_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    let usage = Usage { wall_time_us: Some(wall_time_us), ..Usage::default() };
    Run { outcome, usage, report: None, stdout: Vec::new(), stderr: Vec::new() }
}

pub(super) fn orders(wasm: &[u8], class: Class, config: &WorkerConfig) -> Orders {
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let compiling_s = config.compile_time_ms.div_ceil(1000).saturating_mul(processors);
    let last_run_s = config.largest.wall_time_ms.div_ceil(1000);
    // For each byte of a guest. With inlining the compiler took up to 1,330 for parsers of 3 to 5 MB on two processors, without
    // it up to 155, most of which is within what every worker may have.
    let (compiler, memories) = match class {
        Class::Small => (1536, 1),
        Class::Large => (128, 1),
        // The memory that is too much for all of a component's together is set aside before it is counted.
        Class::Component => (128, 2),
    };
    let own = (wasm.len() as u64).saturating_mul(compiler).saturating_add(OWN_BYTES).min(MOST_OWN_BYTES);
    Orders {
        class,
        data_bytes: config.largest.memory_bytes.saturating_mul(memories).saturating_add(own),
        file_bytes: IMAGE_BYTES.max(2 * wasm.len() as u64),
        cpu_s: compiling_s.saturating_add(last_run_s).saturating_add(2 * RETIRES_AFTER.as_secs()),
    }
}
