//! A place for one test: a folder of its own, the real program, real git.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A folder with templates and the program's state.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Writes a template given as JSON.
    pub(crate) fn template(&self, name: &str, template: &Value) -> PathBuf {
        self.write(name, serde_json::to_string_pretty(template).unwrap())
    }

    /// The program with this bench's state, and nothing of the caller's configuration.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_genesis"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        for name in [
            "POLICY",
            "STATE",
            "INSTANCE",
            "DURABLE",
            "THREADS",
            "CRASH_AT",
            "MIRROR",
            "CLOCK_SHIFT",
            "RETENTION_DAYS",
            "SCHEDULE_CLEANUP",
            "SCHEDULE_TRENDS",
            "SCHEDULE_METRICS",
            "SCHEDULE_QUEUE_RETENTION",
            "ACCEPT_GATE",
            "VERDICTS",
            "DATABASE_URL",
            "BUS",
            "NATS_URL",
            "NATS_USER",
            "NATS_PASSWORD",
            "NATS_NKEY",
            "NATS_CREDS",
            "NATS_REPLICAS",
            "NATS_MONITOR_URL",
            "TLS_CA",
            "TLS_CERT",
            "TLS_KEY",
        ] {
            command.env_remove(format!("GENESIS_{name}"));
        }
        for name in [
            "DATABASE_URL",
            "NATS_URL",
            "SHARED_QUEUE_DB_URL",
            "SHARED_QUEUE_RETENTION_DAYS",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
        ] {
            command.env_remove(name);
        }
        // One cache for all tests: compiling the built-in guests anew in each process would be most of the time.
        command.env("GENESIS_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests"));
        command
    }

    pub(crate) fn genesis(&self, args: &[&str]) -> Ran {
        finish(&self.command(args).output().unwrap())
    }

    /// Runs an experiment without syncing and gives its JSON report.
    pub(crate) fn experiment(&self, template: &Path, more: &[&str]) -> (i32, Value) {
        let path = template.to_str().unwrap();
        let mut args = vec!["run-experiment", path, "--no-durable", "--format", "json"];
        args.extend(more);
        let ran = self.genesis(&args);
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        (ran.code.unwrap(), report)
    }

    pub(crate) fn history(&self) -> PathBuf {
        self.path().join(".genesis/history.git")
    }

    /// Real git on the history.
    pub(crate) fn git(&self, args: &[&str]) -> Ran {
        let output = Command::new("git")
            .arg(format!("--git-dir={}", self.history().display()))
            .args(args)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git is installed: apt-get install git");
        finish(&output)
    }

    /// Nothing is lost and nothing is half done.
    pub(crate) fn assert_sound(&self) {
        let verified = self.genesis(&["history", "verify"]);
        assert_eq!(verified.code, Some(0), "{verified:?}");
        let fsck = self.git(&["fsck", "--full", "--strict"]);
        assert_eq!(fsck.code, Some(0), "{fsck:?}");
        assert!(!fsck.stderr.contains("error") && !fsck.stdout.contains("missing"), "{fsck:?}");
    }

    /// The tip of a template's branch.
    pub(crate) fn tip(&self, branch: &str) -> Option<String> {
        let ran = self.git(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/templates/{branch}")]);
        (ran.code == Some(0)).then(|| ran.stdout.trim().to_owned())
    }

    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

impl Ran {
    /// What came of a command that was prepared by hand.
    pub(crate) fn of(output: &Output) -> Self {
        finish(output)
    }
}

fn finish(output: &Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A file of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The corpus, when the variable names it; else says that the test is skipped.
#[expect(clippy::disallowed_methods, reason = "tests find the corpus by this variable")]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("GENESIS_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        println!("skipped: GENESIS_CORPUS names no corpus");
    }
    corpus
}

/// A small template that renders, with one question.
pub(crate) fn greeting(version: &str) -> Value {
    serde_json::json!({
        "id": "greeting",
        "name": "Greeting",
        "category": "base",
        "description": "Greets in one line of Python",
        "language": "python",
        "spec_version": version,
        "quality_level": "production",
        "capabilities": ["quality"],
        "changelog": { version: { "date": "2025-01-02", "changes": ["a greeting"] } },
        "requirements": { "documentation": { "required": true } },
        "questions": [
            { "name": "loud", "type": "boolean", "prompt": "Shout?", "default": false }
        ],
        "content": { "type": "code", "file_path": "greet.py", "code": "print({{#if loud}}\"HELLO\"{{else}}\"hello\"{{/if}})\n" },
        "prompts": { "code_generation": "Change this: {task}" },
        "scoring_weights": { "documentation": 1.0 }
    })
}

/// The same with a new version on top of its changelog.
pub(crate) fn bumped(template: &Value, version: &str) -> Value {
    let mut next = template.clone();
    let entry = |version: &str, date: &Value, changes: &Value| serde_json::json!({ "version": version, "date": date, "changes": changes });
    // A list, because the order is meaning and a map here is sorted.
    let mut changelog = vec![entry(version, &"2025-02-03".into(), &serde_json::json!(["a change"]))];
    for (version, old) in template["changelog"].as_object().unwrap() {
        changelog.push(entry(version, &old["date"], &old["changes"]));
    }
    next["changelog"] = Value::Array(changelog);
    next["spec_version"] = Value::String(version.to_owned());
    next
}
