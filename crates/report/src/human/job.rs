//! A job's reply.

use std::collections::BTreeMap;

use genesis_domain::{JobReply, JobStatus};

use super::check::counts;
use super::finding::explained;
use super::snippet::Sources;
use super::{Page, Style, escape};

/// Most findings shown; the last line counts all.
const MOST_SHOWN: usize = 50;

/// A job's reply for people: the findings with their places, then what was done. `sources` holds the code under the name
/// of its file.
pub fn human_job(reply: &JobReply, file: &str, sources: &BTreeMap<String, String>, style: &Style) -> String {
    let mut page = Page::new(style);
    let mut sources = Sources::new(sources);
    for finding in reply.findings.iter().take(MOST_SHOWN) {
        page.finding(finding, file, &mut sources);
        page.gap();
    }
    let more = reply.findings.len().saturating_sub(MOST_SHOWN);
    if more > 0 {
        page.line(format!("... and {more} more; --format json has all"));
        page.gap();
    }
    for line in reply.output.lines().take(reply.analyses.len()) {
        page.line(escape::line(line));
    }
    if let (Some(error), JobStatus::Failed | JobStatus::Unsupported) = (&reply.error, reply.status) {
        page.line(format!("{}: {}", reply.status.as_str(), escape::line(error)));
    }
    page.line(format!("{}: {}", escape::line(file), counts(reply.findings.iter())));
    if let Some(code) = explained(reply.findings.iter()).first() {
        page.line(page.faint(&format!("genesis explain {code} says what a code means")));
    }
    page.text
}
