//! Parses and lints Elixir.

use genesis_code::languages::ELIXIR;

genesis_code::module! {
    name: "elixir",
    languages: ["elixir"],
    description: "parses and lints Elixir",
    grammars: [ELIXIR],
    packs: ["elixir"],
}
