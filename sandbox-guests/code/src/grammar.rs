//! The grammars.

use tree_sitter::Language;

/// The grammar of one language.
#[derive(Clone, Copy)]
pub struct Grammar {
    /// The language's id, such as `elixir`.
    pub id: &'static str,
    /// The grammar's crate and version.
    pub by: &'static str,
    /// Character that stands for `$` in patterns: one that can begin a name in the language.
    pub expando: char,
    /// The grammar.
    pub language: fn() -> Language,
}
