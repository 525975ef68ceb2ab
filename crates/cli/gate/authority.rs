//! What judges a change: configuration, policy, lint rules, suites, guests, lock and cost file. All of it is read from one
//! revision that the change cannot touch, and what the change does to it is told.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use genesis_abi::{Finding, Severity};
use genesis_domain::Digest;
use genesis_experiment::{GATE_CHANGED, STATE_TRACKED, UserGuest};
use genesis_policy::{CostFile, EMBEDDED, Guest, GuestLock, Policy};

use super::judging::concern;
use super::snapshot::Snapshot;
use crate::args::Global;
use crate::config::{self, Config, Origin};
use crate::exit::Failure;
use crate::git::Repository;
use crate::{cost_file, host, lock, policies};

/// Most bytes of a file that judges.
const MOST_BYTES: u64 = 16 << 20;
/// The end of the names of suites that lie beside a template.
const SUITE: &str = "suite.toml";
/// Folder of the program's state.
const STATE: &str = ".genesis";
/// Where hosts of repositories find out what to run.
const CI_FOLDER: &str = ".github/workflows/";
const CI_FILES: [&str; 4] =
    [".gitlab-ci.yml", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml", "action.yml"];

/// What judges.
pub(crate) struct Authority<'s, 'r> {
    snapshot: &'s Snapshot<'r>,
    /// The folder of genesis.toml from the top, with `/` at its end; empty for the top.
    pub(crate) project: String,
    /// The configuration.
    pub(crate) config: Config,
    /// The policy.
    pub(crate) policy: Policy,
    /// The policy's guests.
    pub(crate) guests: Vec<UserGuest>,
    /// The accepted costs, when there are any.
    pub(crate) costs: Option<CostFile>,
    /// Every file that was read, and every guest that is pinned.
    read: Read,
}

/// Paths that were read.
type Read = Mutex<BTreeSet<String>>;

impl<'s, 'r> Authority<'s, 'r> {
    /// Reads everything from a snapshot.
    pub(crate) fn of(
        repository: &Repository,
        snapshot: &'s Snapshot<'r>,
        policy: Option<&str>,
        global: &Global,
    ) -> Result<Self, Failure> {
        let read = Read::default();
        let text = |path: &str| text(snapshot, &read, path);
        let project = project(repository.prefix(), snapshot);
        let of_project = |name: &str| format!("{}{name}", project.as_deref().unwrap_or_default());
        let written = match &project {
            Some(_) => Some(text(&of_project(config::FILE)).map_err(Failure::usage)?),
            None => None,
        };
        let shown = format!("{} of {}", of_project(config::FILE), snapshot.shown());
        let config = Config::of_text(global, written.as_deref().map(|text| (shown.as_str(), text)))?;

        let pins = match of_project(lock::FILE) {
            path if snapshot.has(&path) => GuestLock::parse(&path, &text(&path).map_err(Failure::usage)?)?,
            _ => GuestLock::default(),
        };
        let costs = match of_project(cost_file::FILE) {
            path if snapshot.has(&path) => {
                let text = text(&path).map_err(Failure::usage)?;
                Some(CostFile::parse(&path, &text).map_err(Failure::usage)?)
            }
            _ => None,
        };
        let name = if let Some(given) = policy {
            named(given, repository.prefix(), repository.top())?
        } else {
            let from_file = matches!(config.policy.origin, Origin::File(_));
            let folder = if from_file { of_project("") } else { repository.prefix().to_owned() };
            named(&config.policy.value, &folder, repository.top())?
        };
        // An absolute path is the operator's own file, which no change of the repository reaches.
        let read_policy = |path: &str| if path.starts_with('/') { policies::read(path) } else { text(path) };
        let pin = |path: &str| pins.digest(inside(path)?.strip_prefix(of_project("").as_str())?).cloned();
        let policy = Policy::load_pinned(&name, &read_policy, host::today(), &pin)
            .map_err(|error| Failure::usage(format!("{error}\nas {} has it", snapshot.shown())))?;
        let guests = guests(&policy, snapshot, &read)?;
        noted(&read).extend(pins.pins().map(|(path, _)| of_project(path)));
        let project = of_project("");
        Ok(Self { snapshot, project, config, policy, guests, costs, read })
    }

    /// The policy for a template, with the suites that lie beside it where the snapshot has it.
    pub(crate) fn policy_for(&self, path: &str) -> Result<Policy, Failure> {
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let below = |name: String| if folder.is_empty() { name } else { format!("{folder}/{name}") };
        let of_template = below(format!("{stem}.{SUITE}"));
        let of_folder = below(SUITE.to_owned());
        let Some(file) = [of_template, of_folder].into_iter().find(|file| self.snapshot.has(file)) else {
            return Ok(self.policy.clone());
        };
        let suites = genesis_policy::suites(&file, &|path| self.text(path))?;
        self.policy.clone().with_suites(suites).map_err(|name| {
            Failure::usage(format!("{file}: the policy has a suite `{name}` already"))
                .with_help("give it another name")
        })
    }

    /// What a change from one snapshot to another does to what judges it; errors stand in the way. `accepted` are digests
    /// of changes that a person accepted.
    pub(crate) fn disputed(
        &self,
        from: &Snapshot<'_>,
        to: &Snapshot<'_>,
        accepted: &[String],
    ) -> Vec<Finding> {
        for file in self.snapshot.paths().filter(|path| is_suite(path)) {
            // Only what it names is wanted here; what is wrong with it is told when a template needs it.
            let _suites = genesis_policy::suites(file, &|path| self.text(path));
        }
        let mut findings: Vec<Finding> = Vec::new();
        let mut touched: BTreeSet<&str> = BTreeSet::new();
        let read = noted(&self.read).clone();
        // What lies in a folder of state is refused below whatever it is called: a history has a `genesis.lock` too.
        let is_named = |path: &str| {
            is_suite(path) || [config::FILE, lock::FILE, cost_file::FILE].contains(&name_of(path))
        };
        let judges =
            |path: &str| read.contains(path) || (is_named(path) && !is_state(path)) || self.is_ci(path, from);
        for path in from.paths().chain(to.paths()).filter(|path| !from.same(to, path) && judges(path)) {
            touched.insert(path);
        }
        // One says it.
        if let Some(path) = to.tracked().find(|path| is_state(path)) {
            findings.push(concern(
                STATE_TRACKED,
                Severity::Error,
                path,
                format!("`{path}` is this program's state, and the repository keeps it"),
                format!("git rm -r --cached {STATE}"),
            ));
        }
        let mut named = String::new();
        let mut changed: Vec<(&str, &str)> = Vec::new();
        for path in touched {
            let how = match (from.has(path), to.has(path)) {
                (false, _) => "adds",
                (_, false) => "deletes",
                _ => "changes",
            };
            if name_of(path) == cost_file::FILE && tightens(path, from, to) {
                findings.push(concern(
                    GATE_CHANGED,
                    Severity::Note,
                    path,
                    format!("the change {how} `{path}`, and accepts no more than before"),
                    "what it says holds once it is merged".to_owned(),
                ));
                continue;
            }
            let content =
                |of: &Snapshot<'_>| of.content(path).map_or_else(String::new, |digest| digest.to_string());
            named.extend([path, "\0", &content(from), "\0", &content(to), "\n"]);
            changed.push((path, how));
        }
        let digest = Digest::of(named.as_bytes());
        let is_accepted = accepted.iter().any(|accepted| accepted == digest.as_str());
        for (path, how) in changed {
            let message = format!("the change {how} `{path}`, which is part of what judges it");
            let by = self.snapshot.shown();
            findings.push(if is_accepted {
                let help = format!("a person accepted it as {digest}; what {by} has is what judged");
                concern(GATE_CHANGED, Severity::Note, path, message, help)
            } else {
                let help = format!(
                    "what {by} has is what judged; a person who may change it accepts it with --accept-gate {digest}"
                );
                concern(GATE_CHANGED, Severity::Error, path, message, help)
            });
        }
        findings
    }

    fn text(&self, path: &str) -> Result<String, String> {
        text(self.snapshot, &self.read, path)
    }

    /// Whether a path says what the repository's host runs, and speaks of this program.
    fn is_ci(&self, path: &str, from: &Snapshot<'_>) -> bool {
        let is_definition = path.starts_with(CI_FOLDER) || CI_FILES.contains(&path);
        let speaks =
            |of: &Snapshot<'_>| of.text(path, MOST_BYTES, "file").is_ok_and(|text| text.contains("genesis"));
        is_definition && (speaks(self.snapshot) || speaks(from))
    }
}

/// The nearest folder of genesis.toml, upwards from a folder of the repository.
fn project(prefix: &str, snapshot: &Snapshot<'_>) -> Option<String> {
    let mut folder = prefix;
    loop {
        if snapshot.has(&format!("{folder}{}", config::FILE)) {
            return Some(folder.to_owned());
        }
        let above = folder.strip_suffix('/')?;
        folder = above.rfind('/').map_or("", |slash| &folder[..=slash]);
    }
}

/// A policy's name, or its path from the top of the repository; an absolute path that does not lie in it stays.
fn named(given: &str, folder: &str, top: Option<&Path>) -> Result<String, Failure> {
    if EMBEDDED.iter().any(|(name, _)| *name == given) {
        return Ok(given.to_owned());
    }
    let is_inside = |top: &Path| Path::new(given).starts_with(top);
    if given.starts_with('/') && !top.is_some_and(is_inside) {
        return Ok(given.to_owned());
    }
    from_top(given, folder, top).ok_or_else(|| {
        Failure::usage(format!("the policy {given} lies outside the repository"))
            .with_help("give an absolute path when it is meant to judge every repository")
    })
}

/// A path as the user gives it, in a folder of the repository, as a path from the top; none when it leaves the
/// repository.
pub(crate) fn from_top(given: &str, folder: &str, top: Option<&Path>) -> Option<String> {
    if given.starts_with('/') {
        inside(Path::new(given).strip_prefix(top?).ok()?.to_str()?)
    } else {
        inside(&format!("{folder}{given}"))
    }
}

/// A path from the top without `.` and `..`; none when it leaves the repository.
fn inside(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A text of the snapshot, which is noted as read.
fn text(snapshot: &Snapshot<'_>, read: &Read, path: &str) -> Result<String, String> {
    let path = inside(path).ok_or("it lies outside the repository")?;
    noted(read).insert(path.clone());
    snapshot.text(&path, MOST_BYTES, "file").map_err(|error| error.to_string())
}

/// The modules that a policy's checks name, as the snapshot has them; those of an operator's policy as the disk has them.
fn guests(policy: &Policy, snapshot: &Snapshot<'_>, read: &Read) -> Result<Vec<UserGuest>, Failure> {
    let mut guests = Vec::new();
    for check in policy.checks() {
        let Guest::File { written, path } = &check.guest else { continue };
        let wasm = if path.starts_with('/') {
            policies::module(Path::new(path), policy)?
        } else {
            let path = inside(path)
                .ok_or_else(|| Failure::usage(format!("the guest {written} lies outside the repository")))?;
            noted(read).insert(path.clone());
            let most = policy.module_limits().module_bytes;
            snapshot.bytes(&path, most, "module_bytes").map_err(|error| {
                Failure::usage(format!("the guest of check `{}` ({written}): {error}", check.name))
                    .with_help(format!("as {} has it", snapshot.shown()))
            })?
        };
        guests.push(UserGuest { name: check.name.clone(), wasm, required: check.required });
    }
    Ok(guests)
}

fn noted(read: &Read) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
    read.lock().unwrap_or_else(PoisonError::into_inner)
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_suite(path: &str) -> bool {
    let name = name_of(path);
    name == SUITE || name.strip_suffix(SUITE).is_some_and(|stem| stem.ends_with('.'))
}

fn is_state(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|folder| folder == STATE)
}

/// Whether a cost file accepts nothing that it did not accept before.
fn tightens(path: &str, from: &Snapshot<'_>, to: &Snapshot<'_>) -> bool {
    let parsed = |of: &Snapshot<'_>| {
        let text = of.text(path, MOST_BYTES, "file").ok()?;
        CostFile::parse(path, &text).ok()
    };
    match (parsed(from), parsed(to)) {
        (Some(before), Some(now)) => now.only_tightens(&before),
        // What accepts nothing yet is held against nothing.
        (None, Some(_)) => !from.has(path),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_named_from_the_top_and_never_leaves_it() {
        let top = Some(Path::new("/repo"));
        for (given, folder, path) in [
            ("strict", "a/", "strict"),
            ("p.toml", "a/", "a/p.toml"),
            ("../p.toml", "a/b/", "a/p.toml"),
            ("./x/../p.toml", "", "p.toml"),
            ("/repo/policies/p.toml", "a/", "policies/p.toml"),
            ("/etc/genesis/p.toml", "a/", "/etc/genesis/p.toml"),
        ] {
            assert_eq!(named(given, folder, top).unwrap(), path, "{given}");
        }
        assert!(named("../../p.toml", "a/", top).is_err());
        assert!(named("/repo/../p.toml", "", top).is_err());
    }

    #[test]
    fn suites_and_state_are_told_by_name() {
        assert!(is_suite("suite.toml") && is_suite("a/x.suite.toml"));
        assert!(!is_suite("a/xsuite.toml") && !is_suite("suite.toml/a"));
        assert!(is_state(".genesis/ledger.sqlite") && is_state("a/.genesis/history.git/HEAD"));
        assert!(!is_state(".genesis") && !is_state("a.genesis/x"));
    }
}
