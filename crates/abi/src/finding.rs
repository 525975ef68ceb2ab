//! A finding: what a check has to say about one place.

use serde::{Deserialize, Serialize};

/// How much a finding weighs. Warnings and notes never change a verdict unless a rule names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; needs no action.
    Note,
    /// Probably a mistake; the template still works.
    Warning,
    /// The template or what it renders is wrong.
    Error,
}

/// A range of text. Lines and columns count from 1, columns in characters; offset and length are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Line of the first character, from 1.
    pub line: u32,
    /// Column of the first character in its line, in characters, from 1.
    pub column: u32,
    /// Byte offset of the first character in the file.
    pub offset: u32,
    /// Length in bytes; 0 points between two characters.
    pub length: u32,
}

/// Where a finding is. Every part may be absent, but a check gives what it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file, relative to the template root; absent for the template's own document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// JSON pointer (RFC 6901) into the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Range in the file's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// Stable code such as `T0203`; a guest of the user's own chooses its own.
    pub code: String,
    /// One sentence that names the thing found. It holds no line, column or array index, so that the same defect
    /// has the same message in two versions of a template.
    pub message: String,
    /// Where it is.
    #[serde(default)]
    pub place: Place,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The baseline has the same finding. Set by the host; what a guest writes here is ignored.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inherited: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Finding {
    /// What makes two findings in two versions of a template the same defect: code and message, not the place,
    /// because an inserted line or list entry moves every place behind it.
    pub fn identity(&self) -> (&str, &str) {
        (&self.code, &self.message)
    }
}
