//! The validator in the sandbox and in other ways to run it, in turns, and the table of what was measured.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::bench;
use crate::call::Call;
use crate::needs::GUEST_TARGET;
use crate::project::Project;
use crate::soak::{machine, today};

/// The workspace of the peers, and the table, relative to the root.
const MANIFEST: &str = "benches/peers/Cargo.toml";
const TABLE: &str = "benches/peers/results.md";
/// The part of README.md with the table.
const SECTION: &str = "peers";

/// Builds the peers, measures them, writes the table and, when asked to, puts it into README.md.
pub(crate) fn run(project: &Project, write: bool) -> Result<()> {
    let target = project.target_dir()?.join("peers");
    let validator = target.join("validate-template.wasm");
    fs::create_dir_all(&target).with_context(|| format!("failed to make {}", target.display()))?;
    // The whole workspace, so that nothing is built with other features than the tests have.
    let programs = ["build", "--release", "--workspace", "--locked", "--bins", "--examples"];
    Call::cargo(project, programs).run().context("program")?;
    let built = project.target_dir()?.join("release");
    Call::at(project, &built.join("examples/module"), ["validate-template", &text(&validator)?])
        .run()
        .context("guest")?;
    build(
        project,
        &target,
        &["--profile", "guest", "--package", "genesis-peers-extism-guest", "--target", GUEST_TARGET],
    )?;
    build(project, &target, &["--release", "--package", "genesis-peers"])?;

    let program = target.join("release/genesis-peers");
    let extism_guest = target.join(GUEST_TARGET).join("guest/genesis_peers_extism_guest.wasm");
    let measured =
        Call::at(project, &program, [text(&built.join("genesis"))?, text(&validator)?, text(&extism_guest)?])
            .output()?;
    let when = format!("Measured on {}, {}.", today(project)?, machine()?);
    print!("{when} {measured}");
    fs::write(project.root().join(TABLE), page(&when, &measured))
        .with_context(|| format!("failed to write {TABLE}"))?;
    eprintln!("bench: wrote {TABLE}");
    if write {
        bench::write_section(project, SECTION, &format!("{when} {measured}"))?;
        eprintln!("bench: wrote the table into README.md");
    }
    Ok(())
}

fn build(project: &Project, target: &Path, what: &[&str]) -> Result<()> {
    let fixed = ["build", "--quiet", "--locked", "--manifest-path", MANIFEST, "--target-dir"];
    let call = Call::cargo(project, fixed).args([text(target)?]).args(what.iter().copied());
    call.run().context("peers")
}

fn page(when: &str, measured: &str) -> String {
    format!(
        "# One validation, run in many ways\n\nWritten by `cargo xtask bench --peers`. {when} Every way runs the same code on the same template \
         and gives the\nsame bytes, but for the two interpreters, which only read it. They run in turns, and a ratio is the median over the\n\
         rounds of one round's ratio to the native call.\n\n{measured}"
    )
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).context("the path of the target folder is no text")
}
