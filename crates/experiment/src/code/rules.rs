//! Which lint rules are applied to code of a language.

use genesis_abi::TemplateText;
use genesis_policy::{LintRule, Policy, RuleConcern, builtin_rules, rules_from_yaml};
use genesis_template::LintPlan;
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

impl Wanted {
    fn takes(self, concern: RuleConcern) -> bool {
        match self {
            Self::All => true,
            Self::Security => concern == RuleConcern::Security,
            Self::Quality => concern == RuleConcern::Quality,
            Self::StyleAndQuality => concern != RuleConcern::Security,
        }
    }
}

/// The rules of a policy for a language: the built-in packs, and the user's own. One of the user's replaces the built-in
/// one with its id.
pub(crate) fn of_policy(policy: &Policy, language: &str, wanted: Wanted) -> Vec<Value> {
    let of_user = policy.lint_rules().iter().flat_map(|rules| {
        // What is wrong with the file was told when the policy was loaded.
        rules_from_yaml(&rules.yaml, &rules.file).0
    });
    let of_user: Vec<LintRule> = of_user.filter(|rule| rule.language == language).collect();
    let replaced = |rule: &LintRule| of_user.iter().any(|own| own.id == rule.id);
    let built_in = builtin_rules(language).into_iter().filter(|rule| !replaced(rule));
    let mut rules: Vec<LintRule> = built_in.collect();
    rules.extend(of_user);
    rules.into_iter().filter(|rule| wanted.takes(rule.concern)).map(|rule| rule.value).collect()
}

/// The rules that a template's own `requirements` make for what it renders, and the requirements that none is made of.
pub(crate) fn of_template(template: &TemplateText, language: &str) -> LintPlan {
    // A document that is not JSON has its errors already, and renders nothing.
    serde_json::from_str(&template.text)
        .map(|document: Value| genesis_template::lint_rules(&document, language))
        .unwrap_or_default()
}
