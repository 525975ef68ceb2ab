//! Builds the guests for `wasm32-wasip1` and writes them out as constants. Offline: what is missing is named, with the
//! command that gets it.
//!
//! The guests are built in a copy of their sources under `OUT_DIR`, where all of them lie below one workspace root:
//! cargo mixes the path of a crate outside the root into its symbol names, and the digest of a guest would then
//! depend on where the project lies.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

const TARGET: &str = "wasm32-wasip1";
const GUESTS: [&str; 2] = ["validate-template", "render-template"];
/// Crates of the host's workspace that the guests are built from.
const SHARED: [&str; 2] = ["abi", "template"];

#[expect(clippy::disallowed_methods, reason = "a build script is told everything through the environment")]
fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the crate lies two folders below the project's root");
    println!("cargo::rerun-if-env-changed=GENESIS_SKIP_GUESTS");
    if env::var_os("GENESIS_SKIP_GUESTS").is_some() {
        write_constants(&out, &[]);
        return;
    }
    println!("cargo::rerun-if-changed={}", root.join("sandbox-guests").display());
    for name in SHARED {
        println!("cargo::rerun-if-changed={}", root.join("crates").join(name).join("src").display());
        println!("cargo::rerun-if-changed={}", root.join("crates").join(name).join("Cargo.toml").display());
    }

    let stage = out.join("stage");
    copy_sources(&root, &stage);
    let cargo = env::var_os("CARGO").expect("cargo sets CARGO");
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    build(&cargo, &stage, &out.join("target"), cargo_home.as_deref());

    let modules: Vec<(String, PathBuf)> = GUESTS
        .iter()
        .map(|name| {
            let module = out.join("target").join(TARGET).join("release").join(format!("{name}.wasm"));
            ((*name).to_owned(), module)
        })
        .collect();
    write_constants(&out, &modules);
}

/// Copies the guests and the crates they share with the host below `stage`, and leaves files alone that are the same,
/// so that cargo builds only what changed.
fn copy_sources(root: &Path, stage: &Path) {
    let mut kept = Vec::new();
    copy_folder(&root.join("sandbox-guests"), stage, &mut kept);
    for name in SHARED {
        let from = root.join("crates").join(name);
        let to = stage.join("crates").join(name);
        copy_folder(&from.join("src"), &to.join("src"), &mut kept);
        let manifest = String::from_utf8(read(&from.join("Cargo.toml"))).expect("a manifest is UTF-8");
        write_if_changed(&to.join("Cargo.toml"), without_dev_dependencies(&manifest).as_bytes(), &mut kept);
    }
    remove_others(stage, &kept);
}

/// Below the workspace's root a crate is a member, and its dev-dependencies would be in the lock file.
fn without_dev_dependencies(manifest: &str) -> String {
    let mut kept = String::new();
    let mut skipping = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            skipping = line.trim_end() == "[dev-dependencies]";
        }
        if !skipping {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn copy_folder(from: &Path, to: &Path, kept: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(from).unwrap_or_else(|error| panic!("cannot read {}: {error}", from.display()));
    for entry in entries {
        let entry = entry.unwrap_or_else(|error| panic!("cannot read {}: {error}", from.display()));
        let name = entry.file_name();
        let path = entry.path();
        if path.is_dir() {
            if name != "target" {
                copy_folder(&path, &to.join(&name), kept);
            }
        } else if name == "Cargo.toml" {
            // In the copy the shared crates lie below the workspace's root instead of beside it.
            let text = String::from_utf8(read(&path)).expect("a manifest is UTF-8");
            write_if_changed(&to.join(&name), text.replace("\"../crates/", "\"crates/").as_bytes(), kept);
        } else if name == "Cargo.lock" || path.extension().is_some_and(|extension| extension == "rs") {
            write_if_changed(&to.join(&name), &read(&path), kept);
        }
    }
}

fn remove_others(folder: &Path, kept: &[PathBuf]) {
    for entry in fs::read_dir(folder).expect("the copy's folder was just written").flatten() {
        let path = entry.path();
        if path.is_dir() {
            remove_others(&path, kept);
        } else if !kept.contains(&path) {
            fs::remove_file(&path)
                .unwrap_or_else(|error| panic!("cannot remove {}: {error}", path.display()));
        }
    }
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

fn write_if_changed(path: &Path, bytes: &[u8], kept: &mut Vec<PathBuf>) {
    kept.push(path.to_owned());
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return;
    }
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder).unwrap_or_else(|error| panic!("cannot make {}: {error}", folder.display()));
    fs::write(path, bytes).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}

#[expect(clippy::disallowed_methods, reason = "what the host's build set must not reach the guests'")]
fn build(cargo: &std::ffi::OsStr, stage: &Path, target: &Path, cargo_home: Option<&Path>) {
    let mut flags = vec![format!("--remap-path-prefix={}=/genesis", stage.display())];
    for sources in cargo_home.map(registry_sources).unwrap_or_default() {
        flags.push(format!("--remap-path-prefix={}=/crates", sources.display()));
    }
    let mut command = Command::new(cargo);
    command
        .current_dir(stage)
        .args(["build", "--release", "--locked", "--offline", "--target", TARGET, "--target-dir"])
        .arg(target)
        .args(GUESTS.iter().flat_map(|name| ["--package", name]))
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    // What cargo, clippy or rustdoc set for the host's build must not reach the guests'.
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let of_this_build =
            text.starts_with("CARGO_") && !matches!(text, "CARGO_HOME" | "CARGO_ENCODED_RUSTFLAGS");
        if of_this_build
            || matches!(text, "RUSTFLAGS" | "RUSTC" | "RUSTC_WRAPPER" | "RUSTC_WORKSPACE_WRAPPER")
        {
            command.env_remove(text);
        }
    }
    let output = command.output().expect("cargo runs: it runs this build script");
    if output.status.success() {
        return;
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let hint = if stderr.contains("can't find crate for `core`")
        || stderr.contains("can't find crate for `std`")
    {
        "\nthe target is missing: rustup target add wasm32-wasip1 (or: cargo xtask setup)"
    } else if stderr.contains("--offline") || stderr.contains("offline") {
        "\na crate is not downloaded yet: cargo fetch --manifest-path sandbox-guests/Cargo.toml (or: cargo xtask setup)"
    } else {
        ""
    };
    panic!("the guests do not build{hint}\n{stderr}");
}

fn registry_sources(cargo_home: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(cargo_home.join("registry/src")) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn write_constants(out: &Path, modules: &[(String, PathBuf)]) {
    let mut text = String::new();
    for name in GUESTS {
        let constant = name.to_uppercase().replace('-', "_");
        let (wasm, digest) = match modules.iter().find(|(built, _)| built == name) {
            Some((_, path)) => {
                (format!("include_bytes!({:?})", path.display().to_string()), digest(&read(path)))
            }
            None => ("&[]".to_owned(), String::new()),
        };
        writeln!(
            text,
            "/// The guest `{name}`.\npub const {constant}: Guest = Guest {{ name: {name:?}, wasm: {wasm}, digest: {digest:?} }};"
        )
        .expect("writing to a string cannot fail");
    }
    let constants: Vec<String> = GUESTS.iter().map(|name| name.to_uppercase().replace('-', "_")).collect();
    let modules: Vec<String> = GUESTS.iter().map(|name| name.replace('-', "_")).collect();
    writeln!(
        text,
        "/// Every built-in guest.\npub const ALL: &[Guest] = &[{}];\n\n\
         /// Hands the guests' names to a macro; a test file that lacks a test module for one does not compile.\n\
         #[macro_export]\nmacro_rules! foreach_guest {{\n    ($macro:ident) => {{ $macro! {{ {} }} }};\n}}",
        constants.join(", "),
        modules.join(" ")
    )
    .expect("writing to a string cannot fail");
    fs::write(out.join("guests.rs"), text).expect("OUT_DIR can be written");
}

fn digest(bytes: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}
