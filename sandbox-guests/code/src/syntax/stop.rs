//! Where a text first stops being the beginning of a text of its language.
//!
//! A tree shows how the parser repaired a text, which is often far from the fault. The log shows the first token that
//! no parse could take, and in which states: what was found, and what could have stood there.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use tree_sitter::{LogType, ParseOptions, ParseState, Parser};

/// The first place at which no parse could go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    /// Byte offset behind the last token that was taken.
    pub(crate) after: usize,
    /// The parser's name of the token that could not be taken.
    pub(crate) found: String,
    /// States in which it could not.
    pub(crate) states: Vec<u16>,
}

/// Parses `text` again and stops at its first error.
pub(crate) fn first(parser: &mut Parser, text: &str) -> Option<Stop> {
    let log = Arc::new(Mutex::new(Log::default()));
    let writer = Arc::clone(&log);
    parser.set_logger(Some(Box::new(move |kind, line| {
        if kind == LogType::Parse {
            lock(&writer).read(line);
        }
    })));
    let mut progress = |_: &ParseState| {
        if lock(&log).done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    let options = ParseOptions::new().progress_callback(&mut progress);
    // The tree is of no interest, and there is none when the callback has ended it.
    let _ended =
        parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
    parser.set_logger(None);
    parser.reset();
    let log = lock(&log);
    let (row, column) = log.stopped.iter().map(|one| one.at).max()?;
    let line = text.split_inclusive('\n').take(row).map(str::len).sum::<usize>();
    let there = || log.stopped.iter().filter(|one| one.at == (row, column));
    let mut states: Vec<u16> = there().map(|one| one.state).collect();
    states.sort_unstable();
    states.dedup();
    Some(Stop {
        after: super::place::floor(text, line + column),
        found: there().map(|one| one.found.clone()).next().unwrap_or_default(),
        states,
    })
}

/// The logger must be able to move between threads; there is only one.
fn lock(log: &Mutex<Log>) -> std::sync::MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Default)]
struct Log {
    /// Row and column in bytes, from 0, and state of the parse that is being worked on.
    at: (usize, usize),
    state: u16,
    stopped: Vec<Stopped>,
    done: bool,
}

#[derive(Debug)]
struct Stopped {
    at: (usize, usize),
    state: u16,
    found: String,
}

impl Log {
    fn read(&mut self, line: &str) {
        if self.done {
            return;
        }
        if let Some(rest) = line.strip_prefix("process ") {
            self.state = number(rest, "state:").and_then(|state| u16::try_from(state).ok()).unwrap_or(0);
            self.at = (number(rest, "row:").unwrap_or(0), number(rest, "col:").unwrap_or(0));
        } else if let Some(found) = line.strip_prefix("detect_error lookahead:") {
            self.stopped.push(Stopped { at: self.at, state: self.state, found: found.to_owned() });
        } else if line.starts_with("resume ") {
            self.done = true;
        }
    }
}

fn number(line: &str, name: &str) -> Option<usize> {
    let (_, rest) = line.split_once(name)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
