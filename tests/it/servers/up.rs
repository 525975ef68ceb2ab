//! `genesis up` from start to end, and that nothing outlives it.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{by_nats, message, request, results};
use crate::support::Bench;

const RUN: &str = "genesis.experiment.run";

/// Far more than anything here takes.
const LOOKS: u32 = 1200;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// `genesis up` that has said where everything is. It is killed when it is dropped.
struct Up<'b> {
    bench: &'b Bench,
    child: Child,
    said: String,
}

impl<'b> Up<'b> {
    fn start(bench: &'b Bench, more: &[&str]) -> Self {
        // PostgreSQL runs as somebody else where these tests run as root.
        fs::set_permissions(bench.path(), Permissions::from_mode(0o711)).unwrap();
        let mut command = bench.command(&[&["up"], more].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("Ctrl-C ends all of it.") {
            if lines.read_line(&mut said).unwrap() == 0 {
                let mut log = String::new();
                child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
                panic!("it ended before it was ready: {said}{log}");
            }
        }
        Self { bench, child, said }
    }

    /// Host and port of the service.
    fn service(&self) -> &str {
        self.said.split_once("service  http://").and_then(|(_, rest)| rest.split_once("/readyz")).unwrap().0
    }

    /// The variables for other programs.
    fn variables(&self) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.bench.path().join(".genesis/up/env")).unwrap();
        text.lines()
            .map(|line| {
                let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
                (name.to_owned(), value.trim_matches('\'').to_owned())
            })
            .collect()
    }

    fn post(&self, kind: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.service()).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST /requests HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}")))
    }

    /// What is recorded, asked with the variables that were written for it, when there are so many.
    fn recorded(&self, count: usize) -> Vec<Value> {
        let mut looks = 0;
        loop {
            let mut command = self.bench.command(&["history", "list", "--format", "json"]);
            let output = command.envs(self.variables()).output().unwrap();
            let listed: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let found = listed["experiments"].as_array().cloned().unwrap_or_default();
            looks += 1;
            if found.len() >= count || looks == LOOKS {
                assert_eq!(found.len(), count, "{output:?}");
                return found;
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Waits until it has ended; gives how, and what it said on standard error.
    fn ended(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (status, log)
    }
}

impl Drop for Up<'_> {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Processes whose command line names the bench's folder: number and command line.
fn processes(bench: &Bench) -> Vec<(u32, String)> {
    let named = bench.path().display().to_string();
    let all = fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(&named).then_some((pid, line))
    })
    .collect()
}

fn assert_nothing_is_left(bench: &Bench) {
    for _ in 0..LOOKS {
        if processes(bench).is_empty() {
            return;
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    panic!("{:?}", processes(bench));
}

#[test]
fn up_starts_everything_answers_and_leaves_nothing_behind() {
    let bench = Bench::new();
    let up = Up::start(&bench, &[]);
    let running: Vec<String> = processes(&bench).into_iter().map(|(_, line)| line).collect();
    for server in ["nats-server", "postgres"] {
        assert!(running.iter().any(|line| line.contains(server)), "{server}: {running:?}");
    }
    let variables = up.variables();
    let value = |name: &str| variables.iter().find(|(found, _)| found == name).unwrap().1.clone();
    let (nats, database) = (value("GENESIS_NATS_URL"), value("GENESIS_DATABASE_URL"));
    let password = database.split([':', '@']).nth(2).unwrap();
    assert!(password.len() == 32 && !up.said.contains(password), "{}", up.said);

    let told = by_nats(&nats, &[message(RUN, Some("m"), request("one").to_string())], 1);
    assert_eq!(results(&told, "one")[0]["recommendation"], "merge", "{told:#?}");
    // The same as any other once it is with the broker.
    let (status, told) = up.post("application/json", &request("two").to_string());
    assert_eq!((status, &told["experiment_id"]), (202, &json!("two")), "{told}");
    assert_eq!(results(&by_nats(&nats, &[], 2), "two")[0]["recommendation"], "merge");
    up.recorded(2);

    // One at a time in one folder.
    let second = bench.genesis(&["up"]);
    assert_eq!(second.code, Some(2), "{second:?}");
    assert!(second.stderr.contains("another `genesis up`"), "{second:?}");

    up.signal("-INT");
    let (status, log) = up.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("password"), "{log}");
    assert_nothing_is_left(&bench);
    assert!(!bench.path().join(".genesis/up/env").exists());

    // What was recorded and sent is there the next time; and not even SIGKILL leaves a server behind.
    let up = Up::start(&bench, &[]);
    up.recorded(2);
    up.signal("-KILL");
    up.ended();
    assert_nothing_is_left(&bench);
}

#[test]
fn up_ends_when_a_server_of_its_own_does() {
    let bench = Bench::new();
    let up = Up::start(&bench, &[]);
    let (pid, _) = processes(&bench).into_iter().find(|(_, line)| line.starts_with("nats-server")).unwrap();
    assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
    let (status, log) = up.ended();
    assert_eq!(status.code(), Some(5), "{log}");
    assert!(log.contains("nats-server has ended by itself"), "{log}");
    assert_nothing_is_left(&bench);
}

#[test]
fn up_needs_no_server_at_all() {
    let bench = Bench::new();
    let up = Up::start(&bench, &["--embedded"]);
    let (status, _) = up.post("text/plain", &request("one").to_string());
    assert_eq!(status, 415, "a page of another origin can send text");
    let (status, told) = up.post("application/json", "{\"template\":");
    assert_eq!(status, 400, "{told}");
    for _ in 0..2 {
        let (status, told) = up.post("application/json", &request("one").to_string());
        assert_eq!((status, &told["experiment_id"]), (202, &json!("one")), "{told}");
    }
    let recorded = up.recorded(1);
    assert_eq!(recorded[0]["decision"], "merge", "{recorded:#?}");
    assert!(bench.path().join(".genesis/ledger.sqlite").exists());
    up.signal("-TERM");
    let (status, log) = up.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_nothing_is_left(&bench);
    bench.assert_sound();
}

#[test]
fn requests_over_http_are_for_this_machine_alone() {
    let bench = Bench::new();
    let refused = bench.genesis(&["serve", "--bus", "in-process", "--intake", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("127.0.0.1"), "{refused:?}");
}
