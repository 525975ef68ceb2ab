//! Checks of the version fields of one template.

use super::{VersionError, VersionField, field, fields};
use crate::Kind;
use crate::codes::document as codes;
use crate::codes::quoted;
use crate::findings::Findings;

/// Checks that there is a version, that it is one, and that the fields agree.
pub(crate) fn check(findings: &mut Findings<'_>, kind: Kind) {
    let root = findings.document.root();
    let Some(counts) = field(root) else {
        if kind.carries_version() {
            findings.whole(&codes::VERSION_MISSING, "there is no version");
        }
        return;
    };
    let written = counts.as_written().map_or_else(|| format!("of type {}", counts.node.type_name()), quoted);
    match counts.read() {
        Ok(reading) if reading.two_part => {
            let message = format!("the version {written} has two parts; it is read as {}", reading.version);
            findings.at(&codes::VERSION_TWO_PART, counts.node, message);
        }
        Ok(_) => {}
        Err(error) => invalid(findings, &counts, &written, error),
    }
    for other in fields(root).skip(1) {
        if !agree(&counts, &other) {
            let message = format!(
                "`{}` says {}, `{}` says {written}",
                other.name(),
                other
                    .as_written()
                    .map_or_else(|| format!("something of type {}", other.node.type_name()), quoted),
                counts.name(),
            );
            findings.at(&codes::VERSION_DISAGREEMENT, other.node, message);
        }
    }
}

fn invalid(findings: &mut Findings<'_>, field: &VersionField<'_>, written: &str, error: VersionError) {
    let message = format!("the version {written} is not valid: {error}");
    match (error, field.as_written()) {
        (VersionError::NotText("number") | VersionError::OneNumber, Some(digits)) if digits.len() <= 8 => {
            let help = format!("write it as \"{digits}.0.0\", if that is what it means");
            findings.at_with_help(&codes::VERSION_INVALID, field.node, message, help);
        }
        _ => findings.at(&codes::VERSION_INVALID, field.node, message),
    }
}

fn agree(a: &VersionField<'_>, b: &VersionField<'_>) -> bool {
    match (a.read(), b.read()) {
        (Ok(a), Ok(b)) => a.version == b.version,
        (Err(_), Err(_)) => a.as_written() == b.as_written(),
        _ => false,
    }
}
