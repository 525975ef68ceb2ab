//! The benchmarks: times, ratios to one of them, and the table of ratios in README.md.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::call::Call;
use crate::needs::{self, Purpose};
use crate::peers;
use crate::project::Project;

/// The part of README.md with the ratios.
const SECTION: &str = "bench";
/// The benchmark of a group that does its work without the sandbox.
const OUTSIDE: &str = "outside";

/// What to measure and what to do with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Name of the benchmark that the others are compared with.
    pub(crate) baseline: String,
    /// Put the ratios into README.md.
    pub(crate) write: bool,
    /// Measure the peers instead of the benchmarks.
    pub(crate) peers: bool,
    /// Only the benchmarks whose name holds this.
    pub(crate) filter: Option<String>,
}

/// Runs the benchmarks, prints what was measured in this run, and writes the ratios when asked to.
pub(crate) fn run(project: &Project, request: &Request) -> Result<()> {
    if request.peers {
        needs::meet(project, &[Purpose::Build, Purpose::Peers])?;
        return peers::run(project, request.write);
    }
    needs::meet(project, &[Purpose::Build])?;
    let folder = project.target_dir()?.join("criterion");
    let started = stamp(&folder)?;
    // A pattern, because without one the unit tests' harness runs as well, which takes no filter of criterion's.
    let mut call = Call::cargo(project, ["bench", "--workspace", "--locked", "--bench", "*"]);
    if let Some(filter) = &request.filter {
        call = call.args(["--", filter]);
    }
    call.run().context("benchmarks")?;

    let mut measured = Vec::new();
    collect(&folder, started, &mut measured)?;
    if measured.is_empty() {
        bail!("no benchmark was measured");
    }
    measured.sort_by(|a, b| a.median_ns.total_cmp(&b.median_ns));
    let baseline = measured.iter().find(|one| one.is_named(&request.baseline)).map(|one| one.median_ns);
    print!("{}", times(&measured, baseline));
    let Some(baseline) = baseline else {
        let missing = format!("no benchmark is named {}, so there are no ratios", request.baseline);
        if request.write {
            bail!("{missing} to write");
        }
        eprintln!("bench: {missing}");
        return Ok(());
    };
    if request.write {
        write_section(project, SECTION, &ratios(&measured, baseline, &request.baseline))?;
        eprintln!("bench: wrote the ratios into README.md");
    }
    Ok(())
}

/// One benchmark's median.
#[derive(Debug)]
struct Measured {
    group: String,
    function: Option<String>,
    full: String,
    median_ns: f64,
}

impl Measured {
    fn read(benchmark: &str, estimates: &str) -> Result<Self> {
        let benchmark: Value = serde_json::from_str(benchmark).context("failed to read benchmark.json")?;
        let estimates: Value = serde_json::from_str(estimates).context("failed to read estimates.json")?;
        let text = |field: &str| benchmark[field].as_str().map(str::to_owned);
        Ok(Self {
            group: text("group_id").context("benchmark.json has no group_id")?,
            function: text("function_id"),
            full: text("full_id").context("benchmark.json has no full_id")?,
            median_ns: estimates["median"]["point_estimate"]
                .as_f64()
                .filter(|ns| ns.is_finite() && *ns > 0.0)
                .context("estimates.json has no median")?,
        })
    }

    /// A benchmark outside any group is a group of its own to criterion.
    fn is_named(&self, name: &str) -> bool {
        self.full == name || self.function.as_deref().unwrap_or(&self.group) == name
    }
}

/// Marks now by a file, in the file system's own clock: what an earlier run left is older.
fn stamp(folder: &Path) -> Result<SystemTime> {
    let stamp = folder.join(".started");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&stamp, ""))
        .and_then(|()| fs::metadata(&stamp)?.modified())
        .with_context(|| format!("failed to write {}", stamp.display()))
}

/// Finds every `new/estimates.json` below `folder` that was written since.
fn collect(folder: &Path, since: SystemTime, measured: &mut Vec<Measured>) -> Result<()> {
    let told = || format!("failed to read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(told)? {
        let path = entry.with_context(told)?.path();
        if !path.is_dir() {
            continue;
        }
        if path.ends_with("new") && path.join("estimates.json").is_file() {
            let estimates = path.join("estimates.json");
            if fs::metadata(&estimates)?.modified()? >= since {
                measured.push(Measured::read(&read(&path.join("benchmark.json"))?, &read(&estimates)?)?);
            }
        } else {
            collect(&path, since, measured)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
}

fn times(measured: &[Measured], baseline: Option<f64>) -> String {
    let width = measured.iter().map(|one| one.full.len()).max().unwrap_or_default();
    let mut table = String::new();
    for one in measured {
        write!(table, "{:width$}  {:>12}", one.full, time(one.median_ns)).expect("a String takes every line");
        if let Some(baseline) = baseline {
            write!(table, "  x {:.2}", one.median_ns / baseline).expect("a String takes every line");
        }
        table.push('\n');
    }
    table
}

/// Each benchmark's ratio. A group that measures the same work without the sandbox, under the name `outside`, is
/// compared with that; everything else with the baseline.
fn ratios(measured: &[Measured], baseline: f64, baseline_name: &str) -> String {
    let mut table = String::from("| Benchmark | Beside | Ratio |\n|---|---|---:|\n");
    for one in measured {
        let outside = format!("{}/{OUTSIDE}", one.group);
        let (beside, ns) = match measured.iter().find(|other| other.full == outside) {
            Some(other) => (outside.as_str(), other.median_ns),
            None => (baseline_name, baseline),
        };
        writeln!(table, "| {} | {beside} | {:.2} |", one.full, one.median_ns / ns)
            .expect("a String takes every line");
    }
    table
}

fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "us"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{value:.2} {unit}")
}

/// Puts a text between the markers of a section in README.md.
pub(crate) fn write_section(project: &Project, section: &str, text: &str) -> Result<()> {
    let readme = project.root().join("README.md");
    let written = spliced(&read(&readme)?, section, text).with_context(|| {
        let (begin, end) = markers(section);
        format!("{} has no lines {begin} and {end}, in this order", readme.display())
    })?;
    fs::write(&readme, written).with_context(|| format!("failed to write {}", readme.display()))
}

fn markers(section: &str) -> (String, String) {
    (format!("<!-- {section}:begin -->"), format!("<!-- {section}:end -->"))
}

fn spliced(text: &str, section: &str, new: &str) -> Option<String> {
    let (begin, end) = markers(section);
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{new}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(group: &str, function: Option<&str>, median_ns: f64) -> Measured {
        let full = function.map_or_else(|| group.to_owned(), |function| format!("{group}/{function}"));
        let function = function.map_or("null".to_owned(), |function| format!("\"{function}\""));
        Measured::read(
            &format!(r#"{{"group_id":"{group}","function_id":{function},"full_id":"{full}"}}"#),
            &format!(r#"{{"median":{{"point_estimate":{median_ns}}}}}"#),
        )
        .unwrap()
    }

    #[test]
    fn a_benchmark_is_found_by_function_group_or_full_name() {
        let grouped = measured("validate", Some("native_validate"), 40.0);
        assert!(grouped.is_named("native_validate") && grouped.is_named("validate/native_validate"));
        assert!(!grouped.is_named("validate"));
        assert!(measured("native_validate", None, 40.0).is_named("native_validate"));
    }

    #[test]
    fn ratios_are_to_the_baseline() {
        let all = [measured("native_validate", None, 42_000.0), measured("guest", Some("warm"), 67_200.0)];
        assert_eq!(
            ratios(&all, 42_000.0, "native_validate"),
            "| Benchmark | Beside | Ratio |\n|---|---|---:|\n| native_validate | native_validate | 1.00 |\n\
             | guest/warm | native_validate | 1.60 |\n"
        );
        let pair = [measured("hello", Some("outside"), 10.0), measured("hello", Some("sandboxed"), 25.0)];
        assert!(ratios(&pair, 1.0, "x").ends_with("| hello/sandboxed | hello/outside | 2.50 |\n"));
        assert!(times(&all, None).ends_with("67.20 us\n"));
        assert!(times(&all, Some(42_000.0)).ends_with("67.20 us  x 1.60\n"));
    }

    #[test]
    fn an_estimate_without_a_median_is_no_measurement() {
        let benchmark = r#"{"group_id":"a","function_id":null,"full_id":"a"}"#;
        for estimates in ["{}", r#"{"median":{"point_estimate":0}}"#, "half"] {
            assert!(Measured::read(benchmark, estimates).is_err(), "{estimates}");
        }
    }

    #[test]
    fn only_the_text_between_the_markers_changes() {
        let (begin, end) = markers("bench");
        let text = format!("before\n{begin}\nold\n{end}\nafter\n");
        let wanted = format!("before\n{begin}\nnew\n{end}\nafter\n");
        assert_eq!(spliced(&text, "bench", "new\n").unwrap(), wanted);
        assert_eq!(spliced(&text, "peers", "new\n"), None, "markers of another section");
        assert_eq!(spliced("no markers", "bench", "new\n"), None);
        assert_eq!(spliced(&format!("{end}{begin}"), "bench", "new\n"), None);
    }

    #[test]
    fn figures_of_an_earlier_run_are_left_out() {
        let folder = std::env::temp_dir().join(format!("xtask-bench-{}", std::process::id()));
        for (name, median) in [("old", 1), ("fresh", 2)] {
            let new = folder.join("group").join(name).join("new");
            fs::create_dir_all(&new).unwrap();
            fs::write(
                new.join("benchmark.json"),
                format!(r#"{{"group_id":"group","function_id":"{name}","full_id":"group/{name}"}}"#),
            )
            .unwrap();
            fs::write(new.join("estimates.json"), format!(r#"{{"median":{{"point_estimate":{median}}}}}"#))
                .unwrap();
        }
        let started = stamp(&folder).unwrap();
        let fresh =
            fs::File::options().write(true).open(folder.join("group/fresh/new/estimates.json")).unwrap();
        fresh.set_modified(started).unwrap();
        let old = fs::File::options().write(true).open(folder.join("group/old/new/estimates.json")).unwrap();
        old.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let mut measured = Vec::new();
        collect(&folder, started, &mut measured).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(measured.iter().map(|one| one.full.as_str()).collect::<Vec<_>>(), ["group/fresh"]);
    }
}
