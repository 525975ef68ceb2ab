//! The syntax of the fields that hold template text, and of stand-alone `.hbs` files.

use std::collections::BTreeSet;

use genesis_abi::{Finding, Place, TemplateText};

use crate::analysis::{self, Analysis, Mode};
use crate::codes::{Code, quoted, rendering as codes};
use crate::compose::{Composition, Parts};
use crate::engine;
use crate::fields::{self, Field, Role};
use crate::findings::MOST_OF_A_CODE;
use crate::json::Document;
use crate::limit::limited;
use crate::references::is_near;
use crate::render::offset;
use crate::variables::{declared_names, part_place};
use crate::{Profile, prompt, scan};

/// Checks every field that holds template text, and the partials and the template file it draws in. Other strings are
/// never looked at.
pub fn check(document: &Document, template: &TemplateText, profile: Profile) -> Vec<Finding> {
    let parts = Parts::new(template);
    check_composed(document, &Composition::of(document, template, &parts), &parts, template, profile)
}

/// As [`check`], of what was composed already.
pub(crate) fn check_composed(
    document: &Document,
    composition: &Composition<'_>,
    parts: &Parts,
    template: &TemplateText,
    profile: Profile,
) -> Vec<Finding> {
    let names = declared_names(composition);
    let mut check = Check {
        profile,
        template,
        names,
        findings: Vec::new(),
        pushed: BTreeSet::new(),
        said: BTreeSet::new(),
    };
    for field in fields::fields(composition, template) {
        let place = |start, length| field.place(document, parts, start, length);
        check.field(&field, &place);
    }
    limited(check.findings)
}

/// Checks a stand-alone Handlebars file. Which variables it may use and which partials exist is not known, so neither
/// is looked at.
pub fn check_hbs(path: &str, text: &str) -> Vec<Finding> {
    let template = TemplateText { path: path.to_owned(), text: text.to_owned(), ..TemplateText::default() };
    let field = fields::whole_text(&template);
    let names = BTreeSet::new();
    let mut check = Check {
        profile: Profile::Standard,
        template: &template,
        names,
        findings: Vec::new(),
        pushed: BTreeSet::new(),
        said: BTreeSet::new(),
    };
    let place = |start, length| fields::place_in_text(Some(path), text, start, length);
    check.dialects(&field, &place);
    let found = analysis::analyse(text, path, &template, 1, &|_| true);
    check.problems(&found, &place);
    if check.findings.is_empty() {
        check.engine(text, &place);
    }
    check.findings.retain(|finding| finding.code != codes::PARTIAL_MISSING.code);
    limited(check.findings)
}

struct Check<'a> {
    profile: Profile,
    template: &'a TemplateText,
    /// What may be answered.
    names: BTreeSet<String>,
    findings: Vec<Finding>,
    pushed: BTreeSet<Finding>,
    /// Names about which something was said.
    said: BTreeSet<(&'static str, String)>,
}

impl Check<'_> {
    fn field(&mut self, field: &Field, place: &dyn Fn(usize, usize) -> Place) {
        if field.role == Role::Prompt && !prompt::is_template(&field.text, |name| self.names.contains(name)) {
            self.lua(field, place);
            return;
        }
        self.dialects(field, place);
        if !scan::has_tags(&field.text) {
            return;
        }
        let from = field.file.as_deref().unwrap_or(&self.template.path);
        let infers = self.names.is_empty();
        let names = &self.names;
        let is_prompt = field.role == Role::Prompt;
        let is_known = |name: &str| {
            infers || names.contains(name) || (is_prompt && prompt::PLACEHOLDERS.contains(&name))
        };
        let no_parts = TemplateText::default();
        let is_condition = matches!(field.role, Role::When | Role::Validator);
        let template = if is_condition { &no_parts } else { self.template };
        let found = analysis::analyse(&field.text, from, template, 1, &is_known);
        let unknown: Vec<_> = found
            .uses
            .iter()
            .filter_map(|used| {
                let name = used.path.first()?;
                let code = match used.mode {
                    _ if infers => &codes::INFERRED_VARIABLE,
                    _ if is_known(name) || used.unreachable => return None,
                    Mode::Ask => &codes::UNDECLARED_CONDITION,
                    Mode::Print | Mode::Enter => &codes::UNDECLARED_VARIABLE,
                };
                Some((code, name.clone(), used.file.clone(), used.start, used.length))
            })
            .collect();
        let before = self.findings.len();
        self.problems(&found, place);
        if self.findings.len() == before {
            if !scan::is_plain(&field.text, &found.tags) {
                self.engine(&field.text, place);
            }
            for file in found.partials.values().collect::<BTreeSet<_>>() {
                if self.said.insert(("read", file.clone())) {
                    let text = self.template.parts.get(file).cloned().unwrap_or_default();
                    let template = self.template;
                    self.engine(&text, &|start, length| part_place(template, file, start, length));
                }
            }
        }
        if !is_condition {
            for (code, name, file, start, length) in unknown {
                let place = match &file {
                    Some(file) => part_place(self.template, file, start, length),
                    None => place(start, length),
                };
                self.unknown(code, &name, place);
            }
        }
    }

    fn unknown(&mut self, code: &'static Code, name: &str, place: Place) {
        // A name that is printed somewhere is said to be undeclared once, wherever else it is looked at.
        if !self.said.insert((code.code, name.to_owned())) {
            return;
        }
        let message = format!("variable {} is used but not declared", quoted(name));
        // Every name is compared with every other, so only the findings that will be shown are worth it.
        let near = (self.said.len() <= MOST_OF_A_CODE)
            .then(|| self.names.iter().find(|known| is_near(known, name)))
            .flatten();
        let finding = match near {
            Some(near) => code.finding_with_help(
                self.profile,
                message,
                place,
                format!("did you mean {}?", quoted(near)),
            ),
            None => code.finding(self.profile, message, place),
        };
        self.findings.push(finding);
    }

    fn problems(&mut self, found: &Analysis, place: &dyn Fn(usize, usize) -> Place) {
        for located in &found.problems {
            let problem = &located.problem;
            let place = match &located.file {
                Some(file) => part_place(self.template, file, problem.start, problem.length),
                None => place(problem.start, problem.length),
            };
            self.push(problem.code, problem.message.clone(), place);
        }
    }

    /// What the engine's own parser says; the scanner lets pass what only that can tell.
    fn engine(&mut self, text: &str, place: &dyn Fn(usize, usize) -> Place) {
        if let Err((words, position)) = engine::check(text) {
            let start = position.map_or(0, |position| offset(text, position));
            self.push(&codes::TEMPLATE_SYNTAX, words, place(start, 1));
        }
    }

    fn dialects(&mut self, field: &Field, place: &dyn Fn(usize, usize) -> Place) {
        self.lua(field, place);
        let Some((start, length)) = jinja_statement(&field.text) else { return };
        let statement = &field.text[start..start + length];
        let names_a_variable = || {
            let mut words = statement.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            words.any(|word| self.names.contains(word))
        };
        let (code, what) = match field.role {
            Role::When | Role::Validator => (&codes::JINJA_SYNTAX, "is Jinja"),
            _ if names_a_variable() => {
                (&codes::JINJA_SYNTAX, "has a Jinja statement about a declared variable")
            }
            _ => (&codes::JINJA_STATEMENT, "has a Jinja statement"),
        };
        self.push(code, format!("{} {what}", field.title), place(start, length));
    }

    fn lua(&mut self, field: &Field, place: &dyn Fn(usize, usize) -> Place) {
        let is_file = field.file.as_deref().unwrap_or_default().to_ascii_lowercase().ends_with(".lua");
        // A single character is looked for several bytes at a time, and a word byte by byte.
        let calls = field.text.match_indices('P').map(|(at, _)| at);
        let calls: Vec<usize> = calls.filter(|at| field.text[*at..].starts_with("Prompt.new(")).collect();
        let program = ["= ", "return "].iter().find_map(|before| {
            calls.iter().find(|at| field.text[..**at].ends_with(before)).map(|at| at - before.len())
        });
        if let Some(start) = program.or(is_file.then_some(0)) {
            self.push(&codes::LUA_PROGRAM, format!("{} is a Lua program", field.title), place(start, 0));
        }
    }

    fn push(&mut self, code: &Code, message: String, place: Place) {
        let finding = code.finding(self.profile, message, place);
        if self.pushed.insert(finding.clone()) {
            self.findings.push(finding);
        }
    }
}

/// The first Jinja control statement.
fn jinja_statement(text: &str) -> Option<(usize, usize)> {
    const KEYWORDS: &[&str] = &[
        "if", "elif", "else", "endif", "for", "endfor", "set", "block", "endblock", "extends", "include",
        "import", "macro", "endmacro", "call", "filter", "yield", "endyield", "raw", "endraw", "with",
        "endwith",
    ];
    let mut starts = text.match_indices('%').filter_map(|(at, _)| Some(text[..at].strip_suffix('{')?.len()));
    starts.find_map(|start| {
        let inside = text[start + 2..].trim_start_matches(['-', '+']).trim_start();
        let word = &inside[..inside.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(inside.len())];
        let end = text[start..].find("%}")?;
        KEYWORDS.contains(&word).then_some((start, end + 2))
    })
}

#[cfg(test)]
mod tests;
