//! Parses and lints Go.

use genesis_code::languages::GO;

genesis_code::module! {
    name: "go",
    languages: ["go"],
    description: "parses and lints Go",
    grammars: [GO],
    packs: ["go"],
}
