//! What the examples share.

use genesis_abi::{Analysis, CaseFile, CodeInput, Finding, Input, Severity, Subject};
use genesis_code::grammar::Grammar;

/// Checks files of one language.
pub(crate) struct Checker {
    /// The language's grammar.
    pub(crate) grammar: Grammar,
}

impl Checker {
    /// # Errors
    /// When there is no such language.
    pub(crate) fn new(language: &str) -> Result<Self, String> {
        let known = genesis_code::languages::ALL.iter().find(|grammar| grammar.id == language);
        known.map(|grammar| Self { grammar: *grammar }).ok_or_else(|| format!("no language `{language}`"))
    }

    /// What is wrong with a file. Where a grammar alone decides, a warning is a fault as well; the warnings of exact
    /// parsers are of what is allowed.
    ///
    /// # Errors
    /// When the file cannot be checked.
    pub(crate) fn faults(&self, path: &str, text: String) -> Result<Vec<Finding>, String> {
        let subject = Subject::Code(CodeInput {
            analysis: Analysis::Syntax,
            language: self.grammar.id.to_owned(),
            files: vec![CaseFile { path: path.to_owned(), text }],
            rules: Vec::new(),
            tests: Vec::new(),
            texts: Vec::new(),
            answers: serde_json::Map::new(),
        });
        let input = Input { abi: genesis_abi::ABI_VERSION, read: None, subject };
        let report = genesis_code::answer(std::slice::from_ref(&self.grammar), input)?;
        let least = if self.grammar.exact.is_some() { Severity::Error } else { Severity::Warning };
        Ok(report.findings.into_iter().filter(|finding| finding.severity >= least).collect())
    }
}
