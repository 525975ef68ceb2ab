//! Parses and lints Elixir.

use genesis_code::grammar::Grammar;
use genesis_guest_sdk::{Input, Report, guest};

guest! {
    manifest: r#"{"name":"code-elixir","version":"1.0.0","abi":1,"applies":"code","languages":["elixir"],"analyses":["syntax","lint"],"description":"parses and lints Elixir"}"#,
    run: answer,
}

const GRAMMARS: [Grammar; 1] = [Grammar {
    id: "elixir",
    by: "tree-sitter-elixir 0.3.5",
    expando: 'µ',
    language: || tree_sitter_elixir::LANGUAGE.into(),
}];

fn answer(input: Input) -> Result<Report, String> {
    genesis_code::answer(&GRAMMARS, input)
}
