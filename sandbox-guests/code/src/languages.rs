//! The languages, one constant each. A module links the grammars of those that it names, and no other.

use crate::exact;
use crate::grammar::{Exact, Grammar, Words};
use crate::reserved;

/// Levels of nesting up to which a parser by recursive descent is asked.
const DEPTH: usize = 400;

/// The grammar of `bash`.
pub const BASH: Grammar = Grammar {
    id: "bash",
    by: "tree-sitter-bash 0.25.1",
    expando: '$',
    language: || tree_sitter_bash::LANGUAGE.into(),
    exact: None,
    words: &reserved::BASH,
};

/// The grammar of `c`.
pub const C: Grammar = Grammar {
    id: "c",
    by: "tree-sitter-c 0.24.2",
    expando: '𐀀',
    language: || tree_sitter_c::LANGUAGE.into(),
    exact: None,
    words: &reserved::C,
};

/// The grammar of `cpp`.
pub const CPP: Grammar = Grammar {
    id: "cpp",
    by: "tree-sitter-cpp 0.23.4",
    expando: '𐀀',
    language: || tree_sitter_cpp::LANGUAGE.into(),
    exact: None,
    words: &reserved::CPP,
};

/// The grammar of `csharp`.
pub const CSHARP: Grammar = Grammar {
    id: "csharp",
    by: "tree-sitter-c-sharp 0.23.5",
    expando: 'µ',
    language: || tree_sitter_c_sharp::LANGUAGE.into(),
    exact: None,
    words: &reserved::CSHARP,
};

/// The grammar of `clojure`.
pub const CLOJURE: Grammar = Grammar {
    id: "clojure",
    by: "tree-sitter-clojure-orchard 0.2.9",
    expando: 'µ',
    language: || tree_sitter_clojure_orchard::LANGUAGE.into(),
    exact: None,
    words: &reserved::CLOJURE,
};

/// The grammar of `css`.
pub const CSS: Grammar = Grammar {
    id: "css",
    by: "tree-sitter-css 0.25.0",
    expando: '_',
    language: || tree_sitter_css::LANGUAGE.into(),
    exact: Some(Exact {
        by: "genesis-guest-code 1.0.0, CSS Syntax Level 3",
        complete: false,
        depth: usize::MAX,
        words: true,
        faults: exact::css::faults,
    }),
    words: &Words::NONE,
};

/// The grammar of `dart`.
pub const DART: Grammar = Grammar {
    id: "dart",
    by: "tree-sitter-dart 0.3.0",
    expando: '$',
    language: || tree_sitter_dart::LANGUAGE.into(),
    exact: None,
    words: &reserved::DART,
};

/// The grammar of `elixir`.
pub const ELIXIR: Grammar = Grammar {
    id: "elixir",
    by: "tree-sitter-elixir 0.3.5",
    expando: 'µ',
    language: || tree_sitter_elixir::LANGUAGE.into(),
    exact: None,
    words: &reserved::ELIXIR,
};

/// The grammar of `erlang`.
pub const ERLANG: Grammar = Grammar {
    id: "erlang",
    by: "tree-sitter-erlang 0.21.0",
    expando: 'µ',
    language: || tree_sitter_erlang::LANGUAGE.into(),
    exact: None,
    words: &reserved::ERLANG,
};

/// The grammar of `gleam`.
pub const GLEAM: Grammar = Grammar {
    id: "gleam",
    by: "tree-sitter-gleam 1.0.0",
    expando: '_',
    language: || tree_sitter_gleam::LANGUAGE.into(),
    exact: None,
    words: &reserved::GLEAM,
};

/// The grammar of `go`.
pub const GO: Grammar = Grammar {
    id: "go",
    by: "tree-sitter-go 0.25.0",
    expando: 'µ',
    language: || tree_sitter_go::LANGUAGE.into(),
    exact: None,
    words: &reserved::GO,
};

/// The grammar of `html`.
pub const HTML: Grammar = Grammar {
    id: "html",
    by: "tree-sitter-html 0.23.2",
    expando: 'z',
    language: || tree_sitter_html::LANGUAGE.into(),
    exact: None,
    words: &reserved::HTML,
};

/// The grammar of `java`.
pub const JAVA: Grammar = Grammar {
    id: "java",
    by: "tree-sitter-java 0.23.5",
    expando: '$',
    language: || tree_sitter_java::LANGUAGE.into(),
    exact: None,
    words: &reserved::JAVA,
};

/// The grammar of `javascript`.
pub const JAVASCRIPT: Grammar = Grammar {
    id: "javascript",
    by: "tree-sitter-javascript 0.25.0",
    expando: '$',
    language: || tree_sitter_javascript::LANGUAGE.into(),
    exact: Some(Exact {
        by: "oxc_parser 0.146.0",
        complete: true,
        depth: DEPTH,
        words: true,
        faults: exact::javascript::javascript,
    }),
    words: &Words::NONE,
};

/// The grammar of `json`.
pub const JSON: Grammar = Grammar {
    id: "json",
    by: "tree-sitter-json 0.24.8",
    expando: '$',
    language: || tree_sitter_json::LANGUAGE.into(),
    exact: Some(Exact {
        by: "genesis-guest-code 1.0.0",
        complete: true,
        depth: usize::MAX,
        words: true,
        faults: exact::json::faults,
    }),
    words: &Words::NONE,
};

/// The grammar of `kotlin`.
pub const KOTLIN: Grammar = Grammar {
    id: "kotlin",
    by: "tree-sitter-kotlin-ng 1.1.0",
    expando: 'µ',
    language: || tree_sitter_kotlin_ng::LANGUAGE.into(),
    exact: None,
    words: &reserved::KOTLIN,
};

/// The grammar of `lua`.
pub const LUA: Grammar = Grammar {
    id: "lua",
    by: "tree-sitter-lua 0.5.0",
    expando: '$',
    language: || tree_sitter_lua::LANGUAGE.into(),
    exact: None,
    words: &reserved::LUA,
};

/// The grammar of `php`.
pub const PHP: Grammar = Grammar {
    id: "php",
    by: "tree-sitter-php 0.25.1",
    expando: 'µ',
    language: || tree_sitter_php::LANGUAGE_PHP.into(),
    exact: Some(Exact {
        by: "mago-syntax 1.29.0",
        complete: false,
        depth: DEPTH,
        words: true,
        faults: exact::php::faults,
    }),
    words: &Words::NONE,
};

/// The grammar of `python`.
pub const PYTHON: Grammar = Grammar {
    id: "python",
    by: "tree-sitter-python 0.25.0",
    expando: 'µ',
    language: || tree_sitter_python::LANGUAGE.into(),
    exact: Some(Exact {
        by: "ruff_python_parser 0.0.10",
        complete: false,
        depth: DEPTH,
        words: true,
        faults: exact::python::faults,
    }),
    words: &Words::NONE,
};

/// The grammar of `ruby`.
pub const RUBY: Grammar = Grammar {
    id: "ruby",
    by: "tree-sitter-ruby 0.23.1",
    expando: 'µ',
    language: || tree_sitter_ruby::LANGUAGE.into(),
    exact: Some(Exact {
        by: "lib-ruby-parser 4.0.6",
        complete: false,
        depth: DEPTH,
        words: false,
        faults: exact::ruby::faults,
    }),
    words: &reserved::RUBY,
};

/// The grammar of `rust`.
pub const RUST: Grammar = Grammar {
    id: "rust",
    by: "tree-sitter-rust 0.24.2",
    expando: 'µ',
    language: || tree_sitter_rust::LANGUAGE.into(),
    exact: Some(Exact {
        by: "syn 2.0.119",
        complete: false,
        depth: DEPTH,
        words: true,
        faults: exact::rust::faults,
    }),
    words: &Words::NONE,
};

/// The grammar of `scala`.
pub const SCALA: Grammar = Grammar {
    id: "scala",
    by: "tree-sitter-scala 0.26.4",
    expando: '$',
    language: || tree_sitter_scala::LANGUAGE.into(),
    exact: None,
    words: &reserved::SCALA,
};

/// The grammar of `swift`.
pub const SWIFT: Grammar = Grammar {
    id: "swift",
    by: "tree-sitter-swift 0.7.4",
    expando: 'µ',
    language: || tree_sitter_swift::LANGUAGE.into(),
    exact: None,
    words: &reserved::SWIFT,
};

/// The grammar of `toml`.
pub const TOML: Grammar = Grammar {
    id: "toml",
    by: "tree-sitter-toml-ng 0.7.0",
    expando: '$',
    language: || tree_sitter_toml_ng::LANGUAGE.into(),
    exact: Some(Exact {
        by: "toml 1.2.1",
        complete: true,
        depth: usize::MAX,
        words: true,
        faults: exact::toml::faults,
    }),
    words: &Words::NONE,
};

/// The grammar of `tsx`.
pub const TSX: Grammar = Grammar {
    id: "tsx",
    by: "tree-sitter-typescript 0.23.2",
    expando: '$',
    language: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    exact: Some(Exact {
        by: "oxc_parser 0.146.0",
        complete: true,
        depth: DEPTH,
        words: true,
        faults: exact::javascript::tsx,
    }),
    words: &Words::NONE,
};

/// The grammar of `typescript`.
pub const TYPESCRIPT: Grammar = Grammar {
    id: "typescript",
    by: "tree-sitter-typescript 0.23.2",
    expando: '$',
    language: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    exact: Some(Exact {
        by: "oxc_parser 0.146.0",
        complete: true,
        depth: DEPTH,
        words: true,
        faults: exact::javascript::typescript,
    }),
    words: &Words::NONE,
};

/// The grammar of `yaml`.
pub const YAML: Grammar = Grammar {
    id: "yaml",
    by: "tree-sitter-yaml 0.7.2",
    expando: '$',
    language: || tree_sitter_yaml::LANGUAGE.into(),
    exact: Some(Exact {
        by: "saphyr-parser 0.3.3",
        complete: true,
        depth: usize::MAX,
        words: true,
        faults: exact::yaml::faults,
    }),
    words: &Words::NONE,
};

/// The grammar of `zig`.
pub const ZIG: Grammar = Grammar {
    id: "zig",
    by: "tree-sitter-zig 1.1.2",
    expando: 'µ',
    language: || tree_sitter_zig::LANGUAGE.into(),
    exact: None,
    words: &reserved::ZIG,
};

/// Every language, by id.
pub const ALL: [Grammar; 28] = [
    BASH, C, CPP, CSHARP, CLOJURE, CSS, DART, ELIXIR, ERLANG, GLEAM, GO, HTML, JAVA, JAVASCRIPT, JSON,
    KOTLIN, LUA, PHP, PYTHON, RUBY, RUST, SCALA, SWIFT, TOML, TSX, TYPESCRIPT, YAML, ZIG,
];
