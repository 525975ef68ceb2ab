//! Many requests at once: how many are answered in a second, how long each takes, and that the memory of the service stays
//! as it was. The counts are ordinary ones' in a test, 10,000 in `cargo xtask soak`.

use genesis_servers::Nats;
use serde_json::Value;

use super::stage::{Service, experiments, load_by_nats};
use crate::support::{Bench, greeting};

/// How a load was answered.
struct Load {
    requests: usize,
    answer: Value,
    /// Resident memory of all services after a tenth of the requests and at the end, in KiB.
    memory: (u64, u64),
    recording: Recording,
}

/// What recording cost all services together, by their own count.
#[derive(Default)]
struct Recording {
    experiments: f64,
    batches: f64,
    /// Seconds that the git objects took with their sync, the transaction of SQL, the refs, and the acknowledgement.
    stages: [f64; 4],
}

/// The parts of recording, each as the text of metrics calls it.
const STAGES: [(&str, &str); 4] = [
    ("git objects", "objects-written"),
    ("SQL", "ledger-committed"),
    ("git refs", "refs-set"),
    ("acknowledgement", "acknowledged"),
];

impl Recording {
    fn add(&mut self, metrics: &str) {
        let value = |name: &str| -> f64 {
            let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("{name} is not in {metrics}")).parse().unwrap()
        };
        self.experiments += value("genesis_batched_total");
        self.batches += value("genesis_batches_total");
        for (seconds, (_, stage)) in self.stages.iter_mut().zip(STAGES) {
            *seconds += value(&format!("genesis_committing_seconds_total{{stage=\"{stage}\"}}"));
        }
    }

    fn told(&self) -> String {
        let stages = STAGES
            .iter()
            .zip(self.stages)
            .map(|((name, _), seconds)| format!("{name} {:.2} ms", seconds * 1e3 / self.experiments))
            .collect::<Vec<_>>()
            .join(", ");
        format!("{stages} an experiment, {:.1} in a batch", self.experiments / self.batches)
    }
}

/// Has so many requests answered by so many services, `window` of them unanswered at any time.
fn load(services: usize, requests: usize, window: usize) -> Load {
    let (nats, bench) = (Nats::start(64 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let template = bench.template("load.json", &greeting("1.0.0"));
    let running: Vec<Service> = (0..services).map(|_| Service::start(&bench, &url, &[])).collect();
    let resident = || running.iter().map(Service::resident_kib).sum();
    let warm = load_by_nats(&url, "warm", requests / 10, window, &template);
    assert_eq!(warm["success"], requests / 10, "{warm}");
    let before = resident();
    let answer = load_by_nats(&url, "load", requests, window, &template);
    let after = resident();
    let mut recording = Recording::default();
    for service in running {
        recording.add(&service.get("/metrics").1);
        let (status, log) = service.end();
        assert_eq!(status.code(), Some(0), "{log}");
    }
    assert_eq!(answer["answered"], requests, "{answer}");
    assert_eq!(experiments(&bench, &[]).len(), requests + requests / 10, "one experiment a request");
    bench.assert_sound();
    Load { requests, answer, memory: (before, after), recording }
}

/// The count as a line of `cargo xtask soak`.
fn told(name: &str, window: usize, load: &Load) -> String {
    let number = |key: &str| load.answer[key].as_f64().unwrap();
    let (before, after) = load.memory;
    format!(
        "SOAK {name} {} {:.0} a second, {window} under way: p50 {:.0} ms, p99 {:.0} ms; {}; memory {} MiB after a tenth, {} at the end",
        load.requests,
        f64::from(u32::try_from(load.requests).unwrap()) / number("seconds"),
        number("p50_ms"),
        number("p99_ms"),
        load.recording.told(),
        before / 1024,
        after / 1024,
    )
}

/// What is kept of every request would show.
fn assert_flat(load: &Load) {
    let (before, after) = load.memory;
    let grown = after.saturating_sub(before) * 1024 / load.requests as u64;
    assert!(grown < 4096, "memory grew by {grown} bytes a request: {before} -> {after} KiB");
}

#[test]
fn many_requests_under_way_are_each_answered_once() {
    let load = load(2, 60, 16);
    println!("60 requests, 16 under way, two services: {}; {}", load.answer, load.recording.told());
    assert!(load.recording.experiments >= 60.0 && load.recording.stages.iter().all(|seconds| *seconds > 0.0));
}

#[test]
#[ignore = "soak: 22,000 experiments"]
fn ten_thousand_requests_leave_the_memory_as_it_was() {
    for (name, services) in [("load-one-service", 1), ("load-two-services", 2)] {
        let window = 16;
        let load = load(services, 10_000, window);
        println!("{}", told(name, window, &load));
        assert_flat(&load);
    }
}
