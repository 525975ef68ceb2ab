//! A worker as it sees itself.

use std::ffi::OsString;
use std::io::IoSlice;
use std::process::ExitCode;
use std::sync::Arc;

use genesis_abi::{Limits, RunOutcome};
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::frame::{self, Ask, Head, Kind, REQUEST_BYTES, Request};
use super::spin::Spin;
use super::{LINGER, Lockdown, Orders, lockdown};
use crate::cancel::Cancel;
use crate::engine::ClassEngine;
use crate::error::SandboxError;
use crate::guest::Local;
use crate::run;
use crate::sandbox::compile_untrusted;

/// Bytes that are read at once. A request of less takes one call; it is what a pipe holds.
const READ_BYTES: usize = 64 << 10;

/// Bytes of a buffer that are kept for the next request; more were for one large input.
const KEEP_BYTES: usize = 4 << 20;

/// Serves as a worker: locks this process down, then compiles and runs what comes over standard input, and answers over
/// standard output, until standard input ends. To be called first in `main`, before there is another thread, with what
/// follows the arguments of a [`WorkerCommand`](super::WorkerCommand).
///
/// Nothing is printed: there is nobody to read it.
pub fn serve_worker(arguments: &[OsString]) -> ExitCode {
    let Some((orders, parent)) = Orders::from_arguments(arguments) else { return ExitCode::from(2) };
    match serve(&orders, parent) {
        Ok(()) => ExitCode::SUCCESS,
        // The other end is gone, or does not keep to what was agreed.
        Err(Broken) => ExitCode::FAILURE,
    }
}

/// Locks this process down as a worker is, and nothing more: what [`serve_worker`] does first.
///
/// # Errors
/// When the process that started this one is gone, the engine cannot be set up, or the arguments are not a worker's.
pub fn lock_down(arguments: &[OsString]) -> Result<Lockdown, SandboxError> {
    let orders = Orders::from_arguments(arguments);
    let (orders, parent) =
        orders.ok_or_else(|| SandboxError::Worker("it was not started as one".to_owned()))?;
    Ok(prepare(&orders, parent)?.1)
}

/// The other end is gone.
struct Broken;

impl From<Errno> for Broken {
    fn from(_: Errno) -> Self {
        Self
    }
}

fn serve(orders: &Orders, parent: u32) -> Result<(), Broken> {
    let (engine, lockdown) = match prepare(orders, parent) {
        Ok(prepared) => prepared,
        Err(error) => {
            return answer(&Head::of_text(Kind::Failed, &error.to_string()), &error.to_string(), &[], &[]);
        }
    };
    let hello = serde_json::to_string(&lockdown).expect("a lockdown is text and nothing else");
    answer(&Head::of_text(Kind::Hello, &hello), &hello, &[], &[])?;

    let mut requests = Requests { buffer: vec![0; READ_BYTES], linger: false };
    let mut guest: Option<Local> = None;
    while let Some((ask, body)) = requests.take()? {
        match (ask, &guest) {
            (Ask::Compile, None) => guest = compile(body, &engine)?,
            (Ask::Run { limits, seed, linger }, Some(guest)) => {
                run(guest, body, &limits, seed)?;
                requests.linger = linger;
            }
            // One guest, and it comes first.
            (Ask::Compile, Some(_)) | (Ask::Run { .. }, None) => return Err(Broken),
        }
    }
    Ok(())
}

/// Locks the process down, with everything in place that could not be had afterwards.
fn prepare(orders: &Orders, parent: u32) -> Result<(Arc<ClassEngine>, Lockdown), SandboxError> {
    let first = lockdown::before_threads(orders, parent)?;
    let engine = ClassEngine::new(orders.class, 1)?;
    warm_up(&engine)?;
    Ok((engine, first.finish()))
}

/// Compiles and runs a guest of our own, so that the compiler's threads and the engine's signals are there.
fn warm_up(engine: &Arc<ClassEngine>) -> Result<(), SandboxError> {
    let failed =
        |outcome: RunOutcome| SandboxError::Engine(format!("the first guest ends as {}", outcome.name()));
    let local = compile_untrusted(WARM_UP, Arc::clone(engine))?.map_err(failed)?;
    let run = run::carry_out(&local, &[], &WARM_UP_LIMITS, 0, &Cancel::new())?.judged(&WARM_UP_LIMITS);
    match run.outcome {
        RunOutcome::Trapped { .. } => Ok(()),
        outcome => Err(failed(outcome)),
    }
}

fn compile(wasm: &[u8], engine: &Arc<ClassEngine>) -> Result<Option<Local>, Broken> {
    match compile_untrusted(wasm, Arc::clone(engine)) {
        Ok(Ok(local)) => {
            answer(&Head::of_text(Kind::Compiled, ""), "", &[], &[])?;
            Ok(Some(local))
        }
        Ok(Err(outcome)) => {
            let text = frame::outcome_to_json(&outcome);
            answer(&Head::of_text(Kind::Refused, &text), &text, &[], &[])?;
            Ok(None)
        }
        Err(error) => {
            let text = error.to_string();
            answer(&Head::of_text(Kind::Failed, &text), &text, &[], &[])?;
            Ok(None)
        }
    }
}

fn run(guest: &Local, input: &[u8], limits: &Limits, seed: u64) -> Result<(), Broken> {
    match run::carry_out(guest, input, limits, seed, &Cancel::new()) {
        Ok(raw) => {
            let (head, text) = frame::head_of(&raw);
            answer(&head, &text, &raw.stdout, &raw.stderr)
        }
        Err(error) => {
            let text = error.to_string();
            answer(&Head::of_text(Kind::Failed, &text), &text, &[], &[])
        }
    }
}

fn answer(head: &Head, text: &str, stdout: &[u8], stderr: &[u8]) -> Result<(), Broken> {
    let head = head.to_bytes();
    let mut parts = [&head[..], text.as_bytes(), stdout, stderr];
    while parts.iter().any(|part| !part.is_empty()) {
        let mut written = match rustix::io::writev(rustix::stdio::stdout(), &parts.map(IoSlice::new)) {
            Err(Errno::INTR) => continue,
            written => written?,
        };
        for part in &mut parts {
            let of_part = written.min(part.len());
            *part = &part[of_part..];
            written -= of_part;
        }
    }
    Ok(())
}

/// What comes over standard input.
struct Requests {
    buffer: Vec<u8>,
    /// Whether to look out for the next one for a while before sleeping.
    linger: bool,
}

impl Requests {
    /// The next request; `None` when there will be no more.
    fn take(&mut self) -> Result<Option<(Ask, &[u8])>, Broken> {
        self.buffer.truncate(KEEP_BYTES);
        let mut has = if self.linger { self.look_out()? } else { 0 };
        while has < REQUEST_BYTES {
            match read(&mut self.buffer[has..])? {
                0 if has == 0 => return Ok(None),
                0 => return Err(Broken),
                read => has += read,
            }
        }
        let head = self.buffer[..REQUEST_BYTES].try_into().expect("as many bytes were read");
        let Request { ask, body_bytes } = Request::from_bytes(head).ok_or(Broken)?;
        let end =
            usize::try_from(body_bytes).map_err(|_| Broken)?.checked_add(REQUEST_BYTES).ok_or(Broken)?;
        if has > end {
            return Err(Broken);
        }
        if end > self.buffer.len() {
            self.buffer.resize(end, 0);
        }
        while has < end {
            match read(&mut self.buffer[has..end])? {
                0 => return Err(Broken),
                read => has += read,
            }
        }
        Ok(Some((ask, &self.buffer[REQUEST_BYTES..end])))
    }

    /// Bytes of a request that comes within a short while; 0 when none does, and when there will be none.
    fn look_out(&mut self) -> Result<usize, Broken> {
        self.linger = false;
        let stdin = rustix::stdio::stdin();
        let flags = rustix::fs::fcntl_getfl(stdin)?;
        rustix::fs::fcntl_setfl(stdin, flags | OFlags::NONBLOCK)?;
        let mut spin = Spin::new(LINGER);
        let has = loop {
            match rustix::io::read(stdin, &mut self.buffer) {
                Ok(read) => break read,
                Err(Errno::AGAIN) if spin.goes_on() => {}
                Err(Errno::AGAIN) => break 0,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        };
        rustix::fs::fcntl_setfl(stdin, flags)?;
        Ok(has)
    }
}

fn read(into: &mut [u8]) -> Result<usize, Broken> {
    loop {
        match rustix::io::read(rustix::stdio::stdin(), &mut *into) {
            Err(Errno::INTR) => {}
            read => return Ok(read?),
        }
    }
}

/// A module with two functions, so that the compiler asks for its threads, memory with data in it, so that there is an
/// image, and a trap.
const WARM_UP: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x04\x01\x60\0\0\
    \x03\x03\x02\0\0\
    \x05\x03\x01\0\x01\
    \x07\x0a\x01\x06_start\0\0\
    \x0a\x0a\x02\x05\0\x10\x01\0\x0b\x02\0\x0b\
    \x0b\x07\x01\0\x41\0\x0b\x01x";

const WARM_UP_LIMITS: Limits = Limits {
    fuel: 1_000,
    wall_time_ms: 60_000,
    memory_bytes: 64 << 10,
    table_elements: 0,
    stdout_bytes: 0,
    stderr_bytes: 0,
    host_calls: 0,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Class;

    #[test]
    fn the_first_guest_compiles_and_traps_in_every_class() {
        for class in [Class::Small, Class::Large, Class::Component] {
            warm_up(&ClassEngine::new(class, 1).unwrap()).unwrap();
        }
    }
}
