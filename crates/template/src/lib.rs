//! Template model, pure: span-aware JSON, kinds, questions, cases, versions, composition, rendering.
//!
//! Everything here is a function of texts: no files, no clock, no runtime, and it compiles to WebAssembly for the
//! built-in guests. Hostile input is the normal case: sizes and depths are capped, nothing panics, and what is wrong
//! with a text is a finding, not an error. It does not decide anything: the policy does.

mod analysis;
mod canonical;
pub mod cases;
mod changelog;
pub mod codes;
pub mod compose;
mod condition;
mod engine;
mod fields;
mod findings;
pub mod json;
mod kind;
pub mod language;
mod limit;
mod outline;
mod pairwise;
pub mod parts;
mod profile;
pub mod prompt;
pub mod question;
pub mod references;
pub mod render;
pub mod requirements;
mod scan;
mod structure;
pub mod syntax;
mod transition;
pub mod unused;
mod validate;
pub mod variables;
pub mod version;

pub use canonical::{canonically_equal, content_digest};
pub use cases::{Case, CaseOptions, CasePlan, Selection, answers_for_baseline, plan_cases};
pub use changelog::{Changelog, Entry, changelog};
pub use codes::{Code, all_codes, code};
pub use compose::{Composed, compose};
pub use condition::evaluate_text;
pub use json::{Document, Member, Node, NodeValue, ReadLimits, TextRange};
pub use kind::Kind;
pub use language::{
    LANGUAGES, Language, is_test_path, language_named, language_of_path, language_of_template_path,
};
pub use outline::{Outline, Renders, outline, outline_of};
pub use parts::{Mechanism, PartRequest, PathRefusal, candidates, confined, part_requests};
pub use profile::{Profile, UnknownProfile};
pub use question::{AnswerType, Question, questions};
pub use references::{RefKind, Reference, ReferenceIndex, cross_check, references, registry_check, resolve};
pub use render::render;
pub use requirements::{LintPlan, lint_rules};
pub use syntax::check_hbs;
pub use unused::unused_answers;
pub use validate::validate;
pub use variables::{Variable, variables, variables_of};
