//! Text for people.

mod check;
mod difference;
mod doctor;
mod experiment;
mod finding;
mod flame_graph;
mod gate;
mod guest;
mod incomplete;
mod job;
mod outcome;
mod quantity;
mod run;
mod shadow;
mod snippet;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Paint};
use genesis_abi::Severity;
use genesis_domain::Decision;

use crate::escape;

pub use check::human_check;
pub use doctor::human_doctor;
pub use experiment::human;
use experiment::side_word;
pub(crate) use experiment::{effect_words, measured_words, metric_rows, term_words, versions};
pub(crate) use finding::frame;
pub use flame_graph::flame_graph;
pub use gate::human_gate;
pub use guest::{human_guest_inspection, human_guest_list, human_guest_test};
pub(crate) use incomplete::incomplete;
pub use job::human_job;
pub(crate) use outcome::words as outcome_words;
pub use run::human_run;

/// How text for people looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to write escape sequences for colour.
    pub color: bool,
    /// Columns that source lines are clipped to; other lines are left as they are.
    pub width: usize,
}

/// Text that grows, in a style.
struct Page {
    text: String,
    style: Style,
}

impl Page {
    fn new(style: &Style) -> Self {
        Self { text: String::new(), style: *style }
    }

    /// Adds a line. The caller has escaped what comes from a template or a guest.
    fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(&escape::for_log(line.as_ref().trim_end()));
        self.text.push('\n');
    }

    /// Adds an empty line, unless there is one or nothing yet.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn heading(&mut self, text: &str) {
        self.gap();
        let text = self.paint(Paint::new().bold(), text);
        self.line(text);
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        if !self.style.color {
            return text.to_owned();
        }
        let mut out = String::new();
        write!(out, "{paint}{text}{paint:#}").expect("writing to a string cannot fail");
        out
    }

    fn faint(&self, text: &str) -> String {
        self.paint(Paint::new().dimmed(), text)
    }
}

fn color(color: AnsiColor) -> Paint {
    Paint::new().bold().fg_color(Some(color.into()))
}

fn of_decision(decision: Decision) -> (Paint, &'static str) {
    match decision {
        Decision::Merge => (color(AnsiColor::Green), "MERGE"),
        Decision::MergeWithAdaptations => (color(AnsiColor::Yellow), "MERGE WITH ADAPTATIONS"),
        Decision::Rollback => (color(AnsiColor::Red), "ROLLBACK"),
        Decision::Inconclusive => (color(AnsiColor::Magenta), "INCONCLUSIVE"),
    }
}

fn of_severity(severity: Severity) -> (Paint, &'static str) {
    match severity {
        Severity::Error => (color(AnsiColor::Red), "error"),
        Severity::Warning => (color(AnsiColor::Yellow), "warning"),
        Severity::Note => (color(AnsiColor::Cyan), "note"),
    }
}

/// `1 case`, `2 cases`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", quantity::whole(count)) }
}
