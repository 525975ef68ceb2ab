//! Looking out for the other end of a pipe instead of sleeping.

use std::num::NonZero;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock;

/// Turns between two looks: a look is a call to the system, and takes from a processor that shares its core.
const TURNS: u32 = 20;

/// A wait that goes on for so long.
pub(super) struct Spin {
    most: Duration,
    until: Option<Instant>,
}

impl Spin {
    /// One that may take so long; no time at all is no wait.
    pub(super) fn new(most: Duration) -> Self {
        Self { most, until: None }
    }

    /// Waits for a moment; false when it has been long enough.
    pub(super) fn goes_on(&mut self) -> bool {
        if self.most.is_zero() {
            return false;
        }
        let now = clock::now();
        if now >= *self.until.get_or_insert_with(|| clock::after(now, self.most)) {
            return false;
        }
        (0..TURNS).for_each(|_| std::hint::spin_loop());
        true
    }
}

/// Runs in workers that this process waits for.
static RUNS: AtomicUsize = AtomicUsize::new(0);

static PROCESSORS: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));

/// A run in a worker, counted until it is dropped.
pub(super) struct Alone(bool);

impl Alone {
    pub(super) fn ask() -> Self {
        let runs = RUNS.fetch_add(1, Ordering::Relaxed) + 1;
        Self(runs.saturating_mul(2) <= *PROCESSORS)
    }

    /// Whether there was a processor for each end of each pipe when it began, so that looking out takes from nobody.
    pub(super) fn is_so(&self) -> bool {
        self.0
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        RUNS.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spin_ends() {
        assert!(!Spin::new(Duration::ZERO).goes_on());
        let mut spin = Spin::new(Duration::from_micros(100));
        assert!(spin.goes_on());
        while spin.goes_on() {}
        assert!(!spin.goes_on());
    }

    #[test]
    fn one_run_more_than_there_are_processors_for_is_not_alone() {
        let runs: Vec<Alone> = (0..=*PROCESSORS).map(|_| Alone::ask()).collect();
        assert!(!runs[*PROCESSORS].is_so());
        drop(runs);
        assert_eq!(RUNS.load(Ordering::Relaxed), 0);
    }
}
