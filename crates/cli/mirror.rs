//! The central repository that several instances mirror theirs to, reached by the program `git`: it speaks every transport and
//! knows the operator's keys and helpers of credentials.
//!
//! Nothing of the surroundings steers it: variables of git are taken away, hooks and file watchers are not run, nobody is asked
//! anything. The address and its secrets are in no argument, because arguments can be read by everybody on the machine.

mod address;

use std::env;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use genesis_domain::TemplateId;
use genesis_experiment::{Commits, ExperimentError};
use genesis_history::{is_instance_name, mirror_refspecs, mirrored_branches};

use crate::config::Config;
use crate::exit::{Failure, escape_controls};
use address::Address;

/// What git calls the mirror.
const REMOTE: &str = "mirror";
/// The longest that git may take to send, and to fetch one template.
const MOST_SENDING: Duration = Duration::from_mins(10);
const MOST_FETCHING: Duration = Duration::from_mins(1);
/// Between two looks whether git has ended.
const LOOK: Duration = Duration::from_millis(10);
/// For what git said last, when it ended or was ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Most bytes that are kept of what git says; a listing of one template's branches is far below.
const MOST_SAID_BYTES: u64 = 1 << 20;
/// Most bytes of a reason.
const MOST_REASON_BYTES: usize = 500;

/// Configuration of each call, before anybody else's.
const ALWAYS: [(&str, &str); 12] = [
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("push.gpgSign", "false"),
    ("push.followTags", "false"),
    ("push.recurseSubmodules", "no"),
    // What is fetched stays one pack, which git syncs.
    ("fetch.unpackLimit", "1"),
    ("fetch.fsckObjects", "true"),
    ("pack.writeReverseIndex", "false"),
    // A server that says nothing more is given up.
    ("http.lowSpeedLimit", "1"),
    ("http.lowSpeedTime", "60"),
];

/// Whether to give up what is under way.
pub(crate) type GiveUp<'a> = &'a dyn Fn() -> bool;

/// The mirror, and the repository that is mirrored.
pub(crate) struct Mirror {
    repository: PathBuf,
    instance: String,
    address: Address,
}

impl Mirror {
    /// A mirror of the repository, under the instance's name. Nothing is reached yet.
    pub(crate) fn new(repository: &Path, instance: &str, address: &str) -> Result<Self, Failure> {
        check_name(instance)?;
        let git = program().arg("--version").stdin(Stdio::null()).output();
        if !git.is_ok_and(|output| output.status.success()) {
            return Err(Failure::usage("the program git is not there, and it is what mirrors")
                .with_help("install git, 2.31 or later"));
        }
        let address = Address::parse(address)?;
        Ok(Self { repository: repository.to_owned(), instance: instance.to_owned(), address })
    }

    /// The address as it may be shown.
    pub(crate) fn shown(&self) -> &str {
        &self.address.shown
    }

    /// Sends what the mirror does not have. Nothing there is replaced or removed.
    pub(crate) fn push(&self, give_up: GiveUp<'_>) -> Result<(), String> {
        let any = ["for-each-ref", "--count=1", "refs/heads/templates", "refs/experiments"];
        if self.git(&self.repository, &any, MOST_SENDING, give_up)?.is_empty() {
            // Git takes nothing to send for a mistake. Whether the mirror is there is worth knowing all the same.
            let asked = ["ls-remote", "--refs", REMOTE, "refs/instances/none"];
            return self.git(&self.repository, &asked, MOST_FETCHING, give_up).map(drop);
        }
        let [branches, experiments] = mirror_refspecs(&self.instance);
        let arguments = ["push", "--quiet", "--no-verify", REMOTE, &branches, &experiments];
        self.git(&self.repository, &arguments, MOST_SENDING, give_up).map(drop)
    }

    /// Fetches the versions of a template that any instance has mirrored. No ref is set here.
    pub(crate) fn fetch(&self, template: &TemplateId, give_up: GiveUp<'_>) -> Result<(), String> {
        let wanted = mirrored_branches(template);
        let asked = ["ls-remote", "--refs", REMOTE, &wanted];
        let listed = self.git(&self.repository, &asked, MOST_FETCHING, give_up)?;
        let mut branches: Vec<(&str, &str)> = listed
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .filter(|(_, name)| name.starts_with("refs/"))
            .collect();
        // Several instances may be equally far.
        branches.sort_unstable();
        branches.dedup_by_key(|(id, _)| *id);
        if branches.is_empty() {
            return Ok(());
        }
        let mut arguments = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            REMOTE,
        ];
        arguments.extend(branches.iter().map(|(_, name)| *name));
        self.git(&self.repository, &arguments, MOST_FETCHING, give_up).map(drop)
    }

    /// Fetches all that is mirrored into a new repository.
    pub(crate) fn fetch_all(&self, into: &Path) -> Result<(), String> {
        self.git(into, &["init", "--quiet", "--bare"], MOST_FETCHING, &|| false)?;
        let arguments = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            REMOTE,
            "+refs/instances/*:refs/instances/*",
        ];
        self.git(into, &arguments, MOST_SENDING, &|| false).map(drop)
    }

    /// Calls git; gives what it says on standard output, or why it failed.
    fn git(
        &self,
        repository: &Path,
        arguments: &[&str],
        most: Duration,
        give_up: GiveUp<'_>,
    ) -> Result<String, String> {
        let mut command = self.command(repository);
        let mut child = command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("git cannot be started: {error}"))?;
        let stdout = said(child.stdout.take());
        let stderr = said(child.stderr.take());
        let ended = wait(&mut child, most, give_up);
        let words = |from: mpsc::Receiver<String>| from.recv_timeout(LAST_WORDS).unwrap_or_default();
        match ended {
            Ok(status) if status.success() => Ok(words(stdout)),
            Ok(status) => Err(self.reason(&words(stderr), status)),
            Err(why) => Err(why),
        }
    }

    fn command(&self, repository: &Path) -> Command {
        let mut command = program();
        let own = [(format!("remote.{REMOTE}.url"), self.address.url.clone())];
        let configured: Vec<(String, String)> = ALWAYS
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .chain(own)
            .chain(self.address.configuration())
            .collect();
        for (number, (key, value)) in configured.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        command
            .env("GIT_CONFIG_COUNT", configured.len().to_string())
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
            // Neither commands in place of addresses nor helpers that somebody has installed.
            .env("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh")
            .env("LC_ALL", "C")
            .envs(self.address.secrets())
            .arg("--no-pager")
            .arg("--git-dir")
            .arg(repository)
            .stdin(Stdio::null());
        command
    }

    /// What git said, without what is secret, and without what its other lines say of the same.
    fn reason(&self, stderr: &str, status: ExitStatus) -> String {
        let tells = |line: &&str| {
            ["fatal: ", "error: ", "remote: error", " ! "].iter().any(|start| line.starts_with(start))
        };
        let lines: Vec<&str> = stderr.lines().filter(tells).take(3).map(str::trim).collect();
        let said = if lines.is_empty() { stderr.trim().to_owned() } else { lines.join("; ") };
        let mut said = escape_controls(&self.address.scrubbed(&said)).replace('\n', " ");
        if let Some((cut, _)) = said.char_indices().find(|(at, _)| *at >= MOST_REASON_BYTES) {
            said.truncate(cut);
        }
        if said.is_empty() { format!("git ended with {status}") } else { said }
    }
}

/// Git without what is said to it from around this program.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn program() -> Command {
    let mut command = Command::new("git");
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("GIT_") || text.starts_with("SSH_ASKPASS") {
            command.env_remove(&name);
        }
    }
    command
}

/// Refuses a name under which nothing can be mirrored.
pub(crate) fn check_name(instance: &str) -> Result<(), Failure> {
    if is_instance_name(instance) {
        return Ok(());
    }
    Err(Failure::usage(format!("the instance name `{instance}` can be no part of a ref"))
        .with_help("letters, digits, `-`, `_` and single dots between them, 64 at most: --instance NAME"))
}

/// Does what needs the version in force. When another repository has that, it is fetched from the mirror that is configured, and
/// the same is done once more.
pub(crate) async fn with_version<T>(
    config: &Config,
    commits: &Commits,
    act: impl AsyncFn() -> Result<T, ExperimentError>,
) -> Result<T, Failure> {
    let missing = match act().await {
        Err(missing @ ExperimentError::Elsewhere { .. }) => missing,
        done => return Ok(done?),
    };
    let (ExperimentError::Elsewhere { template, .. }, Some(mirror)) = (&missing, &config.mirror) else {
        return Err(missing.into());
    };
    let instance = commits.ledger.instance().unwrap_or_default();
    let mirror = Mirror::new(commits.history.path(), instance, &mirror.value)?;
    mirror.fetch(template, &|| false).map_err(|why| {
        Failure::infrastructure(format!("{missing}, and the mirror {} is away: {why}", mirror.shown()))
    })?;
    Ok(act().await?)
}

/// Reads until the end, in a thread of its own: what is too much is read and dropped, so that nobody has to wait.
fn said(from: Option<impl std::io::Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (tell, told) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let Some(mut from) = from else { return };
        let mut bytes = Vec::new();
        // What cannot be read any more was not said.
        let _ended = (&mut from).take(MOST_SAID_BYTES).read_to_end(&mut bytes);
        let _ended = std::io::copy(&mut from, &mut std::io::sink());
        let _gone = tell.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    told
}

/// Waits until git has ended; ends it when it takes too long or is not wanted any more.
fn wait(child: &mut Child, most: Duration, give_up: GiveUp<'_>) -> Result<ExitStatus, String> {
    let mut waited = Duration::ZERO;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) => {}
            Err(error) => return Err(format!("git cannot be waited for: {error}")),
        }
        if waited >= most || give_up() {
            // It may have ended by itself just now.
            let _gone = child.kill();
            let _gone = child.wait();
            let why = if waited >= most {
                format!("git took longer than {} s", most.as_secs())
            } else {
                "it was given up".to_owned()
            };
            return Err(why);
        }
        std::thread::sleep(LOOK);
        waited += LOOK;
    }
}
