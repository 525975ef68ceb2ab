//! Where the checks of the document put what they find.

use std::collections::BTreeMap;

use genesis_abi::{Finding, Place};

use crate::Profile;
use crate::codes::Code;
use crate::json::{Document, Node, TextRange};

/// Most findings of one code in one report. A hostile document could have a million.
pub(crate) const MOST_OF_A_CODE: usize = 100;

/// Collects findings about one document.
pub(crate) struct Findings<'d> {
    pub(crate) document: &'d Document,
    pub(crate) profile: Profile,
    found: Vec<Finding>,
    counts: BTreeMap<&'static str, (&'static Code, usize)>,
}

impl<'d> Findings<'d> {
    pub(crate) fn new(document: &'d Document, profile: Profile) -> Self {
        Self { document, profile, found: Vec::new(), counts: BTreeMap::new() }
    }

    /// About a value.
    pub(crate) fn at(&mut self, code: &'static Code, node: &Node, message: impl Into<String>) {
        self.within(code, node.span, message);
    }

    /// About a value, with help that fits better than the code's own.
    pub(crate) fn at_with_help(
        &mut self,
        code: &'static Code,
        node: &Node,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if self.has_room(code) {
            let place = self.document.place_of(node);
            self.found.push(code.finding_with_help(self.profile, message.into(), place, help));
        }
    }

    /// About a range of the text.
    pub(crate) fn within(&mut self, code: &'static Code, range: TextRange, message: impl Into<String>) {
        if self.has_room(code) {
            let place = self.document.place_at(range);
            self.found.push(code.finding(self.profile, message.into(), place));
        }
    }

    /// About the document as a whole, or something that is not there.
    pub(crate) fn whole(&mut self, code: &'static Code, message: impl Into<String>) {
        if self.has_room(code) {
            let place = Place { pointer: Some(String::new()), ..Place::default() };
            self.found.push(code.finding(self.profile, message.into(), place));
        }
    }

    fn has_room(&mut self, code: &'static Code) -> bool {
        let (_, count) = self.counts.entry(code.code).or_insert((code, 0));
        *count += 1;
        *count <= MOST_OF_A_CODE
    }

    /// All of them. What was left out is said with the same code and severity, and with the number: an error that hides
    /// behind a hundred others still counts as one that the baseline does not have.
    pub(crate) fn into_vec(mut self) -> Vec<Finding> {
        for (code, count) in self.counts.into_values() {
            if count > MOST_OF_A_CODE {
                let message =
                    format!("{} more findings of {} are left out", count - MOST_OF_A_CODE, code.code);
                self.found.push(code.finding(self.profile, message, Place::default()));
            }
        }
        self.found
    }
}
