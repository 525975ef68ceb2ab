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

/// Declares a module for the languages of some grammars. Rules of the packs that it names are read when the module is
/// set up.
#[macro_export]
macro_rules! module {
    (
        name: $name:literal,
        languages: [$first:literal $(, $language:literal)*],
        description: $description:literal,
        grammars: [$($grammar:expr),+ $(,)?]
        $(, packs: [$($pack:literal),+ $(,)?])? $(,)?
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

        $(
            /// Reads the packs of rules before any input is there, so that the state can be kept and every run starts
            /// from it.
            #[cfg(target_arch = "wasm32")]
            #[expect(unsafe_code, reason = "the name of the export is given by who calls it")]
            #[unsafe(export_name = "wizer-initialize")]
            extern "C" fn initialize() {
                $crate::lint::prepare(
                    GRAMMARS,
                    &[$(include_str!(concat!(env!("OUT_DIR"), "/", $pack, ".json"))),+],
                );
            }
        )?

        fn answer(input: $crate::sdk::Input) -> Result<$crate::sdk::Report, String> {
            $crate::answer(GRAMMARS, input)
        }
    };
}
