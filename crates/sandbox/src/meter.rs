//! Memory and tables of one run, counted together.

use genesis_abi::{LimitName, Limits};
use wasmtime::ResourceLimiter;

use crate::engine::{POOL_MEMORY_BYTES, POOL_TABLE_ELEMENTS};
use crate::stop::Stop;

/// Sums linear memory and table elements over the whole instance, and ends the run when either passes its limit.
///
/// The engine's own limiter counts each memory alone and lets a guest go on with -1 after a growth it denied; a
/// guest that takes another way when memory is short would then be judged on that.
#[derive(Debug)]
pub(crate) struct Meter {
    memory: Sum,
    tables: Sum,
    stop: Option<Stop>,
}

#[derive(Debug)]
struct Sum {
    name: LimitName,
    limit: u64,
    /// The most that the pool can give to one memory or table.
    pool: usize,
    now: u64,
    peak: u64,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let sum = |name, limit, pool| Sum { name, limit, pool, now: 0, peak: 0 };
        Self {
            memory: sum(LimitName::MemoryBytes, limits.memory_bytes, POOL_MEMORY_BYTES),
            tables: sum(LimitName::TableElements, limits.table_elements, POOL_TABLE_ELEMENTS),
            stop: None,
        }
    }

    /// Largest sum of linear memory that was given, in bytes.
    pub(crate) fn peak_memory_bytes(&self) -> u64 {
        self.memory.peak
    }

    /// Largest sum of table elements that was given.
    pub(crate) fn peak_table_elements(&self) -> u64 {
        self.tables.peak
    }

    /// The growth that ended the run, if one did.
    pub(crate) fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    fn end(&mut self, stop: Stop) -> wasmtime::Error {
        self.stop = Some(stop.clone());
        wasmtime::Error::from(stop)
    }

    /// Memory or elements that the system refuses although limit and pool allow them.
    fn refused(&mut self, error: &wasmtime::Error) -> wasmtime::Error {
        self.end(Stop::Host(format!("no memory for a growth within the limits: {error:#}")))
    }
}

impl Sum {
    /// `Ok(false)` for a growth past the maximum that the module itself declares: it fails by the rules of wasm, on
    /// any host.
    fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Stop> {
        if maximum.is_some_and(|own| own < self.pool && desired > own) {
            return Ok(false);
        }
        let sum = self.now.saturating_sub(current as u64).saturating_add(desired as u64);
        if sum > self.limit || desired > self.pool {
            return Err(Stop::limit(self.name, self.limit, sum));
        }
        self.now = sum;
        self.peak = self.peak.max(sum);
        Ok(true)
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.memory.grow(current, desired, maximum).map_err(|stop| self.end(stop))
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(self.refused(&error))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.tables.grow(current, desired, maximum).map_err(|stop| self.end(stop))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(self.refused(&error))
    }
}
