//! One rule document, read and made ready to be applied.

use ast_grep_config::{DeserializeEnv, RuleCore, SerializableRuleCore};
use ast_grep_core::Matcher as _;
use genesis_abi::code::{RULE_INVALID, RULE_NEVER_MATCHES};
use genesis_abi::{Finding, Place, Severity};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::{Map, Value, json};

use super::audit::audit;
use super::language::Lang;
use super::measure::Measure;

/// The keys of a rule document.
const KEYS: [&str; 17] = [
    "id",
    "language",
    "rule",
    "constraints",
    "utils",
    "transform",
    "fix",
    "rewriters",
    "message",
    "note",
    "severity",
    "labels",
    "files",
    "ignores",
    "url",
    "metadata",
    "genesis",
];
const BYTES: usize = 64 << 10;
const DEPTH: usize = 64;
const ID_CHARACTERS: usize = 128;
const GLOBS: usize = 64;
const GLOB_BYTES: usize = 1024;

/// A rule, ready to be applied.
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) note: Option<String>,
    pub(super) fix: Option<String>,
    pub(super) url: Option<String>,
    /// Which nodes it is about; absent for a rule that measures whole files.
    pub(super) matcher: Option<RuleCore>,
    pub(super) measure: Option<Measure>,
    files: Option<GlobSet>,
    ignores: Option<GlobSet>,
}

/// Why a rule is not applied.
pub(super) struct Problem {
    /// Whether it is well formed and can match nothing, rather than being malformed.
    pub(super) never: bool,
    /// Where in the rule, as a JSON pointer.
    pub(super) pointer: String,
    /// A sentence without an end.
    pub(super) why: String,
}

impl Problem {
    pub(super) fn invalid(pointer: impl Into<String>, why: impl Into<String>) -> Self {
        Self { never: false, pointer: pointer.into(), why: why.into() }
    }

    pub(super) fn never(pointer: impl Into<String>, why: impl Into<String>) -> Self {
        Self { never: true, pointer: pointer.into(), why: why.into() }
    }

    /// The finding about it.
    pub(super) fn finding(self, id: &str) -> Finding {
        let (severity, code, what) = if self.never {
            (Severity::Warning, RULE_NEVER_MATCHES, "can never match")
        } else {
            (Severity::Error, RULE_INVALID, "cannot be read")
        };
        Finding {
            severity,
            code: code.to_owned(),
            message: format!("the rule `{id}` {what}: {}", self.why),
            place: Place { pointer: Some(self.pointer), ..Place::default() },
            help: Some("the rule was not applied; the place is within the rule".to_owned()),
            inherited: false,
        }
    }
}

/// The id of a rule document, whatever else is wrong with it.
pub(super) fn id_of(document: &Value) -> String {
    let id = document.get("id").and_then(Value::as_str).unwrap_or("(no id)");
    id.chars().filter(|character| !character.is_control()).take(ID_CHARACTERS).collect()
}

/// Reads one rule; nothing when its severity is `off`.
pub(super) fn read(document: &Value, lang: Lang) -> Result<Option<Rule>, Problem> {
    let Value::Object(members) = document else {
        return Err(Problem::invalid("", "a rule is an object"));
    };
    if depth_exceeds(document, DEPTH) {
        return Err(Problem::invalid("", format!("it is nested deeper than {DEPTH}")));
    }
    if serde_json::to_string(document).map_or(true, |text| text.len() > BYTES) {
        return Err(Problem::invalid("", format!("it has more than {BYTES} bytes")));
    }
    if let Some(key) = members.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let known = KEYS.join(", ");
        return Err(Problem::invalid(pointer(&["", key]), format!("the key is unknown; known are {known}")));
    }
    let id = string(members, "id")?.unwrap_or_default();
    if id.is_empty() || id.chars().count() > ID_CHARACTERS || id.chars().any(char::is_control) {
        let why = format!("an id has 1 to {ID_CHARACTERS} characters, none of them a control character");
        return Err(Problem::invalid("/id", why));
    }
    let severity = match string(members, "severity")?.as_deref() {
        Some("off") => return Ok(None),
        Some("error") => Severity::Error,
        Some("warning") => Severity::Warning,
        Some("info" | "hint") | None => Severity::Note,
        Some(_) => {
            return Err(Problem::invalid("/severity", "a severity is error, warning, info, hint or off"));
        }
    };
    let measure = members.get("genesis").map(|value| Measure::read(value, lang)).transpose()?;
    let matcher = members.get("rule").map(|_| matcher(members, lang)).transpose()?;
    if matcher.is_none() && measure.is_none() {
        return Err(Problem::invalid("", "it has neither `rule` nor `genesis`"));
    }
    Ok(Some(Rule {
        severity,
        message: string(members, "message")?.filter(|text| !text.is_empty()).unwrap_or_else(|| id.clone()),
        note: string(members, "note")?,
        fix: members.get("fix").and_then(Value::as_str).map(str::to_owned),
        url: string(members, "url")?,
        matcher,
        measure,
        files: globs(members, "files")?,
        ignores: globs(members, "ignores")?,
        id,
    }))
}

impl Rule {
    /// Whether the rule is about a file of this path.
    pub(super) fn applies_to(&self, path: &str) -> bool {
        !self.ignores.as_ref().is_some_and(|globs| globs.is_match(path))
            && self.files.as_ref().is_none_or(|globs| globs.is_match(path))
    }
}

/// A sub-rule of `genesis`, by itself.
pub(super) fn sub_matcher(rule: &Value, at: &str, lang: Lang) -> Result<RuleCore, Problem> {
    let members = Map::from_iter([("rule".to_owned(), rule.clone())]);
    matcher(&members, lang).map_err(|problem| {
        let below = problem.pointer.strip_prefix("/rule").unwrap_or_default();
        Problem { pointer: format!("{at}{below}"), ..problem }
    })
}

fn matcher(members: &Map<String, Value>, lang: Lang) -> Result<RuleCore, Problem> {
    audit(members, lang)?;
    let parts = json!({
        "rule": members.get("rule"),
        "constraints": members.get("constraints"),
        "utils": members.get("utils"),
    });
    let core: SerializableRuleCore =
        serde_json::from_value(parts).map_err(|error| Problem::invalid("/rule", words(&error)))?;
    let matcher = core
        .get_matcher(DeserializeEnv::new(lang))
        .map_err(|error| Problem::invalid("/rule", words(&error)))?;
    match matcher.potential_kinds() {
        None => Err(Problem::invalid("/rule", "a `kind` or a `pattern` has to tell which nodes it is about")),
        Some(kinds) if kinds.is_empty() => {
            Err(Problem::never("/rule", "no node is of all the kinds that its parts ask for"))
        }
        Some(_) => Ok(matcher),
    }
}

/// An error and its causes in one line.
pub(super) fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push(' ');
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    let line: Vec<&str> = text.split_whitespace().collect();
    line.join(" ").chars().take(400).collect::<String>().trim_end_matches('.').to_owned()
}

fn string(members: &Map<String, Value>, key: &str) -> Result<Option<String>, Problem> {
    match members.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Problem::invalid(pointer(&["", key]), "it is a text")),
    }
}

fn globs(members: &Map<String, Value>, key: &str) -> Result<Option<GlobSet>, Problem> {
    let Some(value) = members.get(key) else { return Ok(None) };
    let wrong = |why: String| Problem::invalid(pointer(&["", key]), why);
    let globs = value.as_array().filter(|globs| globs.len() <= GLOBS);
    let globs = globs.ok_or_else(|| wrong(format!("it is a list of at most {GLOBS} globs")))?;
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let (text, case_insensitive) = match glob {
            Value::String(text) => (Some(text.as_str()), false),
            other => (
                other.get("glob").and_then(Value::as_str),
                other.get("caseInsensitive").and_then(Value::as_bool).unwrap_or(false),
            ),
        };
        let text = text.filter(|text| text.len() <= GLOB_BYTES);
        let text = text.ok_or_else(|| wrong(format!("a glob is a text of at most {GLOB_BYTES} bytes")))?;
        let glob = GlobBuilder::new(text).case_insensitive(case_insensitive).build();
        set.add(glob.map_err(|error| wrong(words(&error)))?);
    }
    set.build().map(Some).map_err(|error| wrong(words(&error)))
}

/// A JSON pointer of these tokens; the first is the pointer to go on from.
pub(super) fn pointer(tokens: &[&str]) -> String {
    let mut text = String::new();
    for (position, token) in tokens.iter().enumerate() {
        if position == 0 {
            text.push_str(token);
        } else {
            text.push('/');
            text.push_str(&token.replace('~', "~0").replace('/', "~1"));
        }
    }
    text
}

fn depth_exceeds(value: &Value, left: usize) -> bool {
    match value {
        Value::Array(items) => left == 0 || items.iter().any(|item| depth_exceeds(item, left - 1)),
        Value::Object(members) => left == 0 || members.values().any(|item| depth_exceeds(item, left - 1)),
        _ => false,
    }
}
