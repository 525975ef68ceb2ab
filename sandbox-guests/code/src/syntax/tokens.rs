//! The leaves of a tree, and how deep it is. Everything here walks with a cursor: trees are as deep as texts like.

use tree_sitter::{Node, Tree};

/// One leaf of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Token<'t> {
    /// Kind of the leaf; the text itself for punctuation and keywords.
    pub kind: &'t str,
    /// Kind of the node around it.
    pub parent: &'t str,
    /// Byte offset of the first character.
    pub start: usize,
    /// Byte offset behind the last character.
    pub end: usize,
    /// Whether it is a class of texts, such as a name, rather than one text.
    pub named: bool,
}

/// Calls `visit` for every node, parents first, in the order of the text.
pub(crate) fn walk<'t>(tree: &'t Tree, mut visit: impl FnMut(Node<'t>, Option<Node<'t>>)) {
    let mut cursor = tree.walk();
    let mut parents: Vec<Node<'t>> = Vec::new();
    loop {
        let node = cursor.node();
        visit(node, parents.last().copied());
        if cursor.goto_first_child() {
            parents.push(node);
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
            parents.pop();
        }
    }
}

/// The leaves in order, without comments and without what is missing.
pub fn tokens(tree: &Tree) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    walk(tree, |node, parent| {
        if node.child_count() == 0
            && node.end_byte() > node.start_byte()
            && !(node.is_extra() && node.is_named() && !node.is_error())
        {
            tokens.push(Token {
                kind: node.kind(),
                parent: parent.map_or("", |parent| parent.kind()),
                start: node.start_byte(),
                end: node.end_byte(),
                named: node.is_named(),
            });
        }
    });
    tokens
}

/// How deeply a parser by recursive descent would recurse at most, in levels of the grammar.
///
/// Within an error the grammar gives up nesting: each punctuation mark or keyword before a node may stand for a level.
pub(crate) fn depth(tree: &Tree) -> usize {
    let mut cursor = tree.walk();
    // For each level: whether it is an error, and the levels that its leaves so far may stand for.
    let mut levels: Vec<(bool, usize)> = Vec::new();
    let mut hidden = 0;
    let mut deepest = 0;
    loop {
        let node = cursor.node();
        deepest = deepest.max(levels.len() + hidden + 1);
        if let Some((true, marks)) = levels.last_mut()
            && !node.is_named()
            && !matches!(node.kind(), "," | ";")
        {
            *marks += 1;
            hidden += 1;
        }
        if cursor.goto_first_child() {
            levels.push((node.is_error(), 0));
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return deepest;
            }
            hidden -= levels.pop().map_or(0, |(_, marks)| marks);
        }
    }
}
