//! What guests write, and evidence as it is read back.

use genesis_abi::{
    CodeReport, Input, LimitHit, LimitName, Limits, Manifest, Rendering, Report, RunOutcome, Usage,
};
use genesis_domain::{Evidence, Verdict};
use genesis_report::{GuestRun, Style, human_run, json_run};
use serde::Serialize;
use serde::de::DeserializeOwned;

const LIMITS: Limits = Limits {
    fuel: 1,
    wall_time_ms: 2,
    memory_bytes: 3,
    table_elements: 4,
    stdout_bytes: 5,
    stderr_bytes: 6,
    host_calls: 7,
};

/// Bytes as the report of a guest, as what a report holds, and as the files of an experiment.
pub fn reports(data: &[u8]) {
    let report = Report::from_slice(data);
    let (report, outcome) = match &report {
        Ok(report) => {
            let written = serde_json::to_vec(report).expect("what was read can be written");
            let again = Report::from_slice(&written).expect("what was written can be read");
            assert_eq!(again.findings, report.findings);
            (Some(report), RunOutcome::Completed)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            let hit = LimitHit { limit: LimitName::Fuel, value: 1, peak: 2 };
            (None, RunOutcome::OutOfFuel(hit))
        }
    };
    let guest = String::from_utf8_lossy(&data[..data.len().min(64)]);
    let usage = Usage::default();
    let run = GuestRun {
        guest: &guest,
        outcome: &outcome,
        usage: &usage,
        limits: &LIMITS,
        engine: None,
        isolation: None,
        report,
        stderr: data,
        shadow: None,
        profile: None,
    };
    let shown = human_run(&run, &Style { color: false, width: 80 });
    assert!(!shown.contains(|c: char| c != '\n' && c.is_control()), "{shown:?}");
    serde_json::from_str::<serde_json::Value>(&json_run(&run)).expect("a JSON report is JSON");
    round_trip::<Rendering>(data);
    round_trip::<CodeReport>(data);
    round_trip::<Manifest>(data);
    round_trip::<Input>(data);
    round_trip::<Evidence>(data);
    round_trip::<Verdict>(data);
}

/// What can be read is written and read as the same.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(data) {
        let written = serde_json::to_vec(&value).expect("what was read can be written");
        let again: T = serde_json::from_slice(&written).expect("what was written can be read");
        assert_eq!(again, value);
    }
}
