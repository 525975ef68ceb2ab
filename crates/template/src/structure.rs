//! What a document of a kind must have, and what is worth a word in any template.

mod claims;

use crate::codes::document as codes;
use crate::codes::quoted;
use crate::findings::Findings;
use crate::json::{Member, Node, NodeValue};
use crate::{Kind, outline, version};

use Shape::{List, Object, Text};

/// What a field must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    List,
    Object,
}

impl Shape {
    fn of(node: &Node) -> Option<Self> {
        match node.value {
            NodeValue::String(_) => Some(Text),
            NodeValue::Array(_) => Some(List),
            NodeValue::Object(_) => Some(Object),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Text => "string",
            List => "array",
            Object => "object",
        }
    }
}

/// The fields that every known template of a kind has. Ids and versions have checks of their own.
fn needed(kind: Kind) -> &'static [(&'static str, Shape)] {
    match kind {
        Kind::QualityTemplate => &[
            ("name", Text),
            ("spec_version", Text),
            ("language", Text),
            ("quality_level", Text),
            ("description", Text),
            ("requirements", Object),
            ("prompts", Object),
        ],
        Kind::QualityStandard => &[("name", Text), ("description", Text), ("requirements", Object)],
        Kind::Composite => &[("name", Text), ("description", Text), ("extends", List)],
        Kind::Artifact => {
            &[("language", Text), ("quality_level", Text), ("description", Text), ("content", Object)]
        }
        Kind::Base => &[("category", Text), ("metadata", Object)],
        Kind::CodePattern => &[("type", Text), ("metadata", Object), ("content", Object)],
        Kind::Generator => &[("name", Text), ("description", Text), ("metadata", Object)],
        Kind::Detector => &[("name", Text), ("category", Text)],
        Kind::LanguageGuide => &[("description", Text), ("language", Text), ("metadata", Object)],
        Kind::Vulnerability => {
            &[("name", Text), ("cwe", Text), ("severity", Text), ("description", Text), ("metadata", Object)]
        }
        Kind::FrameworkSecurity => &[
            ("framework_name", Text),
            ("version_target", Text),
            ("description", Text),
            ("vulnerability_patterns", List),
            ("security_settings", List),
        ],
        Kind::Compliance => &[
            ("name", Text),
            ("description", Text),
            ("compliance_controls", List),
            ("code_checks", List),
            ("remediation_roadmap", Object),
        ],
        Kind::ArchitecturePattern => &[
            ("name", Text),
            ("category", Text),
            ("description", Text),
            ("indicators", List),
            ("benefits", List),
            ("concerns", List),
            ("llm_team_validation", Object),
        ],
        Kind::Smell => &[("name", Text), ("description", Text), ("severity", Text), ("type", Text)],
        Kind::Snippet => &[("name", Text), ("snippets", Object)],
        Kind::Prompt | Kind::Workflow => &[("name", Text), ("description", Text)],
        Kind::PackageIntelligence => &[("name", Text), ("description", Text), ("artifact_type", Text)],
        Kind::Registry => &[("template_registry", Object)],
        Kind::Manifest | Kind::Schema | Kind::BareText | Kind::Other => &[],
    }
}

/// Fields that a template may have and that mean the same in every kind.
const OPTIONAL: &[(&str, Shape)] = &[
    ("capabilities", List),
    ("prompts", Object),
    ("requirements", Object),
    ("metadata", Object),
    ("scoring_weights", Object),
    ("template_content", Text),
    ("prompt_template", Text),
    ("compose", List),
    ("generated_files", List),
    ("template_variables", Object),
    ("input_variables", List),
    ("steps", List),
];

/// Checks the document by its kind.
pub(crate) fn check(findings: &mut Findings<'_>, kind: Kind) {
    let root = findings.document.root();
    if root.as_object().is_none() {
        findings.at(
            &codes::NOT_AN_OBJECT,
            root,
            format!("the document is of type {}, not an object", root.type_name()),
        );
        return;
    }
    if !kind.is_template() {
        findings.whole(&codes::NOT_A_TEMPLATE, format!("the document is a {kind}, not a template"));
    } else if kind == Kind::Other {
        findings.whole(&codes::KIND_UNKNOWN, "nothing tells what kind of template this is");
    }
    fields(findings, kind);
    if kind.is_template() {
        id(findings, kind);
        metadata_type(findings);
        claims::check(findings);
        prompts(findings);
        weights(findings);
        migrations(findings);
        answer_file(findings);
    }
}

fn fields(findings: &mut Findings<'_>, kind: Kind) {
    let root = findings.document.root();
    let needed = needed(kind);
    for &(name, shape) in needed {
        match root.get(name).filter(|node| !node.is_null()) {
            None => {
                findings.whole(&codes::FIELD_MISSING, format!("a template of kind {kind} needs `{name}`"));
            }
            // A version that is no text is a finding of the version check, which says more.
            Some(_) if name == "spec_version" => {}
            Some(node) => has_shape(findings, name, node, shape),
        }
    }
    for &(name, shape) in OPTIONAL {
        if let Some(node) = root.get(name).filter(|node| !node.is_null())
            && !needed.iter().any(|(already, _)| *already == name)
        {
            has_shape(findings, name, node, shape);
        }
    }
}

fn has_shape(findings: &mut Findings<'_>, name: &str, node: &Node, shape: Shape) {
    if Shape::of(node) != Some(shape) {
        let message = format!("`{name}` is of type {}, not {}", node.type_name(), shape.as_str());
        findings.at(&codes::FIELD_TYPE, node, message);
    }
}

fn id(findings: &mut Findings<'_>, kind: Kind) {
    let root = findings.document.root();
    let counts = outline::id_field(root, kind);
    // Whatever field it stands in: other tools take their id from there.
    let fields: [&[&str]; 6] =
        [&["id"], &["template_id"], &["identifier"], &["pattern_id"], &["framework_id"], &["metadata", "id"]];
    let written = fields.iter().filter_map(|path| root.path(path)).filter(|node| !node.is_null());
    let mut judged: Vec<&Node> = written.collect();
    if let Some(node) = counts
        && !judged.iter().any(|other| other.span == node.span)
    {
        judged.push(node);
    }
    for node in judged {
        let Some(id) = node.as_str() else {
            findings.at(
                &codes::ID_UNUSABLE,
                node,
                format!("the id is of type {}, not a string", node.type_name()),
            );
            continue;
        };
        if let Some(problem) = outline::id_problem(id) {
            findings.at(
                &codes::ID_UNUSABLE,
                node,
                format!("the id {} cannot be used: {problem}", quoted(id)),
            );
        } else if !has_usual_form(id) && !is_display_name(root, node) {
            findings.at(&codes::ID_FORM, node, format!("the id {} has unusual characters", quoted(id)));
        }
    }
    // A quality standard is named by its place among the others.
    if counts.is_none()
        && !matches!(kind, Kind::QualityStandard | Kind::Composite | Kind::Other | Kind::LanguageGuide)
    {
        let derived = kind == Kind::QualityTemplate && outline::id(root, kind).is_some();
        if !derived {
            let place = kind.id_fields().first().map_or_else(|| "id".to_owned(), |path| path.join("."));
            findings.whole(&codes::ID_MISSING, format!("there is no id in `{place}`"));
        }
    }
}

fn has_usual_form(id: &str) -> bool {
    id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b':'))
}

/// A detector has no id but its name, which is written for people.
fn is_display_name(root: &Node, node: &Node) -> bool {
    root.get("name").is_some_and(|name| name.span == node.span)
}

fn metadata_type(findings: &mut Findings<'_>) {
    if let Some(node) = findings.document.root().get("_metadata_type")
        && node.as_str() == Some("schema")
    {
        findings.at(&codes::METADATA_TYPE, node, "`_metadata_type` says that the template is a schema");
    }
}

fn prompts(findings: &mut Findings<'_>) {
    for member in members(findings.document.root().get("prompts")) {
        if !matches!(member.value.value, NodeValue::String(_) | NodeValue::Null | NodeValue::Object(_)) {
            let message =
                format!("prompt {} is of type {}, not string", quoted(&member.key), member.value.type_name());
            findings.at(&codes::FIELD_TYPE, &member.value, message);
        }
    }
}

fn weights(findings: &mut Findings<'_>) {
    for member in members(findings.document.root().get("scoring_weights")) {
        let weight = &member.value;
        let name = quoted(&member.key);
        match weight.as_f64() {
            Some(value) if (0.0..=1.0).contains(&value) => {}
            Some(_) => findings.at(
                &codes::WEIGHT_RANGE,
                weight,
                format!("the weight of {name} is not between 0 and 1"),
            ),
            None => {
                let message = format!("the weight of {name} is of type {}, not number", weight.type_name());
                findings.at(&codes::WEIGHT_RANGE, weight, message);
            }
        }
    }
}

fn migrations(findings: &mut Findings<'_>) {
    let root = findings.document.root();
    let lists = [root.get("migrations"), root.path(&["content", "migrations"])];
    let entries = lists.into_iter().flatten().filter_map(Node::as_array).flatten();
    for entry in entries {
        let to = entry.get("version").and_then(Node::as_str).map_or_else(|| "a version".to_owned(), quoted);
        for key in ["before", "after", "command"] {
            if let Some(node) = entry.get(key).filter(|node| !node.is_null()) {
                let message =
                    format!("the migration to {to} names commands in `{key}`, which are never executed");
                findings.at(&codes::MIGRATION_COMMAND, node, message);
            }
        }
    }
}

fn answer_file(findings: &mut Findings<'_>) {
    let root = findings.document.root();
    let Some(own) = version::field(root).and_then(|field| field.read().ok()) else { return };
    for holder in [root.get("example_answer_file"), root.path(&["content", "example_answer_file"])] {
        let Some(node) = holder.and_then(|file| file.get("_template_version")) else { continue };
        let Some(written) = node.as_str() else { continue };
        if version::read(written).is_ok_and(|file| file.version > own.version) {
            let message = format!(
                "the example answer file is of version {}, the template of {}",
                quoted(written),
                own.version
            );
            findings.at(&codes::ANSWER_FILE_VERSION, node, message);
        }
    }
}

fn members(node: Option<&Node>) -> &[Member] {
    node.and_then(Node::as_object).unwrap_or_default()
}

#[cfg(test)]
mod tests;
