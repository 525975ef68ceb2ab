//! `genesis up`: everything on one machine. What is missing is started as a child of this process, in an order in which each
//! finds what it needs, and ends with it, however it ends.

mod children;
mod nats;
mod postgres;

use std::fmt::Write as _;
use std::fs::{self, File, Permissions, TryLockError};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use genesis_bus::IN_PROCESS;
use genesis_domain::without_password;
use genesis_launch::ServerError;

use self::children::{Children, Task};
use crate::args::{BusAddresses, Global, Serve, Up};
use crate::command::{print, runtime, serve};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::progress::note;
use crate::{http, state};

const INFALLIBLE: &str = "writing to a string cannot fail";

/// Seconds that what runs may take to finish at the end: somebody sits before the terminal.
const GRACE_SECONDS: u64 = 10;

/// Starts what is missing, serves, and ends what it started.
pub(crate) fn run(args: &Up, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    // Servers are started in folders of their own, so a path must not depend on where this one is.
    let folder = std::path::absolute(config.state.value.join("up"))
        .map_err(|error| Failure::usage(format!("{} is no folder: {error}", config.state.value.display())))?;
    let _alone = own(&folder)?;
    let mut children = Children::default();
    let place = Place::prepare(args, &config, &folder, &mut children)?;
    let variables = folder.join("env");
    write_private(&variables, &place.variables())?;

    let children = children.watched();
    let told = announce(&place, &config, &variables)?;
    let serving = Serve {
        bus: BusAddresses { urls: place.buses.clone(), nats: args.bus.nats.clone() },
        policy: args.policy.clone(),
        concurrency: args.concurrency,
        batch: Serve::MOST_IN_A_BATCH,
        mirror: None,
        instance: None,
        listen: place.listen,
        intake: true,
        grace: GRACE_SECONDS,
        timeout: Serve::TIMEOUT_SECONDS,
    };
    let global = Global { database: place.database.clone(), ..global.clone() };
    let served = serve::run(&serving, &global);
    let lost = children.end();
    // The addresses in it lead nowhere from here on.
    let _gone = fs::remove_file(&variables);
    let exit = served?;
    told.finish()?;
    match lost {
        None => Ok(exit),
        Some(name) => Err(Failure::infrastructure(format!("{name} has ended by itself"))
            .with_help(format!("what it said is in {}", folder.display()))),
    }
}

/// What is where.
struct Place {
    buses: Vec<String>,
    broker: String,
    database: Option<String>,
    ledger: String,
    listen: SocketAddr,
}

impl Place {
    /// Database before broker, because queues may lie in it; both before the service.
    fn prepare(args: &Up, config: &Config, folder: &Path, children: &mut Children) -> Result<Self, Failure> {
        let runtime = runtime()?;
        let file = config.state.value.join(state::LEDGER).display().to_string();
        let (database, ledger) = match &config.database {
            Some(url) => (Some(url.value.clone()), format!("PostgreSQL at {}", without_password(&url.value))),
            None if args.embedded => (None, format!("SQLite in {file}")),
            None => match postgres::start(folder, children, &runtime)? {
                Ok(url) => {
                    let shown = format!("PostgreSQL at {}", without_password(&url));
                    (Some(url), shown)
                }
                Err(why) => (None, format!("SQLite in {file} ({why})")),
            },
        };
        let named = match &args.bus.url {
            Some(url) => Some(vec![url.clone()]),
            None => config.bus.as_ref().map(|bus| bus.value.clone()),
        };
        let only = |bus: String, shown| (vec![bus], shown);
        let (buses, broker) = match named {
            Some(urls) if !args.embedded || args.bus.url.is_some() => {
                let shown: Vec<String> = urls.iter().map(|url| without_password(url)).collect();
                (urls, shown.join(" "))
            }
            _ if args.embedded => only(IN_PROCESS.to_owned(), "within this process".to_owned()),
            _ => match nats::start(folder, config.durable.value, children, &runtime)? {
                Some((url, health)) => {
                    let shown = format!("NATS at {url}, health {health}");
                    only(url, shown)
                }
                None => match &database {
                    Some(url) => {
                        only(url.clone(), "queues in the database (nats-server is not installed)".to_owned())
                    }
                    None => only(
                        IN_PROCESS.to_owned(),
                        "within this process (nats-server is not installed)".to_owned(),
                    ),
                },
            },
        };
        let mut listen = args.listen;
        if listen.port() == 0 {
            listen.set_port(genesis_launch::free_port().map_err(failed)?);
        }
        Ok(Self { buses, broker, database, ledger, listen })
    }

    /// For a shell that is to speak to the same servers.
    fn variables(&self) -> String {
        let mut text = String::new();
        match self.buses.as_slice() {
            [bus] if bus == IN_PROCESS => {}
            [bus] => writeln!(text, "export GENESIS_NATS_URL='{bus}'").expect(INFALLIBLE),
            several => writeln!(text, "export GENESIS_BUS='{}'", several.join(" ")).expect(INFALLIBLE),
        }
        if let Some(database) = &self.database {
            writeln!(text, "export GENESIS_DATABASE_URL='{database}'").expect(INFALLIBLE);
        }
        text
    }

    fn shown(&self, config: &Config, variables: &Path) -> String {
        let history = config.state.value.join(state::HISTORY);
        let folder = variables.parent().unwrap_or(variables);
        let mut text = String::new();
        for (name, value) in [
            ("broker", self.broker.clone()),
            ("ledger", self.ledger.clone()),
            ("history", history.display().to_string()),
            ("service", format!("http://{}/readyz and /metrics", self.listen)),
            ("servers", format!("their data and what they say: {}", folder.display())),
        ] {
            writeln!(text, "{name:<9}{value}").expect(INFALLIBLE);
        }
        write!(
            text,
            "\nThe first request, with a template of yours or one that `genesis init` writes:\n  \
             (printf '{{\"template\":'; cat template.json; printf '}}') |\n    \
             curl -H 'content-type: application/json' --data-binary @- http://{}/requests\n\
             What became of it, in another terminal:\n  . {}\n  genesis history list --state {}\n\
             Ctrl-C ends all of it.\n",
            self.listen,
            variables.display(),
            config.state.value.display()
        )
        .expect(INFALLIBLE);
        text
    }
}

/// Waits on a thread of its own until the service is ready, and says where everything is.
fn announce(place: &Place, config: &Config, variables: &Path) -> Result<Task, Failure> {
    let (ready, text) = (format!("http://{}/readyz", place.listen), place.shown(config, variables));
    let waiting = runtime()?;
    Ok(Task::begin(move |stop| {
        waiting.block_on(async {
            while !stop() {
                match http::get(&ready).await {
                    Ok((200, _)) => return print(&text),
                    _ => tokio::time::sleep(children::PAUSE).await,
                }
            }
            Ok(())
        })
    }))
}

/// The folder for servers, which is this process's alone while it runs.
fn own(folder: &Path) -> Result<File, Failure> {
    let io = |what: &str, error: &dyn std::fmt::Display| {
        Failure::infrastructure(format!("{} {what}: {error}", folder.display()))
    };
    fs::create_dir_all(folder).map_err(|error| io("cannot be made", &error))?;
    // A server that runs as somebody else must find its own folder below; what is secret has files of its own.
    fs::set_permissions(folder, Permissions::from_mode(0o711))
        .map_err(|error| io("cannot be guarded", &error))?;
    let lock = File::create(folder.join("lock")).map_err(|error| io("cannot be locked", &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(Failure::usage(format!("another `genesis up` runs in {}", folder.display()))
                .with_help("end that one, or name another state folder with --state DIR"))
        }
        Err(TryLockError::Error(error)) => Err(io("cannot be locked", &error)),
    }
}

/// Writes a file that nobody else can read.
fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::infrastructure(format!("{} cannot be written: {error}", path.display())))
}

/// The log of a server, which grows from start to start.
fn log(folder: &Path, name: &str) -> Result<(File, PathBuf), Failure> {
    let path = folder.join(format!("{name}.log"));
    let opened = fs::OpenOptions::new().append(true).create(true).open(&path);
    let file = opened
        .map_err(|error| Failure::infrastructure(format!("{} cannot be written: {error}", path.display())))?;
    Ok((file, path))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn failed(error: ServerError) -> Failure {
    Failure::infrastructure(crate::exit::chain(&error))
}

/// Says that something begins.
fn starting(what: &str) {
    note(&format!("starting {what}"));
}
