//! The SDK for guests in Rust, as it is part of this program. It is on no registry, so a new guest is given its sources:
//! they build offline and stay what they are.

/// Every file of the three crates, below one folder.
pub(super) const FILES: &[(&str, &str)] = &[
    ("abi/Cargo.toml", include_str!("../../../abi/Cargo.toml")),
    ("abi/src/code.rs", include_str!("../../../abi/src/code.rs")),
    ("abi/src/finding.rs", include_str!("../../../abi/src/finding.rs")),
    ("abi/src/input.rs", include_str!("../../../abi/src/input.rs")),
    ("abi/src/json_string.rs", include_str!("../../../abi/src/json_string.rs")),
    ("abi/src/lib.rs", include_str!("../../../abi/src/lib.rs")),
    ("abi/src/limits.rs", include_str!("../../../abi/src/limits.rs")),
    ("abi/src/manifest.rs", include_str!("../../../abi/src/manifest.rs")),
    ("abi/src/outcome.rs", include_str!("../../../abi/src/outcome.rs")),
    ("abi/src/read.rs", include_str!("../../../abi/src/read.rs")),
    ("abi/src/report.rs", include_str!("../../../abi/src/report.rs")),
    ("link/Cargo.toml", include_str!("../../../../sandbox-guests/link/Cargo.toml")),
    ("link/src/lib.rs", include_str!("../../../../sandbox-guests/link/src/lib.rs")),
    ("sdk/Cargo.toml", include_str!("../../../../sandbox-guests/sdk/Cargo.toml")),
    ("sdk/src/bump.rs", include_str!("../../../../sandbox-guests/sdk/src/bump.rs")),
    ("sdk/src/lib.rs", include_str!("../../../../sandbox-guests/sdk/src/lib.rs")),
];

/// The versions that the SDK is built with, as cargo writes them; those of the built-in guests.
const LOCK: &str = include_str!("../../scaffold/rust/Cargo.lock.txt");

/// What a guest depends on, by package name, and its build script.
const DEPENDENCY: &str = "genesis-guest-sdk";
const BUILD_DEPENDENCY: &str = "genesis-guest-link";

/// What stands before each package of a lock file.
const PACKAGE: &str = "\n[[package]]\n";

/// The SDK's version.
pub(super) fn version() -> String {
    let named = format!("name = \"{DEPENDENCY}\"\nversion = \"");
    let version = LOCK.split_once(&named).and_then(|(_, rest)| rest.split_once('"'));
    version.expect("the lock file names the SDK").0.to_owned()
}

/// `Cargo.lock` of a guest called `name` that depends on the SDK: cargo takes it as it is when the guest's own entry
/// stands in its place.
pub(super) fn lock(name: &str) -> String {
    let mut packages: Vec<String> = LOCK.split(PACKAGE).map(str::to_owned).collect();
    let head = packages.remove(0);
    packages.push(format!(
        "name = \"{name}\"\nversion = \"0.1.0\"\ndependencies = [\n \"{BUILD_DEPENDENCY}\",\n \"{DEPENDENCY}\",\n]\n"
    ));
    packages.sort_by_cached_key(|package| package.lines().next().map(str::to_owned));
    let mut text = head.trim_end().to_owned();
    for package in packages {
        text.push('\n');
        text.push_str(PACKAGE);
        text.push_str(package.trim_end());
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_sdk_is_handed_out() {
        for (crate_name, folder) in
            [("abi", "crates/abi"), ("link", "sandbox-guests/link"), ("sdk", "sandbox-guests/sdk")]
        {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let mut there = vec![format!("{crate_name}/Cargo.toml")];
            let mut folders = vec![folder.join("src")];
            while let Some(below) = folders.pop() {
                for entry in std::fs::read_dir(below).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        there.push(format!("{crate_name}/{}", path.strip_prefix(&folder).unwrap().display()));
                    }
                }
            }
            there.sort();
            let prefix = format!("{crate_name}/");
            let handed_out: Vec<&str> =
                FILES.iter().map(|(path, _)| *path).filter(|path| path.starts_with(&prefix)).collect();
            assert_eq!(handed_out, there, "FILES in this module lists what lies in {}", folder.display());
        }
    }

    /// Name and version of every package.
    fn packages(lock: &str) -> Vec<(String, String)> {
        let lock: toml::Table = lock.parse().unwrap();
        let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
        let packages = lock["package"].as_array().unwrap().iter();
        packages.map(|package| (text(&package["name"]), text(&package["version"]))).collect()
    }

    #[test]
    fn a_new_guest_is_built_with_the_versions_of_the_built_in_ones() {
        let lock = lock("my-guest");
        let new = packages(&lock);
        assert!(new.is_sorted() && new.iter().any(|(name, _)| name == "my-guest"), "{lock}");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built_in = packages(&std::fs::read_to_string(root.join("sandbox-guests/Cargo.lock")).unwrap());
        for package in new.iter().filter(|(name, _)| name != "my-guest") {
            assert!(
                built_in.contains(package),
                "scaffold/rust/Cargo.lock.txt has {package:?}: write it anew from a new guest's Cargo.lock"
            );
        }
    }
}
