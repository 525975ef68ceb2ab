//! Templates of a size, for every benchmark.

use serde_json::{Value, json};

/// The example that the larger ones are made of.
const EXAMPLE: &str = include_str!("../../examples/python-service/1.0.0.json");

/// A template of about so many bytes that has no errors. One of less than 4 KB is the example without its questions and
/// with little to render; a larger one is the example with the requirements that make up most of a real one.
pub(crate) fn of_about(bytes: usize) -> String {
    let mut value: Value = serde_json::from_str(EXAMPLE).expect("the example is JSON");
    if bytes < EXAMPLE.len() {
        value["questions"] = json!([]);
        value["content"]["code"] = json!("\"\"\"Keeps notes.\"\"\"\n\nNOTES = {}\n");
    }
    let mut section = 0;
    loop {
        let text = serde_json::to_string_pretty(&value).expect("a value can be written");
        if text.len() >= bytes {
            return text;
        }
        value["requirements"][format!("section_{section}")] = json!({
            "required": true,
            "min_length": section,
            "words": ["observability", "error handling", "back pressure", "supervision"],
        });
        section += 1;
    }
}
