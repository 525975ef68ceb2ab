//! Exit codes, and how a failure is told.

use std::fmt;
use std::io::Write as _;

use genesis_bus::BusError;
use genesis_domain::Decision;
use genesis_experiment::{ExperimentError, LoadError};
use genesis_history::HistoryError;
use genesis_policy::PolicyError;
use genesis_store::StoreError;

/// The exit codes of `genesis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Merge, or the command did what it was asked.
    Success,
    /// Rollback, or findings, or a guest that did not complete.
    Rollback,
    /// Wrong arguments, configuration or input.
    Usage,
    /// Nothing can be said.
    Inconclusive,
    /// Nothing was there to be checked.
    NothingChecked,
    /// A disk, a database or the sandbox failed.
    Infrastructure,
    /// Stopped by Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Rollback => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::NothingChecked => 4,
            Self::Infrastructure => 5,
            Self::Interrupted => 130,
        }
    }

    /// The exit code of a decision.
    pub(crate) fn of(decision: Decision, fail_on_adaptations: bool) -> Self {
        match decision {
            Decision::MergeWithAdaptations if fail_on_adaptations => Self::Rollback,
            Decision::Merge | Decision::MergeWithAdaptations => Self::Success,
            Decision::Rollback => Self::Rollback,
            Decision::Inconclusive => Self::Inconclusive,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    help: Option<String>,
}

impl Failure {
    /// Wrong arguments, configuration or input.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, message: message.to_string(), help: None }
    }

    /// Something was looked at, and is not as it should be.
    pub(crate) fn findings(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Rollback, message: message.to_string(), help: None }
    }

    /// The machine failed.
    pub(crate) fn infrastructure(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Infrastructure, message: message.to_string(), help: None }
    }

    /// Nothing was there to be checked.
    pub(crate) fn nothing(message: impl fmt::Display) -> Self {
        Self { exit: Exit::NothingChecked, message: message.to_string(), help: None }
    }

    /// Says what to do about it.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What went wrong, in a sentence.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Tells it on standard error.
    pub(crate) fn print(&self) -> Exit {
        let mut stderr = anstream::stderr().lock();
        let red = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
        let bold = anstyle::Style::new().bold();
        let message = escape_controls(&self.message);
        // When standard error is closed there is nobody left to tell; the exit code says it.
        let _closed = if self.exit == Exit::Interrupted {
            writeln!(stderr, "{bold}{message}{bold:#}")
        } else {
            writeln!(stderr, "{red}error:{red:#} {message}")
        };
        if let Some(help) = &self.help {
            let _closed = writeln!(stderr, "{bold}help:{bold:#} {help}");
        }
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// An error with all its causes, each after a colon, but none twice.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

/// Names from data may hold control sequences; line breaks of our own messages stay.
pub(crate) fn escape_controls(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if (c.is_control() && c != '\n') || invisible {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

impl From<ExperimentError> for Failure {
    fn from(error: ExperimentError) -> Self {
        match error {
            ExperimentError::Cancelled => {
                Self { exit: Exit::Interrupted, message: error.to_string(), help: None }
            }
            ExperimentError::Request(_) | ExperimentError::Unreadable { .. } => Self::usage(chain(&error)),
            ExperimentError::Elsewhere { .. } => Self::infrastructure(chain(&error)).with_help(
                "a mirror has it, if there is one: `mirror` of [serve] in genesis.toml, or GENESIS_MIRROR",
            ),
            ExperimentError::History(error) => error.into(),
            ExperimentError::Store(error) => error.into(),
            ExperimentError::Sandbox(_)
            | ExperimentError::Contended { .. }
            | ExperimentError::Interrupted => Self::infrastructure(chain(&error)),
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match &error {
            LoadError::Io { source, .. } if source.kind() != std::io::ErrorKind::PermissionDenied => {
                Self::infrastructure(&error)
            }
            _ => Self::usage(&error),
        }
    }
}

impl From<HistoryError> for Failure {
    fn from(error: HistoryError) -> Self {
        match &error {
            HistoryError::NotFound { .. } | HistoryError::NotAHistory { .. } => Self::usage(chain(&error)),
            _ => Self::infrastructure(chain(&error)),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NameTaken { .. } => {
                Self::usage(chain(&error)).with_help("name this one with --instance NAME or GENESIS_INSTANCE")
            }
            _ => Self::infrastructure(chain(&error)),
        }
    }
}

impl From<BusError> for Failure {
    fn from(error: BusError) -> Self {
        match &error {
            BusError::Address { .. } | BusError::Login(_) | BusError::NotFound(_) | BusError::Message(_) => {
                Self::usage(error)
            }
            BusError::Unavailable { .. } | BusError::Configuration { .. } => Self::infrastructure(error),
        }
    }
}

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        Self::usage(error)
    }
}
