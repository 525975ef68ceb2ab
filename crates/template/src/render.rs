//! Rendering one case.

use std::collections::{BTreeMap, BTreeSet};

use genesis_abi::{Finding, Place, RenderInput, RenderedFile, RenderedKind, Rendering, TemplateText};
use handlebars::{Context, Handlebars};
use serde_json::{Map, Value};

use crate::analysis::{self, Analysis, MOST_STEPS};
use crate::codes::{Code, quoted, rendering as codes};
use crate::compose::{self, Composition, Parts};
use crate::engine::{self, Failure, Missing};
use crate::fields::{self, Field, Role};
use crate::json::{Document, Node, ReadLimits};
use crate::limit::limited;
use crate::variables::{Source, ValueKind, Variable, declared, part_place};
use crate::{Profile, parts, prompt, scan};

/// Renders every field of a template that is rendered, for one case. Rendering is strict: a name without a value is a
/// finding. An optional variable without an answer is null, an empty list or an empty map; a skipped question is
/// absent.
pub fn render(input: &RenderInput) -> (Vec<Finding>, Rendering) {
    let template = &input.template;
    if parts::is_bare_text(&template.path) {
        let field = fields::whole_text(template);
        let mut case = Case::new(input, &[]);
        let place = |start, length| fields::place_in_text(None, &field.text, start, length);
        if let Some(text) = case.handlebars(&field, &field.text, &place) {
            case.push(&field, text);
        }
        return case.finish();
    }
    let document = match Document::parse(&template.text, &ReadLimits::DEFAULT) {
        Ok(document) => document,
        Err(finding) => return (vec![finding], Rendering::default()),
    };
    let parts = Parts::new(template);
    let composition = Composition::of(&document, template, &parts);
    let variables = declared(&document, &composition, &parts);
    let mut case = Case::new(input, &variables);
    let mut bits_are_placed = composition.bits.is_empty();
    for field in fields::fields(&composition, template) {
        let place = |start, length| field.place(&document, &parts, start, length);
        match field.role {
            Role::Rendered(kind) => {
                let Some(mut text) = case.handlebars(&field, &field.text, &place) else { continue };
                if kind == RenderedKind::Path {
                    case.check_path(&text, place(0, field.text.len()));
                } else if !bits_are_placed && fields::BODIES.contains(&field.title.as_str()) {
                    bits_are_placed = true;
                    let base = case.base(&composition, &field, &document, &parts);
                    let bits = composition.bits.iter().map(|(_, bit)| *bit);
                    text = compose::join(base.as_deref().into_iter().chain(bits), &text);
                }
                case.push(&field, text);
            }
            Role::Prompt => case.prompt(&field, &place),
            Role::When | Role::Validator => {
                let found =
                    analysis::analyse(&field.text, &template.path, &TemplateText::default(), 1, &|_| true);
                case.used.extend(found.roots().into_iter().map(str::to_owned));
            }
        }
    }
    if !bits_are_placed {
        let own = composition.get("instruction").and_then(Node::as_str).unwrap_or_default();
        let text = compose::join(composition.bits.iter().map(|(_, bit)| *bit), own);
        let place = document.place("/compose");
        case.push_text("composed.md".to_owned(), "/compose".to_owned(), RenderedKind::Prompt, text, place);
    }
    case.finish()
}

/// The name under which the text itself is registered; no partial can be called so.
const TEXT: &str = " text";

struct Case<'a> {
    template: &'a TemplateText,
    answers: &'a Map<String, Value>,
    variables: &'a [Variable],
    data: Context,
    largest: u64,
    left: usize,
    findings: Vec<Finding>,
    pushed: BTreeSet<Finding>,
    used: BTreeSet<String>,
    rendering: Rendering,
    engine: Handlebars<'static>,
    /// Partials by name, and whether the engine could read them.
    registered: BTreeMap<String, bool>,
}

impl<'a> Case<'a> {
    fn new(input: &'a RenderInput, variables: &'a [Variable]) -> Self {
        let mut data = input.answers.clone();
        for variable in
            variables.iter().filter(|variable| variable.source == Source::Variable && !variable.required)
        {
            data.entry(variable.name.as_str()).or_insert_with(|| match variable.kind {
                ValueKind::List | ValueKind::Choices => Value::Array(Vec::new()),
                ValueKind::Map => Value::Object(Map::new()),
                _ => Value::Null,
            });
        }
        let data = Value::Object(data);
        Self {
            template: &input.template,
            answers: &input.answers,
            variables,
            largest: largest(&data),
            data: Context::from(data),
            left: usize::try_from(input.output_bytes).unwrap_or(usize::MAX),
            findings: Vec::new(),
            pushed: BTreeSet::new(),
            used: BTreeSet::new(),
            rendering: Rendering::default(),
            engine: engine::new(Missing::Ends),
            registered: BTreeMap::new(),
        }
    }

    fn finish(mut self) -> (Vec<Finding>, Rendering) {
        self.rendering.used_answers = self.used.into_iter().collect();
        (limited(self.findings), self.rendering)
    }

    /// Renders a text of a field; `None` when it cannot be rendered, which is then a finding.
    fn handlebars(
        &mut self,
        field: &Field,
        text: &str,
        place: &dyn Fn(usize, usize) -> Place,
    ) -> Option<String> {
        let from = field.file.as_deref().unwrap_or(&self.template.path);
        let found = analysis::analyse(text, from, self.template, self.largest, &|_| true);
        self.used.extend(found.roots().into_iter().map(str::to_owned));
        if found.uses_all {
            self.used.extend(self.answers.keys().cloned());
        }
        if !found.problems.is_empty() {
            for located in &found.problems {
                let problem = &located.problem;
                let place = self.locate(located.file.as_deref(), problem.start, problem.length, place);
                self.finding(problem.code, problem.message.clone(), place);
            }
            return None;
        }
        if found.steps > MOST_STEPS {
            let message = format!("{} takes more than {MOST_STEPS} steps", field.title);
            self.finding(&codes::TEMPLATE_TOO_COMPLEX, message, place(0, 0));
            return None;
        }
        if !scan::has_tags(text) && !text.contains('\\') {
            return Some(text.to_owned());
        }
        self.partials(&found)?;
        if let Err((words, position)) = engine::register(&mut self.engine, TEXT, text) {
            let start = position.map_or(0, |position| offset(text, position));
            self.finding(&codes::TEMPLATE_SYNTAX, words, place(start, 1));
            return None;
        }
        match engine::render(&self.engine, TEXT, &self.data, self.left) {
            Ok(text) => Some(text),
            Err(located) => {
                let file = located.partial.as_ref().and_then(|name| found.partials.get(name));
                let text = file.and_then(|file| self.template.parts.get(file)).map_or(text, String::as_str);
                let start = located.position.map_or(0, |position| offset(text, position));
                let length = text[start..].find("}}").map_or(0, |end| end + 2);
                let place = self.locate(file.map(String::as_str), start, length, place);
                self.failed(located.failure, field, place);
                None
            }
        }
    }

    fn partials(&mut self, found: &Analysis) -> Option<()> {
        let mut readable = true;
        for (name, file) in &found.partials {
            if let Some(known) = self.registered.get(name) {
                readable &= known;
                continue;
            }
            let text = self.template.parts.get(file).map_or("", String::as_str);
            let registered = engine::register(&mut self.engine, name, text);
            self.registered.insert(name.clone(), registered.is_ok());
            if let Err((words, position)) = registered {
                readable = false;
                let start = position.map_or(0, |position| offset(text, position));
                self.finding(&codes::TEMPLATE_SYNTAX, words, part_place(self.template, file, start, 1));
            }
        }
        readable.then_some(())
    }

    fn prompt(&mut self, field: &Field, place: &dyn Fn(usize, usize) -> Place) {
        let declared = |name: &str| self.variables.iter().any(|variable| variable.name == name);
        let filled = if prompt::is_template(&field.text, declared) {
            let (text, filled) = prompt::as_template(&field.text, self.answers);
            let whole = |_: usize, _: usize| place(0, field.text.len());
            let Some(text) = self.handlebars(field, &text, &whole) else { return };
            prompt::FilledPrompt { text, ..filled }
        } else {
            prompt::fill(&field.text, self.answers)
        };
        self.used.extend(filled.used.iter().map(|name| (*name).to_owned()));
        self.rendering.literal_placeholders += filled.literal;
        self.push(field, filled.text);
    }

    /// The text of the parent that the template's own text replaces; with `compose` it comes before the bits.
    fn base(
        &mut self,
        composition: &Composition<'_>,
        field: &Field,
        document: &Document,
        parts: &Parts,
    ) -> Option<String> {
        let entry = composition.inherited.iter().find(|entry| entry.key == field.title)?;
        if field.file.is_some() {
            return None;
        }
        let base = fields::body(entry)?;
        let place = |start, length| base.place(document, parts, start, length);
        self.handlebars(&base, &base.text, &place)
    }

    fn push(&mut self, field: &Field, text: String) {
        let Role::Rendered(kind) = field.role else {
            self.push_text(field.path.clone(), field.source(), RenderedKind::Prompt, text, Place::default());
            return;
        };
        let path = if kind == RenderedKind::Path { text.clone() } else { field.path.clone() };
        self.push_text(path, field.source(), kind, text, Place::default());
    }

    fn push_text(&mut self, path: String, source: String, kind: RenderedKind, text: String, place: Place) {
        if text.len() > self.left {
            self.finding(
                &codes::OUTPUT_TOO_LARGE,
                "what the case renders exceeds the limit".to_owned(),
                place,
            );
            return;
        }
        self.left -= text.len();
        self.rendering.files.push(RenderedFile { path, source, kind, text });
    }

    fn check_path(&mut self, path: &str, place: Place) {
        if let Err(refusal) = parts::confined(path) {
            self.finding(
                &codes::RENDERED_PATH,
                format!("rendered path {} is refused: {refusal}", quoted(path)),
                place,
            );
        }
    }

    fn failed(&mut self, failure: Failure, field: &Field, place: Place) {
        match failure {
            Failure::Missing(name) => {
                let name = name.as_deref().map_or_else(|| "a name".to_owned(), quoted);
                self.finding(
                    &codes::MISSING_ANSWER,
                    format!("{} needs {name}, which has no value", field.title),
                    place,
                );
            }
            Failure::TooLarge => {
                self.finding(
                    &codes::OUTPUT_TOO_LARGE,
                    "what the case renders exceeds the limit".to_owned(),
                    place,
                );
            }
            Failure::Other(words) => {
                self.finding(
                    &codes::RENDER_FAILED,
                    format!("{} cannot be rendered: {words}", field.title),
                    place,
                );
            }
        }
    }

    fn locate(
        &self,
        file: Option<&str>,
        start: usize,
        length: usize,
        place: &dyn Fn(usize, usize) -> Place,
    ) -> Place {
        match file {
            Some(file) => part_place(self.template, file, start, length),
            None => place(start, length),
        }
    }

    fn finding(&mut self, code: &Code, message: String, place: Place) {
        let finding = code.finding(Profile::Standard, message, place);
        if self.pushed.insert(finding.clone()) {
            self.findings.push(finding);
        }
    }
}

/// The byte at which a line and column, both from 1 and in characters, lie.
pub(crate) fn offset(text: &str, (line, column): (usize, usize)) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &text[start..];
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

/// The greatest number of entries that any list or map within a value has.
pub(crate) fn largest(value: &Value) -> u64 {
    let own = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    match value {
        Value::Array(entries) => entries.iter().map(largest).max().unwrap_or(0).max(own(entries.len())),
        Value::Object(members) => members.values().map(largest).max().unwrap_or(0).max(own(members.len())),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
