//! Parses and lints TypeScript and TSX.

use genesis_code::languages::{TSX, TYPESCRIPT};

genesis_code::module! {
    name: "typescript",
    languages: ["tsx", "typescript"],
    description: "parses and lints TypeScript and TSX",
    grammars: [TSX, TYPESCRIPT],
    packs: ["javascript", "typescript"],
}
