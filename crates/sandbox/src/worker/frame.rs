//! What goes over a worker's two pipes.
//!
//! A request is a head of 80 bytes and a body: the module to compile, or the input of a run. An answer is a head of 136
//! bytes and three bodies, each of the length that the head says: text, standard output, standard error. Numbers have
//! eight bytes, the lowest first. One request, one answer, in turn; the first answer comes unasked and says how far the
//! worker is locked down.
//!
//! Fixed places and no names, because a run can take no longer than writing and reading the same as JSON.

use genesis_abi::{LimitHit, LimitName, Limits, RunOutcome, Usage};

use crate::engine::{Class, POOL_MEMORY_BYTES, POOL_TABLE_ELEMENTS};
use crate::excerpt::is_shown_as_it_is;
use crate::run::{Ending, Raw};

pub(super) const REQUEST_BYTES: usize = 80;
pub(super) const ANSWER_BYTES: usize = 136;

/// Bytes of an answer's text: a hello, a refusal, a trap's name, what failed.
pub(super) const TEXT_BYTES: u64 = 64 << 10;

/// Characters of the digest of host calls.
const LOG_BYTES: usize = 64;

/// What a worker is asked, and how many bytes follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) ask: Ask,
    pub(super) body_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Compile the body, once and first.
    Compile,
    /// Run what was compiled, with the body as input. `linger` is whether to look out for the next request for a while
    /// before sleeping.
    Run { limits: Limits, seed: u64, linger: bool },
}

impl Request {
    pub(super) fn to_bytes(self) -> [u8; REQUEST_BYTES] {
        let (kind, limits, seed) = match self.ask {
            Ask::Compile => (1, [0; 7], 0),
            Ask::Run { limits, seed, linger: false } => (2, limits_as_numbers(&limits), seed),
            Ask::Run { limits, seed, linger: true } => (3, limits_as_numbers(&limits), seed),
        };
        let mut bytes = [0; REQUEST_BYTES];
        let numbers = [kind, self.body_bytes].into_iter().chain(limits).chain([seed]);
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; REQUEST_BYTES]) -> Option<Self> {
        let number = |index: usize| number_at(bytes, index * 8);
        let ask = match number(0) {
            1 => Ask::Compile,
            kind @ (2 | 3) => Ask::Run {
                limits: Limits {
                    fuel: number(2),
                    wall_time_ms: number(3),
                    memory_bytes: number(4),
                    table_elements: number(5),
                    stdout_bytes: number(6),
                    stderr_bytes: number(7),
                    host_calls: number(8),
                },
                seed: number(9),
                linger: kind == 3,
            },
            _ => return None,
        };
        Some(Self { ask, body_bytes: number(1) })
    }
}

fn limits_as_numbers(limits: &Limits) -> [u64; 7] {
    let Limits { fuel, wall_time_ms, memory_bytes, table_elements, stdout_bytes, stderr_bytes, host_calls } =
        *limits;
    [fuel, wall_time_ms, memory_bytes, table_elements, stdout_bytes, stderr_bytes, host_calls]
}

/// What a worker answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is ready for a module; the text is its `Lockdown` as JSON.
    Hello,
    /// The module is compiled.
    Compiled,
    /// It is not, and that is the guest's doing; the text is the outcome as JSON.
    Refused,
    /// The guest ended by itself, with this code.
    Exited(i32),
    /// The guest ran out of fuel.
    OutOfFuel,
    /// The guest was ended; the text is the outcome as JSON.
    Ended,
    /// The worker could not do what it was asked; the text says why.
    Failed,
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) text_bytes: u64,
    pub(super) stdout_bytes: u64,
    pub(super) stderr_bytes: u64,
    pub(super) used: u64,
    /// All but fuel and bytes written.
    pub(super) usage: Usage,
}

impl Head {
    /// An answer of text alone.
    pub(super) fn of_text(kind: Kind, text: &str) -> Self {
        let text_bytes = text.len() as u64;
        Self { kind, text_bytes, stdout_bytes: 0, stderr_bytes: 0, used: 0, usage: Usage::default() }
    }

    pub(super) fn to_bytes(&self) -> [u8; ANSWER_BYTES] {
        let (kind, code) = match self.kind {
            Kind::Hello => (1, 0),
            Kind::Compiled => (2, 0),
            Kind::Refused => (3, 0),
            Kind::Exited(code) => (4, code),
            Kind::OutOfFuel => (5, 0),
            Kind::Ended => (6, 0),
            Kind::Failed => (7, 0),
        };
        let usage = &self.usage;
        let numbers = [
            kind | (u64::from(code.cast_unsigned()) << 32),
            self.text_bytes,
            self.stdout_bytes,
            self.stderr_bytes,
            self.used,
            usage.peak_memory_bytes,
            usage.peak_table_elements,
            usage.host_calls,
            usage.wall_time_us.unwrap_or_default(),
        ];
        let mut bytes = [0; ANSWER_BYTES];
        let (places, log) = bytes.split_at_mut(ANSWER_BYTES - LOG_BYTES);
        for (place, number) in places.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        if usage.host_call_log.len() == LOG_BYTES {
            log.copy_from_slice(usage.host_call_log.as_bytes());
        }
        bytes
    }

    /// `None` when it is no head of an answer.
    pub(super) fn from_bytes(bytes: &[u8; ANSWER_BYTES]) -> Option<Self> {
        let number = |index: usize| number_at(bytes, index * 8);
        let first = number(0);
        let code = u32::try_from(first >> 32).ok()?.cast_signed();
        let kind = match first & u64::from(u32::MAX) {
            1 => Kind::Hello,
            2 => Kind::Compiled,
            3 => Kind::Refused,
            4 => Kind::Exited(code),
            5 => Kind::OutOfFuel,
            6 => Kind::Ended,
            7 => Kind::Failed,
            _ => return None,
        };
        let log = &bytes[ANSWER_BYTES - LOG_BYTES..];
        let host_call_log = if log.iter().all(|byte| *byte == 0) {
            String::new()
        } else {
            let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            String::from_utf8(log.to_vec()).ok().filter(|_| log.iter().all(is_digit))?
        };
        Some(Self {
            kind,
            text_bytes: number(1),
            stdout_bytes: number(2),
            stderr_bytes: number(3),
            used: number(4),
            usage: Usage {
                peak_memory_bytes: number(5),
                peak_table_elements: number(6),
                host_calls: number(7),
                wall_time_us: Some(number(8)),
                host_call_log,
                ..Usage::default()
            },
        })
    }
}

fn number_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes were sliced"))
}

/// Head and text of what came of a run; standard output and standard error follow.
pub(super) fn head_of(raw: &Raw) -> (Head, String) {
    let (kind, text) = match &raw.ending {
        Ending::Exit(code) => (Kind::Exited(*code), String::new()),
        Ending::OutOfFuel => (Kind::OutOfFuel, String::new()),
        Ending::Outcome(outcome) => (Kind::Ended, outcome_to_json(outcome)),
    };
    let head = Head {
        kind,
        text_bytes: text.len() as u64,
        stdout_bytes: raw.stdout.len() as u64,
        stderr_bytes: raw.stderr.len() as u64,
        used: raw.used,
        usage: raw.usage.clone(),
    };
    (head, text)
}

pub(super) fn outcome_to_json(outcome: &RunOutcome) -> String {
    serde_json::to_string(outcome).expect("an outcome holds no map with keys that are no strings")
}

/// What came of a run, if such a run can come of these limits. `elapsed_us` is what this process measured.
///
/// # Errors
/// What about it cannot be, in a few words.
pub(super) fn raw_of(
    head: Head,
    text: &[u8],
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    limits: &Limits,
    class: Class,
    elapsed_us: u64,
) -> Result<Raw, &'static str> {
    let Head { kind, used, mut usage, .. } = head;
    let ending = match kind {
        Kind::Exited(code) => Ending::Exit(code),
        Kind::OutOfFuel if used > limits.fuel => Ending::OutOfFuel,
        Kind::OutOfFuel => return Err("out of fuel without having used it up"),
        Kind::Ended => {
            let outcome = serde_json::from_slice(text).map_err(|_| "an outcome that cannot be read")?;
            if !is_possible(&outcome, limits, class) {
                return Err("an outcome that these limits do not give");
            }
            Ending::Outcome(outcome)
        }
        Kind::Hello | Kind::Compiled | Kind::Refused | Kind::Failed => return Err("no answer to a run"),
    };
    let within = used <= limits.fuel.saturating_add(1)
        && usage.peak_memory_bytes <= limits.memory_bytes
        && usage.peak_table_elements <= limits.table_elements
        && usage.host_calls <= limits.host_calls.saturating_add(1)
        && usage.host_call_log.len() == LOG_BYTES;
    if !within {
        return Err("more used than these limits allow");
    }
    usage.wall_time_us = usage.wall_time_us.map(|us| us.min(elapsed_us));
    Ok(Raw { ending, used, usage, stdout, stderr })
}

/// Whether a run under these limits can be ended like this. How it is when the guest ends by itself is not among them.
fn is_possible(outcome: &RunOutcome, limits: &Limits, class: Class) -> bool {
    let passed = |hit: &LimitHit, limit: LimitName, value: u64| {
        hit.limit == limit && hit.value == value && hit.peak > value
    };
    // A limit above what one memory or table can hold is hit by the growth past that.
    let grown = |hit: &LimitHit, limit: LimitName, value: u64, pool: usize| {
        hit.limit == limit && hit.value == value && hit.peak > value.min(pool as u64)
    };
    match outcome {
        RunOutcome::Trapped { trap } => !trap.is_empty() && is_shown_as_it_is(trap),
        RunOutcome::TimedOut(hit) => passed(hit, LimitName::WallTimeMs, limits.wall_time_ms),
        RunOutcome::MemoryExceeded(hit) => {
            grown(hit, LimitName::MemoryBytes, limits.memory_bytes, POOL_MEMORY_BYTES)
        }
        RunOutcome::TableExceeded(hit) => {
            grown(hit, LimitName::TableElements, limits.table_elements, POOL_TABLE_ELEMENTS)
        }
        RunOutcome::StackOverflow(hit) => {
            let stack = class.stack_bytes();
            hit.limit == LimitName::StackBytes && hit.value == stack && hit.peak == stack
        }
        RunOutcome::OutputExceeded(hit) => {
            passed(hit, LimitName::StdoutBytes, limits.stdout_bytes)
                || passed(hit, LimitName::StderrBytes, limits.stderr_bytes)
        }
        RunOutcome::HostCallExceeded(hit) => passed(hit, LimitName::HostCalls, limits.host_calls),
        RunOutcome::OutOfFuel(hit) => passed(hit, LimitName::Fuel, limits.fuel),
        RunOutcome::Completed
        | RunOutcome::Failed { .. }
        | RunOutcome::DeniedImport { .. }
        | RunOutcome::InvalidModule { .. }
        | RunOutcome::ModuleTooComplex { .. }
        | RunOutcome::Cancelled => false,
    }
}

/// The outcome of a module that a worker refuses to compile, if it is one that compiling can have.
pub(super) fn refusal_of(text: &[u8]) -> Option<RunOutcome> {
    let outcome: RunOutcome = serde_json::from_slice(text).ok()?;
    let possible = match &outcome {
        RunOutcome::InvalidModule { message } => is_shown_as_it_is(message),
        RunOutcome::DeniedImport { imports, also } => {
            imports.iter().chain(also).all(|text| is_shown_as_it_is(text))
        }
        other => *other == crate::scan::no_start(),
    };
    possible.then_some(outcome)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits {
        fuel: 1_000,
        wall_time_ms: 50,
        memory_bytes: 1 << 20,
        table_elements: 10,
        stdout_bytes: 100,
        stderr_bytes: 200,
        host_calls: 7,
    };

    fn used() -> Usage {
        Usage { host_call_log: "0a".repeat(32), host_calls: 3, wall_time_us: Some(40), ..Usage::default() }
    }

    fn head(kind: Kind) -> Head {
        Head { kind, text_bytes: 0, stdout_bytes: 0, stderr_bytes: 0, used: 12, usage: used() }
    }

    fn read(head: Head, text: &str) -> Result<Raw, &'static str> {
        raw_of(head, text.as_bytes(), Vec::new(), Vec::new(), &LIMITS, Class::Small, 30)
    }

    #[test]
    fn a_request_arrives_as_it_was_sent() {
        let run = |linger| Ask::Run { limits: LIMITS, seed: u64::MAX, linger };
        for ask in [Ask::Compile, run(false), run(true)] {
            let request = Request { ask, body_bytes: 77 };
            assert_eq!(Request::from_bytes(&request.to_bytes()), Some(request));
        }
        assert_eq!(Request::from_bytes(&[0; REQUEST_BYTES]), None);
    }

    #[test]
    fn an_answer_arrives_as_it_was_sent() {
        use Kind::{Compiled, Ended, Exited, Failed, Hello, OutOfFuel, Refused};
        for kind in [Hello, Compiled, Refused, Exited(-1), Exited(0), OutOfFuel, Ended, Failed] {
            let head = Head { text_bytes: 1, stdout_bytes: 2, stderr_bytes: 3, ..head(kind) };
            assert_eq!(Head::from_bytes(&head.to_bytes()), Some(head));
        }
        assert_eq!(Head::from_bytes(&[0; ANSWER_BYTES]), None);
    }

    #[test]
    fn what_came_of_a_run_is_taken_over() {
        let raw = read(head(Kind::Exited(3)), "").unwrap();
        assert_eq!((raw.ending, raw.used), (Ending::Exit(3), 12));
        assert_eq!(
            raw.usage,
            Usage { wall_time_us: Some(30), ..used() },
            "a run takes no longer than its answer"
        );
    }

    #[test]
    fn what_cannot_come_of_a_run_is_refused() {
        let with = |change: fn(&mut Head)| {
            let mut head = head(Kind::Exited(0));
            change(&mut head);
            read(head, "").err()
        };
        assert!(with(|_| ()).is_none());
        assert!(with(|head| head.used = LIMITS.fuel + 2).is_some());
        assert!(with(|head| head.usage.peak_memory_bytes = LIMITS.memory_bytes + 1).is_some());
        assert!(with(|head| head.usage.peak_table_elements = 11).is_some());
        assert!(with(|head| head.usage.host_calls = 9).is_some());
        assert!(with(|head| head.usage.host_call_log.clear()).is_some());
        assert!(with(|head| head.kind = Kind::OutOfFuel).is_some());
        for kind in [Kind::Hello, Kind::Compiled, Kind::Refused, Kind::Failed] {
            assert!(read(head(kind), "").is_err(), "{kind:?}");
        }
    }

    #[test]
    fn an_outcome_is_held_against_the_limits() {
        let ended = |outcome: &RunOutcome| read(head(Kind::Ended), &outcome_to_json(outcome)).is_ok();
        let hit = |limit, value, peak| LimitHit { limit, value, peak };
        let stack = Class::Small.stack_bytes();
        assert!(ended(&RunOutcome::TimedOut(hit(LimitName::WallTimeMs, 50, 51))));
        assert!(ended(&RunOutcome::StackOverflow(hit(LimitName::StackBytes, stack, stack))));
        assert!(ended(&RunOutcome::OutputExceeded(hit(LimitName::StderrBytes, 200, 201))));
        assert!(ended(&RunOutcome::Trapped { trap: "out of bounds memory access".to_owned() }));
        for impossible in [
            RunOutcome::TimedOut(hit(LimitName::WallTimeMs, 50, 50)),
            RunOutcome::TimedOut(hit(LimitName::WallTimeMs, 60, 61)),
            RunOutcome::TimedOut(hit(LimitName::Fuel, 50, 51)),
            RunOutcome::MemoryExceeded(hit(LimitName::MemoryBytes, 1, 2)),
            RunOutcome::StackOverflow(hit(LimitName::StackBytes, 1, 1)),
            RunOutcome::Trapped { trap: "\u{1b}[31mred".to_owned() },
            RunOutcome::Trapped { trap: String::new() },
            RunOutcome::Completed,
            RunOutcome::Cancelled,
            RunOutcome::InvalidModule { message: String::new() },
        ] {
            assert!(!ended(&impossible), "{impossible:?}");
        }
        assert!(read(head(Kind::Ended), "{").is_err());
    }

    #[test]
    fn a_refusal_is_one_that_compiling_can_have() {
        let refused = |outcome: RunOutcome| refusal_of(outcome_to_json(&outcome).as_bytes()).is_some();
        assert!(refused(RunOutcome::InvalidModule { message: "too large".to_owned() }));
        assert!(refused(crate::scan::no_start()));
        assert!(!refused(RunOutcome::Completed));
        assert!(!refused(RunOutcome::InvalidModule { message: "\u{202e}".to_owned() }));
        assert!(!refused(RunOutcome::ModuleTooComplex { limits: Vec::new(), also: Vec::new() }));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), ANSWER_BYTES), text in ".{0,60}") {
            let bytes: [u8; ANSWER_BYTES] = bytes.try_into().unwrap();
            if let Some(head) = Head::from_bytes(&bytes) {
                let _ = raw_of(head, text.as_bytes(), Vec::new(), Vec::new(), &LIMITS, Class::Small, 0);
            }
        }
    }
}
