//! Inheritance and composition: `extends`, `overrides`, `merges`, `compose`.
//!
//! Parents are taken in the order they are named, the last wins, then the template's own fields, key by key at the top
//! level. Then `overrides` sets dotted keys, then `merges` combines all layers of a key. What names or describes one
//! document (ids, versions, changelog, the composition fields themselves) is never inherited.

use std::borrow::Cow;
use std::collections::BTreeMap;

use genesis_abi::{Finding, Place, TemplateText};
use serde_json::Value;

use crate::Profile;
use crate::codes::{quoted, rendering as codes};
use crate::json::{Document, Member, Node, NodeValue, ReadLimits};
use crate::limit::limited;
use crate::parts::{self, Mechanism, PartRequest};

mod merge;

/// Most parents of parents.
const MOST_DEPTH: usize = 16;
/// Most parents in total, each counted as often as it is inherited from.
const MOST_PARENTS: usize = 64;

/// Fields that belong to one document.
const NOT_INHERITED: &[&str] = &[
    "$schema",
    "id",
    "pattern_id",
    "framework_id",
    "identifier",
    "template_id",
    "version",
    "spec_version",
    "changelog",
    "extends",
    "compose",
    "overrides",
    "merges",
    "workflows",
    "parent_pattern",
    "last_updated",
];

/// A template with everything it inherits.
#[derive(Debug, Clone)]
pub struct Composed {
    /// The document after inheritance, overrides and merges.
    pub value: Value,
    /// Of each top-level field that does not stand in the template itself, the file it comes from.
    pub origins: BTreeMap<String, String>,
    /// The bits of `compose` that were found, in order: path and text.
    pub bits: Vec<(String, String)>,
    /// What was found on the way.
    pub findings: Vec<Finding>,
}

impl Composed {
    /// The bits and then `content`, joined by a blank line.
    pub fn join(&self, content: &str) -> String {
        join(self.bits.iter().map(|(_, text)| text.as_str()), content)
    }
}

/// Composes a template from its loaded parts, with the severities of the standard profile.
pub fn compose(document: &Document, template: &TemplateText) -> Composed {
    let parts = Parts::new(template);
    let composition = Composition::of(document, template, &parts);
    let mut origins = BTreeMap::new();
    let mut value = serde_json::Map::new();
    for entry in &composition.entries {
        value.insert(entry.key.to_string(), entry.node.to_value());
        if let Some(file) = entry.file {
            origins.insert(entry.key.to_string(), file.to_owned());
        }
    }
    let bits = composition.bits.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Composed {
        value: Value::Object(value),
        origins,
        bits,
        findings: limited(composition.findings(Profile::Standard)),
    }
}

/// What is wrong with a template's composition: missing parents and bits, circles, paths that are refused, keys that
/// are both overridden and merged.
pub fn check(document: &Document, template: &TemplateText, profile: Profile) -> Vec<Finding> {
    let parts = Parts::new(template);
    check_composed(&Composition::of(document, template, &parts), profile)
}

/// As [`check`], of what was composed already.
pub(crate) fn check_composed(composition: &Composition<'_>, profile: Profile) -> Vec<Finding> {
    limited(composition.findings(profile))
}

pub(crate) fn join<'a>(bits: impl Iterator<Item = &'a str>, content: &'a str) -> String {
    let pieces: Vec<&str> =
        bits.chain([content]).map(str::trim_end).filter(|piece| !piece.is_empty()).collect();
    pieces.join("\n\n")
}

/// The documents among a template's parts, read once.
pub(crate) struct Parts {
    documents: BTreeMap<String, Result<Document, Finding>>,
}

impl Parts {
    pub(crate) fn new(template: &TemplateText) -> Self {
        let documents = template
            .parts
            .iter()
            .filter(|(path, _)| {
                path.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("json"))
            })
            .take(parts::MOST_PARTS)
            .map(|(path, text)| (path.clone(), Document::parse(text, &ReadLimits::DEFAULT)))
            .collect();
        Self { documents }
    }

    pub(crate) fn document(&self, path: &str) -> Option<&Document> {
        self.documents.get(path)?.as_ref().ok()
    }
}

/// A top-level field after composition.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) node: Cow<'a, Node>,
    /// The part it comes from; absent for the template itself.
    pub(crate) file: Option<&'a str>,
    /// The node stands as it is in that file, so that places in it are known.
    pub(crate) exact: bool,
}

/// A composed template that keeps places.
pub(crate) struct Composition<'a> {
    pub(crate) entries: Vec<Entry<'a>>,
    /// What the parents alone give.
    pub(crate) inherited: Vec<Entry<'a>>,
    pub(crate) bits: Vec<(&'a str, &'a str)>,
    pub(crate) missing: Vec<PartRequest>,
    problems: Vec<Problem>,
}

struct Problem {
    code: &'static crate::Code,
    message: String,
    place: Place,
}

impl<'a> Composition<'a> {
    pub(crate) fn of(document: &'a Document, template: &'a TemplateText, parts: &'a Parts) -> Self {
        let mut builder = Builder { template, parts, missing: Vec::new(), problems: Vec::new(), parents: 0 };
        let (entries, inherited) = builder.layer(document, None, &mut vec![template.path.as_str()]);
        let bits = builder.bits(document);
        builder.template_file(document, &entries);
        Self { entries, inherited, bits, missing: builder.missing, problems: builder.problems }
    }

    /// A top-level field, own or inherited.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| entry.node.as_ref())
    }

    pub(crate) fn findings(&self, profile: Profile) -> Vec<Finding> {
        let missing = self.missing.iter().filter_map(|request| {
            let (code, what) = match request.mechanism {
                Mechanism::Extends => (&codes::PARENT_MISSING, "parent"),
                Mechanism::Compose => (&codes::BIT_MISSING, "bit"),
                Mechanism::TemplateFile => (&codes::TEMPLATE_FILE_MISSING, "template file"),
                Mechanism::Partial => return None,
            };
            let message = format!("{what} {} does not exist", quoted(&request.path));
            Some(code.finding(profile, message, request.place.clone()))
        });
        let problems = self
            .problems
            .iter()
            .map(|problem| problem.code.finding(profile, problem.message.clone(), problem.place.clone()));
        missing.chain(problems).collect()
    }
}

struct Builder<'a> {
    template: &'a TemplateText,
    parts: &'a Parts,
    missing: Vec<PartRequest>,
    problems: Vec<Problem>,
    parents: usize,
}

impl<'a> Builder<'a> {
    /// The fields of one document with all that it inherits, and what it inherits alone. `path` says which files are
    /// being composed, outermost first.
    fn layer(
        &mut self,
        document: &'a Document,
        file: Option<&'a str>,
        path: &mut Vec<&'a str>,
    ) -> (Vec<Entry<'a>>, Vec<Entry<'a>>) {
        let mut layers = Vec::new();
        for (written, node) in self.named_paths(document, file, "extends") {
            if let Some(parent) = self.parent(document, file, written, node, path) {
                layers.push(parent);
            }
        }
        let inherited = last_wins(&layers);
        layers.push(own_entries(document, file));
        // What is its own has each key once.
        let mut entries = match layers.as_slice() {
            [own] => own.clone(),
            layers => last_wins(layers),
        };
        let root = document.root();
        let overridden = merge::overrides(root, file, &mut entries);
        let merged = merge::merges(root, file, &layers, &overridden, &mut entries);
        for key in overridden.iter().filter(|key| merged.contains(key)) {
            self.problems.push(Problem {
                code: &codes::OVERRIDE_AND_MERGE,
                message: format!("{} is both overridden and merged", quoted(key)),
                place: in_file(
                    file,
                    root.get("merges").map_or_else(Place::default, |node| document.place_of(node)),
                ),
            });
        }
        for (field, wrong) in merge::wrong_shapes(root) {
            self.shape(document, file, field, wrong);
        }
        (entries, inherited)
    }

    fn parent(
        &mut self,
        document: &Document,
        file: Option<&'a str>,
        written: &str,
        node: &Node,
        path: &mut Vec<&'a str>,
    ) -> Option<Vec<Entry<'a>>> {
        let place = in_file(file, document.place_of(node));
        let from = file.unwrap_or(&self.template.path);
        let Some((found, read)) = parts::find(&self.parts.documents, written, Mechanism::Extends, from)
        else {
            self.not_found(written, Mechanism::Extends, from, place);
            return None;
        };
        if path.contains(&found) {
            let message = format!("{} extends itself through {}", quoted(found), quoted(written));
            self.problems.push(Problem { code: &codes::COMPOSITION_CYCLE, message, place });
            return None;
        }
        self.parents += 1;
        if path.len() > MOST_DEPTH || self.parents > MOST_PARENTS {
            if self.problems.iter().all(|problem| problem.code != &codes::COMPOSITION_TOO_DEEP) {
                let message =
                    format!("more than {MOST_DEPTH} parents of parents or {MOST_PARENTS} parents in total");
                self.problems.push(Problem { code: &codes::COMPOSITION_TOO_DEEP, message, place });
            }
            return None;
        }
        match read {
            Ok(parent) if parent.root().as_object().is_some() => {
                path.push(found);
                let (entries, _) = self.layer(parent, Some(found), path);
                path.pop();
                Some(entries)
            }
            _ => {
                let message = format!("parent {} is not a JSON object", quoted(written));
                self.problems.push(Problem { code: &codes::PART_UNREADABLE, message, place });
                None
            }
        }
    }

    fn bits(&mut self, document: &Document) -> Vec<(&'a str, &'a str)> {
        let mut bits = Vec::new();
        for (written, node) in self.named_paths(document, None, "compose") {
            let found = parts::find(&self.template.parts, written, Mechanism::Compose, &self.template.path);
            if let Some((path, text)) = found {
                bits.push((path, text.as_str()));
            } else {
                let place = document.place_of(node);
                self.not_found(written, Mechanism::Compose, &self.template.path, place);
            }
        }
        bits
    }

    fn template_file(&mut self, document: &Document, entries: &[Entry<'_>]) {
        let Some((written, entry, node)) = template_file(entries) else { return };
        let from = entry.file.unwrap_or(&self.template.path);
        if parts::find(&self.template.parts, written, Mechanism::TemplateFile, from).is_none() {
            let place = match entry.file {
                None if entry.exact => document.place_of(node),
                file => in_file(file, Place::default()),
            };
            let (written, from) = (written.to_owned(), from.to_owned());
            self.not_found(&written, Mechanism::TemplateFile, &from, place);
        }
    }

    fn not_found(&mut self, written: &str, mechanism: Mechanism, from: &str, place: Place) {
        if let Err(refusal) = parts::confined(written) {
            let message = format!("{mechanism} path {} is refused: {refusal}", quoted(written));
            self.problems.push(Problem { code: &codes::PATH_REFUSED, message, place });
        } else {
            let (path, from) = (written.to_owned(), from.to_owned());
            self.missing.push(PartRequest { path, mechanism, from, place });
        }
    }

    /// The texts of a field that holds a path or a list of paths.
    fn named_paths<'d>(
        &mut self,
        document: &'d Document,
        file: Option<&str>,
        field: &'static str,
    ) -> Vec<(&'d str, &'d Node)> {
        let Some(node) = document.root().get(field) else { return Vec::new() };
        match &node.value {
            NodeValue::Null => Vec::new(),
            NodeValue::String(path) => vec![(path.as_str(), node)],
            NodeValue::Array(entries) => {
                let paths: Vec<_> =
                    entries.iter().filter_map(|entry| Some((entry.as_str()?, entry))).collect();
                if paths.len() < entries.len() {
                    self.shape(document, file, field, node);
                }
                paths
            }
            _ => {
                self.shape(document, file, field, node);
                Vec::new()
            }
        }
    }

    fn shape(&mut self, document: &Document, file: Option<&str>, field: &str, node: &Node) {
        self.problems.push(Problem {
            code: &codes::COMPOSITION_SHAPE,
            message: format!("{} has the wrong shape", quoted(field)),
            place: in_file(file, document.place_of(node)),
        });
    }
}

/// `template_file`, `metadata.template_file` or `content.template_file`, with the field that holds it.
pub(crate) fn template_file<'e, 'a>(entries: &'e [Entry<'a>]) -> Option<(&'e str, &'e Entry<'a>, &'e Node)> {
    entries.iter().find_map(|entry| {
        let node = match entry.key.as_ref() {
            "template_file" => Some(entry.node.as_ref()),
            "metadata" | "content" => entry.node.get("template_file"),
            _ => None,
        }?;
        Some((node.as_str()?, entry, node))
    })
}

pub(crate) fn in_file(file: Option<&str>, place: Place) -> Place {
    Place { file: file.map(str::to_owned), ..place }
}

fn own_entries<'a>(document: &'a Document, file: Option<&'a str>) -> Vec<Entry<'a>> {
    let members: &'a [Member] = document.root().as_object().unwrap_or_default();
    let own = members
        .iter()
        .map(|member| Entry {
            key: Cow::Borrowed(member.key.as_str()),
            node: Cow::Borrowed(&member.value),
            file,
            exact: true,
        })
        .collect();
    last_wins(&[own])
}

/// One entry a key, in the order of first appearance; of the last layer, the document's own, every key counts.
fn last_wins<'a>(layers: &[Vec<Entry<'a>>]) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, layer) in layers.iter().enumerate() {
        let own = number + 1 == layers.len();
        for entry in layer.iter().filter(|entry| own || !NOT_INHERITED.contains(&entry.key.as_ref())) {
            if let Some(&known) = index.get(entry.key.as_ref()) {
                entries[known] = entry.clone();
            } else {
                index.insert(&entry.key, entries.len());
                entries.push(entry.clone());
            }
        }
    }
    entries
}

#[cfg(test)]
mod tests;
