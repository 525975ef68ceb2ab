//! Looking out for the other end of a pipe instead of sleeping.

use std::num::NonZero;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock;

/// Turns between two looks: a look is a call to the system, and takes from a processor that shares its core.
const TURNS: u32 = 20;

/// Time between two looks from which on somebody else had the processor meanwhile.
const DISTURBANCE: Duration = Duration::from_micros(30);

/// A wait that goes on for so long, or until somebody else wants the processor.
pub(super) struct Spin {
    most: Duration,
    began: Option<Instant>,
    last: Option<Instant>,
    disturbed: bool,
}

impl Spin {
    /// One that may take so long; no time at all is no wait.
    pub(super) fn new(most: Duration) -> Self {
        Self { most, began: None, last: None, disturbed: false }
    }

    /// Waits for a moment; false when it has been long enough.
    pub(super) fn goes_on(&mut self) -> bool {
        if self.most.is_zero() || self.disturbed {
            return false;
        }
        let now = clock::now();
        let since = |earlier: Instant| now.saturating_duration_since(earlier);
        self.disturbed = self.last.is_some_and(|last| since(last) > DISTURBANCE);
        if self.disturbed || since(*self.began.get_or_insert(now)) >= self.most {
            return false;
        }
        self.last = Some(now);
        (0..TURNS).for_each(|_| std::hint::spin_loop());
        true
    }

    /// Whether somebody else wanted the processor: who sleeps is then woken sooner than who waits for his turn.
    pub(super) fn was_disturbed(&self) -> bool {
        self.disturbed
    }
}

/// Runs that are slept for after one that was looked out for and disturbed: few after a single disturbance, which a timer or
/// another machine on the same processors can be, and up to a hundred times as many where somebody else has work to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest {
    left: u32,
    next: u32,
    /// Runs in a row that were looked out for and not disturbed.
    calm: u32,
}

impl Rest {
    const LEAST: u32 = 1;
    const MOST: u32 = 128;
    /// So many and the next rest is the least again.
    const CALM: u32 = 16;

    pub(super) fn is_over(self) -> bool {
        self.left == 0
    }

    /// Takes note of a run, and whether it was looked out for.
    pub(super) fn after_run(&mut self, looked_out: bool, disturbed: bool) {
        if disturbed {
            self.left = self.next;
            self.next = (2 * self.next).min(Self::MOST);
            self.calm = 0;
        } else if looked_out {
            self.calm = (self.calm + 1).min(Self::CALM);
            if self.calm == Self::CALM {
                self.next = Self::LEAST;
            }
        } else {
            self.left = self.left.saturating_sub(1);
        }
    }
}

impl Default for Rest {
    fn default() -> Self {
        Self { left: 0, next: Self::LEAST, calm: 0 }
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
        let mut none = Spin::new(Duration::ZERO);
        assert!(!none.goes_on() && !none.was_disturbed());
        let mut spin = Spin::new(Duration::from_micros(100));
        assert!(spin.goes_on());
        while spin.goes_on() {}
        assert!(!spin.goes_on());
    }

    #[test]
    fn a_spin_ends_when_somebody_else_had_the_processor() {
        let mut spin = Spin::new(Duration::from_hours(1));
        while spin.goes_on() {
            thread::sleep(DISTURBANCE);
        }
        assert!(spin.was_disturbed());
    }

    #[test]
    fn a_rest_is_short_after_one_disturbance_and_long_after_many() {
        let mut rest = Rest::default();
        let slept_for = |rest: &mut Rest| {
            let mut runs = 0;
            while !rest.is_over() {
                rest.after_run(false, false);
                runs += 1;
            }
            runs
        };
        let mut disturbed = |calm: u32| {
            (0..calm).for_each(|_| rest.after_run(true, false));
            rest.after_run(true, true);
            slept_for(&mut rest)
        };
        assert_eq!([0; 9].map(&mut disturbed), [1, 2, 4, 8, 16, 32, 64, 128, 128]);
        assert_eq!([Rest::CALM, Rest::CALM, 0, Rest::CALM - 1].map(disturbed), [1, 1, 2, 4]);
    }

    #[test]
    fn one_run_more_than_there_are_processors_for_is_not_alone() {
        let runs: Vec<Alone> = (0..=*PROCESSORS).map(|_| Alone::ask()).collect();
        assert!(!runs[*PROCESSORS].is_so());
        drop(runs);
        assert_eq!(RUNS.load(Ordering::Relaxed), 0);
    }
}
