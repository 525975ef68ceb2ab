//! Parses and lints HTML.

use genesis_code::languages::HTML;

genesis_code::module! {
    name: "html",
    languages: ["html"],
    description: "parses and lints HTML",
    grammars: [HTML],
}
