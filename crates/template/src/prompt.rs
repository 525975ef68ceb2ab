//! Prompts: a second, separate syntax. `{task}` and `{code}` stand for answers; every other brace is text, because
//! prompts quote code: `import { x } from 'y'`, `{:ok, result}`.

use serde_json::{Map, Value};

use crate::scan::{self, Path, TagKind};

/// The placeholders that exist.
pub const PLACEHOLDERS: [&str; 2] = ["task", "code"];

/// A prompt with its placeholders filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledPrompt {
    /// The text.
    pub text: String,
    /// The placeholders that were filled.
    pub used: Vec<&'static str>,
    /// How many placeholders stayed literal, because no answer fills them.
    pub literal: u64,
}

/// Fills the placeholders of a prompt from the answers. What an answer holds is not looked at again.
pub fn fill(prompt: &str, answers: &Map<String, Value>) -> FilledPrompt {
    let mut filled = FilledPrompt { text: String::with_capacity(prompt.len()), used: Vec::new(), literal: 0 };
    let mut rest = prompt;
    while let Some((before, name, after)) = next_placeholder(rest) {
        filled.text.push_str(before);
        if let Some(Value::String(answer)) = answers.get(name) {
            filled.text.push_str(answer);
            if !filled.used.contains(&name) {
                filled.used.push(name);
            }
        } else {
            filled.literal += 1;
            filled.text.push('{');
            filled.text.push_str(name);
            filled.text.push('}');
        }
        rest = after;
    }
    filled.text.push_str(rest);
    filled
}

/// A prompt that is Handlebars as well, with the placeholders that have an answer turned into tags, so that what an
/// answer holds is not looked at again. The filled prompt tells the placeholders; its text is the prompt's own.
pub(crate) fn as_template(prompt: &str, answers: &Map<String, Value>) -> (String, FilledPrompt) {
    let tags = PLACEHOLDERS
        .iter()
        .filter(|name| answers.get(**name).is_some_and(Value::is_string))
        .map(|name| ((*name).to_owned(), Value::String(format!("{{{{{name}}}}}"))))
        .collect();
    let filled = fill(prompt, &tags);
    (filled.text.clone(), filled)
}

/// Where the rendered prompt goes.
pub(crate) fn path(name: &str) -> String {
    format!("prompts/{name}.md")
}

/// Whether a prompt is Handlebars as well: it can be cut into tags, and one of them names a declared variable. Double
/// braces alone mean nothing in a text that quotes code: `style={{ color: 'red' }}`.
pub(crate) fn is_template(prompt: &str, is_declared: impl Fn(&str) -> bool) -> bool {
    scan::has_tags(prompt)
        && scan::scan(prompt).is_ok_and(|tags| {
            tags.iter().filter(|tag| matches!(tag.kind, TagKind::Print | TagKind::Open)).any(|tag| {
                tag.call.as_ref().is_some_and(|call| {
                    let mut expressions = std::iter::once(&call.name).chain(&call.params);
                    expressions.any(|expression| match &expression.value {
                        scan::Value::Path(Path { names, local: false, .. }) => {
                            names.first().is_some_and(|name| is_declared(name))
                        }
                        _ => false,
                    })
                })
            })
        })
}

fn next_placeholder(text: &str) -> Option<(&str, &'static str, &str)> {
    text.match_indices('{').find_map(|(at, _)| {
        let inside = &text[at + 1..];
        let name = *PLACEHOLDERS
            .iter()
            .find(|name| inside.strip_prefix(**name).is_some_and(|after| after.starts_with('}')))?;
        let doubled = text[..at].ends_with('{') && inside[name.len() + 1..].starts_with('}');
        (!doubled).then(|| (&text[..at], name, &inside[name.len() + 1..]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(pairs: &[(&str, &str)]) -> Map<String, Value> {
        pairs.iter().map(|(name, answer)| ((*name).to_owned(), Value::from(*answer))).collect()
    }

    #[test]
    fn only_known_placeholders_are_filled() {
        let prompt = "Do {task}: import { x } from 'y'; {:ok, result}; {other}; {code}";
        let filled = fill(prompt, &answers(&[("task", "it"), ("other", "no"), ("x", "no")]));
        assert_eq!(filled.text, "Do it: import { x } from 'y'; {:ok, result}; {other}; {code}");
        assert_eq!((filled.used, filled.literal), (vec!["task"], 1));
    }

    #[test]
    fn an_answer_is_not_read_as_a_prompt() {
        let filled = fill("{task} {code}", &answers(&[("task", "{code}"), ("code", "{task}")]));
        assert_eq!(filled.text, "{code} {task}");
        assert_eq!(filled.literal, 0);
    }

    #[test]
    fn doubled_braces_are_left_to_handlebars() {
        let filled = fill("{{task}} {{{code}", &answers(&[("task", "t"), ("code", "c")]));
        assert_eq!(filled.text, "{{task}} {{c");
    }

    #[test]
    fn a_prompt_with_sample_code_is_no_template() {
        let declared = |name: &str| name == "use_cache";
        assert!(!is_template("style={{ color: 'red' }}", declared));
        assert!(!is_template("{{ other }}", declared));
        assert!(is_template("{{#if use_cache}}cache{{/if}} {task}", declared));
    }
}
