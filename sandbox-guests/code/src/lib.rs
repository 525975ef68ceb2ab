//! Parses and lints code. Each module under `src/bin` holds the grammar of one language, so that a run loads only
//! what it needs.

mod blind;
pub mod exact;
pub mod grammar;
pub mod languages;
pub mod lint;
mod readings;
mod reserved;
mod shapes;
pub mod syntax;

#[doc(hidden)]
pub use genesis_guest_sdk as sdk;

use genesis_abi::{Analysis, Input, Report, Subject};

use crate::grammar::Grammar;

/// Answers an input that is of one of these grammars' languages.
///
/// # Errors
/// When the input is not what a guest for code takes.
pub fn answer(grammars: &[Grammar], input: Input) -> Result<Report, String> {
    let Subject::Code(given) = input.subject else {
        return Err("this guest takes code".to_owned());
    };
    let grammar = grammars
        .iter()
        .find(|grammar| grammar.id == given.language)
        .ok_or_else(|| format!("this guest does not take `{}`", given.language))?;
    match given.analysis {
        Analysis::Syntax => syntax::check(grammar, &given),
        Analysis::Lint => lint::check(grammar, &given),
        Analysis::Run => Err("this guest does not run code".to_owned()),
    }
}

/// Declares a module for the languages of some grammars.
#[macro_export]
macro_rules! module {
    (
        name: $name:literal,
        languages: [$first:literal $(, $language:literal)*],
        description: $description:literal,
        grammars: [$($grammar:expr),+ $(,)?] $(,)?
    ) => {
        $crate::sdk::guest! {
            manifest: concat!(
                r#"{"name":"code-"#, $name, r#"","version":"1.0.0","abi":1,"applies":"code","languages":[""#, $first,
                $(r#"",""#, $language,)* r#""],"analyses":["syntax","lint"],"description":""#, $description, r#""}"#
            ),
            run: answer,
            allocator: system,
        }

        const GRAMMARS: &[$crate::grammar::Grammar] = &[$($grammar),+];

        // The manifest names exactly the languages whose grammars are here.
        const _: () = assert!($crate::grammar::named(GRAMMARS, &[$first $(, $language)*]));

        fn answer(input: $crate::sdk::Input) -> Result<$crate::sdk::Report, String> {
            $crate::answer(GRAMMARS, input)
        }
    };
}
