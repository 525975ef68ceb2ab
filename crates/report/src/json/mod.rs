//! Documents for programs: each names its format and version, keeps its keys in one order, and has a published schema.
//!
//! The shapes here are the format's own; the types of the domain may change without it. A key is never taken away or
//! given another meaning within a version; new keys may come.

mod check;
mod code;
mod doctor;
mod event;
mod experiment;
mod gate;
mod guest;
mod job;
mod run;
#[cfg(test)]
mod schema;
mod shadow;
mod shape;

use serde::Serialize;

pub use check::json_check;
pub use doctor::json_doctor;
pub use event::{ndjson, ndjson_gate};
pub use experiment::json;
pub use gate::json_gate;
pub use guest::{json_guest_inspection, json_guest_list, json_guest_test};
pub use job::json_job;
pub use run::json_run;

/// The version of all JSON reports.
pub const FORMAT_VERSION: u32 = 1;

/// The document on several lines, with a line break at its end.
pub(crate) fn document(value: &impl Serialize) -> String {
    let text =
        serde_json::to_string_pretty(value).expect("reports have string keys and no failing serializer");
    let mut text = without_commands(text);
    text.push('\n');
    text
}

/// The same JSON without `##[`, which GitHub's runner takes for a command wherever it stands in a log. It can stand only
/// in a string.
fn without_commands(json: String) -> String {
    if json.contains("##[") { json.replace("##[", "#\\u0023[") } else { json }
}
