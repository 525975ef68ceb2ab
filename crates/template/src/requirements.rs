//! Lint rules that a template itself asks for: its `requirements`, as far as their meaning is exact.
//!
//! A rule is only made of a key whose meaning leaves no choice: a bound, a word that is forbidden, a comment or an
//! attribute that must be there. Everything else is listed as not enforced, so that a report can say what nobody
//! looked at.

mod languages;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use languages::{Language, language};

/// Rules of one template.
const RULES: usize = 200;
/// Characters of a word that is forbidden.
const WORD: usize = 64;
/// Depth to which requirements are looked through.
const DEPTH: usize = 32;
/// Keys that explain another key and ask for nothing themselves.
const EXPLAINING: [&str; 6] = ["description", "rationale", "purpose", "format", "style", "config"];

/// What a template's requirements come to for one language.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LintPlan {
    /// Rules in the format of ast-grep with the key `genesis`. Ids begin with `template/`; what is required or
    /// forbidden is a warning, what the template itself calls a warning is a note.
    pub rules: Vec<Value>,
    /// JSON pointers of the requirements that no rule holds code to. Of a part in which nothing is enforced only the
    /// pointer of the whole part is given.
    pub unenforced: Vec<String>,
}

/// The rules that a template's `requirements` make for code of a language, by its id such as `elixir`. Requirements of
/// a template for another language are not told apart: the caller gives the template's own.
pub fn lint_rules(template: &Value, language_id: &str) -> LintPlan {
    let Some(Value::Object(requirements)) = template.get("requirements") else { return LintPlan::default() };
    let mut plan =
        Plan { id: language_id, language: language(language_id), rules: Vec::new(), enforced: Vec::new() };
    plan.code_style(requirements);
    plan.code_smells(requirements);
    plan.documentation(requirements);
    plan.type_specs(requirements);
    plan.error_handling(requirements);
    let mut unenforced = Vec::new();
    for (key, value) in requirements {
        left_over(value, &format!("/requirements/{}", escaped(key)), &plan.enforced, &mut unenforced, DEPTH);
    }
    LintPlan { rules: plan.rules, unenforced }
}

struct Plan<'a> {
    id: &'a str,
    language: Option<&'static Language>,
    rules: Vec<Value>,
    enforced: Vec<String>,
}

impl Plan<'_> {
    fn code_style(&mut self, requirements: &Map<String, Value>) {
        let Some(style) = object(requirements, "code_style") else { return };
        for key in ["max_function_length", "max_function_lines"] {
            self.function_lines(style, "code_style", key);
        }
        for key in ["max_file_length", "max_file_lines"] {
            if let Some(max) = bound(style, key) {
                let parts = json!({"genesis": {"measure": "lines", "max": max}});
                self.add("code_style", key, None, "the file is longer than the template allows", parts);
            }
        }
        if let Some(max) = bound(style, "max_line_length") {
            let parts = json!({"genesis": {"measure": "columns", "max": max}});
            self.add(
                "code_style",
                "max_line_length",
                None,
                "the line is longer than the template allows",
                parts,
            );
        }
        if let (Some(max), Some(module)) =
            (bound(style, "max_module_lines"), self.language.and_then(|language| language.module))
        {
            let parts = json!({"rule": module(), "genesis": {"measure": "lines", "max": max}});
            self.add(
                "code_style",
                "max_module_lines",
                None,
                "the module is longer than the template allows",
                parts,
            );
        }
    }

    fn function_lines(&mut self, section: &Map<String, Value>, name: &str, key: &str) {
        if let (Some(max), Some(language)) = (bound(section, key), self.language) {
            let parts = json!({"rule": (language.function)(), "genesis": {"measure": "lines", "max": max}});
            self.add(name, key, None, "the function is longer than the template allows", parts);
        }
    }

    fn code_smells(&mut self, requirements: &Map<String, Value>) {
        let Some(smells) = object(requirements, "code_smells") else { return };
        self.function_lines(smells, "code_smells", "long_function_threshold");
        if let (Some(max), Some((function, nesting))) = (
            bound(smells, "max_nesting_depth"),
            self.language.map(|language| ((language.function)(), (language.nesting)())),
        ) {
            let parts = json!({"rule": function, "genesis": {"measure": "depth", "of": nesting, "max": max}});
            self.add(
                "code_smells",
                "max_nesting_depth",
                None,
                "the function nests deeper than the template allows",
                parts,
            );
        }
        for key in ["forbidden", "warnings", "warn"] {
            let Some(Value::Array(words)) = smells.get(key) else { continue };
            for (position, word) in words.iter().enumerate() {
                if let Some(word) = word.as_str().filter(|word| word.chars().count() <= WORD) {
                    self.smell(key, position, word);
                }
            }
        }
    }

    /// A marker in comments such as `FIXME`, or a call such as `unwrap()`.
    fn smell(&mut self, key: &str, position: usize, word: &str) {
        let Some(language) = self.language else { return };
        let marker = word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        let rule = if marker {
            json!({"any": kinds(language.comments), "regex": format!("\\b{word}\\b")})
        } else if let Some(rule) = (language.call)(word) {
            rule
        } else {
            return;
        };
        let what = format!(
            "`{word}` is left in the code, which the template {}",
            if key == "forbidden" { "forbids" } else { "warns of" }
        );
        self.add("code_smells", key, Some((position, word)), &what, json!({"rule": rule}));
    }

    fn documentation(&mut self, requirements: &Map<String, Value>) {
        let (Some(documentation), Some(language)) = (object(requirements, "documentation"), self.language)
        else {
            return;
        };
        for (key, doc) in documentation {
            let name = format!("documentation/{}", escaped(key));
            let Value::Object(doc) = doc else { continue };
            if language.module_doc.0.contains(&key.as_str()) {
                if doc.get("required") == Some(&Value::Bool(true)) {
                    let what = "the documentation of the module, which the template requires, is missing";
                    self.add(&name, "required", None, what, (language.module_doc.1)());
                }
                if let (Some(min), Some(text)) = (bound(doc, "min_length"), language.module_doc_text) {
                    let parts = json!({"rule": text(), "genesis": {"measure": "characters", "min": min}});
                    let what = "the documentation of the module is shorter than the template requires";
                    self.add(&name, "min_length", None, what, parts);
                }
            }
            if language.function_doc_keys.contains(&key.as_str())
                && let (Some(min), Some(text)) = (bound(doc, "min_length"), language.function_doc_text)
            {
                let parts = json!({"rule": text(), "genesis": {"measure": "characters", "min": min}});
                self.add(
                    &name,
                    "min_length",
                    None,
                    "documentation is shorter than the template requires",
                    parts,
                );
            }
            let Some(Value::Array(required)) = doc.get("required_for") else { continue };
            for (position, whose) in required.iter().enumerate() {
                let Some(whose) = whose.as_str() else { continue };
                if let Some((_, _, rule)) = language
                    .documented
                    .iter()
                    .find(|(keys, things, _)| keys.contains(&key.as_str()) && things.contains(&whose))
                {
                    let what = "documentation that the template requires is missing";
                    self.add(&name, "required_for", Some((position, whose)), what, json!({"rule": rule()}));
                }
            }
        }
    }

    fn type_specs(&mut self, requirements: &Map<String, Value>) {
        let Some(specs) = object(requirements, "type_specs") else { return };
        let Some(Value::Array(required)) = specs.get("required_for") else { return };
        for (position, whose) in required.iter().enumerate() {
            let rule = match (self.id, whose.as_str()) {
                ("elixir", Some("all_public_functions")) => languages::elixir_without("spec", "^def$"),
                ("elixir", Some("all_functions")) => languages::elixir_without("spec", "^defp?$"),
                _ => continue,
            };
            let what = "a type specification that the template requires is missing";
            let whose = whose.as_str().unwrap_or_default();
            self.add("type_specs", "required_for", Some((position, whose)), what, json!({"rule": rule}));
        }
    }

    fn error_handling(&mut self, requirements: &Map<String, Value>) {
        let Some(errors) = object(requirements, "error_handling") else { return };
        let asked = |section: &Map<String, Value>, key: &str| section.get(key) == Some(&Value::Bool(true));
        for (id, path, key, what, rule) in languages::ERROR_HANDLING {
            let section = if path.is_empty() { Some(errors) } else { object(errors, path) };
            if *id == self.id && section.is_some_and(|section| asked(section, key)) {
                let name = if path.is_empty() {
                    "error_handling".to_owned()
                } else {
                    format!("error_handling/{path}")
                };
                self.add(&name, key, None, what, json!({"rule": rule()}));
            }
        }
    }

    /// Adds a rule for the requirement at `section/key`, or for one item of the list there.
    fn add(&mut self, section: &str, key: &str, item: Option<(usize, &str)>, what: &str, parts: Value) {
        let mut pointer = format!("/requirements/{section}/{}", escaped(key));
        let mut id = format!("template/{}.{key}", section.replace('/', "."));
        if let Some((position, word)) = item {
            pointer = format!("{pointer}/{position}");
            id.push('.');
            id.extend(word.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')));
        }
        self.enforced.push(pointer.clone());
        if self.rules.len() >= RULES || self.rules.iter().any(|rule| rule["id"] == id.as_str()) {
            return;
        }
        // A position in a list would make the same requirement another one when the list grows.
        let quoted =
            pointer.rsplit_once('/').filter(|_| item.is_some()).map_or(pointer.as_str(), |(list, _)| list);
        let mut rule = json!({
            "id": id,
            "language": self.id,
            "severity": if key.starts_with("warn") { "info" } else { "warning" },
            "message": format!("{what} ({quoted})").replace('$', ""),
            "metadata": {"analysis": "quality", "source": pointer},
        });
        if let (Value::Object(rule), Value::Object(parts)) = (&mut rule, parts) {
            rule.extend(parts);
        }
        self.rules.push(rule);
    }
}

fn object<'a>(members: &'a Map<String, Value>, key: &str) -> Option<&'a Map<String, Value>> {
    members.get(key).and_then(Value::as_object)
}

/// A bound that can be kept: a whole number above 0.
fn bound(members: &Map<String, Value>, key: &str) -> Option<u64> {
    members.get(key).and_then(Value::as_u64).filter(|bound| *bound > 0)
}

fn kinds(kinds: &[&str]) -> Value {
    kinds.iter().map(|kind| json!({"kind": kind})).collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Lists what is not enforced, the largest parts first.
fn left_over(value: &Value, at: &str, enforced: &[String], list: &mut Vec<String>, depth: usize) {
    if enforced.iter().any(|pointer| pointer == at) {
        return;
    }
    let below = format!("{at}/");
    if depth == 0 || !enforced.iter().any(|pointer| pointer.starts_with(&below)) {
        list.push(at.to_owned());
        return;
    }
    match value {
        Value::Object(members) => {
            for (key, value) in members.iter().filter(|(key, _)| !EXPLAINING.contains(&key.as_str())) {
                left_over(value, &format!("{at}/{}", escaped(key)), enforced, list, depth - 1);
            }
        }
        Value::Array(items) => {
            for (position, value) in items.iter().enumerate() {
                left_over(value, &format!("{at}/{position}"), enforced, list, depth - 1);
            }
        }
        _ => {}
    }
}
