//! Checks of the questions of one template.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{AnswerType, Question, choices, entries, is_accepted, lists, name, questions, says_yes};
use crate::canonical;
use crate::codes::document as codes;
use crate::codes::quoted;
use crate::condition;
use crate::findings::Findings;
use crate::json::{Node, NodeValue};
use crate::scan::{self, Call, Expression, TagKind};

/// Checks each question alone, their names, what each `when` looks at, and whether validators accept the defaults.
pub(crate) fn check(findings: &mut Findings<'_>) {
    let root = findings.document.root();
    for list in lists(root).filter(|list| list.as_array().is_none()) {
        findings.at(
            &codes::QUESTION_SHAPE,
            list,
            format!("the questions are of type {}, not a list", list.type_name()),
        );
    }
    let entries: Vec<&Node> = entries(root).collect();
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, &entry) in entries.iter().enumerate() {
        let Some(name) = named(findings, entry) else { continue };
        if let std::collections::btree_map::Entry::Vacant(vacant) = first.entry(name) {
            vacant.insert(index);
        } else {
            findings.at(
                &codes::QUESTION_DUPLICATE,
                entry,
                format!("question {} is asked more than once", quoted(name)),
            );
        }
        let answer = answer_type(findings, entry, name);
        let values = usable_choices(findings, entry, name, answer);
        default(findings, entry, name, answer, &values);
    }
    let declared = declared_variables(root);
    for (index, &entry) in entries.iter().enumerate() {
        let Some(name) = name(entry) else { continue };
        for key in ["when", "validator"] {
            if let Some(node) = entry.get(key)
                && !matches!(node.value, NodeValue::Null | NodeValue::String(_) | NodeValue::Bool(_))
            {
                let message = format!("`{key}` of question {} is of type {}", quoted(name), node.type_name());
                findings.at(&codes::QUESTION_SHAPE, node, message);
            }
        }
        if let Some(when) = entry.get("when") {
            looks_at(findings, when, name, index, &first, &declared);
        }
    }
    defaults_are_accepted(findings, &entries);
}

fn named<'d>(findings: &mut Findings<'_>, entry: &'d Node) -> Option<&'d str> {
    if entry.as_object().is_none() {
        let message = format!("a question is of type {}, not an object", entry.type_name());
        findings.at(&codes::QUESTION_SHAPE, entry, message);
        return None;
    }
    let Some(name) = name(entry) else {
        findings.at(&codes::QUESTION_SHAPE, entry, "a question has no name");
        return None;
    };
    if let Some(other) = entry.get("var_name").and_then(Node::as_str)
        && other != name
    {
        let message = format!("a question is named both {} and {}", quoted(name), quoted(other));
        findings.at(&codes::QUESTION_SHAPE, entry, message);
    }
    let usable = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(usable) || name.starts_with(|c: char| c.is_numeric() || c == '-')
    {
        findings.at(
            &codes::QUESTION_NAME,
            entry,
            format!("no text can use an answer named {}", quoted(name)),
        );
    }
    Some(name)
}

fn answer_type(findings: &mut Findings<'_>, entry: &Node, question: &str) -> Option<AnswerType> {
    let Some(node) = entry.get("type") else {
        findings.at(&codes::QUESTION_TYPE, entry, format!("question {} has no type", quoted(question)));
        return None;
    };
    let answer = node.as_str().and_then(AnswerType::named);
    if answer.is_none() {
        let written = node.as_str().map_or_else(|| node.type_name().to_owned(), quoted);
        findings.at(
            &codes::QUESTION_TYPE,
            node,
            format!("question {} has the unknown type {written}", quoted(question)),
        );
    }
    answer
}

/// The choices in canonical form; empty when any value goes.
fn usable_choices(
    findings: &mut Findings<'_>,
    entry: &Node,
    question: &str,
    answer: Option<AnswerType>,
) -> BTreeSet<Vec<u8>> {
    let mut seen = BTreeSet::new();
    let node = entry.get("choices").filter(|node| !node.is_null());
    let Some(node) = node else {
        if answer == Some(AnswerType::Choice) {
            findings.at(
                &codes::QUESTION_CHOICES,
                entry,
                format!("question {} has no choices", quoted(question)),
            );
        }
        return seen;
    };
    if !matches!(node.value, NodeValue::Array(_) | NodeValue::Object(_)) {
        let message =
            format!("the choices of question {} are of type {}", quoted(question), node.type_name());
        findings.at(&codes::QUESTION_CHOICES, node, message);
        return seen;
    }
    let choices = choices(entry);
    if choices.is_empty() {
        findings.at(&codes::QUESTION_CHOICES, node, format!("question {} has no choices", quoted(question)));
    }
    for choice in choices {
        if matches!(choice.value, NodeValue::Array(_) | NodeValue::Object(_) | NodeValue::Null) {
            let message =
                format!("a choice of question {} is of type {}", quoted(question), choice.type_name());
            findings.at(&codes::QUESTION_CHOICES, choice, message);
        } else if !seen.insert(form(choice)) {
            let message = format!("choice {} of question {} stands twice", shown(choice), quoted(question));
            findings.at(&codes::QUESTION_CHOICES, choice, message);
        }
    }
    seen
}

fn default(
    findings: &mut Findings<'_>,
    entry: &Node,
    question: &str,
    answer: Option<AnswerType>,
    choices: &BTreeSet<Vec<u8>>,
) {
    let Some(node) = entry.get("default").filter(|node| !node.is_null()) else { return };
    let multiselect = entry.get("multiselect").and_then(Node::as_bool) == Some(true);
    let values = match node.as_array() {
        Some(values) if multiselect => values,
        None if multiselect => {
            let message = format!("the default of question {} is not a list of choices", quoted(question));
            findings.at(&codes::QUESTION_DEFAULT, node, message);
            return;
        }
        _ => std::slice::from_ref(node),
    };
    for value in values {
        if !choices.is_empty() && !choices.contains(&form(value)) {
            let message = format!(
                "the default {} of question {} is not among its choices",
                shown(value),
                quoted(question)
            );
            findings.at(&codes::QUESTION_DEFAULT, value, message);
        } else if choices.is_empty() && answer.is_some_and(|answer| !answer.admits(&value.to_value())) {
            let wanted = answer.map_or("", AnswerType::as_str);
            let message = format!("the default of question {} is no {wanted} answer", quoted(question));
            findings.at(&codes::QUESTION_DEFAULT, value, message);
        }
    }
}

pub(crate) fn form(node: &Node) -> Vec<u8> {
    let mut form = Vec::new();
    canonical::write_node(node, &mut form);
    form
}

/// A scalar for a message.
pub(crate) fn shown(node: &Node) -> String {
    match &node.value {
        NodeValue::String(text) | NodeValue::Number(text) => quoted(text),
        NodeValue::Bool(value) => quoted(&value.to_string()),
        _ => format!("of type {}", node.type_name()),
    }
}

/// Names that are answered without being questions.
fn declared_variables(root: &Node) -> BTreeSet<&str> {
    let maps = [&["variables"][..], &["content", "variables"], &["template_variables"]];
    let mapped =
        maps.iter().filter_map(|path| root.path(path)?.as_object()).flatten().map(|m| m.key.as_str());
    let listed = root.get("input_variables").and_then(Node::as_array).unwrap_or_default();
    mapped.chain(listed.iter().filter_map(name)).collect()
}

fn looks_at(
    findings: &mut Findings<'_>,
    when: &Node,
    question: &str,
    index: usize,
    first: &BTreeMap<&str, usize>,
    declared: &BTreeSet<&str>,
) {
    let Some(text) = when.as_str() else { return };
    // A text that is not Handlebars is a finding of the syntax check.
    let Some(names) = names_in(text) else { return };
    for name in names {
        match first.get(name.as_str()) {
            Some(&asked) if asked < index => {}
            Some(&asked) => {
                let what = if asked == index { "its own answer" } else { "the later answer" };
                let message =
                    format!("`when` of question {} looks at {what} {}", quoted(question), quoted(&name));
                findings.at(&codes::WHEN_FORWARD, when, message);
            }
            None if declared.contains(name.as_str()) || name.starts_with('_') => {}
            None => {
                let message = format!(
                    "`when` of question {} looks at {}, which nobody answers",
                    quoted(question),
                    quoted(&name)
                );
                findings.at(&codes::WHEN_UNKNOWN, when, message);
            }
        }
    }
}

/// The answers that a Handlebars text looks at; `None` when it is not Handlebars. Within `each` and `with` a name may
/// belong to the entry, so that no name within is told.
fn names_in(text: &str) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let mut scopes = 0_usize;
    for tag in scan::scan(text).ok()? {
        let Some(call) = &tag.call else { continue };
        let helper = path_head(&call.name);
        let opens_scope = matches!(helper, Some("each" | "with"));
        match tag.kind {
            TagKind::Close => scopes -= usize::from(opens_scope && scopes > 0),
            TagKind::Print | TagKind::Open | TagKind::ElseChain if scopes == 0 => {
                let is_helper =
                    tag.kind != TagKind::Print || !call.params.is_empty() || !call.hash.is_empty();
                collect_call(call, is_helper, &mut names);
            }
            _ => {}
        }
        if tag.kind == TagKind::Open {
            scopes += usize::from(opens_scope);
        }
    }
    Some(names)
}

fn collect_call(call: &Call, is_helper: bool, names: &mut BTreeSet<String>) {
    if !is_helper {
        collect(&call.name, names);
    }
    call.params.iter().for_each(|param| collect(param, names));
    call.hash.iter().for_each(|(_, value)| collect(value, names));
}

fn collect(expression: &Expression, names: &mut BTreeSet<String>) {
    match &expression.value {
        scan::Value::Path(path) if !path.local => names.extend(path.names.first().cloned()),
        scan::Value::Call(call) => collect_call(call, true, names),
        _ => {}
    }
}

fn path_head(expression: &Expression) -> Option<&str> {
    match &expression.value {
        scan::Value::Path(path) => path.names.first().map(String::as_str),
        _ => None,
    }
}

/// Answers every question with its default, in order, and asks each validator.
fn defaults_are_accepted(findings: &mut Findings<'_>, entries: &[&Node]) {
    if !entries.iter().any(|entry| entry.get("validator").and_then(Node::as_str).is_some()) {
        return;
    }
    let mut answers = Map::new();
    for question in questions(findings.document) {
        let asked = question
            .when
            .as_ref()
            .is_none_or(|when| evaluate(when, &answers).is_some_and(|rendered| says_yes(&rendered)));
        let Some(default) = question.default.clone().filter(|_| asked) else { continue };
        answers.insert(question.name.clone(), default);
        if refuses(&question, &answers) {
            let message =
                format!("the validator of question {} refuses the default answers", quoted(&question.name));
            findings.within(&codes::VALIDATOR_REFUSES_DEFAULTS, question.span, message);
        }
    }
}

fn refuses(question: &Question, answers: &Map<String, Value>) -> bool {
    let rendered = question.validator.as_ref().and_then(|validator| evaluate(validator, answers));
    rendered.is_some_and(|rendered| !is_accepted(&rendered))
}

/// The text over those answers that it names: handing on all of ten thousand answers ten thousand times would take
/// minutes. `None` when it cannot be rendered, which is a finding of the syntax check.
fn evaluate(text: &str, answers: &Map<String, Value>) -> Option<String> {
    let looked_at = names_in(text)?.into_iter().filter_map(|name| {
        let value = answers.get(&name)?.clone();
        Some((name, value))
    });
    condition::evaluate_text(text, &looked_at.collect()).ok()
}
