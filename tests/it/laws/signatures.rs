//! No foreign type in a public signature: a crate that could not be exchanged for another would be everybody's.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Fields, ImplItem, Item, Path, Signature, TraitItem, Type, Visibility};

use super::assert_none;
use super::edges::metadata;
use super::sources::{Imports, Source, attributes, is_below, is_test_only, leaves, of_crate};

/// Crates whose types stay inside the one crate of ours that uses them.
const FOREIGN: [&str; 7] = ["async_nats", "croner", "git2", "libgit2_sys", "sqlx", "wasmparser", "wasmtime"];

#[test]
fn no_public_signature_names_a_foreign_type() {
    let packages = metadata("Cargo.toml").packages;
    let libraries: Vec<&str> =
        packages.iter().filter_map(|package| package.name.strip_prefix("genesis-")).collect();
    assert!(libraries.contains(&"sandbox") && libraries.contains(&"history") && libraries.contains(&"store"));
    for name in libraries {
        let sources = of_crate(name);
        assert_none(&format!("public signatures of {name}"), &violations(&sources));
    }
}

#[test]
fn every_public_place_is_looked_at() {
    for text in [
        "pub fn f(engine: &wasmtime::Engine) {}",
        "pub async fn f() -> Result<(), sqlx::Error> { todo!() }",
        "use git2::Repository; pub struct A { pub repository: Repository }",
        "use git2::Repository as R; pub struct A(pub Vec<Option<R>>);",
        "pub enum E { Git(#[from] git2::Error) }",
        "pub enum E { Git { source: git2::Error } }",
        "pub type Pool = sqlx::SqlitePool;",
        "pub use wasmtime::Engine;",
        "pub use git2::*;",
        "pub struct A; impl A { pub fn f<'a>(&self) -> &'a git2::Repository { todo!() } }",
        "pub struct A; impl From<git2::Error> for A { fn from(_: git2::Error) -> Self { A } }",
        "pub struct A; impl wasmtime::ResourceLimiter for A {}",
        "pub trait T { fn f(&self, pool: &sqlx::SqlitePool); }",
        "pub trait T: wasmtime::ResourceLimiter {}",
        "pub fn f<T: sqlx::Executor>(t: T) {}",
        "pub struct A<T>(T) where T: sqlx::Executor;",
        "pub fn f() -> impl Iterator<Item = git2::Oid> { None.into_iter() }",
        "pub const NONE: Option<git2::Oid> = None;",
        "pub mod a { pub fn f(_: async_nats::Message) {} }",
    ] {
        assert!(!violations(&[Source::sample(text)]).is_empty(), "{text}");
    }
}

#[test]
fn what_is_private_or_our_own_is_let_be() {
    for text in [
        "fn f(engine: &wasmtime::Engine) {}",
        "pub(crate) fn f(engine: &wasmtime::Engine) {}",
        "pub struct A { repository: git2::Repository }",
        "pub struct A(git2::Repository);",
        "pub fn f() { let _ = git2::Repository::open(\"a\"); }",
        "struct A; impl From<git2::Error> for A { fn from(_: git2::Error) -> Self { A } }",
        "pub struct A; impl A { fn f(&self) -> git2::Oid { todo!() } }",
        "use crate::sqlx_like::Pool; pub fn f(_: Pool) {}",
        "#[cfg(test)] pub mod tests { pub fn f(_: git2::Oid) {} }",
    ] {
        assert_none(text, &violations(&[Source::sample(text)]));
    }
}

/// The foreign types in what a crate's files make public. A type hidden behind an alias of the crate's own that is
/// declared in another file is not seen.
fn violations(sources: &[Source]) -> Vec<String> {
    let mut public = BTreeSet::new();
    for source in sources {
        public_types(&source.file.items, &mut public);
    }
    let mut found = Vec::new();
    for source in sources {
        let mut scan = Scan { imports: Imports::of(&source.file), public: &public, found: Vec::new() };
        scan.items(&source.file.items);
        found.extend(scan.found.iter().map(|found| format!("{}: {found}", source.path.display())));
    }
    found
}

fn public_types(items: &[Item], public: &mut BTreeSet<String>) {
    for item in items {
        match item {
            Item::Struct(item) if is_public(&item.vis) => public.insert(item.ident.to_string()),
            Item::Enum(item) if is_public(&item.vis) => public.insert(item.ident.to_string()),
            Item::Mod(item) if !is_test_only(&item.attrs) => {
                if let Some((_, items)) = &item.content {
                    public_types(items, public);
                }
                true
            }
            _ => false,
        };
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Walks what is public; everything that it visits as a path is part of a signature.
struct Scan<'a> {
    imports: Imports,
    public: &'a BTreeSet<String>,
    found: Vec<String>,
}

impl Scan<'_> {
    fn items(&mut self, items: &[Item]) {
        for item in items.iter().filter(|item| !is_test_only(attributes(item))) {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Fn(item) if is_public(&item.vis) => self.signature(&item.sig),
            Item::Struct(item) if is_public(&item.vis) => {
                self.visit_generics(&item.generics);
                self.fields(&item.fields, false);
            }
            Item::Enum(item) if is_public(&item.vis) => {
                self.visit_generics(&item.generics);
                item.variants.iter().for_each(|variant| self.fields(&variant.fields, true));
            }
            Item::Type(item) if is_public(&item.vis) => self.visit_type(&item.ty),
            Item::Const(item) if is_public(&item.vis) => self.visit_type(&item.ty),
            Item::Static(item) if is_public(&item.vis) => self.visit_type(&item.ty),
            Item::Use(item) if is_public(&item.vis) => {
                for (_, path) in leaves(&item.tree) {
                    self.look_at(&path.join("::"));
                }
            }
            Item::Trait(item) if is_public(&item.vis) => {
                self.visit_generics(&item.generics);
                item.supertraits.iter().for_each(|bound| self.visit_type_param_bound(bound));
                for item in &item.items {
                    match item {
                        TraitItem::Fn(item) => self.signature(&item.sig),
                        TraitItem::Const(item) => self.visit_type(&item.ty),
                        TraitItem::Type(item) => {
                            item.bounds.iter().for_each(|bound| self.visit_type_param_bound(bound));
                        }
                        _ => {}
                    }
                }
            }
            Item::Impl(item) if self.is_of_public_type(&item.self_ty) => self.implementation(item),
            Item::Mod(item) => {
                if let Some((_, items)) = &item.content {
                    self.items(items);
                }
            }
            _ => {}
        }
    }

    /// Of a trait's implementation all is public, of a type's own what says so.
    fn implementation(&mut self, item: &syn::ItemImpl) {
        self.visit_generics(&item.generics);
        if let Some((_, path, _)) = &item.trait_ {
            self.visit_path(path);
        }
        let all = item.trait_.is_some();
        for item in &item.items {
            match item {
                ImplItem::Fn(item) if all || is_public(&item.vis) => self.signature(&item.sig),
                ImplItem::Const(item) if all || is_public(&item.vis) => self.visit_type(&item.ty),
                ImplItem::Type(item) if all || is_public(&item.vis) => self.visit_type(&item.ty),
                _ => {}
            }
        }
    }

    fn is_of_public_type(&self, of: &Type) -> bool {
        match of {
            Type::Path(path) => {
                path.path.segments.last().is_some_and(|last| self.public.contains(&last.ident.to_string()))
            }
            Type::Reference(reference) => self.is_of_public_type(&reference.elem),
            _ => false,
        }
    }

    fn signature(&mut self, signature: &Signature) {
        self.visit_signature(signature);
    }

    fn fields(&mut self, fields: &Fields, all: bool) {
        for field in fields.iter().filter(|field| all || is_public(&field.vis)) {
            self.visit_type(&field.ty);
        }
    }

    fn look_at(&mut self, path: &str) {
        if FOREIGN.iter().any(|foreign| is_below(path, foreign)) {
            self.found.push(path.to_owned());
        }
    }
}

impl<'ast> Visit<'ast> for Scan<'_> {
    fn visit_path(&mut self, path: &'ast Path) {
        self.look_at(&self.imports.resolve(path));
        visit::visit_path(self, path);
    }
}
