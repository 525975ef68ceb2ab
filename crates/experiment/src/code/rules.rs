//! Which lint rules are applied to code of a language.

use genesis_abi::TemplateText;
use genesis_policy::Policy;
use serde_json::Value;

/// Which of a policy's rules are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of them.
    All,
    /// Those about dangerous calls.
    Security,
    /// Those about code that is hard to keep.
    Quality,
    /// Those that are not about security.
    StyleAndQuality,
}

/// The rules of a policy for a language: the built-in packs, and the user's own.
pub(crate) fn of_policy(_policy: &Policy, _language: &str, _wanted: Wanted) -> Vec<Value> {
    Vec::new()
}

/// The rules that a template's own `requirements` make for what it renders.
pub(crate) fn of_template(_template: &TemplateText, _language: &str) -> Vec<Value> {
    Vec::new()
}
