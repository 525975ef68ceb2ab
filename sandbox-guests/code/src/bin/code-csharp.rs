//! Parses and lints C#.

use genesis_code::languages::CSHARP;

genesis_code::module! {
    name: "csharp",
    languages: ["csharp"],
    description: "parses and lints C#",
    grammars: [CSHARP],
    packs: ["csharp"],
}
