//! Is a text of its language?
//!
//! Where a language has an exact parser, its word is taken. Everything else is parsed with a grammar for editors, which
//! never refuses a text but marks what it could not place; the first place where no text of the language could go on is
//! taken from the parser's own log, the rest from its tree.

mod fault;
mod further;
mod place;
mod stop;
mod tokens;
mod unclosed;
mod words;

use std::borrow::Cow;

use genesis_abi::code::SYNTAX_TOO_LARGE;
use genesis_abi::{CaseFile, CodeInput, CodeReport, Finding, Place, Report, Severity};
use tree_sitter::{Parser, Tree};

pub use self::fault::{Fault, quoted};
use self::place::Lines;
pub(crate) use self::tokens::walk;
pub use self::tokens::{Token, tokens};
use crate::grammar::{Exact, Grammar};

/// Most findings in one file. One more says that there are others.
const FINDINGS_A_FILE: usize = 20;
/// Most bytes of one file: the limits of memory are the sandbox's, this one is told apart from a failed run.
const BYTES_A_FILE: usize = 16 << 20;

/// Parses each file.
///
/// # Errors
/// When the grammar cannot be used.
pub fn check(grammar: &Grammar, given: &CodeInput) -> Result<Report, String> {
    let mut parser = Parser::new();
    parser
        .set_language(&(grammar.language)())
        .map_err(|error| format!("the grammar of `{}` cannot be used: {error}", grammar.id))?;
    let mut findings = Vec::new();
    let mut lines = 0;
    let mut all_exact = true;
    for file in &given.files {
        let looked = look(grammar, &mut parser, file);
        lines += looked.lines as u64;
        all_exact &= looked.exact;
        findings.extend(looked.findings.into_iter().map(|finding| weighed(grammar, finding)));
    }
    let (by, exact) = match grammar.exact {
        Some(exact) if all_exact => (exact.by.to_owned(), exact.complete),
        Some(exact) => (format!("{}, {}", exact.by, grammar.by), false),
        None => (grammar.by.to_owned(), false),
    };
    let report =
        CodeReport { by, exact, files: given.files.len() as u64, lines, rules: Vec::new(), run: None };
    Report::with_data(findings, &report).map_err(|error| error.to_string())
}

/// Languages whose grammars refuse some texts that their own tools accept: more than one in a hundred real files was
/// flagged. A fault in them is a warning, so that it is told and decides nothing.
const UNSURE: [&str; 4] = ["bash", "c", "cpp", "kotlin"];

fn weighed(grammar: &Grammar, mut finding: Finding) -> Finding {
    if UNSURE.contains(&grammar.id) {
        finding.severity = finding.severity.min(Severity::Warning);
    }
    finding
}

/// What one file gave.
struct Looked {
    findings: Vec<Finding>,
    lines: usize,
    exact: bool,
}

fn look(grammar: &Grammar, parser: &mut Parser, file: &CaseFile) -> Looked {
    if file.text.len() > BYTES_A_FILE {
        return Looked { findings: vec![too_large(file)], lines: 0, exact: grammar.exact.is_some() };
    }
    let lines = Lines::new(&file.text);
    let (faults, exact) = faults(grammar, parser, file, &lines);
    Looked { findings: findings(faults, file, &lines), lines: lines.count(), exact }
}

fn faults(grammar: &Grammar, parser: &mut Parser, file: &CaseFile, lines: &Lines<'_>) -> (Vec<Fault>, bool) {
    // A parser that does not recurse needs no tree to say how deep the text is.
    let asked =
        grammar.exact.filter(|exact| exact.depth == usize::MAX).map(|exact| (exact, (exact.faults)(file)));
    if let Some((exact, faults)) = &asked
        && !better_told(*exact, faults, &file.text)
    {
        return (asked.map(|(_, faults)| faults).unwrap_or_default(), true);
    }
    let Some((tree, text)) = read(grammar, parser, &file.text) else {
        // Only a parser without a language, or one that was told to stop, gives no tree.
        return (vec![Fault::wrong(0, 0, "the text cannot be parsed")], false);
    };
    let asked = asked.or_else(|| {
        let exact = grammar.exact.filter(|exact| tokens::depth(&tree) <= exact.depth)?;
        Some((exact, (exact.faults)(file)))
    });
    let Some((exact, faults)) = asked else {
        return (of_grammar(grammar, parser, &tree, &text, lines), false);
    };
    if tree.root_node().has_error() && better_told(exact, &faults, &file.text) {
        let told = of_grammar(grammar, parser, &tree, &text, lines);
        let first = |faults: &[Fault]| faults.iter().map(|fault| fault.start).min().unwrap_or(usize::MAX);
        let wordless = faults.iter().all(|fault| fault.message.is_empty());
        if !told.is_empty() && (wordless || lines.line_of(first(&told)) <= lines.line_of(first(&faults))) {
            return (told, true);
        }
    }
    (faults.into_iter().map(Fault::worded).collect(), true)
}

/// The tree of the first reading that is of the language, else of the last one; and that reading.
fn read<'t>(grammar: &Grammar, parser: &mut Parser, text: &'t str) -> Option<(Tree, Cow<'t, str>)> {
    let mut tree = parser.parse(text, None)?;
    let mut reading = Cow::Borrowed(text);
    for other in grammar.words.readings {
        let blind = || grammar.words.further.is_none_or(|further| further(&tree, &reading).is_empty());
        if !tree.root_node().has_error()
            && words::reserved(grammar.words, &tree, &reading).is_empty()
            && blind()
        {
            break;
        }
        let other = other(text);
        tree = parser.parse(&other, None)?;
        reading = Cow::Owned(other);
    }
    Some((tree, reading))
}

/// Whether the grammar tells better what is wrong: the exact parser has no words for it, or saw only that the text
/// ended, which is as far as one can be from what was not closed.
fn better_told(exact: Exact, faults: &[Fault], text: &str) -> bool {
    let Some(first) =
        faults.iter().filter(|fault| fault.severity == Severity::Error).min_by_key(|one| one.start)
    else {
        return false;
    };
    !exact.words || first.message.is_empty() || first.start >= text.trim_end().len()
}

/// The faults that the grammar shows, and those that it is known not to show.
fn of_grammar(
    grammar: &Grammar,
    parser: &mut Parser,
    tree: &Tree,
    text: &str,
    lines: &Lines<'_>,
) -> Vec<Fault> {
    let mut faults = words::reserved(grammar.words, tree, text);
    if let Some(further) = grammar.words.further {
        faults.extend(further(tree, text));
    }
    if tree.root_node().has_error() {
        let doubt = |fault: Fault| match grammar.words.doubt {
            Some(doubt) => doubt(fault, text),
            None => fault,
        };
        let tokens = tokens(tree);
        let stop = stop::first(parser, text);
        // A closing word that was taken for a name leaves its block open: one fault, not two.
        let taken = faults.iter().any(|fault| {
            unclosed::is_closer(grammar.words, text.get(fault.start..fault.end).unwrap_or_default())
        });
        if let Some(fault) = faults.iter().min_by_key(|fault| fault.start)
            && let Some(instead) = unclosed::before(grammar.words, &tokens, fault, text, lines)
        {
            return vec![doubt(instead)];
        }
        let told = further::faults(grammar, tree, text, lines, &tokens, stop.as_ref());
        faults.extend(told.into_iter().filter(|fault| !(taken && fault.message.contains(" to close "))));
        faults = faults.into_iter().map(doubt).collect();
    }
    faults
}

fn findings(mut faults: Vec<Fault>, file: &CaseFile, lines: &Lines<'_>) -> Vec<Finding> {
    faults.sort_by(|a, b| (a.start, a.end, &a.message).cmp(&(b.start, b.end, &b.message)));
    faults.dedup();
    let more = faults.get(FINDINGS_A_FILE..).unwrap_or_default();
    let more = more.iter().map(|fault| fault.severity).max();
    faults.truncate(FINDINGS_A_FILE);
    let mut findings: Vec<Finding> =
        faults.into_iter().map(|fault| fault.finding(&file.path, lines)).collect();
    if let Some(severity) = more {
        findings.push(Finding {
            severity,
            code: genesis_abi::code::SYNTAX_ERROR.to_owned(),
            message: format!("there are more faults than the {FINDINGS_A_FILE} that are shown of a file"),
            place: Place { file: Some(file.path.clone()), ..Place::default() },
            help: Some("repair the first ones and check again".to_owned()),
            inherited: false,
        });
    }
    findings
}

fn too_large(file: &CaseFile) -> Finding {
    Finding {
        severity: Severity::Error,
        code: SYNTAX_TOO_LARGE.to_owned(),
        message: format!("the file is larger than the {} MiB that are parsed", BYTES_A_FILE >> 20),
        place: Place { file: Some(file.path.clone()), ..Place::default() },
        help: Some("split it, or check it where it is written".to_owned()),
        inherited: false,
    }
}
