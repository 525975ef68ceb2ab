//! Parses and lints CSS.

use genesis_code::languages::CSS;

genesis_code::module! {
    name: "css",
    languages: ["css"],
    description: "parses and lints CSS",
    grammars: [CSS],
}
