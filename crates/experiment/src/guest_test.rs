//! A guest tried on inputs of which it is known what is to come of them.

use std::sync::atomic::{AtomicU64, Ordering};

use genesis_abi::{FailedReason, Limits, Report, RunOutcome, Usage};
use genesis_sandbox::{Cancel, Run};
use serde_json::{Map, Value, json};

use crate::ExperimentError;
use crate::measure::{Progress, must_repeat};
use crate::runner::{Loaded, Runner};

/// One input, and what is to come of it.
#[derive(Debug, Clone)]
pub struct GuestCase {
    /// Its name.
    pub name: String,
    /// The document on standard input, as it stands.
    pub input: Vec<u8>,
    /// What is to come of it; `None` when that is not known yet.
    pub expected: Option<Expected>,
}

/// What is to come of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// `outcome`, and those of `limit`, `reason` and `exit_code` that are given.
    ending: Map<String, Value>,
    report: Option<Value>,
    subset: bool,
}

/// What came of one case.
#[derive(Debug)]
pub struct TriedCase {
    /// The case's name.
    pub name: String,
    /// How that compares with what was expected.
    pub result: CaseResult,
    /// How the first run ended.
    pub outcome: RunOutcome,
    /// What the first run used.
    pub usage: Usage,
    /// Standard error of the first run, as far as its limit.
    pub stderr: Vec<u8>,
}

/// How what came of a case compares with what was expected.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseResult {
    /// It is the same, or holds what was asked for.
    Passed,
    /// It is something else.
    Differs {
        /// What was expected.
        expected: Value,
        /// What came, in the same shape.
        actual: Value,
        /// Whether it was enough to hold what was expected.
        subset: bool,
    },
    /// Nothing was expected.
    NothingExpected {
        /// What came, as an expectation.
        actual: Value,
    },
    /// A second run of the same input gave something else.
    NotRepeated {
        /// What differs.
        what: String,
    },
}

impl Expected {
    /// Reads an expectation: a report, which has to be met exactly; or an object with some of `outcome` (`completed` when
    /// absent), `limit`, `reason`, `exit_code`, `report`, and `match`, which is `exact` or `subset`.
    ///
    /// # Errors
    /// One sentence on what cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let Value::Object(given) = value else { return Err("it is JSON, but no object".to_owned()) };
        if !["outcome", "report", "match"].iter().any(|key| given.contains_key(*key)) {
            let report = Report::from_slice(text.as_bytes()).map_err(|error| {
                format!("{error}; for another outcome than a report write {{\"outcome\": \"out_of_fuel\"}}")
            })?;
            return Ok(Self { ending: completed(), report: Some(normal(&report)), subset: false });
        }
        Self::described(given)
    }

    fn described(given: Map<String, Value>) -> Result<Self, String> {
        let mut expected = Self { ending: completed(), report: None, subset: false };
        for (key, value) in given {
            match (key.as_str(), value) {
                ("outcome", Value::String(outcome)) if OUTCOMES.contains(&outcome.as_str()) => {
                    expected.ending.insert(key, Value::String(outcome));
                }
                ("outcome", _) => return Err(format!("`outcome` is one of {}", OUTCOMES.join(", "))),
                ("limit" | "reason", value @ Value::String(_)) | ("exit_code", value @ Value::Number(_)) => {
                    expected.ending.insert(key, value);
                }
                ("limit" | "reason", _) => return Err(format!("`{key}` is text")),
                ("exit_code", _) => return Err("`exit_code` is a number".to_owned()),
                ("report", report @ Value::Object(_)) => expected.report = Some(report),
                ("report", _) => return Err("`report` is an object".to_owned()),
                ("match", Value::String(word)) if word == "exact" || word == "subset" => {
                    expected.subset = word == "subset";
                }
                ("match", _) => return Err("`match` is `exact` or `subset`".to_owned()),
                _ => {
                    return Err(format!(
                        "unknown key `{key}`; there are match, outcome, limit, reason, exit_code and report"
                    ));
                }
            }
        }
        if expected.ending["outcome"] != "completed" && expected.report.is_some() {
            return Err("only a guest that completes has a report".to_owned());
        }
        if let (Some(report), false) = (&expected.report, expected.subset) {
            let report = Report::from_slice(report.to_string().as_bytes())
                .map_err(|error| format!("{error}; part of a report needs \"match\": \"subset\""))?;
            expected.report = Some(normal(&report));
        }
        Ok(expected)
    }

    fn compare(&self, run: &Run) -> CaseResult {
        let came = ending(&run.outcome);
        let report = run.report.as_ref().map(normal);
        let ends_alike = self.ending.iter().all(|(key, value)| came.get(key) == Some(value));
        let reports_alike = match (&self.report, &report) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(expected), Some(actual)) if self.subset => holds(actual, expected),
            (Some(expected), Some(actual)) => expected == actual,
        };
        if ends_alike && reports_alike {
            return CaseResult::Passed;
        }
        // Where both are reports these alone are shown: the outcome is the same and says nothing.
        let (expected, actual) = match (&self.report, report) {
            (Some(expected), Some(actual)) if ends_alike => (expected.clone(), actual),
            _ => (Value::Object(self.ending.clone()), Value::Object(came)),
        };
        CaseResult::Differs { expected, actual, subset: self.subset }
    }
}

/// Tries a guest on every case, each twice, with seed 0.
///
/// # Errors
/// When the host fails, or was asked to stop.
pub fn try_guest(
    guest: &Loaded,
    cases: &[GuestCase],
    limits: &Limits,
    runner: &Runner,
    cancel: &Cancel,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<TriedCase>, ExperimentError> {
    let done = AtomicU64::new(0);
    let tried = runner.in_parallel(cases.len(), |index| {
        let tried = try_case(guest, &cases[index], limits, runner, cancel);
        progress(Progress { done: done.fetch_add(1, Ordering::Relaxed) + 1, total: cases.len() as u64 });
        tried
    });
    if cancel.is_cancelled() {
        return Err(ExperimentError::Cancelled);
    }
    tried.into_iter().collect()
}

fn try_case(
    guest: &Loaded,
    case: &GuestCase,
    limits: &Limits,
    runner: &Runner,
    cancel: &Cancel,
) -> Result<TriedCase, ExperimentError> {
    let once = || match guest {
        Loaded::Ready(guest) => runner.run(guest, &case.input, limits, 0, cancel),
        Loaded::Refused(outcome) => Ok(Run {
            outcome: outcome.clone(),
            usage: Usage::default(),
            report: None,
            stdout: Vec::new(),
            stderr: Vec::new(),
        }),
    };
    let (first, second) = (once()?, once()?);
    let result = match (must_repeat(&first, &second), &case.expected) {
        (Err(what), _) => CaseResult::NotRepeated { what },
        (Ok(()), Some(expected)) => expected.compare(&first),
        (Ok(()), None) => CaseResult::NothingExpected { actual: as_expectation(&first) },
    };
    let Run { outcome, usage, stderr, .. } = first;
    Ok(TriedCase { name: case.name.clone(), result, outcome, usage, stderr })
}

/// Every outcome that a run can have when nobody stops it.
const OUTCOMES: [&str; 13] = [
    "completed",
    "failed",
    "trapped",
    "out_of_fuel",
    "timed_out",
    "memory_exceeded",
    "table_exceeded",
    "stack_overflow",
    "output_exceeded",
    "host_call_exceeded",
    "denied_import",
    "invalid_module",
    "module_too_complex",
];

fn completed() -> Map<String, Value> {
    Map::from_iter([("outcome".to_owned(), "completed".into())])
}

/// What an expectation of this run would say: the report alone when there is one.
fn as_expectation(run: &Run) -> Value {
    run.report.as_ref().map_or_else(|| Value::Object(ending(&run.outcome)), normal)
}

/// The parts of an outcome that an expectation can name.
fn ending(outcome: &RunOutcome) -> Map<String, Value> {
    let mut ending = Map::from_iter([("outcome".to_owned(), Value::from(outcome.name()))]);
    let mut put = |key: &str, value: Value| ending.insert(key.to_owned(), value);
    match outcome {
        RunOutcome::Failed { reason, exit_code, .. } => {
            put("reason", reason_word(*reason).into());
            if let Some(code) = exit_code {
                put("exit_code", json!(code));
            }
        }
        RunOutcome::Trapped { trap } => {
            put("reason", trap.as_str().into());
        }
        RunOutcome::ModuleTooComplex { limits, .. } => {
            if let Some(hit) = limits.first() {
                put("limit", hit.limit.as_str().into());
            }
        }
        other => {
            if let Some(hit) = other.limit_hit() {
                put("limit", hit.limit.as_str().into());
            }
        }
    }
    ending
}

pub(crate) fn reason_word(reason: FailedReason) -> &'static str {
    match reason {
        FailedReason::ExitCode => "exit_code",
        FailedReason::NoOutput => "no_output",
        FailedReason::NotJson => "not_json",
        FailedReason::WrongShape => "wrong_shape",
        FailedReason::NoStart => "no_start",
    }
}

/// A report in the form that is compared: keys sorted, defaults left out, whatever way it was written.
fn normal(report: &Report) -> Value {
    let mut report = report.clone();
    for finding in &mut report.findings {
        finding.inherited = false;
    }
    let text = serde_json::to_string(&report).expect("a report that was read can be written");
    serde_json::from_str(&text).expect("what serde_json wrote it reads")
}

/// Whether `actual` holds all of `expected`: every member of an object, every element of a list in its order. Both were
/// read from text, which bounds their depth.
fn holds(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            expected.iter().all(|(key, value)| actual.get(key).is_some_and(|actual| holds(actual, value)))
        }
        (Value::Array(actual), Value::Array(expected)) => {
            let mut rest = actual.iter();
            expected.iter().all(|wanted| rest.any(|actual| holds(actual, wanted)))
        }
        (actual, expected) => actual == expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outcome: RunOutcome, report: Option<&str>) -> Run {
        let report = report.map(|text| Report::from_slice(text.as_bytes()).unwrap());
        Run { outcome, usage: Usage::default(), report, stdout: Vec::new(), stderr: Vec::new() }
    }

    fn passes(expected: &str, run: &Run) -> bool {
        Expected::parse(expected).unwrap().compare(run) == CaseResult::Passed
    }

    const TWO: &str = r#"{"abi":1,"findings":[
        {"severity":"error","code":"A","message":"first","place":{"file":"f","pointer":null}},
        {"code":"B","message":"second","severity":"note","inherited":true}],"data":{"n":[1,2,3]}}"#;

    #[test]
    fn a_report_is_compared_by_what_it_means() {
        let completed = run(RunOutcome::Completed, Some(TWO));
        assert!(passes(TWO, &completed));
        let written_otherwise = r#"{"data":{"n":[1,2,3]},"findings":[
            {"message":"first","place":{"file":"f"},"code":"A","severity":"error"},
            {"code":"B","message":"second","severity":"note","place":{}}],"abi":1}"#;
        assert!(passes(written_otherwise, &completed));
        for other in ["\"first\"", "\"A\"", "3]"] {
            assert!(
                !passes(&TWO.replace(other, &other.replace(['f', 'A', '3'], "9")), &completed),
                "{other}"
            );
        }
        assert!(!passes(r#"{"abi":1,"findings":[]}"#, &completed));
    }

    #[test]
    fn a_subset_holds_what_is_named_in_its_order() {
        let completed = run(RunOutcome::Completed, Some(TWO));
        let subset = |report: &str| passes(&format!(r#"{{"match":"subset","report":{report}}}"#), &completed);
        assert!(subset(r#"{"findings":[{"code":"B"}]}"#));
        assert!(subset(r#"{"findings":[{"code":"A"},{"code":"B"}],"data":{"n":[1,3]}}"#));
        assert!(subset("{}"));
        assert!(!subset(r#"{"findings":[{"code":"B"},{"code":"A"}]}"#));
        assert!(!subset(r#"{"findings":[{"code":"A"},{"code":"A"}]}"#));
        assert!(!subset(r#"{"data":{"n":[4]}}"#));
    }

    #[test]
    fn an_outcome_is_compared_by_the_parts_that_are_named() {
        let failed = RunOutcome::Failed {
            reason: FailedReason::ExitCode,
            exit_code: Some(2),
            excerpt: "why".to_owned(),
        };
        let failed = run(failed, None);
        assert!(passes(r#"{"outcome":"failed"}"#, &failed));
        assert!(passes(r#"{"outcome":"failed","exit_code":2,"reason":"exit_code"}"#, &failed));
        assert!(!passes(r#"{"outcome":"failed","exit_code":3}"#, &failed));
        assert!(!passes(r#"{"outcome":"out_of_fuel"}"#, &failed));
        assert!(!passes(r#"{"abi":1,"findings":[]}"#, &failed));
        assert!(passes(&as_expectation(&failed).to_string(), &failed));
    }

    #[test]
    fn what_a_run_gave_is_an_expectation_that_it_meets() {
        let completed = run(RunOutcome::Completed, Some(TWO));
        assert!(passes(&as_expectation(&completed).to_string(), &completed));
        assert!(!passes(&as_expectation(&completed).to_string(), &run(RunOutcome::Completed, None)));
    }

    #[test]
    fn an_expectation_that_cannot_be_met_is_refused() {
        for (text, message) in [
            ("", "not JSON"),
            ("[]", "no object"),
            ("{}", "not of ABI"),
            (r#"{"outcome":"out-of-fuel"}"#, "`outcome` is one of"),
            (r#"{"outcome":"failed","report":{}}"#, "only a guest that completes"),
            (r#"{"match":"some"}"#, "`match` is"),
            (r#"{"outcome":"failed","code":1}"#, "unknown key `code`"),
            (r#"{"report":{"findings":[{"code":"A"}]}}"#, "\"match\": \"subset\""),
        ] {
            let error = Expected::parse(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn every_outcome_but_that_of_an_interrupt_can_be_expected() {
        for outcome in OUTCOMES {
            let text = format!(r#"{{"outcome":"{outcome}"}}"#);
            assert!(Expected::parse(&text).is_ok(), "{outcome}");
        }
        assert!(OUTCOMES.contains(&RunOutcome::Completed.name()));
        assert!(!OUTCOMES.contains(&RunOutcome::Cancelled.name()));
    }
}
