//! The project's Rust files, parsed, and what the names in them stand for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, UseTree};

/// The folder of the root manifest.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One Rust file.
pub(super) struct Source {
    /// Path relative to the root.
    pub(super) path: PathBuf,
    pub(super) file: syn::File,
}

impl Source {
    /// Parses `text` as the file `path`.
    pub(super) fn parse(path: &Path, text: &str) -> Self {
        let file =
            syn::parse_file(text).unwrap_or_else(|error| panic!("cannot parse {}: {error}", path.display()));
        Self { path: path.to_owned(), file }
    }

    /// A file that is not on disk, for a scan to be tried on.
    pub(super) fn sample(text: &str) -> Self {
        Self::parse(Path::new("sample.rs"), text)
    }
}

/// Every Rust file below `folder` (relative to the root), in order, but for samples of code that a guest is tried on.
pub(super) fn below(folder: &str) -> Vec<Source> {
    let paths = files(&root().join(folder));
    paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| !path.components().any(|part| part.as_os_str() == "samples"))
        .map(|path| {
            let text = fs::read_to_string(path)
                .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
            Source::parse(path.strip_prefix(root()).expect("it was found below the root"), &text)
        })
        .collect()
}

/// The Rust files of a crate's own code: those of modules that exist only in tests are left out.
pub(super) fn of_crate(name: &str) -> Vec<Source> {
    let sources = below(&format!("crates/{name}/src"));
    assert!(!sources.is_empty(), "the crate {name} has no sources");
    let tests: Vec<PathBuf> = sources.iter().flat_map(test_modules).collect();
    sources
        .into_iter()
        .filter(|source| !tests.iter().any(|test| source.path.with_extension("").starts_with(test)))
        .collect()
}

/// Every file below `folder` but what tools write, in order.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let entry = entry.unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
        let kind =
            entry.file_type().unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
        if kind.is_file() {
            found.push(entry.path());
        } else if kind.is_dir()
            && ![".git", ".genesis", "target"].iter().any(|skipped| entry.file_name() == *skipped)
        {
            found.extend(files(&entry.path()));
        }
    }
    found.sort();
    found
}

/// Paths, without extension, of the modules that this file declares for tests only.
fn test_modules(source: &Source) -> Vec<PathBuf> {
    let stem = source.path.file_stem().expect("a file has a name");
    let is_root = ["lib", "main", "mod"].iter().any(|root| stem == *root);
    let folder = if is_root { source.path.with_file_name("") } else { source.path.with_extension("") };
    source
        .file
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Mod(module) if module.content.is_none() && is_test_only(&module.attrs) => {
                Some(folder.join(module.ident.to_string()))
            }
            _ => None,
        })
        .collect()
}

/// Whether the attributes keep a thing out of everything but tests.
pub(super) fn is_test_only(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || condition.starts_with("all (test") || condition.starts_with("all(test")
        }
        _ => false,
    })
}

/// The attributes of an item.
pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// What the names that a file imports stand for, wherever in the file it imports them.
#[derive(Default)]
pub(super) struct Imports {
    names: BTreeMap<String, Vec<String>>,
}

impl Imports {
    pub(super) fn of(file: &syn::File) -> Self {
        let mut imports = Self::default();
        imports.visit_file(file);
        imports
    }

    /// The path as if nothing were imported: `a::b::C`.
    pub(super) fn resolve(&self, path: &syn::Path) -> String {
        let mut segments: Vec<String> =
            path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(full) = segments.first().and_then(|first| self.names.get(first)) {
            segments.splice(0..1, full.iter().cloned());
        }
        segments.join("::")
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for (name, path) in leaves(&item.tree) {
            self.names.insert(name, path);
        }
        visit::visit_item_use(self, item);
    }
}

/// Every name that a `use` brings in, with its full path; a glob is named `*` and gives the path before it.
pub(super) fn leaves(tree: &UseTree) -> Vec<(String, Vec<String>)> {
    fn walk(tree: &UseTree, path: &[String], found: &mut Vec<(String, Vec<String>)>) {
        let with = |last: &syn::Ident| {
            let last = last.to_string();
            // `use a::b::{self}` brings in `b`.
            if last == "self" { path.to_vec() } else { [path, &[last]].concat() }
        };
        match tree {
            UseTree::Path(tree) => walk(&tree.tree, &with(&tree.ident), found),
            UseTree::Name(tree) => {
                let full = with(&tree.ident);
                let name = full.last().cloned().unwrap_or_default();
                found.push((name, full));
            }
            UseTree::Rename(tree) => found.push((tree.rename.to_string(), with(&tree.ident))),
            UseTree::Glob(_) => found.push(("*".to_owned(), path.to_vec())),
            UseTree::Group(tree) => tree.items.iter().for_each(|tree| walk(tree, path, found)),
        }
    }
    let mut found = Vec::new();
    walk(tree, &[], &mut found);
    found
}

/// Whether `path` is `prefix` or lies below it.
pub(super) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn imported_names_resolve_to_what_they_stand_for() {
    let source = Source::sample("use a::{b::{self, C as D}, e::*}; type X = (b::Y, D, f::G);");
    let imports = Imports::of(&source.file);
    let resolved = |path: &str| imports.resolve(&syn::parse_str(path).unwrap());
    assert_eq!(resolved("b::Y"), "a::b::Y");
    assert_eq!(resolved("D"), "a::b::C");
    assert_eq!(resolved("f::G"), "f::G");
}

#[test]
fn a_module_for_tests_is_told_from_one_for_all() {
    let source = Source::parse(
        Path::new("crates/x/src/a.rs"),
        "#[cfg(test)] mod tests; #[cfg(not(test))] mod real; #[cfg(all(test, unix))] mod more; mod b;",
    );
    let tests = ["crates/x/src/a/tests", "crates/x/src/a/more"].map(PathBuf::from);
    assert_eq!(test_modules(&source), tests);
}
