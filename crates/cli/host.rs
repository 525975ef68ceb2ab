//! What only this program may ask the machine: the time, the randomness of ids, the cache folder of the user.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use genesis_domain::ExperimentId;
use genesis_experiment::{ExperimentError, Runner, VerdictCache};
use genesis_policy::Date;
use genesis_sandbox::{SandboxConfig, SandboxError, WorkerCommand};

use crate::config::Config;
use crate::exit::Failure;

/// Milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the command line is where the wall clock is read")]
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX).saturating_add(shift_ms())
}

/// Milliseconds by which the clock is wrong: what the file says that the variable `GENESIS_CLOCK_SHIFT` names. For tests of a
/// clock that jumps.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn shift_ms() -> i64 {
    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let file = FILE.get_or_init(|| std::env::var_os("GENESIS_CLOCK_SHIFT").map(PathBuf::from));
    let said = file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
    said.and_then(|said| said.trim().parse().ok()).unwrap_or_default()
}

/// A time for people, in UTC.
pub(crate) fn date_and_time(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms)
        .map_or_else(|_| "?".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// Today.
pub(crate) fn today() -> Option<Date> {
    Date::from_unix_ms(now_ms())
}

/// A new experiment's id: UUIDv7, so that ids sort by time.
pub(crate) fn new_experiment_id() -> ExperimentId {
    ExperimentId::new(uuid::Uuid::now_v7())
}

/// A new repository's identity.
pub(crate) fn new_repository_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A new job's id.
pub(crate) fn new_job_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Microseconds since the first call.
#[expect(clippy::disallowed_methods, reason = "the command line measures how long an experiment took")]
pub(crate) fn stopwatch() -> impl Fn() -> u64 {
    let start = Instant::now();
    move || u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// A sandbox with the user's cache of compiled built-in guests, and this program as its own worker.
pub(crate) fn runner(config: &Config) -> Result<Runner, Failure> {
    shared_runner(config, 1)
}

/// The same for so many experiments at once: they share the threads between them.
pub(crate) fn shared_runner(config: &Config, experiments: usize) -> Result<Runner, Failure> {
    let threads = (config.threads.value / experiments.max(1)).max(1);
    let slots = u32::try_from(threads.saturating_mul(experiments)).unwrap_or(u32::MAX).max(2);
    let cache_dir = cache_folder();
    let runner = match Runner::new(SandboxConfig { slots, cache_dir }, threads, preparing) {
        // Without a cache everything works, only slower; a cache that others may write is never read.
        Err(ExperimentError::Sandbox(error @ SandboxError::Cache { .. })) => {
            crate::progress::note(&format!("note: {error}; the built-in guests are compiled anew"));
            Runner::new(SandboxConfig { slots, cache_dir: None }, threads, preparing)
        }
        runner => runner,
    };
    Ok(runner?.with_workers(worker_command()?))
}

/// This program under its subcommand `worker`.
pub(crate) fn worker_command() -> Result<WorkerCommand, Failure> {
    // On Linux by what runs here, so that a worker is of the same build also when the file was exchanged meanwhile.
    let program = if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        std::env::current_exe().map_err(|error| {
            Failure::infrastructure(format!("this program's own file is not known: {error}"))
        })?
    };
    Ok(WorkerCommand { program, arguments: vec!["worker".into()] })
}

/// Said before a guest is compiled, which is kept for the next time.
fn preparing(guest: &str) {
    crate::progress::note(&format!("preparing the guest {guest} (once)"));
}

/// The user's known verdicts, in `GENESIS_VERDICTS`, else beside the compiled guests; none when there is no folder for
/// them, or it cannot be trusted.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
pub(crate) fn verdicts() -> Option<VerdictCache> {
    let named = std::env::var_os("GENESIS_VERDICTS").filter(|folder| !folder.is_empty());
    let folder: PathBuf = named
        .map_or_else(|| cache_folder().map(|folder| folder.join("verdicts")), |folder| Some(folder.into()))?;
    match VerdictCache::open(&folder) {
        Ok(cache) => Some(cache),
        Err(error) => {
            crate::progress::note(&format!("note: {error}; everything is judged anew"));
            None
        }
    }
}

/// This program, told apart from every other one: a verdict that another one found is not taken over. It is known by its
/// version and by size and time of its file, because reading all of it would cost more than most verdicts.
pub(crate) fn program() -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata).ok();
    let stamp = file.and_then(|file| {
        let time = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!("{} {}", file.len(), time.as_nanos()))
    });
    format!("{} {}", env!("CARGO_PKG_VERSION"), stamp.unwrap_or_default())
}

/// Whether something falls into a share of so many percent, by chance.
pub(crate) fn falls_into(percent: u8) -> bool {
    let random = uuid::Uuid::now_v7().into_bytes();
    u16::from_be_bytes([random[14], random[15]]) % 100 < u16::from(percent)
}

/// `GENESIS_CACHE_DIR`, else the user's cache folder; none when the user has no home.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn cache_folder() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("GENESIS_CACHE_DIR")
        .or_else(|| from("XDG_CACHE_HOME").map(|folder| folder.join("genesis")))
        .or_else(|| from("HOME").map(|home| home.join(".cache/genesis")))
}

/// Name of the machine, where it is known.
pub(crate) fn hostname() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?.trim().to_owned();
    (!name.is_empty()).then_some(name)
}

/// This process, for people.
pub(crate) fn process(instance: &str) -> String {
    let machine = hostname().unwrap_or_else(|| "an unnamed machine".to_owned());
    format!("{instance}, process {} on {machine}", std::process::id())
}

/// Ends the process at once when the variable `GENESIS_CRASH_AT` names the point, of a commit or a task, that was just reached.
/// For tests of recovery: no destructor runs, no buffer is written.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
pub(crate) fn crash_at(point: &str) {
    if std::env::var_os("GENESIS_CRASH_AT").is_some_and(|name| name == point) {
        std::process::abort();
    }
}
