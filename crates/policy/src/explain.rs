//! A policy in words, and what two policies differ in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use genesis_domain::{Decision, Risk};

use crate::canonical::applies;
use crate::decide::{Condition, Rule};
use crate::error::shown;
use crate::policy::{Plan, Policy};

const INFALLIBLE: &str = "writing to a string cannot fail";

/// All that a policy says, for people: rules in order first, then checks, plans, limits and exceptions.
pub fn explain(policy: &Policy) -> String {
    let mut out = String::new();
    writeln!(out, "policy {} ({})", policy.name(), policy.digest().short()).expect(INFALLIBLE);
    if !policy.description().is_empty() {
        writeln!(out, "{}", shown(policy.description())).expect(INFALLIBLE);
    }
    out.push_str("\nThe verdict is that of the first rule that matches:\n");
    for (index, rule) in policy.rules().iter().enumerate() {
        writeln!(out, "{:>3}. {}: {}", index + 1, rule.name, rule_words(rule)).expect(INFALLIBLE);
        writeln!(out, "     {}", shown(&rule.text)).expect(INFALLIBLE);
    }
    out.push_str("A condition on a metric that does not apply is left out; a metric that was not measured, where it\nwould decide, makes the verdict inconclusive; so does it when no rule matches.\n");
    out.push_str("\nChecks:\n");
    for check in policy.checks() {
        let needed = if check.required { "required" } else { "not required" };
        writeln!(
            out,
            "  {}: guest {}, applied to {}, {needed}",
            check.name,
            shown(check.guest.as_str()),
            match applies(check.applies) {
                "template" => "the template",
                "render" => "each case, which it renders",
                "code" => "the code of what each case rendered, language by language",
                _ => "what each case rendered",
            }
        )
        .expect(INFALLIBLE);
    }
    for suite in policy.suites() {
        writeln!(
            out,
            "  suite {}: {} files of {}, over what each case rendered",
            suite.name,
            suite.files.len(),
            shown(&suite.language)
        )
        .expect(INFALLIBLE);
    }
    for lint in policy.lint_rules() {
        writeln!(out, "  lint rules {}: {}", lint.name, shown(&lint.file)).expect(INFALLIBLE);
    }
    out.push_str("\nCases by risk level:\n");
    for risk in [Risk::Low, Risk::Medium, Risk::High] {
        writeln!(out, "  {}: {}", risk.as_str(), plan_words(&policy.plan(risk))).expect(INFALLIBLE);
    }
    for (index, minimum) in policy.minimums.iter().enumerate() {
        if index == 0 {
            out.push_str("\nLeast that a request may ask for:\n");
        }
        let names = [("template", &minimum.template), ("publisher", &minimum.publisher)];
        let of = names.iter().filter_map(|(what, name)| Some(format!("{what} {}", shown(name.as_deref()?))));
        let least = [
            minimum.risk.map(|risk| format!("risk {}", risk.as_str())),
            minimum.profile.map(|profile| format!("profile {}", profile.as_str())),
        ];
        let least = least.into_iter().flatten().collect::<Vec<_>>().join(", ");
        writeln!(out, "  {}: {least}", of.collect::<Vec<_>>().join(" of ")).expect(INFALLIBLE);
    }
    for (index, exception) in policy.exceptions().iter().enumerate() {
        if index == 0 {
            out.push_str("\nWaived:\n");
        }
        writeln!(out, "  {} through {}: {}", exception.code, exception.expires, shown(&exception.reason))
            .expect(INFALLIBLE);
    }
    out.push_str("\nSettings, and the file that set each:\n");
    let width = policy.settings().map(|(path, value, _)| path.len() + value.len()).max().unwrap_or_default();
    for (path, value, origin) in policy.settings() {
        let gap = width - path.len() - value.len();
        writeln!(out, "  {path} = {value}{}  {}", " ".repeat(gap), shown(&origin.to_string()))
            .expect(INFALLIBLE);
    }
    out
}

/// One difference between two policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// A setting's path, `check.<name>`, `rule.<name>`, `rules` for their order, `minimum.<index>`,
    /// `exception.<code>`, or `name`.
    pub key: String,
    /// What the first says; `None` when it says nothing.
    pub left: Option<String>,
    /// What the second says; `None` when it says nothing.
    pub right: Option<String>,
}

/// What two policies differ in, by key. Empty exactly when their digests are equal.
pub fn diff(left: &Policy, right: &Policy) -> Vec<Difference> {
    let (left, right) = (facts(left), facts(right));
    let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    keys.into_iter()
        .filter(|key| left.get(*key) != right.get(*key))
        .map(|key| Difference {
            key: key.clone(),
            left: left.get(key).cloned(),
            right: right.get(key).cloned(),
        })
        .collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<String>| value.as_deref().map_or_else(|| "(none)".to_owned(), shown);
        write!(f, "{}: {} -> {}", self.key, side(&self.left), side(&self.right))
    }
}

fn facts(policy: &Policy) -> BTreeMap<String, String> {
    let mut facts: BTreeMap<String, String> =
        policy.settings().map(|(path, value, _)| (path.to_owned(), value)).collect();
    facts.insert("name".to_owned(), policy.name.clone());
    facts.insert("description".to_owned(), policy.description.clone());
    for check in &policy.checks {
        let digest = check.digest.as_ref().map_or("any build", genesis_domain::Digest::as_str);
        let needed = if check.required { "required" } else { "not required" };
        let words = format!("{} ({digest}), {}, {needed}", check.guest.as_str(), applies(check.applies));
        facts.insert(format!("check.{}", check.name), words);
    }
    for suite in &policy.suites {
        facts.insert(
            format!("suite.{}", suite.name),
            format!(
                "{}, {}",
                suite.language,
                genesis_domain::Digest::of(format!("{:?}", suite.files).as_bytes()).short()
            ),
        );
    }
    for lint in &policy.lints {
        facts.insert(
            format!("lint.{}", lint.name),
            genesis_domain::Digest::of(lint.yaml.as_bytes()).short().to_string(),
        );
    }
    for rule in &policy.rules {
        facts.insert(format!("rule.{}", rule.name), format!("{}; {}", rule_words(rule), rule.text));
    }
    let names = |names: Vec<&str>| names.join(", ");
    facts.insert("rules".to_owned(), names(policy.rules.iter().map(|rule| rule.name.as_str()).collect()));
    facts.insert("checks".to_owned(), names(policy.checks.iter().map(|check| check.name.as_str()).collect()));
    for (index, minimum) in policy.minimums.iter().enumerate() {
        facts.insert(format!("minimum.{index}"), format!("{minimum:?}"));
    }
    for exception in &policy.exceptions {
        let words = format!("through {}: {}", exception.expires, exception.reason);
        facts.insert(format!("exception.{}", exception.code), words);
    }
    facts
}

fn rule_words(rule: &Rule) -> String {
    let conditions: Vec<String> = rule.when.iter().map(condition_words).collect();
    let when = if conditions.is_empty() {
        "always".to_owned()
    } else {
        format!("when {}", conditions.join(" and "))
    };
    format!("{} {when}", decision_words(rule.verdict))
}

fn condition_words(condition: &Condition) -> String {
    format!("{} {} {}", condition.metric, condition.operator.as_str(), condition.value)
}

fn decision_words(decision: Decision) -> &'static str {
    match decision {
        Decision::Merge => "merge",
        Decision::MergeWithAdaptations => "merge with adaptations",
        Decision::Rollback => "roll back",
        Decision::Inconclusive => "inconclusive",
    }
}

fn plan_words(plan: &Plan) -> String {
    let twice = if plan.repeat { ", everything run twice" } else { "" };
    format!("{}, at most {} cases{twice}", plan.selection.as_str(), plan.cases)
}
