//! What building, linting and testing need of a machine, and how to get it there.

use std::path::Path;

use anyhow::{Result, bail};

use crate::call::Call;
use crate::project::{GUESTS_MANIFEST, Project};
use crate::{assemblyscript, python_guest, servers, wasm_cc};

/// The target that guests are built for.
pub(crate) const GUEST_TARGET: &str = "wasm32-wasip1";

/// What a need is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To build the program and its guests.
    Build,
    /// To check formatting and lints.
    Lint,
    /// To run the tests.
    Test,
    /// To measure the sandbox beside other ways to run a guest.
    Peers,
}

/// One thing that a machine must have.
struct Need {
    name: &'static str,
    purpose: Purpose,
    /// Whether it is there. Must be quick: it runs each time.
    is_met: fn(&Project) -> bool,
    install: fn(&Project) -> Result<()>,
    /// What a person can do when installing fails.
    by_hand: &'static str,
    /// What is done instead when it cannot be had; a need without it is required.
    instead: Option<&'static str>,
}

const NEEDS: [Need; 14] = [
    Need {
        name: "the target wasm32-wasip1",
        purpose: Purpose::Build,
        is_met: has_guest_target,
        install: |project| Call::new(project, "rustup", ["target", "add", GUEST_TARGET]).run(),
        by_hand: "rustup target add wasm32-wasip1",
        instead: None,
    },
    Need {
        // A build fetches by itself what it compiles; licence checks read the manifests of every platform's crates.
        name: "the crates of the program",
        purpose: Purpose::Lint,
        is_met: |project| has_crates(project, "Cargo.toml"),
        install: |project| fetch(project, "Cargo.toml"),
        by_hand: "cargo fetch --locked",
        instead: None,
    },
    Need {
        // The guests are built offline from within a build script, which must find everything there.
        name: "the crates of the guests",
        purpose: Purpose::Build,
        is_met: |project| has_crates(project, GUESTS_MANIFEST),
        install: |project| fetch(project, GUESTS_MANIFEST),
        by_hand: "cargo fetch --locked --manifest-path sandbox-guests/Cargo.toml",
        instead: None,
    },
    Need {
        name: "a C compiler for wasm",
        purpose: Purpose::Build,
        is_met: wasm_cc::is_chosen,
        install: wasm_cc::choose,
        by_hand: wasm_cc::BY_HAND,
        instead: Some(
            "the guests with C inside are left out: no JavaScript or TypeScript is run, no code is parsed",
        ),
    },
    Need {
        name: "the guest that runs Python",
        purpose: Purpose::Build,
        is_met: python_guest::is_built,
        install: python_guest::build,
        by_hand: python_guest::BY_HAND,
        instead: Some("that guest is left out: no Python is run"),
    },
    Need {
        name: "rustfmt and clippy",
        purpose: Purpose::Lint,
        is_met: |project| {
            ["fmt", "clippy"].iter().all(|tool| Call::cargo(project, [*tool, "--version"]).succeeds())
        },
        install: |project| Call::new(project, "rustup", ["component", "add", "rustfmt", "clippy"]).run(),
        by_hand: "rustup component add rustfmt clippy",
        instead: None,
    },
    Need {
        name: "git",
        purpose: Purpose::Test,
        is_met: |project| Call::new(project, "git", ["--version"]).succeeds(),
        install: |project| install_debian(project, &["git"]),
        by_hand: "install git with the system's package manager",
        instead: None,
    },
    Need {
        name: "xmllint",
        purpose: Purpose::Test,
        is_met: |project| Call::new(project, "xmllint", ["--version"]).succeeds(),
        install: |project| install_debian(project, &["libxml2-utils"]),
        by_hand: "apt-get install libxml2-utils, or what brings libxml2's tools elsewhere",
        instead: None,
    },
    Need {
        name: "the NATS server",
        purpose: Purpose::Test,
        is_met: |project| Call::new(project, "nats-server", ["--version"]).succeeds(),
        install: |project| install_debian(project, &["nats-server"]),
        by_hand: "install nats-server 2.9 or newer (Debian: apt-get install nats-server)",
        instead: Some("the tests that need it fail and say so"),
    },
    Need {
        name: "PostgreSQL",
        purpose: Purpose::Test,
        is_met: servers::has_postgres,
        install: |project| install_debian(project, &["postgresql"]),
        by_hand: "install PostgreSQL 15 or newer (Debian: apt-get install postgresql)",
        instead: Some("the tests that need it fail and say so"),
    },
    Need {
        name: "clients of NATS and pgmq for Python",
        purpose: Purpose::Test,
        is_met: servers::has_clients,
        install: servers::install_clients,
        by_hand: "install Python 3.10 or newer with venv and pip, then: cargo xtask setup",
        instead: Some("the tests that need them fail and say so"),
    },
    Need {
        name: "cargo-nextest",
        purpose: Purpose::Test,
        is_met: has_nextest,
        // A version that the pinned toolchain builds; later ones ask for later toolchains.
        install: |project| {
            Call::cargo(project, ["install", "--locked", "--quiet", "cargo-nextest@0.9.143"]).run()
        },
        by_hand: "cargo install --locked cargo-nextest@0.9.143",
        instead: Some("tests run with cargo test: one process a binary, no time limits"),
    },
    Need {
        name: "AssemblyScript for the guests of `guest new`",
        purpose: Purpose::Test,
        is_met: assemblyscript::is_installed,
        install: assemblyscript::install,
        by_hand: assemblyscript::BY_HAND,
        instead: Some("no guest in AssemblyScript is built: its test says that it is skipped"),
    },
    Need {
        name: "bubblewrap",
        purpose: Purpose::Peers,
        is_met: |project| Call::new(project, "bwrap", ["--version"]).succeeds(),
        install: |project| install_debian(project, &["bubblewrap"]),
        by_hand: "install bubblewrap with the system's package manager",
        instead: Some("it is not measured"),
    },
];

/// Meets every need and says so.
pub(crate) fn setup(project: &Project) -> Result<()> {
    meet(project, &[Purpose::Build, Purpose::Lint, Purpose::Test])?;
    for need in NEEDS.iter().filter(|need| need.purpose != Purpose::Peers) {
        let state = if (need.is_met)(project) { "there" } else { need.instead.unwrap_or("missing") };
        eprintln!("setup: {}: {state}", need.name);
    }
    Ok(())
}

/// Installs what is missing for these purposes. Says nothing when nothing is.
pub(crate) fn meet(project: &Project, purposes: &[Purpose]) -> Result<()> {
    for need in NEEDS.iter().filter(|need| purposes.contains(&need.purpose)) {
        meet_one(project, need)?;
    }
    Ok(())
}

/// Whether the tests can be run by nextest.
pub(crate) fn has_nextest(project: &Project) -> bool {
    Call::cargo(project, ["nextest", "--version"]).succeeds()
}

fn meet_one(project: &Project, need: &Need) -> Result<()> {
    if (need.is_met)(project) {
        return Ok(());
    }
    eprintln!("setup: {} is missing, installing", need.name);
    let installed = (need.install)(project);
    if installed.is_ok() && (need.is_met)(project) {
        eprintln!("setup: {} is installed", need.name);
        return Ok(());
    }
    let why = match installed {
        Ok(()) => "it is still not found".to_owned(),
        Err(error) => format!("{error:#}"),
    };
    match need.instead {
        None => bail!("failed to install {}: {why}\nby hand: {}", need.name, need.by_hand),
        Some(instead) => {
            eprintln!(
                "setup: failed to install {}: {why}\nby hand: {}\nmeanwhile {instead}",
                need.name, need.by_hand
            );
            Ok(())
        }
    }
}

fn has_guest_target(project: &Project) -> bool {
    let Ok(sysroot) = Call::new(project, "rustc", ["--print", "sysroot"]).output() else { return false };
    Path::new(sysroot.trim()).join("lib/rustlib").join(GUEST_TARGET).join("lib").is_dir()
}

/// Reading every package's manifest offline fails exactly when one is not on the machine.
fn has_crates(project: &Project, manifest: &str) -> bool {
    let metadata =
        ["metadata", "--offline", "--locked", "--format-version", "1", "--manifest-path", manifest];
    Call::cargo(project, metadata).succeeds()
}

fn fetch(project: &Project, manifest: &str) -> Result<()> {
    Call::cargo(project, ["fetch", "--quiet", "--locked", "--manifest-path", manifest]).run()
}

/// Installs packages of Debian's where that can be done without asking anybody.
pub(crate) fn install_debian(project: &Project, packages: &[&str]) -> Result<()> {
    let user = Call::new(project, "id", ["-u"]).output()?;
    if user.trim() != "0" || !Call::new(project, "apt-get", ["--version"]).succeeds() {
        bail!("only root on a Debian system can install packages unasked");
    }
    Call::new(project, "apt-get", ["update", "-qq"]).run()?;
    Call::new(project, "apt-get", ["install", "-qq", "--yes", "--no-install-recommends"])
        .args(packages.iter().copied())
        .env("DEBIAN_FRONTEND", "noninteractive")
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(is_met: fn(&Project) -> bool, install: fn(&Project) -> Result<()>) -> Need {
        Need {
            name: "a thing",
            purpose: Purpose::Test,
            is_met,
            install,
            by_hand: "fetch a thing",
            instead: None,
        }
    }

    #[test]
    fn a_met_need_installs_nothing() {
        let project = Project::find().unwrap();
        meet_one(&project, &need(|_| true, |_| panic!("installed"))).unwrap();
    }

    #[test]
    fn an_install_that_changes_nothing_is_a_failure() {
        let project = Project::find().unwrap();
        let error = meet_one(&project, &need(|_| false, |_| Ok(()))).unwrap_err().to_string();
        assert!(error.contains("fetch a thing"), "{error}");
    }

    #[test]
    fn a_need_with_a_substitute_does_not_stop_the_task() {
        let project = Project::find().unwrap();
        let mut need = need(|_| false, |_| bail!("no network"));
        need.instead = Some("another thing is used");
        meet_one(&project, &need).unwrap();
    }

    #[test]
    fn crates_of_a_manifest_that_is_not_there_are_missing() {
        assert!(!has_crates(&Project::find().unwrap(), "no-such-folder/Cargo.toml"));
    }
}
