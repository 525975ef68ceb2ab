//! The guest's clock, and the host's.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use genesis_abi::LimitName;

use crate::cancel::Cancel;
use crate::stop::Stop;

/// Where a guest's wall clock starts: 2020-01-01T00:00:00Z, in nanoseconds since 1970. Its monotonic clock starts
/// at 0.
pub const CLOCK_START_NS: u64 = 1_577_836_800_000_000_000;

/// Nanoseconds by which a guest's clocks advance for each unit of fuel that it used.
pub const NS_PER_FUEL: u64 = 1;

const NS_PER_MS: u64 = 1_000_000;

/// The wall-time limit of one run: real time, and the time that the guest asked to sleep.
///
/// It is looked at whenever the guest yields (every [`Watch::SLICE`] units of fuel) and in host calls as often as
/// that. A sleep passes on the guest's clock at once.
#[derive(Debug)]
pub(crate) struct Watch {
    started: Instant,
    limit_ms: u64,
    slept_ns: AtomicU64,
    cancel: Cancel,
}

impl Watch {
    /// Fuel between two looks at the clock: about a millisecond of plain work.
    pub(crate) const SLICE: u64 = 1_000_000;

    /// Starts counting.
    pub(crate) fn start(limit_ms: u64, cancel: Cancel) -> Self {
        Self { started: now(), limit_ms, slept_ns: AtomicU64::new(0), cancel }
    }

    /// Real time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        now().duration_since(self.started)
    }

    /// Nanoseconds that the guest asked to sleep so far.
    pub(crate) fn slept_ns(&self) -> u64 {
        self.slept_ns.load(Ordering::Relaxed)
    }

    /// Lets the guest sleep without waiting.
    ///
    /// # Errors
    /// Past the limit the run ends at once.
    pub(crate) fn sleep(&self, ns: u64) -> Result<(), Stop> {
        self.slept_ns.store(self.slept_ns().saturating_add(ns), Ordering::Relaxed);
        self.check()
    }

    /// Whether the run may go on.
    ///
    /// # Errors
    /// Past the limit, or when the host was asked to stop.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        let elapsed = u64::try_from(self.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let spent = elapsed.saturating_add(self.slept_ns());
        if spent > self.limit_ms.saturating_mul(NS_PER_MS) {
            return Err(Stop::limit(LimitName::WallTimeMs, self.limit_ms, spent.div_ceil(NS_PER_MS)));
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "limits of time are about real time; no result depends on it")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// So long after a time; a century after it when that is past what can be told.
pub(crate) fn after(start: Instant, time: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_hours(100 * 365 * 24);
    start.checked_add(time).unwrap_or(start + CENTURY)
}
