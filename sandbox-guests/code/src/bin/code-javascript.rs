//! Parses and lints JavaScript and JSX.

use genesis_code::languages::JAVASCRIPT;

genesis_code::module! {
    name: "javascript",
    languages: ["javascript"],
    description: "parses and lints JavaScript and JSX",
    grammars: [JAVASCRIPT],
    packs: ["javascript"],
}
