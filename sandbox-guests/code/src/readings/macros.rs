//! C and C++ without what can only be a macro. The preprocessor is not run: a word that is written as macros are, or that
//! the text defines as one, is taken away where no word can stand.

use std::collections::HashSet;
use std::ops::Range;

use super::{blank, first_branches, restored, swapped, without_directives};

/// Words after which the next one names what is declared.
const TAGS: [&str; 4] = ["class", "struct", "union", "enum"];
/// Words that begin a type. An argument with one is none of a function.
const TYPES: [&str; 15] = [
    "struct", "union", "enum", "const", "volatile", "unsigned", "signed", "int", "char", "long", "short",
    "void", "float", "double", "bool",
];
/// Words that stand in front of a type or an expression, and are neither.
const FRONT: [&str; 41] = [
    "static",
    "extern",
    "inline",
    "const",
    "volatile",
    "constexpr",
    "virtual",
    "explicit",
    "friend",
    "typedef",
    "register",
    "mutable",
    "return",
    "case",
    "else",
    "goto",
    "new",
    "delete",
    "throw",
    "public",
    "private",
    "protected",
    "using",
    "typename",
    "template",
    "operator",
    "noexcept",
    "override",
    "final",
    "auto",
    "co_return",
    "co_yield",
    "not",
    "and",
    "or",
    "do",
    "if",
    "while",
    "namespace",
    "default",
    "this",
];
/// Words that are followed by brackets, and are no function.
const CONTROL: [&str; 20] = [
    "if",
    "for",
    "while",
    "switch",
    "sizeof",
    "catch",
    "alignof",
    "decltype",
    "typeof",
    "__typeof__",
    "alignas",
    "_Alignof",
    "_Alignas",
    "static_assert",
    "_Static_assert",
    "_Generic",
    "requires",
    "defined",
    "asm",
    "__asm__",
];
/// What may follow a macro that stands in front of a declaration.
const DECLARING: [&str; 14] = [
    "static",
    "inline",
    "constexpr",
    "virtual",
    "extern",
    "typename",
    "class",
    "struct",
    "explicit",
    "friend",
    "enum",
    "public",
    "private",
    "protected",
];
/// Words of compilers that say something about a declaration, some with arguments.
const WITH_ARGUMENTS: [&str; 14] = [
    "__attribute__",
    "__declspec",
    "__hidden",
    "__packed",
    "__aligned",
    "__unused",
    "__used",
    "__weak",
    "__user",
    "__force",
    "__maybe_unused",
    "__must_check",
    "__wur",
    "__nonnull",
];
/// The same, never with arguments.
const PLAIN: [&str; 21] = [
    "__extension__",
    "__restrict",
    "__restrict__",
    "__inline",
    "__inline__",
    "__forceinline",
    "__volatile",
    "__volatile__",
    "__const",
    "__signed",
    "__signed__",
    "__cdecl",
    "__stdcall",
    "__fastcall",
    "__thread",
    "__vector",
    "__iomem",
    "_Noreturn",
    "_Thread_local",
    "_Nullable",
    "_Nonnull",
];

/// C without directives, and then without macros.
pub(crate) fn c(text: &str) -> String {
    without(text, false)
}

/// C++ without directives and macros, and without `typename` and `template` where the grammar knows only types behind them.
pub(crate) fn cpp(text: &str) -> String {
    swapped(
        &without(text, true),
        &[(r"(?:[^<,\w]|return|>)\s*\b(typename)\s+[\w:]+\s*(?:::|<)", ""), (r"::\s*(template)\b", "")],
    )
}

/// Whether a condition never holds in C.
fn never_in_c(name: &str, condition: &str) -> bool {
    let tested = condition.trim_start_matches("defined").trim_start_matches([' ', '(']);
    name == "if" && condition.split_whitespace().next() == Some("0")
        || matches!(name, "if" | "ifdef") && tested.starts_with("__cplusplus")
}

fn without(text: &str, cpp: bool) -> String {
    let plain = if cpp { without_directives(text) } else { first_branches(text, never_in_c) };
    let pieces = pieces(&plain);
    let reading = Reading { text: &plain, pieces: &pieces, defined: defined(text), cpp };
    let mut out = plain.as_bytes().to_vec();
    let mut seen = Seen { before: "", second: "", depth: 0 };
    let mut at = 0;
    while at < pieces.len() {
        match reading.look(at, &seen) {
            Step::Keep => {
                seen.pass(reading.word(at));
                at += 1;
            }
            Step::Take(last) => {
                blank(&mut out, pieces[at].start..pieces[last].end);
                at = last + 1;
            }
            Step::TakeName => {
                blank(&mut out, pieces[at].clone());
                at += 1;
            }
            Step::TakeAround(last) => {
                blank(&mut out, pieces[at].start..pieces[at + 1].end);
                blank(&mut out, pieces[last].clone());
                seen.pass(")");
                at = last + 1;
            }
            Step::TakeArguments(last) => {
                blank(&mut out, pieces[at + 1].end..pieces[last].start);
                seen.pass(reading.word(at));
                seen.pass(")");
                at = last + 1;
            }
        }
    }
    restored(out, &plain)
}

/// What is done with one word. The numbers are pieces.
enum Step {
    Keep,
    /// The word away, and what follows up to this piece.
    Take(usize),
    /// The word alone away: its arguments are what it stands for.
    TakeName,
    /// The word and the outer brackets of its arguments away.
    TakeAround(usize),
    /// What stands between its brackets away.
    TakeArguments(usize),
}

/// What was kept so far.
struct Seen<'t> {
    before: &'t str,
    second: &'t str,
    depth: usize,
}

impl<'t> Seen<'t> {
    fn pass(&mut self, word: &'t str) {
        match word {
            "{" => self.depth += 1,
            "}" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.second = self.before;
        self.before = word;
    }
}

struct Reading<'t> {
    text: &'t str,
    pieces: &'t [Range<usize>],
    defined: HashSet<&'t str>,
    cpp: bool,
}

impl<'t> Reading<'t> {
    fn word(&self, at: usize) -> &'t str {
        self.pieces.get(at).map_or("", |range| &self.text[range.clone()])
    }

    fn is_word(&self, at: usize) -> bool {
        is_word(self.word(at))
    }

    fn is_name(&self, at: usize) -> bool {
        let word = self.word(at);
        is_word(word)
            && !TAGS.contains(&word)
            && !TYPES.contains(&word)
            && !FRONT.contains(&word)
            && !CONTROL.contains(&word)
    }

    fn is_macro(&self, at: usize) -> bool {
        self.is_name(at) && (looks_like_macro(self.word(at)) || self.defined.contains(self.word(at)))
    }

    fn look(&self, at: usize, seen: &Seen<'_>) -> Step {
        if !self.is_name(at) {
            return Step::Keep;
        }
        let word = self.word(at);
        let called = self.word(at + 1) == "(" && !PLAIN.contains(&word);
        let last = if called { self.closing(at + 1) } else { at };
        let begins = matches!(seen.before, "" | ";" | "{" | "}" | ":" | "]" | "public" | "private")
            || self.cpp && seen.before == ">";
        let trailing = word.starts_with("__") && seen.before == ")";
        let step = if self.is_macro(at) || trailing {
            self.of_macro(at, last, called, begins, seen)
        } else {
            self.of_name(at, last, called, begins, seen)
        };
        step.unwrap_or_else(|| self.arguments(at, last, called, begins, seen))
    }

    /// A word that is written as macros are.
    fn of_macro(&self, at: usize, last: usize, called: bool, begins: bool, seen: &Seen<'_>) -> Option<Step> {
        let (word, next, then) = (self.word(at), last + 1, self.word(last + 2));
        let follows = self.word(next);
        let goes_on = self.is_word(next);
        let behind_name = is_word(seen.before) && !FRONT.contains(&seen.before);
        let tag = TAGS.contains(&seen.before);
        let ended = matches!(follows, ";" | "{" | "," | "=" | ":" | ")" | "" | "}");
        let declares = self.is_word(next + 1)
            || matches!(then, "*" | "&" | "&&" | "<" | "::" | "{" | "~")
            || seen.before == "}";
        let closes = seen.before == ")"
            || seen.second == ")" && matches!(seen.before, "const" | "override" | "noexcept");
        let attribute = WITH_ARGUMENTS.contains(&word) || word.starts_with("__attr");
        let all = PLAIN.contains(&word)
            || called && attribute
            || begins && called && (goes_on || matches!(follows, "}" | "{" | "" | "~" | "[" | "#"))
            || begins
                && !called
                && (matches!(follows, "}" | "") || goes_on && (declares || self.is_macro(next)))
            || goes_on && !tag && (TYPES.contains(&follows) || DECLARING.contains(&follows))
            || closes && (ended || goes_on || follows == "->")
            || tag && goes_on && (called || matches!(then, "{" | ":" | "<" | "final"))
            || seen.before == "namespace" && goes_on
            || matches!(seen.before, "*" | "&" | "&&") && goes_on
            || behind_name
                && !tag
                && goes_on
                && (self.is_word(next + 1)
                    || matches!(then, "*" | "&" | "(" | "::" | "<" | "[" | ";" | "=" | ","))
            || FRONT.contains(&seen.before)
                && goes_on
                && (self.is_word(next + 1) || matches!(then, "*" | "&" | "<" | "::"))
            || matches!(seen.before, "<" | "," | "(" | "=" | "return" | ">")
                && !called
                && goes_on
                && matches!(then, "::" | "<")
            || seen.before == "("
                && !called
                && follows == "*"
                && self.word(next + 2) == ")"
                && self.word(next + 3) == "("
            || called && behind_name && follows == "{"
            || behind_name && seen.second == "using" && follows == "=";
        if all {
            return Some(Step::Take(last));
        }
        if called && behind_name && self.word(at + 2) == "(" && self.word(last.saturating_sub(1)) == ")" {
            return Some(Step::TakeAround(last));
        }
        if called
            && behind_name
            && !TYPES.contains(&seen.before)
            && matches!(follows, ";" | "," | "=" | ")" | ":")
        {
            return Some(if self.cpp { Step::TakeName } else { Step::Take(last) });
        }
        None
    }

    /// Any other word: only where three in a row, or a type behind it, say that it is a macro.
    fn of_name(&self, at: usize, last: usize, called: bool, begins: bool, seen: &Seen<'_>) -> Option<Step> {
        let next = last + 1;
        if called {
            let is_loop = begins && !self.cpp && seen.depth > 0 && self.word(next) == "{";
            return is_loop.then_some(Step::Take(last));
        }
        let parameter = matches!(seen.before, "(" | ",") && !self.cpp;
        if (begins && !self.cpp || parameter) && TYPES.contains(&self.word(next)) {
            return Some(Step::Take(at));
        }
        let three = self.is_name(next + 1) && matches!(self.word(next + 2), ";" | "=" | "[" | "," | "(")
            || self.word(next + 1) == "*" && self.is_name(next + 2);
        let starts = begins && seen.before != ":" || parameter;
        (starts && self.is_name(next) && three).then_some(Step::Take(at))
    }

    /// Arguments that are types, which no function takes.
    fn arguments(&self, at: usize, last: usize, called: bool, begins: bool, seen: &Seen<'_>) -> Step {
        let behind_name = is_word(seen.before) && !FRONT.contains(&seen.before);
        let declares = behind_name && seen.before != "return"
            || matches!(seen.before, "*" | "&")
            || begins && self.is_word(last + 1);
        let of_call = !declares || self.is_macro(at);
        if !called || !of_call || last < at + 3 {
            return Step::Keep;
        }
        // A type in brackets of its own is a cast.
        let mut depth = 0_usize;
        let typed = (at + 2..last).any(|at| {
            match self.word(at) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            let ends = self.word(at) == "*" && matches!(self.word(at + 1), ")" | ",");
            depth == 0 && (ends || TYPES.contains(&self.word(at)))
        });
        let block = (at + 2..last).any(|at| matches!(self.word(at), "{" | ";"));
        if typed && !block { Step::TakeArguments(last) } else { Step::Keep }
    }

    /// The closing bracket of the opening one at `open`; the last piece when there is none.
    fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for at in open..self.pieces.len() {
            match self.word(at) {
                "(" => depth += 1,
                ")" if depth <= 1 => return at,
                ")" => depth -= 1,
                _ => {}
            }
        }
        self.pieces.len() - 1
    }
}

/// Names that the text defines as macros.
fn defined(text: &str) -> HashSet<&str> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix('#'));
    lines
        .filter_map(|line| line.trim_start().strip_prefix("define"))
        .map(str::trim_start)
        .map(|line| &line[..line.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(line.len())])
        .filter(|name| !name.is_empty())
        .collect()
}

fn is_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_') && !word.ends_with('"')
}

/// In capitals, or one of the compilers' own words.
fn looks_like_macro(word: &str) -> bool {
    let capitals = word.len() > 1
        && word.trim_start_matches('_').starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    capitals || word.starts_with("__attr") || WITH_ARGUMENTS.contains(&word) || PLAIN.contains(&word)
}

/// Words, literals and single marks, without comments; `->`, `::` and `&&` are one.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        let skipped = if character.is_whitespace() {
            character.len_utf8()
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.find("*/").map_or(rest.len(), |end| end + 4)
        } else {
            0
        };
        if skipped > 0 {
            at += skipped;
            continue;
        }
        let length = if let Some(length) = raw_string(rest) {
            length
        } else if matches!(character, '"' | '\'') {
            quoted(rest, character)
        } else if character.is_alphanumeric() || character == '_' {
            let number = character.is_ascii_digit();
            let ends = |c: char| !(c.is_alphanumeric() || c == '_' || number && matches!(c, '.' | '\''));
            rest.find(ends).unwrap_or(rest.len())
        } else if ["->", "::", "&&"].iter().any(|mark| rest.starts_with(mark)) {
            2
        } else {
            character.len_utf8()
        };
        pieces.push(at..at + length);
        at += length;
    }
    pieces
}

/// Length of a string that is written `R"mark(...)mark"`.
fn raw_string(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("R\"")?;
    let (mark, _) = rest.split_once('(')?;
    let end = format!("){mark}\"");
    (mark.len() <= 16).then(|| rest.find(&end).map(|at| 2 + at + end.len())).flatten()
}

/// Length of a literal in quotes; it ends with its line at the latest.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if character == '\n' && !escaped {
            return at;
        }
        if character == quote && !escaped {
            return at + 1;
        }
        escaped = character == '\\' && !escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squeezed(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_can_only_be_a_macro_is_not_read() {
        for (text, read) in [
            ("BEGIN_DECLS\nint f(void) NOTHROW;\n", "int f(void) ;"),
            ("static INLINE int f(UINT a) { return A + B(a); }", "static int f(UINT a) { return A + B(a); }"),
            ("extern int f(int) __THROW __attribute_pure__;", "extern int f(int) ;"),
            ("int WINAPI f(void);", "int f(void);"),
            ("void *API f(void);", "void * f(void);"),
            ("HRESULT (WINAPI *f)(void);", "HRESULT ( *f)(void);"),
            ("UINT f(int a) { DWORD b = 1; FILE *c; }", "UINT f(int a) { DWORD b = 1; FILE *c; }"),
            ("#ifdef __cplusplus\nextern \"C\" {\n#endif\nint a;\n", "int a;"),
            ("void f() { x = va_arg(ap, char *); }", "void f() { x = va_arg( ); }"),
            ("void f() { list_each(p, &list) { g(); } }", "void f() { { g(); } }"),
            ("int f(void) { return g((char)a); }", "int f(void) { return g((char)a); }"),
        ] {
            let got = c(text);
            assert_eq!(squeezed(&got), read);
            assert_eq!(got.len(), text.len());
        }
        for (text, read) in [
            (
                "class API Foo : public Bar { Q_OBJECT\npublic: int a; };",
                "class Foo : public Bar { public: int a; };",
            ),
            ("namespace std _VISIBILITY(default) { int a; }", "namespace std { int a; }"),
            ("auto a = typename T::type();", "auto a = T::type();"),
        ] {
            assert_eq!(squeezed(&cpp(text)), read);
        }
    }

    #[test]
    fn what_is_wrong_without_a_macro_stays_wrong() {
        for text in [
            "int a = 1 int b;",
            "void f( { }",
            "int f(void) { return 1 }",
            "x = \"a",
            "R\"x(",
            "'",
            "a((",
            ")",
        ] {
            assert_eq!(c(text), text);
            assert_eq!(cpp(text), text);
        }
    }
}
