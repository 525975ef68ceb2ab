//! The answers that a template wants, in one list: its questions, its declared variables, and, when it declares
//! nothing at all, what its texts use.

use std::collections::{BTreeMap, BTreeSet};

use genesis_abi::{Finding, Place, TemplateText};
use serde_json::{Map, Value};

use crate::analysis::{self, Analysis, ENTRY, Mode};
use crate::codes::{quoted, rendering as codes};
use crate::compose::{Composition, Entry, Parts};
use crate::fields::{self, Field, Role, token};
use crate::json::{Document, Node, ReadLimits};
use crate::{Profile, parts};

/// How deep the made-up value of an inferred variable may be.
const MOST_SHAPE_DEPTH: usize = 8;

/// Where an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `questions` or `content.questions`.
    Question,
    /// `template_variables`, `content.variables`, `variables` or `input_variables`.
    Variable,
    /// Declared nowhere, used by a text.
    Inferred,
}

/// What kind of value an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `boolean`, `bool`
    Boolean,
    /// One of the choices.
    Choice,
    /// Some of the choices.
    Choices,
    /// `number`, `int`, `integer`, `float`
    Number,
    /// `array`, `array[…]`, `list`
    List,
    /// `object`, `map`
    Map,
    /// Everything else.
    Text,
}

/// One answer that a template wants.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its name in texts.
    pub name: String,
    /// Where it is asked for.
    pub source: Source,
    /// What kind of value it is.
    pub kind: ValueKind,
    /// Whether there must be an answer. Questions and inferred variables always want one.
    pub required: bool,
    /// The declared default.
    pub default: Option<Value>,
    /// The declared example.
    pub example: Option<Value>,
    /// The values to choose from.
    pub choices: Vec<Value>,
    /// Least and greatest number, when declared.
    pub bounds: (Option<f64>, Option<f64>),
    /// The condition under which it is asked.
    pub when: Option<String>,
    /// The text that accepts an answer.
    pub validator: Option<String>,
    /// Where it is declared; for an inferred variable, where it is first used.
    pub place: Place,
    /// The made-up value of an inferred variable.
    shape: Option<Value>,
}

/// A value for a variable, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// The declared default.
    Default,
    /// The declared example.
    Example,
    /// Made up.
    Sample,
    /// The variable is optional and has no value.
    Absent,
}

impl Variable {
    /// The value that the variable has when nobody answers: the default, else the example, else nothing for an
    /// optional variable, else a sample. Samples are: `false`; 0 or the least number; the first choice; an empty list
    /// or map; for a text `sample_` and the name, or `Sample` and the name in Pascal case when the name is in Pascal
    /// case itself or ends with `module`, `module_name`, `class`, `class_name` or `type_name`.
    pub fn value(&self) -> (Option<Value>, Given) {
        if let Some(default) = &self.default {
            return (Some(default.clone()), Given::Default);
        }
        if let Some(example) = &self.example {
            return (Some(example.clone()), Given::Example);
        }
        if !self.required {
            return (None, Given::Absent);
        }
        (Some(self.sample()), Given::Sample)
    }

    /// The made-up value.
    pub fn sample(&self) -> Value {
        if let Some(shape) = &self.shape {
            return shape.clone();
        }
        match self.kind {
            ValueKind::Boolean => Value::Bool(false),
            ValueKind::Number => self.bounds.0.filter(|least| *least > 0.0).map_or_else(|| 0.into(), number),
            ValueKind::List => Value::Array(Vec::new()),
            ValueKind::Map => Value::Object(Map::new()),
            ValueKind::Choices => Value::Array(self.choices.first().cloned().into_iter().collect()),
            ValueKind::Choice | ValueKind::Text => {
                self.choices.first().cloned().unwrap_or_else(|| sample_text(&self.name).into())
            }
        }
    }
}

/// The answers that a template wants, in the order in which they are asked: questions, then declared variables, then
/// inferred ones. Of two with one name the first counts.
pub fn variables(document: &Document, template: &TemplateText) -> Vec<Variable> {
    let parts = Parts::new(template);
    let composition = Composition::of(document, template, &parts);
    of_composition(document, &composition, &parts, template)
}

/// The answers that a template wants, from its text; none when the text cannot be read.
pub fn variables_of(template: &TemplateText) -> Vec<Variable> {
    read(template).unwrap_or_default()
}

/// The answers that a template wants, or why its text cannot be read.
pub(crate) fn read(template: &TemplateText) -> Result<Vec<Variable>, Box<Finding>> {
    if parts::is_bare_text(&template.path) {
        let field = fields::whole_text(template);
        let found = analysis::analyse(&field.text, &template.path, template, 1, &|_| true);
        let place = |used: &analysis::Use| {
            fields::place_in_text(used.file.as_deref(), &field.text, used.start, used.length)
        };
        return Ok(inferred(&[(found, &place)]));
    }
    let document = Document::parse(&template.text, &ReadLimits::DEFAULT).map_err(Box::new)?;
    Ok(variables(&document, template))
}

/// A note for each required variable whose value is made up.
pub fn sample_findings(variables: &[Variable], profile: Profile) -> Vec<Finding> {
    variables
        .iter()
        .filter(|variable| variable.value().1 == Given::Sample)
        .map(|variable| {
            let shown: String = variable.sample().to_string();
            let message = format!(
                "variable {} has no default and is rendered with {}",
                quoted(&variable.name),
                quoted(&shown)
            );
            codes::SAMPLE_ANSWER.finding(profile, message, variable.place.clone())
        })
        .collect()
}

pub(crate) fn of_composition(
    document: &Document,
    composition: &Composition<'_>,
    parts: &Parts,
    template: &TemplateText,
) -> Vec<Variable> {
    let declared = declared(document, composition, parts);
    if !declared.is_empty() {
        return declared;
    }
    let texts: Vec<Field> = fields::fields(composition, template)
        .into_iter()
        .filter(|field| matches!(field.role, Role::Rendered(_)))
        .collect();
    let places: Vec<_> = texts
        .iter()
        .map(|field| {
            move |used: &analysis::Use| match &used.file {
                None => field.place(document, parts, used.start, used.length),
                Some(file) => part_place(template, file, used.start, used.length),
            }
        })
        .collect();
    let analyses: Vec<(Analysis, PlaceOf<'_>)> = texts
        .iter()
        .zip(&places)
        .map(|(field, place)| {
            let from = field.file.as_deref().unwrap_or(&template.path);
            (analysis::analyse(&field.text, from, template, 1, &|_| true), place as PlaceOf<'_>)
        })
        .collect();
    inferred(&analyses)
}

/// The place of a piece of a part that is text as a whole.
pub(crate) fn part_place(template: &TemplateText, file: &str, start: usize, length: usize) -> Place {
    let text = template.parts.get(file).map_or("", String::as_str);
    fields::place_in_text(Some(file), text, start, length)
}

/// Questions and declared variables.
pub(crate) fn declared(document: &Document, composition: &Composition<'_>, parts: &Parts) -> Vec<Variable> {
    let mut list = List { document, parts, found: Vec::new(), known: BTreeSet::new() };
    each_declared(composition, &mut |declared| list.add(declared));
    list.found
}

/// The names of questions and declared variables.
pub(crate) fn declared_names(composition: &Composition<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    each_declared(composition, &mut |declared| {
        if !declared.name.is_empty() {
            names.insert(declared.name.to_owned());
        }
    });
    names
}

/// Where an answer is declared.
struct Declared<'c> {
    entry: &'c Entry<'c>,
    name: &'c str,
    node: &'c Node,
    source: Source,
    /// The pointer of the list or map, and the key or index in it.
    base: &'c str,
    key: Key<'c>,
}

enum Key<'c> {
    Index(usize),
    Name(&'c str),
}

fn each_declared(composition: &Composition<'_>, add: &mut dyn FnMut(Declared<'_>)) {
    for (entry, base, node) in fields::question_lists(composition) {
        for (index, node) in node.as_array().unwrap_or_default().iter().enumerate() {
            if let Some(name) = fields::question_name(node) {
                add(Declared { entry, name, node, source: Source::Question, base, key: Key::Index(index) });
            }
        }
    }
    let source = Source::Variable;
    let nested = composition.entry("content").and_then(|entry| Some((entry, entry.node.get("variables")?)));
    let top = |key| composition.entry(key).map(|entry| (entry, entry.node.as_ref()));
    let lists = [
        (top("template_variables"), "/template_variables"),
        (nested, "/content/variables"),
        (top("variables"), "/variables"),
        (top("input_variables"), "/input_variables"),
    ];
    for (entry, base) in lists {
        let Some((entry, node)) = entry else { continue };
        for member in node.as_object().unwrap_or_default() {
            let (name, key) = (&member.key, Key::Name(&member.key));
            add(Declared { entry, name, node: &member.value, source, base, key });
        }
        for (index, node) in node.as_array().unwrap_or_default().iter().enumerate() {
            if let Some(name) = node.as_str().or_else(|| fields::question_name(node)) {
                add(Declared { entry, name, node, source, base, key: Key::Index(index) });
            }
        }
    }
}

struct List<'a> {
    document: &'a Document,
    parts: &'a Parts,
    found: Vec<Variable>,
    known: BTreeSet<String>,
}

impl List<'_> {
    fn add(&mut self, declared: Declared<'_>) {
        let Declared { entry, name, node, source, base, key } = declared;
        if name.is_empty() || !self.known.insert(name.to_owned()) {
            return;
        }
        // The pointer is known; to look for it again would take time by the square of the number of questions.
        let home = match entry.file {
            None => Some(self.document),
            Some(file) => self.parts.document(file),
        };
        let pointer = match key {
            Key::Index(index) => format!("{base}/{index}"),
            Key::Name(name) => format!("{base}/{}", token(name)),
        };
        let span = home.filter(|_| entry.exact).map(|home| home.span(node.span));
        let place = Place { file: entry.file.map(str::to_owned), pointer: Some(pointer), span };
        let text = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
        let value = |key: &str| node.get(key).filter(|node| !node.is_null()).map(Node::to_value);
        let choices: Vec<Value> = match node.get("choices").or_else(|| node.get("enum")) {
            Some(choices) => match (choices.as_array(), choices.as_object()) {
                (Some(entries), _) => entries.iter().map(Node::to_value).collect(),
                (_, Some(members)) => members.iter().map(|member| member.value.to_value()).collect(),
                _ => Vec::new(),
            },
            None => Vec::new(),
        };
        let several = node.get("multiselect").and_then(Node::as_bool).unwrap_or(false);
        let number_of = |keys: [&str; 2]| keys.iter().find_map(|key| node.get(key)?.as_f64());
        self.found.push(Variable {
            name: name.to_owned(),
            source,
            kind: kind(node.get("type").and_then(Node::as_str), &choices, several, node.get("default")),
            required: source == Source::Question
                || node.get("required").and_then(Node::as_bool).unwrap_or(false),
            default: value("default"),
            example: value("example"),
            choices,
            bounds: (number_of(["min", "minimum"]), number_of(["max", "maximum"])),
            when: match node.get("when") {
                Some(condition) => condition
                    .as_str()
                    .map(str::to_owned)
                    .or_else(|| condition.as_bool().map(|asked| asked.to_string())),
                None => None,
            },
            validator: text("validator"),
            place,
            shape: None,
        });
    }
}

fn kind(named: Option<&str>, choices: &[Value], several: bool, default: Option<&Node>) -> ValueKind {
    if several {
        return ValueKind::Choices;
    }
    if !choices.is_empty() {
        return ValueKind::Choice;
    }
    match named.unwrap_or_default() {
        "boolean" | "bool" => ValueKind::Boolean,
        "number" | "int" | "integer" | "float" => ValueKind::Number,
        "list" => ValueKind::List,
        "object" | "map" => ValueKind::Map,
        "choice" => ValueKind::Choice,
        name if name.starts_with("array") => ValueKind::List,
        "" if default.is_some_and(|default| default.as_bool().is_some()) => ValueKind::Boolean,
        _ => ValueKind::Text,
    }
}

type PlaceOf<'a> = &'a dyn Fn(&analysis::Use) -> Place;

/// The names that texts use, each with a value made up from how it is used.
fn inferred(texts: &[(Analysis, PlaceOf<'_>)]) -> Vec<Variable> {
    let mut shapes: BTreeMap<&str, (Shape, Place)> = BTreeMap::new();
    for (found, place) in texts {
        for used in &found.uses {
            let Some((root, below)) = used.path.split_first() else { continue };
            let (shape, _) = shapes.entry(root).or_insert_with(|| (Shape::default(), place(used)));
            shape.add(below, used.mode, 0);
        }
    }
    shapes
        .into_iter()
        .map(|(name, (shape, place))| {
            let value = shape.sample(name);
            Variable {
                name: name.to_owned(),
                source: Source::Inferred,
                kind: match &value {
                    Value::Bool(_) => ValueKind::Boolean,
                    Value::Array(_) => ValueKind::List,
                    Value::Object(_) => ValueKind::Map,
                    _ => ValueKind::Text,
                },
                required: true,
                default: None,
                example: None,
                choices: Vec::new(),
                bounds: (None, None),
                when: None,
                validator: None,
                place,
                shape: Some(value),
            }
        })
        .collect()
}

/// How a name is used, field by field.
#[derive(Debug, Default)]
struct Shape {
    printed: bool,
    entered: bool,
    fields: BTreeMap<String, Shape>,
}

impl Shape {
    fn add(&mut self, path: &[String], mode: Mode, depth: usize) {
        match path.split_first() {
            Some((name, below)) if depth < MOST_SHAPE_DEPTH => {
                self.fields.entry(name.clone()).or_default().add(below, mode, depth + 1);
            }
            _ => {
                self.printed |= mode == Mode::Print;
                self.entered |= mode == Mode::Enter;
            }
        }
    }

    fn sample(&self, name: &str) -> Value {
        if let Some(entry) = self.fields.get(ENTRY) {
            return Value::Array(vec![entry.sample(name)]);
        }
        if !self.fields.is_empty() {
            let members = self.fields.iter().map(|(name, shape)| (name.clone(), shape.sample(name)));
            return Value::Object(members.collect());
        }
        if self.printed {
            return sample_text(name).into();
        }
        if self.entered { Value::Array(vec![sample_text(name).into()]) } else { Value::Bool(true) }
    }
}

fn sample_text(name: &str) -> String {
    let ends = ["module", "module_name", "class", "class_name", "type_name"];
    let is_pascal = name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains('_');
    if !is_pascal && !ends.iter().any(|end| name.ends_with(end)) {
        return format!("sample_{name}");
    }
    let mut text = "Sample".to_owned();
    for word in name.split('_') {
        let mut letters = word.chars();
        text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}
