//! What the host needs to know of a template before anything is judged.

use genesis_abi::{Finding, RenderedKind, TemplateText};

use crate::compose::{Composition, Parts};
use crate::fields::Role;
use crate::json::{Document, Node, ReadLimits};
use crate::language::language_of_template_path;
use crate::{Kind, fields, parts, question, version};

/// Most bytes of an id.
const MOST_ID_BYTES: usize = 200;

/// A template at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its id: the kind's own field, or made of language and quality level; `None` when there is no usable one, and
    /// its path has to serve.
    pub id: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Its name for people.
    pub name: Option<String>,
    /// Its version as written.
    pub version: Option<String>,
    /// The language of what it generates.
    pub language: Option<String>,
    /// How many questions it asks.
    pub questions: usize,
    /// What it renders.
    pub renders: Renders,
}

/// What comes of rendering a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Renders {
    /// Code or other files.
    Files,
    /// Prompts for a model, and no file.
    Prompts,
    /// Nothing.
    Nothing,
}

/// Reads a template's outline.
///
/// # Errors
/// The finding that says why the text is not JSON within the limits.
#[expect(
    clippy::result_large_err,
    reason = "it is made once for a text, and the finding is what callers hand on"
)]
pub fn outline(template: &TemplateText, limits: &ReadLimits) -> Result<Outline, Finding> {
    if parts::is_bare_text(&template.path) {
        return Ok(outline_of_text(template));
    }
    Ok(outline_of(&Document::parse(&template.text, limits)?, template))
}

/// The outline of a document that is already read.
pub fn outline_of(document: &Document, template: &TemplateText) -> Outline {
    let root = document.root();
    let kind = Kind::of(root, &template.path);
    Outline {
        id: id(root, kind),
        kind,
        name: text(root, &["name"]).or_else(|| text(root, &["metadata", "name"])).map(str::to_owned),
        version: version::field(root).and_then(|field| field.as_written().map(str::to_owned)),
        language: language(root).map(str::to_owned),
        questions: question::entries(root).count(),
        renders: renders(document, template, kind),
    }
}

/// A template that is one Handlebars text says nothing of itself.
fn outline_of_text(template: &TemplateText) -> Outline {
    let renders = match fields::whole_text(template).role {
        Role::Rendered(RenderedKind::Code | RenderedKind::Text | RenderedKind::Path) => Renders::Files,
        _ => Renders::Prompts,
    };
    Outline {
        id: None,
        kind: Kind::BareText,
        name: None,
        version: None,
        language: language_of_template_path(&template.path).map(|language| language.id.to_owned()),
        questions: 0,
        renders,
    }
}

/// Where an id stands and what it says, usable or not.
pub(crate) fn id_field(root: &Node, kind: Kind) -> Option<&Node> {
    kind.id_fields().iter().find_map(|path| root.path(path).filter(|node| !node.is_null()))
}

/// Why a text cannot be an id.
pub(crate) fn id_problem(id: &str) -> Option<&'static str> {
    if id.trim().is_empty() {
        Some("it is empty")
    } else if id.len() > MOST_ID_BYTES {
        Some("it is longer than 200 bytes")
    } else if id.chars().any(|character| character.is_control() || is_invisible(character)) {
        Some("it has control or invisible characters")
    } else if id.contains("..") || id.split('/').any(|part| part == ".") {
        Some("it looks like a path that leaves its folder")
    } else if id.starts_with('/') || id.contains('\\') {
        Some("it looks like a path")
    } else {
        None
    }
}

/// Characters that change how text is shown without showing themselves.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The usable id.
pub(crate) fn id(root: &Node, kind: Kind) -> Option<String> {
    if let Some(node) = id_field(root, kind) {
        return node.as_str().filter(|id| id_problem(id).is_none()).map(str::to_owned);
    }
    if kind != Kind::QualityTemplate {
        return None;
    }
    let id = format!("quality_template:{}-{}", language(root)?, text(root, &["quality_level"])?);
    id_problem(&id).is_none().then_some(id)
}

pub(crate) fn language(root: &Node) -> Option<&str> {
    text(root, &["language"]).or_else(|| text(root, &["metadata", "language"]))
}

fn text<'d>(root: &'d Node, path: &[&str]) -> Option<&'d str> {
    root.path(path)?.as_str().filter(|text| !text.is_empty())
}

/// The rendering knows which fields those are, and which come from a parent.
fn renders(document: &Document, template: &TemplateText, kind: Kind) -> Renders {
    if !kind.is_template() {
        return Renders::Nothing;
    }
    let parts = Parts::new(template);
    let composition = Composition::of(document, template, &parts);
    let mut renders = Renders::Nothing;
    for field in fields::fields(&composition, template) {
        match field.role {
            Role::Rendered(RenderedKind::Code | RenderedKind::Path) => return Renders::Files,
            // The text of a generator is what it generates; elsewhere the same field is a prompt.
            Role::Rendered(RenderedKind::Text) if kind == Kind::Generator => return Renders::Files,
            Role::Rendered(_) | Role::Prompt => renders = Renders::Prompts,
            _ => {}
        }
    }
    renders
}

#[cfg(test)]
mod tests;
