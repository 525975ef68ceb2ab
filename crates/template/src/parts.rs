//! Which files a template draws in, and where they may lie. Pure: the host loads them, below the template root only.
//!
//! The host asks for [`part_requests`], loads the first of the [`candidates`] of each that exists into
//! `TemplateText::parts` under that path, and asks again, because parents have parents and partials draw in partials.
//! It ends when a round brings nothing new; what is then still requested does not exist.

use std::collections::BTreeMap;
use std::fmt;

use genesis_abi::{Place, TemplateText};

use crate::compose::{Composition, Parts};
use crate::scan::{TagKind, scan};
use crate::{Document, ReadLimits, fields};

/// Most bytes of a path.
const MOST_PATH_BYTES: usize = 512;
/// Most parts of one template that are looked at.
pub(crate) const MOST_PARTS: usize = 256;

/// How a file is drawn in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mechanism {
    /// `extends`: a parent.
    Extends,
    /// `compose`: a bit of text.
    Compose,
    /// `{{> name}}` in a rendered text.
    Partial,
    /// `template_file`: the body.
    TemplateFile,
}

impl Mechanism {
    /// Every mechanism.
    pub const ALL: [Self; 4] = [Self::Extends, Self::Compose, Self::Partial, Self::TemplateFile];

    /// The name, as in the template.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Extends => "extends",
            Self::Compose => "compose",
            Self::Partial => "partial",
            Self::TemplateFile => "template_file",
        }
    }
}

/// A file that a template draws in and that is not among its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRequest {
    /// As it is written.
    pub path: String,
    /// How it is drawn in.
    pub mechanism: Mechanism,
    /// The file that asks for it, relative to the template root.
    pub from: String,
    /// Where it is asked for.
    pub place: Place,
}

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathRefusal {
    /// Nothing is left of it.
    #[error("the path is empty")]
    Empty,
    /// More than 512 bytes.
    #[error("the path is longer than {MOST_PATH_BYTES} bytes")]
    TooLong,
    /// `/etc/passwd`
    #[error("the path is absolute")]
    Absolute,
    /// `../x`
    #[error("the path has a `..`")]
    Parent,
    /// `C:x`
    #[error("the path has a drive letter or a colon")]
    Drive,
    /// `a\b`
    #[error("the path has a backslash")]
    Backslash,
    /// NUL, a line feed, an escape.
    #[error("the path has a control character")]
    Control,
}

/// The parts that a template asks for and does not have, in the order of the text, without repetitions. Refused paths
/// are not asked for; validation reports them.
pub fn part_requests(template: &TemplateText) -> Vec<PartRequest> {
    let parts = Parts::new(template);
    let mut requests = Requests { template, found: Vec::new() };
    let mut texts: Vec<(String, fields::Field)> = Vec::new();
    if is_bare_text(&template.path) {
        texts.push((template.path.clone(), fields::whole_text(template)));
    } else if let Ok(document) = Document::parse(&template.text, &ReadLimits::DEFAULT) {
        let composition = Composition::of(&document, template, &parts);
        for missing in &composition.missing {
            requests.add(missing.clone());
        }
        let place = |field: &fields::Field, start, length| field.place(&document, &parts, start, length);
        for field in fields::fields(&composition, template) {
            for (name, start, length) in partial_names(&field.text) {
                let from = field.file.clone().unwrap_or_else(|| template.path.clone());
                let place = place(&field, start, length);
                requests.add(PartRequest { path: name, mechanism: Mechanism::Partial, from, place });
            }
        }
    }
    for (from, field) in texts {
        for (name, start, length) in partial_names(&field.text) {
            let place = fields::place_in_text(None, &field.text, start, length);
            requests.add(PartRequest {
                path: name,
                mechanism: Mechanism::Partial,
                from: from.clone(),
                place,
            });
        }
    }
    for (path, text) in template.parts.iter().filter(|(path, _)| is_bare_text(path)).take(MOST_PARTS) {
        for (name, start, length) in partial_names(text) {
            let place = fields::place_in_text(Some(path), text, start, length);
            requests.add(PartRequest {
                path: name,
                mechanism: Mechanism::Partial,
                from: path.clone(),
                place,
            });
        }
    }
    requests.found
}

/// The paths, relative to the template root, at which a requested part may lie: the nearest first. A path in a template
/// is written relative to the folder of the file that names it or to any folder above that.
///
/// `template_path` is used when the request does not say which file asks.
pub fn candidates(request: &PartRequest, template_path: &str) -> Vec<String> {
    let from = if request.from.is_empty() { template_path } else { &request.from };
    candidate_paths(&request.path, request.mechanism, from)
}

/// Checks a path without looking at any disk: relative, below where it starts, with `/`. Gives it back without `.` and
/// empty parts.
///
/// # Errors
/// [`PathRefusal`] says what is wrong with it.
pub fn confined(path: &str) -> Result<String, PathRefusal> {
    if path.len() > MOST_PATH_BYTES {
        return Err(PathRefusal::TooLong);
    }
    if path.chars().any(char::is_control) {
        return Err(PathRefusal::Control);
    }
    if path.contains('\\') {
        return Err(PathRefusal::Backslash);
    }
    if path.starts_with('/') {
        return Err(PathRefusal::Absolute);
    }
    if path.contains(':') {
        return Err(PathRefusal::Drive);
    }
    let mut kept = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(PathRefusal::Parent),
            part => kept.push(part),
        }
    }
    if kept.is_empty() { Err(PathRefusal::Empty) } else { Ok(kept.join("/")) }
}

pub(crate) fn candidate_paths(written: &str, mechanism: Mechanism, from: &str) -> Vec<String> {
    let (Ok(path), Ok(from)) = (confined(written), confined(from)) else { return Vec::new() };
    let names = match mechanism {
        Mechanism::Extends => with_extension(&path, "json"),
        Mechanism::Compose => with_extension(&path, "md"),
        Mechanism::TemplateFile => with_extension(&path, "hbs"),
        Mechanism::Partial => {
            let plain = with_extension(&path, "hbs");
            plain.iter().map(|name| format!("partials/{name}")).chain(plain.iter().cloned()).collect()
        }
    };
    let mut found = Vec::new();
    for folder in folders_upwards(&from) {
        for name in &names {
            found.push(if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") });
        }
    }
    found
}

/// The part that a path leads to, when it is loaded.
pub(crate) fn find<'a, T>(
    parts: &'a BTreeMap<String, T>,
    written: &str,
    mechanism: Mechanism,
    from: &str,
) -> Option<(&'a str, &'a T)> {
    candidate_paths(written, mechanism, from)
        .iter()
        .find_map(|candidate| parts.get_key_value(candidate))
        .map(|(path, part)| (path.as_str(), part))
}

/// Whether a file is a template text of its own rather than a document.
pub(crate) fn is_bare_text(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("hbs"))
}

/// The names of partials in a text, with their places, as far as it can be read.
pub(crate) fn partial_names(text: &str) -> Vec<(String, usize, usize)> {
    let tags = scan(text).unwrap_or_default();
    tags.iter()
        .filter(|tag| tag.kind == TagKind::Partial)
        .filter_map(|tag| tag.call.as_ref())
        .map(|call| {
            (
                text[call.name.start..call.name.end].to_owned(),
                call.name.start,
                call.name.end - call.name.start,
            )
        })
        .collect()
}

struct Requests<'a> {
    template: &'a TemplateText,
    found: Vec<PartRequest>,
}

impl Requests<'_> {
    fn add(&mut self, request: PartRequest) {
        let known = self.found.len() >= MOST_PARTS
            || confined(&request.path).is_err()
            || find(&self.template.parts, &request.path, request.mechanism, &request.from).is_some()
            || self.found.iter().any(|other| {
                (&other.path, other.mechanism, &other.from)
                    == (&request.path, request.mechanism, &request.from)
            });
        if !known {
            self.found.push(request);
        }
    }
}

fn with_extension(path: &str, extension: &str) -> Vec<String> {
    let has_it = path.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension));
    if has_it { vec![path.to_owned()] } else { vec![path.to_owned(), format!("{path}.{extension}")] }
}

/// The folder of a file, the folder above it, and so on to the root, which is the empty text.
fn folders_upwards(path: &str) -> impl Iterator<Item = &str> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
    })
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str, mechanism: Mechanism, from: &str) -> PartRequest {
        PartRequest { path: path.into(), mechanism, from: from.into(), place: Place::default() }
    }

    #[test]
    fn no_mechanism_leaves_the_template_root() {
        let hostile = [
            "../secret",
            "a/../../secret",
            "/etc/passwd",
            "C:/x",
            "c:x",
            "a\\..\\b",
            "..\\x",
            "a\0b",
            "a\nb",
            "..",
            "",
            "./",
        ];
        for mechanism in Mechanism::ALL {
            for path in hostile {
                assert!(confined(path).is_err(), "{path:?}");
                assert_eq!(
                    candidates(&request(path, mechanism, "t/x.json"), ""),
                    Vec::<String>::new(),
                    "{path:?}"
                );
                assert_eq!(
                    candidates(&request("a.json", mechanism, path), path),
                    Vec::<String>::new(),
                    "{path:?}"
                );
            }
        }
    }

    #[test]
    fn a_hostile_path_in_a_template_is_not_requested() {
        let extends = r#"{"extends": "../../etc/passwd", "compose": ["/etc/passwd"], "template_file": "..\\x.hbs",
            "template_content": "{{> ../secret}}"}"#;
        let template =
            TemplateText { path: "a/t.json".into(), text: extends.into(), ..TemplateText::default() };
        assert_eq!(part_requests(&template), Vec::new());
    }

    #[test]
    fn a_confined_path_comes_back_without_empty_parts() {
        assert_eq!(confined("./a//b/./c.json").as_deref(), Ok("a/b/c.json"));
    }

    #[test]
    fn the_nearest_folder_comes_first_and_the_root_last() {
        let extends =
            request("languages/python/_base.json", Mechanism::Extends, "gen/languages/python/crud.json");
        assert_eq!(
            candidates(&extends, ""),
            [
                "gen/languages/python/languages/python/_base.json",
                "gen/languages/languages/python/_base.json",
                "gen/languages/python/_base.json",
                "languages/python/_base.json"
            ]
        );
        let partial = request("base/telemetry", Mechanism::Partial, "base/module.hbs");
        assert!(candidates(&partial, "").contains(&"partials/base/telemetry.hbs".to_owned()));
    }

    #[test]
    fn parts_are_requested_until_none_is_missing() {
        let mut template = TemplateText {
            path: "svc/t.json".into(),
            text: r#"{"extends": "base", "compose": ["bits/a.md"], "template_content": "{{> one}}"}"#.into(),
            ..TemplateText::default()
        };
        let paths = |template: &TemplateText| {
            part_requests(template).into_iter().map(|request| request.path).collect::<Vec<_>>()
        };
        assert_eq!(paths(&template), ["base", "bits/a.md", "one"]);
        template.parts.insert("base.json".into(), r#"{"extends": "older.json"}"#.into());
        template.parts.insert("svc/partials/one.hbs".into(), "{{> two}}".into());
        template.parts.insert("bits/a.md".into(), "text {{> not_a_template}}".into());
        assert_eq!(paths(&template), ["older.json", "two"]);
        template.parts.insert("svc/older.json".into(), "{}".into());
        template.parts.insert("partials/two.hbs".into(), String::new());
        assert_eq!(
            paths(&template),
            ["older.json"],
            "the parent's folder is the root, which holds no older.json"
        );
        template.parts.insert("older.json".into(), "{}".into());
        assert_eq!(paths(&template), Vec::<String>::new());
    }
}
