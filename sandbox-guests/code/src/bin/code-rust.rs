//! Parses and lints Rust.

use genesis_code::languages::RUST;

genesis_code::module! {
    name: "rust",
    languages: ["rust"],
    description: "parses and lints Rust",
    grammars: [RUST],
    packs: ["rust"],
}
