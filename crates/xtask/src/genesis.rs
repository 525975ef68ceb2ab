//! Builds the program and becomes it.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::call::{Call, forget_this_package};
use crate::needs::{self, Purpose};
use crate::project::Project;

/// Prepares, builds what is not built, and runs the program in the folder where it was called.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Result<ExitCode> {
    needs::meet(project, &[Purpose::Build])?;
    let program = build(project)?;
    let mut command = Command::new(program);
    command.args(arguments);
    forget_this_package(&mut command);
    become_it(command)
}

/// Builds the release program and gives its path. Says nothing when it was built already.
fn build(project: &Project) -> Result<PathBuf> {
    let call = Call::cargo(
        project,
        [
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--package=genesis",
            "--bin=genesis",
            "--message-format=json-render-diagnostics",
        ],
    );
    let started = Instant::now();
    let mut cargo = call.command().stdout(Stdio::piped()).spawn().context("failed to start cargo")?;
    let messages = cargo.stdout.take().expect("standard output is piped");
    let mut progress = Progress::default();
    let mut program = None;
    for line in BufReader::new(messages).lines() {
        let line = line.context("failed to read what cargo printed")?;
        let message: Value = serde_json::from_str(&line).context("failed to read what cargo printed")?;
        if message["reason"] == "compiler-artifact" {
            progress.built(&message);
            if let Some(executable) = message["executable"].as_str() {
                program = Some(PathBuf::from(executable));
            }
        }
    }
    let status = cargo.wait().context("failed to wait for cargo")?;
    progress.clear();
    if !status.success() {
        bail!("failed to build genesis ({status}); repeat it with:\n  {call}");
    }
    if progress.crates > 0 {
        eprintln!("xtask: built genesis in {} s ({} crates)", started.elapsed().as_secs(), progress.crates);
    }
    program.context("failed to find the program in what cargo printed")
}

/// Says once that there is something to build and, on a terminal, how far it is.
#[derive(Default)]
struct Progress {
    crates: usize,
}

impl Progress {
    fn built(&mut self, artifact: &Value) {
        if artifact["fresh"] == true {
            return;
        }
        if self.crates == 0 {
            eprintln!("xtask: building genesis, minutes the first time");
        }
        self.crates += 1;
        if io::stderr().is_terminal() {
            let name = artifact["target"]["name"].as_str().unwrap_or_default();
            eprint!("\r\x1b[2K  {} crates, {name}", self.crates);
        }
    }

    fn clear(&self) {
        if self.crates > 0 && io::stderr().is_terminal() {
            eprint!("\r\x1b[2K");
        }
    }
}

/// Replaces this process, so that signals and the exit code are the program's own.
#[cfg(unix)]
fn become_it(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("failed to start genesis")
}

#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<ExitCode> {
    let status = command.status().context("failed to start genesis")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
