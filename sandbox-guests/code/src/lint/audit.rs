//! What ast-grep does not look for in a rule before it is applied: sizes, cycles, and parts that can match nothing in
//! this language. Each problem is told with its place within the rule.

use std::collections::BTreeMap;

use ast_grep_core::tree_sitter::{LanguageExt as _, StrDoc};
use ast_grep_core::{AstGrep, Language as _, Pattern};
use regex::RegexBuilder;
use serde_json::{Map, Value};

use super::document::{Problem, pointer, words};
use super::language::Lang;

/// Bytes of one pattern.
const PATTERN_BYTES: usize = 4096;
/// Depth of one pattern's tree: matching recurses along it.
const PATTERN_DEPTH: usize = 128;
/// Bytes of one regular expression, and of its compiled form.
const REGEX_BYTES: usize = 4096;
const REGEX_COMPILED_BYTES: usize = 512 << 10;
/// Bytes up to which an expression without counted repetition compiles to little.
const REGEX_SMALL_BYTES: usize = 512;
/// Named rules under `utils`.
const UTILS: usize = 64;
/// Rules within one rule when each use of a named rule is counted in full.
const EXPANDED: u64 = 20_000;

/// The kind that tree-sitter gives what it cannot parse.
const ERROR_KIND: &str = "ERROR";

/// Looks through `rule`, `constraints` and `utils`.
pub(super) fn audit(members: &Map<String, Value>, lang: Lang) -> Result<(), Problem> {
    let mut audit = Audit { lang, sizes: BTreeMap::new(), current: Size::default() };
    let object = |key: &str| match members.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(rules)) => Ok(Some(rules)),
        Some(_) => Err(Problem::invalid(pointer(&["", key]), "it is an object of rules by name")),
    };
    for key in ["utils", "constraints"] {
        let Some(rules) = object(key)? else { continue };
        if rules.len() > UTILS {
            return Err(Problem::invalid(pointer(&["", key]), format!("it has more than {UTILS} rules")));
        }
        for (name, rule) in rules {
            audit.current = Size::default();
            audit.rule(rule, &pointer(&["", key, name]), false)?;
            let size = std::mem::take(&mut audit.current);
            if key == "utils" {
                audit.sizes.insert(name.clone(), size);
            }
        }
    }
    audit.current = Size::default();
    let rule = members.get("rule").unwrap_or(&Value::Null);
    audit.rule(rule, "/rule", false)?;
    let size = std::mem::take(&mut audit.current);
    let mut expanded = BTreeMap::new();
    for name in audit.sizes.keys() {
        audit.expanded(name, &mut Vec::new(), &mut expanded)?;
    }
    audit.total(&size, &expanded)
}

/// How much there is to one rule.
#[derive(Default)]
struct Size {
    rules: u64,
    uses: Vec<String>,
}

struct Audit {
    lang: Lang,
    sizes: BTreeMap<String, Size>,
    current: Size,
}

impl Audit {
    /// One rule object. A relation has `stopBy` and `field` as well.
    fn rule(&mut self, value: &Value, at: &str, relation: bool) -> Result<(), Problem> {
        let Value::Object(members) = value else {
            return Err(Problem::invalid(at, "a rule is an object"));
        };
        self.current.rules += 1;
        for (key, value) in members {
            let here = pointer(&[at, key]);
            match key.as_str() {
                "pattern" => self.pattern(value, &here)?,
                "kind" => self.kind(text(value, &here)?, &here)?,
                "regex" => regex(text(value, &here)?, &here)?,
                "nthChild" => {
                    if let Some(rule) = value.get("ofRule") {
                        self.rule(rule, &pointer(&[&here, "ofRule"]), false)?;
                    }
                }
                "range" => {}
                "inside" | "has" | "precedes" | "follows" => self.rule(value, &here, true)?,
                "not" => self.rule(value, &here, false)?,
                "all" | "any" => {
                    let Value::Array(rules) = value else {
                        return Err(Problem::invalid(here, "it is a list of rules"));
                    };
                    if rules.is_empty() && key == "any" {
                        return Err(Problem::never(here, "it is any of no rules"));
                    }
                    for (position, rule) in rules.iter().enumerate() {
                        self.rule(rule, &pointer(&[&here, &position.to_string()]), false)?;
                    }
                }
                "matches" => self.current.uses.push(text(value, &here)?.to_owned()),
                "stopBy" if relation => match value {
                    Value::String(word) if word == "end" || word == "neighbor" => {}
                    Value::Object(_) => self.rule(value, &here, false)?,
                    _ => return Err(Problem::invalid(here, "it is `end`, `neighbor` or a rule")),
                },
                "field" if relation => {
                    let field = text(value, &here)?;
                    if self.lang.field_to_id(field).is_none() {
                        let why = format!("the grammar of {} has no field `{field}`", self.lang.0.id);
                        return Err(Problem::never(here, why));
                    }
                }
                _ => return Err(Problem::invalid(here, "the key is unknown in a rule")),
            }
        }
        Ok(())
    }

    fn kind(&self, kind: &str, at: &str) -> Result<(), Problem> {
        // Anything else than a name is a selector such as `a > b`, which ast-grep reads.
        let plain = kind.chars().all(|character| character.is_alphanumeric() || character == '_');
        if !plain || kind == ERROR_KIND {
            return match ast_grep_config::parse_selector(kind, self.lang) {
                Ok(_) => Ok(()),
                Err(error) => Err(Problem::never(at, words(&error))),
            };
        }
        let id = self.lang.kind_to_id(kind);
        let grammar = self.lang.get_ts_language();
        if id == 0 || !grammar.node_kind_is_visible(id) || grammar.node_kind_is_supertype(id) {
            let why = format!("the grammar of {} has no node of kind `{kind}`", self.lang.0.id);
            return Err(Problem::never(at, why));
        }
        Ok(())
    }

    fn pattern(&self, value: &Value, at: &str) -> Result<(), Problem> {
        let (code, selector) = match value {
            Value::String(code) => (code.as_str(), None),
            Value::Object(members) => {
                if let Some(key) =
                    members.keys().find(|key| !matches!(key.as_str(), "context" | "selector" | "strictness"))
                {
                    return Err(Problem::invalid(pointer(&[at, key]), "the key is unknown in a pattern"));
                }
                let context = text(value.get("context").unwrap_or(&Value::Null), &pointer(&[at, "context"]))?;
                let selector = members.get("selector").map(|value| text(value, &pointer(&[at, "selector"])));
                (context, selector.transpose()?)
            }
            _ => return Err(Problem::invalid(at, "a pattern is a text or an object with `context`")),
        };
        if code.len() > PATTERN_BYTES {
            return Err(Problem::invalid(at, format!("a pattern has at most {PATTERN_BYTES} bytes")));
        }
        if let Some(kind) = selector {
            self.kind(kind, &pointer(&[at, "selector"]))?;
        }
        let processed = self.lang.pre_process_pattern(code);
        let parsed = StrDoc::try_new(&processed, self.lang).map_err(|why| Problem::invalid(at, why))?;
        let parsed = AstGrep::doc(parsed);
        let root = parsed.root();
        if tree_depth_exceeds(&root.get_inner_node(), PATTERN_DEPTH) {
            return Err(Problem::invalid(at, format!("a pattern is nested at most {PATTERN_DEPTH} deep")));
        }
        let target = match selector {
            None => Some(root.clone()),
            Some(kind) => root.dfs().find(|node| node.kind() == kind),
        };
        let Some(target) = target else {
            return Err(Problem::never(at, "its `selector` selects nothing in its `context`"));
        };
        // A metavariable by itself stands for any node, even where the grammar wants more than a name.
        let variable = self.lang.extract_meta_var(target.text().trim()).is_some();
        if !variable && target.dfs().any(|node| node.is_error()) {
            return Err(Problem::never(at, format!("the pattern is no {}", self.lang.0.id)));
        }
        let built = match selector {
            None => Pattern::try_new(code, self.lang),
            Some(kind) => Pattern::contextual(code, kind, self.lang),
        };
        built.map(|_| ()).map_err(|error| Problem::invalid(at, words(&error)))
    }

    /// The size of a named rule with all that it uses.
    fn expanded(
        &self,
        name: &str,
        above: &mut Vec<String>,
        known: &mut BTreeMap<String, u64>,
    ) -> Result<u64, Problem> {
        if let Some(size) = known.get(name) {
            return Ok(*size);
        }
        let at = pointer(&["/utils", name]);
        if above.iter().any(|other| other == name) {
            return Err(Problem::invalid(at, "the rule uses itself, directly or through others"));
        }
        // What is not there is told by ast-grep, by its name.
        let Some(size) = self.sizes.get(name) else { return Ok(0) };
        above.push(name.to_owned());
        let mut total = size.rules;
        for used in &size.uses {
            total = total.saturating_add(self.expanded(used, above, known)?);
        }
        above.pop();
        known.insert(name.to_owned(), total);
        Ok(total)
    }

    fn total(&self, size: &Size, expanded: &BTreeMap<String, u64>) -> Result<(), Problem> {
        let uses = size
            .uses
            .iter()
            .filter_map(|name| expanded.get(name))
            .fold(0_u64, |sum, n| sum.saturating_add(*n));
        let own = self.sizes.keys().filter_map(|name| expanded.get(name)).max().copied().unwrap_or(0);
        if size.rules.saturating_add(uses).max(own) > EXPANDED {
            let why = format!("with every use of `utils` counted it has more than {EXPANDED} rules");
            return Err(Problem::invalid("/rule", why));
        }
        Ok(())
    }
}

fn text<'a>(value: &'a Value, at: &str) -> Result<&'a str, Problem> {
    value.as_str().ok_or_else(|| Problem::invalid(at, "it is a text"))
}

fn regex(expression: &str, at: &str) -> Result<(), Problem> {
    if expression.len() > REGEX_BYTES {
        return Err(Problem::invalid(at, format!("a regular expression has at most {REGEX_BYTES} bytes")));
    }
    let parsed = regex_syntax::parse(expression).map_err(|error| {
        let told = error.to_string();
        let last = told.lines().last().unwrap_or_default();
        Problem::invalid(
            at,
            format!("the regular expression is wrong: {}", last.trim_start_matches("error: ")),
        )
    })?;
    if parsed.properties().minimum_len().is_none() {
        return Err(Problem::never(at, "the regular expression matches no text"));
    }
    // Compiling costs more than all else here, and ast-grep compiles it anyway: only repetition makes it large.
    let small = expression.len() <= REGEX_SMALL_BYTES && !expression.contains('{');
    if !small && RegexBuilder::new(expression).size_limit(REGEX_COMPILED_BYTES).build().is_err() {
        let why =
            format!("the regular expression needs more than {REGEX_COMPILED_BYTES} bytes when compiled");
        return Err(Problem::invalid(at, why));
    }
    Ok(())
}

/// Whether a tree is deeper than that, without recursion.
pub(super) fn tree_depth_exceeds(root: &tree_sitter::Node<'_>, most: usize) -> bool {
    let mut cursor = root.walk();
    let mut depth = 0;
    loop {
        if cursor.goto_first_child() {
            depth += 1;
            if depth > most {
                return true;
            }
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
            depth -= 1;
        }
    }
}
