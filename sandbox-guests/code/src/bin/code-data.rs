//! Parses and lints JSON, TOML and YAML.

use genesis_code::languages::{JSON, TOML, YAML};

genesis_code::module! {
    name: "data",
    languages: ["json", "toml", "yaml"],
    description: "parses and lints JSON, TOML and YAML",
    grammars: [JSON, TOML, YAML],
}
