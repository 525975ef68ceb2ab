//! Laws of policies that hold for every input.

use std::fmt::Write as _;
use std::sync::LazyLock;

use genesis_domain::{Decision, Measured, Metric, Metrics, NotApplicable, Operator};
use genesis_policy::{Condition, Date, Policy, Rule, decide, diff};
use proptest::prelude::*;

static DEFAULT: LazyLock<Policy> = LazyLock::new(|| {
    Policy::load("default", &|path| Err(format!("{path} is not built in")), None).expect("it is built in")
});

fn load_text(text: &str) -> Result<Policy, String> {
    Policy::load("test.toml", &|_| Ok(text.to_owned()), None).map_err(|error| error.to_string())
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(0.0),
        Just(-0.0),
        (0_u32..=100).prop_map(|n| f64::from(n) / 100.0)
    ]
}

fn measured() -> impl Strategy<Value = Option<Measured>> {
    prop_oneof![
        Just(None),
        number().prop_map(|value| Some(Measured::Value { value, samples: 3 })),
        Just(Some(Measured::NotApplicable(NotApplicable::FirstVersion))),
        Just(Some(Measured::NotApplicable(NotApplicable::NothingRendered))),
    ]
}

fn metrics() -> impl Strategy<Value = Metrics> {
    prop::collection::vec(measured(), Metric::ALL.len()).prop_map(|values| {
        let mut metrics = Metrics::default();
        for (metric, measured) in Metric::ALL.into_iter().zip(values) {
            if let Some(measured) = measured {
                metrics.record(metric, measured);
            }
        }
        metrics
    })
}

const OPERATORS: [Operator; 6] = [
    Operator::Less,
    Operator::AtMost,
    Operator::Equal,
    Operator::NotEqual,
    Operator::AtLeast,
    Operator::Greater,
];
const DECISIONS: [Decision; 4] =
    [Decision::Rollback, Decision::MergeWithAdaptations, Decision::Merge, Decision::Inconclusive];

fn condition() -> impl Strategy<Value = Condition> {
    (0..Metric::ALL.len(), 0..OPERATORS.len(), number()).prop_map(|(metric, operator, value)| Condition {
        metric: Metric::ALL[metric],
        operator: OPERATORS[operator],
        value,
    })
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let rule = (0..DECISIONS.len(), prop::collection::vec(condition(), 0..4));
    prop::collection::vec(rule, 0..6).prop_map(|rules| {
        rules
            .into_iter()
            .enumerate()
            .map(|(index, (verdict, when))| Rule {
                name: format!("rule-{index}"),
                verdict: DECISIONS[verdict],
                text: "words".to_owned(),
                when,
            })
            .collect()
    })
}

/// Metrics that were all measured, with the counts that do not end the matter before the ratios are looked at.
fn judged(success_rate: f64, regression: f64, inherited_errors: u32) -> Metrics {
    let mut metrics = Metrics::default();
    for metric in Metric::ALL {
        let value = match metric {
            Metric::SuccessRate => success_rate,
            Metric::Regression => regression,
            Metric::InheritedErrors => f64::from(inherited_errors),
            Metric::Changed | Metric::ChecksRun | Metric::Cases | Metric::DistinctOutputs => 1.0,
            _ => 0.0,
        };
        metrics.record(metric, Measured::Value { value, samples: 100 });
    }
    metrics
}

fn rank(decision: Decision) -> usize {
    DECISIONS.iter().position(|other| *other == decision).expect("every decision is there")
}

proptest! {
    #[test]
    fn decide_is_total_and_always_has_one_reason(rules in rules(), metrics in metrics()) {
        let verdict = decide(&rules, &metrics);
        prop_assert_eq!(verdict.reasons.len(), 1);
        prop_assert!(verdict.remarks.is_empty());
        prop_assert!(!verdict.reasons[0].text.is_empty());
        // The comparison of two verdicts goes by their text, because what is not a number does not equal itself.
        prop_assert_eq!(format!("{verdict:?}"), format!("{:?}", decide(&rules, &metrics)));
    }

    #[test]
    fn a_merge_rests_on_measurements_alone(rules in rules(), metrics in metrics()) {
        let verdict = decide(&rules, &metrics);
        if verdict.decision != Decision::Inconclusive {
            prop_assert!(verdict.reasons[0].terms.iter().all(|term| term.measured.is_some()));
        }
    }

    #[test]
    fn a_higher_success_rate_and_a_lower_regression_never_make_it_worse(
        rates in (0.0..=1.0_f64, 0.0..=1.0_f64),
        regressions in (0.0..=0.2_f64, 0.0..=0.2_f64),
        inherited in 0_u32..2,
    ) {
        let policy = &*DEFAULT;
        let (low, high) = (rates.0.min(rates.1), rates.0.max(rates.1));
        let (good, bad) = (regressions.0.min(regressions.1), regressions.0.max(regressions.1));
        let of = |rate, regression| decide(policy.rules(), &judged(rate, regression, inherited)).decision;
        prop_assert!(rank(of(high, good)) >= rank(of(low, bad)));
        prop_assert!(of(low, bad) != Decision::Inconclusive && of(high, good) != Decision::Inconclusive);
    }

}

proptest! {
    // Each of these loads a policy twice, which costs milliseconds where nothing is optimised.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_policy_written_out_is_the_same_policy(
        fuel in 1_u64..1 << 53,
        memory in 1_u64..65_536,
        guest in "[a-z][a-z0-9_-]{0,12}",
        description in "\\PC{0,40}|[\\x00-\\x7f]{0,20}",
        growth in 0.0..1e9_f64,
        new_rules in rules(),
        pattern in "[a-z*?:]{1,10}",
        reason in "[ -~]{1,30}",
        day in 1_u8..=28,
    ) {
        let mut text = format!(
            "name = \"test\"\ndescription = {}\nextends = \"default\"\n[limits]\nfuel = {fuel}\n[limits.guest.{guest}]\n\
             memory_bytes = \"{memory} KiB\"\nclass = \"large\"\n[cost]\nfuel_growth_warn = {growth:?}\n",
            toml::Value::from(description.as_str()),
        );
        for rule in new_rules.iter().filter(|rule| !rule.when.is_empty()) {
            let conditions = rule.when.iter().filter(|condition| condition.value.is_finite()).map(|condition| {
                let op = condition.operator.as_str();
                format!("{{ metric = \"{}\", op = \"{op}\", value = {:?} }}", condition.metric, condition.value)
            }).collect::<Vec<_>>();
            if !conditions.is_empty() {
                writeln!(
                    text,
                    "[[rule]]\nname = \"{}\"\nverdict = \"{}\"\ntext = \"t\"\nwhen = [{}]\nbefore = \"merge\"",
                    rule.name, rule.verdict, conditions.join(", ")
                ).unwrap();
            }
        }
        write!(
            text,
            "[[minimum]]\ntemplate = \"{pattern}\"\nrisk = \"high\"\n[[exception]]\ncode = \"T0203\"\nreason = {}\nexpires = 2026-01-{day:02}\n",
            toml::Value::from(format!("x{reason}")),
        ).unwrap();
        // Rules drawn at random may hold against what no policy may say; such a policy is refused as a whole.
        let Ok(policy) = load_text(&text) else { return Ok(()) };
        let written = policy.canonical_text();
        let again = load_text(&written).map_err(TestCaseError::fail)?;
        prop_assert_eq!(again.canonical_text(), written);
        prop_assert_eq!(again.digest(), policy.digest());
        prop_assert!(diff(&policy, &again).is_empty());
        prop_assert_eq!(again.limits_for(&guest).memory_bytes, memory * 1024);
        prop_assert_eq!(again.limits_for("another").fuel, fuel);
    }

    #[test]
    fn no_text_makes_loading_panic(text in "\\PC{0,200}", today in any::<bool>()) {
        let today = today.then(|| Date::new(2026, 1, 1).unwrap());
        let _ = Policy::load("x.toml", &|_| Ok(text.clone()), today).map_err(|error| error.to_string());
    }

    #[test]
    fn no_bend_of_the_default_makes_loading_panic(at in 0_usize..9000, insert in "[\\[\\]{}\"'=.,# \n0-9a-z]{0,6}", cut in 0_usize..12) {
        let default = genesis_policy::EMBEDDED[0].1;
        let start = default.floor_char_boundary(at.min(default.len()));
        let end = default.floor_char_boundary((start + cut).min(default.len()));
        let bent = format!("{}{insert}{}", &default[..start], &default[end..]);
        let _ = load_text(&bent).map(|policy| policy.canonical_text());
    }
}
