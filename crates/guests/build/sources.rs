//! A copy of the guests' sources, where all of them lie below one workspace root.

use std::fs;
use std::path::{Path, PathBuf};

/// Crates of the host's workspace that the guests are built from.
pub(crate) const SHARED: [&str; 2] = ["abi", "template"];

/// The packs of lint rules, below the root. Guests hold the rules of their languages ready.
pub(crate) const PACKS: &str = "policies/lint";

/// Copies the guests, the crates they share with the host and the packs of lint rules below `stage`, and leaves files
/// alone that are the same, so that cargo builds only what changed.
pub(crate) fn copy(root: &Path, stage: &Path) {
    let mut kept = Vec::new();
    copy_folder(&root.join("sandbox-guests"), stage, &mut kept);
    for name in SHARED {
        let from = root.join("crates").join(name);
        let to = stage.join("crates").join(name);
        copy_folder(&from.join("src"), &to.join("src"), &mut kept);
        let manifest = String::from_utf8(read(&from.join("Cargo.toml"))).expect("a manifest is UTF-8");
        write_if_changed(&to.join("Cargo.toml"), without_dev_dependencies(&manifest).as_bytes(), &mut kept);
    }
    copy_packs(&root.join(PACKS), &stage.join(PACKS), &mut kept);
    remove_others(stage, &kept);
}

fn copy_packs(from: &Path, to: &Path, kept: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(from).unwrap_or_else(|error| panic!("cannot read {}: {error}", from.display()));
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "yml") {
            let name = path.file_name().expect("a file with an extension has a name");
            write_if_changed(&to.join(name), &read(&path), kept);
        }
    }
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
            if name != "target" && name != "tests" {
                copy_folder(&path, &to.join(&name), kept);
            }
        } else if name == "Cargo.toml" {
            // In the copy the shared crates lie below the workspace's root instead of beside it.
            let text = String::from_utf8(read(&path)).expect("a manifest is UTF-8");
            write_if_changed(&to.join(&name), text.replace("\"../crates/", "\"crates/").as_bytes(), kept);
        } else if name == "Cargo.lock"
            || path.extension().is_some_and(|extension| extension == "rs" || extension == "js")
        {
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

pub(crate) fn read(path: &Path) -> Vec<u8> {
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
