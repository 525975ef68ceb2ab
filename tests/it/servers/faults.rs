//! What a service stands on fails under load: its broker, its ledger's server, the network, the disk, the clock. Whatever it was, each
//! request is one experiment with a result that is always the same, and history and ledger agree.

use std::fs::File;
use std::io::Write as _;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use genesis_servers::{Nats, Postgres};
use serde_json::Value;

use super::stage::{Service, by_nats, experiments, message, request, results};
use crate::support::Bench;

const RUN: &str = "genesis.experiment.run";
/// Requests between two faults.
const BURST: usize = 4;

/// Sends a burst of requests before each fault, and waits until all are answered.
fn answered(url: &str, faults: usize, mut fault: impl FnMut(usize)) -> (Vec<String>, Vec<Value>) {
    let mut ids = Vec::new();
    for number in 0..faults {
        let burst: Vec<String> = (0..BURST).map(|place| format!("f-{number}-{place}")).collect();
        let sent: Vec<Value> =
            burst.iter().map(|id| message(RUN, Some(id), request(id).to_string())).collect();
        by_nats(url, &sent, 0);
        ids.extend(burst);
        fault(number);
    }
    let told = by_nats(url, &[], ids.len());
    (ids, told)
}

/// Holds results, ledger and history against what was sent; gives how many results there were.
fn assert_each_once(bench: &Bench, database: Option<&str>, ids: &[String], told: &[Value]) -> usize {
    for id in ids {
        let all = results(told, id);
        assert!(!all.is_empty() && all.iter().all(|result| *result == all[0]), "{id}: {all:#?}");
        assert_eq!(all[0]["status"], "success", "{:#}", all[0]);
    }
    let more: Vec<&str> = database.iter().flat_map(|url| ["--database", url]).collect();
    assert_eq!(experiments(bench, &more).len(), ids.len(), "one experiment a request");
    let verified = bench.genesis(&[&["history", "verify"], more.as_slice()].concat());
    assert_eq!(verified.code, Some(0), "{verified:?}");
    let fsck = bench.git(&["fsck", "--full", "--strict"]);
    assert_eq!(fsck.code, Some(0), "{fsck:?}");
    assert!(!fsck.stderr.contains("error") && !fsck.stdout.contains("missing"), "{fsck:?}");
    told.iter().filter(|message| message["subject"] == "genesis.experiment.result").count()
}

fn assert_ended_well(service: Service) {
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
}

/// Ends the ledger's server at once and starts it again, this long after each burst.
fn ledger_restarts(faults: usize) -> String {
    let (nats, mut postgres, bench) =
        (Nats::start(1 << 20).unwrap(), Postgres::start().unwrap(), Bench::new());
    postgres.create_database("ledger").unwrap();
    let (url, ledger) = (nats.url(), postgres.url("postgres", "ledger"));
    let service = Service::start(&bench, &url, &["--database", &ledger]);
    let (ids, told) = answered(&url, faults, |number| {
        std::thread::sleep(Duration::from_millis(number as u64 * 37 % 150));
        postgres.kill_and_restart().unwrap();
    });
    let results = assert_each_once(&bench, Some(&ledger), &ids, &told);
    assert_ended_well(service);
    format!("{} requests, each one experiment, {results} results", ids.len())
}

#[test]
fn a_ledger_that_is_restarted_under_load_loses_nothing() {
    println!("2 restarts, {}", ledger_restarts(2));
}

#[test]
#[ignore = "soak: 40 restarts of the ledger's server"]
fn a_ledger_that_is_restarted_again_and_again_loses_nothing() {
    println!("SOAK ledger-restart 40 {}", ledger_restarts(40));
}

/// Ends the broker at once and starts it again, this long after each burst.
fn broker_restarts(faults: usize) -> String {
    let (mut nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let service = Service::start(&bench, &url, &[]);
    let (ids, told) = answered(&url, faults, |number| {
        std::thread::sleep(Duration::from_millis(number as u64 * 37 % 150));
        nats.kill_and_restart().unwrap();
    });
    let results = assert_each_once(&bench, None, &ids, &told);
    assert_ended_well(service);
    format!("{} requests, each one experiment, {results} results", ids.len())
}

#[test]
fn a_broker_that_is_restarted_under_load_loses_nothing() {
    println!("2 restarts, {}", broker_restarts(2));
}

#[test]
#[ignore = "soak: 40 restarts of the broker"]
fn a_broker_that_is_restarted_again_and_again_loses_nothing() {
    println!("SOAK broker-restart 40 {}", broker_restarts(40));
}

/// Passes on what comes to a server, unless the line is cut.
struct Line {
    port: u16,
    state: Arc<LineState>,
}

#[derive(Default)]
struct LineState {
    is_cut: AtomicBool,
    is_over: AtomicBool,
    sockets: Mutex<Vec<TcpStream>>,
}

impl Line {
    fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(LineState::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            while let Ok((near, _)) = listener.accept() {
                if shared.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let far = TcpStream::connect(("127.0.0.1", server));
                if let (false, Ok(far)) = (shared.is_cut.load(Ordering::SeqCst), far) {
                    shared.pass_on(&near, &far);
                }
            }
        });
        Self { port, state }
    }

    /// Closes all that is open, and takes nothing until it is mended.
    fn cut(&self) {
        self.state.is_cut.store(true, Ordering::SeqCst);
        for socket in self.state.sockets.lock().unwrap().drain(..) {
            let _closed_already = socket.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.state.is_cut.store(false, Ordering::SeqCst);
    }
}

impl LineState {
    fn pass_on(&self, near: &TcpStream, far: &TcpStream) {
        for (from, to) in [(near, far), (far, near)] {
            let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            self.sockets.lock().unwrap().push(from.try_clone().unwrap());
            std::thread::spawn(move || {
                let _cut = std::io::copy(&mut from, &mut to);
                let _closed_already = to.shutdown(Shutdown::Write);
            });
        }
        // Cut while it was being made.
        if self.is_cut.load(Ordering::SeqCst) {
            let _closed_already = near.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        self.cut();
        let _woken = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Cuts the line to the broker, the ledger, or both, in turn.
fn cuts(faults: usize) -> String {
    let (nats, postgres, bench) = (Nats::start(1 << 20).unwrap(), Postgres::start().unwrap(), Bench::new());
    postgres.create_database("ledger").unwrap();
    let (url, ledger) = (nats.url(), postgres.url("postgres", "ledger"));
    let broker_port = url.rsplit_once(':').unwrap().1.parse().unwrap();
    let lines = [Line::to(broker_port), Line::to(postgres.port())];
    let by_line = url.replace(&broker_port.to_string(), &lines[0].port.to_string());
    let ledger_by_line = ledger.replace(&postgres.port().to_string(), &lines[1].port.to_string());
    let service = Service::start(&bench, &by_line, &["--database", &ledger_by_line]);
    let (ids, told) = answered(&url, faults, |number| {
        std::thread::sleep(Duration::from_millis(number as u64 * 37 % 150));
        let is_cut = |line: usize| number % 3 == 2 || number % 3 == line;
        (0..2).filter(|line| is_cut(*line)).for_each(|line| lines[line].cut());
        std::thread::sleep(Duration::from_millis(300 + number as u64 * 53 % 700));
        lines.iter().for_each(Line::mend);
    });
    let results = assert_each_once(&bench, Some(&ledger), &ids, &told);
    assert_ended_well(service);
    format!("{} requests, each one experiment, {results} results", ids.len())
}

#[test]
fn lines_to_broker_and_ledger_that_are_cut_lose_nothing() {
    println!("3 cuts, {}", cuts(3));
}

#[test]
#[ignore = "soak: 60 cuts"]
fn lines_that_are_cut_again_and_again_lose_nothing() {
    println!("SOAK network-cut 60 {}", cuts(60));
}

const NO_DISK: &str = "skipped: `unshare -rm` is not allowed here, so there is no disk that could be full";
/// Bytes of the disk that the service has to itself, and as many more for what each fault leaves there: four experiments take 80 KiB.
const DISK: u64 = 6 << 20;
const DISK_A_FAULT: usize = 128 << 10;

/// Fills the disk of history and ledger, up to some bytes that differ each time, and makes room again. The disk is a file system in
/// memory that is there for the service alone and ends with it; none when this machine lets nobody have one.
fn full_disks(faults: usize) -> Option<String> {
    if !Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success()) {
        return None;
    }
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let state = bench.path().join(".genesis");
    std::fs::create_dir(&state).unwrap();
    let serve = bench.command(&["serve", "--bus", &url, "--listen", "127.0.0.1:0"]);
    let disk = DISK + (faults * DISK_A_FAULT) as u64;
    let mount = format!("mount -t tmpfs -o size={disk} tmpfs .genesis && exec \"$0\" \"$@\"");
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &mount]).arg(serve.get_program()).args(serve.get_args());
    command.current_dir(bench.path());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let service = Service::spawn(command);
    let seen = format!("/proc/{}/root{}", service.id(), state.display());
    let filler = Path::new(&seen).join("filler");
    let (ids, told) = answered(&url, faults, |number| {
        let left = [0, 16 << 10, 64 << 10, 160 << 10][number % 4];
        fill(&filler, left);
        std::thread::sleep(Duration::from_millis(700));
        std::fs::remove_file(&filler).unwrap();
    });
    let failed = service.get("/metrics").1;
    let copied = Command::new("cp").args(["-a", &format!("{seen}/."), &state.display().to_string()]).status();
    assert!(copied.unwrap().success());
    let results = assert_each_once(&bench, None, &ids, &told);
    assert_ended_well(service);
    let handed_back = "genesis_requests_total{kind=\"experiment\",outcome=\"handed_back\"}";
    assert!(failed.contains(handed_back), "the disk was never full for anybody: {failed}");
    Some(format!("{} requests, each one experiment, {results} results", ids.len()))
}

/// Writes until nothing more goes onto the disk, and gives so many bytes back.
fn fill(filler: &Path, left: u64) {
    let mut file = File::create(filler).unwrap();
    let mut written: u64 = 0;
    while let Ok(bytes @ 1..) = file.write(&[0; 4096]) {
        written += bytes as u64;
    }
    file.set_len(written.saturating_sub(left)).unwrap();
}

#[test]
fn a_disk_that_is_full_for_a_while_loses_nothing() {
    match full_disks(4) {
        Some(told) => println!("4 times full, {told}"),
        None => println!("{NO_DISK}"),
    }
}

#[test]
#[ignore = "soak: 40 times a full disk"]
fn a_disk_that_is_full_again_and_again_loses_nothing() {
    match full_disks(40) {
        Some(told) => println!("SOAK disk-full 40 {told}"),
        None => println!("{NO_DISK}"),
    }
}

/// Days that the clock jumps by, in order.
const JUMPS: [i64; 5] = [0, 400, -400, 1, -20_000];

/// Sets the clock of the service far ahead and far back while it works.
fn clock_jumps(faults: usize) -> String {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    let shift = bench.write("shift", "0");
    let mut command = bench.command(&["serve", "--bus", &url, "--listen", "127.0.0.1:0"]);
    command.env("GENESIS_CLOCK_SHIFT", &shift);
    let service = Service::spawn(command);
    let (ids, told) = answered(&url, faults, |number| {
        let shifted = JUMPS[(number + 1) % JUMPS.len()] * 24 * 60 * 60 * 1000;
        // As a whole, because it is read at any moment.
        std::fs::write(shift.with_extension("new"), shifted.to_string()).unwrap();
        std::fs::rename(shift.with_extension("new"), &shift).unwrap();
        std::thread::sleep(Duration::from_millis(number as u64 * 37 % 150));
    });
    let results = assert_each_once(&bench, None, &ids, &told);
    assert_ended_well(service);
    // The date of an experiment is the clock's, and a replay takes it over.
    let recorded = experiments(&bench, &[]);
    let dates: Vec<i64> = recorded.iter().map(|record| record["created_at_ms"].as_i64().unwrap()).collect();
    let spread = dates.iter().max().unwrap() - dates.iter().min().unwrap();
    assert!(spread > 300 * 24 * 60 * 60 * 1000, "the clock has not jumped: {dates:?}");
    for record in [&recorded[0], recorded.last().unwrap()] {
        let replayed = bench.genesis(&["replay", record["experiment"].as_str().unwrap()]);
        assert_eq!(replayed.code, Some(0), "{replayed:?}");
    }
    format!("{} requests, each one experiment, {results} results", ids.len())
}

#[test]
fn a_clock_that_jumps_loses_nothing() {
    println!("4 jumps, {}", clock_jumps(4));
}

#[test]
#[ignore = "soak: 100 jumps"]
fn a_clock_that_jumps_again_and_again_loses_nothing() {
    println!("SOAK clock-jump 100 {}", clock_jumps(100));
}
