//! Changes of real repositories, judged by the real program. Each test makes its own repository with the real git.

mod bypass;
mod changes;
mod clones;
mod corpus;
mod cost;
mod exits;
mod hooks;
mod known;
mod watch;
mod written;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Bench, Ran, bumped, greeting, project};

/// A repository, and known verdicts of its own.
pub(crate) struct Repo {
    bench: Bench,
    verdicts: tempfile::TempDir,
}

impl Repo {
    /// A repository without a commit, on the branch `main`.
    fn new() -> Self {
        let repo = Self { bench: Bench::new(), verdicts: tempfile::tempdir().unwrap() };
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    /// One with the templates `one` and `two`, committed.
    fn with_two() -> Self {
        let repo = Self::new();
        repo.template("templates/one.json", &named("one", "1.0.0"));
        repo.template("templates/two.json", &named("two", "1.0.0"));
        repo.commit("two templates");
        repo
    }

    fn path(&self) -> &Path {
        self.bench.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.bench.write(name, content)
    }

    fn template(&self, name: &str, template: &Value) {
        self.bench.template(name, template);
    }

    /// The real git in the repository, with nobody's settings. Fails the test when it fails.
    fn git(&self, args: &[&str]) -> String {
        let ran = self.try_git(args);
        assert_eq!(ran.code, Some(0), "git {args:?}: {ran:?}");
        ran.stdout.trim().to_owned()
    }

    fn try_git(&self, args: &[&str]) -> Ran {
        let output = self.git_command().args(args).output();
        Ran::of(&output.expect("git is installed: apt-get install git"))
    }

    fn git_command(&self) -> Command {
        let mut command = Command::new("git");
        command.current_dir(self.path());
        self.quiet(&mut command);
        command
    }

    /// Nobody's settings and nobody's time; and what a hook gives the program that it starts.
    fn quiet(&self, command: &mut Command) {
        for name in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{name}_NAME"), "A").env(format!("GIT_{name}_EMAIL"), "a@example.org");
            command.env(format!("GIT_{name}_DATE"), "2026-01-02T03:04:05Z");
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GENESIS_VERDICTS", self.verdicts.path().join("known"));
        command.env("GENESIS_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests"));
        command.env("GENESIS", env!("CARGO_BIN_EXE_genesis"));
    }

    /// Commits all files.
    fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Goes to a new branch.
    fn branch(&self, name: &str) {
        self.git(&["checkout", "--quiet", "-b", name]);
    }

    fn genesis(&self, args: &[&str]) -> Ran {
        self.genesis_in(self.path(), args)
    }

    fn genesis_in(&self, folder: &Path, args: &[&str]) -> Ran {
        let mut command = self.bench.command(args);
        self.quiet(&mut command);
        Ran::of(&command.current_dir(folder).output().unwrap())
    }

    /// Judges `main..HEAD` and gives exit code and report.
    fn ci(&self, more: &[&str]) -> (i32, Value) {
        let (ran, report) = self.ci_told(more);
        (ran.code.unwrap(), report)
    }

    /// The same, with what was printed besides.
    fn ci_told(&self, more: &[&str]) -> (Ran, Value) {
        let mut args = vec!["ci", "--format", "json"];
        if !more.contains(&"--base") {
            args.extend(["--base", "main"]);
        }
        args.extend(more);
        let ran = self.genesis(&args);
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        (ran, report)
    }
}

/// A small template with an id of its own.
fn named(id: &str, version: &str) -> Value {
    let mut template = greeting(version);
    template["id"] = id.into();
    template
}

/// A next version that is good.
fn good(template: &Value) -> Value {
    let mut next = bumped(template, "1.1.0");
    next["description"] = "Greets in one line of Python, well".into();
    next
}

/// A next version that breaks a promise: it renders something else under the same version.
fn bad(template: &Value) -> Value {
    let mut next = template.clone();
    next["content"]["code"] = "print('something else'\n".into();
    next
}

/// What became of a template: change, decision.
fn became<'a>(report: &'a Value, path: &str) -> (&'a str, Option<&'a str>) {
    let templates = report["templates"].as_array().unwrap();
    let found = templates.iter().find(|template| template["path"] == path);
    let found = found.unwrap_or_else(|| panic!("{path} is not in {report:#}"));
    (found["change"].as_str().unwrap(), found["decision"].as_str())
}

/// The concerns of a code, as severity and file.
fn concerns(report: &Value, code: &str) -> Vec<(String, String)> {
    let all = report["concerns"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.iter()
        .filter(|concern| concern["code"] == code)
        .map(|concern| (text(&concern["severity"]), text(&concern["place"]["file"])))
        .collect()
}

/// Guests that were run, as the last line on standard error tells it.
fn runs(ran: &Ran) -> u64 {
    let line = ran.stderr.lines().find(|line| line.contains(" units of fuel"));
    let line = line.unwrap_or_else(|| panic!("{ran:?}"));
    let words: Vec<&str> = line.split(' ').collect();
    let at = words.iter().position(|word| word.starts_with("runs")).unwrap();
    words[at - 1].parse().unwrap()
}

/// Copies a folder of the project into a repository.
fn copy(repo: &Repo, from: &str, to: &str) {
    fn into(repo: &Repo, from: &Path, to: &str) {
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = format!("{to}/{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                into(repo, &entry.path(), &to);
            } else {
                repo.write(&to, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    into(repo, &project(from), to);
}
