//! Trees that a grammar for editors builds without an error, and that are of no text of the language: statements where only
//! declarations stand, a method without a type, names in a row without a separator.
//!
//! A tree with an error of its own is left alone: what is odd in it is most likely the error's doing.

use tree_sitter::{Node, Tree};

use crate::syntax::{Fault, quoted, walk};

/// Calls `look` for each node of a tree without errors.
fn each<'t>(tree: &'t Tree, look: impl FnMut(Node<'t>, Option<Node<'t>>)) {
    if !tree.root_node().has_error() {
        walk(tree, look);
    }
}

/// The text of a node.
fn of<'t>(text: &'t str, node: Node<'_>) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// The first word of a node as a fault.
fn misplaced(text: &str, node: Node<'_>, help: &str) -> Fault {
    let start = node.start_byte();
    let words = of(text, node);
    let word = words.find(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|length| *length > 0);
    let first = words.chars().next().map_or(0, char::len_utf8);
    let found =
        &words[..word.unwrap_or(if words.starts_with(char::is_alphanumeric) { words.len() } else { first })];
    Fault::wrong(start, start + found.len(), format!("unexpected {}", quoted(found))).help(help)
}

/// Go: a file holds declarations.
pub(crate) fn go(tree: &Tree, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    each(tree, |node, parent| {
        let outermost = parent.is_some_and(|parent| parent.kind() == "source_file");
        let declares = node.kind().ends_with("_declaration") && node.kind() != "short_var_declaration";
        if outermost && node.is_named() && !declares && !matches!(node.kind(), "package_clause" | "comment") {
            faults.push(misplaced(text, node, "a declaration is expected outside of functions"));
        }
    });
    faults
}

/// Java: a file holds declarations, a statement does something, and a method has a type.
pub(crate) fn java(tree: &Tree, text: &str) -> Vec<Fault> {
    const DOES: [&str; 6] = [
        "assignment_expression",
        "update_expression",
        "method_invocation",
        "object_creation_expression",
        "switch_expression",
        "explicit_constructor_invocation",
    ];
    let mut faults = Vec::new();
    each(tree, |node, parent| {
        let outermost = parent.is_some_and(|parent| parent.kind() == "program");
        if outermost && node.kind().ends_with("_statement") {
            faults.push(misplaced(text, node, "a declaration is expected outside of classes"));
        } else if node.kind() == "expression_statement"
            && parent.is_none_or(|parent| parent.kind() != "switch_rule")
            && let Some(does) = node.named_child(0).filter(|child| !DOES.contains(&child.kind()))
        {
            faults.push(misplaced(text, does, "this is no statement: it does nothing with its value"));
        } else if node.kind() == "modifiers" {
            let mut cursor = node.walk();
            let words: Vec<Node<'_>> = node.children(&mut cursor).filter(|child| !child.is_named()).collect();
            let again = words
                .iter()
                .enumerate()
                .find(|(at, word)| words[..*at].iter().any(|before| before.kind() == word.kind()));
            if let Some((_, word)) = again {
                faults.push(misplaced(text, *word, "it stands twice: remove one"));
            }
        }
        faults.extend(nameless_constructor(text, node));
    });
    faults
}

/// C#: a method has a type.
pub(crate) fn csharp(tree: &Tree, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    each(tree, |node, _| faults.extend(nameless_constructor(text, node)));
    faults
}

/// A constructor that is not called as its class: a method whose type is missing.
fn nameless_constructor(text: &str, node: Node<'_>) -> Option<Fault> {
    if node.kind() != "constructor_declaration" {
        return None;
    }
    let name = node.child_by_field_name("name")?;
    let mut around = node.parent();
    while let Some(outer) = around {
        if let Some(of_class) = outer.child_by_field_name("name") {
            return (of(text, of_class) != of(text, name)).then(|| {
                let message = format!("missing a type in front of {}", quoted(of(text, name)));
                Fault::missing(name.start_byte(), name.start_byte(), message)
                    .help(format!("write its type, or {} for a constructor", quoted(of(text, of_class))))
            });
        }
        if outer.kind() == "object_creation_expression" {
            return None;
        }
        around = outer.parent();
    }
    None
}

/// Kotlin: a type stands behind a colon, and a bare name outside of everything declares nothing.
pub(crate) fn kotlin(tree: &Tree, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    each(tree, |node, parent| {
        let bare = matches!(node.kind(), "navigation_expression" | "identifier");
        if bare && parent.is_some_and(|parent| parent.kind() == "source_file") {
            faults.push(misplaced(text, node, "a declaration is expected, or `import` in front of it"));
        }
        if !matches!(node.kind(), "property_declaration" | "function_declaration") {
            return;
        }
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        for pair in children.windows(2) {
            let named = matches!(pair[1].kind(), "variable_declaration" | "identifier");
            if pair[0].kind() == "user_type" && named {
                let at = pair[0].end_byte();
                let message = format!("missing `:` or `.` in front of {}", quoted(of(text, pair[1])));
                faults.push(
                    Fault::missing(at, at, message).help("a type stands behind `:`, a receiver before `.`"),
                );
            }
        }
    });
    faults
}

/// Erlang: names in a row, a clause without an end, a record without a comma.
pub(crate) fn erlang(tree: &Tree, text: &str) -> Vec<Fault> {
    let comma = |at: usize| Fault::missing(at, at, "missing `,`").help("write `,` between the two");
    let mut faults = Vec::new();
    each(tree, |node, _| match node.kind() {
        "concatables" => {
            let mut cursor = node.walk();
            let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
            let plain = |node: &Node<'_>| matches!(node.kind(), "var" | "atom" | "integer" | "float");
            faults.extend(
                children
                    .windows(2)
                    .filter(|pair| pair.iter().all(plain))
                    .map(|pair| comma(pair[0].end_byte())),
            );
        }
        "record_decl" => {
            let name = node.child_by_field_name("name");
            let next = name.and_then(|name| name.next_sibling());
            if let (Some(name), Some("{" | "record_field")) = (name, next.map(|next| next.kind())) {
                faults.push(comma(name.end_byte()));
            }
        }
        "fun_decl" if !of(text, node).ends_with(['.', ';']) => {
            let at = node.end_byte();
            faults.push(Fault::missing(at, at, "missing `;` or `.`").help("end the clause"));
        }
        _ => {}
    });
    faults
}

/// Zig: two fields in a row without a comma.
pub(crate) fn zig(tree: &Tree, _: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    each(tree, |node, parent| {
        let field = node.kind() == "assignment_expression"
            && parent.is_some_and(|parent| parent.kind() == "initializer_list");
        let right = node.child_by_field_name("right").filter(|right| right.kind() == "assignment_expression");
        let left = right.and_then(|right| right.child_by_field_name("left"));
        if let (true, Some(left)) = (field, left) {
            let at = left.child(0).map_or(left.start_byte(), |value| value.end_byte());
            faults.push(Fault::missing(at, at, "missing `,`").help("write `,` between two fields"));
        }
    });
    faults
}

/// Scala: a comment that is not closed. Comments nest.
pub(crate) fn scala(tree: &Tree, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    each(tree, |node, _| {
        if node.kind() == "block_comment" && is_open(of(text, node)) {
            let start = node.start_byte();
            faults.push(
                Fault::missing(start, start + 2, "missing `*/` to close `/*`")
                    .help("write `*/` where the comment is to end"),
            );
        }
    });
    faults
}

fn is_open(comment: &str) -> bool {
    let (mut rest, mut depth) = (comment, 0_usize);
    while let Some(at) = rest.find("/*").into_iter().chain(rest.find("*/")).min() {
        if rest[at..].starts_with("/*") {
            depth += 1;
        } else {
            depth = depth.saturating_sub(1);
        }
        rest = &rest[at + 2..];
    }
    depth > 0
}

/// Clojure: a map has a value for each key.
pub(crate) fn clojure(tree: &Tree, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    each(tree, |node, _| {
        if node.kind() != "map_lit" || of(text, node).contains("#?") {
            return;
        }
        let mut cursor = node.walk();
        let values = node.children_by_field_name("value", &mut cursor).count();
        if values % 2 == 1 {
            let at = node.end_byte() - 1;
            faults.push(
                Fault::missing(at, at, "missing a value in the map").help("a map has a value for each key"),
            );
        }
    });
    faults
}

#[cfg(test)]
mod tests {
    use crate::grammar::Grammar;
    use crate::languages;

    fn told(grammar: &Grammar, text: &str) -> usize {
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&(grammar.language)()).unwrap();
        let tree = parser.parse(text, None).unwrap();
        assert!(!tree.root_node().has_error(), "{}: {text}", tree.root_node().to_sexp());
        let further = grammar.words.further.unwrap();
        further(&tree, text).len()
    }

    #[test]
    fn what_no_text_of_the_language_is_like_is_told_and_what_is_right_is_not() {
        for (grammar, right, wrong) in [
            (&languages::GO, "package a\n\nvar b = c\n", "package a\n\nb = c\n"),
            (&languages::JAVA, "class A { A() { b(); } void c() { d = 1; } }", "class A { c() { } }"),
            (&languages::JAVA, "import a.b;\nclass A { }", "a.b;\nclass A { }"),
            (&languages::JAVA, "class A { int f() { return 1; } }", "class A { int f() { 1; } }"),
            (
                &languages::JAVA,
                "class A { int f() { return switch (b) { case 1 -> 2; }; } }",
                "class A { void f() { b; } }",
            ),
            (&languages::JAVA, "class A { public static int b; }", "class A { public public int b; }"),
            (&languages::CSHARP, "class A { A() { } void B() { } }", "class A { B() { } }"),
            (&languages::KOTLIN, "class A { val b: C\n fun D.e() = 1\n }", "class A { val b C\n }"),
            (&languages::KOTLIN, "import a.b\n", "a.b\n"),
            (&languages::ERLANG, "f(A, B) -> {A, \"b\" \"c\"}.\n", "f(A B) -> ok.\n"),
            (&languages::ERLANG, "f(1) -> 1;\nf(2) -> 2.\n", "f(1) -> 1\nf(2) -> 2.\n"),
            (&languages::ZIG, "const a = .{ .b = 1, .c = 2 };", "const a = .{ .b = 1 .c = 2 };"),
            (&languages::SCALA, "/* a /* b */ */\nobject C", "object C\n/* a /* b */"),
            (&languages::CLOJURE, "{:a 1 #_:c :b 2}", "{:a 1 :b}"),
        ] {
            assert_eq!(told(grammar, right), 0, "{}: {right}", grammar.id);
            assert_eq!(told(grammar, wrong), 1, "{}: {wrong}", grammar.id);
        }
    }
}
