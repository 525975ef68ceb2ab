//! Questions: what a template asks before it is rendered.
//!
//! Two models are in use and both are read: `name`, `prompt`, types boolean, choice and number; and `var_name`, `help`,
//! types bool, str, int, float, yaml and json. Choices are a list or a map from label to value.

pub(crate) mod check;

use serde_json::Value;

use crate::json::{Document, Node, NodeValue, TextRange};

/// What kind of answer a question takes. Types that differ in name only are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnswerType {
    /// `boolean`, `bool`
    Boolean,
    /// `choice`: one of the choices.
    Choice,
    /// `number`, `float`
    Number,
    /// `int`, `integer`
    Integer,
    /// `string`, `str`, `text`; also when no type is given.
    Text,
    /// `yaml`, `json`: any value.
    Structured,
}

impl AnswerType {
    /// The type with this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "boolean" | "bool" => Self::Boolean,
            "choice" => Self::Choice,
            "number" | "float" => Self::Number,
            "int" | "integer" => Self::Integer,
            "string" | "str" | "text" => Self::Text,
            "yaml" | "json" => Self::Structured,
            _ => return None,
        })
    }

    /// For messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Choice => "choice",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Text => "text",
            Self::Structured => "structured",
        }
    }

    /// Whether a value is of this type. A choice is checked against its choices elsewhere.
    pub fn admits(self, value: &Value) -> bool {
        match self {
            Self::Boolean => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Integer => {
                value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|f| f.fract() == 0.0)
            }
            Self::Text => value.is_string(),
            Self::Choice => value.is_string() || value.is_number() || value.is_boolean(),
            Self::Structured => true,
        }
    }
}

/// One question, as far as it can be read. What cannot be read is a finding of the validator.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The answer's name.
    pub name: String,
    /// What kind of answer it takes.
    pub answer: AnswerType,
    /// The values to choose from, in order; empty when any value goes.
    pub choices: Vec<Value>,
    /// More than one choice may be taken: the answer is a list.
    pub multiselect: bool,
    /// The answer must not be shown.
    pub secret: bool,
    /// The answer that is taken when none is given.
    pub default: Option<Value>,
    /// Asked only when this text, rendered over the earlier answers, says yes; see [`says_yes`].
    pub when: Option<String>,
    /// The answer is good when this text, rendered over the answers, is empty or `true`; see [`is_accepted`].
    pub validator: Option<String>,
    /// The question's place.
    pub span: TextRange,
}

/// Whether the rendered text of a `when` says that the question is asked.
pub fn says_yes(rendered: &str) -> bool {
    let word = rendered.trim();
    ["true", "yes", "1", "y"].iter().any(|yes| word.eq_ignore_ascii_case(yes))
}

/// Whether the rendered text of a validator says that the answer is good.
pub fn is_accepted(rendered: &str) -> bool {
    let word = rendered.trim();
    word.is_empty() || word == "true"
}

/// The questions of a template, in order. An entry without a name is left out.
pub fn questions(document: &Document) -> Vec<Question> {
    entries(document.root()).filter_map(question).collect()
}

/// The values of `questions` and of `content.questions`, as far as they are there.
pub(crate) fn lists(root: &Node) -> impl Iterator<Item = &Node> {
    [&["questions"][..], &["content", "questions"]]
        .into_iter()
        .filter_map(|path| root.path(path).filter(|node| !node.is_null()))
}

/// The entries of both lists, in order.
pub(crate) fn entries(root: &Node) -> impl Iterator<Item = &Node> {
    lists(root).filter_map(Node::as_array).flatten()
}

/// The member that names a question.
pub(crate) fn name(entry: &Node) -> Option<&str> {
    entry.get("name").and_then(Node::as_str).or_else(|| entry.get("var_name").and_then(Node::as_str))
}

fn question(entry: &Node) -> Option<Question> {
    let flag = |key| entry.get(key).and_then(Node::as_bool).unwrap_or(false);
    let choices: Vec<Value> = choices(entry).into_iter().map(Node::to_value).collect();
    let answer = match entry.get("type").and_then(Node::as_str).map(AnswerType::named) {
        Some(Some(answer)) => answer,
        _ if choices.is_empty() => AnswerType::Text,
        _ => AnswerType::Choice,
    };
    Some(Question {
        name: name(entry)?.to_owned(),
        answer,
        choices,
        multiselect: flag("multiselect"),
        secret: flag("secret"),
        default: entry.get("default").filter(|node| !node.is_null()).map(Node::to_value),
        when: condition(entry.get("when")),
        validator: condition(entry.get("validator")),
        span: entry.span,
    })
}

/// A text, or a truth value as the text that it renders to.
fn condition(node: Option<&Node>) -> Option<String> {
    match &node?.value {
        NodeValue::String(text) => Some(text.clone()),
        NodeValue::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The values to choose from: of a list its entries, of a map its values.
pub(crate) fn choices(entry: &Node) -> Vec<&Node> {
    match entry.get("choices").map(|node| &node.value) {
        Some(NodeValue::Array(entries)) => entries.iter().collect(),
        Some(NodeValue::Object(members)) => members.iter().map(|member| &member.value).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
