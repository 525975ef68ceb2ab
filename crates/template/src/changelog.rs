//! Changelogs: a map from version to entry or a list of entries, read as one list, newest first.

pub(crate) mod check;

use crate::canonical;
use crate::json::{Document, Member, Node, NodeValue, TextRange};
use crate::version;

/// A changelog, in the order of the text.
#[derive(Debug)]
pub struct Changelog<'d> {
    /// The entries that can be read.
    pub entries: Vec<Entry<'d>>,
    /// What is neither an entry nor absent.
    pub malformed: Vec<&'d Node>,
    /// The place of the whole.
    pub span: TextRange,
}

/// What changed in one version.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'d> {
    /// The version as written.
    pub version: &'d str,
    /// Its place.
    pub span: TextRange,
    /// The entry's value: an object with `date` and `changes`, a list of changes, or one change.
    pub value: &'d Node,
    /// The `changes`, when it has any.
    changes: Option<&'d Node>,
}

/// The changelog of a template: `None` when it has none, or `null`.
pub fn changelog(document: &Document) -> Option<Changelog<'_>> {
    of(document.root())
}

pub(crate) fn of(root: &Node) -> Option<Changelog<'_>> {
    let node = root.get("changelog")?;
    let (mut entries, mut malformed) = (Vec::new(), Vec::new());
    match &node.value {
        NodeValue::Null => return None,
        NodeValue::Object(members) => {
            for member in members {
                match mapped(member) {
                    Some(entry) => entries.push(entry),
                    None => malformed.push(&member.value),
                }
            }
        }
        NodeValue::Array(nodes) => {
            for node in nodes {
                match listed(node) {
                    Some(entry) => entries.push(entry),
                    None => malformed.push(node),
                }
            }
        }
        _ => malformed.push(node),
    }
    Some(Changelog { entries, malformed, span: node.span })
}

/// `"2.1.0": {"date": …, "changes": […]}`, or the changes at once.
fn mapped(member: &Member) -> Option<Entry<'_>> {
    let changes = match &member.value.value {
        NodeValue::Object(_) => member.value.get("changes"),
        NodeValue::Array(_) | NodeValue::String(_) => Some(&member.value),
        _ => return None,
    };
    Some(Entry { version: &member.key, span: member.key_span, value: &member.value, changes })
}

/// `{"version": "2.1.0", "date": …, "changes": […]}`
fn listed(node: &Node) -> Option<Entry<'_>> {
    let version = node.get("version")?;
    Some(Entry { version: version.as_str()?, span: version.span, value: node, changes: node.get("changes") })
}

impl<'d> Entry<'d> {
    /// The version in three parts when it can be read, else as written.
    pub fn key(&self) -> String {
        version::normalised(self.version).unwrap_or_else(|| self.version.to_owned())
    }

    /// The date as written.
    pub fn date(&self) -> Option<&'d str> {
        self.value.get("date")?.as_str()
    }

    /// Whether it tells at least one change.
    pub fn tells_changes(&self) -> bool {
        let said = |text: &str| !text.trim().is_empty();
        match self.changes.map(|node| &node.value) {
            Some(NodeValue::Array(changes)) => changes.iter().any(|change| match &change.value {
                NodeValue::String(text) => said(text),
                NodeValue::Object(members) => !members.is_empty(),
                _ => false,
            }),
            Some(NodeValue::String(text)) => said(text),
            Some(NodeValue::Object(members)) => !members.is_empty(),
            _ => false,
        }
    }

    /// Writes what it says but for the version: a map's entry and a list's entry that say the same are written alike.
    pub(crate) fn write_content(&self, out: &mut Vec<u8>) {
        match &self.value.value {
            NodeValue::Object(members) => {
                canonical::write_members(members.iter().filter(|m| m.key != "version"), out);
            }
            _ => canonical::write_only_member("changes", self.value, out),
        }
    }
}

impl Changelog<'_> {
    /// Writes the entries in order. `None`, and nothing written, when there is something that cannot be read: the text
    /// then stands for itself.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        if !self.malformed.is_empty() {
            return None;
        }
        canonical::write_count(b'L', self.entries.len(), out);
        for entry in &self.entries {
            canonical::write_text(entry.version, out);
            entry.write_content(out);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
