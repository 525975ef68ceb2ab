//! The built-in guests' digests: what is built here against what is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::call::Call;
use crate::example;
use crate::needs::{self, Purpose};
use crate::project::Project;

/// The committed digests, relative to the root.
const COMMITTED: &str = "sandbox-guests/digests.toml";

/// Digest by guest, as `sha256:<hex>`.
type Digests = BTreeMap<String, String>;

/// The digests of guests, as they stand in the file.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Guests {
    /// Guests in Rust alone: the same everywhere, under the same toolchain.
    guest: Digests,
    /// Guests with C in them.
    c: Option<WithC>,
}

/// Guests with C in them: the same under the same C compiler.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WithC {
    /// The compiler, in its own words.
    compiler: String,
    guest: Digests,
}

/// Builds the guests and compares their digests with the committed ones, or writes those anew.
pub(crate) fn run(project: &Project, write: bool) -> Result<()> {
    needs::meet(project, &[Purpose::Build])?;
    let example = example::built(project, "digests")?;
    let built = printed(&Call::at(project, &example, std::iter::empty::<String>()).output()?)?;
    let path = project.root().join(COMMITTED);
    let committed = if path.is_file() {
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read {COMMITTED}"))?;
        parsed(&text)?
    } else {
        Guests::default()
    };
    let differences = differences(&committed, &built);
    for difference in &differences {
        println!("{difference}");
    }
    match (differences.len(), write) {
        (0, _) => println!("{} guests, as committed", built.guest.len() + with_c(&built).len()),
        (_, true) => {
            fs::write(&path, written(&built)).with_context(|| format!("failed to write {COMMITTED}"))?;
            eprintln!("digests: wrote {COMMITTED}");
        }
        (count, false) => {
            bail!("{count} digests differ from {COMMITTED}; `cargo xtask digests --write` takes them over")
        }
    }
    Ok(())
}

/// Reads lines of `name digest`, or `name digest compiler`.
fn printed(text: &str) -> Result<Guests> {
    let mut guests = Guests::default();
    for line in text.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(name), Some(digest)) = (words.next(), words.next()) else {
            bail!("failed to read the line `{line}`");
        };
        check(name, digest)?;
        let digests = match words.next() {
            None => &mut guests.guest,
            Some(compiler) => {
                let new = || WithC { compiler: compiler.to_owned(), guest: Digests::new() };
                &mut guests.c.get_or_insert_with(new).guest
            }
        };
        if digests.insert(name.to_owned(), digest.to_owned()).is_some() {
            bail!("the guest {name} was printed twice");
        }
    }
    if guests.guest.is_empty() {
        bail!("the guests' build printed no digest");
    }
    Ok(guests)
}

fn parsed(text: &str) -> Result<Guests> {
    let guests: Guests = toml::from_str(text).with_context(|| format!("failed to read {COMMITTED}"))?;
    for (name, digest) in guests.guest.iter().chain(with_c(&guests)) {
        check(name, digest)?;
    }
    Ok(guests)
}

fn with_c(guests: &Guests) -> &Digests {
    static NONE: Digests = Digests::new();
    guests.c.as_ref().map_or(&NONE, |with_c| &with_c.guest)
}

fn check(name: &str, digest: &str) -> Result<()> {
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() != 64 || !hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        bail!("`{digest}`, given for the guest {name}, is no sha256 digest");
    }
    if name.is_empty()
        || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    {
        bail!("`{name}` is no name of a guest");
    }
    Ok(())
}

fn differences(committed: &Guests, built: &Guests) -> Vec<String> {
    let mut told = differing(&committed.guest, &built.guest);
    match (&committed.c, &built.c) {
        (Some(committed), Some(built)) if committed.compiler == built.compiler => {
            told.extend(differing(&committed.guest, &built.guest));
        }
        (Some(committed), Some(built)) => told.push(format!(
            "guests with C in them: committed by {}, built by {}; they cannot be compared",
            committed.compiler, built.compiler
        )),
        (None, Some(_)) => told.push("guests with C in them: built, not committed".to_owned()),
        (_, None) => {}
    }
    told
}

fn differing(committed: &Digests, built: &Digests) -> Vec<String> {
    let names: BTreeSet<_> = committed.keys().chain(built.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| match (committed.get(name), built.get(name)) {
            (Some(committed), Some(built)) if committed == built => None,
            (Some(committed), Some(built)) => Some(format!("{name}: committed {committed}, built {built}")),
            (Some(_), None) => Some(format!("{name}: committed, not built")),
            (None, _) => Some(format!("{name}: built, not committed")),
        })
        .collect()
}

fn written(guests: &Guests) -> String {
    let mut text = String::from("# Written by `cargo xtask digests --write`.\n\n[guest]\n");
    let add = |digests: &Digests, text: &mut String| {
        for (name, digest) in digests {
            writeln!(text, "{name} = \"{digest}\"").expect("a String takes every line");
        }
    };
    add(&guests.guest, &mut text);
    if let Some(with_c) = &guests.c {
        text.push_str("\n# Guests with C in them are the same under the same compiler.\n[c]\n");
        writeln!(text, "compiler = {:?}\n\n[c.guest]", with_c.compiler).expect("a String takes every line");
        add(&with_c.guest, &mut text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(of: &[(&str, char)]) -> Digests {
        of.iter()
            .map(|(name, digit)| ((*name).to_owned(), format!("sha256:{}", digit.to_string().repeat(64))))
            .collect()
    }

    fn rust(of: &[(&str, char)]) -> Guests {
        Guests { guest: digests(of), c: None }
    }

    fn with_compiler(compiler: &str, of: &[(&str, char)]) -> Guests {
        Guests {
            guest: digests(&[("render", 'a')]),
            c: Some(WithC { compiler: compiler.to_owned(), guest: digests(of) }),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for all in
            [rust(&[("render", 'a'), ("validate-template", '0')]), with_compiler("a cc 1.0", &[("js", '1')])]
        {
            assert_eq!(parsed(&written(&all)).unwrap(), all);
        }
    }

    #[test]
    fn every_difference_is_named() {
        let committed = rust(&[("gone", 'a'), ("render", 'b'), ("same", 'c')]);
        let built = rust(&[("new", 'a'), ("render", 'd'), ("same", 'c')]);
        let told = differences(&committed, &built);
        assert_eq!(told.len(), 3);
        assert!(
            told[0].starts_with("gone: ") && told[1].starts_with("new: ") && told[2].starts_with("render: ")
        );
        assert!(differences(&built, &built).is_empty());
    }

    #[test]
    fn guests_with_c_are_compared_under_one_compiler_only() {
        let one = with_compiler("one", &[("js", '1')]);
        let told = differences(&one, &with_compiler("one", &[("js", '2')]));
        assert!(told.len() == 1 && told[0].starts_with("js: committed"), "{told:?}");
        let told = differences(&one, &with_compiler("two", &[("js", '2')]));
        assert!(told.len() == 1 && told[0].contains("cannot be compared"), "{told:?}");
    }

    #[test]
    fn a_line_that_is_no_digest_is_refused() {
        let hex = "0".repeat(64);
        for text in [
            String::new(),
            "render".to_owned(),
            "render sha256:12".to_owned(),
            format!("render md5:{hex}"),
            format!("Render sha256:{hex}"),
            format!("render sha256:{hex}\nrender sha256:{hex}"),
        ] {
            assert!(printed(&text).is_err(), "{text}");
        }
        let both = format!("render sha256:{hex}\njs sha256:{hex} Some clang 14\n");
        assert_eq!(printed(&both).unwrap().c.unwrap().compiler, "Some clang 14");
        assert!(parsed("[guests]\n").is_err());
    }
}
