//! The long counts, and the committed table of their last results.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, bail};

use crate::call::Call;
use crate::needs::{self, Purpose};
use crate::project::Project;

/// The committed table, relative to the root.
const TABLE: &str = "tests/soak.md";

/// Runs the tests that are ignored elsewhere and writes what they counted. The rows of tests that a filter left out stay
/// as they are, with their day.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    needs::meet(project, &[Purpose::Build, Purpose::Test])?;
    let call = Call::cargo(
        project,
        [
            "nextest",
            "run",
            "--release",
            "--workspace",
            "--locked",
            "--run-ignored",
            "only",
            "--profile",
            "soak",
        ],
    )
    .args(arguments.iter().cloned());
    let counts = counts(&watched(&call)?)?;
    if counts.is_empty() {
        bail!("no test printed a line `SOAK <name> <count> <result>`, so there is nothing to write down");
    }
    let path = project.root().join(TABLE);
    let kept = if arguments.is_empty() {
        Vec::new()
    } else {
        rows(&fs::read_to_string(&path).with_context(|| format!("failed to read {TABLE}"))?)
    };
    let table = table(&format!("{}, {}", today(project)?, machine()?), &counts, kept);
    print!("{table}");
    fs::write(&path, table).with_context(|| format!("failed to write {TABLE}"))?;
    eprintln!("soak: wrote {TABLE}");
    Ok(())
}

/// What one test says of itself: `SOAK <name> <count> <result>`.
#[derive(Debug, PartialEq, Eq)]
struct Count {
    name: String,
    times: u64,
    result: String,
}

/// Runs to the end, shows all output as it comes, and gives its lines. A failed run has no counts.
fn watched(call: &Call) -> Result<Vec<String>> {
    let mut command = call.command();
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("failed to start cargo")?;
    let streams: [Box<dyn Read + Send>; 2] = [
        Box::new(child.stdout.take().expect("standard output is piped")),
        Box::new(child.stderr.take().expect("standard error is piped")),
    ];
    let lines = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for stream in streams {
            scope.spawn(|| pass_on(stream, &lines));
        }
    });
    let status = child.wait().context("failed to wait for cargo")?;
    if !status.success() {
        bail!("{status}; repeat it with:\n  {call}");
    }
    Ok(lines.into_inner().expect("no reader panics"))
}

fn pass_on(stream: impl Read, lines: &Mutex<Vec<String>>) {
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        // Output that cannot be shown is no reason to stop a run of hours.
        let _ = writeln!(io::stderr(), "{line}");
        lines.lock().expect("no reader panics").push(line);
    }
}

fn counts(lines: &[String]) -> Result<Vec<Count>> {
    let mut counts = Vec::<Count>::new();
    for line in lines {
        let Some(told) = line.trim_start().strip_prefix("SOAK ") else { continue };
        let count = count(told).with_context(|| format!("failed to read the line `{}`", line.trim()))?;
        if let Some(other) = counts.iter().find(|other| other.name == count.name) {
            if *other != count {
                bail!("{} was told twice: {other:?}, then {count:?}", count.name);
            }
            continue;
        }
        counts.push(count);
    }
    counts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(counts)
}

fn count(told: &str) -> Result<Count> {
    let (name, rest) = told.trim().split_once(' ').context("it has no count")?;
    let (count, result) = rest.trim().split_once(' ').context("it has no result")?;
    let times = count.parse().with_context(|| format!("`{count}` is not a count"))?;
    Ok(Count { name: name.to_owned(), times, result: result.trim().to_owned() })
}

/// The rows of a table by the name of the test, each as it stands there.
fn rows(table: &str) -> Vec<(String, String)> {
    let named = |row: &str| Some((row.strip_prefix("| ")?.split(" |").next()?.to_owned(), row.to_owned()));
    table.lines().skip_while(|line| !line.starts_with("|---")).skip(1).filter_map(named).collect()
}

fn table(measured: &str, counts: &[Count], kept: Vec<(String, String)>) -> String {
    let fresh = counts.iter().map(|Count { name, times, result }| {
        let result = result.replace('|', "\\|");
        (name.clone(), format!("| {name} | {times} | {result} | {measured} |"))
    });
    let rows: BTreeMap<String, String> = kept.into_iter().chain(fresh).collect();
    let mut table = String::from(
        "# The long counts\n\nWhat `cargo xtask soak` last counted.\n\n\
         | Test | Count | Result | Measured |\n|---|---:|---|---|\n",
    );
    for row in rows.values() {
        writeln!(table, "{row}").expect("a String takes every line");
    }
    table
}

pub(crate) fn today(project: &Project) -> Result<String> {
    Ok(Call::new(project, "date", ["-u", "+%Y-%m-%d"]).output()?.trim().to_owned())
}

/// The machine's class: what a reader needs to weigh the counts, and nothing that names it.
pub(crate) fn machine() -> Result<String> {
    let cores = thread::available_parallelism().context("failed to count the cores")?;
    let memory = fs::read_to_string("/proc/meminfo").context("failed to read the size of the memory")?;
    let gib = memory_gib(&memory).context("failed to find the size of the memory")?;
    Ok(format!("{cores} cores with {gib} GiB"))
}

fn memory_gib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((kib + 512 * 1024) / (1024 * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn counts_are_read_from_among_other_output() {
        let counts = counts(&lines(
            "PASS [ 3 s]\n    SOAK replay 500 same ids\nSOAK kill 100 clean\nSOAK kill 100 clean",
        ))
        .unwrap();
        let count = |name: &str, times, result: &str| Count {
            name: name.to_owned(),
            times,
            result: result.to_owned(),
        };
        assert_eq!(counts, [count("kill", 100, "clean"), count("replay", 500, "same ids")]);
    }

    #[test]
    fn a_line_without_a_measured_count_is_refused() {
        for line in ["SOAK kill", "SOAK kill 100", "SOAK kill many clean", "SOAK kill -1 clean"] {
            assert!(counts(&lines(line)).is_err(), "{line}");
        }
        assert!(counts(&lines("SOAK kill 100 clean\nSOAK kill 99 clean")).is_err());
    }

    #[test]
    fn the_table_has_one_row_a_count_and_keeps_those_of_other_days() {
        let count =
            |name: &str, result: &str| Count { name: name.to_owned(), times: 100, result: result.to_owned() };
        let first =
            table("2026-01-02, 2 cores with 24 GiB", &[count("kill", "a|b"), count("run", "flat")], vec![]);
        assert!(first.ends_with(
            "|---|---:|---|---|\n| kill | 100 | a\\|b | 2026-01-02, 2 cores with 24 GiB |\n\
             | run | 100 | flat | 2026-01-02, 2 cores with 24 GiB |\n"
        ));
        let second = table("2026-01-03, 4 cores with 8 GiB", &[count("run", "grown")], rows(&first));
        assert!(second.ends_with(
            "| kill | 100 | a\\|b | 2026-01-02, 2 cores with 24 GiB |\n\
             | run | 100 | grown | 2026-01-03, 4 cores with 8 GiB |\n"
        ));
    }

    #[test]
    fn memory_is_rounded_to_whole_gibibytes() {
        assert_eq!(memory_gib("MemTotal:       24689548 kB\nMemFree: 1 kB\n"), Some(24));
        assert_eq!(memory_gib("MemFree: 1 kB\n"), None);
    }
}
