//! Configuration: built-in default < genesis.toml < GENESIS_* < flags, each value with where it came from.

use std::env;
use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use genesis_domain::without_password;
use genesis_serve::{CronExpression, Schedule, Task};
use serde::Deserialize;
use toml::Spanned;

use crate::args::Global;
use crate::exit::Failure;

/// The file's name.
pub(crate) const FILE: &str = "genesis.toml";

/// A value and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Sourced<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it came from.
    pub(crate) origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Built in.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Variable(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("built-in default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// The configuration.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Folder of genesis.toml, when there is one here or above.
    pub(crate) project: Option<PathBuf>,
    /// Policy by name or file.
    pub(crate) policy: Sourced<String>,
    /// Folder for history, ledger and caches.
    pub(crate) state: Sourced<PathBuf>,
    /// Whether writes are synced.
    pub(crate) durable: Sourced<bool>,
    /// Name of this instance, as recorded.
    pub(crate) instance: Sourced<String>,
    /// Runs at the same time.
    pub(crate) threads: Sourced<usize>,
    /// Address of the ledger's database; a file in the state folder when there is none.
    pub(crate) database: Option<Sourced<String>>,
    /// Addresses of the brokers.
    pub(crate) bus: Option<Sourced<Vec<String>>>,
    /// The repository that this one is mirrored to, as git takes it.
    pub(crate) mirror: Option<Sourced<String>>,
    /// When each task is due; `None` for one that is switched off.
    pub(crate) schedule: Vec<(Task, Sourced<Option<CronExpression>>)>,
    /// Days for which the ledger keeps what is not needed any more.
    pub(crate) retention_days: Sourced<NonZeroU32>,
}

/// What switches a task off.
const OFF: &str = "off";

const RETENTION_DAYS: NonZeroU32 = NonZeroU32::new(90).unwrap();

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policy: Option<String>,
    state: Option<PathBuf>,
    durable: Option<bool>,
    instance: Option<String>,
    threads: Option<usize>,
    database: Option<String>,
    bus: Option<Addresses>,
    retention_days: Option<NonZeroU32>,
    #[serde(default)]
    serve: ServeFile,
    #[serde(default)]
    schedule: ScheduleTable,
}

/// One address or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Addresses {
    One(String),
    Several(Vec<String>),
}

/// What it says of the service.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServeFile {
    mirror: Option<String>,
}

/// The table `[schedule]`: cron expressions in UTC, or `off`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ScheduleTable {
    cleanup: Option<Spanned<String>>,
    trends: Option<Spanned<String>>,
    metrics: Option<Spanned<String>>,
    queue_retention: Option<Spanned<String>>,
}

impl ScheduleTable {
    fn of(&self, task: Task) -> Option<&Spanned<String>> {
        match task {
            Task::Cleanup => self.cleanup.as_ref(),
            Task::Trends => self.trends.as_ref(),
            Task::Metrics => self.metrics.as_ref(),
            Task::QueueRetention => self.queue_retention.as_ref(),
        }
    }
}

/// The variable that says when a task is due.
fn times_variable(task: Task) -> &'static str {
    match task {
        Task::Cleanup => "GENESIS_SCHEDULE_CLEANUP",
        Task::Trends => "GENESIS_SCHEDULE_TRENDS",
        Task::Metrics => "GENESIS_SCHEDULE_METRICS",
        Task::QueueRetention => "GENESIS_SCHEDULE_QUEUE_RETENTION",
    }
}

/// What a task's setting says, or why it says nothing.
fn times(text: &str) -> Result<Option<CronExpression>, String> {
    if text.trim() == OFF {
        return Ok(None);
    }
    CronExpression::parse(text).map(Some).map_err(|error| error.to_string())
}

fn no_times(place: &str, why: &str) -> Failure {
    Failure::usage(format!("{place}: {why}")).with_help(
        "minute, hour, day of the month, month, day of the week, in UTC, such as `0 */6 * * *`; `off` for never",
    )
}

impl Config {
    /// Reads file, environment and flags.
    pub(crate) fn load(global: &Global) -> Result<Self, Failure> {
        let here = here()?;
        let project = project(&here);
        let path = project.as_ref().map(|folder| folder.join(FILE));
        let file = path.as_deref().map(read).transpose()?.unwrap_or_default();
        let base = project.clone().unwrap_or(here);
        Self::of(file, path.as_deref(), project, &base, global)
    }

    /// The same, with a file that was read already, such as of a revision: its name and text. No file of the disk is
    /// looked at.
    pub(crate) fn of_text(global: &Global, file: Option<(&str, &str)>) -> Result<Self, Failure> {
        let path = file.map(|(name, _)| Path::new(name));
        let file = file.map(|(name, text)| parsed(Path::new(name), text)).transpose()?.unwrap_or_default();
        Self::of(file, path, None, &here()?, global)
    }

    fn of(
        file: File,
        path: Option<&Path>,
        project: Option<PathBuf>,
        base: &Path,
        global: &Global,
    ) -> Result<Self, Failure> {
        let origin = || path.map_or(Origin::Default, |path| Origin::File(path.to_owned()));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut config = Self {
            policy: layered(file.policy, "default".to_owned(), &origin),
            state: layered(file.state.map(|path| base.join(path)), base.join(".genesis"), &origin),
            durable: layered(file.durable, true, &origin),
            instance: layered(file.instance, "local".to_owned(), &origin),
            threads: layered(file.threads, cores, &origin),
            database: file.database.map(|value| Sourced { value, origin: origin() }),
            bus: file.bus.map(|addresses| {
                let value = match addresses {
                    Addresses::One(address) => vec![address],
                    Addresses::Several(addresses) => addresses,
                };
                Sourced { value, origin: origin() }
            }),
            mirror: file
                .serve
                .mirror
                .map(|value| Sourced { value: repository_from(base, value), origin: origin() }),
            schedule: schedule(&file.schedule, &origin),
            retention_days: layered(file.retention_days, RETENTION_DAYS, &origin),
            project,
        };
        config.variables()?;
        if let Some(state) = &global.state {
            config.state = Sourced { value: state.clone(), origin: Origin::Flag("--state") };
        }
        if global.no_durable {
            config.durable = Sourced { value: false, origin: Origin::Flag("--no-durable") };
        }
        if let Some(url) = &global.database {
            config.database = Some(Sourced { value: url.clone(), origin: Origin::Flag("--database") });
        }
        if let Some(database) = &config.database
            && !is_postgres(&database.value)
        {
            return Err(Failure::usage(format!(
                "the database `{}` ({}) does not begin with postgres://",
                without_password(&database.value),
                database.origin
            ))
            .with_help("without one the ledger is a file in the state folder"));
        }
        if config.threads.value == 0 {
            return Err(Failure::usage(format!(
                "threads is 0 ({}); at least one is needed",
                config.threads.origin
            )));
        }
        Ok(config)
    }

    fn variables(&mut self) -> Result<(), Failure> {
        if let Some((value, origin)) = variable("GENESIS_POLICY")? {
            self.policy = Sourced { value, origin };
        }
        if let Some((value, origin)) = variable("GENESIS_STATE")? {
            self.state = Sourced { value: PathBuf::from(value), origin };
        }
        if let Some((value, origin)) = variable("GENESIS_INSTANCE")? {
            self.instance = Sourced { value, origin };
        }
        if let Some((value, origin)) = variable("GENESIS_DURABLE")? {
            let value = parse(&value, "GENESIS_DURABLE", "true or false")?;
            self.durable = Sourced { value, origin };
        }
        if let Some((value, origin)) = variable("GENESIS_THREADS")? {
            let value = parse(&value, "GENESIS_THREADS", "a number")?;
            self.threads = Sourced { value, origin };
        }
        if let Some((value, origin)) = variable("GENESIS_RETENTION_DAYS")? {
            let value = parse(&value, "GENESIS_RETENTION_DAYS", "a number of days from 1")?;
            self.retention_days = Sourced { value, origin };
        }
        for (task, setting) in &mut self.schedule {
            let name = times_variable(*task);
            if let Some((text, origin)) = variable(name)? {
                let value = times(&text).map_err(|why| no_times(&format!("the variable {name}"), &why))?;
                *setting = Sourced { value, origin };
            }
        }
        self.addresses()
    }

    /// The name of this instance where others use the same ledger or mirror; none when nobody gave it one.
    pub(crate) fn given_instance(&self) -> Option<&str> {
        (self.instance.origin != Origin::Default).then_some(self.instance.value.as_str())
    }

    /// Addresses of servers. Variables that other programs read too are asked last, and DATABASE_URL counts only where it
    /// names a database of the kind that a ledger can be in.
    fn addresses(&mut self) -> Result<(), Failure> {
        if let Some((value, origin)) = variable("GENESIS_DATABASE_URL")? {
            self.database = Some(Sourced { value, origin });
        } else if self.database.is_none()
            && let Some((value, origin)) = variable("DATABASE_URL")?
            && is_postgres(&value)
        {
            self.database = Some(Sourced { value, origin });
        }
        // An address has no blank in it, and commas stand between the servers of a cluster.
        if let Some((value, origin)) = variable("GENESIS_BUS")? {
            let value = value.split_whitespace().map(str::to_owned).collect();
            self.bus = Some(Sourced { value, origin });
        } else if let Some((value, origin)) = variable("GENESIS_NATS_URL")? {
            self.bus = Some(Sourced { value: vec![value], origin });
        }
        if let Some((value, origin)) = variable("GENESIS_MIRROR")? {
            self.mirror = Some(Sourced { value: repository_from(&here()?, value), origin });
        }
        for name in ["NATS_URL", "SHARED_QUEUE_DB_URL"] {
            if self.bus.is_none()
                && let Some((value, origin)) = variable(name)?
            {
                self.bus = Some(Sourced { value: vec![value], origin });
            }
        }
        Ok(())
    }
}

impl Config {
    /// The tasks that are not switched off.
    pub(crate) fn schedule(&self) -> Schedule {
        let planned = self.schedule.iter();
        Schedule(planned.filter_map(|(task, times)| Some((*task, times.value.clone()?))).collect())
    }
}

/// What was found good when the file was read.
fn schedule(
    table: &ScheduleTable,
    origin: &dyn Fn() -> Origin,
) -> Vec<(Task, Sourced<Option<CronExpression>>)> {
    Task::ALL
        .into_iter()
        .map(|task| {
            let given = table.of(task).and_then(|text| times(text.get_ref()).ok());
            let default = CronExpression::parse(task.default_times()).ok();
            (task, layered(given, default, origin))
        })
        .collect()
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// A repository as git takes it: an address as it is, a path from the folder that it was written for.
pub(crate) fn repository_from(base: &Path, value: String) -> String {
    let is_address = match value.split_once(':') {
        // As git has it: `host:path` is one, and `./a:b` is not.
        Some((before, _)) => !before.contains('/'),
        None => false,
    };
    if is_address { value } else { base.join(value).display().to_string() }
}

/// The folder that the program was started in.
pub(crate) fn here() -> Result<PathBuf, Failure> {
    env::current_dir()
        .map_err(|error| Failure::infrastructure(format!("the current folder cannot be read: {error}")))
}

/// The folder of genesis.toml, here or above.
pub(crate) fn project(here: &Path) -> Option<PathBuf> {
    here.ancestors().find(|folder| folder.join(FILE).is_file()).map(Path::to_owned)
}

/// Digests of changes to what judges that a person accepted, in `GENESIS_ACCEPT_GATE`.
pub(crate) fn accepted_gates() -> Result<Vec<String>, Failure> {
    let value = variable("GENESIS_ACCEPT_GATE")?.map(|(value, _)| value).unwrap_or_default();
    Ok(value.split([' ', ',', '\n']).filter(|digest| !digest.is_empty()).map(str::to_owned).collect())
}

fn layered<T>(file: Option<T>, default: T, origin: &dyn Fn() -> Origin) -> Sourced<T> {
    match file {
        Some(value) => Sourced { value, origin: origin() },
        None => Sourced { value: default, origin: Origin::Default },
    }
}

fn read(path: &Path) -> Result<File, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    parsed(path, &text)
}

fn parsed(path: &Path, text: &str) -> Result<File, Failure> {
    let file: File = toml::from_str(text)
        .map_err(|error| Failure::usage(format!("{}: {}", path.display(), error.to_string().trim_end())))?;
    for task in Task::ALL {
        let Some(given) = file.schedule.of(task) else { continue };
        if let Err(why) = times(given.get_ref()) {
            let before = &text[..given.span().start.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let place = format!("{}:{line}:{column}: schedule.{task}", path.display());
            return Err(no_times(&place, &why));
        }
    }
    Ok(file)
}

/// A variable of the environment that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
pub(crate) fn variable(name: &'static str) -> Result<Option<(String, Origin)>, Failure> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some((value, Origin::Variable(name)))),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Failure::usage(format!("the variable {name} is not UTF-8"))),
    }
}

/// What a variable says.
pub(crate) fn parse<T: std::str::FromStr>(value: &str, name: &str, what: &str) -> Result<T, Failure> {
    value.parse().map_err(|_| Failure::usage(format!("the variable {name} is `{value}`; it takes {what}")))
}
