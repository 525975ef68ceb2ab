//! What is known of one language: its grammar, its exact parser where there is one, and where its grammar is blind.

use genesis_abi::CaseFile;
use tree_sitter::Language;

use crate::syntax::Fault;

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
    /// The parser whose word is taken before the grammar's.
    pub exact: Option<Exact>,
    /// What the grammar lets pass and the language does not.
    pub words: &'static Words,
}

/// A parser that accepts the same texts as the language's own.
#[derive(Clone, Copy)]
pub struct Exact {
    /// Its crate and version.
    pub by: &'static str,
    /// Whether it also refuses the same texts. A parser that leaves some rules to later stages does not.
    pub complete: bool,
    /// Levels of nesting up to which it is asked, because it recurses; a deeper text is left to the grammar.
    pub depth: usize,
    /// Whether its messages are for people. Where they are not, its verdict is taken and the grammar tells the fault.
    pub words: bool,
    /// Every fault of a file, in any order.
    pub faults: fn(&CaseFile) -> Vec<Fault>,
}

/// Words of a language that its grammar does not treat as the language does.
#[derive(Clone, Copy)]
pub struct Words {
    /// Words that are never a name.
    pub reserved: &'static [&'static str],
    /// Kinds of nodes that are names.
    pub names: &'static [&'static str],
    /// Kinds of parents within which a reserved word is a name after all.
    pub allowed_in: &'static [&'static str],
    /// Words that open a block, and the word that closes it.
    pub blocks: &'static [(&'static str, &'static str)],
    /// Further faults that the tree shows and the grammar does not call errors.
    pub further: Option<fn(&tree_sitter::Tree, &str) -> Vec<Fault>>,
    /// Other readings of a text, of the same length, where the grammar does not take what the language takes: a text is
    /// right when one of them is.
    pub readings: &'static [fn(&str) -> String],
    /// Makes a warning of a fault that something which the grammar cannot see, such as a macro, may explain.
    pub doubt: Option<fn(Fault, &str) -> Fault>,
}

impl Words {
    /// Nothing but the brackets that all languages share.
    pub const NONE: Self = Self {
        reserved: &[],
        names: &[],
        allowed_in: &[],
        blocks: &[],
        further: None,
        readings: &[],
        doubt: None,
    };
}

/// Whether these are the ids of these grammars, in order.
pub const fn named(grammars: &[Grammar], ids: &[&str]) -> bool {
    if grammars.len() != ids.len() {
        return false;
    }
    let mut at = 0;
    while at < ids.len() {
        let (one, other) = (grammars[at].id.as_bytes(), ids[at].as_bytes());
        if one.len() != other.len() {
            return false;
        }
        let mut byte = 0;
        while byte < one.len() {
            if one[byte] != other[byte] {
                return false;
            }
            byte += 1;
        }
        at += 1;
    }
    true
}
