//! What the examination says of servers that are there.

use genesis_launch::free_port;
use genesis_servers::{Nats, Postgres};
use serde_json::Value;

use crate::support::Bench;

fn examined(bench: &Bench, variables: &[(&str, &str)]) -> (Option<i32>, Vec<(String, String, String)>) {
    let mut command = bench.command(&["doctor", "--json", "divide_by_zero"]);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let services = document["services"].as_array().unwrap();
    let services =
        services.iter().map(|found| (text(&found["name"]), text(&found["state"]), text(&found["detail"])));
    (output.status.code(), services.collect())
}

fn state<'s>(services: &'s [(String, String, String)], name: &str) -> (&'s str, &'s str) {
    let found = services.iter().find(|(found, _, _)| found == name);
    let (_, state, detail) = found.unwrap_or_else(|| panic!("{services:#?}"));
    (state, detail)
}

#[test]
fn a_server_is_well_when_it_takes_who_comes_and_says_so() {
    let (postgres, bench) = (Postgres::start().unwrap(), Bench::new());
    let monitor = free_port().unwrap();
    let rules = format!(
        "http: \"127.0.0.1:{monitor}\"\nauthorization {{ user: genesis, password: hunter2, timeout: 5 }}\n"
    );
    let nats = Nats::configured(&rules).unwrap();
    let (url, monitor) = (nats.url(), format!("http://127.0.0.1:{monitor}"));
    let database = postgres.url("postgres", "postgres");
    let mut variables = vec![
        ("GENESIS_NATS_URL", url.as_str()),
        ("GENESIS_NATS_MONITOR_URL", &monitor),
        ("GENESIS_DATABASE_URL", &database),
        ("GENESIS_NATS_USER", "genesis"),
        ("GENESIS_NATS_PASSWORD", "hunter2"),
    ];
    let (code, services) = examined(&bench, &variables);
    assert_eq!(code, Some(0), "{services:#?}");
    for name in ["broker", "broker's health", "database"] {
        assert_eq!(state(&services, name).0, "well", "{services:#?}");
    }
    variables.pop();
    variables.push(("GENESIS_NATS_PASSWORD", "wr0ng"));
    let (code, services) = examined(&bench, &variables);
    assert_eq!((code, state(&services, "broker").0), (Some(1), "broken"), "{services:#?}");
    assert!(!format!("{services:?}").contains("wr0ng"), "{services:#?}");

    drop((nats, postgres));
    let (code, services) = examined(&bench, &variables);
    assert_eq!(code, Some(1), "{services:#?}");
    for name in ["broker", "broker's health", "database"] {
        assert_eq!(state(&services, name).0, "broken", "{services:#?}");
    }
}
