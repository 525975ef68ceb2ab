//! GitHub: annotations on the lines of a change as workflow commands, and a job summary.

use std::fmt::Write as _;

use genesis_abi::Severity;

use crate::human::counted;
use crate::told::{Novelty, Told, Weight, joined, of_decision, outcome, reasons, summary, told};
use crate::{EntryResult, Gate, escape};

/// Annotations of one level that GitHub shows of a step.
const MOST_SHOWN: usize = 10;

/// Annotations for a workflow's log: what decided first, then errors, warnings and notes on the lines that the change
/// touches, then the rest. GitHub shows ten of each level of a step: no more are written, and the last line says how
/// many there are besides.
pub fn github(gate: &Gate<'_>) -> String {
    let mut findings = joined(told(gate, false));
    // On the lines of the change before all others, because only there a reviewer sees them in the diff.
    findings
        .sort_by_key(|told| (std::cmp::Reverse(told.finding.severity), !told.on_changed_line, told.novelty));
    let mut log = Log { text: String::new(), written: [0; 3], left_out: 0 };
    for entry in gate.entries {
        let EntryResult::Judged { experiment, .. } = entry.result else { continue };
        let level = match outcome(entry).1 {
            Weight::Good => continue,
            Weight::Mend => Level::Notice,
            Weight::Bad => Level::Error,
            Weight::Unknown => Level::Warning,
        };
        let title = format!("{} of {}", outcome(entry).0, experiment.evidence.subject.template);
        log.annotation(level, entry.path, None, &title, &reasons(experiment).join("\n"));
    }
    for told in &findings {
        log.finding(told);
    }
    let headline = match gate.decision {
        Some(decision) => of_decision(decision).0.to_uppercase(),
        None if gate.entries.is_empty() => "NOTHING TO JUDGE".to_owned(),
        None => "CHECKED".to_owned(),
    };
    log.line(&format!("genesis: {headline}, {}", summary(gate)));
    if log.left_out > 0 {
        let more = counted(log.left_out, "annotation is", "annotations are");
        log.line(&format!(
            "genesis: {more} left out here, of which GitHub would show none; the job summary has more"
        ));
    }
    log.text
}

#[derive(Clone, Copy)]
enum Level {
    Error,
    Warning,
    Notice,
}

/// A workflow's log that grows.
struct Log {
    text: String,
    written: [usize; 3],
    left_out: u64,
}

impl Log {
    fn finding(&mut self, told: &Told<'_>) {
        let level = match told.finding.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Note => Level::Notice,
        };
        let inherited = if told.novelty == Novelty::Inherited { " (inherited)" } else { "" };
        let title = format!("{}{inherited}", escape::clipped(&told.finding.code, 64));
        let mut message = told.message();
        if let Some(help) = &told.finding.help {
            message = format!("{message}\nhelp: {}", escape::clipped(help, 2000));
        }
        self.annotation(level, told.path, Some(told), &title, &message);
    }

    /// Adds an annotation. `message` may have several lines, each of them escaped.
    fn annotation(&mut self, level: Level, path: &str, told: Option<&Told<'_>>, title: &str, message: &str) {
        let written = &mut self.written[level as usize];
        if *written == MOST_SHOWN {
            self.left_out += 1;
            return;
        }
        *written += 1;
        let name = match level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        let mut properties = format!("file={}", property(relative(path)));
        if let Some(range) = told.and_then(|told| told.range) {
            write!(properties, ",line={},endLine={}", range.line, range.end_line)
                .expect("writing to a string cannot fail");
            // Columns are read only of what stands on one line.
            if range.line == range.end_line {
                write!(properties, ",col={}", range.column).expect("writing to a string cannot fail");
                if range.end_column > range.column {
                    write!(properties, ",endColumn={}", range.end_column)
                        .expect("writing to a string cannot fail");
                }
            }
        }
        writeln!(self.text, "::{name} {properties},title={}::{}", property(title), data(message))
            .expect("writing to a string cannot fail");
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(&escape::for_log(&escape::line(line)));
        self.text.push('\n');
    }
}

fn relative(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    path
}

/// The data of a command, as the documentation has it escaped; all but line breaks is shown as in a terminal.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(escape::line).collect();
    lines.join("\n").replace("##[", "#\\u{23}[").replace('%', "%25").replace('\n', "%0A")
}

/// A property of a command: one line, and what ends a property is escaped besides.
fn property(text: &str) -> String {
    data(&escape::line(text)).replace(':', "%3A").replace(',', "%2C")
}
