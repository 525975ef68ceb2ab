//! Which templates a change touches, by their own text or by anything that they are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use genesis_abi::TemplateText;
use genesis_experiment::{LoadCaps, LoadError, load_with};
use genesis_template::{Kind, Outline, ReadLimits, Renders};

use super::snapshot::Snapshot;
use crate::exit::Failure;
use crate::walk;

/// Share of lines, of both texts together, that two texts must have in common to be one that was moved.
const ALIKE: f64 = 0.5;

/// Why a template is passed over that the change does not touch.
pub(crate) const UNTOUCHED: &str = "nothing that it is made of differs";

/// Where templates lie and how they are read.
pub(crate) struct Scope<'a> {
    /// The template root from the top of the repository, with `/` at its end; empty for the top.
    pub(crate) root: &'a str,
    /// Files and folders from the top; empty for all.
    pub(crate) paths: &'a [String],
    /// Caps on what is read.
    pub(crate) caps: LoadCaps,
    /// Limits of documents.
    pub(crate) limits: ReadLimits,
}

/// A template that the change touches.
#[derive(Debug)]
pub(crate) struct Touched {
    /// Its path from the top of the repository.
    pub(crate) path: String,
    /// How.
    pub(crate) how: How,
    /// It, with its parts; or why it cannot be read.
    pub(crate) text: Result<TemplateText, LoadError>,
    /// Every path that was looked for to read it, from the top of the repository.
    pub(crate) tried: BTreeSet<String>,
}

/// How a template is touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum How {
    /// It is new.
    Added,
    /// Its own text differs.
    Modified,
    /// It has moved, and may differ.
    Renamed {
        /// Where it was.
        from: String,
    },
    /// A file that it draws in, or would, differs.
    Through {
        /// That file.
        path: String,
    },
}

/// What a change does to the templates.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Touched, by path.
    pub(crate) touched: Vec<Touched>,
    /// Gone, by path.
    pub(crate) deleted: Vec<String>,
    /// Passed over, and why.
    pub(crate) skipped: Vec<(String, &'static str)>,
    /// How many templates there are after the change.
    pub(crate) templates: usize,
}

/// What a document is to this command.
enum Standing {
    Template(Option<String>),
    Other(&'static str),
    Unreadable,
}

impl Scope<'_> {
    /// Whether a path is looked at: a JSON document below root and paths, in no folder that `check` passes over.
    pub(crate) fn holds(&self, path: &str) -> bool {
        let Some(below) = path.strip_prefix(self.root) else { return false };
        let mut parts = below.split('/').rev();
        let is_document =
            parts.next().is_some_and(|name| Path::new(name).extension() == Some("json".as_ref()));
        let wanted = |wanted: &String| {
            path == wanted || path.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        is_document
            && !parts.any(walk::left_out)
            && (self.paths.is_empty() || self.paths.iter().any(|given| given.is_empty() || wanted(given)))
    }

    /// Reads a template of a snapshot with all it draws in. `tried` is given every path that was looked for, from the top.
    pub(crate) fn load(
        &self,
        snapshot: &Snapshot<'_>,
        path: &str,
        tried: &mut BTreeSet<String>,
    ) -> Result<Result<TemplateText, LoadError>, Failure> {
        let relative = path.strip_prefix(self.root).unwrap_or(path);
        let mut broken = None;
        let loaded = load_with(relative, &self.caps, &mut |wanted, most, key| {
            let confined = genesis_template::confined(wanted).map_err(|_| LoadError::OutsideRoot {
                path: wanted.to_owned(),
                root: self.root.to_owned(),
            })?;
            let from_top = format!("{}{confined}", self.root);
            let read = snapshot.text(&from_top, most, key);
            if let Err(error @ LoadError::Io { .. }) = &read {
                broken.get_or_insert_with(|| error.to_string());
            }
            tried.insert(from_top);
            read
        });
        // A part that the machine cannot read is not a part that is not there.
        match broken {
            Some(why) => Err(Failure::infrastructure(why)),
            None => Ok(loaded),
        }
    }

    fn standing(&self, text: &TemplateText) -> Standing {
        match genesis_template::outline(text, &self.limits) {
            Ok(outline) if is_template(&outline) => Standing::Template(outline.id),
            Ok(outline) => Standing::Other(match outline.kind {
                Kind::Registry => "a list of templates, not a template",
                Kind::Manifest => "a description of templates, not a template",
                Kind::Schema => "a schema, not a template",
                _ => "a JSON document of no kind of template",
            }),
            Err(_) => Standing::Unreadable,
        }
    }
}

/// Whether an experiment can judge a document.
pub(crate) fn is_template(outline: &Outline) -> bool {
    outline.kind.is_template() && (outline.kind != Kind::Other || outline.renders != Renders::Nothing)
}

/// What differs between `from` and `to`.
pub(crate) fn changes(scope: &Scope<'_>, from: &Snapshot<'_>, to: &Snapshot<'_>) -> Result<Changes, Failure> {
    let mut changes = Changes::default();
    let mut added: Vec<(Touched, Option<String>)> = Vec::new();
    for path in to.paths().filter(|path| scope.holds(path)) {
        if let Some(what) = to.no_file(path) {
            changes.skipped.push((path.to_owned(), what));
            continue;
        }
        let mut tried = BTreeSet::new();
        let text = scope.load(to, path, &mut tried)?;
        let own = !from.same(to, path);
        let through = tried.iter().find(|tried| tried.as_str() != path && !from.same(to, tried)).cloned();
        let standing = text.as_ref().map_or(Standing::Unreadable, |text| scope.standing(text));
        if matches!(standing, Standing::Template(_)) {
            changes.templates += 1;
        }
        if !own && through.is_none() {
            let why = match standing {
                Standing::Template(_) => UNTOUCHED,
                Standing::Other(why) => why,
                Standing::Unreadable => "it cannot be read, and the change does not touch it",
            };
            changes.skipped.push((path.to_owned(), why));
            continue;
        }
        let was_there = from.has(path);
        match standing {
            Standing::Other(why) if !was_there || !was_template(scope, from, path)? => {
                changes.skipped.push((path.to_owned(), why));
            }
            Standing::Unreadable if was_there && !was_template(scope, from, path)? => {
                changes
                    .skipped
                    .push((path.to_owned(), "it was no template before either, and cannot be read"));
            }
            Standing::Template(id) if !was_there => {
                added.push((Touched { path: path.to_owned(), how: How::Added, text, tried }, id));
            }
            _ => {
                let how = match through {
                    Some(path) if !own => How::Through { path },
                    _ if was_there => How::Modified,
                    _ => How::Added,
                };
                changes.touched.push(Touched { path: path.to_owned(), how, text, tried });
            }
        }
    }
    let mut gone: BTreeMap<String, (Option<String>, TemplateText)> = BTreeMap::new();
    for path in from.paths().filter(|path| scope.holds(path) && from.has(path) && !to.has(path)) {
        if let Ok(text) = scope.load(from, path, &mut BTreeSet::new())?
            && let Standing::Template(id) = scope.standing(&text)
        {
            gone.insert(path.to_owned(), (id, text));
        }
    }
    for (mut touched, id) in added {
        let from = touched.text.as_ref().ok().and_then(|text| moved_from(&gone, id.as_deref(), text));
        if let Some(from) = from {
            gone.remove(&from);
            touched.how = How::Renamed { from };
        }
        changes.touched.push(touched);
    }
    changes.deleted.extend(gone.into_keys());
    changes.touched.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

fn was_template(scope: &Scope<'_>, from: &Snapshot<'_>, path: &str) -> Result<bool, Failure> {
    let text = scope.load(from, path, &mut BTreeSet::new())?;
    Ok(text.is_ok_and(|text| matches!(scope.standing(&text), Standing::Template(_))))
}

/// Where a new template was before: the one that is gone and has its id, else the one that it is most like.
fn moved_from(
    gone: &BTreeMap<String, (Option<String>, TemplateText)>,
    id: Option<&str>,
    text: &TemplateText,
) -> Option<String> {
    if let Some(id) = id {
        let same = gone.iter().find(|(_, (other, _))| other.as_deref() == Some(id));
        return same.map(|(path, _)| path.clone());
    }
    gone.iter()
        .filter(|(_, (id, _))| id.is_none())
        .map(|(path, (_, other))| (likeness(&other.text, &text.text), path))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, path)| path.clone())
}

/// The share of lines that two texts have in common.
fn likeness(one: &str, other: &str) -> f64 {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for line in one.lines() {
        *left.entry(line).or_default() += 1;
    }
    let common = other.lines().filter(|line| match left.get_mut(line) {
        Some(times) if *times > 0 => {
            *times -= 1;
            true
        }
        _ => false,
    });
    let common = common.count();
    let lines = one.lines().count() + other.lines().count();
    if lines == 0 { 1.0 } else { 2.0 * common as f64 / lines as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: Scope<'_> = Scope {
        root: "templates/",
        paths: &[],
        caps: LoadCaps { template_bytes: 1 << 20, part_bytes: 1 << 20, total_part_bytes: 1 << 20, parts: 9 },
        limits: ReadLimits { bytes: 1 << 20, depth: 64, nodes: 10_000 },
    };

    #[test]
    fn what_check_passes_over_is_passed_over() {
        for (path, held) in [
            ("templates/a.json", true),
            ("templates/b/c.json", true),
            ("templates/a.hbs", false),
            ("a.json", false),
            ("templates/.hidden/a.json", false),
            ("templates/node_modules/x/a.json", false),
            ("templates/b/target/a.json", false),
            ("templates/.a.json", true),
        ] {
            assert_eq!(SCOPE.holds(path), held, "{path}");
        }
    }

    #[test]
    fn given_paths_narrow_the_scope_by_whole_names() {
        let paths = ["templates/a".to_owned(), "templates/one.json".to_owned()];
        let scope = Scope { paths: &paths, ..SCOPE };
        assert!(scope.holds("templates/a/x.json") && scope.holds("templates/one.json"));
        assert!(!scope.holds("templates/ab/x.json") && !scope.holds("templates/one.json.json"));
    }

    #[test]
    fn a_text_that_moved_is_told_by_id_else_by_likeness() {
        let text = |text: &str| TemplateText { text: text.to_owned(), ..TemplateText::default() };
        let gone = BTreeMap::from([
            ("a.json".to_owned(), (Some("one".to_owned()), text("x"))),
            ("b.json".to_owned(), (None, text("1\n2\n3\n4"))),
        ]);
        assert_eq!(moved_from(&gone, Some("one"), &text("y")).as_deref(), Some("a.json"));
        assert_eq!(moved_from(&gone, Some("two"), &text("x")), None);
        assert_eq!(moved_from(&gone, None, &text("1\n2\n3\n5")).as_deref(), Some("b.json"));
        assert_eq!(moved_from(&gone, None, &text("1\n6\n7\n8")), None);
    }
}
