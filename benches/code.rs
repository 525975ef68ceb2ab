//! What it costs to look at code inside the sandbox, beside the same work outside: a parser linked natively, and the
//! interpreters of this machine in processes of their own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use genesis_abi::{ABI_VERSION, Analysis, CaseFile, CodeInput, Input, Subject};
use genesis_policy::Policy;
use genesis_sandbox::{Cancel, Class, Guest, Sandbox, SandboxConfig};

/// A thousand lines of Python.
fn thousand_lines() -> String {
    let ten = "class Store:\n    \"\"\"Keeps things.\"\"\"\n\n    def put(self, name, value=None):\n        if not name:\n            raise ValueError(\"a name is needed\")\n        self.things[name] = value\n        return [key for key in self.things if key != name]\n\n\n";
    ten.repeat(100)
}

fn input(analysis: Analysis, language: &str, path: &str, text: String) -> Vec<u8> {
    let file = vec![CaseFile { path: path.to_owned(), text }];
    let (files, tests) = if analysis == Analysis::Run { (Vec::new(), file) } else { (file, Vec::new()) };
    let subject = Subject::Code(CodeInput {
        analysis,
        language: language.to_owned(),
        files,
        rules: Vec::new(),
        tests,
        texts: Vec::new(),
        answers: serde_json::Map::new(),
    });
    serde_json::to_vec(&Input { abi: ABI_VERSION, read: None, subject }).expect("it is JSON")
}

fn code(criterion: &mut Criterion) {
    let cache_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-guests"));
    let sandbox = Sandbox::new(SandboxConfig { slots: 2, cache_dir }).expect("the sandbox can be set up");
    let policy = Policy::load("default", &|_| Err(String::new()), None).expect("the embedded policy is good");
    let load = |guest: &genesis_guests::Guest| {
        let loaded = sandbox.load_trusted(guest.digest, || guest.wasm().into(), Class::Large);
        loaded.expect("a built-in guest compiles")
    };
    let limits = policy.limits_for("check-syntax");
    let run = |guest: &Guest, input: &[u8]| {
        let run = sandbox.run(guest, input, &limits, 0, &Cancel::new()).expect("the host works");
        assert!(run.outcome.is_completed(), "{:?}", run.outcome);
    };

    let mut group = criterion.benchmark_group("syntax_1000_lines");
    let text = thousand_lines();
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).expect("the grammar is of this version");
    group.bench_function("outside", |bencher| bencher.iter(|| parser.parse(&text, None).expect("it parses")));
    let guest = load(&genesis_guests::CODE_PYTHON);
    let given = input(Analysis::Syntax, "python", "store.py", text.clone());
    group.bench_function("sandboxed", |bencher| bencher.iter(|| run(&guest, &given)));
    group.finish();

    let mut group = criterion.benchmark_group("javascript_hello");
    let given = input(
        Analysis::Run,
        "javascript",
        "a.test.js",
        "test('hello', () => console.log('hello'));".to_owned(),
    );
    process(&mut group, "node", "console.log('hello')");
    let guest = load(&genesis_guests::RUN_JAVASCRIPT);
    group.bench_function("sandboxed", |bencher| bencher.iter(|| run(&guest, &given)));
    group.finish();

    let mut group = criterion.benchmark_group("python_hello");
    let given =
        input(Analysis::Run, "python", "test_a.py", "def test_hello():\n    print('hello')\n".to_owned());
    process(&mut group, "python3", "print('hello')");
    if genesis_guests::RUN_PYTHON.missing().is_none() {
        let guest = load(&genesis_guests::RUN_PYTHON);
        group.bench_function("sandboxed", |bencher| bencher.iter(|| run(&guest, &given)));
    }
    group.finish();
}

/// The interpreter of this machine, where there is one.
fn process(group: &mut BenchmarkGroup<'_, WallTime>, program: &str, code: &str) {
    let flag = if program == "node" { "-e" } else { "-c" };
    let hello = || {
        let status = Command::new(program).args([flag, code]).stdout(Stdio::null()).status()?;
        Ok::<_, std::io::Error>(status.success())
    };
    if hello().is_ok_and(|success| success) {
        group.sample_size(20);
        group.bench_function("outside", |bencher| bencher.iter(|| hello().expect("it ran a moment ago")));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = code
}
criterion_main!(benches);
