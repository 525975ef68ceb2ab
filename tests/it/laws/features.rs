//! Features that would change what the program computes, wherever in the tree they are switched on.

use std::process::Command;

use super::assert_none;
use super::sources::root;

/// `preserve_order` makes maps keep the order of insertion and `arbitrary_precision` keeps numbers as text: both change
/// canonical JSON, and with it digests, commit ids and fuel.
const FORBIDDEN: &[&str] = &["preserve_order", "arbitrary_precision"];

#[test]
fn no_dependency_changes_canonical_json() {
    assert_none("Cargo.toml", &switched_on(&tree("Cargo.toml", &["--workspace"]), FORBIDDEN));
    // These two are built alone; what the parsers of code are linked with is not in them.
    let alone =
        ["--package", "validate-template", "--package", "render-template", "--target", "wasm32-wasip1"];
    assert_none("sandbox-guests", &switched_on(&tree("sandbox-guests/Cargo.toml", &alone), FORBIDDEN));
}

#[test]
fn a_feature_that_is_switched_on_is_seen() {
    assert_eq!(switched_on(&tree("Cargo.toml", &["--workspace"]), &["raw_value"]).len(), 1);
}

/// Everything that depends on serde_json, with the features that it asks for.
fn tree(manifest: &str, of: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["tree", "--offline", "--locked", "--edges", "features,no-build", "--invert", "serde_json"])
        .arg("--manifest-path")
        .arg(root().join(manifest))
        .args(of);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn switched_on(tree: &str, features: &[&str]) -> Vec<String> {
    features
        .iter()
        .filter(|feature| tree.contains(&format!("serde_json feature \"{feature}\"")))
        .map(|feature| format!("serde_json has {feature}"))
        .collect()
}
