//! What no file may hold, and what nothing may be called.

use std::fs;

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ItemMod, Lit, Meta};

use super::assert_none;
use super::edges::metadata;
use super::sources::{Source, below, files, root};

/// Folders of one machine. Written in parts, because this file is looked at too.
const MACHINE_PATHS: [&str; 2] = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];

/// Hosts that packages come from: which of them, or which mirror, is a machine's own affair.
const REGISTRY_HOSTS: [&str; 9] = [
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("registry.", "npmjs.org"),
    concat!("deb.", "debian.org"),
    concat!("security.", "debian.org"),
    concat!("proxy.", "golang.org"),
    concat!("arti", "factory"),
];

/// The only source of packages that a lock file names.
const LOCK_SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Words that say nothing of what a thing is.
const EMPTY_WORDS: [&str; 8] =
    ["util", "utils", "manager", "managers", "handler", "handlers", "helper", "helpers"];

/// Why a test may be ignored: it counts long, or it is the process that another test starts and watches.
const REASONS_TO_IGNORE: [&str; 2] = ["soak: ", "child: "];

/// Where our Rust files lie.
const RUST: [&str; 4] = ["crates", "sandbox-guests", "tests", "benches"];

#[test]
fn no_file_names_a_machine() {
    let mut violations = Vec::new();
    let all = files(root());
    assert!(all.iter().any(|path| path.ends_with("tests/it/laws/texts.rs")), "the scan reaches this file");
    for path in all {
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        let told = machine_names(&String::from_utf8_lossy(&bytes));
        violations.extend(told.iter().map(|told| format!("{}: {told}", path.display())));
    }
    assert_none("names of a machine", &violations);
}

#[test]
fn a_path_or_host_of_a_machine_is_seen() {
    for prefix in ["", " ", "\"", "=", "("] {
        for path in MACHINE_PATHS {
            assert_eq!(machine_names(&format!("{prefix}{path}main")).len(), 1, "{prefix}{path}");
        }
    }
    for host in REGISTRY_HOSTS {
        assert_eq!(machine_names(&format!("https://{host}/simple")).len(), 1, "{host}");
    }
    assert_eq!(machine_names("source = \"registry+https://mirror.example/index\"").len(), 1);
    let relative = format!("a{0} .{0} https://crates.io {LOCK_SOURCE}", MACHINE_PATHS[0]);
    assert_none("relative paths", &machine_names(&relative));
}

#[test]
fn nothing_is_called_by_an_empty_word() {
    let mut violations = Vec::new();
    for manifest in ["Cargo.toml", "sandbox-guests/Cargo.toml"] {
        let packages = metadata(manifest).packages;
        violations.extend(
            packages.iter().filter(|package| is_empty(&package.name)).map(|package| package.name.to_string()),
        );
    }
    for source in RUST.iter().flat_map(|folder| below(folder)) {
        violations.extend(empty_names(&source));
    }
    assert_none("names", &violations);
}

#[test]
fn an_empty_word_in_a_name_is_seen() {
    assert!(is_empty("utils") && is_empty("error_handler") && is_empty("genesis-helpers"));
    assert!(!is_empty("handlebars") && !is_empty("utilisation"));
    assert_eq!(empty_names(&Source::sample("mod a { mod helpers {} }")).len(), 1);
    assert_eq!(empty_names(&Source::parse("crates/a/src/util/b.rs".as_ref(), "")).len(), 1);
}

#[test]
fn only_long_counts_and_children_are_ignored_and_say_so() {
    let sources: Vec<Source> = RUST.iter().flat_map(|folder| below(folder)).collect();
    assert!(sources.len() > RUST.len(), "there are sources");
    let violations: Vec<String> = sources.iter().flat_map(ignored).collect();
    assert_none("ignored tests", &violations);
}

#[test]
fn a_test_ignored_for_any_other_reason_is_seen() {
    for attribute in ["ignore", "ignore = \"slow\"", "cfg_attr(windows, ignore)", "ignore = \"soak\""] {
        let source = Source::sample(&format!("mod tests {{ #[test] #[{attribute}] fn f() {{}} }}"));
        assert_eq!(ignored(&source).len(), 1, "{attribute}");
    }
    for reason in ["soak: 500 replays", "child: the writer that is killed"] {
        assert_none(
            reason,
            &ignored(&Source::sample(&format!("#[test] #[ignore = \"{reason}\"] fn f() {{}}"))),
        );
    }
}

fn machine_names(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for path in MACHINE_PATHS {
        // Only absolute: in `.github/work...` and `a/work/b` the same letters mean something else.
        let part_of_another = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | ')' | '*');
        if text
            .match_indices(path)
            .any(|(at, _)| !text[..at].chars().next_back().is_some_and(part_of_another))
        {
            found.push(path.to_owned());
        }
    }
    found.extend(REGISTRY_HOSTS.iter().filter(|host| text.contains(**host)).map(|host| (*host).to_owned()));
    for line in text.lines() {
        if let Some(source) = line.strip_prefix("source = \"").and_then(|rest| rest.strip_suffix('"'))
            && source.contains("://")
            && source != LOCK_SOURCE
        {
            found.push(source.to_owned());
        }
    }
    found
}

fn is_empty(name: &str) -> bool {
    name.split(['-', '_']).any(|word| EMPTY_WORDS.contains(&word))
}

fn empty_names(source: &Source) -> Vec<String> {
    struct Modules(Vec<String>);
    impl<'ast> Visit<'ast> for Modules {
        fn visit_item_mod(&mut self, item: &'ast ItemMod) {
            self.0.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
        }
    }
    let mut modules = Modules(Vec::new());
    modules.visit_file(&source.file);
    let path = source.path.with_extension("");
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    parts
        .chain(modules.0)
        .filter(|name| is_empty(name))
        .map(|name| format!("{}: {name}", source.path.display()))
        .collect()
}

fn ignored(source: &Source) -> Vec<String> {
    struct Ignored(Vec<String>);
    impl<'ast> Visit<'ast> for Ignored {
        fn visit_attribute(&mut self, attribute: &'ast Attribute) {
            match &attribute.meta {
                Meta::NameValue(pair) if pair.path.is_ident("ignore") => {
                    let Expr::Lit(reason) = &pair.value else { return };
                    let is_known =
                        |reason: &str| REASONS_TO_IGNORE.iter().any(|known| reason.starts_with(known));
                    if !matches!(&reason.lit, Lit::Str(reason) if is_known(&reason.value())) {
                        self.0.push("ignored for another reason".to_owned());
                    }
                }
                Meta::Path(path) if path.is_ident("ignore") => {
                    self.0.push("ignored without a reason".to_owned());
                }
                Meta::List(list) if list.path.is_ident("cfg_attr") => {
                    let text = list.tokens.to_string();
                    if text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "ignore") {
                        self.0.push("ignored under a condition".to_owned());
                    }
                }
                _ => {}
            }
        }
    }
    let mut found = Ignored(Vec::new());
    found.visit_file(&source.file);
    found.0.iter().map(|found| format!("{}: {found}", source.path.display())).collect()
}
