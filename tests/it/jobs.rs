//! Jobs: code in one language, looked at by the command that people and programs use.

use serde_json::{Value, json};

use crate::support::{Bench, Ran};

fn job(bench: &Bench, args: &[&str]) -> (Ran, Value) {
    let mut all = vec!["run-job", "--no-durable", "--format", "json"];
    all.extend(args);
    let ran = bench.genesis(&all);
    let reply = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, reply)
}

fn analysis<'r>(reply: &'r Value, name: &str) -> &'r Value {
    let analyses = reply["analyses"].as_array().unwrap();
    analyses
        .iter()
        .find(|analysis| analysis["analysis"] == name)
        .unwrap_or_else(|| panic!("no {name}: {reply:#}"))
}

#[test]
fn a_surplus_end_in_elixir_is_an_error_with_its_place() {
    let bench = Bench::new();
    bench.write("foo.ex", "defmodule Foo do\n  def hello, do: :world end\nend\n");
    let (ran, reply) = job(&bench, &["--analysis", "syntax", "foo.ex"]);
    assert_eq!(ran.code, Some(1), "{reply:#}");
    assert_eq!(reply["status"], "completed");
    assert_eq!(reply["language"], "elixir");
    let place = &reply["findings"][0]["place"];
    assert_eq!((&place["file"], &place["line"]), (&json!("foo.ex"), &json!(3)), "{reply:#}");
    let syntax = analysis(&reply, "syntax");
    assert_eq!((&syntax["status"], &syntax["exact"]), (&json!("done"), &json!(false)));
    assert!(reply["usage"]["fuel"].as_u64().unwrap() > 0);
}

#[test]
fn good_code_is_clean_and_the_reply_says_what_looked_at_it() {
    let bench = Bench::new();
    bench.write("ok.js", "export function add(a, b) {\n  return a + b;\n}\n");
    let (ran, reply) = job(&bench, &["--analysis", "syntax", "ok.js"]);
    assert_eq!(ran.code, Some(0), "{reply:#}");
    assert_eq!(reply["findings"], json!([]));
    let syntax = analysis(&reply, "syntax");
    assert!(syntax["by"].as_str().unwrap().contains("oxc") && syntax["exact"] == true, "{syntax:#}");
}

#[test]
fn tests_are_run_and_counted_where_the_language_runs() {
    let bench = Bench::new();
    let code = "def add(a, b):\n    return a + b\n\n\ndef test_good():\n    assert add(1, 2) == 3\n\n\ndef test_bad():\n    assert add(1, 2) == 4\n";
    bench.write("test_add.py", code);
    let (ran, reply) = job(&bench, &["--analysis", "tests", "test_add.py"]);
    assert_eq!(ran.code, Some(1), "{reply:#}");
    let tests = &analysis(&reply, "tests")["tests"];
    assert_eq!(*tests, json!({ "passed": 1, "failed": 1, "errored": 0, "skipped": 0 }));
    assert_eq!(reply["findings"][0]["place"]["line"], 10, "{reply:#}");
}

#[test]
fn no_test_is_no_success() {
    let bench = Bench::new();
    bench.write("empty.py", "x = 1\n");
    let (ran, reply) = job(&bench, &["--analysis", "tests", "empty.py"]);
    assert_eq!(ran.code, Some(1), "{reply:#}");
    assert_eq!(reply["findings"][0]["code"], "C0303", "{reply:#}");
}

#[test]
fn what_nobody_does_is_unsupported_and_never_a_number() {
    let bench = Bench::new();
    bench.write("app.ex", "defmodule App do\nend\n");
    let (ran, reply) = job(&bench, &["--analysis", "tests", "app.ex"]);
    assert_eq!((ran.code, &reply["status"]), (Some(3), &json!("unsupported")), "{reply:#}");
    assert!(reply["error"].as_str().unwrap().contains("parsed, not run"), "{reply:#}");
    assert_eq!(analysis(&reply, "tests")["tests"], Value::Null);
    // Beside what can be done it is said, and the rest is done.
    let (ran, reply) = job(&bench, &["app.ex"]);
    assert_eq!((ran.code, &reply["status"]), (Some(0), &json!("completed")), "{reply:#}");
    assert_eq!(analysis(&reply, "tests")["status"], "unsupported");
    assert_eq!(analysis(&reply, "security")["status"], "done");
}

#[test]
fn a_dangerous_call_is_found_by_structure_and_not_in_a_comment() {
    let bench = Bench::new();
    bench.write("safe.py", "# eval(x) is bad\nTEXT = \"eval(x)\"\n");
    let (ran, reply) = job(&bench, &["--analysis", "security", "safe.py"]);
    assert_eq!(ran.code, Some(0), "{reply:#}");
    assert!(analysis(&reply, "security")["rules"].as_u64().unwrap() > 3, "{reply:#}");
    bench.write("bad.py", "def run(text):\n    return eval(text)\n");
    let (ran, reply) = job(&bench, &["--analysis", "security", "bad.py"]);
    assert_eq!(ran.code, Some(1), "{reply:#}");
    let finding = &reply["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["place"]["line"]),
        (&json!("python-eval"), &json!(2)),
        "{reply:#}"
    );
}

#[test]
fn an_endless_loop_is_stopped_by_name_and_the_job_has_failed() {
    let bench = Bench::new();
    bench.write("loop.test.js", "test('never ends', () => { for (;;) {} });\n");
    bench.write(
        "tight.toml",
        "name = \"tight\"\nextends = \"default\"\n[limits.guest.run-tests]\nfuel = 500_000_000\n",
    );
    let (ran, reply) = job(&bench, &["--analysis", "tests", "--policy", "tight.toml", "loop.test.js"]);
    assert_eq!((ran.code, &reply["status"]), (Some(3), &json!("failed")), "{reply:#}");
    assert_eq!(analysis(&reply, "tests")["outcome"], "out_of_fuel");
    let error = reply["error"].as_str().unwrap();
    assert!(
        error.contains("it takes more steps than it is allowed (the limit fuel is 500000000)"),
        "{reply:#}"
    );
}

/// The standard library of Python recurses in C, where the interpreter does not count: the sandbox's stack is what ends it.
#[test]
fn a_nesting_that_ends_at_the_sandboxs_stack_is_said_in_words() {
    let bench = Bench::new();
    bench.write("deep.py", "import json\njson.loads('[' * 100_000)\n");
    let (ran, reply) = job(&bench, &["--analysis", "tests", "deep.py"]);
    assert_eq!((ran.code, &reply["status"]), (Some(3), &json!("failed")), "{reply:#}");
    assert_eq!(analysis(&reply, "tests")["outcome"], "stack_overflow");
    let error = reply["error"].as_str().unwrap();
    assert!(
        error.contains("it nests or calls itself deeper than its stack holds (the limit stack_bytes is"),
        "{reply:#}"
    );
}

#[test]
fn the_same_job_is_answered_from_the_ledger_and_another_under_its_id_is_refused() {
    let bench = Bench::new();
    bench.write("a.py", "x = 1\n");
    bench.write("b.py", "x = 2\n");
    let (first, _) = job(&bench, &["--id", "job-1", "--analysis", "syntax", "a.py"]);
    let (second, _) = job(&bench, &["--id", "job-1", "--analysis", "syntax", "a.py"]);
    assert_eq!(first.stdout, second.stdout);
    assert!(
        !first.stderr.contains("recorded already") && second.stderr.contains("recorded already"),
        "{second:?}"
    );
    let other = bench.genesis(&["run-job", "--no-durable", "--id", "job-1", "--analysis", "syntax", "b.py"]);
    assert_eq!(other.code, Some(2), "{other:?}");
    assert!(other.stderr.contains("CONFLICT"), "{other:?}");
}

#[test]
fn two_runs_of_a_job_reply_with_the_same_bytes() {
    let bench = Bench::new();
    bench.write(
        "x.ts",
        "const a: number = 1;\ntest('one', () => { expect(a).toBe(1); console.log(Math.random()); });\n",
    );
    let one = bench.genesis(&["run-job", "--dry-run", "--id", "x", "--format", "json", "x.ts"]);
    let two = bench.genesis(&["run-job", "--dry-run", "--id", "x", "--format", "json", "x.ts"]);
    assert_eq!(one.code, Some(0), "{one:?}");
    assert_eq!(one.stdout, two.stdout);
}

#[test]
fn a_request_that_cannot_be_taken_says_what_is_wrong() {
    let bench = Bench::new();
    let refused = |request: &Value, words: &str| {
        bench.template("request.json", request);
        let ran = bench.genesis(&["run-job", "--json", "request.json"]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    };
    refused(&json!({}), "missing required fields: id, code, language");
    refused(&json!({ "id": "1", "code": 7, "language": "go" }), "code must be a string");
    refused(&json!({ "id": "1", "code": "", "language": "go" }), "code cannot be empty");
    refused(&json!({ "id": "1", "code": "x", "language": "brainfuck" }), "unsupported language");
    refused(
        &json!({ "id": "1", "code": "x", "language": "go", "analysis_type": "vibes" }),
        "invalid analysis_type",
    );
}
