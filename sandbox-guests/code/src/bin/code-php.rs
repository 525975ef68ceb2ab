//! Parses and lints PHP.

use genesis_code::languages::PHP;

genesis_code::module! {
    name: "php",
    languages: ["php"],
    description: "parses and lints PHP",
    grammars: [PHP],
    packs: ["php"],
}
