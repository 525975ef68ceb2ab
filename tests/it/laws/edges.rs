//! Which crate may use which, and that the two workspaces agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use super::assert_none;
use super::sources::root;

/// What each crate may use of ours. A crate may use less, and a crate that is not here may not be.
const MAY_USE: &[(&str, &[&str])] = &[
    ("abi", &[]),
    ("template", &["abi"]),
    ("domain", &["abi", "template"]),
    ("policy", &["abi", "domain"]),
    ("sandbox", &["abi"]),
    ("guests", &["abi"]),
    ("history", &["abi", "domain"]),
    ("store", &["abi", "domain"]),
    ("bus", &["abi", "domain"]),
    ("experiment", &["abi", "domain", "template", "policy", "sandbox", "guests", "history", "store"]),
    ("report", &["abi", "domain"]),
    ("serve", &["abi", "domain", "template", "policy", "sandbox", "store", "bus", "experiment"]),
    ("llm", &["abi", "domain"]),
    ("singularity", &["abi", "domain", "template", "bus", "store", "llm"]),
    ("centralcloud", &["abi", "domain", "template", "bus", "store", "llm"]),
    ("nexus", &["abi", "domain", "template", "bus", "store", "llm"]),
    ("launch", &[]),
    ("servers", &["launch"]),
    ("xtask", &[]),
];

/// The crates that use a foreign crate whose types are nobody else's business.
const OWNERS: &[(&str, &[&str])] = &[
    ("wasmtime", &["sandbox"]),
    ("wasmparser", &["sandbox"]),
    ("landlock", &["sandbox"]),
    ("seccompiler", &["sandbox"]),
    ("git2", &["history"]),
    // The ledger, and the queues that lie in a database.
    ("sqlx", &["store", "bus"]),
    ("async-nats", &["bus"]),
    ("axum", &["serve"]),
    ("croner", &["serve"]),
    ("opentelemetry", &["serve"]),
    ("opentelemetry-otlp", &["serve"]),
    ("opentelemetry_sdk", &["serve"]),
    ("prometheus-client", &["serve"]),
];

/// What guests may use of the host's crates.
const FOR_GUESTS: &[&str] = &["genesis-abi", "genesis-template"];

/// Dependencies by crate, both without the prefix `genesis-`; the root package is `cli`.
type Edges = BTreeMap<String, BTreeSet<String>>;

#[test]
fn crates_use_only_what_the_table_allows() {
    assert_none("crate edges", &edge_violations(&edges(&metadata("Cargo.toml"))));
}

#[test]
fn an_edge_that_the_table_lacks_is_refused() {
    for (from, to) in [("sandbox", "template"), ("store", "history"), ("abi", "domain"), ("cli", "xtask")] {
        let edges = Edges::from([(from.to_owned(), BTreeSet::from([to.to_owned()]))]);
        assert_eq!(edge_violations(&edges).len(), 1, "{from} -> {to}");
    }
    let unknown = Edges::from([("misc".to_owned(), BTreeSet::new())]);
    assert_eq!(edge_violations(&unknown).len(), 1);
    let allowed = Edges::from([("cli".to_owned(), BTreeSet::from(["store".to_owned()]))]);
    assert!(edge_violations(&allowed).is_empty());
}

#[test]
fn the_table_itself_keeps_apart_what_must_not_meet() {
    let apart = ["store", "bus", "history", "llm"];
    for (name, may_use) in MAY_USE.iter().filter(|(name, _)| apart.contains(name)) {
        assert!(!may_use.iter().any(|used| apart.contains(used)), "{name}");
    }
    for (name, may_use) in MAY_USE {
        let known = |used: &&str| MAY_USE.iter().any(|(name, _)| name == used);
        assert!(may_use.iter().all(known), "{name} uses what is not in the table");
        // Whatever a crate uses stands above it, so no two can use each other.
        let place = |of: &str| MAY_USE.iter().position(|(name, _)| *name == of);
        assert!(may_use.iter().all(|used| place(used) < place(name)), "{name} uses what stands below it");
    }
}

#[test]
fn a_foreign_crate_has_one_user() {
    assert_none("owners of foreign crates", &owner_violations(&edges(&metadata("Cargo.toml"))));
}

#[test]
fn a_second_user_of_a_foreign_crate_is_refused() {
    let edges = Edges::from([
        ("history".to_owned(), BTreeSet::from(["git2".to_owned(), "sqlx".to_owned()])),
        ("cli".to_owned(), BTreeSet::from(["wasmtime".to_owned()])),
    ]);
    assert_eq!(owner_violations(&edges).len(), 2);
}

#[test]
fn guests_see_of_the_host_only_what_crosses_the_line() {
    assert_none("crates of the guests", &guest_violations(&metadata("sandbox-guests/Cargo.toml").packages));
}

#[test]
fn a_host_crate_is_no_crate_of_the_guests() {
    // The host's own packages, taken for guests: those that use more than the two are refused.
    let refused = guest_violations(&metadata("Cargo.toml").packages);
    assert!(refused.iter().any(|told| told.contains("genesis-sandbox")), "{refused:?}");
}

#[test]
fn both_lock_files_agree_on_what_they_share() {
    let host = locked("Cargo.lock");
    let shared = used_by_shared();
    assert!(shared.contains_key("handlebars") && !shared.contains_key("tree-sitter"), "{shared:?}");
    // Else a guest and the host would read the same document with two versions of one reader, and a guest's
    // digest would change with a version that nobody chose. What only parsers of code use is theirs.
    assert_none("lock files", &lock_violations(&host, &shared));
}

#[test]
fn a_version_that_only_the_guests_have_is_refused() {
    let lock = |text: &str| parse_lock(&format!("[[package]]\nname = \"serde\"\n{text}"));
    let host = lock("version = \"1.0.2\"\n[[package]]\nname = \"serde\"\nversion = \"2.0.0\"");
    assert_eq!(lock_violations(&host, &lock("version = \"1.0.1\"")).len(), 1);
    assert!(lock_violations(&host, &lock("version = \"1.0.2\"")).is_empty());
    assert!(lock_violations(&BTreeMap::new(), &lock("version = \"1.0.1\"")).is_empty());
}

#[test]
fn every_crate_is_on_the_map_and_the_reverse() {
    let map = fs::read_to_string(root().join("crates/README.md")).expect("the map of the crates is there");
    assert_none("crates/README.md", &map_violations(&crate_folders(), &mapped(&map)));
}

#[test]
fn a_map_that_lacks_a_crate_or_invents_one_is_refused() {
    let folders = BTreeSet::from(["abi".to_owned(), "store".to_owned()]);
    let map = mapped("# Crates\n### `abi`\nA line.\n### `bus`\n");
    assert_eq!(map_violations(&folders, &map).len(), 2);
}

pub(super) fn metadata(manifest: &str) -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join(manifest))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .unwrap_or_else(|error| panic!("cannot read {manifest}: {error}"))
}

fn edges(metadata: &Metadata) -> Edges {
    metadata.packages.iter().map(|package| (short(&package.name), used(package).collect())).collect()
}

/// Names of what a package builds with; what only its tests use is left out.
fn used(package: &Package) -> impl Iterator<Item = String> {
    let counts = |kind| kind != DependencyKind::Development;
    package.dependencies.iter().filter(move |used| counts(used.kind)).map(|used| short(&used.name))
}

fn short(name: &str) -> String {
    if name == "genesis" {
        "cli".to_owned()
    } else {
        name.strip_prefix("genesis-").unwrap_or(name).to_owned()
    }
}

fn edge_violations(edges: &Edges) -> Vec<String> {
    let ours = |name: &str| MAY_USE.iter().any(|(ours, _)| *ours == name) || edges.contains_key(name);
    let mut violations = Vec::new();
    for (name, used) in edges {
        let allowed = |used: &str| match MAY_USE.iter().find(|(listed, _)| listed == name) {
            // The command line wires everything together; it does not build or test.
            None if name == "cli" => used != "xtask",
            Some((_, may_use)) => may_use.contains(&used),
            None => false,
        };
        if name != "cli" && !MAY_USE.iter().any(|(listed, _)| listed == name) {
            violations.push(format!("{name} is not in the table"));
        }
        violations.extend(
            used.iter()
                .filter(|used| ours(used) && !allowed(used))
                .map(|used| format!("{name} must not use {used}")),
        );
    }
    violations
}

fn owner_violations(edges: &Edges) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, used) in edges {
        for (foreign, owners) in OWNERS {
            if used.contains(*foreign) && !owners.contains(&name.as_str()) {
                violations.push(format!("{name} uses {foreign}, which is for {}", owners.join(", ")));
            }
        }
    }
    violations
}

fn guest_violations(packages: &[Package]) -> Vec<String> {
    let mut violations = Vec::new();
    for package in packages {
        for used in package.dependencies.iter().filter(|used| used.kind != DependencyKind::Development) {
            let ours = used.name.starts_with("genesis-") && !used.name.starts_with("genesis-guest-");
            if ours && !FOR_GUESTS.contains(&used.name.as_str()) {
                violations.push(format!("{} uses {}", package.name, used.name));
            }
        }
        if package.name.starts_with("genesis-") && !package.name.starts_with("genesis-guest-") {
            violations.push(format!("{} is named like a crate of the host", package.name));
        }
    }
    violations
}

/// All that the crates of the host which guests are built from depend on, as the guests' workspace resolves it.
fn used_by_shared() -> Lock {
    let mut command = std::process::Command::new(env!("CARGO"));
    command.args([
        "tree",
        "--offline",
        "--locked",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    command.args(FOR_GUESTS.iter().flat_map(|name| ["--package", name]));
    let output = command.arg("--manifest-path").arg(root().join("sandbox-guests/Cargo.toml")).output();
    let output = output.expect("cargo runs: it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lock = Lock::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            lock.entry(name.to_owned()).or_default().insert(version.trim_start_matches('v').to_owned());
        }
    }
    lock
}

/// Versions by name.
type Lock = BTreeMap<String, BTreeSet<String>>;

fn locked(path: &str) -> Lock {
    let text =
        fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
    parse_lock(&text)
}

/// A lock file gives each package's name and, on the line after it, its version.
fn parse_lock(text: &str) -> Lock {
    let mut lock = Lock::new();
    let mut name = None;
    for line in text.lines() {
        let value = |key: &str| line.strip_prefix(key)?.trim().strip_prefix('"')?.strip_suffix('"');
        if let Some(told) = value("name =") {
            name = Some(told.to_owned());
        } else if let (Some(version), Some(name)) = (value("version ="), name.take()) {
            lock.entry(name).or_default().insert(version.to_owned());
        }
    }
    lock
}

fn lock_violations(host: &Lock, guests: &Lock) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, versions) in guests {
        let Some(known) = host.get(name) else { continue };
        for version in versions.difference(known) {
            violations.push(format!("{name} is {version} for the guests and {known:?} for the host"));
        }
    }
    violations
}

fn crate_folders() -> BTreeSet<String> {
    let folders = fs::read_dir(root().join("crates")).expect("the crates are there");
    folders
        .map(|entry| entry.expect("the folder of the crates can be read"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("the name of a crate is text"))
        .collect()
}

/// The crates that have a heading of the form ``### `name` ``.
fn mapped(map: &str) -> BTreeSet<String> {
    map.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).map(str::to_owned).collect()
}

fn map_violations(folders: &BTreeSet<String>, map: &BTreeSet<String>) -> Vec<String> {
    let missing = folders.difference(map).map(|name| format!("{name} has no entry"));
    let invented = map.difference(folders).map(|name| format!("{name} is no crate"));
    missing.chain(invented).collect()
}
