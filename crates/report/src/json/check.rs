//! Files that were validated without an experiment.

use std::collections::BTreeMap;

use genesis_abi::Severity;
use serde::Serialize;

use super::shape::FindingShape;
use super::{FORMAT_VERSION, document};
use crate::CheckedFile;

/// Files that were validated, with a summary by code.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CheckDocument<'a> {
    /// `genesis.check`.
    format: &'static str,
    /// Version of this format.
    format_version: u32,
    /// Validator profile.
    profile: &'a str,
    /// What was found in all files together.
    summary: Summary<'a>,
    /// The files, in the order in which they were checked.
    files: Vec<FileShape<'a>>,
}

/// What was found in all files together.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Summary<'a> {
    /// Files checked.
    files: u64,
    /// Files without findings.
    clean: u64,
    /// Errors.
    errors: u64,
    /// Warnings.
    warnings: u64,
    /// Notes.
    notes: u64,
    /// How often each code was found.
    codes: BTreeMap<&'a str, u64>,
}

/// One file.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FileShape<'a> {
    /// Its path.
    path: &'a str,
    /// What was found.
    findings: Vec<FindingShape<'a>>,
}

/// The findings of files for programs.
pub fn json_check(files: &[CheckedFile<'_>], profile: &str) -> String {
    let all = || files.iter().flat_map(|file| file.findings);
    let count = |severity| all().filter(|finding| finding.severity == severity).count() as u64;
    let mut codes = BTreeMap::new();
    for finding in all() {
        *codes.entry(finding.code.as_str()).or_default() += 1;
    }
    document(&CheckDocument {
        format: "genesis.check",
        format_version: FORMAT_VERSION,
        profile,
        summary: Summary {
            files: files.len() as u64,
            clean: files.iter().filter(|file| file.findings.is_empty()).count() as u64,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            codes,
        },
        files: files
            .iter()
            .map(|file| FileShape {
                path: file.path,
                findings: file.findings.iter().map(|finding| FindingShape::of(finding, file.path)).collect(),
            })
            .collect(),
    })
}
