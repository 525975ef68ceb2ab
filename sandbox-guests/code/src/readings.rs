//! Other readings of a text, of the same length, for what a grammar for editors does not take although the language does.
//! A text is right when one of its readings is.

mod macros;

use std::ops::Range;

use regex::Regex;

pub(crate) use macros::{c, cpp};

/// Lines of a preprocessor that are not code. Others that begin with `#` are: Swift writes macros like that.
const DIRECTIVES: [&str; 21] = [
    "",
    "define",
    "elif",
    "elifdef",
    "elifndef",
    "else",
    "elseif",
    "endif",
    "endregion",
    "error",
    "ident",
    "if",
    "ifdef",
    "ifndef",
    "include",
    "include_next",
    "import",
    "line",
    "pragma",
    "region",
    "undef",
];
/// Further ones, which only warn or set the compiler.
const REMARKS: [&str; 2] = ["nullable", "warning"];

/// Without the preprocessor's lines, and with the first of the branches that it chooses from; the second where the first
/// is never read.
pub(crate) fn without_directives(text: &str) -> String {
    first_branches(text, |name, condition| name == "if" && condition.split_whitespace().next() == Some("0"))
}

/// The same, where a condition says of itself that it never holds.
fn first_branches(text: &str, never: impl Fn(&str, &str) -> bool) -> String {
    let mut out = text.as_bytes().to_vec();
    // For each `#if` that is open: whether this branch is read, and whether one was read before.
    let mut branches: Vec<(bool, bool)> = Vec::new();
    let mut at = 0;
    let mut continued = false;
    let mut comment = false;
    // Whether that comment began on a line that is not read.
    let mut of_directive = false;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let body = line.trim();
        let mut directive = false;
        if !comment && !continued && body.starts_with('#') {
            let words = body[1..].trim_start();
            let name =
                words.split(|c: char| !(c.is_ascii_lowercase() || c == '_')).next().unwrap_or_default();
            directive = DIRECTIVES.contains(&name) || REMARKS.contains(&name);
            match name {
                "if" | "ifdef" | "ifndef" => {
                    let read = !never(name, words[name.len()..].trim());
                    branches.push((read, read));
                }
                "elif" | "elseif" | "else" | "elifdef" | "elifndef" => {
                    if let Some((read, before)) = branches.last_mut() {
                        *read = !*before;
                        *before = true;
                    }
                }
                "endif" => {
                    branches.pop();
                }
                _ => {}
            }
        }
        let unread = directive || continued || comment && of_directive;
        if unread || branches.iter().any(|(read, _)| !read) {
            blank(&mut out, range);
        }
        continued = (directive || continued) && body.ends_with('\\');
        comment = in_comment(line, comment);
        of_directive = unread && comment;
    }
    restored(out, text)
}

/// Whether a comment is open behind a line.
fn in_comment(line: &str, mut open: bool) -> bool {
    let mut rest = line;
    loop {
        let (mark, next) = if open { ("*/", false) } else { ("/*", true) };
        let Some(at) = rest.find(mark) else { return open };
        if !open && (rest[..at].contains("//") || rest[..at].matches('"').count() % 2 == 1) {
            return false;
        }
        rest = &rest[at + 2..];
        open = next;
    }
}

/// Annotations away, which may stand where the grammar does not look for them; a constructor's words in the line behind the
/// class; `dynamic` as the name that it may be.
pub(crate) fn kotlin(text: &str) -> String {
    swapped(
        text,
        &[
            (r"(?m)(?:^|[\s(,<])(@(?:\w+:)?[\w.]+(?:\([^()]*\))?)", ""),
            (
                r"\bclass\s+\w+(?:\s*<[^<>{}]*>)?(\s*(?:(?:public|private|internal|protected)\s+)?constructor\s*)\(",
                "",
            ),
            (r"\b(dynamic)\b", "dynamik"),
        ],
    )
}

/// Attributes and `~` in front of a type away, `()` as a value, words that are names in some places.
pub(crate) fn swift(text: &str) -> String {
    swapped(
        &without_directives(text),
        &[
            (r"(?m)(?:^|[\s(])(@_?\w+(?:\([^()]*\))?)\s", ""),
            (r"[\[(,=\s:](~)[A-Za-z]", ""),
            (r"(?:[:=(,]|return)\s*(\(\))\s*(?:[,)\n]|as\b)", "x"),
            (r"\b(unowned|weak)\s*=[^=]", "x"),
        ],
    )
}

/// A type without members, and what assembly changes as a value, which the grammar is too old for.
pub(crate) fn zig(text: &str) -> String {
    swapped(
        text,
        &[
            (
                r"\b((?:(?:packed|extern)\s+)?(?:enum|struct|union|opaque|error)(?:\s*\([^()]*\))?\s*\{\s*\})",
                "u8",
            ),
            (r":\s*(\.\{[^{}]*\})\s*\)", "\"\""),
        ],
    )
}

/// A member of a parent that is named, and `enum` as the name that it was in Scala 2.
pub(crate) fn scala(text: &str) -> String {
    swapped(
        text,
        &[(r"\b(super\[\w+\]\.)", ""), (r"(?:val|def|var)\s+(enum)\b", "enux"), (r"\b(enum)\.", "enux")],
    )
}

/// An assignment of nothing, numbers with a base, loops with a part that is left out, and a redirection of an assignment.
pub(crate) fn shell(text: &str) -> String {
    // Twice, because what ends one is what begins the next.
    let assigned = (r"(?m)(?:^|[\s;&|(])(\w+=)(?:[\t ]|$)", ":");
    let rest = [
        assigned,
        assigned,
        (r"\(\([^()]*?(\d+#)", "1+"),
        (r"for\s*\(\(([^()]*;;[^()]*)\)\)", "1;1;1"),
        (r"for\s*\(\(\s*(;[^()]*)\)\)", "1;1;1"),
        (r"\s(\d?>\s*/dev/null)", ""),
        (r"\s(\d<>)\S", "<"),
    ];
    swapped(&crate::blind::shell_reading(text), &rest)
}

/// The first line of a page that is XML too.
pub(crate) fn html(text: &str) -> String {
    swapped(text, &[(r"^\s*(<\?xml[^>]*\?>)", "")])
}

/// Puts other characters, and spaces behind them, where the first group of a pattern matches.
fn swapped(text: &str, swaps: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (pattern, instead) in swaps {
        let Ok(pattern) = Regex::new(pattern) else { continue };
        let mut out = text.as_bytes().to_vec();
        for found in pattern.captures_iter(&text) {
            let Some(range) =
                found.get(1).map(|group| group.range()).filter(|range| range.len() >= instead.len())
            else {
                continue;
            };
            out[range.clone()].fill(b' ');
            out[range.start..range.start + instead.len()].copy_from_slice(instead.as_bytes());
        }
        text = restored(out, &text);
    }
    text
}

/// Puts spaces in the place of everything but line ends.
fn blank(out: &mut [u8], range: Range<usize>) {
    for byte in &mut out[range] {
        if !matches!(*byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

/// The text again; only whole characters of it were replaced.
fn restored(bytes: Vec<u8>, text: &str) -> String {
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squeezed(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_first_branch_is_read_and_every_place_stays() {
        let text = "#if A\nint a(\n#else\nint b(\n#endif\nvoid);\n#if 0\n}\n#else\nint c;\n#endif\n\
                    #define X \\\n  {\n#define Y /* a\n } */\nint d;\n#expect(x)\n";
        let read = without_directives(text);
        assert_eq!(squeezed(&read), "int a( void); int c; int d; #expect(x)");
        assert_eq!(read.len(), text.len());
        assert_eq!(read.find("int d"), text.find("int d"));
    }

    #[test]
    fn each_reading_has_the_length_of_its_text() {
        let texts = [
            "@Suppress(\"ä\") class A\ninternal constructor(val a: Int) { val x = dynamic.y }",
            "x= y=\nfor ((a=1;;a++)); do echo $((10#$a)); done",
            "const E = enum {}; asm volatile (\"\" ::: .{ .memory = true });",
            "let a = f(()) as? B; @_x func ~B.self",
            "<?xml version=\"1.0\"?><p>ü</p>",
            "class A extends B with super[C].D { val enum = 1 }",
        ];
        for text in texts {
            for reading in [kotlin, swift, zig, scala, shell, html, without_directives] {
                assert_eq!(reading(text).len(), text.len(), "{text}");
            }
        }
        assert_eq!(squeezed(&kotlin(texts[0])), "class A (val a: Int) { val x = dynamik.y }");
        assert_eq!(squeezed(&shell(texts[1])), ": : for ((1;1;1 )); do echo $((1+ $a)); done");
        assert_eq!(squeezed(&zig(texts[2])), "const E = u8 ; asm volatile (\"\" ::: \"\" );");
    }

    #[test]
    fn every_pattern_is_one() {
        // A pattern that cannot be read would be left out without a word.
        let all: [(fn(&str) -> String, &[&str]); 6] = [
            (kotlin, &["@a", "class A\nconstructor(", "dynamic"]),
            (swift, &["@a b", "(~A", "f(()) ", "weak = 1"]),
            (zig, &["enum {}", "f(: .{ .a = 1 })"]),
            (scala, &["super[A].b", "val enum = 1", "enum.a"]),
            (
                shell,
                &[
                    "x= ",
                    "((10#",
                    "for ((a;;a++))",
                    "for ((; a; a++))",
                    "a 2>/dev/null",
                    "a 3<>b",
                    "for a do",
                ],
            ),
            (html, &["<?xml a?>"]),
        ];
        for (reading, texts) in all {
            for text in texts {
                assert_ne!(reading(text), *text);
            }
        }
    }
}
