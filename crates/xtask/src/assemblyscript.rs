//! The packages that a guest in AssemblyScript is built with, for the test that builds one.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::call::Call;
use crate::project::Project;

/// What `genesis guest new` writes, relative to the root: it names every package with its version and digest.
const SCAFFOLD: &str = "crates/cli/scaffold/assemblyscript";
/// Where they are installed, relative to the root; the test looks there.
const INSTALLED: &str = "target/tools/assemblyscript";
/// What says which packages those are.
const MANIFESTS: [&str; 2] = ["package.json", "package-lock.json"];
/// What a person can do when they cannot be had.
pub(crate) const BY_HAND: &str = "install Node.js with npm, then: cargo xtask setup";

/// Whether the packages are there, and are those that the scaffold names.
pub(crate) fn is_installed(project: &Project) -> bool {
    let read = |path: PathBuf| fs::read(path).ok();
    let same = MANIFESTS.iter().all(|name| {
        let named = read(project.root().join(SCAFFOLD).join(name));
        named.is_some() && named == read(folder(project).join(name))
    });
    // Written last by npm: a folder without it was left by an install that did not end.
    same && folder(project).join("node_modules/.package-lock.json").is_file()
}

/// Installs them with npm.
pub(crate) fn install(project: &Project) -> Result<()> {
    let folder = folder(project);
    fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
    for name in MANIFESTS {
        let named = project.root().join(SCAFFOLD).join(name);
        fs::copy(&named, folder.join(name)).with_context(|| format!("failed to copy {}", named.display()))?;
    }
    eprintln!("setup: installing AssemblyScript from npm below target/");
    let at = folder.display().to_string();
    // No package may run a program of its own while it is installed.
    let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error", "--prefix", &at];
    Call::new(project, "npm", words).output().map(drop)
}

fn folder(project: &Project) -> PathBuf {
    project.root().join(INSTALLED)
}
