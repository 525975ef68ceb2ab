//! The ways to run it.

pub mod extism;
pub mod genesis;
pub mod native;
pub mod process;
mod wasi;
mod wasmer;
mod wasmi;

use std::path::PathBuf;

use crate::Result;

/// What every way is given, and what it must give.
pub struct Given {
    /// The program, which is its own worker.
    pub genesis: PathBuf,
    /// The input's bytes.
    pub input: Vec<u8>,
    /// The report's bytes.
    pub report: Vec<u8>,
    /// The built-in guest `validate-template`.
    pub validator: Vec<u8>,
    /// The same work as a plug-in of Extism.
    pub extism_guest: Vec<u8>,
}

/// One way, ready to run.
pub struct Way {
    pub name: &'static str,
    /// What keeps one run from another and from the host.
    pub isolated: &'static str,
    /// What stops a run that does not end.
    pub metered: &'static str,
    /// Runs it once, and panics when it gives another report.
    pub run: Box<dyn FnMut()>,
    /// Each run's time, and each round's median.
    pub times_us: Vec<f64>,
    pub rounds_us: Vec<f64>,
}

impl Way {
    fn new(
        name: &'static str,
        isolated: &'static str,
        metered: &'static str,
        run: impl FnMut() + 'static,
    ) -> Self {
        Self { name, isolated, metered, run: Box::new(run), times_us: Vec::new(), rounds_us: Vec::new() }
    }
}

/// A way that is not to be had on this machine.
pub struct Absent {
    pub name: &'static str,
    pub why: String,
}

/// All ways, the native one first.
pub fn all(given: &Given) -> Result<(Vec<Way>, Vec<Absent>)> {
    let mut ways = vec![native::way(given)];
    ways.extend(genesis::ways(given)?);
    ways.extend(wasmer::ways(given)?);
    ways.extend(extism::ways(given)?);
    ways.push(wasmi::way(given)?);
    let (of_processes, absent) = process::ways(given)?;
    ways.extend(of_processes);
    Ok((ways, absent))
}
