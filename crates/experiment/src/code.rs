//! Checks of code: which built-in guest looks at which files. A policy names what is to be done (`check-syntax`,
//! `lint-code`, `run-tests`); the module that does it depends on the language, and the languages are known once the cases
//! have been rendered.

pub(crate) mod planned;
pub(crate) mod rules;
pub(crate) mod second;

use std::collections::BTreeSet;

use genesis_abi::{
    Analysis, CaseFile, CodeInput, Finding, Place, RenderedFile, RenderedKind, Rendering, Severity,
};
use genesis_template::{Kind, is_test_path, language_named, language_of_path};

use crate::codes::{NOT_ENFORCED, NOT_PARSED, NOT_RUN};

/// What a policy calls the built-in guests that take code.
const FAMILIES: [(&str, Analysis); 3] =
    [("check-syntax", Analysis::Syntax), ("lint-code", Analysis::Lint), ("run-tests", Analysis::Run)];

/// What a policy means by this guest, when it means guests for code.
pub(crate) fn family(guest: &str) -> Option<Analysis> {
    FAMILIES.iter().find(|(name, _)| *name == guest).map(|(_, analysis)| *analysis)
}

/// The name under which a policy sets limits for an analysis.
pub(crate) fn family_of(analysis: Analysis) -> &'static str {
    let found = FAMILIES.iter().find(|(_, of)| *of == analysis);
    found.map_or("check-syntax", |(name, _)| name)
}

/// What a policy may call a guest for code, for messages.
pub(crate) fn family_names() -> Vec<&'static str> {
    FAMILIES.iter().map(|(name, _)| *name).collect()
}

/// What is done with the code of one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeTask {
    /// What is done.
    pub analysis: Analysis,
    /// The language's id.
    pub language: String,
    /// The policy's suite whose tests are run; `None` runs the tests that were rendered.
    pub suite: Option<usize>,
}

/// Who does something with a language's code.
pub(crate) enum Taker {
    /// This built-in guest.
    Guest(&'static genesis_guests::Guest),
    /// A built-in guest that was left out when this program was built, and why.
    LeftOut(&'static str),
    /// No guest takes the language.
    Nobody,
}

/// Who does `analysis` with code of `language`.
pub(crate) fn taker(analysis: Analysis, language: &str) -> Taker {
    if let Some(guest) = genesis_guests::for_code(analysis.as_str(), language) {
        return Taker::Guest(guest);
    }
    // A guest that was left out names no languages any more: its name is all that is known of it.
    let left_out = |name: &str| genesis_guests::guest(name).and_then(genesis_guests::Guest::missing);
    let why = match (analysis, language) {
        (Analysis::Run, "javascript" | "typescript" | "tsx") => left_out("run-javascript"),
        (Analysis::Run, "python") => left_out("run-python"),
        (Analysis::Run, _) => None,
        (Analysis::Syntax | Analysis::Lint, _) => genesis_guests::ALL
            .iter()
            .filter(|guest| guest.name.starts_with("code-"))
            .find_map(genesis_guests::Guest::missing),
    };
    why.map_or(Taker::Nobody, Taker::LeftOut)
}

/// What a template tells of the code that it renders.
#[derive(Clone, Copy)]
pub(crate) struct Told<'t> {
    /// The language that it names.
    pub(crate) language: Option<&'t str>,
    /// Its kind: the text of a generator is what it generates; elsewhere the same field is a prompt.
    pub(crate) kind: Kind,
}

impl Told<'_> {
    fn is_code(self, file: &RenderedFile) -> bool {
        match file.kind {
            RenderedKind::Code => true,
            RenderedKind::Text => self.kind == Kind::Generator,
            RenderedKind::Prompt | RenderedKind::Path => false,
        }
    }
}

/// The language of a rendered file: what its name tells, else the template's own when it is code.
pub(crate) fn language_of(file: &RenderedFile, template: Told<'_>) -> Option<&'static str> {
    let by_name = || language_of_path(&file.path);
    let language = match file.kind {
        _ if template.is_code(file) => by_name().or_else(|| language_named(template.language?)),
        RenderedKind::Code | RenderedKind::Text => by_name(),
        RenderedKind::Prompt | RenderedKind::Path => None,
    };
    language.map(|language| language.id)
}

/// Whether a rendered file holds tests: the template says so by its place, or the file by its name.
fn is_test(file: &RenderedFile) -> bool {
    let of_tests = file.source.split('/').any(|part| matches!(part, "test" | "tests"));
    of_tests || is_test_path(&file.path)
}

/// Languages of everything that was rendered.
pub(crate) fn languages<'r>(
    renderings: impl Iterator<Item = &'r Rendering>,
    template: Told<'_>,
) -> BTreeSet<&'static str> {
    renderings.flat_map(|rendering| &rendering.files).filter_map(|file| language_of(file, template)).collect()
}

/// Languages of which tests were rendered.
pub(crate) fn languages_of_tests<'r>(
    renderings: impl Iterator<Item = &'r Rendering>,
    template: Told<'_>,
) -> BTreeSet<&'static str> {
    let tests = renderings.flat_map(|rendering| &rendering.files).filter(|file| is_test(file));
    tests.filter_map(|file| language_of(file, template)).collect()
}

/// What a guest is given of a rendering; `None` when there is nothing for it to do.
pub(crate) fn input(
    task: &CodeTask,
    rendering: &Rendering,
    template: Told<'_>,
    suite: Option<&genesis_policy::Suite>,
) -> Option<CodeInput> {
    let mut given = CodeInput {
        analysis: task.analysis,
        language: task.language.clone(),
        files: Vec::new(),
        rules: Vec::new(),
        tests: Vec::new(),
        texts: Vec::new(),
        answers: serde_json::Map::new(),
    };
    for rendered in &rendering.files {
        let file = CaseFile { path: rendered.path.clone(), text: rendered.text.clone() };
        let of_language = language_of(rendered, template) == Some(task.language.as_str());
        match (task.analysis, of_language) {
            (Analysis::Syntax | Analysis::Lint, false) => {}
            (Analysis::Run, true) if task.suite.is_none() && is_test(rendered) => given.tests.push(file),
            (Analysis::Run, false) => given.texts.push(file),
            (_, true) => given.files.push(file),
        }
    }
    if let Some(suite) = suite {
        let file = |(path, text): &(String, String)| CaseFile { path: path.clone(), text: text.clone() };
        given.tests.extend(suite.files.iter().map(file));
    }
    let something = match task.analysis {
        Analysis::Syntax | Analysis::Lint => !given.files.is_empty(),
        Analysis::Run => !given.tests.is_empty(),
    };
    something.then_some(given)
}

/// Code in a language that nobody parses.
pub(crate) fn not_parsed(language: &str) -> Finding {
    note(NOT_PARSED, format!("code of the language {language} is not parsed: no guest takes it"))
}

/// Code of which nobody can tell the language.
pub(crate) fn of_unknown_language<'r>(
    renderings: impl Iterator<Item = &'r Rendering>,
    template: Told<'_>,
) -> Option<Finding> {
    let unknown = renderings
        .flat_map(|rendering| &rendering.files)
        .any(|file| template.is_code(file) && language_of(file, template).is_none());
    let mut told = note(
        NOT_PARSED,
        match template.kind {
            Kind::Generator => {
                "text is rendered whose language nothing tells: it was neither parsed nor linted"
            }
            _ => "code is rendered whose language nothing tells: it was neither parsed nor linted",
        }
        .to_owned(),
    );
    let help = match template.kind {
        Kind::BareText => "name it in the file's name, as in `worker.ex.hbs`",
        _ => "name it in the template's `language`, or give the generated file a path that tells",
    };
    told.help = Some(help.to_owned());
    unknown.then_some(told)
}

/// Tests in a language that nobody runs.
pub(crate) fn not_run(language: &str, what: &str) -> Finding {
    note(NOT_RUN, format!("{what} in {language}: parsed, not run; no guest runs the language"))
}

/// What a template requires of its code and no lint rule checks; `None` when there is nothing.
pub(crate) fn not_enforced(pointers: &[String]) -> Option<Finding> {
    const MOST_SHOWN: usize = 8;
    let shown = pointers.iter().take(MOST_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = pointers.len().saturating_sub(MOST_SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!pointers.is_empty()).then(|| {
        note(NOT_ENFORCED, format!("no lint rule holds the code to these requirements: {shown}{more}"))
    })
}

fn note(code: &str, message: String) -> Finding {
    let help = "a suite in JavaScript, TypeScript or Python can look at any text; a guest of your own can do the rest";
    Finding {
        severity: Severity::Note,
        code: code.to_owned(),
        message,
        place: Place::default(),
        help: Some(help.to_owned()),
        inherited: false,
    }
}
