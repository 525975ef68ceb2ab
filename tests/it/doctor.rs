//! `genesis doctor`: it is well here, and it says so of nothing that is not.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;

use genesis_abi::{LimitName, Limits, ModuleLimits};
use genesis_guests::hostile::{self, Hostile};
use serde_json::Value;

use crate::support::{Bench, Ran, greeting};

/// The examination with these arguments and variables, as JSON.
fn doctor(bench: &Bench, args: &[&str], variables: &[(&str, &str)]) -> (Ran, Value) {
    let mut command = bench.command(&["doctor", "--json"]);
    command.args(args).env_remove("GENESIS_NATS_URL").env_remove("NATS_URL").envs(variables.iter().copied());
    let output = command.output().unwrap();
    let ran = Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    let document = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, document)
}

fn service<'a>(document: &'a Value, name: &str) -> &'a Value {
    let services = document["services"].as_array().unwrap();
    services.iter().find(|service| service["name"] == name).unwrap_or_else(|| panic!("{document:#}"))
}

#[test]
fn every_guest_that_misbehaves_is_stopped_as_it_must_be() {
    let bench = Bench::new();
    let (ran, document) = doctor(&bench, &[], &[]);
    let guests = document["guests"].as_array().unwrap();
    let failed: Vec<&Value> = guests.iter().filter(|guest| guest["verdict"] != "bites").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!((ran.code, &document["well"]), (Some(0), &true.into()), "{document:#}");
    let schema: Value = serde_json::from_str(&bench.genesis(&["schema", "doctor"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");

    assert!(hostile::ALL.len() >= 100, "{} guests", hostile::ALL.len());
    for guest in hostile::ALL {
        assert!(guests.iter().any(|tried| tried["name"] == guest.name), "{}", guest.name);
    }
    for limit in Limits::of(|_| 0).each().chain(ModuleLimits::of(|_| 0).each()).map(|(name, _)| name) {
        assert!(guests.iter().any(|tried| tried["limit"] == limit.as_str()), "{limit}");
    }
    // What is measured is there, and is what it must be.
    for tried in guests.iter().filter(|tried| tried["stopped_at"].is_u64()) {
        let (stopped, value) = (tried["stopped_at"].as_u64().unwrap(), tried["value"].as_u64().unwrap());
        assert!(stopped <= value.saturating_add(value / 10), "{tried:#}");
        assert!(tried["overshoot_percent"].as_f64().unwrap() <= 10.0, "{tried:#}");
        assert!(tried["asked"].as_u64().unwrap() >= value, "{tried:#}");
    }
    let stopped = |limit: &'static str| {
        guests.iter().filter(move |tried| tried["limit"] == limit && tried["stopped_at"].is_u64())
    };
    for limit in Limits::of(|_| 0).each().map(|(name, _)| name.as_str()) {
        assert!(stopped(limit).count() > 0, "{limit}");
    }
}

/// Guests that run into a limit, few of many.
fn that_run_into(name: LimitName) -> Vec<&'static Hostile> {
    hostile::ALL.iter().filter(|guest| guest.expected.limit == Some(name)).take(2).collect()
}

#[test]
fn a_limit_that_does_not_bite_is_found_and_named() {
    let bench = Bench::new();
    // The engine has no more room for these, whatever a sandbox is told.
    let fixed = [LimitName::Tables, LimitName::Memories, LimitName::Instances];
    let (of_runs, of_modules) = (Limits::of(|_| 0), ModuleLimits::of(|_| 0));
    let all = of_runs.each().chain(of_modules.each()).map(|(name, _)| name);
    for limit in all.chain([LimitName::StackBytes]).filter(|limit| !fixed.contains(limit)) {
        let guests = that_run_into(limit);
        let names: Vec<&str> = guests.iter().map(|guest| guest.name).collect();
        let (ran, document) = doctor(&bench, &names, &[("GENESIS_DOCTOR_LOOSEN", limit.as_str())]);
        assert_eq!((ran.code, &document["well"]), (Some(1), &false.into()), "{limit}: {document:#}");
        let failed: Vec<&Value> = document["guests"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|guest| guest["verdict"] == "failed")
            .collect();
        assert!(!failed.is_empty(), "{limit}: {document:#}");
        assert!(failed.iter().any(|guest| guest["limit"] == limit.as_str()), "{limit}: {document:#}");
        assert!(
            failed.iter().all(|guest| !guest["problems"][0].as_str().unwrap().is_empty()),
            "{document:#}"
        );
    }
}

#[test]
fn the_page_for_people_says_which_limit_failed_and_why() {
    let bench = Bench::new();
    let none = bench.genesis(&["doctor", "memory_growth", "no-such-guest"]);
    assert_eq!(none.code, Some(2), "{none:?}");
    let page = bench.genesis(&["doctor", "memory_growth", "divide_by_zero", "--all"]);
    assert_eq!(page.code, Some(0), "{page:?}");
    for says in [
        "WELL",
        "each is stopped as it must be",
        "memory_bytes",
        "16 MiB",
        "0.0 %",
        "trapped",
        "file descriptors",
        "repository",
    ] {
        assert!(page.stdout.contains(says), "{says}: {}", page.stdout);
    }
    let mut command = bench.command(&["doctor", "memory_growth"]);
    let output = command.env("GENESIS_DOCTOR_LOOSEN", "memory_bytes").output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{page}");
    assert!(page.starts_with("FAILED") && page.contains("memory_bytes was 50331648"), "{page}");
    let mut command = bench.command(&["doctor", "memory_growth"]);
    let output = command.env("GENESIS_DOCTOR_LOOSEN", "no_such_limit").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn history_and_ledger_are_looked_at_when_they_are_there() {
    let bench = Bench::new();
    let (_, document) = doctor(&bench, &["divide_by_zero"], &[]);
    assert_eq!(service(&document, "repository")["state"], "absent");
    bench.experiment(&bench.template("greeting.json", &greeting("1.0.0")), &[]);
    let (ran, document) = doctor(&bench, &["divide_by_zero"], &[]);
    assert_eq!(ran.code, Some(0), "{document:#}");
    for name in ["repository", "ledger"] {
        assert_eq!(service(&document, name)["state"], "well", "{document:#}");
    }
    std::fs::write(bench.path().join(".genesis/ledger.sqlite"), "not a database").unwrap();
    // SQLite would read what it still finds in the log beside the file.
    let _none = std::fs::remove_file(bench.path().join(".genesis/ledger.sqlite-wal"));
    let (ran, document) = doctor(&bench, &["divide_by_zero"], &[]);
    assert_eq!(ran.code, Some(1), "{document:#}");
    assert_eq!(service(&document, "ledger")["state"], "broken", "{document:#}");
}

/// What answers a connection, once.
fn answering(greeting: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(greeting.as_bytes()).unwrap();
    });
    format!("nats://user:secret@{address}")
}

#[test]
fn a_broker_that_is_configured_must_answer_and_keep_messages() {
    let bench = Bench::new();
    let (ran, document) = doctor(&bench, &["divide_by_zero"], &[]);
    assert_eq!((ran.code, &service(&document, "broker")["state"]), (Some(0), &"absent".into()));
    for (greeting, state, says) in [
        ("INFO {\"version\":\"2.9.10\",\"jetstream\":true}\r\n", "broken", "could not connect"),
        ("INFO {\"version\":\"2.9.10\"}\r\n", "broken", "JetStream is off"),
        ("HTTP/1.1 400 Bad Request\r\n", "broken", "no NATS server"),
        ("INFO {\r\n", "broken", "cannot be read"),
        ("", "broken", "no NATS server"),
    ] {
        let url = answering(greeting);
        let (ran, document) = doctor(&bench, &["divide_by_zero"], &[("GENESIS_NATS_URL", &url)]);
        let broker = service(&document, "broker");
        assert_eq!(broker["state"], state, "{greeting}: {document:#}");
        assert!(broker["detail"].as_str().unwrap().contains(says), "{document:#}");
        assert!(!ran.stdout.contains("secret"), "{}", ran.stdout);
        assert_eq!(ran.code, Some(i32::from(state == "broken")));
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (ran, document) = doctor(&bench, &["divide_by_zero"], &[("NATS_URL", &nobody.to_string())]);
    assert_eq!(
        (ran.code, &service(&document, "broker")["state"]),
        (Some(1), &"broken".into()),
        "{document:#}"
    );
}
