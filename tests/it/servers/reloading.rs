//! A policy that changes while the service runs.

use genesis_servers::Nats;
use serde_json::Value;

use super::stage::{Service, ask_by_nats, by_nats, message, request, results};
use crate::support::Bench;

const RUN: &str = "genesis.experiment.run";

fn digest_in_force(url: &str) -> Value {
    let status = ask_by_nats(url, message("genesis.status", None, ""));
    assert!(status["policy_digest"].is_string(), "{status}");
    status["policy_digest"].clone()
}

#[test]
fn a_changed_policy_is_in_force_at_once_and_a_broken_one_never() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let url = nats.url();
    bench.write("mine.toml", "name = \"mine\"\nextends = \"default\"\n");
    let service = Service::start(&bench, &url, &["--policy", "mine.toml"]);
    let first = digest_in_force(&url);
    let outcome = |id: &str, wait| {
        let told = by_nats(&url, &[message(RUN, Some(id), request(id).to_string())], wait);
        results(&told, id)[0].clone()
    };
    assert_eq!(outcome("before", 1)["status"], "success");

    bench.write("mine.toml", "name = \"mine\"\nextends = \"default\"\n[limits]\nfuel = 1000\n");
    service.signal("-HUP");
    while digest_in_force(&url) == first {
        std::thread::yield_now();
    }
    let second = digest_in_force(&url);
    let starved = outcome("after", 2);
    assert_eq!(starved["recommendation"], "inconclusive", "{starved:#}");

    bench.write("mine.toml", "name = \"mine\"\nextends = \"default\"\n[limits]\nfuel = \"much\"\n");
    service.signal("-HUP");
    // It is looked at every two seconds; a signal that comes first is one more look.
    assert_eq!(outcome("with a broken one", 3)["recommendation"], "inconclusive");
    assert_eq!(digest_in_force(&url), second);
    bench.write("mine.toml", "name = \"mine\"\nextends = \"default\"\n");
    service.signal("-HUP");
    while digest_in_force(&url) == second {
        std::thread::yield_now();
    }
    assert_eq!(digest_in_force(&url), first);
    assert_eq!(outcome("mended", 4)["status"], "success");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("is not taken") && log.contains("mine.toml"), "{log}");
}
