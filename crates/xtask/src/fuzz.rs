//! Coverage-guided fuzzing with libFuzzer, by the toolchain that everything else is built with.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::call::Call;
use crate::needs::{self, Purpose};
use crate::project::Project;

/// The workspace of the fuzzing targets, relative to the root.
const FOLDER: &str = "tests/fuzz";

/// What makes a program tell libFuzzer where it came by. These are LLVM's own, which need no nightly compiler; the memory
/// of safe Rust needs no sanitizer.
const COVERAGE: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg",
    "fuzzing",
];

/// What is to be fuzzed, and for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// One target; all when there is none.
    pub(crate) target: Option<String>,
    /// Seconds for each target.
    pub(crate) seconds: u64,
}

/// Builds the targets and runs them one after the other. An input that breaks a law is kept in the target's corpus, where
/// the ordinary tests find it.
pub(crate) fn run(project: &Project, request: &Request) -> Result<()> {
    needs::meet(project, &[Purpose::Build])?;
    let targets = targets(project)?;
    let wanted: Vec<&String> =
        targets.iter().filter(|name| request.target.as_ref().is_none_or(|target| target == *name)).collect();
    if wanted.is_empty() {
        bail!("there is no such target; there are {}", targets.join(", "));
    }
    let folder = project.root().join(FOLDER);
    // Instrumented for the target, not for build scripts, which is why the target is named.
    let triple = host(project)?;
    let manifest = folder.join("Cargo.toml").display().to_string();
    let mut build = Call::cargo(
        project,
        ["build", "--release", "--locked", "--manifest-path", &manifest, "--target", &triple],
    );
    for target in &wanted {
        build = build.args(["--bin".to_owned(), (*target).clone()]);
    }
    build
        .env("GENESIS_SKIP_GUESTS", "1")
        .env("CARGO_TARGET_DIR", folder.join("target").display().to_string())
        .env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\u{1f}"))
        .run()
        .context("failed to build the fuzzing targets")?;
    for target in wanted {
        let program = folder.join("target").join(&triple).join("release").join(target);
        let count = fuzz(project, target, &program, request.seconds)?;
        println!("FUZZ {target}: {count}");
    }
    Ok(())
}

/// Runs one target, and gives what libFuzzer counted.
fn fuzz(project: &Project, target: &str, program: &Path, seconds: u64) -> Result<String> {
    let folder = project.root().join(FOLDER);
    let corpus = folder.join("corpus").join(target);
    // What is new and broke nothing stays out of the committed corpus.
    let work = folder.join("target/work").join(target);
    fs::create_dir_all(&work).with_context(|| format!("failed to make {}", work.display()))?;
    let artifacts = format!("-artifact_prefix={}/found-", corpus.display());
    let call = Call::at(
        project,
        program,
        [
            work.display().to_string(),
            corpus.display().to_string(),
            format!("-max_total_time={seconds}"),
            "-timeout=30".to_owned(),
            "-rss_limit_mb=3000".to_owned(),
            "-max_len=65536".to_owned(),
            "-print_final_stats=1".to_owned(),
            artifacts,
        ],
    );
    eprintln!("fuzz: {call}");
    let output = call.command().stdout(Stdio::inherit()).stderr(Stdio::piped()).output();
    let output = output.with_context(|| format!("failed to start {}", program.display()))?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprint!("{told}");
        bail!("{target} broke a law; the input is kept in {}", corpus.display());
    }
    counted(&told).with_context(|| format!("failed to read what {target} counted from:\n{told}"))
}

/// Inputs and coverage, from libFuzzer's own words.
fn counted(told: &str) -> Option<String> {
    let of = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
    let inputs: u64 = of("stat::number_of_executed_units:")?.parse().ok()?;
    let memory: u64 = of("stat::peak_rss_mb:")?.parse().ok()?;
    let word_after = |line: &str, word: &str| -> Option<String> {
        let mut words = line.split_whitespace().skip_while(|other| *other != word);
        words.nth(1).map(str::to_owned)
    };
    let coverage = told.lines().rev().find_map(|line| word_after(line, "cov:"))?;
    let features = told.lines().rev().find_map(|line| word_after(line, "ft:"))?;
    Some(format!(
        "{inputs} inputs, {coverage} places and {features} features covered, at most {memory} MB, nothing found"
    ))
}

/// The targets, by the programs of their folder.
fn targets(project: &Project) -> Result<Vec<String>> {
    let folder = project.root().join(FOLDER).join("fuzz_targets");
    let entries = fs::read_dir(&folder).with_context(|| format!("failed to read {}", folder.display()))?;
    let mut targets: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned())).collect();
    targets.sort();
    Ok(targets)
}

fn host(project: &Project) -> Result<String> {
    let told = Call::new(project, "rustc", ["-vV"]).output()?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("failed to learn which machine rustc builds for")?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libfuzzer_counted_is_read_from_among_its_words() {
        let told = "#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 40Mb\n\
                    #4096\tpulse  cov: 321 ft: 654 corp: 9/99b lim: 4 exec/s: 2048 rss: 41Mb\n\
                    Done 5000 runs in 3 second(s)\nstat::number_of_executed_units: 5000\n\
                    stat::peak_rss_mb:              42\n";
        assert_eq!(
            counted(told).unwrap(),
            "5000 inputs, 321 places and 654 features covered, at most 42 MB, nothing found"
        );
        assert_eq!(counted("Done"), None);
    }
}
