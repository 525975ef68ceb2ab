//! Trying this host with guests that misbehave.
//!
//! Each guest of [`genesis_guests::hostile`] is loaded and run under its own limits; what came of it is held against what
//! must come of it, what it used against its limits, and the host after it against the host before. Nothing here takes the
//! sandbox's word where it can look for itself: output is counted again, time and memory are the caller's measurements.

use genesis_abi::{FailedReason, LimitHit, LimitName, ModuleLimits, RunOutcome, Usage};
use genesis_guests::hostile::{Expected, Hostile};
use genesis_sandbox::{
    Cancel, Class, HOST_BYTE_FUEL, HOST_CALL_FUEL, Run, Sandbox, SandboxConfig, WorkerCommand, WorkerConfig,
};

use crate::ExperimentError;
use crate::guest_test::reason_word;

/// What may be used beyond a limit before it counts as one that does not hold: a tenth.
const TOLERANCE_PERCENT: u64 = 10;

/// Resident memory that one guest may leave behind: what the allocator keeps for the next one, and no more.
const LEFT_BEHIND_BYTES: u64 = 64 << 20;

/// Time that refusing a module may take. It takes milliseconds; an unoptimised program takes a hundred times as long.
const REFUSAL_US: u64 = 3_000_000;

/// Time that a worker may compile a guest for.
const COMPILE_TIME_MS: u64 = 60_000;

/// Further looks at a process that has more threads or descriptors than before.
const SETTLING_LOOKS: usize = 1_000;

/// Tries of a guest that ran past its wall time by more than a tenth: a host that is busy is late without being wrong.
const TRIES: usize = 3;

/// How much looser a loosened limit is.
const LOOSER: u64 = 3;

/// Guests that set up once in a process what every later run finds ready: one for each class of engine.
const FIRST: [&str; 3] = ["exit_255", "recursion_in_a_large_class", "component_of_another_type"];

/// What the caller sees of this process, at one moment. What a host does not show is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostState {
    /// Microseconds since some moment.
    pub at_us: u64,
    /// Microseconds that the calling thread was ready to run and had no processor.
    pub waited_us: Option<u64>,
    /// Resident memory.
    pub resident_bytes: Option<u64>,
    /// Open file descriptors.
    pub descriptors: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
}

/// A sandbox under examination, in this process or in workers.
pub struct Examination<'a> {
    sandbox: Sandbox,
    workers: Option<WorkerCommand>,
    look: &'a dyn Fn() -> HostState,
    loosened: Option<LimitName>,
}

/// What came of one guest.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The guest.
    pub guest: &'static Hostile,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What it used; all zero when it was not run.
    pub usage: Usage,
    /// What was used or asked for of the limit that it must run into.
    pub asked: Option<u64>,
    /// What of that limit was really used when it was stopped; `None` where that cannot be seen, or nothing was run.
    pub stopped_at: Option<u64>,
    /// Microseconds for looking at it and compiling it.
    pub load_us: u64,
    /// Microseconds for running it, without those that the host kept its thread waiting.
    pub run_us: u64,
    /// The host before it.
    pub before: HostState,
    /// The host after it.
    pub after: HostState,
    /// What is not as it must be, one sentence each; empty when the limits bite.
    pub problems: Vec<String>,
}

impl Tried {
    /// The value of the limit that it must run into.
    pub fn limit(&self) -> Option<(LimitName, u64)> {
        let name = self.guest.expected.limit?;
        Some((name, value_of(self.guest, name)))
    }

    /// What was used beyond the limit, in percent of it.
    pub fn overshoot_percent(&self) -> Option<f64> {
        let (_, value) = self.limit()?;
        let beyond = self.stopped_at?.saturating_sub(value);
        Some(beyond as f64 * 100.0 / value.max(1) as f64)
    }
}

impl<'a> Examination<'a> {
    /// Sets up a sandbox as the program uses it, without a cache; with `workers`, guests are compiled and run by those.
    /// `look` sees this process. With `loosened` that limit is three times what the guests were promised, so that the
    /// examination itself can be examined: it must then fail.
    ///
    /// # Errors
    /// When the sandbox cannot be set up, or the host fails during the first runs.
    pub fn new(
        look: &'a dyn Fn() -> HostState,
        workers: Option<WorkerCommand>,
        loosened: Option<LimitName>,
        cancel: &Cancel,
    ) -> Result<Self, ExperimentError> {
        let sandbox = Sandbox::new(SandboxConfig { slots: 2, cache_dir: None })?;
        let examination = Self { sandbox, workers, look, loosened };
        for guest in FIRST.iter().filter_map(|name| genesis_guests::hostile::hostile(name)) {
            examination.carry_out(guest, cancel)?;
        }
        Ok(examination)
    }

    /// Everything that changes fuel, for a class of engine.
    pub fn fingerprint(&self, class: &str) -> String {
        self.sandbox.fingerprint(class_of(class))
    }

    /// Tries one guest.
    ///
    /// # Errors
    /// When the host fails, or was asked to stop: then nothing can be said of its limits.
    pub fn try_guest(&self, guest: &'static Hostile, cancel: &Cancel) -> Result<Tried, ExperimentError> {
        let mut tried = self.carry_out(guest, cancel)?;
        for _ in 1..TRIES {
            if !tried.problems.iter().any(|problem| problem.starts_with(LATE)) {
                break;
            }
            tried = self.carry_out(guest, cancel)?;
        }
        Ok(tried)
    }

    fn carry_out(&self, guest: &'static Hostile, cancel: &Cancel) -> Result<Tried, ExperimentError> {
        let (mut limits, mut module, mut class) = (guest.limits, guest.module, class_of(guest.class));
        if let Some(name) = self.loosened {
            loosen(&mut module, name);
            if let Some(value) = limits.get_mut(name) {
                *value = value.saturating_mul(LOOSER);
            }
            if name == LimitName::StackBytes && class == Class::Small {
                class = Class::Large;
            }
        }
        let wasm = guest.wasm();
        let before = (self.look)();
        let loaded = match &self.workers {
            None => self.sandbox.load(&wasm, class, &module)?,
            Some(command) => {
                let config = WorkerConfig {
                    command: command.clone(),
                    workers: 1,
                    compile_time_ms: COMPILE_TIME_MS,
                    largest: limits,
                    required: false,
                };
                self.sandbox.load_in_worker(&wasm, class, &module, &config)?
            }
        };
        let between = (self.look)();
        let run = match loaded {
            Ok(loaded) => self.sandbox.run(&loaded, b"{}", &limits, 0, cancel)?,
            Err(outcome) => {
                Run { outcome, usage: Usage::default(), report: None, stdout: Vec::new(), stderr: Vec::new() }
            }
        };
        let after = self.look_when_settled(before);
        if run.outcome == RunOutcome::Cancelled {
            return Err(ExperimentError::Cancelled);
        }
        let (stdout, stderr) = (run.stdout.len() as u64, run.stderr.len() as u64);
        let Run { outcome, usage, .. } = run;
        let mut tried = Tried {
            guest,
            asked: guest.expected.limit.and_then(|name| hit(&outcome, name)).map(|hit| hit.peak),
            stopped_at: None,
            load_us: busy_us(before, between),
            run_us: busy_us(between, after),
            before,
            after,
            outcome,
            usage,
            problems: Vec::new(),
        };
        let used = Used::of(&tried, stdout, stderr);
        tried.stopped_at =
            guest.expected.limit.and_then(|name| used.get(name)).filter(|_| was_run(&tried.outcome));
        tried.problems = problems(&tried, &used);
        Ok(tried)
    }
}

impl Examination<'_> {
    /// A look at this process once what came with the guest has gone: a thread that watched its worker ends by itself.
    fn look_when_settled(&self, before: HostState) -> HostState {
        let mut now = (self.look)();
        for _ in 0..SETTLING_LOOKS {
            if now.threads <= before.threads && now.descriptors <= before.descriptors {
                break;
            }
            std::thread::yield_now();
            // When it was over stays as it was: only what is left is looked at again.
            let later = (self.look)();
            now = HostState { at_us: now.at_us, waited_us: now.waited_us, ..later };
        }
        now
    }
}

/// Begins the sentence about a run that was stopped too late.
const LATE: &str = "it ran for";

/// What a run really used, as far as it can be seen from outside.
struct Used {
    fuel: u64,
    wall_time_ms: u64,
    memory_bytes: u64,
    table_elements: u64,
    stdout_bytes: u64,
    stderr_bytes: u64,
    host_calls: u64,
}

impl Used {
    fn of(tried: &Tried, stdout: u64, stderr: u64) -> Self {
        let usage = &tried.usage;
        // What its calls and its output must have cost is the least that it used, whatever the engine says.
        let calls = usage.host_calls.saturating_sub(1).saturating_mul(HOST_CALL_FUEL);
        let least = calls.saturating_add((stdout + stderr).saturating_mul(HOST_BYTE_FUEL));
        Self {
            fuel: usage.fuel.max(least),
            wall_time_ms: tried.run_us.div_ceil(1_000),
            memory_bytes: usage.peak_memory_bytes,
            table_elements: usage.peak_table_elements,
            stdout_bytes: stdout,
            stderr_bytes: stderr,
            // The call that was one too many was counted and not made.
            host_calls: usage.host_calls,
        }
    }

    fn get(&self, name: LimitName) -> Option<u64> {
        Some(match name {
            LimitName::Fuel => self.fuel,
            LimitName::WallTimeMs => self.wall_time_ms,
            LimitName::MemoryBytes => self.memory_bytes,
            LimitName::TableElements => self.table_elements,
            LimitName::StdoutBytes => self.stdout_bytes,
            LimitName::StderrBytes => self.stderr_bytes,
            LimitName::HostCalls => self.host_calls,
            _ => return None,
        })
    }
}

/// Everything that is not as it must be.
fn problems(tried: &Tried, used: &Used) -> Vec<String> {
    let Tried { guest, outcome, .. } = tried;
    let mut problems = differs(outcome, guest);
    for (name, value) in guest.limits.each() {
        let is = used.get(name).unwrap_or_default();
        if is > value.saturating_add(value.saturating_mul(TOLERANCE_PERCENT) / 100) {
            problems.push(match name {
                LimitName::WallTimeMs => format!("{LATE} {is} ms, and wall_time_ms is {value}"),
                _ => format!("it used {is} of {name}, which is {value}"),
            });
        }
    }
    if !was_run(outcome) && tried.load_us > REFUSAL_US {
        problems.push(format!("it took {} ms to refuse it", tried.load_us / 1_000));
    }
    let text = said(outcome);
    if text.contains(|c: char| c.is_control() && c != '\n') {
        problems.push("what is said of it holds characters that command a terminal".to_owned());
    }
    let (before, after) = (tried.before, tried.after);
    for (what, before, after) in [
        ("file descriptors", before.descriptors, after.descriptors),
        ("threads", before.threads, after.threads),
    ] {
        if let (Some(before), Some(after)) = (before, after)
            && after > before
        {
            problems.push(format!("the host has {after} {what} after it, and had {before}"));
        }
    }
    if let (Some(before), Some(after)) = (before.resident_bytes, after.resident_bytes)
        && after.saturating_sub(before) > LEFT_BEHIND_BYTES
    {
        problems.push(format!("the host has {} bytes more in memory after it", after - before));
    }
    problems
}

/// How an outcome is another than the one that must be.
fn differs(outcome: &RunOutcome, guest: &Hostile) -> Vec<String> {
    let expected = &guest.expected;
    if outcome.name() != expected.outcome {
        return vec![format!("it must end in {}, and ended in {}", expected.outcome, outcome.name())];
    }
    let mut problems = Vec::new();
    if let Some(name) = expected.limit {
        match hit(outcome, name) {
            None => problems.push(format!("it must run into {name}, and did not")),
            Some(hit) => problems.extend(of_limit(hit, expected, value_of(guest, name))),
        }
    }
    if let RunOutcome::Failed { reason, exit_code, .. } = outcome {
        let reason = reason_word(*reason);
        if expected.reason.is_some_and(|expected| expected != reason) {
            problems.push(format!(
                "it must fail for {}, and failed for {reason}",
                expected.reason.unwrap_or_default()
            ));
        }
        if expected.exit_code.is_some() && *exit_code != expected.exit_code {
            problems.push(format!("its exit code must be {:?}, and is {exit_code:?}", expected.exit_code));
        }
    }
    let text = said(outcome);
    let unsaid = expected.says.iter().filter(|word| !text.contains(**word));
    problems.extend(unsaid.map(|word| format!("`{word}` must be said of it, and is not")));
    problems
}

fn of_limit(hit: &LimitHit, expected: &Expected, value: u64) -> Vec<String> {
    let mut problems = Vec::new();
    if hit.value != value {
        problems.push(format!("{} was {}, and it was promised {value}", hit.limit, hit.value));
    }
    let asked = hit.peak;
    if expected.asked.is_some_and(|expected| expected != asked)
        || expected.asked_at_least.is_some_and(|least| asked < least)
        || asked < value
    {
        problems.push(format!("it asked for {asked} of {}, which is not what it does", hit.limit));
    }
    problems
}

/// What an outcome says of a limit.
fn hit(outcome: &RunOutcome, name: LimitName) -> Option<&LimitHit> {
    let all = match outcome {
        RunOutcome::ModuleTooComplex { limits, .. } => limits.as_slice(),
        other => other.limit_hit().map(std::slice::from_ref).unwrap_or_default(),
    };
    all.iter().find(|hit| hit.limit == name)
}

/// All the words of an outcome.
fn said(outcome: &RunOutcome) -> String {
    match outcome {
        RunOutcome::Failed { excerpt, .. } => excerpt.clone(),
        RunOutcome::Trapped { trap } => trap.clone(),
        RunOutcome::InvalidModule { message } => message.clone(),
        RunOutcome::DeniedImport { imports, also } => [imports.join("\n"), also.join("\n")].join("\n"),
        RunOutcome::ModuleTooComplex { limits, also } => {
            let limits: Vec<&str> = limits.iter().map(|hit| hit.limit.as_str()).collect();
            [limits.join("\n"), also.join("\n")].join("\n")
        }
        _ => String::new(),
    }
}

/// Whether a guest got as far as running.
fn was_run(outcome: &RunOutcome) -> bool {
    !matches!(
        outcome,
        RunOutcome::DeniedImport { .. }
            | RunOutcome::InvalidModule { .. }
            | RunOutcome::ModuleTooComplex { .. }
            | RunOutcome::Failed { reason: FailedReason::NoStart, .. }
    )
}

fn value_of(guest: &Hostile, name: LimitName) -> u64 {
    let of_module = guest.module.each();
    let value =
        guest.limits.each().chain(of_module).find(|(limit, _)| *limit == name).map(|(_, value)| value);
    value.unwrap_or_else(|| class_of(guest.class).stack_bytes())
}

fn loosen(module: &mut ModuleLimits, name: LimitName) {
    if let Some(value) = module.get_mut(name) {
        *value = value.saturating_mul(LOOSER);
    }
}

/// Time from one look to the next, without that for which the host kept the thread waiting.
fn busy_us(from: HostState, to: HostState) -> u64 {
    let waited = to.waited_us.zip(from.waited_us).map_or(0, |(to, from)| to.saturating_sub(from));
    to.at_us.saturating_sub(from.at_us).saturating_sub(waited)
}

fn class_of(class: &str) -> Class {
    [Class::Small, Class::Large, Class::Component]
        .into_iter()
        .find(|known| known.as_str() == class)
        .unwrap_or(Class::Small)
}
