//! Ruby by lib-ruby-parser, which is made from the grammar of Ruby 3.1.

use genesis_abi::CaseFile;
use lib_ruby_parser::source::{Decoder, DecoderResult};
use lib_ruby_parser::{Parser, ParserOptions};

use super::sentence;
use crate::syntax::{Fault, quoted};

/// The faults of a Ruby file.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    // The text is UTF-8, whatever encoding its first comment names.
    let decoder = Decoder::new(Box::new(|_encoding, bytes| DecoderResult::Ok(bytes)));
    let options = ParserOptions { record_tokens: false, decoder: Some(decoder), ..ParserOptions::default() };
    let parsed = Parser::new(file.text.as_bytes().to_vec(), options).do_parse();
    parsed
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .map(|diagnostic| {
            let (start, end) = (diagnostic.loc.begin, diagnostic.loc.end);
            let message = sentence(&diagnostic.render_message());
            match file.text.get(start..end) {
                _ if message == "unexpected END_OF_INPUT" => {
                    Fault::missing(start, end, "the text ends too early")
                }
                Some(found) if message.starts_with("unexpected ") && !found.trim().is_empty() => {
                    Fault::wrong(start, end, format!("unexpected {}", quoted(found)))
                }
                Some(_) if message.starts_with("unexpected ") => {
                    Fault::wrong(start, start, "unexpected end of the line")
                }
                _ => Fault::wrong(start, end, message),
            }
        })
        .collect()
}
