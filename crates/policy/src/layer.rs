//! One policy file, read: what it sets itself, and everything that is wrong with it alone.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use genesis_abi::Applies;
use genesis_domain::{Decision, Digest, Metric, Operator, Risk};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::attached::{LintDraft, SuiteDraft};
use crate::canonical::applies;
use crate::date::Date;
use crate::decide::{Condition, NO_RULE_MATCHED, Rule};
use crate::error::{PolicyError, Problem};
use crate::key::{self, PROFILES, RISKS};
use crate::policy::{Check, Exception, Guest, Minimum, Profile};
use crate::value::{self, Setting};

/// Most bytes of a policy file.
const MOST_FILE_BYTES: usize = 16 << 20;
/// Most rules, checks, minimums or exceptions of one file, and conditions of one rule.
const MOST_ITEMS: usize = 500;
/// Most bytes of a name.
const MOST_NAME_BYTES: usize = 64;

/// What a check may be applied to.
const APPLIES: [Applies; 4] = [Applies::Template, Applies::Render, Applies::Case, Applies::Code];
const SUITE_KEYS: &[&str] = &["name", "language", "files", "required"];

/// What one file sets.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) source: Source,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) extends: Option<At<String>>,
    pub(crate) settings: BTreeMap<String, At<Setting>>,
    pub(crate) checks: Vec<At<Check>>,
    pub(crate) rules: Vec<At<PlacedRule>>,
    pub(crate) minimums: Vec<At<Minimum>>,
    pub(crate) exceptions: Vec<At<Exception>>,
    pub(crate) suites: Vec<At<SuiteDraft>>,
    pub(crate) lints: Vec<At<LintDraft>>,
}

/// A file's text and name.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// As shown in messages.
    pub(crate) file: String,
    /// Folder that paths in it are relative to, with a final `/`; empty for the current one.
    pub(crate) folder: String,
    pub(crate) text: String,
}

/// Something with its place in the file.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

/// A rule, and the rule that it wants to stand before.
#[derive(Debug, Clone)]
pub(crate) struct PlacedRule {
    pub(crate) rule: Rule,
    pub(crate) before: Option<At<String>>,
}

impl Source {
    pub(crate) fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem::at(&self.file, &self.text, span, message)
    }

    /// The line of a place, from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.text[..self.text.floor_char_boundary(at)].matches('\n').count() + 1
    }
}

impl Layer {
    /// Reads a file's text.
    pub(crate) fn read(source: Source) -> Result<Self, PolicyError> {
        if source.text.len() > MOST_FILE_BYTES {
            let message = format!("a policy file may have at most {MOST_FILE_BYTES} bytes");
            return Err(Problem::of_file(&source.file, message).into());
        }
        let text = source.text.clone();
        let document = DeTable::parse(&text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            PolicyError::from(source.problem(span, format!("not TOML: {}", error.message())))
        })?;
        let mut reader = Reader { layer: Self::empty(source), problems: Vec::new() };
        reader.file(document.get_ref());
        let Reader { layer, mut problems } = reader;
        if problems.is_empty() {
            return Ok(layer);
        }
        problems.sort_by_key(Problem::line);
        Err(PolicyError::new(problems))
    }

    /// These settings of it, and nothing else.
    pub(crate) fn only(self, paths: &BTreeSet<&'static str>) -> Self {
        let Self { source, mut settings, .. } = self;
        settings.retain(|path, _| paths.contains(path.as_str()));
        Self { settings, ..Self::empty(source) }
    }

    fn empty(source: Source) -> Self {
        Self {
            source,
            name: String::new(),
            description: String::new(),
            extends: None,
            settings: BTreeMap::new(),
            checks: Vec::new(),
            rules: Vec::new(),
            minimums: Vec::new(),
            exceptions: Vec::new(),
            suites: Vec::new(),
            lints: Vec::new(),
        }
    }

    /// Reads a file that holds suites and nothing else.
    pub(crate) fn suites_alone(source: Source, table: &DeTable<'_>) -> Result<Self, PolicyError> {
        let mut reader = Reader { layer: Self::empty(source), problems: Vec::new() };
        let whole = Item { what: "file of suites", table, span: 0..0 };
        reader.only(&whole, &["suite"]);
        reader.list(table, "suite", SUITE_KEYS, Reader::suite);
        let Reader { layer, problems } = reader;
        if problems.is_empty() { Ok(layer) } else { Err(PolicyError::new(problems)) }
    }
}

pub(crate) struct Reader {
    pub(crate) layer: Layer,
    problems: Vec<Problem>,
}

/// One table of a list, with its place.
pub(crate) struct Item<'t, 'i> {
    pub(crate) what: &'static str,
    pub(crate) table: &'t DeTable<'i>,
    pub(crate) span: Range<usize>,
}

impl Reader {
    fn file(&mut self, table: &DeTable<'_>) {
        let whole = Item { what: "policy file", table, span: 0..0 };
        if let Some(name) = self.name(&whole, "name") {
            self.layer.name = name.value;
        }
        if let Some(description) = self.optional_text(&whole, "description") {
            self.layer.description = description.value;
        }
        self.layer.extends = self.optional_text(&whole, "extends");
        self.section("", table);
        self.list(table, "check", &["name", "guest", "digest", "applies", "required"], Self::check);
        self.list(table, "rule", &["name", "verdict", "text", "when", "before"], Self::rule);
        self.list(table, "minimum", &["template", "publisher", "risk", "profile"], Self::minimum);
        self.list(table, "exception", &["code", "reason", "expires"], Self::exception);
        self.list(table, "suite", SUITE_KEYS, Self::suite);
        self.list(table, "lint", &["name", "file", "yaml"], Self::lint);
    }

    /// Settings of a section and of those below it; what is no setting is a problem.
    fn section(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            if prefix.is_empty()
                && (key::HEAD.contains(&&**name.get_ref()) || key::LISTS.contains(&&**name.get_ref()))
            {
                continue;
            }
            let path = if prefix.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{prefix}.{}", name.get_ref())
            };
            if name.get_ref().contains('.') {
                self.unknown(prefix, name);
            } else if let Some(kind) = key::kind_of(&path) {
                match kind.read(value.get_ref()) {
                    Ok(setting) => {
                        self.layer.settings.insert(path, At { value: setting, span: name.span() });
                    }
                    Err((message, help)) => self.wrong_setting(&path, value, &message, help),
                }
            } else if key::is_section(&path) {
                match value.get_ref() {
                    DeValue::Table(below) => {
                        if prefix == "limits.guest" && !is_name(name.get_ref()) {
                            self.wrong(name.span(), "a guest's name has small letters, digits, `-` and `_`");
                        } else {
                            self.section(&path, below);
                        }
                    }
                    other => {
                        let message = format!("`{path}` is a section, found {}", value::found(other));
                        self.wrong(value.span(), message);
                    }
                }
            } else {
                self.unknown(prefix, name);
            }
        }
    }

    fn wrong_setting(
        &mut self,
        path: &str,
        value: &Spanned<DeValue<'_>>,
        message: &str,
        help: Option<String>,
    ) {
        let mut problem = self.layer.source.problem(value.span(), format!("`{path}`: {message}"));
        problem.help = help;
        self.problems.push(problem);
    }

    fn list(
        &mut self,
        table: &DeTable<'_>,
        what: &'static str,
        allowed: &[&str],
        read: impl Fn(&mut Self, &Item<'_, '_>),
    ) {
        let Some((key, value)) = table.get_key_value(what) else { return };
        let DeValue::Array(items) = value.get_ref() else {
            let problem = self.layer.source.problem(key.span(), format!("`{what}` is a list of tables"));
            self.problems.push(problem.help(format!("write [[{what}]]")));
            return;
        };
        if items.len() > MOST_ITEMS {
            return self.wrong(key.span(), format!("at most {MOST_ITEMS} of `{what}`"));
        }
        for value in items {
            let DeValue::Table(table) = value.get_ref() else {
                self.wrong(
                    value.span(),
                    format!("`{what}` is a list of tables, found {}", value::found(value.get_ref())),
                );
                continue;
            };
            let item = Item { what, table, span: value.span() };
            self.only(&item, allowed);
            read(self, &item);
        }
    }

    fn check(&mut self, item: &Item<'_, '_>) {
        let name = self.name(item, "name");
        let guest = self.text(item, "guest");
        let digest = self.optional_text(item, "digest");
        let word = self.word(item, "applies", &APPLIES.map(applies));
        let required = match item.table.get("required").map(|value| (value, value.get_ref())) {
            Some((_, DeValue::Boolean(required))) => *required,
            Some((value, other)) => {
                return self.wrong(
                    value.span(),
                    format!("`required`: expected true or false, found {}", value::found(other)),
                );
            }
            None => return self.missing(item, "required"),
        };
        let (Some(name), Some(guest), Some(word)) = (name, guest, word) else { return };
        let digest = match digest {
            Some(digest) if !is_digest(&digest.value) => {
                return self.wrong(digest.span, "`digest`: expected `sha256:` and 64 hexadecimal digits");
            }
            digest => digest.map(|digest| Digest::from_text(&digest.value)),
        };
        let written = guest.value;
        let guest = if written.contains(['/', '.']) {
            Guest::File { path: joined(&self.layer.source.folder, &written), written }
        } else if is_name(&written) {
            Guest::BuiltIn(written)
        } else {
            return self.wrong(guest.span, "`guest`: expected a built-in guest's name or a path");
        };
        let applies = APPLIES[word];
        let check = Check { name: name.value, guest, digest, applies, required };
        if self.layer.checks.iter().any(|other| other.value.name == check.name) {
            return self.wrong(name.span, format!("check `{}` stands twice in this file", check.name));
        }
        self.layer.checks.push(At { value: check, span: name.span });
    }

    fn rule(&mut self, item: &Item<'_, '_>) {
        const DECISIONS: [Decision; 4] =
            [Decision::Merge, Decision::MergeWithAdaptations, Decision::Rollback, Decision::Inconclusive];
        let name = self.name(item, "name");
        let verdict = self.word(item, "verdict", &DECISIONS.map(Decision::as_str));
        let text = self.text(item, "text");
        let before = self.optional_text(item, "before");
        let when = self.conditions(item);
        let (Some(name), Some(verdict), Some(text), Some(when)) = (name, verdict, text, when) else { return };
        if name.value == NO_RULE_MATCHED {
            return self.wrong(
                name.span,
                format!("`{NO_RULE_MATCHED}` is the name of the verdict that no rule gives"),
            );
        }
        if self.layer.rules.iter().any(|other| other.value.rule.name == name.value) {
            return self.wrong(name.span, format!("rule `{}` stands twice in this file", name.value));
        }
        let rule = Rule { name: name.value, verdict: DECISIONS[verdict], text: text.value, when };
        self.layer.rules.push(At { value: PlacedRule { rule, before }, span: name.span });
    }

    fn conditions(&mut self, item: &Item<'_, '_>) -> Option<Vec<Condition>> {
        let Some(value) = item.table.get("when") else {
            self.missing(item, "when");
            return None;
        };
        let DeValue::Array(list) = value.get_ref() else {
            let message =
                format!("`when`: expected a list of conditions, found {}", value::found(value.get_ref()));
            self.wrong(value.span(), message);
            return None;
        };
        if list.len() > MOST_ITEMS {
            self.wrong(value.span(), format!("at most {MOST_ITEMS} conditions"));
            return None;
        }
        list.iter().map(|entry| self.condition(entry)).collect()
    }

    fn condition(&mut self, entry: &Spanned<DeValue<'_>>) -> Option<Condition> {
        const OPERATORS: [Operator; 6] = [
            Operator::Less,
            Operator::AtMost,
            Operator::Equal,
            Operator::NotEqual,
            Operator::AtLeast,
            Operator::Greater,
        ];
        let DeValue::Table(table) = entry.get_ref() else {
            let message =
                "expected a condition such as { metric = \"regression\", op = \">\", value = 0.05 }";
            self.wrong(entry.span(), message);
            return None;
        };
        let item = Item { what: "condition", table, span: entry.span() };
        self.only(&item, &["metric", "op", "value"]);
        let metric = self.word(&item, "metric", &Metric::ALL.map(Metric::as_str));
        let operator = self.word(&item, "op", &OPERATORS.map(Operator::as_str));
        let value = table.get("value").and_then(|value| value::float(value.get_ref()));
        match table.get("value") {
            Some(given) if value.is_none() => self.wrong(given.span(), "`value`: expected a number"),
            Some(_) => {}
            None => self.missing(&item, "value"),
        }
        Some(Condition { metric: Metric::ALL[metric?], operator: OPERATORS[operator?], value: value? })
    }

    fn minimum(&mut self, item: &Item<'_, '_>) {
        let template = self.optional_text(item, "template").map(|text| text.value);
        let publisher = self.optional_text(item, "publisher").map(|text| text.value);
        let risk = self.optional_word(item, "risk", RISKS).map(|index| risk_of(RISKS[index]));
        let profile = self.optional_word(item, "profile", PROFILES).map(|index| profile_of(PROFILES[index]));
        if template.is_none() && publisher.is_none() {
            return self.wrong(item.span.clone(), "a minimum says for which `template` or `publisher` it is");
        }
        if risk.is_none() && profile.is_none() {
            return self.wrong(item.span.clone(), "a minimum sets `risk` or `profile`");
        }
        let minimum = Minimum { template, publisher, risk, profile };
        self.layer.minimums.push(At { value: minimum, span: item.span.clone() });
    }

    fn exception(&mut self, item: &Item<'_, '_>) {
        let code = self.text(item, "code");
        let reason = self.text(item, "reason");
        let expires = match item.table.get("expires").map(|value| (value.span(), value.get_ref())) {
            None => {
                self.missing(item, "expires");
                None
            }
            Some((span, DeValue::String(text))) => self.date(&span, text),
            Some((span, DeValue::Datetime(date))) => self.date(&span, &date.to_string()),
            Some((span, other)) => {
                self.wrong(
                    span,
                    format!("`expires`: expected a date YYYY-MM-DD, found {}", value::found(other)),
                );
                None
            }
        };
        let (Some(code), Some(reason), Some(expires)) = (code, reason, expires) else { return };
        if code.value.len() > MOST_NAME_BYTES
            || !code.value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        {
            return self.wrong(code.span, "`code`: expected a finding's code such as `T0203`");
        }
        if reason.value.trim().is_empty() {
            return self.wrong(reason.span, "`reason` is empty");
        }
        let exception = Exception { code: code.value, reason: reason.value, expires };
        self.layer.exceptions.push(At { value: exception, span: code.span });
    }

    fn date(&mut self, span: &Range<usize>, text: &str) -> Option<Date> {
        text.parse().map_err(|error| self.wrong(span.clone(), format!("`expires`: {error}"))).ok()
    }

    /// A name that must be there.
    pub(crate) fn name(&mut self, item: &Item<'_, '_>, key: &str) -> Option<At<String>> {
        let name = self.text(item, key)?;
        if is_name(&name.value) {
            return Some(name);
        }
        let message =
            format!("`{key}`: a name has small letters, digits, `-` and `_`, at most {MOST_NAME_BYTES}");
        self.wrong(name.span, message);
        None
    }

    /// Text that must be there and not be empty.
    pub(crate) fn text(&mut self, item: &Item<'_, '_>, key: &str) -> Option<At<String>> {
        if item.table.get(key).is_none() {
            self.missing(item, key);
            return None;
        }
        let text = self.optional_text(item, key)?;
        if text.value.is_empty() {
            self.wrong(text.span, format!("`{key}` is empty"));
            return None;
        }
        Some(text)
    }

    pub(crate) fn optional_text(&mut self, item: &Item<'_, '_>, key: &str) -> Option<At<String>> {
        let value = item.table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(At { value: text.to_string(), span: value.span() }),
            other => {
                self.wrong(value.span(), format!("`{key}`: expected text, found {}", value::found(other)));
                None
            }
        }
    }

    /// Index of a word that must be there.
    fn word(&mut self, item: &Item<'_, '_>, key: &str, words: &[&str]) -> Option<usize> {
        if item.table.get(key).is_none() {
            self.missing(item, key);
            return None;
        }
        self.optional_word(item, key, words)
    }

    fn optional_word(&mut self, item: &Item<'_, '_>, key: &str, words: &[&str]) -> Option<usize> {
        let text = self.optional_text(item, key)?;
        let index = words.iter().position(|word| *word == text.value);
        if index.is_none() {
            let known = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            let mut problem =
                self.layer.source.problem(text.span, format!("`{key}`: `{}` is none of {known}", text.value));
            problem.help = value::suggestion(&text.value, words.iter().copied());
            self.problems.push(problem);
        }
        index
    }

    pub(crate) fn only(&mut self, item: &Item<'_, '_>, allowed: &[&str]) {
        for (name, _) in item.table {
            if !allowed.contains(&&**name.get_ref()) {
                self.unknown_among(item.what, name, allowed);
            }
        }
    }

    fn unknown(&mut self, section: &str, name: &Spanned<std::borrow::Cow<'_, str>>) {
        let what = if section.is_empty() { "policy file".to_owned() } else { format!("section [{section}]") };
        self.unknown_among(&what, name, &key::names_below(section));
    }

    fn unknown_among(&mut self, what: &str, name: &Spanned<std::borrow::Cow<'_, str>>, known: &[&str]) {
        let problem = self
            .layer
            .source
            .problem(name.span(), format!("unknown key `{}` in this {what}", name.get_ref()));
        let help = value::suggestion(name.get_ref(), known.iter().copied())
            .unwrap_or_else(|| format!("known here: {}", known.join(", ")));
        self.problems.push(problem.help(help));
    }

    pub(crate) fn missing(&mut self, item: &Item<'_, '_>, key: &str) {
        self.wrong(item.span.clone(), format!("this {} has no `{key}`", item.what));
    }

    pub(crate) fn wrong(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.problems.push(self.layer.source.problem(span, message));
    }
}

/// A path as seen from a folder.
pub(crate) fn joined(folder: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{folder}{path}") }
}

pub(crate) fn risk_of(word: &str) -> Risk {
    match word {
        "low" => Risk::Low,
        "medium" => Risk::Medium,
        _ => Risk::High,
    }
}

pub(crate) fn profile_of(word: &str) -> Profile {
    match word {
        "legacy" => Profile::Legacy,
        "standard" => Profile::Standard,
        _ => Profile::Strict,
    }
}

fn is_name(text: &str) -> bool {
    let name_byte =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= MOST_NAME_BYTES && text.bytes().all(name_byte)
}

pub(crate) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}
