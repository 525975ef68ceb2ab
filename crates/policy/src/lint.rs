//! Lint rules: YAML in the format of ast-grep to JSON documents, and the packs that are part of the program.
//!
//! Rules are applied by a guest; here they are only read, so that a file can be told what is wrong with it. What a
//! rule says is looked at by the guest, which knows the language.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use genesis_abi::code::RULE_INVALID;
use genesis_abi::{Finding, Place, Severity, Span};
use genesis_domain::language_named;
use serde_json::Value;
use serde_saphyr::Options;

/// Bytes of one file of rules, and rules in it.
const BYTES: usize = 1 << 20;
const RULES: usize = 500;
/// Characters of what the reader says about a text that is no YAML.
const WORDS: usize = 200;

/// The packs, by language.
const PACKS: [(&str, &str); PACK_COUNT] = [
    ("bash", include_str!("../../../policies/lint/bash.yml")),
    ("c", include_str!("../../../policies/lint/c.yml")),
    ("clojure", include_str!("../../../policies/lint/clojure.yml")),
    ("cpp", include_str!("../../../policies/lint/cpp.yml")),
    ("csharp", include_str!("../../../policies/lint/csharp.yml")),
    ("dart", include_str!("../../../policies/lint/dart.yml")),
    ("elixir", include_str!("../../../policies/lint/elixir.yml")),
    ("go", include_str!("../../../policies/lint/go.yml")),
    ("java", include_str!("../../../policies/lint/java.yml")),
    ("javascript", include_str!("../../../policies/lint/javascript.yml")),
    ("kotlin", include_str!("../../../policies/lint/kotlin.yml")),
    ("php", include_str!("../../../policies/lint/php.yml")),
    ("python", include_str!("../../../policies/lint/python.yml")),
    ("ruby", include_str!("../../../policies/lint/ruby.yml")),
    ("rust", include_str!("../../../policies/lint/rust.yml")),
    ("scala", include_str!("../../../policies/lint/scala.yml")),
    ("swift", include_str!("../../../policies/lint/swift.yml")),
    ("typescript", include_str!("../../../policies/lint/typescript.yml")),
];
const PACK_COUNT: usize = 18;

/// What a rule is concerned with; `analysis` under a rule's `metadata`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleConcern {
    /// What an attacker could use.
    Security,
    /// What is probably a mistake, or will be hard to keep.
    Quality,
    /// How code is written.
    Style,
}

/// The text names no concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown analysis; known are security, quality and style")]
pub struct UnknownConcern;

impl RuleConcern {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Quality => "quality",
            Self::Style => "style",
        }
    }
}

impl fmt::Display for RuleConcern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RuleConcern {
    type Err = UnknownConcern;

    fn from_str(text: &str) -> Result<Self, UnknownConcern> {
        match text {
            "security" => Ok(Self::Security),
            "quality" => Ok(Self::Quality),
            "style" => Ok(Self::Style),
            _ => Err(UnknownConcern),
        }
    }
}

/// One rule, as it is given to the guest.
#[derive(Debug, Clone, PartialEq)]
pub struct LintRule {
    /// Id of the language it is for, such as `elixir`.
    pub language: String,
    /// Its id, which is the code of its findings.
    pub id: String,
    /// What it is concerned with; quality when it does not say.
    pub concern: RuleConcern,
    /// The document.
    pub value: Value,
}

/// The id of a language by any of its names: `TypeScript`, `ts` and `typescript` are one.
pub fn lint_language(name: &str) -> String {
    language_named(name).map_or_else(|| name.trim().to_lowercase(), |language| language.id.to_owned())
}

/// The languages that a pack was written for, in order.
pub fn builtin_languages() -> impl Iterator<Item = &'static str> {
    PACKS.iter().map(|(language, _)| *language)
}

/// The rules of the program itself for a language, by its id. TypeScript has those of JavaScript too. A language
/// without a pack has none.
pub fn builtin_rules(language: &str) -> Vec<LintRule> {
    let packs: &[&str] = match language {
        "typescript" | "tsx" => &["javascript", "typescript"],
        _ => &[language],
    };
    let wanted = (0..PACK_COUNT).filter(|&pack| packs.contains(&PACKS[pack].0));
    wanted.flat_map(pack).cloned().collect()
}

/// The rules of a pack, which are read once a process.
fn pack(index: usize) -> &'static [LintRule] {
    static READ: [OnceLock<Vec<LintRule>>; PACK_COUNT] = [const { OnceLock::new() }; PACK_COUNT];
    let (language, text) = PACKS[index];
    READ[index].get_or_init(|| rules_from_yaml(text, language).0)
}

/// Reads a file of rules: one YAML document a rule. A document that cannot be read is a finding with its place, and the
/// others are read. Texts of more than a mebibyte are refused, and rules beyond 500; nesting, nodes and aliases of each
/// document are bounded by the reader.
pub fn rules_from_yaml(text: &str, file: &str) -> (Vec<LintRule>, Vec<Finding>) {
    let place = |span| Place { file: Some(file.to_owned()), pointer: None, span };
    if text.len() > BYTES {
        return (Vec::new(), vec![finding(format!("the rules have more than {BYTES} bytes"), place(None))]);
    }
    let (mut rules, mut findings) = (Vec::new(), Vec::new());
    for document in documents(text) {
        let at = |line: u64, column: u64| place(Some(document.span(line, column)));
        let value: Value = match serde_saphyr::from_str_with_options(document.text, options()) {
            Ok(value) => value,
            Err(error) => {
                let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
                findings.push(finding(format!("a rule is no YAML: {}", words(&error)), at(line, column)));
                continue;
            }
        };
        match rule(value) {
            Ok(None) => {}
            Ok(Some(_)) if rules.len() == RULES => {
                findings.push(finding(format!("there are more than {RULES} rules"), at(1, 1)));
                break;
            }
            Ok(Some(rule)) => rules.push(rule),
            Err(why) => findings.push(finding(why, at(document.first, 1))),
        }
    }
    (rules, findings)
}

fn rule(value: Value) -> Result<Option<LintRule>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let member = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = member("id").ok_or("a rule is an object with an `id`, which is a text")?.to_owned();
    let language = member("language").map(lint_language);
    let language = language.ok_or_else(|| format!("the rule `{id}` has no `language`"))?;
    let concern = match value.get("metadata").and_then(|metadata| metadata.get("analysis")) {
        None => RuleConcern::Quality,
        Some(word) => word
            .as_str()
            .unwrap_or_default()
            .parse()
            .map_err(|error: UnknownConcern| format!("the rule `{id}` has an {error}"))?,
    };
    Ok(Some(LintRule { language, id, concern, value }))
}

fn finding(message: String, place: Place) -> Finding {
    Finding {
        severity: Severity::Error,
        code: RULE_INVALID.to_owned(),
        message,
        place,
        help: Some("correct it, or take it out: it is not applied".to_owned()),
        inherited: false,
    }
}

fn options() -> Options {
    let mut options = Options::default();
    // YAML 1.2: only `true` and `false` are booleans, as ast-grep reads its rules.
    options.strict_booleans = true;
    options
}

/// One document of a stream.
struct Document<'a> {
    text: &'a str,
    /// Lines and bytes of the stream before it.
    lines: u64,
    offset: usize,
    /// The first line of it that says something, from 1.
    first: u64,
}

impl Document<'_> {
    fn span(&self, line: u64, column: u64) -> Span {
        let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let before = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        let start: usize = self.text.split_inclusive('\n').take(before).map(str::len).sum();
        let columns = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
        let within: usize = self.text[start..].chars().take(columns).map(char::len_utf8).sum();
        let offset = self.offset + start + within;
        Span {
            line: number(self.lines + line),
            column: number(column),
            offset: number(offset as u64),
            length: 0,
        }
    }
}

/// Cuts a stream at its `---` lines, so that each document is read by itself: at the beginning of a line three dashes
/// are always a mark between documents.
fn documents(text: &str) -> Vec<Document<'_>> {
    let mut documents = Vec::new();
    let (mut start, mut lines_before) = (0, 0);
    let (mut offset, mut lines) = (0, 0);
    for line in text.split_inclusive('\n') {
        let end = offset + line.len();
        let mark = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n', '\r']));
        if mark {
            documents.push((start, offset, lines_before));
            // The mark's own line stays with the document that it begins: a value may stand behind it.
            (start, lines_before) = (offset, lines);
        }
        offset = end;
        lines += 1;
    }
    documents.push((start, text.len(), lines_before));
    documents
        .into_iter()
        .map(|(start, end, lines)| {
            let text = &text[start..end];
            let said =
                |line: &str| !line.trim().is_empty() && !line.starts_with('#') && !line.starts_with("---");
            let first = text.lines().position(said).unwrap_or(0) as u64 + 1;
            Document { text, lines, offset: start, first }
        })
        .collect()
}

/// What the reader says, without the place, which stands elsewhere.
fn words(error: &serde_saphyr::Error) -> String {
    let told = error.without_snippet().to_string();
    let line = told.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or(line);
    let line = line.split_once(": ").filter(|(at, _)| at.starts_with("line ")).map_or(line, |(_, rest)| rest);
    line.chars().filter(|character| !character.is_control()).take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_can_be_read_and_is_of_its_language() {
        let mut ids = std::collections::BTreeSet::new();
        for (language, text) in PACKS {
            let (rules, findings) = rules_from_yaml(text, language);
            assert_eq!(findings, [], "{language}");
            assert!(rules.len() >= 5, "{language}");
            assert!(rules.iter().any(|rule| rule.concern == RuleConcern::Security), "{language}");
            for rule in rules {
                assert_eq!(rule.language, language, "{}", rule.id);
                assert!(ids.insert(rule.id.clone()), "{} stands twice", rule.id);
            }
        }
        assert!(PACKS.is_sorted_by_key(|(language, _)| *language));
        assert_eq!(builtin_rules("tsx"), builtin_rules("typescript"));
        assert!(builtin_rules("tsx").len() > builtin_rules("javascript").len());
        assert_eq!(builtin_rules("cobol"), []);
    }

    #[test]
    fn a_broken_document_is_told_with_its_place_and_the_others_are_read() {
        let text = "# of ours\nid: a\nlanguage: TypeScript\n---\nid: b\nlanguage: [\n---\nid: d\n---\n\nid: c\nlanguage: sh\nmetadata: {analysis: security}\n";
        let (rules, findings) = rules_from_yaml(text, "rules.yml");
        let read: Vec<_> =
            rules.iter().map(|rule| (rule.id.as_str(), rule.language.as_str(), rule.concern)).collect();
        assert_eq!(read, [("a", "typescript", RuleConcern::Quality), ("c", "bash", RuleConcern::Security)]);
        assert_eq!(findings.len(), 2);
        for (finding, lines) in findings.iter().zip([5..=7, 8..=8]) {
            let span = finding.place.span.expect("a broken document has a place");
            assert!(lines.contains(&span.line), "{finding:?}");
            assert!(!finding.message.contains(|c: char| c.is_ascii_digit()), "{}", finding.message);
            assert!(span.offset as usize <= text.len());
        }
        assert_eq!(findings[1].message, "the rule `d` has no `language`");
    }

    #[test]
    fn hostile_files_are_refused_in_bounded_time() {
        let bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned()
            + &(0..20)
                .map(|n| {
                    let (this, last) = ((b'b' + n) as char, (b'a' + n) as char);
                    format!("{this}: &{this} [*{last}, *{last}, *{last}, *{last}, *{last}, *{last}, *{last}, *{last}]\n")
                })
                .collect::<Vec<_>>()
                .concat();
        let deep = format!("id: {}{}", "[".repeat(50_000), "]".repeat(50_000));
        let many = "id: a\nlanguage: c\n---\n".repeat(600);
        for text in [bomb, deep, "x".repeat(2 << 20), many] {
            let (rules, findings) = rules_from_yaml(&text, "rules.yml");
            assert!(rules.len() <= RULES);
            assert_eq!(findings.len(), 1);
        }
        assert_eq!(rules_from_yaml("", "rules.yml"), (Vec::new(), Vec::new()));
        assert_eq!(rules_from_yaml("---\n---\n", "rules.yml"), (Vec::new(), Vec::new()));
    }
}
