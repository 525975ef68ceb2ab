//! Parses and lints Dart.

use genesis_code::languages::DART;

genesis_code::module! {
    name: "dart",
    languages: ["dart"],
    description: "parses and lints Dart",
    grammars: [DART],
    packs: ["dart"],
}
