//! `genesis.lock`: which guests judge in a project, by digest.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use genesis_domain::Digest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{PolicyError, Problem};
use crate::layer::is_digest;
use crate::value::quote;

/// The version of the format.
const VERSION: &str = "1";
/// Most bytes of a file.
const MOST_BYTES: usize = 1 << 20;
/// Most bytes of a path.
const MOST_PATH_BYTES: usize = 4096;

/// Digests that guests must have, by the path of each relative to the lock file's folder, with `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuestLock {
    pins: BTreeMap<String, Digest>,
}

impl GuestLock {
    /// Reads a lock file. `file` is its name in messages.
    ///
    /// # Errors
    /// Text that is not TOML, another version, an unknown key, a path that stands twice or a digest that is none.
    pub fn parse(file: &str, text: &str) -> Result<Self, PolicyError> {
        if text.len() > MOST_BYTES {
            let message = format!("a lock file may have at most {MOST_BYTES} bytes");
            return Err(Problem::of_file(file, message).into());
        }
        let document = DeTable::parse(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            PolicyError::from(Problem::at(file, text, span, format!("not TOML: {}", error.message())))
        })?;
        let mut reader = Reader { file, text, lock: Self::default(), problems: Vec::new() };
        reader.file(document.get_ref());
        if reader.problems.is_empty() { Ok(reader.lock) } else { Err(PolicyError::new(reader.problems)) }
    }

    /// The file's text: sorted by path, the same for the same pins.
    pub fn to_text(&self) -> String {
        let mut out = format!(
            "# Written by `genesis guest lock`: the guests that judge here, by digest. A guest that changed is refused\n\
             # until its new digest is accepted with `genesis guest lock FILE`.\n\
             version = {VERSION}\n"
        );
        for (path, digest) in &self.pins {
            write!(out, "\n[[guest]]\npath = {}\ndigest = {}\n", quote(path), quote(digest.as_str()))
                .expect("writing to a string cannot fail");
        }
        out
    }

    /// The digest that the guest at `path` must have, when it is pinned.
    pub fn digest(&self, path: &str) -> Option<&Digest> {
        self.pins.get(path)
    }

    /// Every pin, by path.
    pub fn pins(&self) -> impl Iterator<Item = (&str, &Digest)> {
        self.pins.iter().map(|(path, digest)| (path.as_str(), digest))
    }

    /// Pins a guest, and gives the digest that it was pinned to.
    pub fn pin(&mut self, path: &str, digest: Digest) -> Option<Digest> {
        self.pins.insert(path.to_owned(), digest)
    }

    /// Takes a pin away, and gives the digest that it had.
    pub fn unpin(&mut self, path: &str) -> Option<Digest> {
        self.pins.remove(path)
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    lock: GuestLock,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>) {
        self.only(table, &["version", "guest"]);
        match table.get("version").map(|value| (value, value.get_ref())) {
            Some((_, DeValue::Integer(version))) if version.radix() == 10 && version.as_str() == VERSION => {}
            Some((value, _)) => {
                let message = format!("this program reads version {VERSION} of the format");
                self.wrong(value.span(), message, "it was written by another genesis; use that one");
            }
            None => self.wrong(0..0, "this lock file has no `version`", "write it with `genesis guest lock`"),
        }
        let Some(value) = table.get("guest") else { return };
        let DeValue::Array(items) = value.get_ref() else {
            return self.wrong(value.span(), "`guest` is a list of tables", "write [[guest]]");
        };
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => self.guest(item, table),
                _ => self.wrong(item.span(), "`guest` is a list of tables", "write [[guest]]"),
            }
        }
    }

    fn guest(&mut self, item: &Spanned<DeValue<'_>>, table: &DeTable<'_>) {
        self.only(table, &["path", "digest"]);
        let (Some((path, at)), Some((digest, digest_at))) =
            (self.word(item, table, "path"), self.word(item, table, "digest"))
        else {
            return;
        };
        if path.is_empty() || path.len() > MOST_PATH_BYTES {
            let help = "relative to this file's folder";
            return self.wrong(at, format!("`path` has 1 to {MOST_PATH_BYTES} bytes"), help);
        }
        if !is_digest(&digest) {
            let help = "`genesis guest lock FILE` writes it";
            return self.wrong(digest_at, "`digest`: expected `sha256:` and 64 hexadecimal digits", help);
        }
        if self.lock.pin(&path, Digest::from_text(&digest)).is_some() {
            self.wrong(at, format!("`{path}` is pinned twice"), "leave one of the two");
        }
    }

    fn word(
        &mut self,
        item: &Spanned<DeValue<'_>>,
        table: &DeTable<'_>,
        key: &str,
    ) -> Option<(String, std::ops::Range<usize>)> {
        match table.get(key).map(|value| (value.get_ref(), value.span())) {
            Some((DeValue::String(text), span)) => Some((text.to_string(), span)),
            Some((_, span)) => {
                self.wrong(span, format!("`{key}` is text"), "`genesis guest lock FILE` writes it");
                None
            }
            None => {
                let message = format!("this guest has no `{key}`");
                self.wrong(item.span(), message, "`genesis guest lock FILE` writes it");
                None
            }
        }
    }

    fn only(&mut self, table: &DeTable<'_>, allowed: &[&str]) {
        for (name, _) in table {
            if !allowed.contains(&&**name.get_ref()) {
                let help = format!("known here: {}", allowed.join(", "));
                self.wrong(name.span(), format!("unknown key `{}`", name.get_ref()), &help);
            }
        }
    }

    fn wrong(&mut self, span: std::ops::Range<usize>, message: impl Into<String>, help: &str) {
        self.problems.push(Problem::at(self.file, self.text, span, message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(of: &str) -> Digest {
        Digest::of(of.as_bytes())
    }

    #[test]
    fn what_is_written_is_read_again_and_sorted() {
        let mut lock = GuestLock::default();
        assert_eq!(GuestLock::parse("genesis.lock", &lock.to_text()).unwrap(), lock);
        for path in ["b.wasm", "../outside/a.wasm", "guests/a \"quoted\"\n.wasm", "é.wasm"] {
            assert_eq!(lock.pin(path, digest(path)), None);
        }
        assert_eq!(lock.pin("b.wasm", digest("new")), Some(digest("b.wasm")));
        let text = lock.to_text();
        assert_eq!(GuestLock::parse("genesis.lock", &text).unwrap(), lock);
        let places: Vec<usize> = lock.pins().map(|(_, digest)| text.find(digest.as_str()).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
        assert_eq!(lock.unpin("b.wasm"), Some(digest("new")));
        assert_eq!(lock.digest("b.wasm"), None);
    }

    #[test]
    fn a_file_that_is_not_understood_is_refused_with_its_place() {
        let pin = |path: &str, digest: &str| format!("[[guest]]\npath = {path}\ndigest = {digest}\n");
        let good = format!("\"{}\"", digest("x"));
        for (text, message) in [
            ("", "no `version`"),
            ("version = 2", "reads version 1"),
            ("version = \"1\"", "reads version 1"),
            ("version = 1\nguests = []", "unknown key `guests`"),
            ("version = 1\nguest = 1", "list of tables"),
            ("version = 1\nguest = [1]", "list of tables"),
            ("version = ", "not TOML"),
            (&format!("version = 1\n{}name = 1\n", pin("\"a\"", &good)), "unknown key `name`"),
            (&format!("version = 1\n{}", pin("\"\"", &good)), "`path` has 1 to"),
            (&format!("version = 1\n{}", pin("1", &good)), "`path` is text"),
            (&format!("version = 1\n{}", pin("\"a\"", "\"sha256:00\"")), "64 hexadecimal digits"),
            ("version = 1\n[[guest]]\npath = \"a\"\n", "has no `digest`"),
            (&format!("version = 1\n{0}{0}", pin("\"a\"", &good)), "`a` is pinned twice"),
        ] {
            let error = GuestLock::parse("genesis.lock", text).expect_err(text).to_string();
            assert!(error.contains(message) && error.contains("genesis.lock"), "{text}: {error}");
        }
    }
}
