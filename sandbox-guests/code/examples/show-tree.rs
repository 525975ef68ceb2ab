//! Prints a text's tree: `show-tree LANGUAGE < text`. Who writes a lint rule needs its kinds and fields.

use std::io::{Read as _, Write as _};

use genesis_code::languages::ALL;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let language = std::env::args().nth(1).ok_or("usage: show-tree LANGUAGE < text")?;
    let grammar = ALL.iter().find(|grammar| grammar.id == language).ok_or("no such language")?;
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&(grammar.language)())?;
    let tree = parser.parse(&text, None).ok_or("no tree")?;
    let mut out = std::io::stdout().lock();
    let mut cursor = tree.walk();
    let mut depth = 0;
    loop {
        let node = cursor.node();
        let field = cursor.field_name().map(|field| format!("{field}: ")).unwrap_or_default();
        let words = if node.child_count() == 0 {
            format!(" {:?}", text.get(node.byte_range()).unwrap_or_default())
        } else {
            String::new()
        };
        writeln!(out, "{}{field}{}{words}", "  ".repeat(depth), node.kind())?;
        if cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Ok(());
            }
            depth -= 1;
        }
    }
}
