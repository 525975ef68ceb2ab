//! Everything that a change must pass.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::call::Call;
use crate::needs::{self, GUEST_TARGET, Purpose};
use crate::project::{GUESTS_MANIFEST, Project};
use crate::{test, wasm_cc};

/// Runs every step and stops at the first that fails.
pub(crate) fn run(project: &Project) -> Result<()> {
    let mut times = Times::default();
    times.take("setup", || needs::meet(project, &[Purpose::Build, Purpose::Lint, Purpose::Test]))?;
    for (name, call) in steps(project)? {
        eprintln!("\nci: {name}: {call}");
        times.take(name, || call.run())?;
    }
    times.print();
    Ok(())
}

fn steps(project: &Project) -> Result<Vec<(&'static str, Call)>> {
    // Lints and docs build no guests, and what they build must not push out what the tests have built.
    let lint_dir = project.target_dir()?.join("lint").display().to_string();
    let linting = |call: Call| call.env("GENESIS_SKIP_GUESTS", "1").env("CARGO_TARGET_DIR", lint_dir.clone());

    let guests = ["--manifest-path", GUESTS_MANIFEST];
    let format = Call::cargo(project, ["fmt", "--all", "--check"]);
    let guests_format = Call::cargo(project, ["fmt", "--all", "--check"]).args(guests);
    let clippy = Call::cargo(project, ["clippy", "--workspace", "--all-targets", "--locked"]);
    let guests_clippy =
        Call::cargo(project, ["clippy", "--workspace", "--locked", "--target", GUEST_TARGET]).args(guests);
    let deny_warnings = ["--", "-D", "warnings"];
    let doc = Call::cargo(project, ["doc", "--workspace", "--no-deps", "--locked"]);
    let mut steps = vec![
        ("format", format),
        ("format of the guests", guests_format),
        ("lints", linting(clippy.args(deny_warnings))),
        ("lints of the guests", wasm_cc::for_lints(project, linting(guests_clippy.args(deny_warnings)))),
        ("docs", linting(doc).env("RUSTDOCFLAGS", "-D warnings")),
    ];
    if Call::cargo(project, ["deny", "--version"]).succeeds() {
        let what = ["check", "bans", "licenses", "sources"];
        steps.push(("licences and sources", Call::cargo(project, ["deny"]).args(what)));
        let guests_deny = Call::cargo(project, ["deny", "--config", "deny.toml"]).args(guests);
        steps.push(("licences and sources of the guests", guests_deny.args(what)));
    } else {
        eprintln!(
            "ci: licences and sources are not checked: cargo-deny is missing (cargo install --locked cargo-deny)"
        );
    }
    steps.extend(test::calls(project, &[]));
    Ok(steps)
}

/// How long each step took.
#[derive(Default)]
struct Times {
    steps: Vec<(&'static str, f64)>,
}

impl Times {
    fn take(&mut self, name: &'static str, step: impl FnOnce() -> Result<()>) -> Result<()> {
        let started = Instant::now();
        let result = step();
        let seconds = started.elapsed().as_secs_f64();
        self.steps.push((name, seconds));
        let result = result.with_context(|| format!("ci: {name} failed after {seconds:.1} s"));
        if result.is_err() {
            self.print();
        }
        result
    }

    fn print(&self) {
        eprintln!();
        for (name, seconds) in &self.steps {
            eprintln!("ci: {seconds:>7.1} s  {name}");
        }
    }
}
