//! Faults that a tree shows although its grammar calls nothing an error.

use tree_sitter::Tree;

use crate::syntax::{Fault, quoted, walk};

/// Words that close or go on with a block of the shell; as the name of a command they close nothing.
const SHELL_CLOSERS: [&str; 7] = ["then", "do", "done", "fi", "esac", "else", "elif"];

/// Elements whose end tag may be left out, or that have none.
const OPEN_ELEMENTS: [&str; 38] = [
    "area", "base", "body", "br", "caption", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html",
    "img", "input", "li", "link", "meta", "optgroup", "option", "p", "param", "rb", "rp", "rt", "rtc",
    "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr", "frame", "keygen", "basefont",
];

/// The shell's closing words where a command should stand.
pub(crate) fn shell(tree: &Tree, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    walk(tree, |node, _| {
        if node.kind() != "command_name" {
            return;
        }
        let Some(word) = text.get(node.byte_range()) else { return };
        if SHELL_CLOSERS.contains(&word) || word == "}" {
            faults.push(
                Fault::reserved(node.start_byte(), node.end_byte(), format!("unexpected {}", quoted(word)))
                    .help(format!("remove the {}, or open the block that it belongs to", quoted(word))),
            );
        }
    });
    faults
}

/// `for NAME do` with a `;` before its `do`, and `~` as a word of a test with another in its place: the shell takes both,
/// the grammar does not.
pub(crate) fn shell_reading(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_start();
        let start = at + line.len() - body.len();
        let mut words = body.trim_end().split(' ');
        if words.next() == Some("for")
            && let (Some(name), Some("do")) = (words.next(), words.next())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            out[start + "for ".len() + name.len()] = b';';
        }
        if body.contains('[') {
            for (offset, _) in line.match_indices(" ~ ") {
                out[at + offset + 1] = b'x';
            }
        }
        at += line.len();
    }
    // Single bytes of ASCII took the place of such.
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// End tags without a start, and elements without the end tag that they need.
pub(crate) fn html(tree: &Tree, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    walk(tree, |node, parent| match node.kind() {
        "erroneous_end_tag_name" => {
            let name = text.get(node.byte_range()).unwrap_or_default();
            faults.push(
                Fault::wrong(
                    node.start_byte(),
                    node.end_byte(),
                    format!("unexpected end tag {}", quoted(&format!("</{name}>"))),
                )
                .help("no such element is open here: remove the tag, or open the element"),
            );
        }
        "start_tag" => {
            let Some(element) = parent else { return };
            let Some(last) = element.child(element.child_count().saturating_sub(1)) else { return };
            let Some(name) = node.child(1).and_then(|name| text.get(name.byte_range())) else { return };
            let lower = name.to_ascii_lowercase();
            let mut cursor = element.walk();
            let misnamed = element.children(&mut cursor).any(|child| child.kind() == "erroneous_end_tag");
            if last.kind() != "end_tag"
                && !misnamed
                && node.child(1).is_some_and(|name| name.kind() == "tag_name")
                && !OPEN_ELEMENTS.contains(&lower.as_str())
            {
                faults.push(
                    Fault::missing(
                        node.start_byte(),
                        node.end_byte(),
                        format!(
                            "missing {} to close {}",
                            quoted(&format!("</{name}>")),
                            quoted(&format!("<{name}>"))
                        ),
                    )
                    .help("write the end tag where the element is to end"),
                );
            }
        }
        _ => {}
    });
    faults
}

/// A preprocessor is not run here: what looks like a macro, or stands beside a condition of the preprocessor, may
/// become right when it is. Such a fault is a warning.
pub(crate) fn macros(fault: Fault, text: &str) -> Fault {
    let start = text[..fault.start.min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    let around = text[..start].trim_end().rfind('\n').map_or(0, |at| at + 1);
    let end = text[fault.start.min(text.len())..].find('\n').map_or(text.len(), |at| fault.start + at);
    let lines = &text[around..end];
    let bracket = fault.message.contains(" to close ") || fault.message.contains(" closing ");
    let explained = if bracket {
        text.contains("#else") || text.contains("#elif")
    } else {
        // The line begins at the margin: outside of functions two names in a row are usual where one is a macro.
        let outside = text[start..].starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '{');
        // `for_each(list, item) {` is a loop only where a macro makes it one.
        let macro_loop = fault.message == "missing `;`" && text[fault.start..].trim_start().starts_with('{');
        lines.contains('#')
            || macro_loop
            || outside
            || lines.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(is_macro)
    };
    if !explained {
        return fault;
    }
    fault.warning().help("right if a macro makes it so: the preprocessor is not run here")
}

/// A word in capitals, as macros are named.
fn is_macro(word: &str) -> bool {
    word.len() > 1
        && word.chars().any(|c| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
