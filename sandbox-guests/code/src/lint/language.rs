//! A grammar as the language that ast-grep wants.

use std::borrow::Cow;

use ast_grep_core::matcher::PatternBuilder;
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc, TSLanguage};
use ast_grep_core::{Language, Pattern, PatternError};

use crate::grammar::Grammar;

/// The text of one file or pattern, parsed.
pub(super) type Text = StrDoc<Lang>;

/// One language, by its grammar.
#[derive(Clone, Copy)]
pub(super) struct Lang(pub(super) Grammar);

impl Language for Lang {
    fn expando_char(&self) -> char {
        self.0.expando
    }

    fn pre_process_pattern<'q>(&self, query: &'q str) -> Cow<'q, str> {
        if self.0.expando == '$' { Cow::Borrowed(query) } else { Cow::Owned(expand(query, self.0.expando)) }
    }

    fn kind_to_id(&self, kind: &str) -> u16 {
        self.get_ts_language().id_for_node_kind(kind, true)
    }

    fn field_to_id(&self, field: &str) -> Option<u16> {
        self.get_ts_language().field_id_for_name(field).map(std::num::NonZero::get)
    }

    fn build_pattern(&self, builder: &PatternBuilder) -> Result<Pattern, PatternError> {
        builder.build(|text| StrDoc::try_new(text, *self))
    }
}

impl LanguageExt for Lang {
    fn get_ts_language(&self) -> TSLanguage {
        (self.0.language)()
    }
}

/// Puts the character of the language for each `$` that begins a metavariable: before a capital letter or `_`, and
/// each of three.
fn expand(query: &str, expando: char) -> String {
    let mut text = String::with_capacity(query.len());
    let mut dollars = 0;
    for character in query.chars().chain([' ']) {
        if character == '$' {
            dollars += 1;
            continue;
        }
        let variable = matches!(character, 'A'..='Z' | '_') || dollars == 3;
        text.extend(std::iter::repeat_n(if variable { expando } else { '$' }, dollars));
        dollars = 0;
        text.push(character);
    }
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn only_metavariables_are_expanded() {
        assert_eq!(expand("foo($A, $$$REST, $$$)", 'µ'), "foo(µA, µµµREST, µµµ)");
        assert_eq!(expand("cost $5 $a ${B}", 'µ'), "cost $5 $a ${B}");
        assert_eq!(expand("tail $", 'µ'), "tail $");
        assert_eq!(expand("tail $$$", 'µ'), "tail µµµ");
    }
}
