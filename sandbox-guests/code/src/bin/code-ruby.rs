//! Parses and lints Ruby.

use genesis_code::languages::RUBY;

genesis_code::module! {
    name: "ruby",
    languages: ["ruby"],
    description: "parses and lints Ruby",
    grammars: [RUBY],
    packs: ["ruby"],
}
