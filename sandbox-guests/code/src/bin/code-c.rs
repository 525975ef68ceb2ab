//! Parses and lints C.

use genesis_code::languages::C;

genesis_code::module! {
    name: "c",
    languages: ["c"],
    description: "parses and lints C",
    grammars: [C],
    packs: ["c"],
}
