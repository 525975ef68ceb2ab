//! Names of tokens that a person understands, and reserved words in the place of names.

use tree_sitter::{Language, Tree};

use super::fault::{Fault, quoted};
use super::tokens::walk;
use crate::grammar::Words;

/// Most tokens that a message lists as expected.
const LISTED: usize = 4;

/// A kind of node in words: punctuation and keywords as they are written, classes by what they are.
pub(crate) fn kind(kind: &str, named: bool) -> String {
    if !named {
        return quoted(kind);
    }
    match kind {
        "identifier"
        | "simple_identifier"
        | "property_identifier"
        | "field_identifier"
        | "word"
        | "atom"
        | "variable_name"
        | "name"
        | "alias"
        | "tag_name" => "a name".to_owned(),
        "type_identifier" => "a type".to_owned(),
        "integer" | "number" | "number_literal" | "int_literal" | "float" => "a number".to_owned(),
        _ => {
            let plain = kind.trim_start_matches('_').replace('_', " ");
            let article = if plain.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            format!("{article} {plain}")
        }
    }
}

/// What could have stood where the parser stopped, when that is short enough to be of use: operators that could
/// always go on are left out, and a list that is still long says nothing.
pub(crate) fn expected(language: &Language, states: &[u16]) -> Vec<String> {
    let mut listed: Vec<String> = Vec::new();
    for state in states {
        let Some(symbols) = language.lookahead_iterator(*state) else { continue };
        for symbol in symbols {
            let Some(name) = language.node_kind_for_id(symbol) else { continue };
            if language.node_kind_is_visible(symbol)
                && !language.node_kind_is_named(symbol)
                && !goes_on(name)
                && name != "end"
            {
                listed.push(name.to_owned());
            }
        }
    }
    listed.sort();
    listed.dedup();
    if listed.len() > LISTED {
        listed.retain(|name| name.chars().all(|c| c.is_ascii_punctuation()));
    }
    if listed.len() > LISTED {
        listed.retain(|name| matches!(name.as_str(), ")" | "]" | "}" | ">" | "," | ";" | "=>" | "->" | ":"));
    }
    if listed.len() > LISTED { Vec::new() } else { listed }
}

/// Operators, openers and quotes: they begin or continue an expression nearly everywhere.
fn goes_on(name: &str) -> bool {
    name.chars().all(|c| "+-*/%<=!&|^~?.@([{\"'`#$\\\n\r\0 ".contains(c))
        || (name.ends_with('=') && !name.starts_with(|c: char| c.is_alphabetic()))
        || name.contains(['(', '[', '{', '"', '\''])
        || matches!(name, ">>" | ">>>" | "::" | "..." | "..<")
        || name == ">"
}

/// A list in words: `a`, `b` or `c`.
pub(crate) fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// Reserved words that the grammar took for names.
pub(crate) fn reserved(words: &Words, tree: &Tree, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    if words.reserved.is_empty() {
        return faults;
    }
    walk(tree, |node, parent| {
        if node.child_count() > 0 || !words.names.contains(&node.kind()) || node.is_missing() {
            return;
        }
        let Some(word) = text.get(node.byte_range()) else { return };
        if !words.reserved.contains(&word) || parent.is_some_and(|at| words.allowed_in.contains(&at.kind())) {
            return;
        }
        let closes = words.blocks.iter().any(|(_, closer)| *closer == word);
        let fault = if closes {
            Fault::reserved(node.start_byte(), node.end_byte(), format!("unexpected {}", quoted(word)))
                .help(format!("remove the {}, or open the block that it is to close", quoted(word)))
        } else {
            Fault::reserved(
                node.start_byte(),
                node.end_byte(),
                format!("{} is a reserved word and cannot be a name", quoted(word)),
            )
            .help("choose another name, or look for what is missing in front of it")
        };
        faults.push(fault);
    });
    faults
}
