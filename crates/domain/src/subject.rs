//! The subjects of messages, one registry: nothing else in the code spells one. The first name of a subject is the one
//! that is written; the others are read as well, because older senders use them.

/// Experiments that are asked for.
pub const EXPERIMENT_RUN: Subject = Subject {
    name: "genesis.experiment.run",
    aliases: &["genesis.experiment.request.*", "agent.events.experiment.request.*"],
};

/// Experiments that are called off, whether their request has come or not.
pub const EXPERIMENT_CANCEL: Subject = Subject { name: "genesis.experiment.cancel", aliases: &[] };

/// What became of an experiment.
pub const EXPERIMENT_RESULT: Subject = Subject { name: "genesis.experiment.result", aliases: &[] };

/// The same by the requester's id, when it ended in a verdict that merges.
pub const EXPERIMENT_COMPLETED: Subject = Subject { name: "genesis.experiment.completed.*", aliases: &[] };

/// The same by the requester's id, when it ended in any other way.
pub const EXPERIMENT_FAILED: Subject = Subject { name: "genesis.experiment.failed.*", aliases: &[] };

/// Code that is to be looked at.
pub const JOB_RUN: Subject = Subject { name: "job_requests", aliases: &["code_execution_requests"] };

/// Replies to jobs.
pub const JOB_RESULT: Subject = Subject { name: "job_results", aliases: &[] };

/// What was counted in a period, once a day.
pub const METRICS: Subject = Subject { name: "system.metrics.genesis", aliases: &[] };

/// Messages that were given up, with the reason; the last part says where from.
pub const DEAD: Subject = Subject { name: "genesis.dlq.*", aliases: &[] };

/// A question: how the service is. Answered at once.
pub const STATUS: Subject = Subject { name: "genesis.status", aliases: &[] };

/// A subject by its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The name that is written. A part `*` stands for any one part.
    pub name: &'static str,
    /// Names that are read as well.
    pub aliases: &'static [&'static str],
}

impl Subject {
    /// Every name, the one that is written first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// The name with its `*` replaced, where that makes one part of a subject: letters, digits, `-` and `_`.
    pub fn of(&self, part: &str) -> Option<String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let fits = !part.is_empty() && part.len() <= 128 && part.chars().all(is_plain);
        fits.then(|| self.name.replace('*', part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_would_make_more_of_a_subject_is_refused() {
        assert_eq!(EXPERIMENT_COMPLETED.of("exp-1").as_deref(), Some("genesis.experiment.completed.exp-1"));
        for part in ["", "a.b", "*", ">", "a b", "ä", "a\n"] {
            assert_eq!(EXPERIMENT_COMPLETED.of(part), None, "{part}");
        }
    }
}
