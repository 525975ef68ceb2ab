//! Parses and lints Kotlin.

use genesis_code::languages::KOTLIN;

genesis_code::module! {
    name: "kotlin",
    languages: ["kotlin"],
    description: "parses and lints Kotlin",
    grammars: [KOTLIN],
    packs: ["kotlin"],
}
