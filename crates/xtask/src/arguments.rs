//! The command line: words to a [`Task`].

use std::ffi::OsString;

use crate::{bench, fuzz};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Prepares a machine, builds, tests and checks the project.

Usage: cargo xtask TASK

  genesis [ARGS]      prepare, build the release program and run it here with ARGS
                      (`cargo genesis ARGS` is the same)
  setup               install what building and testing need: toolchain parts, crates, tools
  test [FILTER]       prepare, then doc tests and all tests; with FILTER (anything that
                      `cargo nextest run` takes) only the tests that match
  ci                  formatting, lints, docs, licences, tests; stops at the first failure
                      and says how to repeat it
  soak [FILTER]       the long counts; writes tests/soak.md, with a FILTER only its rows
                      (GENESIS_FUZZ_SECONDS=N tries each kind of hostile bytes for N
                      seconds instead of 60)
  fuzz [TARGET]       hostile bytes found by coverage, with libFuzzer; never part of ci
      --seconds N       how long for each target [600]
  bench [OPTIONS] [FILTER]
                      the benchmarks, as times and as ratios to one of them
      --baseline NAME   the benchmark to compare with [validate_20KB/outside]
      --write           put the ratios between the markers in README.md
      --peers           instead: the validator in the sandbox, in Extism, wasmer and wasmi,
                        and in processes, in turns; writes benches/peers/results.md
  guests              build the guests that cargo does not build: the one that runs Python
  digests             compare the built guests with sandbox-guests/digests.toml
      --write           and write that file anew

Examples:
  cargo genesis run-experiment examples/python-service/1.0.0.json
  cargo xtask test laws
  cargo xtask test --package genesis-policy
  cargo xtask bench --write
";

/// The baseline that ratios are given to unless another is named.
const BASELINE: &str = "validate_20KB/outside";

/// Seconds for which a target is fuzzed unless another number is named.
const SECONDS: u64 = 600;

/// One thing to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Print [`HELP`].
    Help,
    /// Build and run the program with these arguments.
    Genesis(Vec<OsString>),
    /// Install what is missing.
    Setup,
    /// Run the tests that these arguments of the runner choose; all of them when there are none.
    Test(Vec<String>),
    /// Run every check.
    Ci,
    /// Run the long counts that these arguments of the runner choose.
    Soak(Vec<String>),
    /// Fuzz with coverage.
    Fuzz(fuzz::Request),
    /// Run the benchmarks.
    Bench(bench::Request),
    /// Build the guests that cargo does not build.
    Guests,
    /// Compare the guests' digests with the committed ones.
    Digests {
        /// Write the committed ones anew.
        write: bool,
    },
}

/// Turns the words after the program's name into a task, or says in a fragment what is wrong with them.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let mut words = words.into_iter();
    let Some(task) = words.next() else { return Ok(Task::Help) };
    // The program's arguments are its own, `--help` and bytes that are not text among them.
    if task == "genesis" {
        return Ok(Task::Genesis(words.collect()));
    }
    let task = text(task)?;
    let rest = words.map(text).collect::<Result<Vec<_>, _>>()?;
    if matches!(task.as_str(), "help" | "--help" | "-h")
        || rest.iter().any(|word| word == "--help" || word == "-h")
    {
        return Ok(Task::Help);
    }
    match task.as_str() {
        "setup" => none(&task, &rest).map(|()| Task::Setup),
        "test" => Ok(Task::Test(rest)),
        "ci" => none(&task, &rest).map(|()| Task::Ci),
        "soak" => Ok(Task::Soak(rest)),
        "guests" => none(&task, &rest).map(|()| Task::Guests),
        "fuzz" => fuzz_request(rest).map(Task::Fuzz),
        "bench" => bench_request(rest).map(Task::Bench),
        "digests" => match rest.as_slice() {
            [] => Ok(Task::Digests { write: false }),
            [flag] if flag == "--write" => Ok(Task::Digests { write: true }),
            [other, ..] => Err(format!("`digests` takes only `--write`, not `{other}`")),
        },
        other => Err(format!("there is no task `{other}`")),
    }
}

fn fuzz_request(words: Vec<String>) -> Result<fuzz::Request, String> {
    let mut request = fuzz::Request { target: None, seconds: SECONDS };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => {
                let seconds = words.next().and_then(|word| word.parse().ok()).filter(|seconds| *seconds > 0);
                request.seconds = seconds.ok_or("`--seconds` wants a number above 0")?;
            }
            option if option.starts_with('-') => return Err(format!("`fuzz` has no option `{option}`")),
            _ if request.target.is_some() => return Err("`fuzz` takes one target".to_owned()),
            _ => request.target = Some(word),
        }
    }
    Ok(request)
}

fn bench_request(words: Vec<String>) -> Result<bench::Request, String> {
    let mut request =
        bench::Request { baseline: BASELINE.to_owned(), write: false, peers: false, filter: None };
    let mut compared = false;
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--write" => request.write = true,
            "--peers" => request.peers = true,
            "--baseline" => {
                compared = true;
                request.baseline = words.next().ok_or("`--baseline` wants the name of a benchmark")?;
            }
            option if option.starts_with('-') => return Err(format!("`bench` has no option `{option}`")),
            _ if request.filter.is_some() => return Err("`bench` takes one filter".to_owned()),
            _ => request.filter = Some(word),
        }
    }
    if request.peers && (compared || request.filter.is_some()) {
        return Err("`bench --peers` measures all of them, and compares with the native call".to_owned());
    }
    // A filtered run would leave rows of the table unmeasured.
    if request.write && request.filter.is_some() {
        return Err("`bench --write` wants all benchmarks, not a filter".to_owned());
    }
    Ok(request)
}

fn none(task: &str, rest: &[String]) -> Result<(), String> {
    match rest.first() {
        None => Ok(()),
        Some(word) => Err(format!("`{task}` takes no arguments, not `{word}`")),
    }
}

fn text(word: OsString) -> Result<String, String> {
    word.into_string().map_err(|word| format!("{} is not text", word.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_programs_own_help_is_not_taken_from_it() {
        assert_eq!(parsed("genesis check --help"), Ok(Task::Genesis(vec!["check".into(), "--help".into()])));
    }

    #[test]
    fn every_task_of_the_help_is_understood() {
        let tasks = HELP
            .lines()
            .filter_map(|line| line.strip_prefix("  "))
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()) && !line.starts_with("cargo "))
            .map(|line| line.split_whitespace().next().unwrap())
            .collect::<Vec<_>>();
        assert_eq!(tasks, ["genesis", "setup", "test", "ci", "soak", "fuzz", "bench", "guests", "digests"]);
        for task in tasks {
            assert!(parsed(task).is_ok(), "{task}");
        }
    }

    #[test]
    fn a_word_that_is_not_understood_is_named() {
        for (line, word) in [
            ("tests", "`tests`"),
            ("ci fast", "`fast`"),
            ("digests --force", "`--force`"),
            ("fuzz --quick", "`--quick`"),
            ("fuzz --seconds 0", "above 0"),
            ("fuzz one two", "one target"),
            ("bench --quick", "`--quick`"),
            ("bench --baseline", "`--baseline`"),
            ("bench --write one", "filter"),
            ("bench one two", "one filter"),
            ("bench --peers one", "`bench --peers`"),
            ("bench --peers --baseline x", "`bench --peers`"),
        ] {
            let message = parsed(line).unwrap_err();
            assert!(message.contains(word), "{line}: {message}");
        }
    }

    #[test]
    fn a_request_to_fuzz_keeps_its_options() {
        let request = fuzz::Request { target: Some("templates".to_owned()), seconds: 5 };
        assert_eq!(parsed("fuzz --seconds 5 templates"), Ok(Task::Fuzz(request)));
        assert_eq!(parsed("fuzz"), Ok(Task::Fuzz(fuzz::Request { target: None, seconds: SECONDS })));
    }

    #[test]
    fn a_benchmark_request_keeps_its_options() {
        let request = bench::Request {
            baseline: "native".to_owned(),
            write: false,
            peers: false,
            filter: Some("guest".to_owned()),
        };
        assert_eq!(parsed("bench --baseline native guest"), Ok(Task::Bench(request)));
    }
}
