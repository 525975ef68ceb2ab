//! One call from the guest into the host: counted, charged, logged.

use genesis_abi::LimitName;
use wasmtime::{Caller, Extern};

use super::Function;
use super::errno::Errno;
use crate::clock::{CLOCK_START_NS, NS_PER_FUEL, Watch};
use crate::cost;
use crate::run::State;
use crate::stop::Stop;

/// What a host function works on. Pointers are the guest's, checked at every use.
pub(super) struct Call<'a> {
    /// The guest's memory; empty when it exports none, so that every pointer is a fault.
    memory: &'a mut [u8],
    pub(super) state: &'a mut State,
    pub(super) fuel_left: u64,
    pub(super) moved: u64,
}

/// Runs `body` as the host function `function`. `logged` are the arguments that go into the log.
///
/// The price of the call is taken before it does anything, and each byte is paid before it is moved.
pub(super) fn enter<F>(
    mut caller: Caller<'_, State>,
    function: Function,
    logged: &[Option<u64>],
    body: F,
) -> wasmtime::Result<u32>
where
    F: FnOnce(&mut Call<'_>) -> Result<Errno, Stop>,
{
    let fuel_left = caller.get_fuel()?;
    if caller.data().memory.is_none()
        && let Some(Extern::Memory(memory)) = caller.get_export("memory")
    {
        caller.data_mut().memory = Some(memory);
    }
    let (memory, state) = match caller.data().memory {
        Some(memory) => memory.data_and_store_mut(&mut caller),
        None => (&mut [][..], caller.data_mut()),
    };
    let mut call = Call { memory, state, fuel_left, moved: 0 };
    let result = call.begin().and_then(|()| body(&mut call));
    let (fuel_left, moved) = (call.fuel_left, call.moved);
    call.state.log.record(function as u8, logged, moved, result.as_ref().ok().map(|errno| *errno as u8));
    caller.set_fuel(fuel_left)?;
    match result {
        Ok(errno) => Ok(errno as u32),
        Err(stop) => Err(wasmtime::Error::from(stop)),
    }
}

impl<'a> Call<'a> {
    /// A call of a component, which passes values rather than pointers.
    pub(super) fn by_value(state: &'a mut State, fuel_left: u64) -> Self {
        Self { memory: &mut [], state, fuel_left, moved: 0 }
    }

    /// Counts and charges the call itself.
    pub(super) fn begin(&mut self) -> Result<(), Stop> {
        self.state.host_calls += 1;
        let limit = self.state.limits.host_calls;
        if self.state.host_calls > limit {
            return Err(Stop::limit(LimitName::HostCalls, limit, self.state.host_calls));
        }
        self.charge(cost::HOST_CALL)?;
        // Setting the fuel anew puts the guest's next yield off, so a guest that calls often would never yield.
        let used = self.fuel_used();
        if used.saturating_sub(self.state.fuel_at_check) >= Watch::SLICE {
            self.state.fuel_at_check = used;
            self.state.watch.check()?;
        }
        Ok(())
    }

    fn fuel_used(&self) -> u64 {
        self.state.fuel_budget - self.fuel_left
    }

    /// Takes fuel for what is about to be done.
    pub(super) fn charge(&mut self, fuel: u64) -> Result<(), Stop> {
        match self.fuel_left.checked_sub(fuel) {
            // The budget is one more than the limit: with nothing left the limit is passed.
            Some(left) if left > 0 => {
                self.fuel_left = left;
                Ok(())
            }
            _ => {
                let peak = self.fuel_used().saturating_add(fuel);
                self.fuel_left = 0;
                Err(Stop::limit(LimitName::Fuel, self.state.limits.fuel, peak))
            }
        }
    }

    /// Takes fuel for bytes that are about to be moved, and counts them for the log.
    pub(super) fn charge_bytes(&mut self, bytes: u64) -> Result<(), Stop> {
        self.charge(bytes.saturating_mul(cost::HOST_BYTE))?;
        self.moved += bytes;
        Ok(())
    }

    /// Nanoseconds since the guest's start, on its own clock.
    pub(super) fn monotonic_ns(&self) -> u64 {
        self.fuel_used().saturating_mul(NS_PER_FUEL).saturating_add(self.state.watch.slept_ns())
    }

    /// Nanoseconds since 1970, on the guest's clock.
    pub(super) fn realtime_ns(&self) -> u64 {
        self.monotonic_ns().saturating_add(CLOCK_START_NS)
    }

    /// The call makes no sense on the three descriptors there are: `errno` on one of them, `badf` on any other.
    pub(super) fn on_stdio(&self, fd: u32, errno: Errno) -> Errno {
        if self.state.stdio.is_open(fd) { errno } else { Errno::Badf }
    }

    /// The guest's bytes at a pointer.
    pub(super) fn slice(&self, pointer: u32, bytes: u32) -> Option<&[u8]> {
        let start = pointer as usize;
        self.memory.get(start..start.checked_add(bytes as usize)?)
    }

    /// The guest's bytes at a pointer, to be written, and the run's state.
    pub(super) fn slice_mut(&mut self, pointer: u32, bytes: u32) -> Option<(&mut [u8], &mut State)> {
        let start = pointer as usize;
        let slice = self.memory.get_mut(start..start.checked_add(bytes as usize)?)?;
        Some((slice, self.state))
    }

    /// The guest's bytes at a pointer, to be read, and the run's state.
    pub(super) fn slice_and_state(&mut self, pointer: u32, bytes: u32) -> Option<(&[u8], &mut State)> {
        let start = pointer as usize;
        let slice = self.memory.get(start..start.checked_add(bytes as usize)?)?;
        Some((slice, self.state))
    }

    /// Writes bytes at a pointer.
    #[must_use]
    pub(super) fn put(&mut self, pointer: u32, bytes: &[u8]) -> Errno {
        let start = pointer as usize;
        match start.checked_add(bytes.len()).and_then(|end| self.memory.get_mut(start..end)) {
            Some(slice) => {
                slice.copy_from_slice(bytes);
                Errno::Success
            }
            None => Errno::Fault,
        }
    }

    /// Writes a 32-bit number at a pointer.
    #[must_use]
    pub(super) fn put_u32(&mut self, pointer: u32, value: u32) -> Errno {
        self.put(pointer, &value.to_le_bytes())
    }
}
