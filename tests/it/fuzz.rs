//! Hostile bytes: the corpus of each fuzzing target, and random inputs made from it.
//!
//! The targets are those of `tests/fuzz`, where libFuzzer drives them. An input that broke a law is kept in the corpus, so
//! it is tried here ever after.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::project;

#[expect(unreachable_pub, reason = "in tests/fuzz the same files are a library's")]
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use targets::ALL;

/// Seconds that one target is tried in the long counts, unless `GENESIS_FUZZ_SECONDS` says otherwise.
const SECONDS: u64 = 60;

/// An input that takes longer hangs. Each takes milliseconds; a busy machine has reserve.
const HANGS_AFTER: Duration = Duration::from_mins(1);

/// Memory by which the process may grow after the first fifth of the time.
const MOST_GROWTH_BYTES: u64 = 256 << 20;

#[test]
fn no_input_of_the_corpus_breaks_a_law() {
    for (name, target) in ALL {
        let corpus = corpus(name);
        assert!(corpus.len() >= 3, "{name} has {} inputs", corpus.len());
        for (path, input) in corpus {
            let tried = catch_unwind(AssertUnwindSafe(|| target(&input)));
            assert!(tried.is_ok(), "{} breaks a law of {name}", path.display());
        }
    }
}

#[test]
fn some_inputs_made_from_the_corpus_break_no_law() {
    for (name, target) in ALL {
        let mut maker = Maker::new(name, 1);
        for count in 0..60 {
            let input = maker.next();
            let tried = catch_unwind(AssertUnwindSafe(|| target(&input)));
            assert!(tried.is_ok(), "input {count} of {name} breaks a law: {}", kept(name, &input).display());
        }
    }
}

/// A target whose inputs are all refused at the door would find nothing.
#[test]
fn most_modules_that_are_made_are_run_and_end_in_many_ways() {
    let mut maker = Maker::new("modules", 2);
    let mut ends = BTreeMap::<&str, u32>::new();
    for _ in 0..200 {
        if let Some(outcome) = targets::modules::outcome(&maker.next()) {
            *ends.entry(outcome.name()).or_default() += 1;
        }
    }
    let run: u32 = ["failed", "trapped", "out_of_fuel", "stack_overflow", "memory_exceeded"]
        .iter()
        .filter_map(|name| ends.get(name))
        .sum();
    assert!(run >= 50 && ends.len() >= 5, "{ends:?}");
}

#[test]
fn every_target_has_a_program_for_libfuzzer() {
    let manifest = std::fs::read_to_string(project("tests/fuzz/Cargo.toml")).unwrap();
    for (name, _) in ALL {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
        let program =
            std::fs::read_to_string(project(&format!("tests/fuzz/fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("targets::{name}::{name}(data)")), "{name}: {program}");
    }
}

macro_rules! soak {
    ($($test:ident $name:literal),* $(,)?) => {$(
        #[test]
        #[ignore = "soak: random inputs for a minute"]
        fn $test() {
            long($name);
        }
    )*};
}

soak! {
    many_histories_break_no_law "history",
    many_jobs_break_no_law "jobs",
    many_locks_break_no_law "locks",
    many_modules_break_no_law "modules",
    many_policies_break_no_law "policies",
    many_reports_break_no_law "reports",
    many_rules_break_no_law "rules",
    many_templates_break_no_law "templates",
}

#[test]
fn every_target_is_soaked() {
    let source = std::fs::read_to_string(project("tests/it/fuzz.rs")).unwrap();
    for (name, _) in ALL {
        assert!(source.contains(&format!("_break_no_law \"{name}\",")), "{name}");
    }
}

#[expect(clippy::disallowed_methods, reason = "how long to try is asked for by a variable, and is a time")]
#[expect(clippy::print_stdout, reason = "a long count says what it counted")]
fn long(name: &'static str) {
    let (_, target) = ALL.into_iter().find(|(known, _)| *known == name).unwrap();
    let seconds = std::env::var("GENESIS_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let seconds = seconds.unwrap_or(SECONDS);
    let time = Duration::from_secs(seconds);
    let started = Instant::now();
    let mut maker = Maker::new(name, u64::from(std::process::id()));
    let watch = Watch::start(name);
    let (mut count, mut resident) = (0_u64, None);
    while started.elapsed() < time {
        let input = maker.next();
        watch.begin(&input);
        let tried = catch_unwind(AssertUnwindSafe(|| target(&input)));
        assert!(tried.is_ok(), "input {count} breaks a law: {}", kept(name, &input).display());
        count += 1;
        if resident.is_none() && started.elapsed() > time / 5 {
            resident = Some(resident_bytes());
        }
    }
    watch.end();
    let before = resident.expect("the time has a fifth");
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < MOST_GROWTH_BYTES, "grown by {grown} bytes after {before}");
    println!(
        "SOAK fuzz-{name} {count} no panic, no hang, the same twice, grown by {} MiB; {seconds} s of inputs made from \
         the corpus, without coverage",
        grown >> 20
    );
}

/// Inputs of a target that are kept.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = project("tests/fuzz/corpus").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Keeps an input that broke a law, under a name by its content.
fn kept(name: &str, input: &[u8]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let path = project("tests/fuzz/corpus").join(name).join(format!("found-{:016x}", hasher.finish()));
    std::fs::write(&path, input).unwrap();
    path
}

/// Ends the process, with the input kept, when one takes too long: a loop cannot be interrupted.
struct Watch(Arc<(Mutex<Watched>, Condvar)>);

#[derive(Default)]
struct Watched {
    input: Vec<u8>,
    count: u64,
    over: bool,
}

impl Watch {
    fn start(name: &'static str) -> Self {
        let shared = Arc::new((Mutex::new(Watched::default()), Condvar::new()));
        let watched = Arc::clone(&shared);
        thread::spawn(move || {
            let (state, changed) = &*watched;
            let mut state = state.lock().unwrap();
            while !state.over {
                let count = state.count;
                let waited =
                    changed.wait_timeout_while(state, HANGS_AFTER, |now| now.count == count && !now.over);
                let (now, timeout) = waited.unwrap();
                state = now;
                if timeout.timed_out() {
                    let hanging = kept(name, &state.input);
                    let _ = std::io::Write::write_fmt(
                        &mut std::io::stderr(),
                        format_args!("an input hangs: {}\n", hanging.display()),
                    );
                    std::process::abort();
                }
            }
        });
        Self(shared)
    }

    fn begin(&self, input: &[u8]) {
        let mut state = self.0.0.lock().unwrap();
        state.input = input.to_vec();
        state.count += 1;
        // Not told: the watcher wakes by its own clock, and sees that the count has moved on.
    }

    fn end(&self) {
        self.0.0.lock().unwrap().over = true;
        self.0.1.notify_all();
    }
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() << 10
}

/// Makes inputs: those of the corpus changed in some places, and bytes without any shape.
struct Maker {
    corpus: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    state: u64,
}

impl Maker {
    fn new(name: &str, seed: u64) -> Self {
        let corpus: Vec<Vec<u8>> = corpus(name).into_iter().map(|(_, input)| input).collect();
        // What the corpus is made of: its words, and the signs between them.
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let mut words: Vec<Vec<u8>> = corpus
            .iter()
            .flat_map(|input| input.chunk_by(move |a, b| word(a) == word(b)))
            .filter(|word| word.len() <= 24)
            .map(<[u8]>::to_vec)
            .collect();
        words.sort();
        words.dedup();
        for more in
            ["\u{0}", "\u{202e}", "{{", "}}", "18446744073709551616", "-1", "1e999", "\\u0000", "[[", "\n"]
        {
            words.push(more.as_bytes().to_vec());
        }
        words.push(vec![0xff]);
        Self { corpus, words, state: seed }
    }

    fn next(&mut self) -> Vec<u8> {
        if self.below(8) == 0 {
            let length = self.below(2048);
            return (0..length).map(|_| self.byte()).collect();
        }
        let mut input = self.seed();
        for _ in 0..=self.below(8) {
            self.change(&mut input);
        }
        input.truncate(64 << 10);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let span = at..(at + self.below(32)).min(input.len());
        match self.below(7) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = self.byte(),
            2 => drop(input.drain(span)),
            3 => {
                let word = self.word();
                drop(input.splice(span, word));
            }
            4 => {
                let word = self.word();
                drop(input.splice(at..at, word));
            }
            5 => {
                // Deep or long: a piece of it many times over.
                let piece = input[span].to_vec();
                let times = self.below(64);
                drop(input.splice(at..at, piece.repeat(times)));
            }
            _ => {
                let other = self.seed();
                let from = self.below(other.len() + 1);
                let to = (from + self.below(512)).min(other.len());
                drop(input.splice(at..at, other[from..to].iter().copied()));
            }
        }
    }

    fn seed(&mut self) -> Vec<u8> {
        let at = self.below(self.corpus.len());
        self.corpus[at].clone()
    }

    fn word(&mut self) -> Vec<u8> {
        let at = self.below(self.words.len());
        self.words[at].clone()
    }

    fn byte(&mut self) -> u8 {
        self.random().to_le_bytes()[7]
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random() % (bound.max(1) as u64)).unwrap()
    }

    /// SplitMix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
