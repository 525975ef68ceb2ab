//! One worker as this process sees it.

use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use genesis_abi::{Limits, RunOutcome, Usage};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::frame::{self, ANSWER_BYTES, Ask, Head, Kind, Request, TEXT_BYTES};
use super::spin::{Alone, Rest, Spin};
use super::starter::Starter;
use super::{GRACE, LINGER, Lockdown, Orders, START_TIME, WorkerCommand};
use crate::cancel::Cancel;
use crate::clock;
use crate::engine::Class;
use crate::error::SandboxError;
use crate::excerpt::excerpt;
use crate::run::Raw;

/// Bytes that are read at once. An answer of less takes one call; it is what a pipe holds.
const READ_BYTES: usize = 64 << 10;

/// How long a wait is before the wish to stop is looked at again.
const LOOK: Duration = Duration::from_millis(20);

/// Whether an answer took so much longer than the run itself that the worker must have waited for a processor. What the
/// worker says of its time decides of nothing but whether it is slept for.
fn was_late(elapsed: Duration, usage: &Usage, input: &[u8]) -> bool {
    let run = Duration::from_micros(usage.wall_time_us.unwrap_or_default());
    // Both pipes and two wakings, and 1 us for each KiB of input.
    let way = Duration::from_micros(60 + input.len() as u64 / 1024);
    elapsed > run.saturating_add(way)
}

/// A process that waits for a request. Dropping it ends it, at once and for good.
pub(super) struct Worker {
    child: Child,
    requests: ChildStdin,
    answers: ChildStdout,
    buffer: Vec<u8>,
    busy: Duration,
    /// Runs that are slept for, because somebody else wanted the processor.
    rest: Rest,
    /// Until when the process looks out for the next request.
    looks_until: Option<Instant>,
}

/// Why a worker gave no answer. It is of no more use.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// It was not there in time.
    Late,
    /// The host was asked to stop.
    Cancelled,
    /// The pipe broke.
    Gone,
    /// It was none; what about it.
    Wrong(&'static str),
    /// It is that the worker could not do it; its words.
    Failed(String),
    /// The system failed.
    Host(io::Error),
}

impl From<Errno> for NoAnswer {
    fn from(error: Errno) -> Self {
        if error == Errno::PIPE { Self::Gone } else { Self::Host(error.into()) }
    }
}

/// How long to wait for an answer.
pub(super) struct Patience<'a> {
    pub(super) until: Instant,
    pub(super) cancel: &'a Cancel,
}

/// An answer, its lengths within the caps, and nothing else of it looked at.
struct Answer {
    head: Head,
    text: Vec<u8>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Worker {
    /// Starts one and waits until it is locked down.
    pub(super) fn start(
        starter: &Starter,
        command: &WorkerCommand,
        orders: &Orders,
    ) -> Result<(Self, Lockdown), SandboxError> {
        let mut starting = Command::new(&command.program);
        starting
            .args(&command.arguments)
            .args(orders.to_arguments(std::process::id()))
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let failed = |error: io::Error| {
            SandboxError::Worker(format!("{} cannot be started: {error}", command.program.display()))
        };
        let mut child = starter.start(starting).map_err(failed)?;
        let requests = child.stdin.take().expect("its standard input was asked for as a pipe");
        let answers = child.stdout.take().expect("its standard output was asked for as a pipe");
        let mut worker = Self {
            child,
            requests,
            answers,
            buffer: vec![0; READ_BYTES],
            busy: Duration::ZERO,
            rest: Rest::default(),
            looks_until: None,
        };
        // This end only: the worker's own reads and writes wait.
        unblock(&worker.requests).and_then(|()| unblock(&worker.answers)).map_err(failed)?;

        let cancel = Cancel::new();
        let answer = worker.receive(
            &Patience { until: clock::after(clock::now(), START_TIME), cancel: &cancel },
            None,
            &mut Spin::new(Duration::ZERO),
        );
        let answer = answer.map_err(|why| worker.failure(&why))?;
        match (answer.head.kind, serde_json::from_slice(&answer.text)) {
            (Kind::Hello, Ok(lockdown)) => Ok((worker, lockdown)),
            (Kind::Failed, _) => Err(worker.failure(&NoAnswer::Failed(excerpt(&answer.text)))),
            _ => Err(worker.failure(&NoAnswer::Wrong("it did not say how far it is locked down"))),
        }
    }

    /// Has it compile the guest; the inner error is the outcome of a guest that cannot be.
    pub(super) fn compile(
        &mut self,
        wasm: &[u8],
        patience: &Patience<'_>,
    ) -> Result<Result<(), RunOutcome>, NoAnswer> {
        self.send(Ask::Compile, wasm, patience)?;
        let answer = self.receive(patience, None, &mut Spin::new(Duration::ZERO))?;
        match answer.head.kind {
            Kind::Compiled => Ok(Ok(())),
            Kind::Refused => {
                let refused = frame::refusal_of(&answer.text);
                refused.map(Err).ok_or(NoAnswer::Wrong("it refused the guest for no reason that there is"))
            }
            Kind::Failed => Err(NoAnswer::Failed(excerpt(&answer.text))),
            _ => Err(NoAnswer::Wrong("no answer to a request to compile")),
        }
    }

    /// Has it run the guest once.
    pub(super) fn run(
        &mut self,
        class: Class,
        input: &[u8],
        limits: &Limits,
        seed: u64,
        cancel: &Cancel,
    ) -> Result<Raw, NoAnswer> {
        let started = clock::now();
        let until = clock::after(started, Duration::from_millis(limits.wall_time_ms).saturating_add(GRACE));
        let patience = Patience { until, cancel };
        let alone = Alone::ask();
        let linger = alone.is_so() && self.rest.is_over();
        self.send(Ask::Run { limits: *limits, seed, linger }, input, &patience)?;
        let most = if linger { LINGER } else { Duration::ZERO };
        let mut spin = Spin::new(most);
        let answer = self.receive(&patience, Some(limits), &mut spin)?;
        drop(alone);
        let elapsed = clock::now().duration_since(started);
        // A process that sleeps has to be woken; one that looks out is late only when it has no processor.
        let was_looking = self.looks_until.is_some_and(|until| started < until);
        let late = linger && was_looking && was_late(elapsed, &answer.head.usage, input);
        self.rest.after_run(linger, spin.was_disturbed() || late);
        self.looks_until = linger.then(|| clock::after(clock::now(), LINGER));
        self.busy += elapsed + most;
        let Answer { head, text, stdout, stderr } = answer;
        if head.kind == Kind::Failed {
            return Err(NoAnswer::Failed(excerpt(&text)));
        }
        let elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        frame::raw_of(head, &text, stdout, stderr, limits, class, elapsed_us).map_err(NoAnswer::Wrong)
    }

    /// How long it has run guests in all, and looked out for the next run.
    pub(super) fn busy(&self) -> Duration {
        self.busy
    }

    /// Whether it is still there.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it and says what went wrong with it.
    pub(super) fn failure(&mut self, why: &NoAnswer) -> SandboxError {
        let status = self.end();
        SandboxError::Worker(match why {
            NoAnswer::Late => "it gave no answer in time and was killed".to_owned(),
            NoAnswer::Cancelled => "it was killed, because the host was asked to stop".to_owned(),
            NoAnswer::Gone => match status {
                Ok(status) => format!("it {}", cause_of_death(status)),
                Err(error) => format!("it is gone: {error}"),
            },
            NoAnswer::Wrong(what) => format!("its answer is none: {what}"),
            NoAnswer::Failed(words) => format!("it says: {words}"),
            NoAnswer::Host(error) => format!("its pipe failed: {error}"),
        })
    }

    /// Kills it, waits for its end, and says how it ended; that is its own way when it had begun to end before.
    fn end(&mut self) -> io::Result<ExitStatus> {
        // The error that there is none to kill is as good.
        let _ = self.child.kill();
        self.child.wait()
    }

    fn send(&mut self, ask: Ask, body: &[u8], patience: &Patience<'_>) -> Result<(), NoAnswer> {
        let head = Request { ask, body_bytes: body.len() as u64 }.to_bytes();
        let (mut head, mut body) = (&head[..], body);
        while !head.is_empty() || !body.is_empty() {
            match rustix::io::writev(&self.requests, &[IoSlice::new(head), IoSlice::new(body)]) {
                Ok(written) => {
                    let of_head = written.min(head.len());
                    head = &head[of_head..];
                    body = &body[written - of_head..];
                }
                Err(Errno::AGAIN) => patience.wait(&self.requests, PollFlags::OUT)?,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Takes an answer whose output is within the limits of the run that it is to; without a run it has none. For as long
    /// as `spin` goes on it is looked out for without sleeping.
    fn receive(
        &mut self,
        patience: &Patience<'_>,
        limits: Option<&Limits>,
        spin: &mut Spin,
    ) -> Result<Answer, NoAnswer> {
        let mut has = 0;
        while has < ANSWER_BYTES {
            match read(&self.answers, &mut self.buffer[has..])? {
                0 if spin.goes_on() => {}
                0 => patience.wait(&self.answers, PollFlags::IN)?,
                read => has += read,
            }
        }
        let head = self.buffer[..ANSWER_BYTES].try_into().expect("as many bytes were read");
        let head = Head::from_bytes(head).ok_or(NoAnswer::Wrong("not the head of one"))?;
        let (most_stdout, most_stderr) =
            limits.map_or((0, 0), |limits| (limits.stdout_bytes, limits.stderr_bytes));
        if head.text_bytes > TEXT_BYTES || head.stdout_bytes > most_stdout || head.stderr_bytes > most_stderr
        {
            return Err(NoAnswer::Wrong("longer than it may be"));
        }
        let mut begun = ANSWER_BYTES..has;
        let text = self.body(head.text_bytes, &mut begun, patience)?;
        let stdout = self.body(head.stdout_bytes, &mut begun, patience)?;
        let stderr = self.body(head.stderr_bytes, &mut begun, patience)?;
        if !begun.is_empty() {
            return Err(NoAnswer::Wrong("longer than it says"));
        }
        Ok(Answer { head, text, stdout, stderr })
    }

    /// So many bytes: first what was read already, then from the pipe.
    fn body(
        &self,
        bytes: u64,
        begun: &mut std::ops::Range<usize>,
        patience: &Patience<'_>,
    ) -> Result<Vec<u8>, NoAnswer> {
        let bytes = usize::try_from(bytes).map_err(|_| NoAnswer::Wrong("longer than memory"))?;
        let taken = bytes.min(begun.len());
        let mut body = self.buffer[begun.start..begun.start + taken].to_vec();
        begun.start += taken;
        if taken < bytes {
            body.resize(bytes, 0);
            let mut has = taken;
            while has < bytes {
                match read(&self.answers, &mut body[has..])? {
                    0 => patience.wait(&self.answers, PollFlags::IN)?,
                    read => has += read,
                }
            }
        }
        Ok(body)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Ended or not, nobody is left to be told.
        let _ = self.end();
    }
}

impl Patience<'_> {
    /// Waits until a pipe can be read from or written to, or is broken.
    fn wait(&self, pipe: impl AsFd, wanted: PollFlags) -> Result<(), NoAnswer> {
        loop {
            if self.cancel.is_cancelled() {
                return Err(NoAnswer::Cancelled);
            }
            let left = self.until.saturating_duration_since(clock::now());
            if left.is_zero() {
                return Err(NoAnswer::Late);
            }
            let look = Timespec::try_from(left.min(LOOK)).expect("a fraction of a second fits");
            match rustix::event::poll(&mut [PollFd::new(&pipe, wanted)], Some(&look)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Bytes read; 0 when there are none now.
fn read(pipe: impl AsFd, into: &mut [u8]) -> Result<usize, NoAnswer> {
    match rustix::io::read(pipe, into) {
        Ok(0) => Err(NoAnswer::Gone),
        Ok(read) => Ok(read),
        Err(Errno::AGAIN | Errno::INTR) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn unblock(pipe: impl AsFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(&pipe)?;
    Ok(rustix::fs::fcntl_setfl(&pipe, flags | OFlags::NONBLOCK)?)
}

/// How a worker ended that was not asked to.
fn cause_of_death(status: ExitStatus) -> String {
    match status.signal() {
        Some(libc::SIGSYS) => {
            "made a call to the system that it may not make, and was ended for it".to_owned()
        }
        Some(libc::SIGKILL) => "was killed".to_owned(),
        Some(libc::SIGABRT) => "aborted, as a program does that gets no memory".to_owned(),
        Some(libc::SIGXCPU) => "used up its processor time".to_owned(),
        Some(signal) => format!("died of signal {signal}"),
        None => format!("ended by itself, with {status}"),
    }
}
