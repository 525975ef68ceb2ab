//! Parses and lints C++.

use genesis_code::languages::CPP;

genesis_code::module! {
    name: "cpp",
    languages: ["cpp"],
    description: "parses and lints C++",
    grammars: [CPP],
    packs: ["cpp"],
}
