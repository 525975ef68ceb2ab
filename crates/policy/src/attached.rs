//! Texts that a policy brings along: suites of tests and lint rules. A policy file names them by path; the policy as it is
//! recorded holds their text, so that a replay needs no file.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::canonical::line;
use crate::error::Problem;
use crate::layer::{At, Item, Layer, Reader, joined};
use crate::lint::rules_from_yaml;
use crate::value::{self, quote};

/// Most files of one suite.
const MOST_FILES: usize = 200;

/// Tests of the user's own, run over what each case rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// Its name, unique in its policy.
    pub name: String,
    /// The language that the tests are written in.
    pub language: String,
    /// The tests: path and text.
    pub files: Vec<(String, String)>,
    /// Whether a run that does not complete keeps a candidate from merging.
    pub required: bool,
}

/// Lint rules of the user's own, in the format of ast-grep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintRules {
    /// Their name, unique in the policy.
    pub name: String,
    /// The file that they were read from, as the policy names it.
    pub file: String,
    /// The rules as YAML, one document a rule.
    pub yaml: String,
}

/// A text, or the path that it is to be read from.
#[derive(Debug, Clone)]
pub(crate) struct Attached {
    pub(crate) path: At<String>,
    pub(crate) text: Option<String>,
}

/// A suite whose files may not have been read yet.
#[derive(Debug, Clone)]
pub(crate) struct SuiteDraft {
    name: String,
    language: String,
    files: Vec<Attached>,
    required: bool,
}

/// Rules whose file may not have been read yet.
#[derive(Debug, Clone)]
pub(crate) struct LintDraft {
    name: String,
    file: Attached,
}

impl SuiteDraft {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The suite; every file has been read.
    pub(crate) fn settled(&self) -> Suite {
        let text = |file: &Attached| file.text.clone().unwrap_or_default();
        Suite {
            name: self.name.clone(),
            language: self.language.clone(),
            files: self.files.iter().map(|file| (file.path.value.clone(), text(file))).collect(),
            required: self.required,
        }
    }
}

impl LintDraft {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The rules; their file has been read.
    pub(crate) fn settled(&self) -> LintRules {
        LintRules {
            name: self.name.clone(),
            file: self.file.path.value.clone(),
            yaml: self.file.text.clone().unwrap_or_default(),
        }
    }
}

impl Suite {
    pub(crate) fn write(&self, out: &mut String) {
        out.push_str("\n[[suite]]\n");
        line(out, "name", &quote(&self.name));
        line(out, "language", &quote(&self.language));
        line(out, "required", &self.required.to_string());
        let files = self
            .files
            .iter()
            .map(|(path, text)| format!("    {{ path = {}, text = {} }},\n", quote(path), quote(text)));
        line(out, "files", &format!("[\n{}]", files.collect::<String>()));
    }
}

impl LintRules {
    pub(crate) fn write(&self, out: &mut String) {
        out.push_str("\n[[lint]]\n");
        line(out, "name", &quote(&self.name));
        line(out, "file", &quote(&self.file));
        line(out, "yaml", &quote(&self.yaml));
    }
}

impl Layer {
    /// Reads the files that suites and lint rules name.
    pub(crate) fn attach(&mut self, read: &dyn Fn(&str) -> Result<String, String>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let source = &self.source;
        let of_suites = self.suites.iter_mut().flat_map(|suite| &mut suite.value.files);
        let of_lints = self.lints.iter_mut().map(|lint| &mut lint.value.file);
        for file in of_suites.chain(of_lints).filter(|file| file.text.is_none()) {
            match read(&joined(&source.folder, &file.path.value)) {
                Ok(text) => file.text = Some(text),
                Err(why) => {
                    let message = format!("`{}` cannot be read: {why}", file.path.value);
                    problems.push(source.problem(file.path.span.clone(), message));
                }
            }
        }
        for lint in &self.lints {
            let rules = lint.value.settled();
            for finding in rules_from_yaml(&rules.yaml, &rules.file).1 {
                let line = finding.place.span.map(|span| format!(", line {}", span.line)).unwrap_or_default();
                let message = format!("{}{line}: {}", rules.file, finding.message);
                problems.push(source.problem(lint.value.file.path.span.clone(), message));
            }
        }
        problems
    }
}

impl Reader {
    pub(crate) fn suite(&mut self, item: &Item<'_, '_>) {
        let name = self.name(item, "name");
        let language = self.text(item, "language");
        let required = match item.table.get("required") {
            None => Some(true),
            Some(value) => match value.get_ref() {
                DeValue::Boolean(required) => Some(*required),
                other => {
                    self.wrong(
                        value.span(),
                        format!("`required`: expected true or false, found {}", value::found(other)),
                    );
                    None
                }
            },
        };
        let files = self.files(item);
        let (Some(name), Some(language), Some(required), Some(files)) = (name, language, required, files)
        else {
            return;
        };
        if self.layer.suites.iter().any(|other| other.value.name == name.value) {
            return self.wrong(name.span, format!("suite `{}` stands twice in this file", name.value));
        }
        let draft = SuiteDraft { name: name.value, language: language.value, files, required };
        self.layer.suites.push(At { value: draft, span: name.span });
    }

    pub(crate) fn lint(&mut self, item: &Item<'_, '_>) {
        let name = self.name(item, "name");
        let file = self.text(item, "file");
        let yaml = self.optional_text(item, "yaml").map(|text| text.value);
        let (Some(name), Some(file)) = (name, file) else { return };
        if self.layer.lints.iter().any(|other| other.value.name == name.value) {
            return self.wrong(name.span, format!("lint rules `{}` stand twice in this file", name.value));
        }
        let draft = LintDraft { name: name.value, file: Attached { path: file, text: yaml } };
        self.layer.lints.push(At { value: draft, span: name.span });
    }

    /// Paths, or tables of path and text.
    fn files(&mut self, item: &Item<'_, '_>) -> Option<Vec<Attached>> {
        let Some(value) = item.table.get("files") else {
            self.missing(item, "files");
            return None;
        };
        let DeValue::Array(list) = value.get_ref() else {
            let message =
                format!("`files`: expected a list of paths, found {}", value::found(value.get_ref()));
            self.wrong(value.span(), message);
            return None;
        };
        if list.is_empty() || list.len() > MOST_FILES {
            self.wrong(value.span(), format!("`files`: from 1 to {MOST_FILES} paths"));
            return None;
        }
        list.iter().map(|entry| self.attached(entry)).collect()
    }

    fn attached(&mut self, entry: &Spanned<DeValue<'_>>) -> Option<Attached> {
        match entry.get_ref() {
            DeValue::String(path) => Some(Attached { path: at(path, entry.span()), text: None }),
            DeValue::Table(table) => {
                let item = Item { what: "file", table, span: entry.span() };
                self.only(&item, &["path", "text"]);
                let path = self.text(&item, "path")?;
                let text = self.optional_text(&item, "text")?.value;
                Some(Attached { path, text: Some(text) })
            }
            other => {
                self.wrong(entry.span(), format!("`files`: expected a path, found {}", value::found(other)));
                None
            }
        }
    }
}

fn at(text: &str, span: Range<usize>) -> At<String> {
    At { value: text.to_owned(), span }
}

/// The suites of a file that lies beside a template: `[[suite]]` tables and nothing else.
///
/// # Errors
/// Every problem that was found, each with its place.
pub fn suites(
    file: &str,
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Vec<Suite>, crate::error::PolicyError> {
    let text = read(file).map_err(|why| {
        crate::error::PolicyError::from(Problem::of_file(file, format!("cannot read the suites: {why}")))
    })?;
    let folder = file.rfind('/').map_or(String::new(), |slash| file[..=slash].to_owned());
    let source = crate::layer::Source { file: file.to_owned(), folder, text: text.clone() };
    let document = DeTable::parse(&text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        crate::error::PolicyError::from(source.problem(span, format!("not TOML: {}", error.message())))
    })?;
    let mut layer = Layer::suites_alone(source, document.get_ref())?;
    let problems = layer.attach(read);
    if problems.is_empty() {
        Ok(layer.suites.iter().map(|suite| suite.value.settled()).collect())
    } else {
        Err(crate::error::PolicyError::new(problems))
    }
}
