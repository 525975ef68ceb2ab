//! Which lint rules are applied to code of a language.

use genesis_policy::Policy;
use serde_json::Value;

/// The rules of a policy for a language: the built-in packs, and the user's own.
pub(crate) fn of_policy(_policy: &Policy, _language: &str) -> Vec<Value> {
    Vec::new()
}

/// The rules that a template's own `requirements` make for what it renders.
pub(crate) fn of_template(_template: &genesis_abi::TemplateText, _language: &str) -> Vec<Value> {
    Vec::new()
}
