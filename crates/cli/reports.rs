//! Reports: the result in the format that was asked for, and further ones in files.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use genesis_experiment::Progress;
use genesis_report::{CodeText, Event, Gate, Style};

use crate::args::{ReportFormat, ReportTo, Reporting};
use crate::command::print;
use crate::exit::Failure;

/// Most events that tell how far one template has come.
const TICKS: u64 = 20;

/// What a command says in the two formats that are its own.
pub(crate) struct Own<'a> {
    /// For people.
    pub(crate) human: &'a dyn Fn(&Style) -> String,
    /// For programs.
    pub(crate) json: &'a dyn Fn() -> String,
}

/// Where reports go.
pub(crate) struct Reports {
    format: ReportFormat,
    output: Option<PathBuf>,
    files: Vec<ReportTo>,
    /// Where GitHub takes a job's summary from; set in its workflows.
    summary: Option<PathBuf>,
}

impl Reports {
    /// Reads what was asked for, before anything is measured.
    ///
    /// # Errors
    /// When two reports would go to one file.
    pub(crate) fn of(asked: &Reporting) -> Result<Self, Failure> {
        let mut taken: Vec<PathBuf> = Vec::new();
        let paths = asked.output.iter().chain(asked.report.iter().map(|report| &report.path));
        for path in paths {
            let known = resolved(path);
            if taken.contains(&known) {
                return Err(Failure::usage(format!("two reports would go to {}", path.display()))
                    .with_help("give each --report, and -o, a file of its own"));
            }
            taken.push(known);
        }
        #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
        let summary =
            std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from);
        Ok(Self { format: asked.format, output: asked.output.clone(), files: asked.report.clone(), summary })
    }

    /// Prints an event at once, when lines of JSON on standard output were asked for.
    pub(crate) fn event(&self, event: &Event<'_>) -> Result<(), Failure> {
        if self.streams() { print(&genesis_report::ndjson(event)) } else { Ok(()) }
    }

    /// Whether events are printed as they come.
    pub(crate) fn streams(&self) -> bool {
        self.format == ReportFormat::Ndjson && self.output.is_none()
    }

    /// For telling how far one template has come.
    pub(crate) fn ticks<'a>(&'a self, path: &'a str) -> Ticks<'a> {
        Ticks { reports: self, path, step: Mutex::new(0) }
    }

    /// Gives the result, then writes the further reports. Of a result that was printed as events only the end is left.
    ///
    /// # Errors
    /// When something cannot be written; the result is printed before that is told, and every report is tried.
    pub(crate) fn deliver(&self, gate: &Gate<'_>, own: &Own<'_>) -> Result<(), Failure> {
        let mut failures = Vec::new();
        if self.streams() {
            print(&genesis_report::ndjson(&Event::Ended { gate }))?;
        } else {
            let text = text(self.format, gate, own, self.output.is_none());
            match &self.output {
                None => print(&text)?,
                Some(path) => failures.extend(write(path, &text).err().map(|error| (path, error))),
            }
        }
        for report in &self.files {
            let text = text(report.format, gate, own, false);
            failures.extend(write(&report.path, &text).err().map(|error| (&report.path, error)));
        }
        let for_github = self.format == ReportFormat::Github
            || self.files.iter().any(|report| report.format == ReportFormat::Github);
        if let Some(path) = self.summary.as_ref().filter(|_| for_github) {
            let text = genesis_report::github_summary(gate);
            failures.extend(append(path, &text).err().map(|error| (path, error)));
        }
        if failures.is_empty() {
            return Ok(());
        }
        let told: Vec<String> = failures
            .iter()
            .map(|(path, error)| format!("the report {} cannot be written: {error}", path.display()))
            .collect();
        Err(Failure::infrastructure(told.join("\n")))
    }
}

/// How far one template has come, told at most [`TICKS`] times.
pub(crate) struct Ticks<'a> {
    reports: &'a Reports,
    path: &'a str,
    step: Mutex<u64>,
}

impl Ticks<'_> {
    /// Tells it when it is news.
    pub(crate) fn show(&self, progress: Progress) {
        if !self.reports.streams() {
            return;
        }
        let Progress { done, total } = progress;
        // Held while it is printed, so that what threads tell comes in order.
        let mut step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        let reached = done.saturating_mul(TICKS) / total.max(1);
        if reached > *step {
            *step = reached;
            // Whatever is wrong with standard output is told when the result is printed.
            let _printed = self.reports.event(&Event::Progress { path: self.path, done, total });
        }
    }
}

fn text(format: ReportFormat, gate: &Gate<'_>, own: &Own<'_>, to_terminal: bool) -> String {
    match format {
        ReportFormat::Human => (own.human)(&Style { color: to_terminal, width: 100 }),
        ReportFormat::Json => (own.json)(),
        ReportFormat::Ndjson => genesis_report::ndjson_gate(gate),
        ReportFormat::Junit => genesis_report::junit(gate),
        ReportFormat::Sarif => genesis_report::sarif(gate),
        ReportFormat::Github => genesis_report::github(gate),
        ReportFormat::Markdown => genesis_report::markdown(gate),
    }
}

/// What the codes of findings mean.
pub(crate) fn codes() -> Vec<CodeText<'static>> {
    let of_templates = genesis_template::all_codes().map(|code| CodeText {
        code: code.code,
        name: code.name,
        summary: code.summary,
        explanation: code.explanation,
        help: code.help,
    });
    let of_host = genesis_experiment::HOST_CODES.iter().chain(genesis_experiment::CODE_CODES);
    let of_host = of_host.map(|code| CodeText {
        code: code.code,
        name: code.name,
        summary: code.summary,
        explanation: code.explanation,
        help: "",
    });
    of_templates.chain(of_host).collect()
}

/// The file that a path names, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(path) = fs::canonicalize(path) {
        return path;
    }
    let (folder, name) = (folder(path), path.file_name().unwrap_or(path.as_os_str()));
    fs::canonicalize(folder).map_or_else(|_| path.to_owned(), |folder| folder.join(name))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes a whole file or none: first beside it, then in its place. What is there and no plain file, such as a device
/// or a pipe, is written to as it is.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, text);
    }
    // A link stays a link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    let beside = folder(path).join(name);
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // When it cannot be taken away either, the first error says why.
        let _left = fs::remove_file(&beside);
    }
    written
}

/// Adds to a job's summary, which earlier steps may have begun.
fn append(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.xml");
        fs::write(&path, "old and long").unwrap();
        write(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        assert!(write(&folder.path().join("no/such/folder"), "x").is_err());
        assert!(write(folder.path(), "x").is_err());
    }

    #[test]
    fn two_names_of_one_file_are_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.xml");
        assert_eq!(resolved(&path), resolved(&folder.path().join("./out.xml")));
        assert_ne!(resolved(&path), resolved(&folder.path().join("other.xml")));
    }

    #[test]
    fn every_code_is_told_once() {
        let mut codes: Vec<&str> = codes().iter().map(|code| code.code).collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
        assert!(codes.contains(&"T0203") && codes.contains(&"G0101") && codes.contains(&"G0102"));
    }
}
