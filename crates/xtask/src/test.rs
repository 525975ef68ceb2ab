//! Runs the tests.

use std::env;

use anyhow::{Context, Result};

use crate::call::Call;
use crate::needs::{self, Purpose};
use crate::project::{GUESTS_MANIFEST, Project};

/// Prepares and runs the tests that `arguments` choose, or all of them and the doc tests when there are none.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    needs::meet(project, &[Purpose::Build, Purpose::Test])?;
    for (name, call) in calls(project, arguments) {
        call.run().context(name)?;
    }
    Ok(())
}

/// The runs that testing consists of. The largest comes last, so that the output closes with its counts: the
/// doc tests' closes with those of one crate, which may well have none.
pub(crate) fn calls(project: &Project, arguments: &[String]) -> Vec<(&'static str, Call)> {
    let mut calls = Vec::new();
    if arguments.is_empty() {
        calls.push((
            "doc tests",
            Call::cargo(project, ["test", "--release", "--workspace", "--locked", "--doc"]),
        ));
        // The parsers and the lint rules are tested natively too, over more than a sandbox would do in the time.
        let parsers =
            ["test", "--locked", "--package", "genesis-guest-code", "--manifest-path", GUESTS_MANIFEST];
        let folder = project.root().join("target/native").display().to_string();
        calls.push(("tests of the parsers", Call::cargo(project, parsers).env("CARGO_TARGET_DIR", folder)));
    }
    let tests = if needs::has_nextest(project) {
        let profile = if env::var_os("CI").is_some() { "ci" } else { "default" };
        Call::cargo(project, ["nextest", "run", "--release", "--workspace", "--locked", "--profile", profile])
    } else {
        eprintln!("xtask: cargo-nextest is missing, so cargo test runs the tests");
        Call::cargo(project, ["test", "--release", "--workspace", "--locked", "--all-targets"])
    };
    calls.push(("tests", tests.args(arguments.iter().cloned())));
    calls
}
