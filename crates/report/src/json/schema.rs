//! The committed schemas are those of the shapes, and every document follows its own. `GENESIS_BLESS=1` in the
//! environment of the test writes them anew.

use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::check::CheckDocument;
use super::doctor::DoctorDocument;
use super::event::EventDocument;
use super::experiment::ExperimentDocument;
use super::gate::GateDocument;
use super::guest::{InspectDocument, ListDocument, TestDocument};
use super::job::JobDocument;
use super::run::RunDocument;
use crate::SCHEMAS;

fn generated<T: JsonSchema>(format: &str) -> String {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("title".to_owned(), format.into());
    // The two keys by which a reader knows a document have one value each.
    let properties =
        schema.get_mut("properties").and_then(|value| value.as_object_mut()).expect("an object's schema");
    properties["format"]["const"] = format.into();
    properties["format_version"]["const"] = super::FORMAT_VERSION.into();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a person asks by this variable to write the schemas anew")]
fn the_committed_schemas_are_those_of_the_shapes() {
    let generated = [
        ("experiment", generated::<ExperimentDocument<'_>>("genesis.experiment")),
        ("check", generated::<CheckDocument<'_>>("genesis.check")),
        ("run", generated::<RunDocument<'_>>("genesis.run")),
        ("job", generated::<JobDocument<'_>>("genesis.job")),
        ("guest-inspect", generated::<InspectDocument<'_>>("genesis.guest-inspect")),
        ("guest-test", generated::<TestDocument<'_>>("genesis.guest-test")),
        ("guest-list", generated::<ListDocument<'_>>("genesis.guest-list")),
        ("gate", generated::<GateDocument<'_>>("genesis.gate")),
        ("event", generated::<EventDocument<'_>>("genesis.event")),
        ("doctor", generated::<DoctorDocument<'_>>("genesis.doctor")),
    ];
    for ((name, text), (committed_name, committed)) in generated.iter().zip(SCHEMAS) {
        assert_eq!(*name, committed_name);
        if std::env::var("GENESIS_BLESS").is_ok() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.v1.json"));
            std::fs::write(path, text).unwrap();
        } else {
            // As values: another crate's features may change the order of keys in memory.
            let [text, committed] = [text.as_str(), committed]
                .map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
            assert!(
                text == committed,
                "schema/{name}.v1.json is not what the shapes say; run with GENESIS_BLESS=1"
            );
        }
    }
}
