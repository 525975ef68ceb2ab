//! The fields of a template that hold template text. No other string is ever read as one: sample code is full of braces.

use genesis_abi::{Place, RenderedKind, Span, TemplateText};

use crate::compose::{Composition, Entry, Parts, in_file, template_file};
use crate::json::{Document, Node, NodeValue};
use crate::parts::{self, Mechanism};
use crate::{codes, prompt, scan};

/// Most paths and most prompts of one template that are rendered.
const MOST_FIELDS: usize = 1_000;
/// Most questions whose conditions are read.
const MOST_QUESTIONS: usize = 10_000;

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is rendered.
    Rendered(RenderedKind),
    /// A prompt whose placeholders have single braces.
    Prompt,
    /// Decides whether a question is asked.
    When,
    /// Decides whether an answer is accepted.
    Validator,
}

/// One template text with the way back to its place.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) text: String,
    pub(crate) role: Role,
    /// What a message calls it; holds no index.
    pub(crate) title: String,
    /// Where its rendered text goes.
    pub(crate) path: String,
    /// Into the document or, with `file`, into that part.
    pub(crate) pointer: String,
    pub(crate) file: Option<String>,
    /// Places in the text are known through the pointer.
    exact: bool,
    /// The text is a whole file.
    whole: bool,
}

impl Field {
    /// The place of a piece of the text.
    pub(crate) fn place(&self, document: &Document, parts: &Parts, start: usize, length: usize) -> Place {
        if self.whole {
            return place_in_text(self.file.as_deref(), &self.text, start, length);
        }
        let home = match &self.file {
            None => Some(document),
            Some(file) => parts.document(file),
        };
        let pointer_only = || {
            in_file(self.file.as_deref(), Place { pointer: Some(self.pointer.clone()), ..Place::default() })
        };
        match home.filter(|_| self.exact).and_then(|home| Some((home, home.get(&self.pointer)?))) {
            Some((home, node)) => in_file(self.file.as_deref(), home.place_in_string(node, start, length)),
            None => pointer_only(),
        }
    }

    /// What the report calls its origin.
    pub(crate) fn source(&self) -> String {
        match (&self.file, self.whole) {
            (Some(file), true) => file.clone(),
            _ => self.pointer.clone(),
        }
    }
}

/// The place of a piece of a file that is template text as a whole.
pub(crate) fn place_in_text(file: Option<&str>, text: &str, start: usize, length: usize) -> Place {
    let start = floor(text, start);
    let end = floor(text, start.saturating_add(length));
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |found| found + 1);
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let span = Span {
        line: narrow(before.matches('\n').count() + 1),
        column: narrow(before[line_start..].chars().count() + 1),
        offset: narrow(start),
        length: narrow(end - start),
    };
    in_file(file, Place { span: Some(span), ..Place::default() })
}

/// A template that is one bare text.
pub(crate) fn whole_text(template: &TemplateText) -> Field {
    let prompt = template.path.split('/').any(|folder| folder.starts_with("prompt"));
    let kind = if prompt { RenderedKind::Prompt } else { RenderedKind::Code };
    Field {
        text: template.text.clone(),
        role: Role::Rendered(kind),
        title: "the text".to_owned(),
        path: without_hbs(&template.path),
        pointer: String::new(),
        file: None,
        exact: false,
        whole: true,
    }
}

/// Every field with template text, in the order in which results are shown.
pub(crate) fn fields(composition: &Composition<'_>, template: &TemplateText) -> Vec<Field> {
    let mut found = Vec::new();
    let stem = stem(composition, &template.path);
    let language = language(composition);
    let extension = language.map_or("txt", extension_of);
    if let Some(content) = composition.entry("content") {
        let named = content.node.get("file_path").or_else(|| content.node.get("path")).and_then(Node::as_str);
        let named = named.filter(|path| !scan::has_tags(path)).and_then(|path| parts::confined(path).ok());
        let path = named.unwrap_or_else(|| format!("{stem}.{extension}"));
        if let Some(code) = content.node.get("code").and_then(Node::as_str) {
            found.push(field(
                content,
                code,
                Role::Rendered(RenderedKind::Code),
                "content.code",
                "/content/code",
                path,
            ));
        }
        let path = format!("{stem}_test.{}", if extension == "ex" { "exs" } else { extension });
        if let Some(tests) = content.node.get("tests").and_then(Node::as_str) {
            let role = Role::Rendered(RenderedKind::Code);
            found.push(field(content, tests, role, "content.tests", "/content/tests", path));
        }
    }
    if let Some((written, entry, _)) = template_file(&composition.entries) {
        let from = entry.file.unwrap_or(&template.path);
        if let Some((file, text)) = parts::find(&template.parts, written, Mechanism::TemplateFile, from) {
            found.push(Field {
                text: text.clone(),
                role: Role::Rendered(RenderedKind::Code),
                title: format!("template file {}", codes::quoted(written)),
                path: format!("{stem}.{extension}"),
                pointer: String::new(),
                file: Some(file.to_owned()),
                exact: false,
                whole: true,
            });
        }
    }
    found.extend(BODIES.iter().filter_map(|key| body(composition.entry(key)?)));
    generated_paths(composition, &mut found);
    prompts(composition, &mut found);
    conditions(composition, &mut found);
    found
}

/// The fields whose text is a body of its own, which bits may come before.
pub(crate) const BODIES: [&str; 2] = ["template_content", "prompt_template"];

/// The field of a body, own or of a parent.
pub(crate) fn body(entry: &Entry<'_>) -> Option<Field> {
    let kind = if entry.key == "prompt_template" { RenderedKind::Prompt } else { RenderedKind::Text };
    let (key, text) = (entry.key.as_ref(), entry.node.as_str()?);
    Some(field(entry, text, Role::Rendered(kind), key, &format!("/{key}"), key.to_owned()))
}

/// The language that the template names, if any.
pub(crate) fn language<'c>(composition: &'c Composition<'_>) -> Option<&'c str> {
    let named = |node: Option<&'c Node>| node.and_then(Node::as_str);
    named(composition.get("language"))
        .or_else(|| named(composition.get("metadata")?.get("language")))
        .or_else(|| named(composition.get("content")?.get("language")))
}

/// A JSON pointer token.
pub(crate) fn token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn field(entry: &Entry<'_>, text: &str, role: Role, title: &str, pointer: &str, path: String) -> Field {
    Field {
        text: text.to_owned(),
        role,
        title: title.to_owned(),
        path,
        pointer: pointer.to_owned(),
        file: entry.file.map(str::to_owned),
        exact: entry.exact,
        whole: false,
    }
}

fn generated_paths(composition: &Composition<'_>, found: &mut Vec<Field>) {
    let Some(entry) = composition.entry("generated_files") else { return };
    for (index, file) in entry.node.as_array().unwrap_or_default().iter().enumerate().take(MOST_FIELDS) {
        if let Some(path) = file.get("path").and_then(Node::as_str) {
            let pointer = format!("/generated_files/{index}/path");
            let role = Role::Rendered(RenderedKind::Path);
            found.push(field(entry, path, role, "a path of generated_files", &pointer, path.to_owned()));
        }
    }
}

fn prompts(composition: &Composition<'_>, found: &mut Vec<Field>) {
    let Some(entry) = composition.entry("prompts") else { return };
    for member in entry.node.as_object().unwrap_or_default().iter().take(MOST_FIELDS) {
        if let Some(text) = member.value.as_str() {
            let pointer = format!("/prompts/{}", token(&member.key));
            let title = format!("prompt {}", codes::quoted(&member.key));
            found.push(field(entry, text, Role::Prompt, &title, &pointer, prompt::path(&member.key)));
        }
    }
}

/// `when` and `validator` of the questions.
fn conditions(composition: &Composition<'_>, found: &mut Vec<Field>) {
    for (entry, base, node) in question_lists(composition) {
        for (index, question) in node.as_array().unwrap_or_default().iter().enumerate().take(MOST_QUESTIONS) {
            let name = question_name(question).unwrap_or("?");
            for (key, role) in [("when", Role::When), ("validator", Role::Validator)] {
                if let Some(NodeValue::String(text)) = question.get(key).map(|node| &node.value) {
                    let pointer = format!("{base}/{index}/{key}");
                    let title = format!("{key} of question {}", codes::quoted(name));
                    found.push(field(entry, text, role, &title, &pointer, key.to_owned()));
                }
            }
        }
    }
}

/// `questions` and `content.questions`, with their pointers.
pub(crate) fn question_lists<'c, 'a>(
    composition: &'c Composition<'a>,
) -> impl Iterator<Item = (&'c Entry<'a>, &'static str, &'c Node)> {
    let own = composition.entry("questions").map(|entry| (entry, "/questions", entry.node.as_ref()));
    let nested = composition
        .entry("content")
        .and_then(|entry| Some((entry, "/content/questions", entry.node.get("questions")?)));
    own.into_iter().chain(nested)
}

pub(crate) fn question_name(question: &Node) -> Option<&str> {
    question.get("name").or_else(|| question.get("var_name"))?.as_str()
}

/// The name of the generated file without its extension: the template's id, else its file's name.
fn stem(composition: &Composition<'_>, path: &str) -> String {
    let id = ["id", "pattern_id", "identifier"]
        .iter()
        .find_map(|key| composition.get(key)?.as_str())
        .or_else(|| composition.get("metadata")?.get("id")?.as_str());
    let file = path.rsplit('/').next().unwrap_or(path);
    let name = id.unwrap_or_else(|| file.rsplit_once('.').map_or(file, |(stem, _)| stem));
    let safe: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' })
        .take(100)
        .collect();
    if safe.is_empty() { "template".to_owned() } else { safe }
}

fn without_hbs(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".hbs").unwrap_or(name).to_owned()
}

/// The usual extension of a language's files; the language's own name when it is not known.
fn extension_of(language: &str) -> &str {
    match language {
        "elixir" => "ex",
        "erlang" => "erl",
        "rust" => "rs",
        "python" => "py",
        "javascript" => "js",
        "typescript" => "ts",
        "tsx" | "typescript_tsx" => "tsx",
        "ruby" => "rb",
        "csharp" => "cs",
        "kotlin" => "kt",
        "bash" | "shell" => "sh",
        "markdown" => "md",
        known @ ("go" | "java" | "gleam" | "c" | "cpp" | "lua" | "php" | "swift" | "sql" | "html" | "css"
        | "json" | "yaml" | "toml") => known,
        _ => "txt",
    }
}

fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
