//! Parses and lints Gleam.

use genesis_code::languages::GLEAM;

genesis_code::module! {
    name: "gleam",
    languages: ["gleam"],
    description: "parses and lints Gleam",
    grammars: [GLEAM],
}
