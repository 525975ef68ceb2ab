//! Runs the files and their tests, and reports both.

use std::collections::{BTreeMap, BTreeSet};

use genesis_abi::code::{CodeReport, CodeRun, NO_TESTS, RUN_RAISED, TEST_FAILED, TestOutcome, TestResult};
use genesis_abi::{CaseFile, CodeInput};
use genesis_guest_sdk::{Finding, Place, Report, Severity};
use serde::Deserialize;

use crate::engine::{self, Given, WRAPPER};
use crate::modules::NOT_HERE;
use crate::place;
use crate::source::{self, Kind, Position};

/// What looks at the code.
const BY: &str = "QuickJS-ng (rquickjs 0.14.0), oxc 0.146.0";
/// Longest message of a test's result, in bytes.
const MESSAGE_BYTES: usize = 2000;
/// Longest part of such a message in a finding, in bytes.
const SENTENCE_BYTES: usize = 300;

/// What the runner says of an error.
#[derive(Deserialize)]
struct Thrown {
    message: String,
    stack: String,
}

/// What the runner says of a test.
#[derive(Deserialize)]
struct Ran {
    name: String,
    file: String,
    outcome: TestOutcome,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    stack: String,
}

/// The given texts by path.
type Texts = BTreeMap<String, String>;

/// Runs everything.
///
/// # Errors
/// When the report cannot be written.
pub(crate) fn everything(code: &CodeInput) -> Result<Report, String> {
    let texts: Texts =
        code.files.iter().chain(&code.tests).map(|file| (file.path.clone(), file.text.clone())).collect();
    let mut findings = give(code, &texts);
    let broken: BTreeSet<String> = findings.iter().filter_map(|one| one.place.file.clone()).collect();
    let asked = !code.tests.is_empty();
    let to_load = if asked { &code.tests } else { &code.files };
    let mut results = Vec::new();
    for file in to_load.iter().filter(|file| !broken.contains(&file.path) && !file.path.ends_with(".json")) {
        let is_test = asked || is_test(&file.path);
        load(file, is_test, &texts, &broken, &mut findings);
        if is_test {
            run_tests(file, &texts, &mut findings, &mut results);
        }
    }
    if !results.iter().any(|result: &TestResult| result.outcome != TestOutcome::Skipped) {
        findings.push(no_tests(asked, !results.is_empty()));
    }
    let given = engine::take();
    let report = CodeReport {
        by: BY.to_owned(),
        exact: true,
        files: texts.len() as u64,
        lines: texts.values().map(|text| text.lines().count() as u64).sum(),
        rules: Vec::new(),
        run: Some(CodeRun { tests: results, output: given.output, output_truncated: given.output_truncated }),
    };
    Report::with_data(findings, &report).map_err(|error| format!("cannot write the report: {error}"))
}

/// Hands everything to the engine; what does not parse is not handed over, and told.
fn give(code: &CodeInput, texts: &Texts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut given = Given::default();
    for (path, text) in texts {
        given.paths.insert(path.clone());
        match source::read(path, text, &code.language) {
            Ok(source) => {
                given.sources.insert(path.clone(), source);
            }
            Err(errors) => findings.extend(errors),
        }
    }
    let mut files = serde_json::Map::new();
    for CaseFile { path, text } in code.files.iter().chain(&code.tests).chain(&code.texts) {
        files.insert(path.clone(), text.clone().into());
        if path.ends_with(".json") && given.paths.insert(path.clone()) {
            // A text that is data can be imported as such.
            if let Ok(source) = source::read(path, text, &code.language) {
                given.sources.insert(path.clone(), source);
            }
        }
    }
    given.files = serde_json::Value::Object(files).to_string();
    given.answers = serde_json::Value::Object(code.answers.clone()).to_string();
    engine::give(given);
    findings
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.contains(".test.") || name.contains(".spec.") || path.split('/').any(|part| part == "__tests__")
}

fn load(
    file: &CaseFile,
    is_test: bool,
    texts: &Texts,
    broken: &BTreeSet<String>,
    findings: &mut Vec<Finding>,
) {
    let thrown = engine::call("begin", &file.path, false)
        .and_then(|_| engine::call("load", &file.path, !is_test))
        .map(|text| serde_json::from_str::<Option<Thrown>>(&text).unwrap_or_default());
    let thrown = match thrown {
        Ok(thrown) => thrown,
        Err(message) => Some(Thrown { message, stack: String::new() }),
    };
    for thrown in thrown.into_iter().chain(raised()) {
        // The file that does not parse has been told of.
        if !broken
            .iter()
            .any(|path| thrown.message.contains(&format!("`{path}` cannot be imported: it does not parse")))
        {
            findings.push(outside(&thrown, &file.path, is_test, texts));
        }
    }
}

fn run_tests(file: &CaseFile, texts: &Texts, findings: &mut Vec<Finding>, results: &mut Vec<TestResult>) {
    match engine::call("run", "", false) {
        Ok(text) => {
            for ran in serde_json::from_str::<Vec<Ran>>(&text).unwrap_or_default() {
                results.push(result(ran, texts, findings));
            }
        }
        Err(message) => {
            let message = if message.is_empty() { "the tests never end".to_owned() } else { message };
            findings.push(outside(&Thrown { message, stack: String::new() }, &file.path, true, texts));
        }
    }
    findings.extend(raised().iter().map(|thrown| outside(thrown, &file.path, true, texts)));
}

/// What was raised outside of tests since the last call.
fn raised() -> Vec<Thrown> {
    match engine::call("raised", "", false) {
        Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
        Err(message) => vec![Thrown { message, stack: String::new() }],
    }
}

/// The result of a test, and a finding when it did not pass.
fn result(ran: Ran, texts: &Texts, findings: &mut Vec<Finding>) -> TestResult {
    let at = frames(&ran.stack, texts).into_iter().find(|(file, _)| *file == ran.file).map(|(_, at)| at);
    let message = ran.message.map(|message| cut(&message, MESSAGE_BYTES));
    let verb = match ran.outcome {
        TestOutcome::Failed => "failed",
        TestOutcome::Errored => "raised an error",
        TestOutcome::Passed | TestOutcome::Skipped => {
            return TestResult { name: ran.name, file: ran.file, outcome: ran.outcome, message, line: None };
        }
    };
    let said = sentence(message.as_deref().unwrap_or("it says nothing"));
    let span = at.and_then(|at| texts.get(&ran.file).map(|text| place::at(text, at.line, at.column)));
    findings.push(finding(
        Severity::Error,
        TEST_FAILED,
        format!("test `{}` {verb}: {said}", cut(&ran.name, SENTENCE_BYTES)),
        place::place(&ran.file, span),
    ));
    TestResult { name: ran.name, file: ran.file, outcome: ran.outcome, message, line: at.map(|at| at.line) }
}

/// The finding for what was raised outside of tests.
fn outside(thrown: &Thrown, loaded: &str, is_test: bool, texts: &Texts) -> Finding {
    let is_missing = thrown.message.ends_with(NOT_HERE);
    // Code that needs what is not here may well be right: it was not run, that is all.
    let severity = if is_missing && !is_test { Severity::Warning } else { Severity::Error };
    let message = if let Some(at) = thrown.message.find("cannot be imported: ") {
        let start = thrown.message[..at].find('`').unwrap_or(0);
        sentence(&thrown.message[start..])
    } else {
        format!("the code raised {}", sentence(&thrown.message))
    };
    let found = frames(&thrown.stack, texts).into_iter().next();
    let place = match &found {
        Some((file, at)) => {
            place::place(file, texts.get(file).map(|text| place::at(text, at.line, at.column)))
        }
        None => import_place(&message, loaded, texts),
    };
    finding(severity, RUN_RAISED, message, place)
}

/// The place of an import that cannot be had, which no stack names.
fn import_place(message: &str, loaded: &str, texts: &Texts) -> Place {
    let name = message.strip_prefix('`').and_then(|rest| rest.split_once('`')).map(|(name, _)| name);
    let quoted = name.map(|name| [format!("\"{name}\""), format!("'{name}'")]);
    let found = quoted.and_then(|quoted| {
        let files = std::iter::once(loaded).chain(texts.keys().map(String::as_str));
        files.flat_map(|file| quoted.iter().map(move |name| (file, name))).find_map(|(file, name)| {
            let at = texts.get(file)?.find(name.as_str())?;
            Some((file, at, at + name.len()))
        })
    });
    match found {
        Some((file, start, end)) => place::place(file, Some(place::between(&texts[file], start, end))),
        None => place::place(loaded, None),
    }
}

fn no_tests(asked: bool, are_skipped: bool) -> Finding {
    let message = match (asked, are_skipped) {
        (_, true) => "every test asked not to be run",
        (true, false) => "the test files hold no test that was run",
        (false, false) => "there is no test",
    };
    let severity = if asked { Severity::Error } else { Severity::Note };
    let mut finding = finding(severity, NO_TESTS, message.to_owned(), Place::default());
    if asked && !are_skipped {
        finding.help = Some("write `test(name, function)`, within `describe` or not".to_owned());
    }
    finding
}

fn finding(severity: Severity, code: &str, message: String, place: Place) -> Finding {
    Finding { severity, code: code.to_owned(), message, place, help: None, inherited: false }
}

/// The places of a stack that stand in given files, the innermost first: file, line and column of its text.
fn frames(stack: &str, texts: &Texts) -> Vec<(String, Position)> {
    stack.lines().filter_map(|line| frame(line, texts)).collect()
}

/// Reads `    at name (file:line:column)`.
fn frame(line: &str, texts: &Texts) -> Option<(String, Position)> {
    let line = line.trim().strip_prefix("at ")?;
    let place =
        line.strip_suffix(')').and_then(|line| line.rsplit_once('(')).map_or(line, |(_, place)| place);
    let (place, column) = place.rsplit_once(':')?;
    let (file, line) = place.rsplit_once(':')?;
    if !texts.contains_key(file) {
        return None;
    }
    let mut at = Position { line: line.parse().ok()?, column: column.parse().ok()? };
    let original = engine::given(|given| {
        let source = given.sources.get(file)?;
        if source.kind == Kind::CommonJs && at.line == 1 {
            at.column = at.column.saturating_sub(u32::try_from(WRAPPER.len()).unwrap_or(0)).max(1);
        }
        Some(source.original(at))
    });
    Some((file.to_owned(), original.unwrap_or(at)))
}

fn sentence(message: &str) -> String {
    cut(message.lines().next().unwrap_or_default(), SENTENCE_BYTES)
}

fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(bytes)])
}
