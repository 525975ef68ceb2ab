//! What is asked of an address before any broker is.

use genesis_bus::{Bus, BusError, Topology};

#[tokio::test]
async fn an_address_of_no_broker_is_refused_without_its_password() {
    for url in ["http://me:secret@localhost", "localhost:4222", ""] {
        let error = Bus::connect(url, &Topology::genesis()).await.unwrap_err();
        assert!(matches!(error, BusError::Address { .. }), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_said_without_its_password() {
    for url in ["nats://me:secret@127.0.0.1:9", "postgres://me:secret@127.0.0.1:9/db"] {
        let error = Bus::connect(url, &Topology::genesis()).await.unwrap_err();
        assert!(matches!(error, BusError::Unavailable { .. }), "{error}");
        assert!(
            error.to_string().contains("127.0.0.1:9") && !error.to_string().contains("secret"),
            "{error}"
        );
    }
}
