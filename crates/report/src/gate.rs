//! Several templates under one verdict. One experiment is a gate of one entry.

use std::collections::BTreeMap;

use genesis_abi::Finding;
use genesis_domain::{Decision, Experiment, Term};

/// Lines of files that a change touches, as first and last line from 1, by path in the repository.
pub type ChangedLines = BTreeMap<String, Vec<(u32, u32)>>;

/// Several templates that were looked at together. What was decided is given, never computed here.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'a> {
    /// The one verdict; `None` when nothing was there to be judged, or when files were only checked.
    pub decision: Option<Decision>,
    /// The templates, in the order in which they are shown.
    pub entries: &'a [GateEntry<'a>],
    /// Files that were passed over.
    pub skipped: &'a [Skipped<'a>],
    /// Findings that belong to no template, such as a policy that the change itself loosens. A place's file is a path
    /// in the repository.
    pub concerns: &'a [Finding],
    /// What the change starts from, such as a commit.
    pub base: Option<&'a str>,
    /// What the change leads to.
    pub head: Option<&'a str>,
    /// What the change touches; empty when there is no diff.
    pub changed_lines: &'a ChangedLines,
    /// What codes mean. A code that is not among them is told by itself alone.
    pub codes: &'a [CodeText<'a>],
}

/// One template.
#[derive(Debug, Clone, Copy)]
pub struct GateEntry<'a> {
    /// Its path in the repository, or as the user gave it, with `/` between folders.
    pub path: &'a str,
    /// Why it is looked at.
    pub change: Change<'a>,
    /// What became of it.
    pub result: EntryResult<'a>,
    /// Where files that its findings name lie in the repository. A file that is not here was rendered and lies nowhere:
    /// its findings are told at the template.
    pub files: &'a BTreeMap<String, String>,
}

/// Why a template is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// It was named on the command line.
    Named,
    /// The change adds it.
    Added,
    /// The change modifies it.
    Modified,
    /// The change moves it, modified or not.
    Renamed {
        /// Where it was.
        from: &'a str,
    },
    /// The change deletes it.
    Deleted,
    /// The change touches a file that the template takes in.
    Through {
        /// That file.
        path: &'a str,
    },
}

/// What became of a template.
#[derive(Debug, Clone, Copy)]
pub enum EntryResult<'a> {
    /// An experiment.
    Judged {
        /// The experiment.
        experiment: &'a Experiment,
        /// The comparisons of the policy's rules.
        thresholds: &'a [Term],
        /// The same content was judged before by the same policy and program, and this is what was found then.
        cached: bool,
    },
    /// Validated without an experiment.
    Checked {
        /// What was found.
        findings: &'a [Finding],
        /// Texts by file for showing the lines that findings point to: the file's own under the empty name.
        sources: &'a BTreeMap<String, String>,
    },
    /// It cannot be read as a template.
    Unreadable {
        /// Why.
        error: &'a str,
    },
    /// The host failed, so that nothing is known of it.
    Failed {
        /// What failed.
        error: &'a str,
    },
    /// It is no longer there, so there was nothing to judge.
    Deleted,
}

/// A file that was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped<'a> {
    /// Its path.
    pub path: &'a str,
    /// Why.
    pub why: &'a str,
}

/// What happens on the way, for a reader that does not wait for the end.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// It begins.
    Started {
        /// How many templates there are to look at.
        templates: u64,
        /// As in [`Gate`].
        base: Option<&'a str>,
        /// As in [`Gate`].
        head: Option<&'a str>,
    },
    /// Runs of one template were carried out.
    Progress {
        /// The template's path.
        path: &'a str,
        /// Runs that ended.
        done: u64,
        /// Runs that are planned.
        total: u64,
    },
    /// A template is done.
    Template {
        /// The gate so far: what it knows of the change and of codes.
        gate: &'a Gate<'a>,
        /// The template.
        entry: &'a GateEntry<'a>,
    },
    /// All is done.
    Ended {
        /// The gate.
        gate: &'a Gate<'a>,
    },
}

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeText<'a> {
    /// The code, such as `T0203`.
    pub code: &'a str,
    /// Its name, such as `changelog-top`.
    pub name: &'a str,
    /// One line.
    pub summary: &'a str,
    /// What it means, in sentences.
    pub explanation: &'a str,
    /// What to do; empty when the explanation says it.
    pub help: &'a str,
}
