//! The document on a guest's standard input.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::CodeInput;

/// What a guest is asked to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The contract's version, [`crate::ABI_VERSION`].
    pub abi: u32,
    /// Caps on reading templates; a guest's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<ReadCaps>,
    /// What is given.
    pub subject: Subject,
}

/// Caps on reading a template's JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadCaps {
    /// Bytes of the text.
    pub bytes: u64,
    /// Depth of nested arrays and objects.
    pub depth: u64,
    /// Values.
    pub nodes: u64,
}

/// The kinds of input. A guest's manifest says which it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A template's raw text, to be validated.
    Template(ValidateInput),
    /// A template and one case, to be rendered.
    Render(RenderInput),
    /// What one case rendered, to be checked.
    Case(CaseInput),
    /// Code of one language, to be parsed, linted or run.
    Code(CodeInput),
}

/// A template's raw text, with the texts it draws in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TemplateText {
    /// Path relative to the template root, with `/`.
    pub path: String,
    /// The text, as it was read.
    pub text: String,
    /// Parents, bits, partials and template files by path relative to the template root.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, String>,
}

/// The version in force, for comparison.
pub type BaselineText = TemplateText;

/// A version that was in force at some time. A version number is never used twice for other content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotedVersion {
    /// The version, normalised to three parts.
    pub version: String,
    /// Digest of the template's content, as `genesis_template::content_digest` gives it.
    pub digest: String,
}

/// Input of a guest that validates templates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValidateInput {
    /// The candidate.
    pub template: TemplateText,
    /// The version in force, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineText>,
    /// Validator profile: `standard`, `strict` or `legacy`.
    pub profile: String,
    /// Every version that was ever in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promoted: Vec<PromotedVersion>,
}

/// Input of the guest that renders one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderInput {
    /// The template.
    pub template: TemplateText,
    /// One answer a question or variable; a skipped question is absent.
    pub answers: serde_json::Map<String, serde_json::Value>,
    /// Largest total of rendered bytes before the guest gives up with a finding.
    pub output_bytes: u64,
}

/// Input of a guest that checks what one case rendered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseInput {
    /// The case's name.
    pub case: String,
    /// The answers it was rendered with.
    pub answers: serde_json::Map<String, serde_json::Value>,
    /// The files that were rendered.
    pub files: Vec<CaseFile>,
    /// The template's language, when it says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// One rendered file or prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseFile {
    /// Its path as rendered, or the field it came from.
    pub path: String,
    /// Its text.
    pub text: String,
}
