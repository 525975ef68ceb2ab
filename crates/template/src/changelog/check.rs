//! Checks of the changelog of one template.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{Changelog, Entry, changelog};
use crate::Kind;
use crate::codes::document as codes;
use crate::codes::quoted;
use crate::findings::Findings;
use crate::version;

/// Checks that a kind that keeps a changelog has one, that it can be read, and that its first entry is the version's.
pub(crate) fn check(findings: &mut Findings<'_>, kind: Kind, baseline_has_one: bool) {
    let Some(changelog) = changelog(findings.document) else {
        // One that was dropped is a finding of the comparison.
        if kind.carries_changelog() && !baseline_has_one {
            findings.whole(&codes::CHANGELOG_ABSENT, "there is no changelog");
        }
        return;
    };
    shape(findings, &changelog);
    top(findings, &changelog);
    order(findings, &changelog);
}

fn shape(findings: &mut Findings<'_>, changelog: &Changelog<'_>) {
    for node in &changelog.malformed {
        let message = if node.as_object().is_some() {
            "a changelog entry has no version".to_owned()
        } else {
            format!("the changelog has something of type {} where an entry belongs", node.type_name())
        };
        findings.at(&codes::CHANGELOG_SHAPE, node, message);
    }
    let mut seen = BTreeSet::new();
    for entry in &changelog.entries {
        if version::read(entry.version).is_err() {
            let message = format!("the changelog entry {} is not of a version", quoted(entry.version));
            findings.within(&codes::CHANGELOG_SHAPE, entry.span, message);
        }
        if !seen.insert(entry.key()) {
            let message = format!("the changelog has more than one entry of {}", quoted(entry.version));
            findings.within(&codes::CHANGELOG_SHAPE, entry.span, message);
        }
    }
}

fn top(findings: &mut Findings<'_>, changelog: &Changelog<'_>) {
    let Some(written) = version::field(findings.document.root()).and_then(|field| field.as_written()) else {
        return;
    };
    let wanted = version::normalised(written).unwrap_or_else(|| written.to_owned());
    match changelog.entries.first() {
        None => {
            let message = format!("the changelog has no entry, the version is {}", quoted(written));
            findings.within(&codes::CHANGELOG_TOP, changelog.span, message);
        }
        Some(top) if top.key() != wanted => {
            let message = format!(
                "the newest changelog entry is of {}, the version is {}",
                quoted(top.version),
                quoted(written)
            );
            findings.within(&codes::CHANGELOG_TOP, top.span, message);
        }
        Some(top) if !top.tells_changes() => {
            let message = format!("the changelog entry of {} tells no change", quoted(top.version));
            findings.within(&codes::CHANGELOG_EMPTY_ENTRY, top.span, message);
        }
        Some(_) => {}
    }
}

fn order(findings: &mut Findings<'_>, changelog: &Changelog<'_>) {
    for pair in changelog.entries.windows(2) {
        let (newer, older) = (&pair[0], &pair[1]);
        if rises(newer, older) {
            let message = format!("{} stands above {}", quoted(newer.version), quoted(older.version));
            findings.within(&codes::CHANGELOG_NOT_DESCENDING, newer.span, message);
        }
        // Dates are compared as they are written, which is right for `YYYY-MM-DD` and only for that.
        if let (Some(above), Some(below)) = (iso_date(newer), iso_date(older))
            && above < below
        {
            let message = format!(
                "{} is dated {above}, the older {} is dated {below}",
                quoted(newer.version),
                quoted(older.version)
            );
            findings.within(&codes::CHANGELOG_NOT_DESCENDING, newer.span, message);
        }
    }
}

fn rises(newer: &Entry<'_>, older: &Entry<'_>) -> bool {
    match (version::read(newer.version), version::read(older.version)) {
        (Ok(newer), Ok(older)) => newer.version.cmp_precedence(&older.version) == Ordering::Less,
        _ => false,
    }
}

fn iso_date<'d>(entry: &Entry<'d>) -> Option<&'d str> {
    let date = entry.date()?;
    let is_iso = date.len() == 10
        && date
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    is_iso.then_some(date)
}
