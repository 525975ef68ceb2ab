//! Policy files to limits and rules, and evidence to a verdict.
//!
//! A policy is TOML. [`Policy::load`] reads it, follows its `extends`, and refuses everything that it cannot honour;
//! [`decide`] applies its rules to what was measured, and is pure and total. This crate reads no file and knows no
//! clock: the caller gives it a way to read and today's date.

mod attached;
mod canonical;
mod cases;
mod cost;
mod date;
mod decide;
mod error;
mod explain;
mod glob;
mod key;
mod layer;
mod lint;
mod load;
mod lock;
mod policy;
mod shadow;
mod value;

pub use attached::{LintRules, Suite, suites};
pub use cases::{CaseResult, Cases, run_cases};
pub use cost::{CaseCost, CostChange, CostFile, CostFileError, Growth, TemplateCost};
pub use date::{Date, DateError};
pub use decide::{Condition, NO_RULE_MATCHED, Rule, decide, thresholds};
pub use error::{PolicyError, Problem, ProblemPlace};
pub use explain::{Difference, diff, explain};
pub use lint::{
    LintRule, RuleConcern, UnknownConcern, builtin_languages, builtin_rules, lint_language, rules_from_yaml,
};
pub use load::EMBEDDED;
pub use lock::GuestLock;
pub use policy::{
    Check, Class, Exception, Guest, Isolation, Max, Minimum, Origin, Plan, Policy, Profile, Request,
    Selection, TightenError, Tightened,
};
pub use shadow::ShadowBudget;
