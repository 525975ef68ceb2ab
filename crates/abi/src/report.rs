//! The document on a guest's standard output.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{ABI_VERSION, Finding};

/// What a guest reports.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// The contract's version, [`ABI_VERSION`].
    pub abi: u32,
    /// What it found; empty when there is nothing to say.
    pub findings: Vec<Finding>,
    /// What else it gives, by guest: a [`Rendering`] from the one that renders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
}

/// Why bytes on standard output are no report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportError {
    /// Not one JSON document; the parser's words.
    NotJson(String),
    /// JSON, but not a report of this ABI; the reader's words.
    WrongShape(String),
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(why) => write!(f, "the report is not JSON: {why}"),
            Self::WrongShape(why) => write!(f, "the report is not of ABI {ABI_VERSION}: {why}"),
        }
    }
}

impl std::error::Error for ReportError {}

impl Report {
    /// A report without data.
    pub fn new(findings: Vec<Finding>) -> Self {
        Self { abi: ABI_VERSION, findings, data: None }
    }

    /// A report with data.
    ///
    /// # Errors
    /// When the data cannot be written as JSON, such as a map with keys that are no strings.
    pub fn with_data<T: Serialize>(findings: Vec<Finding>, data: &T) -> Result<Self, serde_json::Error> {
        let data = serde_json::value::to_raw_value(data)?;
        Ok(Self { abi: ABI_VERSION, findings, data: Some(data) })
    }

    /// Reads a report from untrusted bytes. Nesting is capped, by `serde_json` at 128 and for its data at 100; duplicate
    /// keys are refused.
    ///
    /// # Errors
    /// [`ReportError`] tells text that is not JSON from JSON of another shape.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, ReportError> {
        let report: Self = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => ReportError::WrongShape(error.to_string()),
            _ => ReportError::NotJson(error.to_string()),
        })?;
        // A list of the fields in their order would do for the reader, and is no report.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(ReportError::WrongShape("it is no object".to_owned()));
        }
        if report.abi != ABI_VERSION {
            return Err(ReportError::WrongShape(format!("abi is {}", report.abi)));
        }
        // Data is kept as text, which nobody could read that was let through deeper than this.
        if report.data.as_ref().is_some_and(|data| depth(data.get()) > DEPTH_MAX) {
            return Err(ReportError::WrongShape(format!("its data is nested deeper than {DEPTH_MAX}")));
        }
        Ok(report)
    }
}

/// Nesting of a report's data: what `serde_json` still reads, with a few levels around it.
const DEPTH_MAX: usize = 100;

/// How deep lists and objects are nested in text that is JSON.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// What the rendering guest gives for one case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rendering {
    /// Everything that was rendered, in the order of the template.
    pub files: Vec<RenderedFile>,
    /// Names of answers that some rendered field looked at.
    pub used_answers: Vec<String>,
    /// `{task}`-style placeholders of prompts that stayed literal because no answer fills them.
    pub literal_placeholders: u64,
}

/// One rendered text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderedFile {
    /// Path of the generated file, or the name of the prompt.
    pub path: String,
    /// JSON pointer of the field it was rendered from, or the file.
    pub source: String,
    /// What it is.
    pub kind: RenderedKind,
    /// The text.
    pub text: String,
}

/// What a rendered text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenderedKind {
    /// Generated code.
    Code,
    /// Generated text that is not code, such as documentation.
    Text,
    /// A prompt for a model.
    Prompt,
    /// The path of a file that is generated elsewhere.
    Path,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_data(data: &str) -> Result<Report, ReportError> {
        Report::from_slice(format!(r#"{{"abi":1,"findings":[],"data":{data}}}"#).as_bytes())
    }

    #[test]
    fn a_report_is_an_object() {
        assert!(Report::from_slice(b" \n{\"abi\":1,\"findings\":[]}").is_ok());
        for list in [&b"[1,[]]"[..], b" [1,[],null]"] {
            assert!(matches!(Report::from_slice(list), Err(ReportError::WrongShape(_))));
        }
    }

    #[test]
    fn data_is_nested_as_deep_as_a_reader_follows() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(with_data(&nested(100)).is_ok());
        assert!(matches!(with_data(&nested(101)), Err(ReportError::WrongShape(_))));
        assert!(matches!(with_data(&nested(1_000_000)), Err(ReportError::WrongShape(_))));
        let text = format!(r#"["{}\"{}"]"#, "[".repeat(500), "{".repeat(500));
        assert!(with_data(&text).is_ok(), "brackets of a text open nothing");
        let wide = format!("[{}{{}}]", "[[]],".repeat(1_000));
        assert!(with_data(&wide).is_ok());
    }
}
