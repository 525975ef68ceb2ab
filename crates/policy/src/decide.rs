//! Rules, and what they make of what was measured.

use genesis_domain::{Decision, Measured, Metric, Metrics, Operator, Reason, Term, Verdict};

/// Name of the reason of a verdict that no rule gave. No rule may bear it.
pub const NO_RULE_MATCHED: &str = "no-rule-matched";

/// One rule: a verdict, and when it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name, kebab case, unique in its policy.
    pub name: String,
    /// The verdict when it matches.
    pub verdict: Decision,
    /// Why, in words.
    pub text: String,
    /// Conditions that all must hold; a rule without any always matches.
    pub when: Vec<Condition>,
}

/// One condition: a metric compared with a threshold, exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// What is compared.
    pub metric: Metric,
    /// How.
    pub operator: Operator,
    /// With what.
    pub value: f64,
}

/// What a rule makes of the metrics.
enum Outcome {
    Matches,
    Differs,
    /// No condition is known to fail, and these metrics were not measured.
    Undecided(Vec<Metric>),
}

/// Applies rules in order; the first that matches gives the verdict. Pure and total: every list of rules gives a
/// verdict on every set of metrics, with exactly one reason and no remarks.
///
/// A condition on a metric that does not apply is left out, and a rule of which every condition is left out does
/// not match. A rule with one condition that was measured and fails does not match. A rule that only a metric
/// without a measurement could decide makes the verdict inconclusive: it is never skipped and never a pass. A value
/// that is not a number counts as not measured. Comparisons are exact. When no rule matches, the verdict is
/// inconclusive with the rule [`NO_RULE_MATCHED`].
pub fn decide(rules: &[Rule], metrics: &Metrics) -> Verdict {
    for rule in rules {
        let (decision, text) = match rule.outcome(metrics) {
            Outcome::Differs => continue,
            Outcome::Matches => (rule.verdict, rule.text.clone()),
            Outcome::Undecided(missing) => (Decision::Inconclusive, undecided(&missing)),
        };
        let terms = rule.when.iter().map(|condition| condition.term(metrics)).collect();
        return verdict(decision, Reason { rule: rule.name.clone(), text, terms });
    }
    let text = "no rule of the policy matched".to_owned();
    verdict(Decision::Inconclusive, Reason { rule: NO_RULE_MATCHED.to_owned(), text, terms: Vec::new() })
}

/// Every comparison of the rules once, without measurements: for showing a metric beside its thresholds.
pub fn thresholds(rules: &[Rule]) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for condition in rules.iter().flat_map(|rule| &rule.when) {
        let term = condition.term(&Metrics::default());
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    terms
}

fn verdict(decision: Decision, reason: Reason) -> Verdict {
    Verdict { decision, reasons: vec![reason], remarks: Vec::new() }
}

fn undecided(missing: &[Metric]) -> String {
    let names = missing.iter().map(|metric| metric.as_str()).collect::<Vec<_>>().join(", ");
    let verb = if missing.len() == 1 { "was" } else { "were" };
    format!("the rule cannot be decided: {names} {verb} not measured")
}

impl Rule {
    fn outcome(&self, metrics: &Metrics) -> Outcome {
        let mut missing = Vec::new();
        let mut applying = 0;
        for condition in &self.when {
            match measured(metrics, condition.metric) {
                Some(Measured::NotApplicable(_)) => continue,
                Some(Measured::Value { value, .. }) if !condition.holds(value) => return Outcome::Differs,
                Some(Measured::Value { .. }) => {}
                None if missing.contains(&condition.metric) => {}
                None => missing.push(condition.metric),
            }
            applying += 1;
        }
        if !missing.is_empty() {
            Outcome::Undecided(missing)
        } else if applying > 0 || self.when.is_empty() {
            Outcome::Matches
        } else {
            Outcome::Differs
        }
    }
}

impl Condition {
    #[expect(clippy::float_cmp, reason = "rules compare exactly; a tolerance would move every threshold")]
    fn holds(&self, measured: f64) -> bool {
        match self.operator {
            Operator::Less => measured < self.value,
            Operator::AtMost => measured <= self.value,
            Operator::Equal => measured == self.value,
            Operator::NotEqual => measured != self.value,
            Operator::AtLeast => measured >= self.value,
            Operator::Greater => measured > self.value,
        }
    }

    fn term(&self, metrics: &Metrics) -> Term {
        Term {
            metric: self.metric,
            operator: self.operator,
            threshold: self.value,
            measured: measured(metrics, self.metric),
        }
    }
}

/// What was measured; a value that is not a number was not.
fn measured(metrics: &Metrics, metric: Metric) -> Option<Measured> {
    metrics
        .get(metric)
        .filter(|measured| !matches!(measured, Measured::Value { value, .. } if value.is_nan()))
}

#[cfg(test)]
mod tests {
    use genesis_domain::NotApplicable;

    use super::*;

    fn rule(name: &str, verdict: Decision, when: &[(Metric, Operator, f64)]) -> Rule {
        let when =
            when.iter().map(|&(metric, operator, value)| Condition { metric, operator, value }).collect();
        Rule { name: name.to_owned(), verdict, text: format!("{name}'s words"), when }
    }

    fn metrics(values: &[(Metric, f64)]) -> Metrics {
        let mut metrics = Metrics::default();
        for &(metric, value) in values {
            metrics.record(metric, Measured::Value { value, samples: 20 });
        }
        metrics
    }

    const BOTH: &[(Metric, Operator, f64)] =
        &[(Metric::SuccessRate, Operator::AtLeast, 0.95), (Metric::Regression, Operator::AtMost, 0.02)];

    #[test]
    fn comparisons_are_exact() {
        let rules = [rule("r", Decision::Merge, BOTH)];
        let of = |part, whole| {
            let mut metrics = metrics(&[(Metric::Regression, 0.02)]);
            metrics.record(Metric::SuccessRate, Measured::ratio(part, whole).unwrap());
            decide(&rules, &metrics).decision
        };
        assert_eq!(of(19, 20), Decision::Merge);
        assert_eq!(of(95, 100), Decision::Merge);
        assert_eq!(of(949_999_999, 1_000_000_000), Decision::Inconclusive);
    }

    #[test]
    fn every_operator_compares_as_it_reads() {
        use Operator::{AtLeast, AtMost, Equal, Greater, Less, NotEqual};
        for (operator, below, same, above) in [
            (Less, true, false, false),
            (AtMost, true, true, false),
            (Equal, false, true, false),
            (NotEqual, true, false, true),
            (AtLeast, false, true, true),
            (Greater, false, false, true),
        ] {
            let condition = Condition { metric: Metric::Cases, operator, value: 5.0 };
            assert_eq!(
                [4.0, 5.0, 6.0].map(|value| condition.holds(value)),
                [below, same, above],
                "{operator:?}"
            );
        }
    }

    #[test]
    fn the_first_rule_that_matches_wins() {
        let always = |name: &str, verdict| rule(name, verdict, &[]);
        let verdict =
            decide(&[always("a", Decision::Rollback), always("b", Decision::Merge)], &Metrics::default());
        assert_eq!((verdict.decision, verdict.reasons[0].rule.as_str()), (Decision::Rollback, "a"));
    }

    #[test]
    fn a_rule_without_its_measurement_is_inconclusive_and_names_the_metric() {
        let verdict = decide(
            &[rule("r", Decision::Merge, BOTH), rule("rest", Decision::Merge, &[])],
            &metrics(&[(Metric::SuccessRate, 0.99)]),
        );
        assert_eq!(verdict.decision, Decision::Inconclusive);
        assert_eq!(verdict.reasons[0].rule, "r");
        assert_eq!(verdict.reasons[0].text, "the rule cannot be decided: regression was not measured");
        assert_eq!(verdict.reasons[0].terms[1].measured, None);
    }

    #[test]
    fn a_rule_that_fails_on_one_measurement_needs_no_other() {
        for reversed in [false, true] {
            let mut when = BOTH.to_vec();
            if reversed {
                when.reverse();
            }
            let rules = [rule("r", Decision::Merge, &when), rule("rest", Decision::Rollback, &[])];
            let verdict = decide(&rules, &metrics(&[(Metric::SuccessRate, 0.5)]));
            assert_eq!(verdict.reasons[0].rule, "rest");
        }
    }

    #[test]
    fn a_condition_that_does_not_apply_is_left_out_but_shown() {
        let mut metrics = metrics(&[(Metric::SuccessRate, 0.99)]);
        metrics.record(Metric::Regression, Measured::NotApplicable(NotApplicable::FirstVersion));
        let verdict = decide(&[rule("r", Decision::Merge, BOTH)], &metrics);
        assert_eq!(verdict.decision, Decision::Merge);
        assert_eq!(
            verdict.reasons[0].terms[1].measured,
            Some(Measured::NotApplicable(NotApplicable::FirstVersion))
        );
    }

    #[test]
    fn a_rule_whose_conditions_are_all_left_out_does_not_match() {
        let mut metrics = Metrics::default();
        metrics.record(Metric::Regression, Measured::NotApplicable(NotApplicable::FirstVersion));
        let rules = [rule("r", Decision::Rollback, &[(Metric::Regression, Operator::Greater, 0.05)])];
        assert_eq!(decide(&rules, &metrics).reasons[0].rule, NO_RULE_MATCHED);
    }

    #[test]
    fn what_is_not_a_number_was_not_measured() {
        let rules = [
            rule("r", Decision::Merge, &[(Metric::SuccessRate, Operator::NotEqual, 0.0)]),
            rule("rest", Decision::Merge, &[]),
        ];
        let verdict = decide(&rules, &metrics(&[(Metric::SuccessRate, f64::NAN)]));
        assert_eq!(verdict.decision, Decision::Inconclusive);
        assert!(verdict.reasons[0].text.contains("success_rate was not measured"));
    }

    #[test]
    fn no_rules_decide_nothing() {
        let verdict = decide(&[], &metrics(&[(Metric::SuccessRate, 1.0)]));
        assert_eq!(verdict.decision, Decision::Inconclusive);
        assert_eq!(verdict.reasons[0].rule, NO_RULE_MATCHED);
    }

    #[test]
    fn a_comparison_is_listed_once_among_the_thresholds() {
        let rules = [rule("a", Decision::Merge, BOTH), rule("b", Decision::Rollback, BOTH)];
        assert_eq!(thresholds(&rules).len(), 2);
    }
}
