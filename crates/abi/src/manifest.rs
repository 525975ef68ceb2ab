//! What a guest says of itself, in the custom section [`MANIFEST_SECTION`].

use serde::{Deserialize, Serialize};

use crate::Analysis;

/// Name of the custom section that holds the manifest as JSON.
pub const MANIFEST_SECTION: &str = "genesis:guest";

/// What a guest is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// To a template, once.
    Template,
    /// To a template and a case; it renders.
    Render,
    /// To what each case rendered.
    Case,
    /// To code of the languages that the manifest names.
    Code,
}

/// A guest's description of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Short name, kebab case.
    pub name: String,
    /// The guest's own version.
    pub version: String,
    /// The contract's version it was built for.
    pub abi: u32,
    /// What it is applied to.
    pub applies: Applies,
    /// For [`Applies::Code`]: ids of the languages it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// For [`Applies::Code`]: what it can do with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub analyses: Vec<Analysis>,
    /// One line on what it checks.
    #[serde(default)]
    pub description: String,
    /// Limits it would like; the policy decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants: Option<WantedLimits>,
}

/// Limits that a guest asks for. Absent means the policy's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedLimits {
    /// Units of fuel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Bytes of linear memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}
