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

/// A change touches what judges it.
pub const GATE_CHANGED: &str = "G0301";
/// A change brings the program's own state along.
pub const STATE_TRACKED: &str = "G0302";
/// A verdict that was known is not what comes out now.
pub const VERDICT_CONTRADICTED: &str = "G0303";
/// A case costs more than was accepted.
pub const COST_GREW: &str = "G0304";
/// A case's cost could not be held against what was accepted.
pub const COST_NOT_COMPARED: &str = "G0305";
/// A template changed on both sides.
pub const BASE_MOVED: &str = "G0306";

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
    HostCode {
        code: GATE_CHANGED,
        name: "gate-changed",
        summary: "a change touches what judges it",
        explanation: "The policy, genesis.toml, the lock and cost files, lint rules, suites, guests and the CI's own \
                      definitions are read from the base of a change, never from its head, so a change cannot loosen \
                      its own gate. That it touches one of them is told here, and a person accepts it with the digest \
                      that the finding names: `genesis ci --accept-gate DIGEST`, or the variable GENESIS_ACCEPT_GATE. \
                      Any further change to them has another digest.",
    },
    HostCode {
        code: STATE_TRACKED,
        name: "state-tracked",
        summary: "a change brings the program's own state along",
        explanation: "A folder .genesis holds history and ledger of one machine. In a repository it would decide what is \
                      in force for whoever checks it out. Take it out with `git rm -r --cached .genesis`; this cannot be \
                      accepted.",
    },
    HostCode {
        code: VERDICT_CONTRADICTED,
        name: "verdict-contradicted",
        summary: "a known verdict is not what comes out now",
        explanation: "A share of the verdicts that are known is found out anew, and one came out differently: the same \
                      question had two answers. It says nothing about the candidate; the machine or this program is at \
                      fault. The entry is forgotten, and the change is inconclusive.",
    },
    HostCode {
        code: COST_GREW,
        name: "cost-grew",
        summary: "a case costs more than was accepted",
        explanation: "Fuel is exact, so the case does more work than when genesis.cost.toml was written, by more than \
                      `case_growth` in the policy's [cost] allows. When that is meant, `genesis cost accept` writes what \
                      it costs now, and the change to the file is reviewed.",
    },
    HostCode {
        code: COST_NOT_COMPARED,
        name: "cost-not-compared",
        summary: "a cost could not be compared with what was accepted",
        explanation: "Fuel of two engines, or of two builds of a guest, is never compared. genesis.cost.toml was written \
                      by another genesis, or is not there: `genesis cost accept` writes it anew.",
    },
    HostCode {
        code: BASE_MOVED,
        name: "base-moved",
        summary: "a template changed on both sides",
        explanation: "Since the change branched off, the base has changed the same template, or something it is made \
                      of. It was compared with the base's version; what a merge of both makes was not judged. Rebase the \
                      change, or merge the base into it.",
    },
];
