//! Features that would change what the program computes, wherever in the tree they are switched on.

use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

use super::assert_none;
use super::sources::root;

/// `preserve_order` makes maps keep the order of insertion and `arbitrary_precision` keeps numbers as text: both change
/// canonical JSON, and with it digests, commit ids and fuel.
const FORBIDDEN: &[(&str, &str)] = &[("serde_json", "preserve_order"), ("serde_json", "arbitrary_precision")];

#[test]
fn no_dependency_changes_canonical_json() {
    for manifest in ["Cargo.toml", "sandbox-guests/Cargo.toml"] {
        let metadata = MetadataCommand::new()
            .manifest_path(root().join(manifest))
            .features(CargoOpt::AllFeatures)
            .other_options(vec!["--offline".to_owned(), "--locked".to_owned()])
            .exec()
            .unwrap();
        assert_none(manifest, &switched_on(&metadata, FORBIDDEN));
    }
}

#[test]
fn a_feature_that_is_switched_on_is_seen() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(vec!["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .unwrap();
    assert_eq!(switched_on(&metadata, &[("serde_json", "raw_value")]).len(), 1);
}

fn switched_on(metadata: &Metadata, features: &[(&str, &str)]) -> Vec<String> {
    let nodes = &metadata.resolve.as_ref().unwrap().nodes;
    let mut found = Vec::new();
    for node in nodes {
        let name = metadata[&node.id].name.as_str();
        for (package, feature) in features {
            if name == *package && node.features.iter().any(|on| on.as_str() == *feature) {
                found.push(format!("{package} has {feature}"));
            }
        }
    }
    found
}
