//! Ruby by lib-ruby-parser, which is made from the grammar of Ruby 3.1.

use genesis_abi::CaseFile;
use lib_ruby_parser::{Parser, ParserOptions};

use super::sentence;
use crate::syntax::Fault;

/// The faults of a Ruby file.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    let options = ParserOptions { record_tokens: false, ..ParserOptions::default() };
    let parsed = Parser::new(file.text.as_bytes().to_vec(), options).do_parse();
    parsed
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .map(|diagnostic| {
            Fault::wrong(diagnostic.loc.begin, diagnostic.loc.end, sentence(&diagnostic.render_message()))
        })
        .collect()
}
