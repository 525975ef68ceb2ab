//! The parts of an experiment, for whoever wants to know when each begins and ends.

use genesis_domain::Side;

/// A part of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Finding out what is to be run.
    Plan,
    /// One run of a check; with a policy that repeats, both of its runs.
    Run {
        /// The check.
        check: &'a str,
        /// Whose.
        side: Side,
        /// The case's place among the cases, unless the check looks at the template.
        case: Option<usize>,
    },
    /// Coming to a verdict.
    Judge,
    /// Writing it down.
    Commit,
}

/// Told each part as it begins, from many threads. What it gives is dropped when the part ends.
pub type Watch<'a> = &'a (dyn Fn(Part<'_>) -> Box<dyn Send> + Sync);

/// Tells that a part begins, when somebody wants to know.
pub(crate) fn begin(watch: Option<Watch<'_>>, part: Part<'_>) -> Option<Box<dyn Send>> {
    watch.map(|watch| watch(part))
}
