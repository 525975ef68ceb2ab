//! The built-in guests' digests: what is built here against what is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};

use crate::call::Call;
use crate::needs::{self, Purpose};
use crate::project::Project;

/// The committed digests, relative to the root.
const COMMITTED: &str = "sandbox-guests/digests.toml";

/// Digest by guest, as `sha256:<hex>`.
type Digests = BTreeMap<String, String>;

/// Builds the guests and compares their digests with the committed ones, or writes those anew.
pub(crate) fn run(project: &Project, write: bool) -> Result<()> {
    needs::meet(project, &[Purpose::Build])?;
    let example = ["run", "--quiet", "--locked", "--package", "genesis-guests", "--example", "digests"];
    let built = printed(&Call::cargo(project, example).output()?)?;
    let path = project.root().join(COMMITTED);
    let committed = if path.is_file() {
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read {COMMITTED}"))?;
        parsed(&text)?
    } else {
        Digests::new()
    };
    let differences = differences(&committed, &built);
    for difference in &differences {
        println!("{difference}");
    }
    match (differences.len(), write) {
        (0, _) => println!("{} guests, as committed", built.len()),
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

/// Reads lines of `name digest`.
fn printed(text: &str) -> Result<Digests> {
    let mut digests = Digests::new();
    for line in text.lines() {
        let (name, digest) =
            line.split_once(' ').with_context(|| format!("failed to read the line `{line}`"))?;
        check(name, digest)?;
        if digests.insert(name.to_owned(), digest.to_owned()).is_some() {
            bail!("the guest {name} was printed twice");
        }
    }
    if digests.is_empty() {
        bail!("the guests' build printed no digest");
    }
    Ok(digests)
}

fn parsed(text: &str) -> Result<Digests> {
    let mut file: BTreeMap<String, Digests> =
        toml::from_str(text).with_context(|| format!("failed to read {COMMITTED}"))?;
    let digests = file.remove("guest").unwrap_or_default();
    if let Some(other) = file.keys().next() {
        bail!("{COMMITTED} has a table [{other}]; it holds only [guest]");
    }
    for (name, digest) in &digests {
        check(name, digest)?;
    }
    Ok(digests)
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

fn differences(committed: &Digests, built: &Digests) -> Vec<String> {
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

fn written(digests: &Digests) -> String {
    let mut text = String::from("# Written by `cargo xtask digests --write`.\n\n[guest]\n");
    for (name, digest) in digests {
        writeln!(text, "{name} = \"{digest}\"").expect("a String takes every line");
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

    #[test]
    fn what_is_written_is_read_again() {
        let all = digests(&[("render", 'a'), ("validate-template", '0')]);
        assert_eq!(parsed(&written(&all)).unwrap(), all);
    }

    #[test]
    fn every_difference_is_named() {
        let committed = digests(&[("gone", 'a'), ("render", 'b'), ("same", 'c')]);
        let built = digests(&[("new", 'a'), ("render", 'd'), ("same", 'c')]);
        let told = differences(&committed, &built);
        assert_eq!(told.len(), 3);
        assert!(
            told[0].starts_with("gone: ") && told[1].starts_with("new: ") && told[2].starts_with("render: ")
        );
        assert!(differences(&built, &built).is_empty());
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
        assert!(printed(&format!("render sha256:{hex}\n")).is_ok());
        assert!(parsed("[guests]\n").is_err());
    }
}
