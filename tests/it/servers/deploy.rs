//! What lies in deploy/, tried as far as that is possible without the machines that it is for: the configurations of NATS
//! with the real server, the units with systemd's own check, and the variables of both with the program.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use genesis_launch::free_port;
use genesis_servers::Nats;
use serde_json::Value;

use super::stage::{Service, by_nats, experiments, message, request, results};
use crate::support::{Bench, project};

const RUN: &str = "genesis.experiment.run";
const PASSWORD: &str = "open-sesame";

/// Far more than a cluster takes to agree on anything.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often a cluster is looked at before it counts as one that never gets there: for two minutes.
const LOOKS: u32 = 1200;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

fn text(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether the installed server knows `sync_interval`, as every one from 2.10 on.
fn syncs() -> bool {
    let output = Command::new("nats-server").arg("--version").output().expect("apt-get install nats-server");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers = told.trim().rsplit_once('v').unwrap().1.split('.').map(|part| part.parse::<u32>().unwrap());
    numbers.take(2).collect::<Vec<_>>() >= vec![2, 10]
}

/// Writes a configuration into a folder, with what only newer servers know left out where the server is older.
fn placed(name: &str, folder: &Path) -> std::path::PathBuf {
    let told = text(&format!("deploy/nats/{name}"));
    let told = if syncs() { told } else { told.replace("    sync_interval: always\n", "") };
    let path = folder.join(name);
    fs::write(&path, told).unwrap();
    path
}

/// The server's own check of a configuration: whether it is good, and what it says.
fn checked(path: &Path, variables: &BTreeMap<String, String>) -> (bool, String) {
    let mut command = Command::new("nats-server");
    let output = command.arg("-t").arg("-c").arg(path).envs(variables).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The variables of a file for systemd.
fn variables(path: &str) -> BTreeMap<String, String> {
    let told = text(path);
    let lines = told.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_once('=').unwrap()).map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn the_configurations_are_what_the_server_takes() {
    let bench = Bench::new();
    let variables = variables("deploy/systemd/nats.env");
    fs::copy(project("deploy/nats/routes.conf"), bench.path().join("routes.conf")).unwrap();
    for name in ["single.conf", "node.conf"] {
        let (is_good, said) = checked(&placed(name, bench.path()), &variables);
        assert!(is_good, "{name}: {said}");
        // As it stands, unless the server is too old: then for the one line that the file says it is too old for.
        let whole = bench.write("whole.conf", text(&format!("deploy/nats/{name}")));
        let (is_good, said) = checked(&whole, &variables);
        assert!(is_good || (!syncs() && said.contains("unknown field \"sync_interval\"")), "{name}: {said}");
        assert!(text(&format!("deploy/nats/{name}")).contains("\n    sync_interval: always\n"));
    }
}

/// Three nodes with the configuration of deploy/, on one machine.
struct Cluster {
    bench: Bench,
    ports: Vec<u16>,
    monitors: Vec<u16>,
    nodes: Vec<Option<Child>>,
}

impl Cluster {
    fn start() -> Self {
        let bench = Bench::new();
        placed("node.conf", bench.path());
        let ports = || (0..3).map(|_| free_port().unwrap()).collect::<Vec<u16>>();
        let (clients, monitors, routes) = (ports(), ports(), ports());
        let mut told = text("deploy/nats/routes.conf").replace("nodes-only", PASSWORD);
        for (number, port) in routes.iter().enumerate() {
            told = told.replace(&format!("nats-{}:6222", number + 1), &format!("127.0.0.1:{port}"));
        }
        bench.write("routes.conf", told);
        let mut cluster = Self { bench, ports: clients, monitors, nodes: Vec::new() };
        for (number, route) in routes.iter().enumerate() {
            let mut variables = variables("deploy/systemd/nats.env");
            let folder = cluster.bench.path().join(format!("store-{number}"));
            for (name, value) in [
                ("NATS_NAME", format!("nats-{}", number + 1)),
                ("NATS_LISTEN", format!("127.0.0.1:{}", cluster.ports[number])),
                ("NATS_MONITOR", format!("127.0.0.1:{}", cluster.monitors[number])),
                ("NATS_CLUSTER_LISTEN", format!("127.0.0.1:{route}")),
                ("NATS_STORE", folder.display().to_string()),
                ("NATS_PASSWORD", PASSWORD.to_owned()),
                ("NATS_CLUSTER_PASSWORD", PASSWORD.to_owned()),
            ] {
                assert!(variables.insert(name.to_owned(), value).is_some(), "{name} is in nats.env");
            }
            let mut command = Command::new("nats-server");
            command.arg("-c").arg(cluster.bench.path().join("node.conf")).envs(variables);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            cluster.nodes.push(Some(command.spawn().unwrap()));
        }
        cluster
    }

    /// The addresses of all nodes, as the program takes them.
    fn url(&self) -> String {
        let one = |port: &u16| format!("nats://127.0.0.1:{port}");
        self.ports.iter().map(one).collect::<Vec<_>>().join(",")
    }

    /// The address of one node, with who comes.
    fn node(&self, number: usize) -> String {
        format!("nats://genesis:{PASSWORD}@127.0.0.1:{}", self.ports[number])
    }

    fn kill(&mut self, number: usize) {
        let mut child = self.nodes[number].take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// What a node says of JetStream, when it says anything.
    fn jsz(&self, number: usize) -> Option<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.monitors[number])).ok()?;
        write!(stream, "GET /jsz?streams=true&accounts=true HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// Waits until a node says what is asked for.
    fn until(&self, number: usize, what: impl Fn(&Value) -> bool) {
        let mut said = None;
        for _ in 0..LOOKS {
            said = self.jsz(number);
            if said.as_ref().is_some_and(&what) {
                return;
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        panic!("{said:#?}");
    }

    /// Every stream as a node sees it: name, leader, and who else keeps it.
    fn streams(said: &Value) -> Vec<(String, String, usize)> {
        let accounts = said["account_details"].as_array().into_iter().flatten();
        let streams = accounts.flat_map(|account| account["stream_detail"].as_array().into_iter().flatten());
        let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        streams
            .map(|stream| {
                let others = stream["cluster"]["replicas"].as_array().map_or(0, Vec::len);
                (name(&stream["name"]), name(&stream["cluster"]["leader"]), others)
            })
            .collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in self.nodes.iter_mut().flatten() {
            let _ended_already = child.kill();
            let _ended = child.wait();
        }
    }
}

/// The service's channels, and the advisories that become dead letters.
const STREAMS: usize = 8;

#[test]
fn three_nodes_form_a_cluster_and_the_service_outlives_one_of_them() {
    let mut cluster = Cluster::start();
    for node in 0..3 {
        cluster.until(node, |said| {
            said["meta_cluster"]["leader"].is_string() && said["meta_cluster"]["cluster_size"] == 3
        });
    }
    let url = cluster.url();
    let more = ["serve", "--listen", "127.0.0.1:0", "--concurrency", "1"];
    let mut command = cluster.bench.command(&more);
    let own = variables("deploy/systemd/genesis.env");
    for (name, value) in &own {
        // The addresses and passwords are another machine's; everything else is as it stands there.
        match name.as_str() {
            "GENESIS_NATS_URL" => command.env(name, &url),
            "GENESIS_NATS_PASSWORD" => command.env(name, PASSWORD),
            "GENESIS_DATABASE_URL" | "GENESIS_CACHE_DIR" => &mut command,
            _ => command.env(name, value),
        };
    }
    let service = Service::spawn(command);
    let ask = |id: &str| message(RUN, Some(id), request(id).to_string());
    let told = by_nats(&cluster.node(0), &[ask("one")], 1);
    assert_eq!(results(&told, "one")[0]["status"], "success", "{told:#?}");
    let said = cluster.jsz(0).unwrap();
    let streams = Cluster::streams(&said);
    assert_eq!(streams.len(), STREAMS, "{said:#}");
    assert!(streams.iter().all(|(_, _, others)| *others == 2), "each lies on three: {streams:?}");

    // The node that leads the stream of requests is lost, in the middle of the work.
    let (_, leader, _) = streams.iter().find(|(name, _, _)| name == "GENESIS_EXPERIMENTS").unwrap();
    let lost: usize = leader.strip_prefix("nats-").unwrap().parse::<usize>().unwrap() - 1;
    let alive = (lost + 1) % 3;
    let many: Vec<Value> = (0..6).map(|number| ask(&format!("r-{number}"))).collect();
    by_nats(&cluster.node(alive), &many, 2);
    cluster.kill(lost);
    cluster.until(alive, |said| {
        let streams = Cluster::streams(said);
        streams.len() == STREAMS && streams.iter().all(|(_, now, _)| !now.is_empty() && now != leader)
    });
    let told = by_nats(&cluster.node(alive), &[ask("later")], 8);
    for id in ["one", "later", "r-0", "r-1", "r-2", "r-3", "r-4", "r-5"] {
        assert_eq!(results(&told, id)[0]["status"], "success", "{id}: {told:#?}");
    }
    assert_eq!(service.get("/readyz"), (200, "ready\n".to_owned()));
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains(PASSWORD), "{log}");
    assert_eq!(experiments(&cluster.bench, &[]).len(), 8);
    cluster.bench.assert_sound();
}

#[test]
fn streams_on_another_number_of_servers_are_refused() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let made = bench.genesis(&["dlq", "list", "--bus", &nats.url()]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let other = bench.genesis(&["dlq", "list", "--bus", &nats.url(), "--nats-replicas", "3"]);
    assert_eq!(other.code, Some(5), "{other:?}");
    assert!(other.stderr.contains("num_replicas is 1, not 3"), "{other:?}");
}

#[test]
fn the_units_are_what_systemd_takes() {
    let bench = Bench::new();
    let program = env!("CARGO_BIN_EXE_genesis");
    for name in ["genesis.service", "genesis-nats.service"] {
        let told = text(&format!("deploy/systemd/{name}"));
        let told = told.replace("/usr/local/bin/genesis", program);
        let told = told.replace("/usr/local/bin/nats-server", "/usr/sbin/nats-server");
        bench.write(name, told);
    }
    let Ok(output) = Command::new("systemd-analyze")
        .args(["verify", "genesis.service", "genesis-nats.service"])
        .current_dir(bench.path())
        .output()
    else {
        println!("skipped: systemd-analyze is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("genesis")).collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");
}

#[test]
fn the_unit_starts_the_program_with_what_it_understands() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let unit = text("deploy/systemd/genesis.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/genesis ")).unwrap();
    let state = bench.path().join("state").display().to_string();
    let line = line.replace("/var/lib/genesis", &state).replace("127.0.0.1:8080", "127.0.0.1:0");
    assert!(unit.contains("Type=notify") && line.contains(&state), "{unit}");
    let socket = bench.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = bench.command(&line.split(' ').collect::<Vec<_>>());
    command.env("GENESIS_NATS_URL", nats.url()).env("NOTIFY_SOCKET", &socket);
    let service = Service::spawn(command);
    let told = || {
        let mut bytes = [0; 64];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    assert_eq!(told(), "READY=1");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(told(), "STOPPING=1");
}

#[test]
fn what_compose_and_the_pages_name_is_there() {
    let readme = text("deploy/README.md");
    for link in readme.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0) {
        assert!(project("deploy").join(link).exists(), "{link}");
    }
    // Each variable of a node and of the service is one that the files for systemd have too.
    let (node, own) = (variables("deploy/systemd/nats.env"), variables("deploy/systemd/genesis.env"));
    let compose = text("deploy/compose.yaml");
    for name in node.keys().chain(own.keys().filter(|name| *name != "GENESIS_CACHE_DIR")) {
        assert!(compose.contains(&format!("{name}:")), "{name} is not in compose.yaml");
    }
    for name in ["node.conf", "single.conf"] {
        for used in text(&format!("deploy/nats/{name}")).split('$').skip(1) {
            let used: String = used.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
            assert!(node.contains_key(&used), "{name} uses {used}");
        }
    }
}
