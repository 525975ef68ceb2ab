//! A service between a broker and a client.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use crate::support::{Bench, greeting, project};

/// `genesis serve`, ready to take messages. It is killed when it is dropped.
pub(super) struct Service {
    child: Child,
    address: String,
    log: Option<JoinHandle<String>>,
}

impl Service {
    pub(super) fn start(bench: &Bench, bus: &str, more: &[&str]) -> Self {
        Self::spawn(bench.command(&[&["serve", "--bus", bus, "--listen", "127.0.0.1:0"], more].concat()))
    }

    /// Starts what was prepared.
    pub(super) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "it ended before it was ready: {said}");
            if let Some((_, address)) = line.split_once("http://") {
                break address.split('/').next().unwrap().to_owned();
            }
            said.push_str(&line);
        };
        let log = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ended = log.read_to_end(&mut bytes);
            said + &String::from_utf8_lossy(&bytes)
        });
        Self { child, address, log: Some(log) }
    }

    /// What it answers over HTTP: status and body.
    pub(super) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    /// The memory that it holds, in KiB.
    pub(super) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix("kB").unwrap().trim().parse().unwrap()
    }

    /// Asks it to end; gives how it ended and all that it said.
    pub(super) fn end(mut self) -> (ExitStatus, String) {
        self.signal("-TERM");
        let status = self.child.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }

    pub(super) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// The number of its process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it without a word.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    pub(super) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Service {
    #[expect(clippy::print_stdout, reason = "a test that fails shows what the service said")]
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended = self.child.wait();
        if let Some(log) = self.log.take()
            && std::thread::panicking()
        {
            println!("the service said: {}", log.join().unwrap_or_default());
        }
    }
}

/// Waits until the service has counted so much.
pub(super) fn await_metric(service: &Service, line: &str) {
    while !service.get("/metrics").1.contains(line) {
        std::thread::yield_now();
    }
}

/// A client in Python, of the environment that `cargo xtask setup` makes.
fn python(environment: &str, script: &str) -> Command {
    let python = project(&format!("target/tools/{environment}/bin/python"));
    assert!(python.is_file(), "{} is not there: cargo xtask setup", python.display());
    let mut command = Command::new(python);
    command.arg(project(&format!("tests/it/servers/{script}")));
    command
}

/// A message by NATS.
pub(super) fn message(subject: &str, id: Option<&str>, payload: impl Into<String>) -> Value {
    json!({ "subject": subject, "id": id, "payload": payload.into() })
}

/// Sends messages by NATS and waits for so many results; gives every message of the streams of results.
pub(super) fn by_nats(url: &str, messages: &[Value], wait: usize) -> Vec<Value> {
    let mut command = python("nats-py-2.16.0", "nats_client.py");
    command.args([url, &wait.to_string()]);
    lines(command, messages)
}

/// Waits for so many results and daily metrics by NATS.
pub(super) fn metrics_by_nats(url: &str, wait: usize) -> Vec<Value> {
    let mut command = python("nats-py-2.16.0", "nats_client.py");
    command.args([url, &wait.to_string(), "--metrics"]);
    lines(command, &[])
}

/// Sends so many requests for a template by NATS, `window` of them unanswered at any time; gives how they were answered.
pub(super) fn load_by_nats(url: &str, prefix: &str, count: usize, window: usize, template: &Path) -> Value {
    let mut command = python("nats-py-2.16.0", "nats_load.py");
    command.args([url, prefix, &count.to_string(), &window.to_string()]).arg(template);
    lines(command, &[]).remove(0)
}

/// Asks one question by NATS.
pub(super) fn ask_by_nats(url: &str, question: Value) -> Value {
    let mut command = python("nats-py-2.16.0", "nats_client.py");
    command.args([url, "--ask"]);
    lines(command, &[question]).remove(0)
}

/// Sends messages by pgmq and waits for so many results in these queues.
pub(super) fn by_pgmq(
    port: u16,
    database: &str,
    messages: &[Value],
    wait: usize,
    queues: &[&str],
) -> Vec<Value> {
    let mut command = python("pgmq-1.1.4", "pgmq_client.py");
    command.args([&port.to_string(), database, &wait.to_string()]).args(queues);
    lines(command, messages)
}

fn lines(mut command: Command, messages: &[Value]) -> Vec<Value> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for message in messages {
        writeln!(stdin, "{message}").unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the client failed; its words are above");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The results among messages, by the id of the experiment.
pub(super) fn results<'m>(messages: &'m [Value], id: &str) -> Vec<&'m Value> {
    let of_id = |message: &&Value| {
        message["subject"] == "genesis.experiment.result" && message["payload"]["experiment_id"] == id
    };
    messages.iter().filter(of_id).map(|message| &message["payload"]).collect()
}

/// What a message tells, in an envelope or not.
pub(super) fn document(message: &Value) -> &Value {
    let inner = &message["payload"]["payload"];
    if inner.is_object() { inner } else { &message["payload"] }
}

/// Holds a message against the schema that the program publishes: its envelope when it has one, and its document.
pub(super) fn assert_of_schema(bench: &Bench, kind: &str, message: &Value) {
    let told = bench.genesis(&["schema", "message"]);
    let schema: Value = serde_json::from_str(&told.stdout).unwrap_or_else(|_| panic!("{told:?}"));
    let (whole, document) = (&message["payload"], document(message));
    let envelope = whole["payload"].is_object().then_some(("envelope", whole));
    for (kind, value) in envelope.into_iter().chain([(kind, document)]) {
        let mut one = schema.clone();
        one["anyOf"] = json!([{ "$ref": format!("#/$defs/{kind}") }]);
        let validator = jsonschema::validator_for(&one).unwrap();
        let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{kind}: {errors:?}: {value:#}");
    }
}

/// The results that came in an envelope, by the id of the experiment: the envelopes.
pub(super) fn enveloped_results<'m>(messages: &'m [Value], id: &str) -> Vec<&'m Value> {
    let of_id = |message: &&Value| {
        message["subject"] == "genesis.experiment.result"
            && message["payload"]["payload"]["experiment_id"] == id
    };
    messages.iter().filter(of_id).map(|message| &message["payload"]).collect()
}

/// A request for the first version of a template of its own.
pub(super) fn request(id: &str) -> Value {
    let mut template = greeting("1.0.0");
    template["id"] = json!(format!("greeting-{id}"));
    json!({
        "experiment_id": id,
        "instance_id": "singularity_1",
        "template": template,
        "version": "1.0.0",
        "risk_level": "low",
    })
}

/// Every recorded experiment.
pub(super) fn experiments(bench: &Bench, more: &[&str]) -> Vec<Value> {
    let mut args = vec!["history", "list", "--format", "json", "--limit", "100000"];
    args.extend(more);
    let ran = bench.genesis(&args);
    let listed: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    listed["experiments"].as_array().unwrap().clone()
}

/// Writes `slow.toml`, a policy under which every case takes a minute.
pub(super) fn slow_policy(bench: &Bench) {
    let endless = r#"(module (memory (export "memory") 1) (func (export "_start") (loop br 0)))"#;
    let endless = wat::parse_str(endless).unwrap();
    let digest = genesis_domain::Digest::of(&endless);
    bench.write("loop.wasm", endless);
    bench.write(
        "slow.toml",
        format!(
            "name = \"slow\"\nextends = \"default\"\n[[check]]\nname = \"slow\"\nguest = \"loop.wasm\"\n\
             applies = \"case\"\nrequired = true\ndigest = \"{digest}\"\n\
             [limits]\nfuel = 1_000_000_000_000\nwall_time_ms = \"60 s\"\n"
        ),
    );
}
