//! Every built-in guest gives the same run whatever the host is doing: compiled anew or taken from the cache, in this
//! process or another, on one core or the other, alone or beside others, with memory to spare or without.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use genesis_abi::{
    ABI_VERSION, Analysis, CaseFile, CodeInput, Input, ModuleLimits, RenderInput, Subject, TemplateText,
    Usage, ValidateInput,
};
use genesis_guests::Guest as BuiltIn;
use genesis_policy::Policy;
use genesis_sandbox::{Cancel, Class, Guest, Sandbox, SandboxConfig, WorkerCommand, WorkerConfig, inspect};
use serde_json::Value;

use crate::support::{Bench, greeting, project};

const SEED: u64 = 7;

/// What must be the same: how it ended, what it used, which calls it made, what it wrote.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    outcome: String,
    usage: Usage,
    stdout: Vec<u8>,
}

/// How often each setting is tried.
struct Times {
    cold: usize,
    warm: usize,
    beside_others: usize,
    under_pressure: usize,
    other_process: usize,
    in_worker: usize,
    each_core: usize,
}

/// Fifty and some: what a small guest can afford in every test run.
const FIFTY: Times = Times {
    cold: 1,
    warm: 25,
    beside_others: 10,
    under_pressure: 10,
    other_process: 2,
    in_worker: 2,
    each_core: 1,
};
/// Guests that are tried fifty times in every test run; the others take too long to compile, so `cargo xtask soak` tries them.
const SMALL: [&str; 3] = ["validate-template", "render-template", "run-javascript"];

#[test]
fn small_guests_give_one_run_fifty_times_over() {
    for name in SMALL {
        let guest = genesis_guests::guest(name).unwrap();
        assert!(guest.missing().is_none(), "{name} is not part of this build: {:?}", guest.missing());
        let runs = same_everywhere(guest, &FIFTY);
        assert!(runs >= 50, "{name}: {runs} runs");
    }
}

#[test]
#[ignore = "soak: compiles every guest anew"]
fn every_guest_gives_one_run_fifty_times_over() {
    let times = Times {
        cold: 2,
        warm: 20,
        beside_others: 10,
        under_pressure: 10,
        other_process: 4,
        in_worker: 2,
        each_core: 2,
    };
    let (mut guests, mut runs) = (0, 0);
    for guest in genesis_guests::ALL.iter().filter(|guest| guest.missing().is_none()) {
        let of_this = same_everywhere(guest, &times);
        assert!(of_this >= 50, "{}: {of_this} runs", guest.name);
        (guests, runs) = (guests + 1, runs + of_this);
    }
    println!("SOAK determinism {runs} the same fuel, report and host-call log, {guests} guests");
}

/// Runs a guest in every setting and compares; how many runs that were.
fn same_everywhere(guest: &'static BuiltIn, times: &Times) -> usize {
    let stage = Stage::new(guest);
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("guests");
    let warm = Sandbox::new(SandboxConfig { slots: 3, cache_dir: Some(cache) }).unwrap();
    let loaded = stage.load(&warm);
    let first = stage.run(&warm, &loaded);
    assert_eq!(first.outcome, "completed", "{}: {}", guest.name, String::from_utf8_lossy(&first.stdout));
    assert!(first.usage.fuel > 0 && first.usage.host_calls > 0, "{}: {:?}", guest.name, first.usage);
    let mut runs = 1;
    let mut same = |setting: &str, seen: &Seen| {
        assert_eq!(seen.usage, first.usage, "{}, {setting}", guest.name);
        assert!(*seen == first, "{}, {setting}: it wrote something else", guest.name);
        runs += 1;
    };

    for _ in 0..times.warm {
        same("warm", &stage.run(&warm, &loaded));
    }
    for _ in 0..times.cold {
        let cold = Sandbox::new(SandboxConfig { slots: 1, cache_dir: None }).unwrap();
        same("compiled anew", &stage.run(&cold, &stage.load(&cold)));
    }
    thread::scope(|scope| {
        let beside = || (0..times.beside_others).map(|_| stage.run(&warm, &loaded)).collect::<Vec<_>>();
        let threads = [scope.spawn(beside), scope.spawn(beside)];
        for thread in threads {
            thread.join().unwrap().iter().for_each(|seen| same("beside another", seen));
        }
    });
    under_pressure(|| {
        for _ in 0..times.under_pressure {
            same("under memory pressure", &stage.run(&warm, &loaded));
        }
    });
    for _ in 0..times.other_process {
        same("in another process", &stage.run_in_process(None));
    }
    for seen in stage.run_in_worker(&warm, times.in_worker) {
        same("in a worker", &seen);
    }
    for core in cores().into_iter().flat_map(|core| std::iter::repeat_n(core, times.each_core)) {
        same("on a core of its own", &stage.run_in_process(Some(core)));
    }
    runs
}

/// A guest with its input, and a place for processes.
struct Stage {
    guest: &'static BuiltIn,
    input: Vec<u8>,
    policy: Policy,
    bench: Bench,
}

impl Stage {
    fn new(guest: &'static BuiltIn) -> Self {
        let bench = Bench::new();
        // The limits of the guests that take the most, whatever a guest is called.
        let text = "name = \"roomy\"\nextends = \"default\"\n[limits]\nclass = \"large\"\nfuel = 20_000_000_000\n\
                    wall_time_ms = \"5 min\"\nmemory_bytes = \"512 MiB\"\n";
        bench.write("roomy.toml", text);
        let policy = Policy::load("roomy.toml", &|_| Ok(text.to_owned()), None).unwrap();
        let input = input_of(guest);
        bench.write("input.json", &input);
        Self { guest, input, policy, bench }
    }

    fn load(&self, sandbox: &Sandbox) -> Guest {
        sandbox.load_trusted(self.guest.digest, || self.guest.wasm().into(), Class::Large).unwrap()
    }

    fn run(&self, sandbox: &Sandbox, guest: &Guest) -> Seen {
        let limits = self.policy.limits_for(self.guest.name);
        let run = sandbox.run(guest, &self.input, &limits, SEED, &Cancel::new()).unwrap();
        Seen {
            outcome: run.outcome.name().to_owned(),
            usage: run.usage.without_wall_time(),
            stdout: run.stdout,
        }
    }

    /// The same as a guest of a stranger's would run. One that is set up before it is compiled is not one of those.
    fn run_in_worker(&self, sandbox: &Sandbox, times: usize) -> Vec<Seen> {
        let wasm = self.guest.wasm();
        let exports = inspect(&wasm).unwrap().exports;
        if times == 0 || exports.iter().any(|export| export == "wizer-initialize") {
            return Vec::new();
        }
        let config = WorkerConfig {
            command: WorkerCommand {
                program: env!("CARGO_BIN_EXE_genesis").into(),
                arguments: vec!["worker".into()],
            },
            workers: 1,
            compile_time_ms: 600_000,
            largest: self.policy.limits_for(self.guest.name),
            required: false,
        };
        let unmeasured = ModuleLimits::of(|_| u64::MAX);
        let guest = sandbox.load_in_worker(&wasm, Class::Large, &unmeasured, &config).unwrap().unwrap();
        assert!(guest.lockdown().is_some());
        (0..times).map(|_| self.run(sandbox, &guest)).collect()
    }

    /// The same through the program, held to one core when one is named. It shows the report and not its bytes, so what it
    /// says is put into the bytes that guests write.
    fn run_in_process(&self, core: Option<usize>) -> Seen {
        let args = ["run", self.guest.name, "-i", "input.json", "--policy", "roomy.toml", "--seed", "7"];
        let mut command = self.bench.command(&args);
        if let Some(core) = core {
            let mut held = Command::new("taskset");
            held.args(["-c", &core.to_string()]).arg(command.get_program()).args(command.get_args());
            held.current_dir(self.bench.path());
            for (name, value) in command.get_envs() {
                match value {
                    Some(value) => held.env(name, value),
                    None => held.env_remove(name),
                };
            }
            command = held;
        }
        let output = command.output().unwrap();
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let number = |key: &str| shown["usage"][key].as_u64().unwrap();
        assert_eq!(shown["stderr"], "", "{}", self.guest.name);
        let usage = Usage {
            fuel: number("fuel"),
            peak_memory_bytes: number("peak_memory_bytes"),
            peak_table_elements: number("peak_table_elements"),
            stdout_bytes: number("stdout_bytes"),
            stderr_bytes: number("stderr_bytes"),
            host_calls: number("host_calls"),
            host_call_log: shown["usage"]["host_call_log"].as_str().unwrap().to_owned(),
            wall_time_us: None,
        };
        let here = Sandbox::new(SandboxConfig {
            slots: 1,
            cache_dir: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests")),
        })
        .unwrap();
        let here = self.run(&here, &self.load(&here));
        let report: Value = serde_json::from_slice(&here.stdout).unwrap();
        assert_eq!(report["data"], shown["report"]["data"], "{}", self.guest.name);
        let findings = |of: &Value| of["findings"].as_array().unwrap().len();
        assert_eq!(findings(&report), findings(&shown["report"]), "{}", self.guest.name);
        Seen { outcome: shown["outcome"].as_str().unwrap().to_owned(), usage, stdout: here.stdout }
    }
}

/// Something for a guest to do, which it completes.
fn input_of(guest: &BuiltIn) -> Vec<u8> {
    let template = TemplateText {
        path: "t.json".to_owned(),
        text: greeting("1.0.0").to_string(),
        ..TemplateText::default()
    };
    let subject = match (guest.name, guest.languages.first()) {
        ("validate-template", _) => Subject::Template(ValidateInput {
            template,
            baseline: None,
            profile: "standard".to_owned(),
            promoted: Vec::new(),
        }),
        ("render-template", _) => Subject::Render(RenderInput {
            template,
            answers: serde_json::json!({ "loud": true }).as_object().unwrap().clone(),
            output_bytes: 1 << 20,
        }),
        (name, Some(language)) if guest.analyses.contains(&"run") => {
            let sample = project(&format!("tests/code-run/{language}/passing.json"));
            let sample: Value = serde_json::from_str(&std::fs::read_to_string(sample).expect(name)).unwrap();
            return serde_json::to_vec(&sample["input"]).unwrap();
        }
        (name, language) => {
            let language = language.unwrap_or_else(|| panic!("nothing is known to give {name}"));
            let folder = project(&format!("sandbox-guests/code/tests/samples/{language}"));
            let mut samples: Vec<PathBuf> =
                std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            samples.sort();
            let files = samples
                .iter()
                .filter(|path| path.extension().is_some_and(|extension| extension != "toml"))
                .map(|path| CaseFile {
                    path: path.file_name().unwrap().to_str().unwrap().to_owned(),
                    text: std::fs::read_to_string(path).unwrap(),
                });
            Subject::Code(CodeInput {
                analysis: Analysis::Syntax,
                language: (*language).to_owned(),
                files: files.collect(),
                rules: Vec::new(),
                tests: Vec::new(),
                texts: Vec::new(),
                answers: serde_json::Map::new(),
            })
        }
    };
    serde_json::to_vec(&Input { abi: ABI_VERSION, read: None, subject }).unwrap()
}

/// Does something while another thread takes, dirties and gives back memory as fast as it can.
fn under_pressure(work: impl FnOnce()) {
    const TAKEN_BYTES: usize = 256 << 20;
    const PAGE_BYTES: usize = 4096;
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut sum = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                let mut taken = vec![0_u8; TAKEN_BYTES];
                for at in (0..TAKEN_BYTES).step_by(PAGE_BYTES) {
                    taken[at] = 1;
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
                sum += u64::from(taken[0]);
            }
            sum
        });
        // Also when the work panics: the scope waits for the thread.
        let _stops = Stops(&stop);
        work();
    });
}

struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Two cores that this process may use, when there is a program that holds another to one.
#[expect(clippy::print_stdout, reason = "a test that leaves something out says so")]
fn cores() -> Vec<usize> {
    let held = Command::new("taskset").args(["-c", "0", "true"]).status();
    if !held.is_ok_and(|status| status.success()) {
        println!("skipped: no taskset here holds a process to core 0");
        return Vec::new();
    }
    let count = thread::available_parallelism().map_or(1, usize::from);
    (0..count.min(2)).collect()
}
