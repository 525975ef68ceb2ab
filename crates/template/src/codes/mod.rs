//! Every code that this crate gives, in one table: name, words, and a severity for each profile.
//!
//! `T01xx` JSON text, `T02xx` versions and changelog, `T03xx` questions, `T04xx` template syntax, `T05xx` rendering
//! and answers, `T06xx` composition and references, `T07xx` structure and ids, `T08xx` the rest.

pub mod document;
pub mod rendering;

use genesis_abi::{Finding, Place, Severity};

use crate::Profile;

/// One code: what it says, why, and how much it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Stable, such as `T0203`.
    pub code: &'static str,
    /// Stable, for people, such as `changelog-top`.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// A paragraph with an example.
    pub explanation: &'static str,
    /// What to do about it.
    pub help: &'static str,
    /// By profile: standard, strict, legacy.
    pub severity: [Severity; 3],
    /// The name that older tools gave it, such as `E-CHANGELOG-TOP`.
    pub legacy_name: Option<&'static str>,
}

impl Code {
    /// How much it weighs under a profile.
    pub fn severity(&self, profile: Profile) -> Severity {
        self.severity[profile.column()]
    }

    /// A finding of this code, with the code's own help.
    pub fn finding(&self, profile: Profile, message: String, place: Place) -> Finding {
        Finding {
            severity: self.severity(profile),
            code: self.code.to_owned(),
            message,
            place,
            help: Some(self.help.to_owned()),
            inherited: false,
        }
    }

    /// A finding of this code, with help that fits the case better than the code's own.
    pub fn finding_with_help(
        &self,
        profile: Profile,
        message: String,
        place: Place,
        help: impl Into<String>,
    ) -> Finding {
        Finding { help: Some(help.into()), ..self.finding(profile, message, place) }
    }
}

/// Every code, in the order of the numbers.
pub fn all_codes() -> impl Iterator<Item = &'static Code> {
    let mut codes: Vec<&'static Code> =
        document::CODES.iter().chain(rendering::CODES.iter()).copied().collect();
    codes.sort_by_key(|code| code.code);
    codes.into_iter()
}

/// The code with this number (`T0203`), name (`changelog-top`) or older name (`E-CHANGELOG-TOP`); case does not matter.
pub fn code(name_or_code: &str) -> Option<&'static Code> {
    let wanted = |name: &str| name.eq_ignore_ascii_case(name_or_code);
    document::CODES
        .iter()
        .chain(rendering::CODES.iter())
        .copied()
        .find(|code| wanted(code.code) || wanted(code.name) || code.legacy_name.is_some_and(wanted))
}

/// `[Error; 3]`: wrong under every profile.
pub(crate) const ALWAYS: [Severity; 3] = [Severity::Error, Severity::Error, Severity::Error];
/// Wrong in standard and strict.
pub(crate) const WRONG: [Severity; 3] = [Severity::Error, Severity::Error, Severity::Warning];
/// Loose: wrong in strict only.
pub(crate) const LOOSE: [Severity; 3] = [Severity::Warning, Severity::Error, Severity::Warning];
/// Suspicious under every profile.
pub(crate) const SUSPECT: [Severity; 3] = [Severity::Warning, Severity::Warning, Severity::Warning];
/// Worth knowing.
pub(crate) const WORTH_KNOWING: [Severity; 3] = [Severity::Note, Severity::Note, Severity::Note];

/// A name or value from data, for a message: control characters escaped, capped at 80 characters, in backquotes.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    let mut out = String::with_capacity(text.len().min(4 * MOST) + 2);
    out.push('`');
    for (index, character) in text.chars().enumerate() {
        if index == MOST {
            out.push('…');
            break;
        }
        if character.is_control() || is_direction_mark(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out.push('`');
    out
}

/// Marks that make a terminal show text in another order than it is written.
fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
