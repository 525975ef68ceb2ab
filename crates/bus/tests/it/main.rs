//! Every broker is held to the same laws.

#![expect(clippy::unwrap_used, reason = "a test whose stage cannot be set has failed")]

mod declared;
mod servers;

use genesis_bus::Login;
use genesis_bus::conformance::{self, At, Checked, Restart};

/// Runs all checks and fails with every law that is broken.
async fn hold(at: At<'_>, restart: Option<Restart<'_>>) {
    let results = conformance::run(at, restart, &|_| {}).await.unwrap();
    let broken: Vec<&Checked> = results.iter().filter(|checked| checked.broken.is_some()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    assert_eq!(results.len(), 15 + usize::from(restart.is_some()));
}

/// The same at a server that asks who somebody is.
async fn hold_as(url: &str, login: &Login) {
    hold(At::As(url, login), None).await;
}

#[tokio::test]
async fn the_bus_within_the_process_holds_every_law() {
    hold(At::InProcess, None).await;
}
