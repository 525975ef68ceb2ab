//! The candidate against the version in force, and against every version that ever was.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use genesis_abi::{PromotedVersion, TemplateText};

use crate::changelog::{self, Changelog};
use crate::codes::document as codes;
use crate::codes::quoted;
use crate::findings::Findings;
use crate::json::{Document, Node};
use crate::question::check::form;
use crate::question::{self, AnswerType};
use crate::version::{self, Reading};
use crate::{Kind, canonical, outline};

/// A template that is already read.
#[derive(Clone, Copy)]
pub(crate) struct Side<'d> {
    pub(crate) document: &'d Document,
    pub(crate) template: &'d TemplateText,
    pub(crate) kind: Kind,
}

impl<'d> Side<'d> {
    fn root(self) -> &'d Node {
        self.document.root()
    }

    fn version(self) -> Option<Reading> {
        version::field(self.root())?.read().ok()
    }

    fn written_version(self) -> Option<&'d str> {
        version::field(self.root())?.as_written()
    }
}

/// Compares. A candidate that equals the version in force in canonical form has no finding of this file.
pub(crate) fn check(
    findings: &mut Findings<'_>,
    candidate: Side<'_>,
    baseline: Option<Side<'_>>,
    promoted: &[PromotedVersion],
) {
    let reused = match baseline {
        Some(baseline) => {
            if same_content(candidate, baseline) {
                return;
            }
            identity(findings, candidate, baseline);
            changelogs(findings, candidate.root(), baseline.root());
            questions(findings, candidate, baseline);
            versions(findings, candidate, baseline)
        }
        None => false,
    };
    if !reused {
        numbers_used_before(findings, candidate, promoted);
    }
}

fn same_content(candidate: Side<'_>, baseline: Side<'_>) -> bool {
    // Two versions that differ are content that differs, which spares the canonical forms in the usual case.
    let differ = match (candidate.version(), baseline.version()) {
        (Some(new), Some(old)) => new.version.cmp_precedence(&old.version) != Ordering::Equal,
        _ => false,
    };
    !differ
        && canonical::form_of(candidate.document, candidate.template)
            == canonical::form_of(baseline.document, baseline.template)
}

fn identity(findings: &mut Findings<'_>, candidate: Side<'_>, baseline: Side<'_>) {
    if candidate.kind != baseline.kind {
        let message = format!(
            "the candidate is of kind {}, the version in force of kind {}",
            candidate.kind, baseline.kind
        );
        findings.whole(&codes::KIND_CHANGED, message);
    }
    let id = |side: Side<'_>| outline::id(side.document.root(), side.kind);
    if let (Some(new), Some(old)) = (id(candidate), id(baseline))
        && new != old
    {
        let message = format!("the id is {}, the version in force has {}", quoted(&new), quoted(&old));
        match outline::id_field(candidate.root(), candidate.kind) {
            Some(node) => findings.at(&codes::ID_CHANGED, node, message),
            None => findings.whole(&codes::ID_CHANGED, message),
        }
    }
}

/// Whether the candidate uses the number of the version in force, as the versions are known to differ.
fn versions(findings: &mut Findings<'_>, candidate: Side<'_>, baseline: Side<'_>) -> bool {
    let Some(old) = version::field(baseline.root()) else { return false };
    let Some(new) = version::field(candidate.root()) else {
        let old = quoted(old.as_written().unwrap_or_default());
        findings.whole(&codes::VERSION_DECREASED, format!("there is no version, the one in force is {old}"));
        return false;
    };
    let written = (new.as_written().unwrap_or_default(), old.as_written().unwrap_or_default());
    let order = match (new.read(), old.read()) {
        (Ok(new), Ok(old)) => new.version.cmp_precedence(&old.version),
        _ if written.0 == written.1 => Ordering::Equal,
        // What is no version is a finding already, and nothing can be said about its order.
        _ => return false,
    };
    match order {
        Ordering::Greater => false,
        Ordering::Equal => {
            let message = format!("the content changed and the version is still {}", quoted(written.0));
            findings.at(&codes::VERSION_NOT_INCREMENTED, new.node, message);
            true
        }
        Ordering::Less => {
            let message = format!(
                "the version {} is lower than {}, which is in force",
                quoted(written.0),
                quoted(written.1)
            );
            findings.at(&codes::VERSION_DECREASED, new.node, message);
            false
        }
    }
}

fn numbers_used_before(findings: &mut Findings<'_>, candidate: Side<'_>, promoted: &[PromotedVersion]) {
    let Some(field) = version::field(candidate.root()) else { return };
    let Some(written) = candidate.written_version() else { return };
    let reading = candidate.version();
    let is_same = |promoted: &&PromotedVersion| match (&reading, version::read(&promoted.version)) {
        (Some(new), Ok(old)) => new.version.cmp_precedence(&old.version) == Ordering::Equal,
        _ => promoted.version == written,
    };
    let mut used = promoted.iter().filter(is_same).peekable();
    if used.peek().is_none() {
        return;
    }
    // Content that was in force under this number may come into force under it again.
    let digest = canonical::content_digest(candidate.template);
    if used.all(|promoted| promoted.digest != digest) {
        let message = format!("the version {} was in force before with other content", quoted(written));
        findings.at(&codes::VERSION_NOT_INCREMENTED, field.node, message);
    }
}

fn changelogs(findings: &mut Findings<'_>, candidate: &Node, baseline: &Node) {
    let Some(old) = changelog::of(baseline) else { return };
    let Some(new) = changelog::of(candidate) else {
        findings
            .whole(&codes::CHANGELOG_DROPPED, "the version in force has a changelog, the candidate has none");
        return;
    };
    let mut positions = BTreeMap::new();
    for (position, entry) in new.entries.iter().enumerate() {
        positions.entry(entry.key()).or_insert(position);
    }
    let mut highest = None;
    for entry in &old.entries {
        let Some(&position) = positions.get(&entry.key()) else {
            let message = format!("the changelog entry of {} is gone", quoted(entry.version));
            findings.within(&codes::CHANGELOG_REWRITTEN, new.span, message);
            continue;
        };
        let kept = &new.entries[position];
        if content(kept) != content(entry) {
            let message = format!("the changelog entry of {} was changed", quoted(entry.version));
            findings.within(&codes::CHANGELOG_REWRITTEN, kept.span, message);
        }
        if highest.is_some_and(|highest| position < highest) {
            let message = format!(
                "the changelog entry of {} stands in another place than before",
                quoted(entry.version)
            );
            findings.within(&codes::CHANGELOG_REORDERED, kept.span, message);
        }
        highest = highest.max(Some(position));
    }
    malformed_entries_stay(findings, &new, &old);
}

/// What cannot be read as an entry cannot be compared by version; it must at least still be there.
fn malformed_entries_stay(findings: &mut Findings<'_>, new: &Changelog<'_>, old: &Changelog<'_>) {
    if old.malformed.is_empty() {
        return;
    }
    let kept: BTreeSet<Vec<u8>> = new.malformed.iter().map(|node| form(node)).collect();
    if old.malformed.iter().any(|node| !node.is_null() && !kept.contains(&form(node))) {
        findings.within(
            &codes::CHANGELOG_REWRITTEN,
            new.span,
            "a changelog entry without a version was changed",
        );
    }
}

fn content(entry: &changelog::Entry<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    entry.write_content(&mut out);
    out
}

/// What recorded answers need of a question.
struct Promise<'d> {
    entry: &'d Node,
    answer: Option<AnswerType>,
    type_name: &'d str,
}

fn promises(root: &Node) -> Vec<(&str, Promise<'_>)> {
    let promise = |entry| {
        let type_name = Node::get(entry, "type").and_then(Node::as_str).unwrap_or("none");
        Some((question::name(entry)?, Promise { entry, answer: AnswerType::named(type_name), type_name }))
    };
    question::entries(root).filter_map(promise).collect()
}

fn questions(findings: &mut Findings<'_>, candidate: Side<'_>, baseline: Side<'_>) {
    let is_major = match (candidate.version(), baseline.version()) {
        (Some(new), Some(old)) => new.version.major > old.version.major,
        _ => false,
    };
    if is_major {
        return;
    }
    let new: BTreeMap<&str, Promise<'_>> = promises(candidate.root()).into_iter().collect();
    for (name, old) in promises(baseline.root()) {
        let Some(new) = new.get(name) else {
            let message = format!("question {} is gone", quoted(name));
            match question::lists(candidate.root()).next() {
                Some(list) => findings.at(&codes::QUESTION_REMOVED, list, message),
                None => findings.whole(&codes::QUESTION_REMOVED, message),
            }
            continue;
        };
        // A type that is not known is compared as it is written.
        if new.answer != old.answer || new.answer.is_none() && new.type_name != old.type_name {
            let message = format!(
                "question {} has type {}, before it had {}",
                quoted(name),
                quoted(new.type_name),
                quoted(old.type_name)
            );
            findings.at(&codes::QUESTION_TYPE_CHANGED, new.entry, message);
        }
        let is_multiple = |entry: &Node| entry.get("multiselect").and_then(Node::as_bool) == Some(true);
        if is_multiple(new.entry) != is_multiple(old.entry) {
            let what = if is_multiple(new.entry) {
                "a list of choices, before it took one"
            } else {
                "one answer, before it took a list"
            };
            findings.at(
                &codes::QUESTION_TYPE_CHANGED,
                new.entry,
                format!("question {} takes {what}", quoted(name)),
            );
        }
        choices_stay(findings, name, new.entry, old.entry);
    }
}

fn choices_stay(findings: &mut Findings<'_>, name: &str, new: &Node, old: &Node) {
    let kept: BTreeSet<Vec<u8>> = question::choices(new).into_iter().map(form).collect();
    // Without choices any value goes, so nothing that was recorded is refused.
    if kept.is_empty() {
        return;
    }
    let before = question::choices(old);
    let place = new.get("choices").unwrap_or(new);
    if before.is_empty() {
        let message = format!("question {} took any value and takes only choices now", quoted(name));
        findings.at(&codes::QUESTION_CHOICE_REMOVED, place, message);
    }
    for choice in before {
        if !kept.contains(&form(choice)) {
            let message =
                format!("choice {} of question {} is gone", question::check::shown(choice), quoted(name));
            findings.at(&codes::QUESTION_CHOICE_REMOVED, place, message);
        }
    }
}

#[cfg(test)]
mod tests;
