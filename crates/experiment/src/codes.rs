//! Codes of findings that the host itself gives, and of those that guests give of code.

mod code;

pub use code::CODE_CODES;

/// A code of the host's own, or of the guests for code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostCode {
    /// Stable, such as `G0101`.
    pub code: &'static str,
    /// Stable, for people.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// A paragraph.
    pub explanation: &'static str,
}

/// The host could not carry out a run.
pub(crate) const HOST_FAILED: &str = "G0101";
/// A file cannot be read as text under the caps.
pub const UNREADABLE: &str = "G0102";
/// The validator itself did not finish.
pub(crate) const NOT_FINISHED: &str = "G0103";

/// Code in a language that no guest parses.
pub(crate) const NOT_PARSED: &str = "G0201";
/// Tests in a language that no guest runs.
pub(crate) const NOT_RUN: &str = "G0202";

/// Requirements of a template that no lint rule is made of.
pub(crate) const NOT_ENFORCED: &str = "G0203";

/// Every code that the host gives.
pub const HOST_CODES: &[HostCode] = &[
    HostCode {
        code: HOST_FAILED,
        name: "host-failed",
        summary: "the host could not carry out a run",
        explanation: "The machine failed, not the guest: no memory, a broken installation, or two runs of the same \
                      question that gave different answers. It says nothing about the candidate, and the experiment \
                      is inconclusive.",
    },
    HostCode {
        code: UNREADABLE,
        name: "unreadable-file",
        summary: "a file cannot be read as a template",
        explanation: "The file is larger than the policy's [max] allows, draws in more parts than it allows, or is \
                      not UTF-8. Nothing in it was looked at.",
    },
    HostCode {
        code: NOT_FINISHED,
        name: "validator-not-finished",
        summary: "the validator ran into a limit before it was done",
        explanation: "The guest that validates templates was stopped, for want of fuel, memory or time. Nothing can \
                      be said of the file; raise the limit that the message names in [limits.guest.validate-template] \
                      of the policy, or make the template smaller.",
    },
    HostCode {
        code: NOT_PARSED,
        name: "not-parsed",
        summary: "rendered code is in a language that no guest parses",
        explanation: "Nothing is said about this code: it was neither parsed nor linted. `genesis guest list` shows the \
                      languages that are; a guest of your own can check others.",
    },
    HostCode {
        code: NOT_ENFORCED,
        name: "requirements-not-enforced",
        summary: "the template requires things of its code that no lint rule can check",
        explanation: "Lint rules are made of those requirements whose meaning leaves no choice: a bound, a forbidden word, \
                      documentation that must be there. The others were not looked at; a suite or a guest of your own can \
                      hold code to them.",
    },
    HostCode {
        code: NOT_RUN,
        name: "not-run",
        summary: "tests are in a language that no guest runs",
        explanation: "The tests were parsed and linted like other code, and not run: JavaScript, TypeScript and Python are \
                      the languages that run in the sandbox. They count for nothing, neither as passed nor as failed.",
    },
];
