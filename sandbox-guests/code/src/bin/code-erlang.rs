//! Parses and lints Erlang.

use genesis_code::languages::ERLANG;

genesis_code::module! {
    name: "erlang",
    languages: ["erlang"],
    description: "parses and lints Erlang",
    grammars: [ERLANG],
}
