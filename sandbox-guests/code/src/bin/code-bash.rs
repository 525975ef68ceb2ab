//! Parses and lints Bash.

use genesis_code::languages::BASH;

genesis_code::module! {
    name: "bash",
    languages: ["bash"],
    description: "parses and lints Bash",
    grammars: [BASH],
    packs: ["bash"],
}
