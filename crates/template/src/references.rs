//! What templates name of one another, by id or by path, and whether it exists.

use std::collections::{BTreeMap, BTreeSet};

use genesis_abi::{Finding, Place, TemplateText};

use crate::codes::{quoted, rendering as codes};
use crate::findings::MOST_OF_A_CODE;
use crate::json::{Document, Node, ReadLimits};
use crate::limit::limited;
use crate::parts::{self, Mechanism};
use crate::{Outline, Profile};

/// Most references of one template that are looked at.
const MOST_REFERENCES: usize = 10_000;

/// How a target is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefKind {
    /// By its id.
    Id,
    /// By its path, relative to the folder of the template or to any folder above.
    Path,
    /// By the name of its file alone.
    FileName,
}

/// One reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What is named, as written.
    pub target: String,
    /// How.
    pub by: RefKind,
    /// The field that names it.
    pub field: &'static str,
    /// The file that names it, relative to the template root.
    pub from: String,
    /// Where.
    pub place: Place,
}

/// What exists.
#[derive(Debug, Clone, Default)]
pub struct ReferenceIndex {
    ids: BTreeSet<String>,
    paths: BTreeSet<String>,
    file_names: BTreeSet<String>,
}

impl ReferenceIndex {
    /// Adds a file; `outline` when it is a template.
    pub fn add(&mut self, path: &str, outline: Option<&Outline>) {
        self.paths.insert(path.to_owned());
        self.file_names.insert(path.rsplit('/').next().unwrap_or(path).to_owned());
        if let Some(id) = outline.and_then(|outline| outline.id.as_ref()) {
            self.ids.insert(id.clone());
        }
    }

    /// The ids that exist.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(String::as_str)
    }
}

/// Everything that a template names, in the order of the fields listed here.
pub fn references(template: &TemplateText) -> Vec<Reference> {
    let Ok(document) = Document::parse(&template.text, &ReadLimits::DEFAULT) else { return Vec::new() };
    let root = document.root();
    let mut found = Found { document: &document, from: &template.path, list: Vec::new() };
    for field in
        ["parent_pattern", "related_pattern", "related_patterns", "related_snippets", "related", "depends_on"]
    {
        found.all(root.get(field), RefKind::Id, field);
    }
    found.all(root.path(&["metadata", "detection_template"]), RefKind::FileName, "detection_template");
    for field in ["extends", "compose", "workflows", "quality_standard"] {
        found.all(root.get(field), RefKind::Path, field);
    }
    for path in [&["template_file"][..], &["metadata", "template_file"], &["content", "template_file"]] {
        found.all(root.path(path), RefKind::Path, "template_file");
    }
    for step in root.get("steps").and_then(Node::as_array).unwrap_or_default() {
        if let Some(operation) = step.get("operation")
            && let Some(named) = operation.get("type").and_then(Node::as_str)
        {
            found.all(operation.get(named), RefKind::Id, "steps");
        }
    }
    for (_, entry) in registry_entries(root) {
        found.all(entry.get("path"), RefKind::Path, "path");
        found.all(entry.get("extends"), RefKind::Path, "extends");
    }
    found.list
}

/// A finding for each reference that leads nowhere, with what was probably meant.
pub fn resolve(references: &[Reference], index: &ReferenceIndex, profile: Profile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for reference in references.iter().filter(|reference| !exists(reference, index)) {
        let target = quoted(&reference.target);
        let (code, message) = match (reference.field, parts::confined(&reference.target)) {
            (_, Err(refusal)) if reference.by == RefKind::Path => {
                (&codes::PATH_REFUSED, format!("{} path {target} is refused: {refusal}", reference.field))
            }
            ("extends", _) => (&codes::PARENT_MISSING, format!("parent {target} does not exist")),
            ("compose", _) => (&codes::BIT_MISSING, format!("bit {target} does not exist")),
            ("template_file", _) => {
                (&codes::TEMPLATE_FILE_MISSING, format!("template file {target} does not exist"))
            }
            (field, _) => (&codes::DANGLING_REFERENCE, format!("{field} {target} does not exist")),
        };
        let near = match reference.by {
            // Everything is compared with the target, so only the findings that will be shown are worth it.
            _ if findings.len() > MOST_OF_A_CODE => None,
            RefKind::Id => nearest(&reference.target, &index.ids),
            RefKind::Path => nearest(&reference.target, &index.paths),
            RefKind::FileName => nearest(&reference.target, &index.file_names),
        };
        let place = reference.place.clone();
        findings.push(match near {
            Some(near) => {
                code.finding_with_help(profile, message, place, format!("did you mean {}?", quoted(near)))
            }
            None => code.finding(profile, message, place),
        });
    }
    limited(findings)
}

/// What only shows when several files are looked at together: ids that two of them share.
pub fn cross_check(files: &[(String, Outline)], profile: Profile) -> Vec<Finding> {
    let mut by_id: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, outline) in files {
        if let Some(id) = &outline.id {
            by_id.entry(id).or_default().push(path);
        }
    }
    let mut findings = Vec::new();
    for (id, mut paths) in by_id {
        paths.sort_unstable();
        let Some((first, others)) = paths.split_first() else { continue };
        for path in others {
            let message = format!("id {} is also the id of {}", quoted(id), quoted(first));
            let place = Place { file: Some((*path).to_owned()), ..Place::default() };
            findings.push(codes::DUPLICATE_ID.finding(profile, message, place));
        }
    }
    findings
}

/// What a registry says of files that say otherwise: their language and their version.
pub fn registry_check(
    registry: &TemplateText,
    files: &[(String, Outline)],
    profile: Profile,
) -> Vec<Finding> {
    let Ok(document) = Document::parse(&registry.text, &ReadLimits::DEFAULT) else { return Vec::new() };
    let outlines: BTreeMap<String, &Outline> =
        files.iter().map(|(path, outline)| (path.clone(), outline)).collect();
    let mut findings = Vec::new();
    for (name, entry) in registry_entries(document.root()) {
        let written = entry.get("path").and_then(Node::as_str).unwrap_or_default();
        let Some((path, outline)) = parts::find(&outlines, written, Mechanism::Extends, &registry.path)
        else {
            continue;
        };
        let said = |key: &str| entry.get(key).and_then(|node| Some((node, node.as_str()?)));
        for (key, has) in [("language", &outline.language), ("spec_version", &outline.version)] {
            let has = has.as_deref().unwrap_or("none");
            if let Some((node, says)) = said(key).filter(|(_, says)| *says != has) {
                let message = format!(
                    "entry {} has {key} {}, but {} has {}",
                    quoted(name),
                    quoted(says),
                    quoted(path),
                    quoted(has)
                );
                findings.push(codes::REGISTRY_MISMATCH.finding(profile, message, document.place_of(node)));
            }
        }
    }
    findings
}

/// Whether two names differ only in case, in `-` and `_`, or in up to two letters.
pub(crate) fn is_near(left: &str, right: &str) -> bool {
    if left.len() > 100 || right.len() > 100 {
        return false;
    }
    let plain = |name: &str| -> Vec<char> {
        name.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    let (left, right) = (plain(left), plain(right));
    left == right || (left.len().min(right.len()) >= 4 && distance(&left, &right) <= 2)
}

struct Found<'a> {
    document: &'a Document,
    from: &'a str,
    list: Vec<Reference>,
}

impl Found<'_> {
    fn all(&mut self, node: Option<&Node>, by: RefKind, field: &'static str) {
        let Some(node) = node else { return };
        let one = std::slice::from_ref(node);
        for entry in node.as_array().unwrap_or(one) {
            if let Some(target) = entry.as_str().filter(|target| !target.is_empty())
                && self.list.len() < MOST_REFERENCES
            {
                let (target, from) = (target.to_owned(), self.from.to_owned());
                self.list.push(Reference { target, by, field, from, place: self.document.place_of(entry) });
            }
        }
    }
}

/// The entries of a registry: two levels below `template_registry.templates`, or below `templates`.
fn registry_entries(root: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let groups = root.path(&["template_registry", "templates"]).or_else(|| root.get("templates"));
    let groups = groups.and_then(Node::as_object).unwrap_or_default();
    groups
        .iter()
        .flat_map(|group| group.value.as_object().unwrap_or_default())
        .map(|entry| (entry.key.as_str(), &entry.value))
        .filter(|(_, entry)| entry.as_object().is_some())
}

fn exists(reference: &Reference, index: &ReferenceIndex) -> bool {
    match reference.by {
        RefKind::Id => index.ids.contains(&reference.target),
        RefKind::FileName => {
            let name = reference.target.rsplit('/').next().unwrap_or_default();
            index.file_names.contains(name)
        }
        RefKind::Path => {
            let mechanism = match reference.field {
                "compose" => Mechanism::Compose,
                "template_file" => Mechanism::TemplateFile,
                _ => Mechanism::Extends,
            };
            parts::candidate_paths(&reference.target, mechanism, &reference.from)
                .iter()
                .any(|candidate| index.paths.contains(candidate))
        }
    }
}

fn nearest<'i>(target: &str, known: &'i BTreeSet<String>) -> Option<&'i str> {
    let exact = |other: &&String| other.replace('_', "-").eq_ignore_ascii_case(&target.replace('_', "-"));
    known.iter().find(exact).or_else(|| known.iter().find(|other| is_near(other, target))).map(String::as_str)
}

/// Levenshtein's distance, given up beyond 2.
fn distance(left: &[char], right: &[char]) -> usize {
    if left.len().abs_diff(right.len()) > 2 {
        return 3;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outline;

    fn template(path: &str, text: &str) -> TemplateText {
        TemplateText { path: path.into(), text: text.into(), ..TemplateText::default() }
    }

    fn index(files: &[(&str, &str)]) -> ReferenceIndex {
        let mut index = ReferenceIndex::default();
        for (path, text) in files {
            index.add(path, outline(&template(path, text), &ReadLimits::DEFAULT).ok().as_ref());
        }
        index
    }

    #[test]
    fn a_kebab_reference_to_a_snake_id_dangles_and_says_what_was_meant() {
        let known = index(&[("a/publish-subscribe.json", r#"{"id": "publish_subscribe"}"#)]);
        let named = references(&template("a/event.json", r#"{"parent_pattern": "publish-subscribe"}"#));
        let findings = resolve(&named, &known, Profile::Standard);
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.code, "T0607");
        assert_eq!(finding.help.as_deref(), Some("did you mean `publish_subscribe`?"));
        assert_eq!(finding.place.pointer.as_deref(), Some("/parent_pattern"));
    }

    #[test]
    fn steps_and_registry_entries_are_references() {
        let text = r#"{"steps": [{"operation": {"type": "generate", "generate": "sparc-x"}}],
            "template_registry": {"templates": {"q": {"one": {"path": "q/one.json", "extends": ["q/base.json"]}}}},
            "workflows": ["w/a.json"], "related_patterns": ["p"], "metadata": {"detection_template": "d.lua"}}"#;
        let found: Vec<_> =
            references(&template("r.json", text)).into_iter().map(|r| (r.field, r.target)).collect();
        let expected = [
            ("related_patterns", "p"),
            ("detection_template", "d.lua"),
            ("workflows", "w/a.json"),
            ("steps", "sparc-x"),
            ("path", "q/one.json"),
            ("extends", "q/base.json"),
        ];
        assert_eq!(found, expected.map(|(field, target)| (field, target.to_owned())));
    }

    #[test]
    fn a_path_that_leaves_the_root_is_refused_by_name() {
        let named = references(&template("a.json", r#"{"workflows": ["../../x.json"]}"#));
        let findings = resolve(&named, &ReferenceIndex::default(), Profile::Standard);
        assert_eq!(findings[0].code, "T0606");
    }

    #[test]
    fn a_shared_id_is_found_in_the_later_file() {
        let outline_of = |path: &str| {
            let text = template(path, r#"{"id": "same"}"#);
            (path.to_owned(), outline(&text, &ReadLimits::DEFAULT).expect("the text is JSON"))
        };
        let findings = cross_check(&[outline_of("b.json"), outline_of("a.json")], Profile::Standard);
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!((finding.code.as_str(), finding.place.file.as_deref()), ("T0608", Some("b.json")));
    }

    #[test]
    fn a_registry_that_says_another_language_than_the_file_is_found() {
        let file = template(
            "q/tsx.json",
            r#"{"language": "typescript_tsx", "spec_version": "1.0.0", "requirements": {}}"#,
        );
        let files =
            [("q/tsx.json".to_owned(), outline(&file, &ReadLimits::DEFAULT).expect("the text is JSON"))];
        let registry = template(
            "q/registry.json",
            r#"{"template_registry": {"templates": {"q": {"tsx": {"path": "q/tsx.json", "language": "tsx",
                "spec_version": "1.0.0"}}}}}"#,
        );
        let findings = registry_check(&registry, &files, Profile::Standard);
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.code, "T0609");
        assert!(finding.message.contains("`tsx`") && finding.message.contains("`typescript_tsx`"));
    }
}
