//! Text that neither a terminal nor a CI runner takes for a command, and that reads in the order in which it stands.

use std::borrow::Cow;

/// Text on one line: control characters, line breaks, and characters that hide or change the direction of writing are
/// shown as escapes.
pub(crate) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut out, c);
    }
    out
}

/// At most `most` characters of a text on one line, with `...` for what was left out.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}...", line(&text[..at])),
        None => line(text),
    }
}

/// One character as it is shown.
pub(crate) fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() || is_deceptive(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

/// A line as a CI runner's log may have it. GitHub's runner takes a line that begins with `::`, after blanks, and the
/// older `##[` anywhere in a line, for commands of its own, whatever program wrote them.
pub(crate) fn for_log(line: &str) -> Cow<'_, str> {
    let begins = line.trim_start();
    if !begins.starts_with("::") && !line.contains("##[") {
        return Cow::Borrowed(line);
    }
    let indent = &line[..line.len() - begins.len()];
    let begins = match begins.strip_prefix("::") {
        Some(rest) => format!("\\u{{3a}}:{rest}"),
        None => begins.to_owned(),
    };
    Cow::Owned(format!("{indent}{}", begins.replace("##[", "#\\u{23}[")))
}

/// Characters that change how other text is shown without showing themselves.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_commands_a_terminal_is_left() {
        let hostile = "a\u{1b}[2Jb\u{9b}c\u{7}d\r\ne\u{202e}f\u{2066}g\u{200b}h\u{7f}i\u{e0041}";
        let shown = line(hostile);
        assert!(shown.chars().all(|c| !c.is_control() && !is_deceptive(c)), "{shown}");
        assert!(shown.contains("a\\u{1b}[2Jb\\u{9b}c"), "{shown}");
    }

    #[test]
    fn nothing_that_commands_a_runner_is_left() {
        assert_eq!(for_log("  ::error::x"), "  \\u{3a}:error::x");
        assert_eq!(for_log("a ###[group]x ##[y]"), "a ##\\u{23}[group]x #\\u{23}[y]");
        assert_eq!(for_log("::##[x]"), "\\u{3a}:#\\u{23}[x]");
        for text in ["a::b", "# [x]", ": :", ""] {
            assert_eq!(for_log(text), text);
        }
    }

    #[test]
    fn plain_text_of_any_language_is_left_alone() {
        for text in ["plain", "naïve 日本語 العربية 🦀", "{{ x }} | `code`"] {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn long_text_is_clipped_between_characters() {
        assert_eq!(clipped("日本語", 2), "日本...");
        assert_eq!(clipped("日本", 2), "日本");
    }
}
