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

use genesis_abi::code::SYNTAX_TOO_LARGE;
use genesis_abi::{CaseFile, CodeInput, CodeReport, Finding, Place, Report, Severity};
use tree_sitter::{Parser, Tree};

pub use self::fault::{Fault, quoted};
use self::place::Lines;
pub use self::tokens::{Token, tokens};
use crate::grammar::Grammar;

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
        findings.extend(looked.findings);
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
    let Some(tree) = parser.parse(&file.text, None) else {
        // Only a parser without a language, or one that was told to stop, gives no tree.
        return (vec![Fault::wrong(0, 0, "the text cannot be parsed")], false);
    };
    if let Some(exact) = grammar.exact
        && tokens::depth(&tree) <= exact.depth
    {
        return ((exact.faults)(file), true);
    }
    (of_grammar(grammar, parser, &tree, &file.text, lines), false)
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
        let tokens = tokens(tree);
        let stop = stop::first(parser, text);
        faults.extend(further::faults(grammar, tree, text, lines, &tokens, stop.as_ref()));
    }
    faults
}

fn findings(mut faults: Vec<Fault>, file: &CaseFile, lines: &Lines<'_>) -> Vec<Finding> {
    faults.sort_by(|a, b| (a.start, a.end, &a.message).cmp(&(b.start, b.end, &b.message)));
    faults.dedup();
    let more = faults.len() > FINDINGS_A_FILE;
    faults.truncate(FINDINGS_A_FILE);
    let mut findings: Vec<Finding> =
        faults.into_iter().map(|fault| fault.finding(&file.path, lines)).collect();
    if more {
        findings.push(Finding {
            severity: Severity::Error,
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
