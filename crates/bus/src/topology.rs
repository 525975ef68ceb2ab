//! What a broker must have: channels, where dead letters go, and what is answered. Declared in this one place, made or
//! checked when the bus is opened.

use std::time::Duration;

use genesis_domain::subject::{
    DEAD, EXPERIMENT_CANCEL, EXPERIMENT_COMPLETED, EXPERIMENT_FAILED, EXPERIMENT_RESULT, EXPERIMENT_RUN,
    JOB_RESULT, JOB_RUN, METRICS, STATUS, Subject,
};

/// Days that results and dead letters are kept.
pub const KEPT_DAYS: u64 = 90;

/// How long a delivery is one worker's before another gets it, unless it is extended.
pub const LEASE: Duration = Duration::from_secs(30);

/// Deliveries before a message counts as one that kills whoever takes it. Far more than a worker tries on purpose: a
/// delivery that was lost with its worker is no failed try.
pub const MOST_DELIVERIES: u32 = 50;

/// All channels of one bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The channels.
    pub channels: Vec<Channel>,
    /// Where messages go that are given up.
    pub dead: Channel,
    /// Subjects of questions that are answered at once.
    pub questions: Vec<String>,
    /// Servers of a cluster that keep each stream of JetStream, when that is asked for; else one, or what is there.
    pub replicas: Option<usize>,
}

/// Messages that belong together: a stream of JetStream, one or more queues of pgmq.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its name: capital letters, digits and `_`.
    pub name: String,
    /// Its subjects, the one that is written first. A part `*` stands for any one part; queues have no such subjects.
    pub subjects: Vec<String>,
    /// What becomes of its messages.
    pub kind: Kind,
}

/// What becomes of a channel's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Each is delivered to one worker until that one has acknowledged it, and is then gone.
    Work {
        /// How long a delivery is one worker's.
        lease: Duration,
        /// Deliveries before it becomes a dead letter.
        most_deliveries: u32,
    },
    /// All are kept for a while for whoever reads them.
    Feed {
        /// How long.
        keep: Duration,
    },
}

impl Topology {
    /// What Genesis needs.
    pub fn genesis() -> Self {
        let keep = Duration::from_secs(KEPT_DAYS * 24 * 60 * 60);
        let work = Kind::Work { lease: LEASE, most_deliveries: MOST_DELIVERIES };
        let feed = Kind::Feed { keep };
        Self {
            channels: vec![
                Channel::new(EXPERIMENTS, &[EXPERIMENT_RUN], work),
                Channel::new(CANCELS, &[EXPERIMENT_CANCEL], work),
                Channel::new(
                    "GENESIS_RESULTS",
                    &[EXPERIMENT_RESULT, EXPERIMENT_COMPLETED, EXPERIMENT_FAILED],
                    feed,
                ),
                Channel::new(JOBS, &[JOB_RUN], work),
                Channel::new("GENESIS_JOB_RESULTS", &[JOB_RESULT], feed),
                Channel::new("GENESIS_METRICS", &[METRICS], feed),
            ],
            dead: Channel::new("GENESIS_DLQ", &[DEAD], feed),
            questions: vec![STATUS.name.to_owned()],
            replicas: None,
        }
    }

    /// The channel of this name.
    pub(crate) fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    /// The channel that carries a subject.
    pub(crate) fn carrying(&self, subject: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.subjects.iter().any(|pattern| matches(pattern, subject)))
    }
}

/// The channel of experiments that are asked for.
pub const EXPERIMENTS: &str = "GENESIS_EXPERIMENTS";
/// The channel of experiments that are called off.
pub const CANCELS: &str = "GENESIS_CANCELS";
/// The channel of jobs that are asked for.
pub const JOBS: &str = "GENESIS_JOBS";

impl Channel {
    fn new(name: &str, subjects: &[Subject], kind: Kind) -> Self {
        let subjects = subjects.iter().flat_map(Subject::names).map(str::to_owned).collect();
        Self { name: name.to_owned(), subjects, kind }
    }

    /// The queues of pgmq that carry it: subjects without `*`, with `_` for what no name of a queue may hold.
    pub(crate) fn queues(&self) -> impl Iterator<Item = String> {
        self.subjects.iter().filter(|subject| !subject.contains('*')).map(|subject| queue(subject))
    }
}

/// The queue of a subject.
pub(crate) fn queue(subject: &str) -> String {
    subject.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

/// Whether a subject is one of a pattern.
pub(crate) fn matches(pattern: &str, subject: &str) -> bool {
    let (mut pattern, mut subject) = (pattern.split('.'), subject.split('.'));
    loop {
        match (pattern.next(), subject.next()) {
            (None, None) => return true,
            (Some("*"), Some(part)) if !part.is_empty() => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_has_one_channel_and_a_name_that_a_queue_can_have() {
        let topology = Topology::genesis();
        for channel in &topology.channels {
            for subject in &channel.subjects {
                let concrete = subject.replace('*', "x-1");
                assert_eq!(topology.carrying(&concrete).map(|found| &found.name), Some(&channel.name));
            }
            assert!(channel.queues().count() > 0 && channel.queues().all(|queue| queue.len() <= 47));
        }
        assert_eq!(topology.carrying("genesis.experiment.run.more"), None);
        assert_eq!(topology.carrying("genesis.experiment.completed."), None);
    }
}
