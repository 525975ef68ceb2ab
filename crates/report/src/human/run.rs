//! One run of one guest.

use std::collections::BTreeMap;

use super::check::counts;
use super::snippet::Sources;
use super::{Page, Style, color, counted, escape, outcome, quantity, shadow};
use crate::{GuestRun, Profile};
use anstyle::AnsiColor;

/// Most lines shown of standard error.
const MOST_LINES: usize = 20;

/// Outcome, findings, and what was used of what was allowed.
pub fn human_run(run: &GuestRun<'_>, style: &Style) -> String {
    let mut page = Page::new(style);
    let tone = if run.outcome.is_completed() { AnsiColor::Green } else { AnsiColor::Red };
    let words = outcome::words(run.outcome);
    let (name, rest) = words.split_at(run.outcome.name().len());
    page.line(format!("{}{rest}", page.paint(color(tone), name)));
    page.line(format!("guest   {}", escape::line(run.guest)));
    if run.isolation == Some("worker") {
        page.line("ran     in a worker process");
    }
    page.line(format!("used    {}", outcome::spent(run.usage, run.limits)));
    page.line(format!(
        "calls   {} of {}",
        quantity::whole(run.usage.host_calls),
        quantity::whole(run.limits.host_calls)
    ));
    if let Some(engine) = run.engine {
        let engine = page.faint(&format!("engine  {}", escape::line(engine)));
        page.line(engine);
    }
    if let Some(found) = run.shadow {
        page.line(format!("shadow  {}", shadow::words(found)));
    }
    if let Some(profile) = run.profile {
        page.profile(profile);
    }
    if let Some(report) = run.report {
        let none = BTreeMap::new();
        let mut sources = Sources::new(&none);
        page.line(format!("found   {}", counts(report.findings.iter())));
        for finding in &report.findings {
            page.gap();
            page.finding(finding, "input", &mut sources);
        }
        if let Some(data) = &report.data {
            page.heading("data");
            page.line(escape::clipped(data.get(), 2000));
        }
    }
    if !run.stderr.is_empty() {
        page.heading("standard error");
        let text = String::from_utf8_lossy(run.stderr);
        let mut lines = text.lines();
        for line in lines.by_ref().take(MOST_LINES) {
            page.line(format!("  {}", escape::clipped(line, 500)));
        }
        let more = lines.count() as u64;
        if more > 0 {
            page.line(format!("  ... and {} more lines", quantity::whole(more)));
        }
    }
    page.text
}

impl Page {
    fn profile(&mut self, profile: &Profile<'_>) {
        self.line(format!(
            "profile {}: {} of fuel in {} of {}, each of them counted",
            escape::clipped(profile.file, 500),
            counted(profile.fuel(), "unit", "units"),
            counted(profile.calls, "call", "calls"),
            counted(profile.functions, "function", "functions")
        ));
        if !profile.named {
            self.line("        the module does not name its functions, so they are shown by their index");
        }
        if profile.merged_calls > 0 {
            let calls = counted(profile.merged_calls, "call is", "calls are");
            self.line(format!("        {calls} part of the caller: their stacks are too deep or too many"));
        }
    }
}
