//! Workspaces beside the program's build its crates by lock files of their own, which nothing but their own builds would miss.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::assert_none;
use super::sources::root;

/// The lock files.
const LOCKS: [&str; 2] = ["benches/peers/Cargo.lock", "tests/fuzz/Cargo.lock"];

/// Names of the crates that each of ours is built with, by the folder's name; tests' own are left out.
fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |table: &toml::Table| {
        let given = table.get("dependencies").and_then(toml::Value::as_table);
        found.extend(given.into_iter().flat_map(|given| given.keys().cloned()));
    };
    add(manifest);
    for of_target in
        manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(|all| all.values())
    {
        of_target.as_table().into_iter().for_each(&mut add);
    }
    found
}

/// What a lock file lacks of the crates that it locks.
fn missing(lock: &str, manifests: &BTreeMap<String, toml::Table>) -> Vec<String> {
    let lock: toml::Table = lock.parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let mut missing = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let Some(manifest) = manifests.get(name) else { continue };
        let listed = package.get("dependencies").and_then(toml::Value::as_array);
        let locked: BTreeSet<&str> = listed
            .into_iter()
            .flatten()
            .filter_map(|dependency| dependency.as_str()?.split(' ').next())
            .collect();
        let lacks =
            dependencies(manifest).into_iter().filter(|dependency| !locked.contains(dependency.as_str()));
        missing.extend(lacks.map(|dependency| format!("{name}: {dependency}")));
    }
    missing
}

fn manifests() -> BTreeMap<String, toml::Table> {
    let folders = fs::read_dir(root().join("crates")).unwrap();
    folders
        .filter_map(|folder| fs::read_to_string(folder.unwrap().path().join("Cargo.toml")).ok())
        .map(|text| text.parse::<toml::Table>().unwrap())
        .map(|manifest| (manifest["package"]["name"].as_str().unwrap().to_owned(), manifest))
        .collect()
}

#[test]
fn every_lock_file_has_what_our_crates_are_built_with() {
    let manifests = manifests();
    assert!(manifests.len() > 10, "{:?}", manifests.keys());
    for lock in LOCKS {
        let text = fs::read_to_string(root().join(lock)).unwrap();
        assert!(text.contains("name = \"genesis-abi\""), "{lock} locks none of our crates");
        assert_none(
            &format!("{lock} lacks, run `cargo metadata --manifest-path` there"),
            &missing(&text, &manifests),
        );
    }
}

#[test]
fn a_lock_file_that_is_older_is_told() {
    let lock = "[[package]]\nname = \"genesis-history\"\nversion = \"0.1.0\"\ndependencies = [\n \"git2 0.21.0\",\n]\n";
    let told = missing(lock, &manifests());
    assert!(told.contains(&"genesis-history: flate2".to_owned()), "{told:?}");
    assert!(!told.contains(&"genesis-history: git2".to_owned()), "{told:?}");
}
