//! A service at servers that ask who it is, and what it says of its secrets: nothing.

use std::process::Command;

use genesis_servers::{Authority, Identities, Nats};

use super::stage::{Service, by_nats, message, request, results};
use crate::support::{Bench, Ran};

const RUN: &str = "genesis.experiment.run";
const PASSWORD: &str = "hunter2";

fn ran(mut command: Command) -> Ran {
    Ran::of(&command.output().unwrap())
}

#[test]
fn a_service_with_a_password_works_and_does_not_tell_it() {
    let rules = format!("authorization {{ user: genesis, password: {PASSWORD}, timeout: 5 }}\n");
    let (mut nats, bench) = (Nats::configured(&rules).unwrap(), Bench::new());
    let url = nats.url_for(&format!("genesis:{PASSWORD}"));
    let service = Service::start(&bench, &url, &[]);
    let told = by_nats(&url, &[message(RUN, Some("m"), request("one").to_string())], 1);
    assert_eq!(results(&told, "one")[0]["status"], "success", "{told:#?}");

    // The same by variables, which nobody sees in a list of processes.
    let mut listing = bench.command(&["dlq", "list", "--bus", &nats.url(), "--nats-user", "genesis"]);
    listing.env("GENESIS_NATS_PASSWORD", PASSWORD);
    let listed = ran(listing);
    assert_eq!((listed.code, listed.stdout.as_str()), (Some(0), "no dead letters\n"), "{listed:?}");
    let without = bench.genesis(&["dlq", "list", "--bus", &nats.url(), "--nats-user", "genesis"]);
    assert_eq!(without.code, Some(2), "{without:?}");
    assert!(without.stderr.contains("GENESIS_NATS_PASSWORD"), "{without:?}");

    nats.kill();
    while service.get("/readyz").0 != 503 {
        std::thread::yield_now();
    }
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("stopped;") && !log.contains(PASSWORD), "{log}");

    // Nobody there, and a password that stands where none may.
    let odd = format!("nats://genesis:{PASSWORD}@127.0.0.1:1,nats://{PASSWORD}@127.0.0.1:x");
    for url in [url.as_str(), &format!("nats://{PASSWORD}@127.0.0.1:1"), &odd] {
        for args in [&["serve", "--bus"], &["dlq", "list", "--bus"][..], &["bus", "conformance", "--url"]] {
            let ran = bench.genesis(&[args, &[url]].concat());
            assert!(matches!(ran.code, Some(2 | 5)), "{ran:?}");
            assert!(!ran.stderr.contains(PASSWORD) && !ran.stdout.contains(PASSWORD), "{ran:?}");
        }
    }
    let mut shown = bench.command(&["config", "show"]);
    shown.env("GENESIS_NATS_URL", &odd).env("GENESIS_DATABASE_URL", format!("postgres://me:{PASSWORD}@h/d"));
    let shown = ran(shown);
    assert!(shown.code == Some(0) && !shown.stdout.contains(PASSWORD), "{shown:?}");
}

#[test]
fn a_broker_with_credentials_and_certificates_is_held_to_its_laws() {
    let (authority, identities) = (Authority::new().unwrap(), Identities::new().unwrap());
    let (server, client) = (authority.issue("server").unwrap(), authority.issue("client").unwrap());
    let ca = authority.certificate();
    let tls = format!(
        "tls {{ cert_file: \"{}\", key_file: \"{}\", ca_file: \"{}\", verify: true, timeout: 5 }}\n",
        server.certificate.display(),
        server.key.display(),
        ca.display()
    );
    let (nats, bench) = (Nats::configured(&(tls + &identities.configuration)).unwrap(), Bench::new());
    let held = ran({
        let mut command = bench.command(&["bus", "conformance", "--url", &nats.url()]);
        command.arg("--nats-creds").arg(identities.credentials());
        command.arg("--tls-ca").arg(&ca).arg("--tls-cert").arg(&client.certificate);
        command.arg("--tls-key").arg(&client.key);
        command
    });
    assert_eq!((held.code, held.stdout.as_str()), (Some(0), "15 laws: 15 hold, 0 broken\n"), "{held:?}");

    let mut command = bench.command(&["serve", "--bus", &nats.url(), "--listen", "127.0.0.1:0"]);
    command.env("GENESIS_NATS_CREDS", identities.credentials()).env("GENESIS_TLS_CA", &ca);
    command.env("GENESIS_TLS_CERT", &client.certificate).env("GENESIS_TLS_KEY", &client.key);
    let service = Service::spawn(command);
    assert_eq!(service.get("/readyz").0, 200);
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");

    let half = bench.genesis(&["dlq", "list", "--bus", &nats.url(), "--tls-cert", "client.pem"]);
    assert_eq!(half.code, Some(2), "{half:?}");
}
