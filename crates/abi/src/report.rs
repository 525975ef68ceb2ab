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

    /// Reads a report from untrusted bytes. Nesting is capped by `serde_json` at 128; duplicate keys are refused.
    ///
    /// # Errors
    /// [`ReportError`] tells text that is not JSON from JSON of another shape.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, ReportError> {
        let report: Self = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => ReportError::WrongShape(error.to_string()),
            _ => ReportError::NotJson(error.to_string()),
        })?;
        if report.abi != ABI_VERSION {
            return Err(ReportError::WrongShape(format!("abi is {}", report.abi)));
        }
        Ok(report)
    }
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
