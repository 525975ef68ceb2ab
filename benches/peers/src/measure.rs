//! Measuring in turns, and the tables.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::way::{Absent, Way, extism, genesis, native, process};

/// Rounds, how long a way is run in each, and how often at least.
const ROUNDS: usize = 60;
const SLICE: Duration = Duration::from_millis(15);
const RUNS: usize = 3;
/// Runs before anything is taken down.
const WARM_UP: usize = 20;

/// What is asked of the sandbox: a way's time as a ratio to another's, at most or at least so much.
const ASKED: [(&str, &str, Bound); 4] = [
    (genesis::IN_PROCESS, native::NAME, Bound::AtMost(1.6)),
    (genesis::IN_WORKER, native::NAME, Bound::AtMost(2.0)),
    (extism::WITH_FUEL, genesis::IN_PROCESS, Bound::AtLeast(5.0)),
    (process::BUBBLEWRAP, genesis::IN_PROCESS, Bound::AtLeast(30.0)),
];

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// Runs all ways in turns and keeps their times.
pub fn in_turns(ways: &mut [Way]) {
    for way in &mut *ways {
        let started = Instant::now();
        for _ in 0..WARM_UP {
            (way.run)();
            if started.elapsed() > 4 * SLICE {
                break;
            }
        }
    }
    for _ in 0..ROUNDS {
        for way in &mut *ways {
            let started = Instant::now();
            let mut times = Vec::new();
            while times.len() < RUNS || started.elapsed() < SLICE {
                let before = Instant::now();
                (way.run)();
                times.push(before.elapsed().as_secs_f64() * 1e6);
            }
            way.times_us.extend_from_slice(&times);
            way.rounds_us.push(percentile(&mut times, 0.5));
        }
    }
}

/// Every way's times, and its ratios to the native call and to the sandbox in the same process.
pub fn table(ways: &[Way], absent: &[Absent]) -> String {
    let mut table = String::from(
        "| Way to run it | Isolated by | Limits | Runs | p50 us | p99 us | x native | x Genesis |\n\
         |---|---|---|---:|---:|---:|---:|---:|\n",
    );
    for way in ways {
        let mut times = way.times_us.clone();
        let to = |name| ratio(ways, way.name, name).map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        let (native, genesis) = (to(native::NAME), to(genesis::IN_PROCESS));
        writeln!(
            table,
            "| {} | {} | {} | {} | {:.1} | {:.1} | {native} | {genesis} |",
            way.name,
            way.isolated,
            way.metered,
            times.len(),
            percentile(&mut times, 0.5),
            percentile(&mut times, 0.99),
        )
        .expect("a String takes every line");
    }
    for absent in absent {
        writeln!(table, "| {} | not measured: {} | | 0 | | | | |", absent.name, absent.why)
            .expect("a String takes every line");
    }
    table
}

/// What is asked beside what was measured. What was not measured is not reached.
pub fn asked(ways: &[Way]) -> String {
    let mut table = String::from("| Asked | Beside | Ratio asked | Measured | |\n|---|---|---:|---:|---|\n");
    for (way, beside, bound) in ASKED {
        let measured = ratio(ways, way, beside);
        let (bound, is_reached) = match bound {
            Bound::AtMost(bound) => (format!("at most {bound}"), measured.is_some_and(|it| it <= bound)),
            Bound::AtLeast(bound) => (format!("at least {bound}"), measured.is_some_and(|it| it >= bound)),
        };
        let measured = measured.map_or_else(|| "not measured".to_owned(), |ratio| format!("{ratio:.2}"));
        let verdict = if is_reached { "reached" } else { "not reached" };
        writeln!(table, "| {way} | {beside} | {bound} | {measured} | {verdict} |")
            .expect("a String takes every line");
    }
    table
}

/// The median over the rounds of one round's ratio.
fn ratio(ways: &[Way], way: &str, beside: &str) -> Option<f64> {
    let rounds = |name: &str| ways.iter().find(|way| way.name == name).map(|way| &way.rounds_us);
    let mut ratios: Vec<f64> =
        rounds(way)?.iter().zip(rounds(beside)?).map(|(way, beside)| way / beside).collect();
    Some(percentile(&mut ratios, 0.5))
}

fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * part).round() as usize]
}
