//! Parses and lints Swift.

use genesis_code::languages::SWIFT;

genesis_code::module! {
    name: "swift",
    languages: ["swift"],
    description: "parses and lints Swift",
    grammars: [SWIFT],
    packs: ["swift"],
}
