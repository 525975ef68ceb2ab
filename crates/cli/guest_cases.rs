//! Cases for `genesis guest test`, from a folder.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use genesis_abi::{
    ABI_VERSION, Analysis, Applies, CaseFile, CaseInput, CodeInput, Input, Manifest, RenderInput, Subject,
    TemplateText, ValidateInput,
};
use genesis_experiment::{Expected, GuestCase};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::exit::Failure;

/// The name of what is expected.
pub(crate) const EXPECTED: &str = "expected.json";
/// Most cases of a folder.
const MOST_CASES: usize = 10_000;
/// Most files of one case.
const MOST_FILES: usize = 1_000;
/// Most bytes of one file.
const MOST_BYTES: u64 = 64 << 20;
/// Most folders within each other.
const MOST_DEPTH: usize = 32;

/// What a guest is given, as far as a case's folder does not say it.
pub(crate) struct Given<'a> {
    /// What the guest says of itself.
    pub(crate) manifest: Option<&'a Manifest>,
    /// Most bytes that a guest may render.
    pub(crate) rendered_bytes: u64,
}

/// `options.json` of a case.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    profile: Option<String>,
    language: Option<String>,
    analysis: Option<Analysis>,
    #[serde(default)]
    answers: Map<String, Value>,
    #[serde(default)]
    rules: Vec<Value>,
}

/// Every case below a folder, by name.
pub(crate) fn read(folder: &Path, given: &Given<'_>) -> Result<Vec<GuestCase>, Failure> {
    let mut cases: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| path.is_dir()).collect();
    cases.retain(|path| !name(path).starts_with('.'));
    if cases.is_empty() {
        return Err(Failure::nothing(format!("{} holds no case", folder.display())).with_help(
            "a case is a folder with input.json, template.json or files/; see `genesis guest test --help`",
        ));
    }
    if cases.len() > MOST_CASES {
        return Err(Failure::usage(format!("{} holds more than {MOST_CASES} cases", folder.display())));
    }
    cases.iter().map(|folder| case(folder, given)).collect()
}

fn case(folder: &Path, given: &Given<'_>) -> Result<GuestCase, Failure> {
    let expected = optional(&folder.join(EXPECTED))?
        .map(|text| {
            Expected::parse(&text).map_err(|why| {
                Failure::usage(format!("{} cannot be read: {why}", folder.join(EXPECTED).display()))
            })
        })
        .transpose()?;
    Ok(GuestCase { name: name(folder), input: input(folder, given)?, expected })
}

fn input(folder: &Path, given: &Given<'_>) -> Result<Vec<u8>, Failure> {
    let forms = ["input.json", "template.json", "files"];
    let there: Vec<&str> = forms.into_iter().filter(|form| folder.join(form).exists()).collect();
    let form = match there[..] {
        [form] => form,
        [] => {
            return Err(Failure::usage(format!("{} says nothing to give the guest", folder.display()))
                .with_help("put input.json, template.json or files/ into it"));
        }
        _ => {
            return Err(Failure::usage(format!("{} holds {}", folder.display(), there.join(" and ")))
                .with_help("a case has one of them"));
        }
    };
    if form == "input.json" {
        return bytes(&folder.join(form));
    }
    let path = folder.join("options.json");
    let options: Options = match optional(&path)? {
        None => Options::default(),
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?,
    };
    // As in an experiment: a guest that says nothing of itself is given the template.
    let applies = given.manifest.map_or(Applies::Template, |manifest| manifest.applies);
    let subject = match (applies, form) {
        (Applies::Template, "template.json") => Subject::Template(ValidateInput {
            template: template(folder, form)?,
            baseline: folder
                .join("baseline.json")
                .exists()
                .then(|| template(folder, "baseline.json"))
                .transpose()?,
            profile: options.profile.unwrap_or_else(|| "standard".to_owned()),
            promoted: Vec::new(),
        }),
        (Applies::Render, "template.json") => Subject::Render(RenderInput {
            template: template(folder, form)?,
            answers: options.answers,
            output_bytes: given.rendered_bytes,
        }),
        (Applies::Case, "files") => Subject::Case(CaseInput {
            case: name(folder),
            answers: options.answers,
            files: files(&folder.join(form))?,
            language: options.language,
        }),
        (Applies::Code, "files") => Subject::Code(code(folder, options, given.manifest)?),
        (applies, form) => {
            let wanted = if matches!(applies, Applies::Template | Applies::Render) {
                "template.json"
            } else {
                "files/"
            };
            return Err(Failure::usage(format!(
                "{} gives {form}, and the guest takes {wanted}",
                folder.display()
            ))
            .with_help(format!("give {wanted}, or input.json for something that it does not take")));
        }
    };
    let input = Input { abi: ABI_VERSION, read: None, subject };
    Ok(serde_json::to_vec(&input).expect("an input holds no map with keys that are no strings"))
}

fn code(folder: &Path, options: Options, manifest: Option<&Manifest>) -> Result<CodeInput, Failure> {
    let only = |what: &str, of: usize| {
        Failure::usage(format!("{}: the guest takes {of} {what}, and the case names none", folder.display()))
            .with_help("say it in options.json, such as {\"language\": \"python\", \"analysis\": \"lint\"}")
    };
    let languages = manifest.map_or(&[][..], |manifest| &manifest.languages);
    let offered = manifest.map_or(&[][..], |manifest| &manifest.analyses);
    let language = match (options.language, languages) {
        (Some(language), _) => language,
        (None, [language]) => language.clone(),
        (None, several) => return Err(only("languages", several.len())),
    };
    let analysis = match (options.analysis, offered) {
        (Some(analysis), _) => analysis,
        (None, [analysis]) => *analysis,
        (None, several) => return Err(only("analyses", several.len())),
    };
    let tests = folder.join("tests");
    Ok(CodeInput {
        analysis,
        language,
        files: files(&folder.join("files"))?,
        rules: options.rules,
        tests: if tests.exists() { files(&tests)? } else { Vec::new() },
        texts: Vec::new(),
        answers: options.answers,
    })
}

/// A template of the case, with the files below `parts` by their path.
fn template(folder: &Path, file: &str) -> Result<TemplateText, Failure> {
    let parts = folder.join("parts");
    let parts = if parts.exists() { files(&parts)? } else { Vec::new() };
    Ok(TemplateText {
        path: file.to_owned(),
        text: text(&folder.join(file))?,
        parts: parts.into_iter().map(|part| (part.path, part.text)).collect(),
    })
}

/// All files below a folder, by their path in it.
fn files(folder: &Path) -> Result<Vec<CaseFile>, Failure> {
    let mut paths = Vec::new();
    collect(folder, 0, &mut paths)?;
    let mut files = Vec::new();
    for path in paths {
        let below = path.strip_prefix(folder).expect("it was found below the folder");
        let parts: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        files.push(CaseFile { path: parts.join("/"), text: text(&path)? });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if depth > MOST_DEPTH {
        return Err(Failure::usage(format!(
            "{}: more than {MOST_DEPTH} folders within each other",
            folder.display()
        )));
    }
    for path in entries(folder)? {
        if path.is_dir() {
            collect(&path, depth + 1, paths)?;
        } else if paths.len() < MOST_FILES {
            paths.push(path);
        } else {
            return Err(Failure::usage(format!("{}: more than {MOST_FILES} files", folder.display())));
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed =
        |error: std::io::Error| Failure::usage(format!("{} cannot be listed: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn optional(path: &Path) -> Result<Option<String>, Failure> {
    if path.exists() { text(path).map(Some) } else { Ok(None) }
}

fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?)
        .map_err(|error| Failure::usage(format!("{} is not UTF-8: {error}", path.display())))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |why: String| Failure::usage(format!("{} cannot be read: {why}", path.display()));
    if !path.is_file() {
        return Err(failed("it is not a file".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(failed(format!("it has more than {MOST_BYTES} bytes")));
    }
    Ok(bytes)
}
