//! The key `genesis` of a rule: a number is taken of each node that the rule selects, or of the file, and compared with
//! a bound. It says what patterns cannot: how long, how many, how deep.

use ast_grep_config::RuleCore;
use ast_grep_core::Node;
use ast_grep_core::matcher::MatcherExt as _;
use serde_json::Value;

use super::document::{Problem, sub_matcher};
use super::language::{Lang, Text};

/// What is measured, and the bound.
pub(super) struct Measure {
    pub(super) what: What,
    pub(super) max: Option<u64>,
    pub(super) min: Option<u64>,
}

/// A number of a piece of text.
pub(super) enum What {
    /// Lines that it spans.
    Lines,
    /// Characters of one line; each line is measured by itself.
    Columns,
    /// Characters.
    Characters,
    /// Nodes within it that match.
    Count(RuleCore),
    /// How deep nodes within it that match are nested.
    Depth(RuleCore),
}

impl Measure {
    pub(super) fn read(value: &Value, lang: Lang) -> Result<Self, Problem> {
        let Value::Object(members) = value else {
            return Err(Problem::invalid("/genesis", "it is an object with `measure`, and `max` or `min`"));
        };
        if let Some(key) =
            members.keys().find(|key| !matches!(key.as_str(), "measure" | "of" | "max" | "min"))
        {
            let why = "the key is unknown; known are measure, of, max, min";
            return Err(Problem::invalid(super::document::pointer(&["/genesis", key]), why));
        }
        let of = members.get("of").map(|rule| sub_matcher(rule, "/genesis/of", lang)).transpose()?;
        let what = match (members.get("measure").and_then(Value::as_str), of) {
            (Some("lines"), None) => What::Lines,
            (Some("columns"), None) => What::Columns,
            (Some("characters"), None) => What::Characters,
            (Some("count"), Some(of)) => What::Count(of),
            (Some("depth"), Some(of)) => What::Depth(of),
            (Some("count" | "depth"), None) => {
                return Err(Problem::invalid("/genesis", "`of` has to tell which nodes are counted"));
            }
            (Some("lines" | "columns" | "characters"), Some(_)) => {
                return Err(Problem::invalid("/genesis/of", "only `count` and `depth` are of something"));
            }
            _ => {
                let why = "a measure is lines, columns, characters, count or depth";
                return Err(Problem::invalid("/genesis/measure", why));
            }
        };
        let bound = |key: &str| match members.get(key) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| {
                Problem::invalid(
                    super::document::pointer(&["/genesis", key]),
                    "a bound is a whole number from 0",
                )
            }),
        };
        let (max, min) = (bound("max")?, bound("min")?);
        match (max, min) {
            (None, None) => Err(Problem::invalid("/genesis", "it has neither `max` nor `min`")),
            (None, Some(0)) => Err(Problem::never("/genesis/min", "nothing is less than 0")),
            (_, Some(_)) if matches!(what, What::Columns) => {
                Err(Problem::invalid("/genesis/min", "lines have no least length"))
            }
            _ => Ok(Self { what, max, min }),
        }
    }

    /// The bound that a number breaks, in words.
    pub(super) fn broken_by(&self, measured: u64) -> Option<String> {
        let unit = match self.what {
            What::Lines => "lines",
            What::Columns => "columns",
            What::Characters => "characters",
            What::Count(_) => "places",
            What::Depth(_) => "levels",
        };
        match (self.max, self.min) {
            (Some(max), _) if measured > max => Some(format!("{measured} {unit}, at most {max} are allowed")),
            (_, Some(min)) if measured < min => {
                Some(format!("{measured} {unit}, at least {min} are required"))
            }
            _ => None,
        }
    }

    /// The number of one node. [`What::Columns`] is taken line by line elsewhere.
    pub(super) fn of_node(&self, node: &Node<'_, Text>) -> u64 {
        match &self.what {
            What::Lines => lines_of(&node.text()),
            What::Columns => 0,
            What::Characters => node.text().chars().count() as u64,
            What::Count(of) => {
                node.dfs().skip(1).filter(|inner| of.match_node(inner.clone()).is_some()).count() as u64
            }
            What::Depth(of) => nesting(node, of),
        }
    }
}

/// Lines of a text; a line break at its end begins no other line.
pub(super) fn lines_of(text: &str) -> u64 {
    text.lines().count() as u64
}

/// The longest chain of nodes that match, each within the one before. The node itself is no part of it.
fn nesting(node: &Node<'_, Text>, of: &RuleCore) -> u64 {
    let mut ends: Vec<usize> = Vec::new();
    let mut deepest = 0;
    for inner in node.dfs().skip(1) {
        let range = inner.range();
        while ends.last().is_some_and(|end| *end <= range.start) {
            ends.pop();
        }
        if of.match_node(inner.clone()).is_some() {
            ends.push(range.end);
            deepest = deepest.max(ends.len());
        }
    }
    deepest as u64
}
