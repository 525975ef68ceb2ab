//! Crates that do no I/O, know no clock and no runtime.

use syn::visit::{self, Visit};
use syn::{Item, Macro, Path};

use super::assert_none;
use super::sources::{Imports, Source, attributes, is_below, is_test_only, leaves, of_crate};

/// The crates that are the same wherever and whenever they run.
const PURE: [&str; 4] = ["abi", "template", "domain", "policy"];

/// What they may not name.
const FORBIDDEN: [&str; 12] = [
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::time::UNIX_EPOCH",
    "tokio",
];

#[test]
fn pure_crates_do_no_io_and_know_no_clock() {
    for name in PURE {
        let violations: Vec<String> = of_crate(name).iter().flat_map(violations).collect();
        assert_none(&format!("{name} is pure"), &violations);
    }
}

#[test]
fn every_way_to_name_the_outside_is_seen() {
    for text in [
        "use std::fs;",
        "use std::{collections::BTreeMap, io, net::TcpStream};",
        "use std::time::{Duration, SystemTime};",
        "use std::fs::*;",
        "fn f() { let _ = std::env::var(\"HOME\"); }",
        "fn f() { let _ = ::std::process::id(); }",
        "use std::time; fn f() -> u64 { time::Instant::now().elapsed().as_secs() }",
        "use std as s; fn f() { s::thread::yield_now(); }",
        "async fn f() { tokio::spawn(async {}); }",
        "fn f() -> String { format!(\"{:?}\", std::fs::read(\"a\")) }",
        "#[cfg(not(test))] use std::fs;",
        "mod inner { fn f() { let _ = std::io::stdin(); } }",
    ] {
        assert!(!violations(&Source::sample(text)).is_empty(), "{text}");
    }
}

#[test]
fn tests_and_what_only_sounds_alike_are_let_be() {
    for text in [
        "#[cfg(test)] mod tests { use std::fs; }",
        "use std::time::Duration; use std::io::Write;",
        "use crate::env; fn f() { env::names(); }",
        "use core::fmt; mod process {} fn f() { process::begin(); }",
        "fn f() -> String { format!(\"{}\", stdfs::x()) }",
    ] {
        assert_none(text, &violations(&Source::sample(text)));
    }
}

fn violations(source: &Source) -> Vec<String> {
    let mut scan = Scan { imports: Imports::of(&source.file), found: Vec::new() };
    scan.visit_file(&source.file);
    scan.found.iter().map(|found| format!("{}: {found}", source.path.display())).collect()
}

struct Scan {
    imports: Imports,
    found: Vec<String>,
}

impl Scan {
    fn look_at(&mut self, path: &str) {
        if FORBIDDEN.iter().any(|forbidden| is_below(path, forbidden)) {
            self.found.push(path.to_owned());
        }
    }
}

impl<'ast> Visit<'ast> for Scan {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for (_, path) in leaves(&item.tree) {
            self.look_at(&path.join("::"));
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        self.look_at(&self.imports.resolve(path));
        visit::visit_path(self, path);
    }

    /// What a macro is given has no grammar of its own, so its text is looked at.
    fn visit_macro(&mut self, item: &'ast Macro) {
        let text = item.tokens.to_string().replace(' ', "");
        for forbidden in FORBIDDEN {
            let named = |at: usize| {
                let before = text[..at].chars().next_back();
                let after = text[at + forbidden.len()..].chars().next();
                let part_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
                !before.is_some_and(part_of_a_name) && !after.is_some_and(part_of_a_name)
            };
            // A crate's bare name in a text may be a word; followed by a path it is the crate.
            let wanted =
                if forbidden.contains("::") { forbidden.to_owned() } else { format!("{forbidden}::") };
            if text.match_indices(&wanted).any(|(at, _)| named(at)) {
                self.found.push(format!("{forbidden} in a macro"));
            }
        }
        visit::visit_macro(self, item);
    }
}
