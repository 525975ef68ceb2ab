//! What is wrong with a policy file, with the line that is wrong.

use std::fmt;
use std::ops::Range;

/// A policy that cannot be used. It shows as one block a problem: message, file, line, the line itself with a caret,
/// and help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", render(.problems))]
pub struct PolicyError {
    problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// The file, as it was named, or `<name> (built in)`.
    pub file: String,
    /// Where in the file; absent when the file as a whole is meant.
    pub place: Option<ProblemPlace>,
    /// What to do.
    pub help: Option<String>,
}

/// A place in a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemPlace {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Characters to mark, at least 1, never past the end of the line.
    pub width: usize,
    /// The line's text.
    pub text: String,
}

impl PolicyError {
    /// An error of at least one problem.
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        debug_assert!(!problems.is_empty(), "an error has a problem");
        Self { problems }
    }

    /// The problems in the order of their places, never empty.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl From<Problem> for PolicyError {
    fn from(problem: Problem) -> Self {
        Self::new(vec![problem])
    }
}

impl Problem {
    /// A problem with a file as a whole.
    pub(crate) fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { message: message.into(), file: file.to_owned(), place: None, help: None }
    }

    /// A problem with a range of bytes of a file's text.
    pub(crate) fn at(file: &str, text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            file: file.to_owned(),
            place: Some(ProblemPlace::of(text, span)),
            help: None,
        }
    }

    /// The same with help.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Line, or 0 for the file as a whole.
    pub(crate) fn line(&self) -> usize {
        self.place.as_ref().map_or(0, |place| place.line)
    }
}

impl ProblemPlace {
    fn of(text: &str, span: Range<usize>) -> Self {
        let start = floor_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = floor_boundary(text, span.end).clamp(start, line_end);
        Self {
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            width: text[start..end].chars().count().max(1),
            text: text[line_start..line_end].trim_end_matches('\r').to_owned(),
        }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

fn render(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", shown(&self.message))?;
        match &self.place {
            None => write!(f, "\n  --> {}", shown(&self.file))?,
            Some(place) => {
                let margin = " ".repeat(place.line.to_string().len());
                let (before, marked) = place.marks();
                write!(
                    f,
                    "\n{margin} --> {}:{}:{}\n{margin} |\n{} | {}\n{margin} | {}{}",
                    shown(&self.file),
                    place.line,
                    place.column,
                    place.line,
                    shown(&place.text),
                    " ".repeat(before),
                    "^".repeat(marked),
                )?;
            }
        }
        if let Some(help) = &self.help {
            write!(f, "\n  = help: {}", shown(help))?;
        }
        Ok(())
    }
}

impl ProblemPlace {
    /// Columns before the mark and columns of the mark, as the line is shown.
    fn marks(&self) -> (usize, usize) {
        let width = |text: String| shown(&text).chars().count();
        let before = width(self.text.chars().take(self.column - 1).collect());
        let marked = width(self.text.chars().skip(self.column - 1).take(self.width).collect());
        (before, marked.max(1))
    }
}

/// Text that a terminal cannot take for a command: control characters and those that change the direction of
/// writing are escaped, a tab is one space.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
                out.extend(c.escape_unicode());
            }
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_its_line_with_a_caret_under_the_words() {
        let text = "[limits]\nfule = 5\nmemory = 3\n";
        let problem =
            Problem::at("team.toml", text, 9..13, "unknown key `fule`").help("did you mean `fuel`?");
        assert_eq!(
            problem.to_string(),
            "unknown key `fule`\n  --> team.toml:2:1\n  |\n2 | fule = 5\n  | ^^^^\n  = help: did you mean `fuel`?"
        );
    }

    #[test]
    fn every_range_of_every_text_has_a_place() {
        let text = "é = \"ü\"\r\n\nlast";
        for start in 0..text.len() + 3 {
            for end in 0..text.len() + 3 {
                let problem = Problem::at("f", text, start..end, "m");
                let place = problem.place.as_ref().unwrap();
                assert!(place.line >= 1 && place.column >= 1 && place.width >= 1);
                assert!(!problem.to_string().contains('\r'));
            }
        }
    }

    #[test]
    fn a_file_cannot_command_the_terminal() {
        let text = "\u{1b}[31mred\u{202e} = 1";
        let shown = Problem::at("a\u{7}b", text, 0..4, "bad `\u{1b}`").to_string();
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown}");
        assert!(shown.contains("\\u{1b}[31mred\\u{202e} = 1"), "{shown}");
    }
}
