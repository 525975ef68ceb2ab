//! One command line: as it is run, and as a person would repeat it.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::project::Project;

/// What cargo sets for the package it runs, which is this one. Build scripts that watch these variables would run
/// anew each time that a build is started from here instead of by hand.
const OF_THIS_PACKAGE: [&str; 5] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"];

/// A command to be run in the project's root.
pub(crate) struct Call {
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(&'static str, String)>,
    dir: PathBuf,
}

impl Call {
    /// A call of `program`.
    pub(crate) fn new<I>(project: &Project, program: &'static str, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self {
            program: PathBuf::from(program),
            args: args.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            dir: project.root().to_owned(),
        }
    }

    /// A call of the program at a path.
    pub(crate) fn at<I>(project: &Project, program: &Path, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self { program: program.to_owned(), ..Self::new(project, "", args) }
    }

    /// A call of the cargo that runs this program.
    pub(crate) fn cargo<I>(project: &Project, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self::new(project, "cargo", args)
    }

    /// The same with more arguments.
    pub(crate) fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// The same with a variable set.
    pub(crate) fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// The command, with standard streams inherited.
    pub(crate) fn command(&self) -> Command {
        let program = if self.program == Path::new("cargo") {
            env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
        } else {
            self.program.clone().into_os_string()
        };
        let mut command = Command::new(program);
        command
            .args(&self.args)
            .current_dir(&self.dir)
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        forget_this_package(&mut command);
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> Result<()> {
        let status =
            self.command().status().with_context(|| format!("failed to start {}", self.program.display()))?;
        if !status.success() {
            bail!("{status}; repeat it with:\n  {self}");
        }
        Ok(())
    }

    /// Runs it and gives what it wrote to standard output; what it wrote to standard error is in the error.
    pub(crate) fn output(&self) -> Result<String> {
        let output =
            self.command().output().with_context(|| format!("failed to start {}", self.program.display()))?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            bail!("{}: {self}\n{}", output.status, told.trim_end());
        }
        String::from_utf8(output.stdout).with_context(|| format!("failed to read what {self} printed"))
    }

    /// Runs it, shows nothing, and says whether it could be started and succeeded.
    pub(crate) fn succeeds(&self) -> bool {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.env {
            write!(f, "{name}={} ", quoted(value))?;
        }
        write!(f, "{}", quoted(&self.program.display().to_string()))?;
        for arg in &self.args {
            write!(f, " {}", quoted(arg))?;
        }
        Ok(())
    }
}

/// Takes out of a command's environment what cargo set for this package only.
pub(crate) fn forget_this_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| OF_THIS_PACKAGE.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_shown_as_a_shell_takes_it() {
        let project = Project::find().unwrap();
        let call = Call::cargo(&project, ["clippy", "--", "-D", "it's"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(call.to_string(), r"RUSTDOCFLAGS='-D warnings' cargo clippy -- -D 'it'\''s'");
    }

    #[test]
    fn a_failed_call_says_how_to_repeat_it() {
        let project = Project::find().unwrap();
        let error = Call::cargo(&project, ["no-such-command"]).output().unwrap_err().to_string();
        assert!(error.contains("cargo no-such-command"), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_and_no_success() {
        let project = Project::find().unwrap();
        let call = Call::new(&project, "no-such-program", ["--version"]);
        assert!(!call.succeeds());
        assert!(call.run().unwrap_err().to_string().contains("no-such-program"));
    }
}
