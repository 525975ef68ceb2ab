//! Policy cases: what was measured, and the verdict that a policy must give. They are data, so that anybody can add one.

use std::ops::Range;

use genesis_domain::{Decision, Measured, Metric, Metrics, NotApplicable};
use toml::de::{DeTable, DeValue};

use crate::decide::decide;
use crate::error::{PolicyError, Problem};
use crate::policy::Policy;
use crate::value;

/// A file of cases.
///
/// ```toml
/// policy = "default"             # the policy that they are pinned under
///
/// [base]                         # what every case starts from
/// success_rate = 1.0
/// regression = "first_version"   # does not apply, for this reason
///
/// [[case]]
/// name = "too few cases pass"
/// metrics = { success_rate = 0.89, regression = "not_measured" }
/// verdict = "rollback"
/// rule = "success-rate"
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Cases {
    /// Name of the policy that the cases are pinned under.
    pub policy: String,
    cases: Vec<Case>,
}

#[derive(Debug, Clone, PartialEq)]
struct Case {
    name: String,
    metrics: Metrics,
    verdict: Decision,
    rule: String,
}

/// How one case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The case's name.
    pub name: String,
    /// Verdict and rule that the case expects.
    pub expected: (Decision, String),
    /// Verdict and rule that the policy gave.
    pub actual: (Decision, String),
}

impl CaseResult {
    /// Whether the policy decided as expected.
    pub fn passed(&self) -> bool {
        self.expected == self.actual
    }
}

/// Decides every case by a policy's rules.
pub fn run_cases(policy: &Policy, cases: &Cases) -> Vec<CaseResult> {
    cases
        .cases
        .iter()
        .map(|case| {
            let verdict = decide(policy.rules(), &case.metrics);
            let rule = verdict.reasons.into_iter().next().map(|reason| reason.rule).unwrap_or_default();
            CaseResult {
                name: case.name.clone(),
                expected: (case.verdict, case.rule.clone()),
                actual: (verdict.decision, rule),
            }
        })
        .collect()
}

impl Cases {
    /// Reads a file of cases; `file` is its name in messages.
    ///
    /// # Errors
    /// [`PolicyError`] with the first problem's place.
    pub fn parse(file: &str, text: &str) -> Result<Self, PolicyError> {
        let reader = Reader { file, text };
        let document = DeTable::parse(text).map_err(|error| {
            reader.problem(error.span().unwrap_or(0..0), format!("not TOML: {}", error.message()))
        })?;
        let table = document.get_ref();
        reader.only(table, &["policy", "base", "case"])?;
        let policy = reader.text(table, 0..0, "policy")?.to_owned();
        let mut base = Metrics::default();
        if let Some(value) = table.get("base") {
            reader.metrics(value, &mut base)?;
        }
        let Some(DeValue::Array(list)) = table.get("case").map(toml::Spanned::get_ref) else {
            return Err(Problem::of_file(file, "no cases: write them as [[case]]").into());
        };
        let cases = list.iter().map(|value| reader.case(value, &base)).collect::<Result<_, _>>()?;
        Ok(Self { policy, cases })
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn case(&self, value: &toml::Spanned<DeValue<'_>>, base: &Metrics) -> Result<Case, PolicyError> {
        const DECISIONS: [Decision; 4] =
            [Decision::Merge, Decision::MergeWithAdaptations, Decision::Rollback, Decision::Inconclusive];
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.problem(value.span(), "a case is a table: write [[case]]").into());
        };
        self.only(table, &["name", "metrics", "verdict", "rule"])?;
        let mut metrics = base.clone();
        if let Some(value) = table.get("metrics") {
            self.metrics(value, &mut metrics)?;
        }
        let verdict = self.text(table, value.span(), "verdict")?;
        let Some(verdict) = DECISIONS.into_iter().find(|decision| decision.as_str() == verdict) else {
            let mut problem = self.problem(value.span(), format!("`{verdict}` is no verdict"));
            problem.help = value::suggestion(verdict, DECISIONS.iter().map(|decision| decision.as_str()));
            return Err(problem.into());
        };
        Ok(Case {
            name: self.text(table, value.span(), "name")?.to_owned(),
            metrics,
            verdict,
            rule: self.text(table, value.span(), "rule")?.to_owned(),
        })
    }

    /// Takes over the metrics of a table: a number, `{ value, samples }`, a reason why it does not apply, or
    /// `"not_measured"`, which takes away what the base has.
    fn metrics(&self, value: &toml::Spanned<DeValue<'_>>, into: &mut Metrics) -> Result<(), PolicyError> {
        const REASONS: [NotApplicable; 3] = [
            NotApplicable::FirstVersion,
            NotApplicable::BaselinePassesNothing,
            NotApplicable::NothingRendered,
        ];
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.problem(value.span(), "metrics are a table").into());
        };
        for (name, value) in table {
            let Ok(metric) = name.get_ref().parse::<Metric>() else {
                let mut problem = self.problem(name.span(), format!("unknown metric `{}`", name.get_ref()));
                problem.help =
                    value::suggestion(name.get_ref(), Metric::ALL.iter().map(|metric| metric.as_str()));
                return Err(problem.into());
            };
            let reason = value.get_ref().as_str();
            let measured = match value.get_ref() {
                DeValue::Table(fields) => {
                    self.only(fields, &["value", "samples"])?;
                    let number = |key: &str| fields.get(key).and_then(|value| value::float(value.get_ref()));
                    // The samples are shown, never compared: a whole number that a float holds exactly will do.
                    number("value")
                        .zip(number("samples"))
                        .filter(|(_, samples)| (0.0..9e15).contains(samples))
                        .map(|(value, samples)| {
                            #[expect(
                                clippy::cast_possible_truncation,
                                clippy::cast_sign_loss,
                                reason = "in range"
                            )]
                            let samples = samples as u64;
                            Measured::Value { value, samples }
                        })
                }
                DeValue::String(word) if word == "not_measured" => {
                    into.0.remove(&metric);
                    continue;
                }
                DeValue::String(_) => REASONS
                    .into_iter()
                    .find(|known| Some(known.as_str()) == reason)
                    .map(Measured::NotApplicable),
                number => value::float(number).map(|value| Measured::Value { value, samples: 1 }),
            };
            let Some(measured) = measured else {
                let help = format!(
                    "a number, {{ value, samples }}, \"not_measured\", or why it does not apply: {}",
                    REASONS.map(|reason| format!("\"{}\"", reason.as_str())).join(", ")
                );
                return Err(self
                    .problem(value.span(), format!("no measurement of {metric}"))
                    .help(help)
                    .into());
            };
            into.record(metric, measured);
        }
        Ok(())
    }

    fn text<'t>(
        &self,
        table: &'t DeTable<'_>,
        span: Range<usize>,
        key: &str,
    ) -> Result<&'t str, PolicyError> {
        match table.get(key) {
            None => Err(self.problem(span, format!("`{key}` is missing")).into()),
            Some(value) => value.get_ref().as_str().ok_or_else(|| {
                let found = value::found(value.get_ref());
                self.problem(value.span(), format!("`{key}`: expected text, found {found}")).into()
            }),
        }
    }

    fn only(&self, table: &DeTable<'_>, allowed: &[&str]) -> Result<(), PolicyError> {
        let Some((name, _)) = table.iter().find(|(name, _)| !allowed.contains(&&**name.get_ref())) else {
            return Ok(());
        };
        let problem = self.problem(name.span(), format!("unknown key `{}`", name.get_ref()));
        let help = value::suggestion(name.get_ref(), allowed.iter().copied());
        Err(problem.help(help.unwrap_or_else(|| format!("known here: {}", allowed.join(", ")))).into())
    }

    fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem::at(self.file, self.text, span, message)
    }
}
