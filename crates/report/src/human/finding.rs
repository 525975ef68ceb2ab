//! One finding, with its place and its line.

use std::collections::BTreeMap;

use genesis_abi::Finding;

use super::snippet::Sources;
use super::{Page, Style, escape, of_severity};

/// Most characters of a message or help.
const MOST_CHARACTERS: usize = 2000;

/// A finding with its line, in plain text. `own` is the path of the template's own document.
pub(crate) fn frame(finding: &Finding, own: &str, sources: &BTreeMap<String, String>) -> String {
    let mut page = Page::new(&Style { color: false, width: 100 });
    page.finding(finding, own, &mut Sources::new(sources));
    page.text
}

impl Page {
    /// Adds a finding. `own` is the path of the template's own document.
    pub(super) fn finding(&mut self, finding: &Finding, own: &str, sources: &mut Sources<'_>) {
        self.finding_in(finding, None, own, sources);
    }

    /// Adds a finding, and in which cases it is.
    pub(super) fn finding_in(
        &mut self,
        finding: &Finding,
        cases: Option<&str>,
        own: &str,
        sources: &mut Sources<'_>,
    ) {
        let (paint, severity) = of_severity(finding.severity);
        let label = self.paint(paint, &format!("{severity}[{}]", escape::clipped(&finding.code, 64)));
        let inherited = if finding.inherited { self.faint(" (inherited)") } else { String::new() };
        self.line(format!("{label}: {}{inherited}", escape::clipped(&finding.message, MOST_CHARACTERS)));
        let file = finding.place.file.as_deref().unwrap_or_default();
        let path = escape::clipped(if file.is_empty() { own } else { file }, MOST_CHARACTERS);
        let pointer = finding.place.pointer.as_deref().filter(|pointer| !pointer.is_empty());
        let pointer =
            pointer.map(|pointer| format!(" {}", escape::clipped(pointer, 200))).unwrap_or_default();
        let Some(span) = finding.place.span else {
            self.line(format!("  --> {path}{}", self.faint(&pointer)));
            self.remarks(finding, cases, " ");
            return;
        };
        let margin = " ".repeat(span.line.to_string().len());
        self.line(format!("{margin} --> {path}:{}:{}{}", span.line, span.column, self.faint(&pointer)));
        let width = self.style.width.saturating_sub(margin.len() + 3);
        if let Some(snippet) = sources.snippet(file, span, width) {
            let bar = self.faint("|");
            self.line(format!("{} {bar} {}", span.line, snippet.line));
            self.line(format!("{margin} {bar} {}", self.paint(paint, &snippet.mark)));
        }
        self.remarks(finding, cases, &margin);
    }

    fn remarks(&mut self, finding: &Finding, cases: Option<&str>, margin: &str) {
        if let Some(cases) = cases {
            self.line(format!("{margin} = {cases}"));
        }
        if let Some(help) = &finding.help {
            self.line(format!("{margin} = help: {}", escape::clipped(help, MOST_CHARACTERS)));
        }
    }
}

/// Codes of our own among these, each once: for those `genesis explain` has an answer.
pub(super) fn explained<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<&'a str> {
    let mut codes: Vec<&str> = Vec::new();
    for finding in findings {
        let own = finding.code.len() == 5
            && (finding.code.starts_with('T') || finding.code.starts_with("C0"))
            && finding.code[1..].bytes().all(|byte| byte.is_ascii_digit());
        if own && !codes.contains(&finding.code.as_str()) {
            codes.push(&finding.code);
        }
    }
    codes
}
