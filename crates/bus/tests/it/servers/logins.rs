//! Servers that ask who somebody is, and servers that must show who they are.

use std::path::PathBuf;

use genesis_bus::conformance::At;
use genesis_bus::{Bus, BusError, Login, Topology};
use genesis_servers::{Authority, Certificate, Identities, Nats, Nkey, Postgres};

use crate::{hold, hold_as};

const PASSWORD: &str = "s3cr:t/p@ss";
/// The same in an address.
const ENCODED: &str = "s3cr%3At%2Fp%40ss";

/// Nobody gets in with it, and no error says what was shown.
async fn refused(url: &str, login: &Login, secrets: &[&str]) -> String {
    let error = Bus::connect_as(url, login, &Topology::genesis()).await.unwrap_err();
    assert!(matches!(error, BusError::Unavailable { .. } | BusError::Login(_)), "{error}");
    let (shown, debugged) = (error.to_string(), format!("{error:?} {login:?}"));
    for secret in secrets {
        assert!(!shown.contains(secret) && !debugged.contains(secret), "{shown} {debugged}");
    }
    shown
}

#[tokio::test]
async fn a_user_and_a_password_stand_in_the_address_or_beside_it() {
    let nats = Nats::configured(&format!(
        "authorization {{ user: genesis, password: \"{PASSWORD}\", timeout: 5 }}\n"
    ))
    .unwrap();
    hold_as(&nats.url_for(&format!("genesis:{ENCODED}")), &Login::default()).await;
    let user = |password: &str| Some(("genesis".to_owned(), password.to_owned()));
    let login = Login { user: user(PASSWORD), ..Login::default() };
    Bus::connect_as(&nats.url(), &login, &Topology::genesis()).await.unwrap();

    refused(&nats.url(), &Login::default(), &[]).await;
    refused(&nats.url_for("genesis:hunter2"), &Login::default(), &["hunter2"]).await;
    let wrong = Login { user: user("hunter2"), ..Login::default() };
    refused(&nats.url(), &wrong, &["hunter2"]).await;
}

#[tokio::test]
async fn a_token_stands_in_the_address() {
    let nats = Nats::configured("authorization { token: \"t0ken\", timeout: 5 }\n").unwrap();
    Bus::connect(&nats.url_for("t0ken"), &Topology::genesis()).await.unwrap();
    refused(&nats.url_for("wr0ng"), &Login::default(), &["wr0ng"]).await;
}

#[tokio::test]
async fn an_nkey_opens_the_server_that_knows_it() {
    let (known, unknown, broken) = (Nkey::new().unwrap(), Nkey::new().unwrap(), Nkey::new().unwrap());
    let nats = Nats::configured(&format!(
        "authorization {{ users: [ {{ nkey: {} }} ], timeout: 5 }}\n",
        known.public
    ))
    .unwrap();
    let login = |key: &Nkey| Login { nkey: Some(key.file()), ..Login::default() };
    hold_as(&nats.url(), &login(&known)).await;
    refused(&nats.url(), &login(&unknown), &[&unknown.seed]).await;
    std::fs::write(broken.file(), "no seed at all").unwrap();
    refused(&nats.url(), &login(&broken), &["no seed at all"]).await;
    let absent = Login { nkey: Some(PathBuf::from("absent.nk")), ..Login::default() };
    assert!(refused(&nats.url(), &absent, &[]).await.contains("absent.nk"));
}

#[tokio::test]
async fn credentials_open_the_server_of_their_operator() {
    let (ours, others) = (Identities::new().unwrap(), Identities::new().unwrap());
    let nats = Nats::configured(&ours.configuration).unwrap();
    let login =
        |identities: &Identities| Login { credentials: Some(identities.credentials()), ..Login::default() };
    hold_as(&nats.url(), &login(&ours)).await;
    refused(&nats.url(), &login(&others), &[&others.seed]).await;
    refused(&nats.url(), &Login::default(), &[]).await;
}

#[tokio::test]
async fn an_encrypted_server_is_believed_by_its_authority_alone() {
    let (ours, others) = (Authority::new().unwrap(), Authority::new().unwrap());
    let nats = Nats::configured(&tls(&ours.issue("server").unwrap(), "")).unwrap();
    let login =
        |authority: &Authority| Login { authorities: Some(authority.certificate()), ..Login::default() };
    hold_as(&nats.url(), &login(&ours)).await;
    refused(&nats.url(), &login(&others), &[]).await;
    refused(&nats.url().replace("nats://", "tls://"), &Login::default(), &[]).await;

    // One that could be listened in to is not spoken to when an encrypted one was asked for.
    let plain = Nats::configured("").unwrap();
    refused(&plain.url(), &login(&ours), &[]).await;
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_gets_one() {
    let (ours, others) = (Authority::new().unwrap(), Authority::new().unwrap());
    let more = format!("ca_file: \"{}\", verify: true", ours.certificate().display());
    let nats = Nats::configured(&tls(&ours.issue("server").unwrap(), &more)).unwrap();
    let login = |certificate: Certificate| Login {
        authorities: Some(ours.certificate()),
        certificate: Some((certificate.certificate, certificate.key)),
        ..Login::default()
    };
    hold_as(&nats.url(), &login(ours.issue("client").unwrap())).await;
    refused(&nats.url(), &login(others.issue("client").unwrap()), &[]).await;
    let without = Login { authorities: Some(ours.certificate()), ..Login::default() };
    refused(&nats.url(), &without, &[]).await;
}

fn tls(server: &Certificate, more: &str) -> String {
    format!(
        "tls {{ cert_file: \"{}\", key_file: \"{}\", timeout: 5, {more} }}\n",
        server.certificate.display(),
        server.key.display()
    )
}

#[tokio::test]
async fn an_encrypted_database_carries_queues() {
    let (ours, others) = (Authority::new().unwrap(), Authority::new().unwrap());
    let postgres = Postgres::encrypted(&ours.issue("server").unwrap()).unwrap();
    let address = |authority: &Authority, mode: &str| {
        let url = postgres.url("postgres", "postgres");
        format!("{url}?sslmode={mode}&sslrootcert={}", authority.certificate().display())
    };
    hold(At::Url(&address(&ours, "verify-full")), None).await;
    refused(&address(&others, "verify-full"), &Login::default(), &[]).await;
    refused(&address(&ours, "disable"), &Login::default(), &[]).await;
}
