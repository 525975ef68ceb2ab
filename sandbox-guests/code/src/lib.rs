//! Parses and lints code. Each module under `src/bin` holds the grammar of one language, so that a run loads only
//! what it needs.

pub mod grammar;
pub mod lint;
pub mod syntax;

use genesis_abi::{Analysis, Input, Report, Subject};

use crate::grammar::Grammar;

/// Answers an input that is of one of these grammars' languages.
///
/// # Errors
/// When the input is not what a guest for code takes.
pub fn answer(grammars: &[Grammar], input: Input) -> Result<Report, String> {
    let Subject::Code(given) = input.subject else {
        return Err("this guest takes code".to_owned());
    };
    let grammar = grammars
        .iter()
        .find(|grammar| grammar.id == given.language)
        .ok_or_else(|| format!("this guest does not take `{}`", given.language))?;
    match given.analysis {
        Analysis::Syntax => syntax::check(grammar, &given),
        Analysis::Lint => lint::check(grammar, &given),
        Analysis::Run => Err("this guest does not run code".to_owned()),
    }
}
