//! Streams, and waiting.

use wasmtime::component::{ComponentType, Lower, Resource};

use super::super::call::Call;
use super::super::stdio::Capture;
use crate::cost;
use crate::stop::Stop;

/// What a guest may write at once, each time that it asks.
pub(super) const PERMIT_BYTES: u64 = 64 << 10;

/// Most bytes that one call reads.
const READ_MAX: u64 = 64 << 10;

const STDOUT: u32 = 1;
const STDERR: u32 = 2;

/// A pollable that is ready.
const READY: u32 = 0;

/// Standard input.
pub(super) enum InputStream {}

/// Standard output or standard error.
pub(super) enum OutputStream {}

/// An error of a stream's. There is none.
pub(super) enum IoError {}

/// A stream, or a time.
pub(super) enum Pollable {}

/// Why a stream does not do what it was asked.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub(super) enum StreamError {
    #[component(name = "last-operation-failed")]
    #[expect(dead_code, reason = "part of the interface; streams in memory do not fail")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

/// The times that a guest waits for, by handle.
#[derive(Debug, Default)]
pub(crate) struct Pollables {
    deadlines: Vec<u64>,
    free: Vec<u32>,
}

impl Pollables {
    fn add(&mut self, deadline: u64) -> u32 {
        if let Some(rep) = self.free.pop() {
            self.deadlines[rep as usize - 1] = deadline;
            return rep;
        }
        self.deadlines.push(deadline);
        u32::try_from(self.deadlines.len()).expect("the engine gives out fewer handles")
    }

    fn remove(&mut self, rep: u32) {
        if rep != READY {
            self.free.push(rep);
        }
    }

    fn deadline(&self, rep: u32) -> u64 {
        if rep == READY { 0 } else { self.deadlines[rep as usize - 1] }
    }
}

pub(super) fn stdin() -> Resource<InputStream> {
    Resource::new_own(0)
}

pub(super) fn stdout() -> Resource<OutputStream> {
    Resource::new_own(STDOUT)
}

pub(super) fn stderr() -> Resource<OutputStream> {
    Resource::new_own(STDERR)
}

/// What to wait for when a stream is waited for.
pub(super) fn always_ready() -> Resource<Pollable> {
    Resource::new_own(READY)
}

/// A time on the monotonic clock.
pub(super) fn at(call: &mut Call<'_>, when: u64) -> Resource<Pollable> {
    Resource::new_own(call.state.pollables.add(when))
}

pub(super) fn drop_pollable(call: &mut Call<'_>, rep: u32) {
    call.state.pollables.remove(rep);
}

pub(super) fn ready(call: &Call<'_>, pollable: &Resource<Pollable>) -> bool {
    call.state.pollables.deadline(pollable.rep()) <= call.monotonic_ns()
}

pub(super) fn block(call: &mut Call<'_>, pollable: &Resource<Pollable>) -> Result<(), Stop> {
    let deadline = call.state.pollables.deadline(pollable.rep());
    wait_until(call, deadline)
}

/// Which of the list are ready. When none is, the guest's clock advances to the first that will be.
pub(super) fn poll(call: &mut Call<'_>, list: &[Resource<Pollable>]) -> Result<Vec<u32>, Stop> {
    call.charge((list.len() as u64).saturating_mul(cost::HOST_ITEM))?;
    let deadlines: Vec<u64> =
        list.iter().map(|pollable| call.state.pollables.deadline(pollable.rep())).collect();
    let soonest = deadlines.iter().min().ok_or(Stop::Trap("a wait for nothing"))?;
    wait_until(call, *soonest)?;
    let now = call.monotonic_ns();
    Ok((0_u32..).zip(deadlines).filter(|(_, deadline)| *deadline <= now).map(|(index, _)| index).collect())
}

fn wait_until(call: &mut Call<'_>, deadline: u64) -> Result<(), Stop> {
    match deadline.saturating_sub(call.monotonic_ns()) {
        0 => Ok(()),
        ns => call.state.watch.sleep(ns),
    }
}

pub(super) fn read(call: &mut Call<'_>, bytes: u64) -> Result<Result<Vec<u8>, StreamError>, Stop> {
    let bytes = bytes.min(READ_MAX);
    call.charge_bytes(bytes.min(call.state.stdio.left()))?;
    Ok(call.state.stdio.read(bytes).map(<[u8]>::to_vec).ok_or(StreamError::Closed))
}

pub(super) fn skip(call: &mut Call<'_>, bytes: u64) -> Result<Result<u64, StreamError>, Stop> {
    let bytes = bytes.min(READ_MAX);
    call.charge_bytes(bytes.min(call.state.stdio.left()))?;
    Ok(call.state.stdio.read(bytes).map(|skipped| skipped.len() as u64).ok_or(StreamError::Closed))
}

/// Takes all of it, however much it is: the caps of the captures bound it. Past them the run ends.
pub(super) fn write(
    call: &mut Call<'_>,
    stream: &Resource<OutputStream>,
    contents: &[u8],
) -> Result<Result<(), StreamError>, Stop> {
    call.charge_bytes(contents.len() as u64)?;
    capture(call, stream).write(contents)?;
    Ok(Ok(()))
}

pub(super) fn write_zeroes(
    call: &mut Call<'_>,
    stream: &Resource<OutputStream>,
    bytes: u64,
) -> Result<Result<(), StreamError>, Stop> {
    call.charge_bytes(bytes)?;
    capture(call, stream).write_zeroes(bytes)?;
    Ok(Ok(()))
}

pub(super) fn splice(
    call: &mut Call<'_>,
    stream: &Resource<OutputStream>,
    bytes: u64,
) -> Result<Result<u64, StreamError>, Stop> {
    match read(call, bytes)? {
        Ok(moved) => {
            capture(call, stream).write(&moved)?;
            Ok(Ok(moved.len() as u64))
        }
        Err(error) => Ok(Err(error)),
    }
}

fn capture<'a>(call: &'a mut Call<'_>, stream: &Resource<OutputStream>) -> &'a mut Capture {
    let stdio = &mut call.state.stdio;
    if stream.rep() == STDERR { stdio.stderr() } else { stdio.stdout() }
}
