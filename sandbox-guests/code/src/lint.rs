//! Applies rules to code: rules in the format of ast-grep, and what they measure under the key `genesis`.
//!
//! A rule that cannot be read, or that can match nothing in this language, is a finding of its own; the others are
//! applied. Comments such as `ast-grep-ignore` are not honoured: code that is judged does not silence its judge. Who
//! accepts a finding says so in a policy. `fix`, `transform`, `rewriters` and `labels` never change what matches and
//! are not applied.

mod audit;
mod document;
mod language;
mod measure;
mod prepared;
#[cfg(test)]
mod tests;

use ast_grep_core::matcher::MatcherExt as _;
use ast_grep_core::meta_var::MetaVariable;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_core::{AstGrep, Matcher as _, NodeMatch};
use genesis_abi::code::{RULE_INVALID, SYNTAX_TOO_LARGE};
use genesis_abi::{CaseFile, CodeInput, CodeReport, Finding, Place, Report, RuleUse, Severity, Span};
use std::collections::HashSet;
use std::rc::Rc;

use crate::grammar::Grammar;
use crate::lint::audit::tree_depth_exceeds;
use crate::lint::document::{Problem, Rule, id_of};
use crate::lint::language::{Lang, Text};
use crate::lint::measure::{What, lines_of};
pub use crate::lint::prepared::prepare;

/// Rules of one run.
const RULES: usize = 500;
/// Findings of one rule in one file, and of one run.
const FINDINGS_PER_RULE_AND_FILE: u64 = 50;
const FINDINGS: usize = 5_000;
/// Bytes of a file that is linted.
const FILE_BYTES: usize = 8 << 20;
/// Depth of a tree that is linted: comparing two nodes recurses along them.
const TREE_DEPTH: usize = 2_000;
/// Characters of a message after its metavariables were filled in, and of what one of them adds.
const MESSAGE_CHARACTERS: usize = 400;
const VARIABLE_CHARACTERS: usize = 80;

/// Applies the rules to each file.
///
/// # Errors
/// When the report cannot be written.
pub fn check(grammar: &Grammar, given: &CodeInput) -> Result<Report, String> {
    let lang = Lang(*grammar);
    let mut findings = Vec::new();
    let rules = read_rules(lang, given, &mut findings);
    let mut uses: Vec<RuleUse> =
        rules.iter().map(|rule| RuleUse { id: rule.id.clone(), matches: 0 }).collect();
    for file in &given.files {
        let first = findings.len();
        lint_file(lang, &rules, file, &mut uses, &mut findings);
        findings[first..].sort_by(|a, b| (&a.place.span, &a.code).cmp(&(&b.place.span, &b.code)));
    }
    findings.truncate(FINDINGS);
    let report = CodeReport {
        by: format!("ast-grep 0.51.1, {}", grammar.by),
        exact: false,
        files: given.files.len() as u64,
        lines: given.files.iter().map(|file| lines_of(&file.text)).sum(),
        rules: uses,
        run: None,
    };
    Report::with_data(findings, &report).map_err(|error| error.to_string())
}

fn read_rules(lang: Lang, given: &CodeInput, findings: &mut Vec<Finding>) -> Vec<Rc<Rule>> {
    let mut rules: Vec<Rc<Rule>> = Vec::new();
    let mut ids = HashSet::new();
    for document in given.rules.iter().take(RULES) {
        match prepared::rule(document, lang) {
            Ok(Some(rule)) if !ids.insert(rule.id.clone()) => {
                findings.push(Problem::invalid("/id", "another rule has the same id").finding(&rule.id));
            }
            Ok(Some(rule)) => rules.push(rule),
            Ok(None) => {}
            Err(problem) => findings.push(problem.finding(&id_of(document))),
        }
    }
    if given.rules.len() > RULES {
        findings.push(Finding {
            severity: Severity::Error,
            code: RULE_INVALID.to_owned(),
            message: format!("there are more than {RULES} rules"),
            place: Place::default(),
            help: Some("those beyond were not applied".to_owned()),
            inherited: false,
        });
    }
    rules
}

fn lint_file(
    lang: Lang,
    rules: &[Rc<Rule>],
    file: &CaseFile,
    uses: &mut [RuleUse],
    findings: &mut Vec<Finding>,
) {
    let refused = |why: &str| Finding {
        severity: Severity::Error,
        code: SYNTAX_TOO_LARGE.to_owned(),
        message: format!("the file is {why}"),
        place: Place { file: Some(file.path.clone()), ..Place::default() },
        help: Some("no rule was applied to it".to_owned()),
        inherited: false,
    };
    if file.text.len() > FILE_BYTES {
        findings.push(refused("too large to be linted"));
        return;
    }
    let Ok(parsed) = StrDoc::try_new(&file.text, lang) else {
        findings.push(refused("too large to be parsed"));
        return;
    };
    let parsed = AstGrep::doc(parsed);
    if tree_depth_exceeds(&parsed.root().get_inner_node(), TREE_DEPTH) {
        findings.push(refused("too deeply nested to be linted"));
        return;
    }
    let mut found = Found { file, taken: vec![0; rules.len()], uses, findings };
    let mut by_kind: Vec<Vec<usize>> = Vec::new();
    for (index, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.applies_to(&file.path)) {
        match &rule.matcher {
            None => found.measure_file(index, rule, &parsed),
            Some(matcher) => {
                for kind in matcher.potential_kinds().iter().flatten() {
                    if by_kind.len() <= kind {
                        by_kind.resize_with(kind + 1, Vec::new);
                    }
                    by_kind[kind].push(index);
                }
            }
        }
    }
    let root = parsed.root();
    for node in root.dfs() {
        for &index in by_kind.get(usize::from(node.kind_id())).into_iter().flatten() {
            let rule = &rules[index];
            let Some(matched) = rule.matcher.as_ref().and_then(|matcher| matcher.match_node(node.clone()))
            else {
                continue;
            };
            found.matched(index, rule, &matched);
        }
    }
}

/// What was found in one file so far.
struct Found<'a> {
    file: &'a CaseFile,
    /// Findings by rule.
    taken: Vec<u64>,
    uses: &'a mut [RuleUse],
    findings: &'a mut Vec<Finding>,
}

impl Found<'_> {
    fn matched(&mut self, index: usize, rule: &Rule, matched: &NodeMatch<'_, Text>) {
        let node = matched.get_node();
        match &rule.measure {
            None => {
                if self.counts(index) {
                    let span = self.span(node.range(), node.start_pos().byte_point());
                    self.push(rule, Some(matched), Some(span), None);
                }
            }
            Some(measure) if matches!(measure.what, What::Columns) => {
                self.measure_lines(index, rule, node.range());
            }
            Some(measure) => {
                if let Some(broken) = measure.broken_by(measure.of_node(node))
                    && self.counts(index)
                {
                    let span =
                        self.span(first_line(&self.file.text, node.range()), node.start_pos().byte_point());
                    self.push(rule, Some(matched), Some(span), Some(broken));
                }
            }
        }
    }

    fn measure_file(&mut self, index: usize, rule: &Rule, parsed: &AstGrep<Text>) {
        let Some(measure) = &rule.measure else { return };
        let measured = match measure.what {
            What::Columns => return self.measure_lines(index, rule, 0..self.file.text.len()),
            What::Lines => lines_of(&self.file.text),
            What::Characters => self.file.text.chars().count() as u64,
            What::Count(_) | What::Depth(_) => measure.of_node(&parsed.root()),
        };
        if let Some(broken) = measure.broken_by(measured)
            && self.counts(index)
        {
            self.push(rule, None, None, Some(broken));
        }
    }

    /// Measures each line that begins or goes on within the range.
    fn measure_lines(&mut self, index: usize, rule: &Rule, range: std::ops::Range<usize>) {
        let Some((measure, max)) = rule.measure.as_ref().and_then(|measure| Some((measure, measure.max?)))
        else {
            return;
        };
        let text = &self.file.text;
        let mut offset = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let before = text[..offset].matches('\n').count();
        for (row, line) in (before..).zip(text[offset..].split('\n')) {
            if offset >= range.end {
                break;
            }
            let shown = line.trim_end_matches('\r');
            // Bytes are at least as many as characters, so most lines need not be counted.
            let columns = if shown.len() as u64 <= max { 0 } else { shown.chars().count() as u64 };
            if let Some(broken) = measure.broken_by(columns)
                && self.counts(index)
            {
                let fits: usize =
                    shown.chars().take(usize::try_from(max).unwrap_or(usize::MAX)).map(char::len_utf8).sum();
                let span = self.span(offset + fits..offset + shown.len(), (row, fits));
                self.push(rule, None, Some(span), Some(broken));
            }
            offset += line.len() + 1;
        }
    }

    /// Counts a place, and tells whether it becomes a finding.
    fn counts(&mut self, index: usize) -> bool {
        self.uses[index].matches += 1;
        self.taken[index] += 1;
        self.taken[index] <= FINDINGS_PER_RULE_AND_FILE
    }

    fn span(&self, range: std::ops::Range<usize>, (row, column_bytes): (usize, usize)) -> Span {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let line_start = range.start.saturating_sub(column_bytes);
        let before = self.file.text.get(line_start..range.start).unwrap_or_default();
        Span {
            line: number(row + 1),
            column: number(before.chars().count() + 1),
            offset: number(range.start),
            length: number(range.end - range.start),
        }
    }

    fn push(
        &mut self,
        rule: &Rule,
        matched: Option<&NodeMatch<'_, Text>>,
        span: Option<Span>,
        broken: Option<String>,
    ) {
        if self.findings.len() >= FINDINGS {
            return;
        }
        let filled = |text: &str| matched.map_or_else(|| text.to_owned(), |matched| fill(text, matched));
        let mut help: Vec<String> = broken.into_iter().chain(rule.note.clone()).collect();
        help.extend(rule.fix.as_ref().map(|fix| format!("write `{}`", filled(fix))));
        help.extend(rule.url.as_ref().map(|url| format!("see {url}")));
        self.findings.push(Finding {
            severity: rule.severity,
            code: rule.id.clone(),
            message: one_line(&filled(&rule.message), MESSAGE_CHARACTERS),
            place: Place { file: Some(self.file.path.clone()), pointer: None, span },
            help: (!help.is_empty()).then(|| one_line(&help.join("; "), 2 * MESSAGE_CHARACTERS)),
            inherited: false,
        });
    }
}

/// A range cut at the end of its first line: a whole function is too much to point at.
fn first_line(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let length = text[range.clone()].find(['\n', '\r']).unwrap_or(range.len());
    range.start..range.start + length
}

/// Puts the text that each metavariable matched in its place; one that matched nothing stays as it is.
fn fill(text: &str, matched: &NodeMatch<'_, Text>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        let tail = &rest[at..];
        let dollars = tail.bytes().take_while(|byte| *byte == b'$').count();
        let name: &str = tail[dollars..]
            .split(|character: char| !matches!(character, 'A'..='Z' | '0'..='9' | '_'))
            .next()
            .unwrap_or_default();
        let end = dollars + name.len();
        let variable = match dollars {
            1 => Some(MetaVariable::Capture(name.to_owned(), true)),
            3 => Some(MetaVariable::MultiCapture(name.to_owned())),
            _ => None,
        };
        let value = variable.and_then(|variable| {
            let bytes = matched.get_env().get_var_bytes(&variable)?;
            Some(String::from_utf8_lossy(bytes))
        });
        match value {
            Some(value) => filled.push_str(&one_line(&value, VARIABLE_CHARACTERS)),
            None => filled.push_str(&tail[..end]),
        }
        rest = &tail[end..];
    }
    filled.push_str(rest);
    filled
}

/// A text in one line, of at most that many characters.
fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut characters = 0;
    for word in text.split_whitespace() {
        if characters > 0 {
            line.push(' ');
            characters += 1;
        }
        for character in word.chars() {
            if characters >= most {
                line.push('…');
                return line;
            }
            line.push(if character.is_control() { '\u{fffd}' } else { character });
            characters += 1;
        }
    }
    line
}
