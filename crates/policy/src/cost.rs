//! `genesis.cost.toml`: what each case of each template costs, in units of fuel, as it was accepted.
//!
//! Fuel is exact: the same guest, input and engine give the same figure on every machine. So a figure that grew is a
//! change that somebody made, and the file is reviewed like a lock file. Fuel of two engines, or of two builds of a guest,
//! is never compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use genesis_domain::Digest;
use serde::Deserialize;

use crate::layer::is_digest;
use crate::value::quote;

/// The version of the format.
const VERSION: u32 = 1;
/// Most bytes of a file.
const MOST_BYTES: usize = 64 << 20;

/// What a case costs: fuel by check.
pub type CaseCost = BTreeMap<String, u64>;
/// What a template costs: its cases by name.
pub type TemplateCost = BTreeMap<String, CaseCost>;

/// The accepted costs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CostFile {
    /// Fingerprints of the engines that the figures hold for.
    pub engines: Vec<String>,
    /// The guest of each check, by digest.
    pub guests: BTreeMap<String, Digest>,
    /// The templates by id.
    pub templates: BTreeMap<String, TemplateCost>,
}

/// A file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct CostFileError {
    file: String,
    message: String,
}

/// A case that costs more than it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// The case.
    pub case: String,
    /// Its fuel as accepted, over the checks that can be compared.
    pub accepted: u64,
    /// Its fuel now, over the same checks.
    pub measured: u64,
}

impl Growth {
    /// The growth as a ratio; infinite from nothing.
    pub fn ratio(&self) -> f64 {
        self.measured as f64 / self.accepted as f64 - 1.0
    }
}

/// What a measurement of one template says against the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostChange {
    /// Cases that cost more, by name.
    pub grown: Vec<Growth>,
    /// How many cases were compared.
    pub compared: usize,
    /// Cases that the file does not know.
    pub unknown: Vec<String>,
    /// Checks whose guest is another build than the file's, so that their fuel says nothing.
    pub other_guests: Vec<String>,
    /// Whether the file's figures are of another engine; nothing was compared then.
    pub other_engine: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default)]
    engines: Vec<String>,
    #[serde(default)]
    guests: BTreeMap<String, String>,
    #[serde(default)]
    cases: BTreeMap<String, TemplateCost>,
}

impl CostFile {
    /// Reads a file. `file` is its name in messages.
    ///
    /// # Errors
    /// Text that is not TOML, another version, an unknown key, a figure or digest that is none.
    pub fn parse(file: &str, text: &str) -> Result<Self, CostFileError> {
        let wrong = |message: String| CostFileError { file: file.to_owned(), message };
        if text.len() > MOST_BYTES {
            return Err(wrong(format!("it may have at most {MOST_BYTES} bytes")));
        }
        let written: Written =
            toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        if written.version != VERSION {
            return Err(wrong(format!("this program reads version {VERSION} of the format")));
        }
        let mut guests = BTreeMap::new();
        for (check, digest) in written.guests {
            if !is_digest(&digest) {
                return Err(wrong(format!("the guest of check `{check}` has no digest: `{digest}`")));
            }
            guests.insert(check, Digest::from_text(&digest));
        }
        Ok(Self { engines: written.engines, guests, templates: written.cases })
    }

    /// The file's text: sorted, the same for the same costs.
    pub fn to_text(&self) -> String {
        let mut out = format!(
            "# Written by `genesis cost accept`: what each case costs, in units of fuel, by check. `genesis ci --check-cost`\n\
             # fails when one grows by more than the policy's [cost] allows.\n\
             version = {VERSION}\n"
        );
        let mut line = |text: String| {
            out.push_str(&text);
            out.push('\n');
        };
        line("engines = [".to_owned());
        for engine in &self.engines {
            line(format!("    {},", quote(engine)));
        }
        line("]\n\n[guests]".to_owned());
        for (check, digest) in &self.guests {
            line(format!("{} = {}", quote(check), quote(digest.as_str())));
        }
        for (template, cases) in &self.templates {
            line(format!("\n[cases.{}]", quote(template)));
            for (case, checks) in cases {
                let mut costs = String::new();
                for (index, (check, fuel)) in checks.iter().enumerate() {
                    let comma = if index == 0 { " " } else { ", " };
                    write!(costs, "{comma}{} = {fuel}", quote(check))
                        .expect("writing to a string cannot fail");
                }
                line(format!("{} = {{{costs} }}", quote(case)));
            }
        }
        out
    }

    /// Holds a template's cost, measured with some engines and guests, against what was accepted.
    pub fn compare(&self, template: &str, measured: &Self) -> CostChange {
        let nothing = TemplateCost::new();
        let now = measured.templates.get(template).unwrap_or(&nothing);
        let mut change = CostChange::default();
        let Some(accepted) = self.templates.get(template) else {
            change.unknown = now.keys().cloned().collect();
            return change;
        };
        if self.engines != measured.engines {
            change.other_engine = true;
            return change;
        }
        let same_guest = |check: &String| self.guests.get(check) == measured.guests.get(check);
        for (case, checks) in now {
            let Some(before) = accepted.get(case) else {
                change.unknown.push(case.clone());
                continue;
            };
            let sum = |costs: &CaseCost| {
                costs.iter().filter(|(check, _)| same_guest(check)).map(|(_, fuel)| fuel).sum::<u64>()
            };
            change.other_guests.extend(checks.keys().filter(|check| !same_guest(check)).cloned());
            let (accepted, measured) = (sum(before), sum(checks));
            change.compared += 1;
            if measured > accepted {
                change.grown.push(Growth { case: case.clone(), accepted, measured });
            }
        }
        change.other_guests.sort();
        change.other_guests.dedup();
        change
    }

    /// Whether nothing that this file accepts was accepted less of before: every figure that both have is as low or
    /// lower, no case and no template is gone, and engines and guests are the same.
    pub fn only_tightens(&self, before: &Self) -> bool {
        self.engines == before.engines
            && before.guests.iter().all(|(check, digest)| self.guests.get(check) == Some(digest))
            && before.templates.iter().all(|(template, cases)| {
                self.templates.get(template).is_some_and(|now| {
                    cases.iter().all(|(case, checks)| {
                        now.get(case).is_some_and(|now| {
                            now.iter().all(|(check, fuel)| checks.get(check).is_some_and(|old| fuel <= old))
                        })
                    })
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(cases: &[(&str, &str, u64)]) -> CostFile {
        let mut file = CostFile { engines: vec!["engine \"1\"".to_owned()], ..CostFile::default() };
        for (case, check, fuel) in cases {
            file.guests.insert((*check).to_owned(), Digest::of(check.as_bytes()));
            let template = file.templates.entry("quality_template:x".to_owned()).or_default();
            template.entry((*case).to_owned()).or_default().insert((*check).to_owned(), *fuel);
        }
        file
    }

    const ID: &str = "quality_template:x";

    #[test]
    fn what_is_written_is_read_again() {
        for file in
            [CostFile::default(), file(&[("defaults", "render", 7), ("a=\"é\n", "lint (c)", 1 << 60)])]
        {
            let text = file.to_text();
            assert_eq!(CostFile::parse("genesis.cost.toml", &text).as_ref(), Ok(&file), "{text}");
        }
    }

    #[test]
    fn a_file_that_is_not_understood_is_refused() {
        for (text, says) in [
            ("", "version"),
            ("version = 2", "version 1"),
            ("version = 1\ncosts = 1", "costs"),
            ("version = 1\n[guests]\na = \"x\"", "no digest"),
            ("version = 1\n[cases.a]\nb = { render = -1 }", "-1"),
            ("version = 1\n[cases.a]\nb = { render = 1.5 }", "1.5"),
        ] {
            let error = CostFile::parse("genesis.cost.toml", text).expect_err(text).to_string();
            assert!(error.contains(says) && error.contains("genesis.cost.toml"), "{text}: {error}");
        }
    }

    #[test]
    fn growth_is_told_case_by_case() {
        let accepted =
            file(&[("a", "render", 100), ("a", "lint", 100), ("b", "render", 50), ("c", "render", 1)]);
        let measured =
            file(&[("a", "render", 90), ("a", "lint", 130), ("b", "render", 50), ("d", "render", 1)]);
        let change = accepted.compare(ID, &measured);
        assert_eq!(change.grown, [Growth { case: "a".to_owned(), accepted: 200, measured: 220 }]);
        assert!((change.grown[0].ratio() - 0.1).abs() < 1e-12);
        assert_eq!((change.compared, change.unknown.as_slice()), (2, ["d".to_owned()].as_slice()));
        assert_eq!(accepted.compare("another", &measured), CostChange::default());
    }

    #[test]
    fn fuel_of_other_engines_and_guests_is_not_compared() {
        let accepted = file(&[("a", "render", 100), ("a", "lint", 1)]);
        let mut other_engine = file(&[("a", "render", 200)]);
        other_engine.engines = vec!["engine 2".to_owned()];
        let change = accepted.compare(ID, &other_engine);
        assert!(change.other_engine && change.grown.is_empty() && change.compared == 0);
        let mut other_guest = file(&[("a", "render", 100), ("a", "lint", 500)]);
        other_guest.guests.insert("lint".to_owned(), Digest::of(b"another build"));
        let change = accepted.compare(ID, &other_guest);
        assert_eq!((change.grown.len(), change.other_guests), (0, vec!["lint".to_owned()]));
    }

    #[test]
    fn only_a_file_that_accepts_no_more_than_before_tightens() {
        let before = file(&[("a", "render", 100), ("b", "render", 50)]);
        assert!(before.only_tightens(&before));
        assert!(file(&[("a", "render", 99), ("b", "render", 50), ("c", "render", 9)]).only_tightens(&before));
        assert!(!file(&[("a", "render", 101), ("b", "render", 50)]).only_tightens(&before));
        assert!(!file(&[("a", "render", 100)]).only_tightens(&before), "a case is gone");
        let mut other = before.clone();
        other.engines.clear();
        assert!(!other.only_tightens(&before), "another engine");
        let mut guest = before.clone();
        guest.guests.insert("render".to_owned(), Digest::of(b"another"));
        assert!(!guest.only_tightens(&before), "another guest");
        let mut gone = before.clone();
        gone.templates.clear();
        assert!(!gone.only_tightens(&before), "a template is gone");
    }
}
