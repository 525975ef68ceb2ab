//! Versions: which field has it, and what it says.

pub(crate) mod check;

use semver::Version;

use crate::json::{Node, NodeValue};

/// The fields that may hold a template's version, the one that counts first.
const FIELDS: [&[&str]; 4] =
    [&["spec_version"], &["version"], &["metadata", "version"], &["metadata", "spec_version"]];

/// A field that holds a version.
#[derive(Debug, Clone, Copy)]
pub struct VersionField<'d> {
    /// Its path, such as `metadata.version`.
    pub path: &'static [&'static str],
    /// Its value.
    pub node: &'d Node,
}

/// What a version field says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The version.
    pub version: Version,
    /// It has two parts only, `2.1` for `2.1.0`.
    pub two_part: bool,
}

/// Why a version field says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Not a string.
    #[error("a version is a string, this is a {0}")]
    NotText(&'static str),
    /// One number, such as an integer or a year.
    #[error("a version has three numbers, this has one")]
    OneNumber,
    /// Anything else.
    #[error("it is not a version of the form MAJOR.MINOR.PATCH")]
    Malformed,
}

/// The version fields that are there, the one that counts first; a `null` is as good as absent.
pub fn fields(root: &Node) -> impl Iterator<Item = VersionField<'_>> {
    FIELDS.iter().filter_map(|&path| {
        let node = root.path(path).filter(|node| !node.is_null())?;
        Some(VersionField { path, node })
    })
}

/// The version field that counts.
pub fn field(root: &Node) -> Option<VersionField<'_>> {
    fields(root).next()
}

impl<'d> VersionField<'d> {
    /// The path with dots.
    pub fn name(&self) -> String {
        self.path.join(".")
    }

    /// The version as it is written: a string's text, a number's digits.
    pub fn as_written(&self) -> Option<&'d str> {
        match &self.node.value {
            NodeValue::String(text) | NodeValue::Number(text) => Some(text),
            _ => None,
        }
    }

    /// What it says.
    ///
    /// # Errors
    /// [`VersionError`] when it is no version.
    pub fn read(&self) -> Result<Reading, VersionError> {
        match &self.node.value {
            NodeValue::String(text) => read(text),
            _ => Err(VersionError::NotText(self.node.type_name())),
        }
    }
}

/// Reads a version: SemVer, or two numbers, which stand for three with a last one of 0.
///
/// # Errors
/// [`VersionError`] when it is neither.
pub fn read(text: &str) -> Result<Reading, VersionError> {
    // The longest versions in use have a dozen characters; a megabyte of digits is not worth reading.
    const MOST_BYTES: usize = 256;
    if text.len() > MOST_BYTES {
        return Err(VersionError::Malformed);
    }
    if let Ok(version) = Version::parse(text) {
        return Ok(Reading { version, two_part: false });
    }
    let numbers = text.split('.').filter(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    match (numbers.count(), text.split('.').count()) {
        (2, 2) => Version::parse(&format!("{text}.0"))
            .map(|version| Reading { version, two_part: true })
            .map_err(|_| VersionError::Malformed),
        (1, 1) => Err(VersionError::OneNumber),
        _ => Err(VersionError::Malformed),
    }
}

/// The version in three parts, when the text is a version.
pub fn normalised(text: &str) -> Option<String> {
    read(text).ok().map(|reading| reading.version.to_string())
}

#[cfg(test)]
mod tests;
