//! `overrides` and `merges`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Entry;
use crate::json::{Member, Node, NodeValue};

/// Most parts of a dotted key.
const MOST_KEY_PARTS: usize = 16;

/// Sets each dotted key of `overrides`; gives the top-level keys that were set.
pub(super) fn overrides<'a>(
    root: &'a Node,
    file: Option<&'a str>,
    entries: &mut Vec<Entry<'a>>,
) -> Vec<String> {
    let mut set = Vec::new();
    for member in root.get("overrides").and_then(Node::as_object).unwrap_or_default() {
        let mut names = member.key.split('.').take(MOST_KEY_PARTS + 1);
        let top = names.next().unwrap_or_default();
        let below: Vec<&str> = names.collect();
        if below.len() >= MOST_KEY_PARTS {
            continue;
        }
        let known = entries.iter_mut().find(|entry| entry.key == top);
        match known {
            Some(entry) if below.is_empty() => {
                *entry =
                    Entry { key: entry.key.clone(), node: Cow::Borrowed(&member.value), file, exact: false };
            }
            Some(entry) => {
                set_below(entry.node.to_mut(), &below, &member.value);
                entry.exact = false;
            }
            None => {
                let mut node = empty_object(&member.value);
                set_below(&mut node, &below, &member.value);
                entries.push(Entry {
                    key: Cow::Owned(top.to_owned()),
                    node: Cow::Owned(node),
                    file,
                    exact: false,
                });
            }
        }
        if !set.iter().any(|known| known == top) {
            set.push(top.to_owned());
        }
    }
    set
}

/// Combines all layers of each key of `merges`; gives the keys that were combined. An overridden key begins with the
/// override, and the layers only add what it lacks.
pub(super) fn merges<'a>(
    root: &'a Node,
    file: Option<&'a str>,
    layers: &[Vec<Entry<'a>>],
    overridden: &[String],
    entries: &mut Vec<Entry<'a>>,
) -> Vec<String> {
    let mut merged = Vec::new();
    for member in root.get("merges").and_then(Node::as_object).unwrap_or_default() {
        if !matches!(member.value.as_str(), Some("append" | "merge")) {
            continue;
        }
        let key = member.key.as_str();
        let of_layers = layers.iter().filter_map(|layer| layer.iter().find(|entry| entry.key == key));
        let is_overridden = overridden.iter().any(|name| name == key);
        let mut combined: Option<Node> = None;
        if is_overridden {
            combined =
                entries.iter().find(|entry| entry.key == key).map(|entry| entry.node.clone().into_owned());
        }
        for entry in of_layers {
            match &mut combined {
                None => combined = Some(entry.node.clone().into_owned()),
                Some(node) if is_overridden => add_missing(node, &entry.node),
                Some(node) => combine(node, &entry.node),
            }
        }
        let Some(node) = combined else { continue };
        merged.push(key.to_owned());
        match entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) if *entry.node != node => {
                entry.node = Cow::Owned(node);
                entry.exact = false;
            }
            Some(_) => {}
            None => entries.push(Entry {
                key: Cow::Borrowed(&member.key),
                node: Cow::Owned(node),
                file,
                exact: false,
            }),
        }
    }
    merged
}

/// The composition fields whose shape is wrong.
pub(super) fn wrong_shapes(root: &Node) -> Vec<(&'static str, &Node)> {
    let mut wrong = Vec::new();
    if let Some(node) = root.get("overrides")
        && node
            .as_object()
            .is_none_or(|members| members.iter().any(|member| member.key.split('.').count() > MOST_KEY_PARTS))
        && !node.is_null()
    {
        wrong.push(("overrides", node));
    }
    if let Some(node) = root.get("merges")
        && node.as_object().is_none_or(|members| {
            members
                .iter()
                .any(|member| !matches!(member.value.as_str(), Some("append" | "merge" | "last_wins")))
        })
        && !node.is_null()
    {
        wrong.push(("merges", node));
    }
    wrong
}

fn empty_object(like: &Node) -> Node {
    Node { span: like.span, value: NodeValue::Object(Vec::new()) }
}

fn set_below(node: &mut Node, names: &[&str], value: &Node) {
    let Some((name, below)) = names.split_first() else {
        *node = value.clone();
        return;
    };
    if node.as_object().is_none() {
        *node = empty_object(value);
    }
    let NodeValue::Object(members) = &mut node.value else { return };
    let position = members.iter().rposition(|member| member.key == *name).unwrap_or_else(|| {
        members.push(Member { key: (*name).to_owned(), key_span: value.span, value: empty_object(value) });
        members.len() - 1
    });
    set_below(&mut members[position].value, below, value);
}

/// The later layer wins where the two differ; lists are joined, without what is already there.
fn combine(into: &mut Node, later: &Node) {
    match (&mut into.value, &later.value) {
        (NodeValue::Array(entries), NodeValue::Array(more)) => append(entries, more),
        (NodeValue::Object(members), NodeValue::Object(more)) => join_members(members, more, combine),
        _ => *into = later.clone(),
    }
}

/// What stands wins; only what is missing is added.
fn add_missing(into: &mut Node, layer: &Node) {
    match (&mut into.value, &layer.value) {
        (NodeValue::Array(entries), NodeValue::Array(more)) => append(entries, more),
        (NodeValue::Object(members), NodeValue::Object(more)) => join_members(members, more, add_missing),
        _ => {}
    }
}

fn join_members(members: &mut Vec<Member>, more: &[Member], settle: fn(&mut Node, &Node)) {
    let mut index: BTreeMap<String, usize> =
        members.iter().enumerate().map(|(position, member)| (member.key.clone(), position)).collect();
    for member in more {
        if let Some(&position) = index.get(&member.key) {
            settle(&mut members[position].value, &member.value);
        } else {
            index.insert(member.key.clone(), members.len());
            members.push(member.clone());
        }
    }
}

fn append(entries: &mut Vec<Node>, more: &[Node]) {
    let mut known: BTreeSet<String> = entries.iter().map(|entry| entry.to_value().to_string()).collect();
    for entry in more {
        if known.insert(entry.to_value().to_string()) {
            entries.push(entry.clone());
        }
    }
}
